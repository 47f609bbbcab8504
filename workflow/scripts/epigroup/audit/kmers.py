"""k-mers of both strands, and a sample of them that is the same wherever they occur."""

import numpy as np

_LONGEST = 31  # 2 bits a base
_BLOCK = 1 << 21


def canonical_kmers(codes: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """(uint64 (n - k + 1,), bool): at each position the lesser of the k-mer and its reverse complement, two
    bits a base, and whether it is all A, C, G and T.

    codes: uint8 (n,) as in genome.h5. Raises ValueError for k outside 1 to 31. Words of k bases are put
    together from words of half the length, so that a block is passed over some 3 log2(k) times, not k times.
    """
    if not 1 <= k <= _LONGEST:
        raise ValueError(f"k is {k}, not 1 to {_LONGEST}")
    n = len(codes) - k + 1
    if n <= 0:
        return np.empty(0, np.uint64), np.empty(0, bool)
    bad = codes > 3
    forward = np.where(bad, 0, codes).astype(np.uint64)
    words = {1: (forward, 3 - forward)}
    have = 1
    while have * 2 <= k:
        words[have * 2] = _joined(words[have], have, words[have], have)
        have *= 2
    found, length = words[have], have
    for part in sorted(words, reverse=True):
        while length + part <= k:
            found, length = _joined(found, length, words[part], part), length + part
    below = np.concatenate([[0], np.cumsum(bad)])
    return np.minimum(found[0][:n], found[1][:n]), below[k:] == below[:n]


def _joined(one: tuple, a: int, two: tuple, b: int) -> tuple[np.ndarray, np.ndarray]:
    """Words of a + b bases, forward and reverse complement, from words of a and of the b that follow."""
    n = len(two[0]) - a
    forward = (one[0][:n] << np.uint64(2 * b)) | two[0][a:]
    reverse = (two[1][a:] << np.uint64(2 * a)) | one[1][:n]
    return forward, reverse


def mixed(words: np.ndarray) -> np.ndarray:
    """uint64 hashes of uint64 words, one to one (the finaliser of SplitMix64, Steele et al. 2014)."""
    z = words + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def sampled_kmers(
    codes: np.ndarray, wanted: np.ndarray, k: int, one_in: float
) -> tuple[np.ndarray, np.ndarray]:
    """(places int64, hashes uint64) of the k-mers whose hash is among the lowest 1 / one_in of all (FracMinHash,
    Irber et al. 2022), so that the same k-mer, on either strand, is taken everywhere or nowhere.

    codes: uint8 (n,), may be a memory map; wanted: bool (n,), positions where a k-mer may begin. Blocks without
    a wanted position are not read.
    """
    limit = np.uint64(min(2**64 - 1, int(2**64 / one_in)))
    places, hashes = [], []
    last = len(codes) - k + 1
    for at in range(0, max(last, 0), _BLOCK):
        stop = min(at + _BLOCK, last)
        if not wanted[at:stop].any():
            continue
        words, known = canonical_kmers(np.asarray(codes[at : stop + k - 1]), k)
        values = mixed(words)
        taken = np.flatnonzero((values <= limit) & known & wanted[at:stop])
        places.append(taken + at)
        hashes.append(values[taken])
    if not places:
        return np.empty(0, np.int64), np.empty(0, np.uint64)
    return np.concatenate(places), np.concatenate(hashes)
