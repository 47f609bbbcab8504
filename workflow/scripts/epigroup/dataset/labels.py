"""Peaks x bins -> bits: when a bin is positive, and how tasks are packed eight a byte."""

import numpy as np


def positive_bins(
    start: np.ndarray, end: np.ndarray, n_bins: int, bin_size: int, min_overlap: int
) -> np.ndarray:
    """int64, ascending, each once: bins of which one peak alone covers at least `min_overlap` bp.

    Peaks are [start, end) in bp, in any order. The overlap of peak and bin b is the least of end - start,
    bin_size, end - b * bin_size and (b + 1) * bin_size - start; asking each to reach `min_overlap` leaves one
    range of b for each peak, so that no peak is compared with a bin. What ranges share is cut from the later
    one: memory follows the peaks and the positive bins, not the chromosome nor the peaks' summed width.
    Source: Shiri & Sun 2022, section III-A (50 of 200 bp). Raises ValueError unless
    0 < min_overlap <= bin_size.
    """
    if not 0 < min_overlap <= bin_size:
        raise ValueError(f"min_overlap {min_overlap} is not between 1 and bin_size {bin_size}")
    start, end = np.asarray(start, np.int64), np.asarray(end, np.int64)
    wide = end - start >= min_overlap
    start, end = start[wide], end[wide]
    first = np.clip(-(-(start + min_overlap) // bin_size) - 1, 0, n_bins)
    stop = np.clip((end - min_overlap) // bin_size + 1, 0, n_bins)
    if (first[1:] < first[:-1]).any():
        order = np.argsort(first, kind="stable")
        first, stop = first[order], stop[order]
    reach = np.maximum.accumulate(stop)
    first[1:] = np.maximum(first[1:], reach[:-1])
    length = np.maximum(stop - first, 0)
    before = np.cumsum(length) - length
    return np.repeat(first - before, length) + np.arange(length.sum())


def label_bins(
    start: np.ndarray, end: np.ndarray, n_bins: int, bin_size: int, min_overlap: int
) -> np.ndarray:
    """bool (n_bins,): True for the bins of `positive_bins`."""
    labels = np.zeros(n_bins, bool)
    labels[positive_bins(start, end, n_bins, bin_size, min_overlap)] = True
    return labels


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
