"""What the scores of a task with labels are made from: counts by distinct score, and functions of these.

Every figure of a task is a function of two numbers by distinct score: how many positives and how many
examples have it. Predictions are kept as float16, which has 15,361 values from 0 to 1, so counting replaces
sorting and is exact, ties included.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from epigroup.core.errors import InputError

ONE = int(np.float16(1).view(np.uint16))  # bits of 1.0; non-negative float16 values are ordered as their bits
N_SCORES = ONE + 1
SCORES = np.arange(N_SCORES, dtype=np.uint16).view(np.float16).astype(np.float64)
# Half of the smallest float16 above 0, and 1 less half of the distance to the next below: what 0 and 1
# stand for in a log.
LOWEST, HIGHEST = 2.0**-25, 1 - 2.0**-12
CALIBRATION_BINS = 15  # as Guo et al. 2017


@dataclass(frozen=True)
class ScoreCounts:
    """score: float64 (S,) distinct scores, descending; positives, total: int64 (S,) examples with that
    score."""

    score: np.ndarray
    positives: np.ndarray
    total: np.ndarray

    @cached_property
    def n(self) -> int:
        """Number of examples."""
        return int(self.total.sum())

    @cached_property
    def n_positive(self) -> int:
        """Number of positives."""
        return int(self.positives.sum())

    @cached_property
    def tp(self) -> np.ndarray:
        """int64 (S,): positives that have this score or a higher one."""
        return np.cumsum(self.positives)

    @cached_property
    def called(self) -> np.ndarray:
        """int64 (S,): examples that have this score or a higher one."""
        return np.cumsum(self.total)


def count_scores(scores: np.ndarray, labels: np.ndarray) -> ScoreCounts:
    """Counts of scores (N,) of any float type and labels (N,) bool. InputError: NaN or a score outside [0,
    1]."""
    check_scores(scores, "scores")
    distinct, place = np.unique(scores, return_inverse=True)
    total = np.bincount(place, minlength=len(distinct))
    positives = np.bincount(place, weights=np.asarray(labels, np.float64), minlength=len(distinct)).astype(
        np.int64
    )
    return ScoreCounts(distinct[::-1].astype(np.float64), positives[::-1], total[::-1])


def check_scores(scores: np.ndarray, where: str) -> None:
    """InputError when a score is NaN or outside [0, 1]."""
    good = (scores >= 0) & (scores <= 1)
    if not good.all():
        raise InputError(f"{where}: probability {scores[~good].flat[0]} is not in [0, 1]; predict again")


class TaskCounts:
    """Running counts by task of float16 scores: positives and total, uint32 (T, 15361); rows are added
    block by block."""

    def __init__(self, task_ids: list[str]):
        self.task_ids = task_ids
        self.positives = np.zeros((len(task_ids), N_SCORES), np.uint32)
        self.total = np.zeros((len(task_ids), N_SCORES), np.uint32)

    def add(self, scores: np.ndarray, labels: np.ndarray, where: str = "predictions") -> None:
        """Add float16 scores (n, T) and bool labels (n, T). InputError: NaN or a score outside [0, 1], by
        task."""
        bad = ~((scores >= 0) & (scores <= 1)).all(axis=0)
        if bad.any():
            task = int(bad.argmax())
            check_scores(scores[:, task], f"{where}: task '{self.task_ids[task]}'")
        bits = np.ascontiguousarray(np.abs(scores.T)).view(np.uint16)  # abs: -0.0 is 0
        marks = np.ascontiguousarray(labels.T)
        for task, (row, mark) in enumerate(zip(bits, marks, strict=True)):
            self.total[task] += np.bincount(row, minlength=N_SCORES).astype(np.uint32)
            self.positives[task] += np.bincount(row[mark], minlength=N_SCORES).astype(np.uint32)

    def of(self, task: int, *others: "TaskCounts") -> ScoreCounts:
        """Counts of one task, with those of other parts of the same examples; scores that do not occur are
        left out."""
        total = sum((part.total[task] for part in others), self.total[task].astype(np.int64))
        positives = sum((part.positives[task] for part in others), self.positives[task].astype(np.int64))
        seen = np.flatnonzero(total)[::-1]
        return ScoreCounts(SCORES[seen], positives[seen], total[seen])


@dataclass(frozen=True)
class Confusion:
    """Counts at a threshold: an example is called positive when its score is at least the threshold."""

    tp: int
    fp: int
    fn: int

    @property
    def f1(self) -> float:
        """2 TP / (2 TP + FP + FN); NaN without positives, 0 without a true call."""
        return 2 * self.tp / (2 * self.tp + self.fp + self.fn) if self.tp + self.fn else np.nan

    @property
    def precision(self) -> float:
        """TP / (TP + FP); NaN without positives, 0 where nothing is called positive."""
        if self.tp + self.fn == 0:
            return np.nan
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else 0.0

    @property
    def recall(self) -> float:
        """TP / (TP + FN); NaN without positives."""
        return self.tp / (self.tp + self.fn) if self.tp + self.fn else np.nan


def confusion(counts: ScoreCounts, threshold: float) -> Confusion:
    """Counts of calls at a threshold."""
    called = counts.score >= threshold
    tp = int(counts.positives[called].sum())
    return Confusion(tp, int(counts.total[called].sum()) - tp, counts.n_positive - tp)


def best_threshold(counts: ScoreCounts) -> float:
    """The score at which calling it and all above positive gives the highest F1; of equals the highest score.

    It is a score that occurs, not a point between two, so that the calls on the data it was chosen on are
    exact. NaN without positives.
    """
    if counts.n_positive == 0:
        return np.nan
    return float(counts.score[int(np.argmax(2 * counts.tp / (counts.called + counts.n_positive)))])


def choose_threshold(counts: ScoreCounts, min_positives: int) -> tuple[float, bool]:
    """(threshold, flagged): the best on these (validation) counts, or 0.5 and True when positives are fewer
    than wanted."""
    if counts.n_positive < max(min_positives, 1):
        return 0.5, True
    return best_threshold(counts), False


def average_precision(counts: ScoreCounts) -> float:
    """Area under precision and recall as scikit-learn's `average_precision_score`; NaN without positives."""
    if counts.n_positive == 0:
        return np.nan
    precision = counts.tp / counts.called
    return float(precision @ counts.positives / counts.n_positive)


def roc_auc(counts: ScoreCounts) -> float:
    """Chance that a positive scores above a negative, a tie being half; NaN where either is missing."""
    negatives = counts.total - counts.positives
    pairs = counts.n_positive * int(negatives.sum())
    if pairs == 0:
        return np.nan
    above = counts.tp - counts.positives
    return float((negatives * (2 * above + counts.positives)).sum() / (2 * pairs))


def log_loss(counts: ScoreCounts, lowest: float = LOWEST, highest: float = HIGHEST) -> float:
    """Mean binary cross-entropy in nats, scores kept within [lowest, highest]; NaN without examples."""
    if counts.n == 0:
        return np.nan
    score = np.clip(counts.score, lowest, highest)
    negatives = counts.total - counts.positives
    return float(-(counts.positives @ np.log(score) + negatives @ np.log1p(-score)) / counts.n)


def brier_score(counts: ScoreCounts) -> float:
    """Mean squared difference of score and label; NaN without examples."""
    if counts.n == 0:
        return np.nan
    negatives = counts.total - counts.positives
    return float((counts.positives @ (1 - counts.score) ** 2 + negatives @ counts.score**2) / counts.n)


def calibration_error(counts: ScoreCounts, bins: int = CALIBRATION_BINS) -> float:
    """Expected calibration error (Guo et al. 2017): scores fall into `bins` of equal width, ((m - 1) / bins,
    m / bins] with 0 in the first; the mean over the examples of |share of positives - mean score| of their
    bin. NaN without examples.
    """
    if counts.n == 0:
        return np.nan
    place = np.searchsorted(np.arange(1, bins) / bins, counts.score)  # an edge belongs to the bin below
    excess = np.bincount(place, weights=counts.positives - counts.score * counts.total, minlength=bins)
    return float(np.abs(excess).sum() / counts.n)
