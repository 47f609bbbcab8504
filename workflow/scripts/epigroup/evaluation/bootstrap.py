"""Paired block bootstrap of F1, Pearson's r and average precision: stretches of the test chromosomes are
drawn, the same ones for every strategy and seed."""

import os
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from epigroup.core.errors import InputError
from epigroup.core.hdf5 import check_attributes, open_hdf5, read_numbers
from epigroup.evaluation.metrics import N_SCORES
from epigroup.evaluation.signal_scores import BlockSums

AUPRC_DRAWS = "auprc_draws"  # in a blocks.h5: average precision of each task in each draw of the blocks


@dataclass(frozen=True)
class BlockCounts:
    """A blocks.h5: tp, fp, fn float64 (B, T); chrom, start (B,); task_ids; interval: whether there are
    blocks enough."""

    path: str
    task_ids: list[str]
    tp: np.ndarray
    fp: np.ndarray
    fn: np.ndarray
    chrom: np.ndarray
    start: np.ndarray
    size: int
    interval: bool
    dataset_hash: str
    regions: str = "any_peak"
    precision: str = ""  # of the networks; empty where not known
    targets: ClassVar[str] = "labels"
    by_task: ClassVar[tuple[str, ...]] = ("tp", "fp", "fn", "positives")

    def scores(self, weights: np.ndarray) -> np.ndarray:
        """float64 (draws, T): F1 of each task in each draw; NaN where a draw holds no positive of the task."""
        return f1_of(weights @ self.tp, weights @ self.fp, weights @ self.fn)


def read_blocks(path: str | os.PathLike) -> BlockCounts | BlockSums:
    """Counts by block of one strategy and seed, or sums where the targets are a signal, as
    `predictions.write_blocks` writes them."""
    with open_hdf5(path) as file:
        check_attributes(file)
        signal = file.attrs.get("targets", "labels") == BlockSums.targets
        kind, own = (BlockSums, BlockSums.by_task) if signal else (BlockCounts, ("tp", "fp", "fn"))
        return kind(
            path=str(path),
            task_ids=file["task_id"].asstr()[:].tolist(),
            **{name: read_numbers(file, name, 2).astype(np.float64) for name in own},
            **({"n": read_numbers(file, "n", 1).astype(np.float64)} if signal else {}),
            **{name: read_numbers(file, name, 1) for name in ("chrom", "start")},
            size=int(file.attrs["block_size"]),
            interval=bool(file.attrs["interval"]),
            dataset_hash=str(file.attrs["dataset_hash"]),
            regions=str(file.attrs["regions"]),
            precision=str(file.attrs.get("precision", "")),
        )


def read_auprc_draws(path: str | os.PathLike) -> np.ndarray:
    """float32 (draws, T) of a blocks.h5, its tasks in the file's order: the same draws of blocks in every file
    of a run; no draws where the interval is withheld. NaN: no positive in the draw."""
    with open_hdf5(path) as file:
        if AUPRC_DRAWS not in file:
            raise InputError(f"{path}: holds no {AUPRC_DRAWS}; evaluate it again")
        return read_numbers(file, AUPRC_DRAWS, 2).astype(np.float32)


def check_same_blocks(first: BlockCounts | BlockSums, other: BlockCounts | BlockSums) -> None:
    """InputError unless both were counted over the same blocks and regions of the same data set."""
    same = (
        first.targets == other.targets
        and first.regions == other.regions
        and first.dataset_hash == other.dataset_hash
        and first.size == other.size
        and np.array_equal(first.chrom, other.chrom)
        and np.array_equal(first.start, other.start)
    )
    if not same:
        raise InputError(
            f"{other.path}: its test blocks are not those of {first.path}; evaluate both on one data "
            "set and its same evaluation regions"
        )


def draw_blocks(n_blocks: int, draws: int, seed: int) -> np.ndarray:
    """float64 (draws, n_blocks): how often each block is in each draw of `n_blocks` blocks with
    replacement."""
    rng = np.random.default_rng([seed])
    return rng.multinomial(n_blocks, np.full(n_blocks, 1 / n_blocks), size=draws).astype(np.float64)


def f1_of(tp: np.ndarray, fp: np.ndarray, fn: np.ndarray) -> np.ndarray:
    """2 TP / (2 TP + FP + FN) of arrays of one shape; NaN without positives."""
    with np.errstate(invalid="ignore", divide="ignore"):
        f1 = 2 * tp / (2 * tp + fp + fn)
    f1[tp + fn == 0] = np.nan
    return f1


def average_precision_draws(
    scores: np.ndarray, labels: np.ndarray, blocks: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """float64 (draws,): average precision of one task in each draw; NaN where a draw holds no positive.

    scores: float16 (N,) in [0, 1]; labels: bool (N,); blocks: int (N,) block of each example; weights
    (draws, B): how often each block is drawn. Exact, ties included: examples are counted by block and by the
    highest score of a positive that they reach, and whole numbers below 2^24 are exact in float32.
    """
    n_blocks = weights.shape[1]
    bits = np.abs(scores).view(np.uint16)
    seen = np.zeros(N_SCORES, bool)
    seen[bits[labels]] = True
    n_levels = int(seen.sum())
    if n_levels == 0:
        return np.full(len(weights), np.nan)
    # from a score to the place, counted from the top, of the highest level that it reaches
    level = (n_levels - np.cumsum(seen))[bits]
    reached = level < n_levels
    key = blocks * n_levels + level
    most = (weights @ np.bincount(blocks, minlength=n_blocks)).max(initial=0)
    kind = np.float32 if most < 1 << 24 else np.float64
    weights = weights.astype(kind)
    shape = n_blocks, n_levels
    positives, called = (
        weights @ np.bincount(key[chosen], minlength=n_blocks * n_levels).reshape(shape).astype(kind)
        for chosen in (labels, reached)
    )
    called = np.cumsum(called, axis=1)
    tp = np.cumsum(positives, axis=1)
    precision = np.divide(tp, called, out=np.zeros(tp.shape), where=called > 0, dtype=np.float64)
    of_draw = tp[:, -1].astype(np.float64)
    total = (precision * positives).sum(axis=1)
    return np.divide(total, of_draw, out=np.full(len(weights), np.nan), where=of_draw > 0)


def mean_known(values: np.ndarray) -> np.ndarray:
    """Mean over the last axis without NaN; NaN where there is nothing else."""
    known = ~np.isnan(values)
    n = known.sum(axis=-1)
    total = np.where(known, values, 0).sum(axis=-1, dtype=np.float64)
    return np.where(n > 0, total / np.maximum(n, 1), np.nan)


def column_intervals(
    draws: np.ndarray, share: float = 0.95, least_known: float = 0.95
) -> tuple[np.ndarray, np.ndarray]:
    """(low, high) float64 (T,): the middle `share` of each column of draws (n, T), unknown (NaN) ones left
    out; NaN where less than `least_known` of them are known, or there are none."""
    n_known = (~np.isnan(draws)).sum(axis=0)
    low, high = np.full((2, draws.shape[1]), np.nan)
    ends = [(1 - share) / 2, (1 + share) / 2]
    for columns, quantile in (
        ((n_known == len(draws)) & (n_known > 0), np.quantile),
        ((n_known < len(draws)) & (n_known >= max(1, least_known * len(draws))), np.nanquantile),
    ):
        if columns.any():
            low[columns], high[columns] = quantile(draws[:, columns].astype(np.float64), ends, axis=0)
    return low, high


def percentile_interval(draws: np.ndarray, share: float = 0.95) -> tuple[float, float]:
    """(low, high): the middle `share` of the draws (n,), by the rule of `column_intervals`."""
    low, high = column_intervals(np.asarray(draws)[:, None], share)
    return float(low[0]), float(high[0])
