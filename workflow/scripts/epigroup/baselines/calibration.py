"""Scores -> probabilities: a logistic map of two numbers a task (Platt 1999, Advances in Large Margin Classifiers)."""

import logging
from collections.abc import Callable

import numpy as np
from scipy.special import expit

log = logging.getLogger(__name__)

FEWEST = 10  # positives, and negatives, of a task by which something is chosen or calibrated
_STEEPNESS = 1e-3  # of the loss's sum: keeps a slope finite where scores part the labels
_MOST_STEPS = 100

Scored = tuple[np.ndarray, np.ndarray]


def logistic_map(scores: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(slopes (T,), intercepts (T,)) of highest likelihood of labels bool (n, T) given scores float64 (n, T), n > 0.

    Newton's method on standardised scores, its steps halved where they raise the loss; the slope has a penalty of
    1/2000 of its square, which is felt only where scores part positives from negatives. 0 for a score that does not
    vary.
    """
    n = len(scores)
    mean, spread = scores.mean(axis=0), scores.std(axis=0)
    varies = spread > 1e-12
    standard = (scores - mean) * np.divide(1, spread, out=np.zeros_like(spread), where=varies)
    share = np.clip(labels.mean(axis=0), 0.5 / n, 1 - 0.5 / n)
    point = np.stack([np.log(share / (1 - share)), np.zeros(len(share))])  # intercepts, slopes
    step, lowest = np.zeros_like(point), np.full(len(share), np.inf)
    active = np.flatnonzero(varies & labels.any(axis=0) & ~labels.all(axis=0))
    for _ in range(_MOST_STEPS):
        if not len(active):
            break
        x, truth = standard[:, active], labels[:, active]
        at, slope = point[:, active] - step[:, active]
        logit = x * slope + at
        loss = (np.logaddexp(0, logit) - np.where(truth, logit, 0)).sum(axis=0) + _STEEPNESS * slope**2 / 2
        fell = loss <= lowest[active] * (1 + 1e-12)
        step[:, active[~fell]] /= 2
        taken, x, chance = active[fell], x[:, fell], expit(logit[:, fell])
        point[:, taken], lowest[taken] = [at[fell], slope[fell]], loss[fell]
        excess, bend = chance - truth[:, fell], chance * (1 - chance)
        first, second = excess.sum(axis=0), (excess * x).sum(axis=0) + _STEEPNESS * slope[fell]
        a, b, c = bend.sum(axis=0), (bend * x).sum(axis=0), (bend * x * x).sum(axis=0) + _STEEPNESS
        step[:, taken] = np.stack([c * first - b * second, a * second - b * first]) / (a * c - b * b)
        active = active[np.abs(step[:, active]).max(axis=0) > 1e-8]
    if len(active):
        log.warning("the probabilities of %d tasks had not settled after %d steps", len(active), _MOST_STEPS)
    slope = np.divide(point[1], spread, out=np.zeros_like(spread), where=varies)
    return slope, point[0] - slope * mean


def calibrate(
    validation: Scored, training: Callable[[], Scored], share: np.ndarray, n_train: int
) -> tuple[np.ndarray, np.ndarray]:
    """(slopes (T,), intercepts (T,)) from validation bins, scores float64 (n, T) and labels bool (n, T).

    From training bins, which are asked for only then: a task with fewer than 10 validation positives or negatives, or
    whose slope there does not rise. A task with training labels of one kind alone (share: of its positives there)
    gets its share, as of half an example of the other kind.
    """
    scores, labels = validation
    n_tasks, positives = len(share), labels.sum(axis=0)
    slope = np.zeros(n_tasks)
    settled = np.clip(share, 0.5 / max(n_train, 1), 1 - 0.5 / max(n_train, 1))
    intercept = np.log(settled / (1 - settled))
    learnt = (share > 0) & (share < 1)
    enough = learnt & (np.minimum(positives, len(labels) - positives) >= FEWEST)
    if enough.any():
        found, at = logistic_map(scores[:, enough], labels[:, enough])
        slope[enough], intercept[enough] = found, at
    falling = enough & (slope <= 0)
    again = learnt & (~enough | falling)
    if again.any():
        scores, labels = training()
        slope[again], intercept[again] = logistic_map(scores[:, again], labels[:, again])
    log.info(
        "probabilities from validation bins for %d tasks; from training bins for %d with fewer than %d validation "
        "positives and %d whose scores there do not rise with the labels; the share of positives for %d that training "
        "bins do not tell apart",
        (enough & ~falling).sum(), (learnt & ~enough).sum(), FEWEST, falling.sum(), (~learnt).sum(),
    )  # fmt: skip
    return slope, intercept
