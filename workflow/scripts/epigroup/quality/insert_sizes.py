"""Insert sizes of ATAC-seq pairs: is the pattern of nucleosomes there?

The ranges are those of ENCODE's ATAC-seq pipeline: below 150 bp free of nucleosomes, 150 to 300 bp around one. A peak
is said to be there where the smoothed histogram has its highest point of the range away from the range's ends and a
tenth above the lowest point on its left; the rule is this project's own.
"""

import numpy as np

FREE, ONE = (35, 150), (150, 300)
SMOOTHED = 11  # bp
STANDS_OUT = 1.1


def insert_figures(inserts: np.ndarray) -> dict[str, float]:
    """Median insert size (bp), shares of pairs free of nucleosomes and around one, and whether either peak is there
    (1 or 0), from pairs by insert size int64 (n,). NaN without pairs."""
    total = int(inserts.sum())
    names = ("insert_median", "nucleosome_free_share", "mononucleosome_share")
    if not total:
        return dict.fromkeys((*names, "nucleosome_free_peak", "mononucleosome_peak"), float("nan"))
    counts = np.zeros(max(len(inserts), ONE[1] + SMOOTHED), np.float64)
    counts[: len(inserts)] = inserts
    median = int(np.searchsorted(np.cumsum(counts), total / 2))
    shares = (counts[: FREE[1]].sum() / total, counts[ONE[0] : ONE[1]].sum() / total)
    smooth = np.convolve(counts, np.full(SMOOTHED, 1 / SMOOTHED), mode="same")
    free = _stands_out(smooth, *FREE, before=0)
    one = _stands_out(smooth, *ONE, before=FREE[0] + int(np.argmax(smooth[slice(*FREE)])))
    figures = dict(zip(names, (float(median), *map(float, shares)), strict=True))
    return figures | {"nucleosome_free_peak": float(free), "mononucleosome_peak": float(one)}


def _stands_out(smooth: np.ndarray, first: int, stop: int, *, before: int) -> bool:
    at = first + int(np.argmax(smooth[first:stop]))
    if at in (first, stop - 1):
        return False
    return bool(smooth[at] > STANDS_OUT * smooth[before : at + 1].min())
