"""How the tasks' labels go together: the correlation of every two tasks over the training bins."""

import logging
import os
from collections.abc import Sequence

import h5py
import numpy as np

from epigroup.files import whole
from epigroup.hdf5 import write_arrays
from epigroup.labels import unpack
from epigroup.shards import open_dataset

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


def correlate_labels(
    dataset_json: str | os.PathLike, shard_paths: Sequence[str | os.PathLike], out: str | os.PathLike
) -> None:
    """Write label_correlation.h5 of the training split: `correlation` float64 (T, T) (`correlate`), `both`
    int64 (T, T) (`count_pairs`), `task_id` (T,); attributes n (bins) and dataset_hash. InputError: as
    `open_dataset`.
    """
    dataset = open_dataset(dataset_json, shard_paths)
    n_tasks, n = len(dataset.task_ids), 0
    both = np.zeros((n_tasks, n_tasks), np.int64)
    for examples in dataset.blocks("train"):
        both += count_pairs(examples.labels, n_tasks)
        n += len(examples)
    found = correlate(both, n)
    with whole(out) as partial, h5py.File(partial, "w", libver="v110") as handle:
        write_arrays(handle, {"correlation": found, "both": both, "task_id": list(dataset.task_ids)})
        handle.attrs.update(n=n, dataset_hash=dataset.dataset_hash)
    log.info("labels of %d tasks correlated over %s training bins", n_tasks, f"{n:,}")
