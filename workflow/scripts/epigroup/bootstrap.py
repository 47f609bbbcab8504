"""Paired block bootstrap of F1: stretches of the test chromosomes are drawn, the same ones for every
strategy and seed."""

from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from epigroup.errors import InputError


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


def read_blocks(path: str | Path) -> BlockCounts:
    """Counts by block of one strategy and seed, as `evaluation.write_blocks` writes them."""
    with h5py.File(path, "r", locking=False) as file:
        return BlockCounts(
            path=str(path),
            task_ids=file["task_id"].asstr()[:].tolist(),
            **{name: file[name][:].astype(np.float64) for name in ("tp", "fp", "fn")},
            **{name: file[name][:] for name in ("chrom", "start")},
            size=int(file.attrs["block_size"]),
            interval=bool(file.attrs["interval"]),
            dataset_hash=str(file.attrs["dataset_hash"]),
            regions=str(file.attrs["regions"]),
        )


def check_same_blocks(first: BlockCounts, other: BlockCounts) -> None:
    """InputError unless both were counted over the same blocks and regions of the same data set."""
    same = (
        first.regions == other.regions
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


def f1_draws(counts: BlockCounts, weights: np.ndarray) -> np.ndarray:
    """float32 (draws, T): F1 of each task in each draw; NaN where a draw holds no positive of the task."""
    tp, fp, fn = weights @ counts.tp, weights @ counts.fp, weights @ counts.fn
    with np.errstate(invalid="ignore", divide="ignore"):
        f1 = 2 * tp / (2 * tp + fp + fn)
    f1[tp + fn == 0] = np.nan
    return f1.astype(np.float32)


def mean_known(values: np.ndarray) -> np.ndarray:
    """Mean over the last axis without NaN; NaN where there is nothing else."""
    known = ~np.isnan(values)
    n = known.sum(axis=-1)
    total = np.where(known, values, 0).sum(axis=-1, dtype=np.float64)
    return np.where(n > 0, total / np.maximum(n, 1), np.nan)


def percentile_interval(draws: np.ndarray, share: float = 0.95) -> tuple[float, float]:
    """(low, high): the middle `share` of the draws; NaN when a draw is unknown."""
    if len(draws) == 0 or np.isnan(draws).any():
        return np.nan, np.nan
    low, high = np.quantile(draws, [(1 - share) / 2, (1 + share) / 2])
    return float(low), float(high)
