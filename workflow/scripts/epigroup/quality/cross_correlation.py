"""Cross-correlation of the two strands: how long the fragments are, and how far reads stand out of the background.

Landt et al. 2012 (Genome Research 22:1813, ENCODE's ChIP-seq guidelines): the reads' 5' ends of the two strands
are correlated over the genome at growing distance. Fragments make a peak at their length, reads that map anywhere
make one at the read length ("phantom"). NSC is the correlation at the fragment length over the least one, RSC the
first less the least over the second less the least.
"""

import os
from array import array
from dataclasses import dataclass

import numpy as np

from epigroup.reads.alignments import end_of, open_alignments

STEP, FARTHEST = 5, 1500
# As ENCODE's pipeline runs phantompeakqualtools: reads enough, and no fragment looked for near the read length.
MOST_READS, LEAST_FRAGMENT, BEYOND_READ = 15_000_000, 50, 10
SMOOTHED = 5  # distances


@dataclass(frozen=True)
class Ends:
    """5' ends of reads: by chromosome the sorted positions int32 (n,) of the forward and of the reverse
    strand, bp; the median read length, bp; insert sizes of pairs as counts int64 (m,), index bp."""

    by_chrom: dict[str, tuple[np.ndarray, np.ndarray]]
    read_length: int
    inserts: np.ndarray


@dataclass(frozen=True)
class StrandCorrelation:
    """correlation float64 (n,) at distances int64 (n,) of 5' ends, bp. fragment: length in bp, None when no
    peak beyond the read length stands out; nsc and rsc, NaN then."""

    distances: np.ndarray
    correlation: np.ndarray
    fragment: int | None
    nsc: float
    rsc: float


def read_ends(bam: str | os.PathLike, *, both_mates: bool = False) -> Ends:
    """5' ends of the first mates (or of both), or of single reads, of a BAM file sorted by coordinate.

    Raises InputError for a BAM file that is cut or damaged, or holds a read that ends nowhere.
    """
    forward: dict[int, array] = {}
    reverse: dict[int, array] = {}
    sizes, spans = array("i"), array("i")
    with open_alignments(bam) as handle:
        names = handle.references
        for read in handle:
            flag = read.flag
            if flag & 128 and not both_mates:
                continue
            end = end_of(bam, read)
            if flag & 16:
                reverse.setdefault(read.reference_id, array("i")).append(end - 1)
            else:
                forward.setdefault(read.reference_id, array("i")).append(read.reference_start)
            if len(spans) < 1_000_000:
                spans.append(read.query_length)
            if flag & 64:
                sizes.append(abs(read.template_length))
    lengths = np.bincount(np.array(sizes, np.int64)) if sizes else np.zeros(1, np.int64)

    def of(side: dict[int, array], number: int) -> np.ndarray:
        return np.sort(np.array(side.get(number, ()), np.int32))

    by_chrom = {
        names[number]: (of(forward, number), of(reverse, number)) for number in sorted({*forward, *reverse})
    }
    return Ends(by_chrom, int(np.median(spans)) if spans else 0, lengths)


def correlate_strands(ends: Ends, sizes: dict[str, int]) -> StrandCorrelation:
    """Pearson's correlation of the two strands' 5' ends per base at each distance, the mean over chromosomes
    by their reads. `sizes` in bp.

    Of more than 15 million reads every n-th is taken.
    """
    total = sum(len(side) for pair in ends.by_chrom.values() for side in pair)
    every = -(-total // MOST_READS) if total else 1
    farthest = min([FARTHEST, *(sizes[name] // 4 for name in ends.by_chrom)])
    distances = np.arange(0, farthest + 1, STEP)
    # The read length is seldom a multiple of the step.
    wanted = np.append(distances, min(max(ends.read_length - 1, 0), farthest))
    summed, weight = np.zeros(len(wanted)), 0
    for name, (forward, reverse) in ends.by_chrom.items():
        forward, reverse = forward[::every], reverse[::every]
        if not len(forward) or not len(reverse):
            continue
        here = len(forward) + len(reverse)
        summed += here * _correlation(forward, reverse, sizes[name], wanted)
        weight += here
    correlation = summed / weight if weight else np.full(len(wanted), np.nan)
    return _characterise(distances, correlation[:-1], float(correlation[-1]), ends.read_length)


def _correlation(forward: np.ndarray, reverse: np.ndarray, size: int, distances: np.ndarray) -> np.ndarray:
    """Pearson's r of forward[0 : size - d] and reverse[d : size], counts a base, for each d."""
    where, count = np.unique(forward, return_counts=True)
    there, counts = np.unique(reverse, return_counts=True)
    # A byte a base: the longest chromosomes must fit. Few places hold more than 255 reads once duplicates are gone.
    counts = np.minimum(counts, 255)
    dense = np.zeros(size, np.uint8)
    dense[there] = counts
    count = count.astype(np.float64)
    f_sum, f_square = np.cumsum(count), np.cumsum(count**2)
    head = dense[: distances.max()].astype(np.float64)
    r_at, r_square_at = np.cumsum(head), np.cumsum(head**2)
    r_total, r_total_square = float(counts.sum()), float((counts.astype(np.float64) ** 2).sum())
    out = np.zeros(len(distances))
    for i, d in enumerate(distances):
        n = size - d
        kept = np.searchsorted(where, n)
        if not kept:
            continue
        f1, f2 = float(f_sum[kept - 1]), float(f_square[kept - 1])
        r1 = r_total - (r_at[d - 1] if d else 0)
        r2 = r_total_square - (r_square_at[d - 1] if d else 0)
        product = float(np.dot(dense[where[:kept] + d], count[:kept]))
        spread = (n * f2 - f1 * f1) * (n * r2 - r1 * r1)
        out[i] = (n * product - f1 * r1) / np.sqrt(spread) if spread > 0 else 0.0
    return out


def _characterise(
    distances: np.ndarray, correlation: np.ndarray, phantom: float, read_length: int
) -> StrandCorrelation:
    nothing = StrandCorrelation(distances, correlation, None, float("nan"), float("nan"))
    first = int(np.searchsorted(distances, max(read_length + BEYOND_READ, LEAST_FRAGMENT)))
    if len(distances) - first < 3 or not np.isfinite(correlation).all():
        return nothing
    half = SMOOTHED // 2
    padded = np.pad(correlation, half, mode="edge")
    smooth = np.convolve(padded, np.full(SMOOTHED, 1 / SMOOTHED), mode="valid")
    peak = first + int(np.argmax(smooth[first:]))
    # At an end of the range it is the flank of something else.
    if peak in (first, len(distances) - 1):
        return nothing
    least = float(correlation.min())
    nsc = float(correlation[peak]) / least if least > 0 else float("nan")
    rsc = (float(correlation[peak]) - least) / (phantom - least) if phantom > least else float("nan")
    # 5' ends of a fragment lie its length less one apart.
    return StrandCorrelation(distances, correlation, int(distances[peak]) + 1, nsc, rsc)
