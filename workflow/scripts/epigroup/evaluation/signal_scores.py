"""The scores of a task whose targets are a signal: a record each, with its function, and the sums by block that give
Pearson's r of any draw of the blocks."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from epigroup.evaluation.score import Score

# A variance below this share of the sum of squares it is the difference of is rounding.
_ROUNDING = 1e-13


def pearson(x: np.ndarray, y: np.ndarray) -> float:
    """Pearson's correlation of x and y (N,); NaN where one of them never changes."""
    if len(x) < 2 or (x == x[0]).all() or (y == y[0]).all():
        return np.nan
    dx, dy = x - x.mean(dtype=np.float64), y - y.mean(dtype=np.float64)
    spread = np.sqrt(dx @ dx) * np.sqrt(dy @ dy)
    return float(np.clip(dx @ dy / spread, -1, 1)) if spread > 0 else np.nan


def spearman(x: np.ndarray, y: np.ndarray) -> float:
    """Spearman's correlation of x and y (N,): Pearson's of the ranks, ties having their mean rank."""
    return pearson(pd.Series(x).rank().to_numpy(), pd.Series(y).rank().to_numpy())


def mean_squared_error(target: np.ndarray, predicted: np.ndarray) -> float:
    """Mean square of predicted - target (N,); NaN without examples."""
    return float(np.square(predicted - target).mean()) if len(target) else np.nan


def determination(target: np.ndarray, predicted: np.ndarray) -> float:
    """1 less the squared errors of the predictions (N,) over those of the targets' own mean; NaN of targets that never
    change and of fewer than two."""
    if len(target) < 2 or (target == target[0]).all():
        return np.nan
    return float(1 - np.square(predicted - target).sum() / np.square(target - target.mean()).sum())


def poisson_deviance(target: np.ndarray, predicted: np.ndarray) -> float:
    """Mean of 2 (t log(t / p) - t + p), t log t being 0 at 0; NaN without examples, and where a target is
    below 0 or a prediction not above it, where it is not defined.
    """
    if not len(target) or target.min() < 0 or predicted.min() <= 0:
        return np.nan
    ratio = np.log(np.where(target > 0, target, predicted)) - np.log(predicted)
    return float(2 * (target * ratio - target + predicted).mean())


def block_sums(target: np.ndarray, predicted: np.ndarray, blocks: np.ndarray, n_blocks: int) -> np.ndarray:
    """float64 (5, n_blocks): sums over the examples of each block (blocks: int (N,)) of x, y, xx, yy and xy, x
    and y being target and prediction less their means over all examples, which no correlation depends on.
    """
    x, y = target - target.mean(), predicted - predicted.mean()
    return np.stack([np.bincount(blocks, values, n_blocks) for values in (x, y, x * x, y * y, x * y)])


def pearson_of(
    n: np.ndarray, x: np.ndarray, y: np.ndarray, xx: np.ndarray, yy: np.ndarray, xy: np.ndarray
) -> np.ndarray:
    """Pearson's r from sums (draws, T) over examples, n (draws, 1) of them; NaN where one side never
    changes."""
    varies_x, varies_y = n * xx - x * x, n * yy - y * y
    known = (varies_x > _ROUNDING * n * xx) & (varies_y > _ROUNDING * n * yy)
    with np.errstate(invalid="ignore", divide="ignore"):
        found = (n * xy - x * y) / np.sqrt(varies_x * varies_y)
    return np.where(known, np.clip(found, -1, 1), np.nan)


@dataclass(frozen=True)
class SignalPredictions:
    """One task's examples of one split: target, predicted float64 (N,), and how many of them have a peak."""

    target: np.ndarray
    predicted: np.ndarray
    positives: int


@dataclass(frozen=True)
class SignalDraws:
    """One task's test examples in draws of the blocks, float64 (draws,): how many, and sums of `block_sums`."""

    n: np.ndarray
    x: np.ndarray
    y: np.ndarray
    xx: np.ndarray
    yy: np.ndarray
    xy: np.ndarray


def task_pearson(task: SignalPredictions) -> float:
    """Pearson's correlation of target and prediction; -1 to 1, by chance 0; NaN where one of them never changes."""
    return pearson(task.target, task.predicted)


def task_spearman(task: SignalPredictions) -> float:
    """Pearson's correlation of the ranks, ties having their mean rank; -1 to 1; NaN where one side never changes."""
    return spearman(task.target, task.predicted)


def squared_error(task: SignalPredictions) -> float:
    """Mean square of prediction less target, in the square of their unit; 0 and more; NaN without examples."""
    return mean_squared_error(task.target, task.predicted)


def absolute_error(task: SignalPredictions) -> float:
    """Mean size of prediction less target, in their unit; 0 and more; NaN without examples."""
    return float(np.abs(task.predicted - task.target).mean()) if len(task.target) else np.nan


def explained(task: SignalPredictions) -> float:
    """Coefficient of determination: 1 less the squared errors over those of the targets' mean in these examples; at
    most 1, below 0 where that mean would be nearer; NaN where the target never changes."""
    return determination(task.target, task.predicted)


def deviance(task: SignalPredictions) -> float:
    """Mean of 2 (t log(t / p) - t + p) of target t and prediction p; 0 and more; NaN without examples, and where a
    target is below 0 or a prediction not above it."""
    return poisson_deviance(task.target, task.predicted)


def mean_signal(task: SignalPredictions) -> float:
    """Mean of the targets; of any size; NaN without examples."""
    return float(task.target.mean()) if len(task.target) else np.nan


def base_rate(task: SignalPredictions) -> float:
    """Share of the examples that have a peak; 0 to 1; NaN without examples."""
    return task.positives / len(task.target) if len(task.target) else np.nan


SIGNAL_SCORES: tuple[Score, ...] = (
    Score(
        "pearson", "Pearson r", "headline", task_pearson, splits=("validation", "test"),
        draws=lambda drawn: pearson_of(drawn.n, drawn.x, drawn.y, drawn.xx, drawn.yy, drawn.xy),
    ),
    Score("spearman", "Spearman ρ", "shown", task_spearman, splits=("validation", "test")),
    Score("r2", "R²", "also", explained, splits=("validation", "test")),
    Score("mae", "Absolute error", "also", absolute_error, splits=("validation", "test"), higher_is_better=False),
    Score("mse", "Squared error", "also", squared_error, splits=("validation", "test"), higher_is_better=False),
    Score(
        "poisson_deviance", "Poisson deviance", "also", deviance, splits=("validation", "test"), higher_is_better=False,
    ),
    Score("signal_mean", "Mean signal", "data", mean_signal, splits=("validation", "test"), averaged=False),
    Score("base_rate", "Base rate", "data", base_rate),
)  # fmt: skip


@dataclass(frozen=True)
class BlockSums:
    """A blocks.h5 of signals: n (B,) examples, x, y, xx, yy, xy (B, T), float64, as `block_sums`; chrom, start
    (B,); task_ids; interval: whether there are blocks enough."""

    path: str
    task_ids: list[str]
    n: np.ndarray
    x: np.ndarray
    y: np.ndarray
    xx: np.ndarray
    yy: np.ndarray
    xy: np.ndarray
    chrom: np.ndarray
    start: np.ndarray
    size: int
    interval: bool
    dataset_hash: str
    regions: str
    precision: str = ""  # of the networks; empty where not known
    targets: ClassVar[str] = "signal"
    by_task: ClassVar[tuple[str, ...]] = ("x", "y", "xx", "yy", "xy")

    def scores(self, weights: np.ndarray) -> np.ndarray:
        """float64 (draws, T): Pearson's r of each task in each draw, weights (draws, B) as `draw_blocks`."""
        sums = (weights @ getattr(self, name) for name in self.by_task)
        return pearson_of((weights @ self.n)[:, None], *sums)
