"""How the tasks' targets go together: the correlation of every two tasks over the training bins."""

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from epigroup.core.files import whole
from epigroup.core.hdf5 import new_hdf5, write_arrays
from epigroup.dataset.dataset import open_dataset
from epigroup.dataset.labels import unpack

log = logging.getLogger(__name__)

# Rows at a time. A float32 holds every whole number up to 2^24, so that counts of a block are exact.
_BLOCK = 1 << 15


def count_pairs(packed: np.ndarray, n_tasks: int) -> np.ndarray:
    """int64 (T, T): bins that are positive in both tasks; the diagonal holds each task's own positives.

    packed: uint8 (N, ceil(T / 8)). The product of a block of 0 and 1 with its transpose, which BLAS takes
    faster than bits can be counted pair by pair.
    """
    counts = np.zeros((n_tasks, n_tasks), np.int64)
    for at in range(0, len(packed), _BLOCK):
        block = unpack(packed[at : at + _BLOCK], n_tasks).astype(np.float32)
        counts += (block.T @ block).astype(np.int64)
    return counts


def correlate(both: np.ndarray, n: int) -> np.ndarray:
    """float64 (T, T): Pearson correlation of 0/1 labels (phi) from `both` of `count_pairs` and the number of
    bins; NaN in the row and column of a task whose labels are all the same."""
    positive = both.diagonal().astype(np.float64)
    covariance = both * float(n) - np.outer(positive, positive)
    spread = np.sqrt(positive * (n - positive))
    with np.errstate(divide="ignore", invalid="ignore"):
        found = covariance / np.outer(spread, spread)
    found[spread == 0] = found[:, spread == 0] = np.nan
    np.fill_diagonal(found, np.where(spread > 0, 1.0, np.nan))
    return found


@dataclass
class SignalSums:
    """Running sums over bins of signals (n, T), from which their correlation follows: of the values less those
    of the first bin, and of their products."""

    origin: np.ndarray
    total: np.ndarray
    products: np.ndarray

    @classmethod
    def start(cls, signal: np.ndarray) -> "SignalSums":
        """No bin yet; `signal` (n, T) float16, of which the first row is what values are taken from."""
        n_tasks = signal.shape[1]
        return cls(signal[0].astype(np.float64), np.zeros(n_tasks), np.zeros((n_tasks, n_tasks)))

    def add(self, signal: np.ndarray) -> None:
        """Add the rows of signal (n, T) float16."""
        for at in range(0, len(signal), _BLOCK):
            block = signal[at : at + _BLOCK].astype(np.float64) - self.origin
            self.total += block.sum(axis=0)
            self.products += block.T @ block

    def correlate(self, n: int) -> np.ndarray:
        """float64 (T, T): Pearson correlation over the `n` bins added; NaN in the row and column of a task
        whose signal never changes."""
        covariance = n * self.products - np.outer(self.total, self.total)
        variance = covariance.diagonal()
        known = variance > 1e-13 * n * self.products.diagonal()
        spread = np.sqrt(np.where(known, variance, np.nan))
        found = np.clip(covariance / np.outer(spread, spread), -1, 1)
        np.fill_diagonal(found, np.where(known, 1.0, np.nan))
        return found


def correlate_labels(
    dataset_json: str | os.PathLike, shard_paths: Sequence[str | os.PathLike], out: str | os.PathLike
) -> None:
    """Write label_correlation.h5 of the training split: `correlation` float64 (T, T) (`correlate`), `both`
    int64 (T, T) (`count_pairs`), `task_id` (T,); attributes n (bins) and dataset_hash. Where the targets are
    signals, `correlation` is theirs. InputError: as `open_dataset`.
    """
    dataset = open_dataset(dataset_json, shard_paths)
    n_tasks, n = len(dataset.task_ids), 0
    both = np.zeros((n_tasks, n_tasks), np.int64)
    sums = None
    for examples in dataset.blocks("train"):
        both += count_pairs(examples.labels, n_tasks)
        n += len(examples)
        if examples.signal is not None:
            sums = sums or SignalSums.start(examples.signal)
            sums.add(examples.signal)
    found = sums.correlate(n) if sums else correlate(both, n)
    with whole(out) as partial, new_hdf5(partial) as handle:
        write_arrays(handle, {"correlation": found, "both": both, "task_id": np.array(dataset.task_ids)})
        handle.attrs.update(n=n, dataset_hash=dataset.dataset_hash)
    log.info("%s of %d tasks correlated over %s training bins", dataset.targets, n_tasks, f"{n:,}")
