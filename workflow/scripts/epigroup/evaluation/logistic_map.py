"""Scores -> probabilities: a logistic map of two numbers a task (Platt 1999, Advances in Large Margin Classifiers)."""

import logging

import numpy as np
from scipy.special import expit

log = logging.getLogger(__name__)

FEWEST = 10  # positives, and negatives, of a task by which something is chosen or calibrated
_STEEPNESS = 1e-3  # of the loss's sum: keeps a slope finite where scores part the labels
_MOST_STEPS = 100


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
