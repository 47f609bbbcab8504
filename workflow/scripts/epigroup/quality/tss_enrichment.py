"""How much more often the enzyme cuts at starts of transcripts than beside them (TSS enrichment, as ENCODE has it).

Reads are centred on their 5' ends, summed over all starts of transcripts in the direction of transcription, 2,000 bp to
either side, divided by the mean of the outermost 100 bp of both sides; the highest point is the figure.
"""

import numpy as np

from epigroup.quality.cross_correlation import Ends

FLANK, OUTERMOST = 2000, 100


def tss_enrichment(ends: Ends, starts: dict[str, np.ndarray], sizes: dict[str, int]) -> float:
    """The enrichment of cuts at `starts` (as `transcripts.read_starts` gives them); NaN when nothing lies at the edges.

    Starts within 2,000 bp and a read of a chromosome's end are left out.
    """
    half = max(ends.read_length // 2, 1)
    reach = FLANK + half
    profile = np.zeros(2 * reach + 1, np.float64)
    for name, places in starts.items():
        if name not in ends.by_chrom:
            continue
        cuts = np.sort(np.concatenate(ends.by_chrom[name]))
        for at, forward in places:
            if at < reach or at + reach >= sizes[name]:
                continue
            low, high = np.searchsorted(cuts, [at - reach, at + reach + 1])
            away = cuts[low:high] - at
            np.add.at(profile, reach + (away if forward else -away), 1)
    summed = np.cumsum(np.concatenate([[0], profile]))
    width = 2 * half + 1
    covered = summed[width:] - summed[:-width]
    edges = np.concatenate([covered[:OUTERMOST], covered[-OUTERMOST:]]).mean()
    return float(covered.max() / edges) if edges else float("nan")
