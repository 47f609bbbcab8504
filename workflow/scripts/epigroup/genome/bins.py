"""Bins of a chromosome, the windows around them, and which of them a region or a run of N spoils.

Bins are [i * B, (i + 1) * B) for i < size // B: what remains at the chromosome's end, shorter than a bin, is
no bin. The window of the bin at s is [s - (W - B) // 2, ... + W): with W 1001 and B 200, [s - 400, s + 601).
"""

import numpy as np

_BLOCK = 1 << 20


def count_bins(size: int, bin_size: int) -> int:
    """Number of whole bins of a chromosome of `size` bp."""
    return size // bin_size


def window_left(window: int, bin_size: int) -> int:
    """Bases of the window before the bin's start."""
    return (window - bin_size) // 2


def window_bounds(starts: np.ndarray, window: int, bin_size: int) -> tuple[np.ndarray, np.ndarray]:
    """Window starts and ends (int64, bp; they may leave the chromosome) of bins at `starts`."""
    left = np.asarray(starts, np.int64) - window_left(window, bin_size)
    return left, left + window


def touched_bins(start: np.ndarray, end: np.ndarray, n_bins: int, bin_size: int) -> np.ndarray:
    """bool (n_bins,): bins that share at least one base with one of the regions [start, end) (bp)."""
    first = np.clip(np.asarray(start, np.int64) // bin_size, 0, n_bins)
    last = np.clip(-(-np.asarray(end, np.int64) // bin_size), 0, n_bins)
    return mark_ranges(first, last, n_bins)


def mark_ranges(first: np.ndarray, stop: np.ndarray, n: int) -> np.ndarray:
    """bool (n,): True inside any range [first, stop); ranges with first >= stop mark nothing."""
    real = first < stop
    steps = np.bincount(first[real], minlength=n + 1) - np.bincount(stop[real], minlength=n + 1)
    return np.cumsum(steps[:n]) > 0


def code_runs(codes: np.ndarray, code: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Starts and ends (int64) of the runs of `code`; reads the chromosome block by block."""
    edges = []
    before = False
    for at in range(0, len(codes), _BLOCK):
        same = np.asarray(codes[at : at + _BLOCK]) == code
        if not before and not same.any():
            continue
        if same[0] != before:
            edges.append(np.array([at], np.int64))
        edges.append(np.flatnonzero(same[1:] != same[:-1]).astype(np.int64) + at + 1)
        before = bool(same[-1])
    if before:
        edges.append(np.array([len(codes)], np.int64))
    joined = np.concatenate(edges) if edges else np.empty(0, np.int64)
    return joined[::2], joined[1::2]


def other_share(starts: np.ndarray, codes: np.ndarray, window: int, bin_size: int) -> np.ndarray:
    """float64 (N,): share of each bin's window that is no A, C, G or T; padding beyond the chromosome counts
    in."""
    run_start, run_end = code_runs(codes)
    before = np.concatenate([[0], np.cumsum(run_end - run_start)])

    def count_below(position: np.ndarray) -> np.ndarray:
        run = np.searchsorted(run_start, position, side="right")
        reach = np.where(run > 0, run_end[run - 1], 0) if len(run_end) else np.zeros_like(position)
        return before[run] - np.maximum(reach - position, 0)

    left, right = window_bounds(starts, window, bin_size)
    inner_left, inner_right = np.clip(left, 0, len(codes)), np.clip(right, 0, len(codes))
    padding = window - (inner_right - inner_left)
    return (count_below(inner_right) - count_below(inner_left) + padding) / window
