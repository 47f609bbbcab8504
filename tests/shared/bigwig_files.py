"""bigWig files written for tests, and their means by definition."""

import numpy as np
import pyBigWig


def write_bigwig(path, chromosomes, entries):
    """entries: chromosome -> list of (start, end, value)."""
    track = pyBigWig.open(str(path), "w")
    track.addHeader(list(chromosomes.items()))
    for name, rows in entries.items():
        start, end, value = ([float(v) if i == 2 else int(v) for v in c] for i, c in enumerate(zip(*rows)))
        track.addEntries([name] * len(start), start, ends=end, values=value)
    track.close()
    return path


def by_base(length, rows, bin_size):
    """The definition: every base written out."""
    bases = np.zeros(length)
    for start, end, value in rows:
        bases[start:end] = np.float32(value)
    n = length // bin_size
    return bases[: n * bin_size].reshape(n, bin_size).mean(axis=1)
