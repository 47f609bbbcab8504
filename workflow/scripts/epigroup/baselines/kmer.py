"""Logistic regression on the counts of 6-mers in the window, a 6-mer and its reverse complement being one."""

from functools import cache

import numpy as np

from epigroup.baselines.logistic import choose_regression
from epigroup.baselines.material import Bins, Material, Predictor

K = 6
_ROWS = 1 << 11


@cache
def canonical(k: int = K) -> tuple[np.ndarray, int]:
    """(int32 (4^k,): number of each k-mer, the same for its reverse complement; how many there are, 2,080 for 6).

    A k-mer is its codes read as a number of base 4, the first one the highest.
    """
    index = np.arange(4**k)
    digits = (index[:, None] >> 2 * np.arange(k)) & 3  # the last base first
    reverse = ((3 - digits) * 4 ** np.arange(k)[::-1]).sum(axis=1)
    _, number = np.unique(np.minimum(index, reverse), return_inverse=True)
    return number.reshape(-1).astype(np.int32), int(number.max()) + 1


def count_kmers(codes: np.ndarray, k: int = K) -> np.ndarray:
    """float32 (n, K): counts of the canonical k-mers in windows uint8 (n, window); those with an unknown base are
    left out."""
    number, size = canonical(k)
    places = codes.shape[1] - k + 1
    value = np.zeros((len(codes), places), np.int32)
    known = np.ones((len(codes), places), bool)
    for i in range(k):
        part = codes[:, i : i + places]
        value = value * 4 + np.minimum(part, 3)
        known &= part < 4
    row = np.broadcast_to(np.arange(len(codes))[:, None], value.shape)
    key = row[known].astype(np.int64) * size + number[value[known]]
    return np.bincount(key, minlength=len(codes) * size).reshape(len(codes), size).astype(np.float32)


def predictor(material: Material, k: int = K) -> Predictor:
    """A regression a task; the penalty with the lowest validation log loss."""
    windows = material.windows

    def features(bins: Bins) -> np.ndarray:
        found = np.empty((len(bins), canonical(k)[1]), np.float32)
        for at in range(0, len(bins), _ROWS):
            here = slice(at, at + _ROWS)
            part = Bins(bins.chrom[here], bins.start[here], bins.labels[:0])
            found[here] = count_kmers(windows(part), k)
        return found

    return choose_regression(features, material)
