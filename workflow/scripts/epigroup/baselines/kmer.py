"""Ridge regression of each task on 6-mers near the bin and in the whole window, a 6-mer and its reverse complement
being one."""

from collections.abc import Callable
from functools import cache

import numpy as np

from epigroup.baselines.material import Bins, Material, Predictor
from epigroup.baselines.ridge import choose_penalties, recalibrated, spectrum_of, summarise

K = 6
NEAR = 300  # bp around the middle of the bin
_ROWS = 1 << 6  # windows counted at a time: their k-mers stay in the processor's cache
_BASES = 5  # those of the codes, the unknown one with them


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


@cache
def numbers(k: int = K) -> np.ndarray:
    """intp (5^k,): number of each k-mer that may hold unknown bases, read as a number of base 5; one with an unknown
    base has the number after the last."""
    number, size = canonical(k)
    index = np.arange(_BASES**k)
    digits = index[:, None] // _BASES ** np.arange(k)[::-1] % _BASES
    known = (digits < 4).all(axis=1)
    return np.where(known, number[np.where(known, digits @ 4 ** np.arange(k)[::-1], 0)], size).astype(np.intp)


def count_kmers(codes: np.ndarray, k: int = K) -> np.ndarray:
    """float32 (n, K): counts of the canonical k-mers in windows uint8 (n, window); those with an unknown base are
    left out."""
    number, (_, size) = numbers(k), canonical(k)
    places = codes.shape[1] - k + 1
    kind = np.min_scalar_type(_BASES**k)
    found = np.empty((len(codes), size), np.float32)
    for at in range(0, len(codes), _ROWS):
        part = codes[at : at + _ROWS].astype(kind)
        value = part[:, :places].copy()
        for i in range(1, k):
            value *= kind.type(_BASES)
            value += part[:, i : i + places]
        key = number[value]
        key += (size + 1) * np.arange(len(part))[:, None]
        counts = np.bincount(key.reshape(-1), minlength=len(part) * (size + 1))
        found[at : at + _ROWS] = counts.reshape(len(part), size + 1)[:, :size]
    return found


def kmer_features(material: Material, k: int = K) -> Callable[[Bins], np.ndarray]:
    """The function that gives the features of bins: float32 (n, 2 K), square roots of the counts of k-mers in the
    `NEAR` bases around the middle of the bin, then of those in the whole window; (n, K) where the window is no longer
    than that. The root makes the variance of a count about the same for frequent and for rare k-mers."""
    windows, window = material.windows, material.dataset.window
    # From the window's own middle, as it lies around the bin.
    left = (window - NEAR) // 2

    def features(bins: Bins) -> np.ndarray:
        codes = windows(bins)
        parts = [codes] if window <= NEAR else [codes[:, left : left + NEAR], codes]
        return np.sqrt(np.concatenate([count_kmers(part, k) for part in parts], axis=1))

    return features


def predictor(material: Material, k: int = K) -> Predictor:
    """A regression a task, of the penalty that explains most of the task's validation labels."""
    features = kmer_features(material, k)
    train, held_out = (summarise(features, bins) for bins in (material.train, material.validation))
    weights = choose_penalties(spectrum_of(train), held_out, material.ridge)
    return recalibrated(features, train, weights, material)
