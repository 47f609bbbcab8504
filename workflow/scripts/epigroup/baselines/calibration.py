"""Which bins the probabilities of a regression's scores are found on."""

import logging
from collections.abc import Callable

import numpy as np

from epigroup.evaluation.logistic_map import FEWEST, logistic_map

log = logging.getLogger(__name__)

Scored = tuple[np.ndarray, np.ndarray]


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
