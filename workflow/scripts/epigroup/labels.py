"""Peaks x bins -> bits: when a bin is positive, and how tasks are packed eight a byte."""

import numpy as np

from epigroup.tiling import mark_ranges


def label_bins(
    start: np.ndarray, end: np.ndarray, n_bins: int, bin_size: int, min_overlap: int
) -> np.ndarray:
    """bool (n_bins,): bins of which one peak alone covers at least `min_overlap` bp.

    Peaks are [start, end) in bp, in any order. The overlap of peak and bin b is the least of end - start,
    bin_size, end - b * bin_size and (b + 1) * bin_size - start; asking each to reach `min_overlap` leaves one
    range of b for each peak, so that no peak is compared with a bin. Source: Shiri & Sun 2022, section III-A
    (50 of 200 bp). Raises ValueError unless 0 < min_overlap <= bin_size.
    """
    if not 0 < min_overlap <= bin_size:
        raise ValueError(f"min_overlap {min_overlap} is not between 1 and bin_size {bin_size}")
    start, end = np.asarray(start, np.int64), np.asarray(end, np.int64)
    wide = end - start >= min_overlap
    start, end = start[wide], end[wide]
    first = -(-(start + min_overlap) // bin_size) - 1
    stop = (end - min_overlap) // bin_size + 1
    return mark_ranges(np.clip(first, 0, n_bins), np.clip(stop, 0, n_bins), n_bins)


def packed_width(n_tasks: int) -> int:
    """Bytes a row of `n_tasks` labels takes."""
    return -(-n_tasks // 8)


def pack(labels: np.ndarray) -> np.ndarray:
    """bool (N, T) -> uint8 (N, ceil(T / 8)); task t is bit t % 8, from the lowest, of byte t // 8."""
    return np.packbits(np.asarray(labels, bool), axis=1, bitorder="little")


def unpack(packed: np.ndarray, n_tasks: int) -> np.ndarray:
    """uint8 (N, ceil(T / 8)) -> bool (N, T)."""
    return np.unpackbits(packed, axis=1, count=n_tasks, bitorder="little").view(bool)


def unpack_columns(packed: np.ndarray, tasks: np.ndarray) -> np.ndarray:
    """bool (N, len(tasks)): the columns of the tasks with these indices, in this order."""
    tasks = np.asarray(tasks, np.int64)
    return ((packed[:, tasks >> 3] >> (tasks & 7).astype(np.uint8)) & 1).view(bool)


def count_positives(packed: np.ndarray, n_tasks: int, block: int = 1 << 18) -> np.ndarray:
    """int64 (T,): set bits of each task."""
    bits = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1, bitorder="little").astype(np.int64)
    counts = np.zeros((packed.shape[1], 8), np.int64)
    for at in range(0, len(packed), block):
        columns = np.ascontiguousarray(packed[at : at + block].T)
        for byte, column in enumerate(columns):
            counts[byte] += np.bincount(column, minlength=256) @ bits
    return counts.reshape(-1)[:n_tasks]
