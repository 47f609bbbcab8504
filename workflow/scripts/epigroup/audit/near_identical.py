"""Windows of one split whose sequence, on either strand, all but recurs in another split.

A window is near-identical when at least `similarity` of its k-mers occur together in one stretch, as long as a
window, of the other split's windows. At k = 24 half of the k-mers is left by about 2.8 % of changed bases
(0.972^24 = 0.5). The k-mers are sampled (about `sketch` a window), so the share is an estimate; with all of them
it is exact.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from epigroup.audit.finding import PASS, Finding, graded
from epigroup.audit.kmers import sampled_kmers
from epigroup.audit.windows import PAIRS, Windows, split_windows
from epigroup.core.logs import Progress
from epigroup.dataset.dataset import Dataset
from epigroup.dataset.with_genome import open_with_genome
from epigroup.genome.bins import mark_ranges
from epigroup.genome.codes import Genome

log = logging.getLogger(__name__)

MOST_COPIES = 64  # a k-mer that the other split has more often is a repeat, and says nothing of one window
LEAST_KMERS = 4  # of fewer sampled k-mers nothing is said
AT_ONCE = 4096  # windows
EXAMPLES = 5


@dataclass(frozen=True)
class Sample:
    """Sampled k-mers of a split's windows. place: int64 (n,), ascending, counted through all chromosomes;
    hashes: uint64 (n,); left, right: int64 (N,), the windows in the same count."""

    place: np.ndarray
    hashes: np.ndarray
    left: np.ndarray
    right: np.ndarray


@dataclass(frozen=True)
class Matches:
    """For each window asked about: n, its sampled k-mers, distinct ones where any occurs in the other split;
    common, how many of them are repeats; shared, the most that occur within one stretch of the other split; at,
    int64, where that stretch begins (-1: nowhere)."""

    n: np.ndarray
    common: np.ndarray
    shared: np.ndarray
    at: np.ndarray


def chromosome_offsets(dataset: Dataset) -> np.ndarray:
    """int64 (C + 1,): where each chromosome begins in a count through all, further apart than a window."""
    sizes = [dataset.sizes[name] + 2 * dataset.window for name in dataset.chromosomes]
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def sample_windows(genome: Genome, dataset: Dataset, windows: Windows, k: int, one_in: float) -> Sample:
    """The sampled k-mers that lie whole in a window, each place once."""
    offsets = chromosome_offsets(dataset)
    places, hashes = [], []
    for i, name in enumerate(dataset.chromosomes):
        here = windows.chrom == i
        if not here.any():
            continue
        wanted = mark_ranges(windows.left[here], windows.right[here] - k + 1, dataset.sizes[name])
        place, values = sampled_kmers(genome.codes(name), wanted, k, one_in)
        places.append(place + offsets[i])
        hashes.append(values)
    shift = offsets[windows.chrom]
    return Sample(
        np.concatenate(places) if places else np.empty(0, np.int64),
        np.concatenate(hashes) if hashes else np.empty(0, np.uint64),
        windows.left + shift,
        windows.right + shift,
    )


def matches(asked: Sample, other: Sample, window: int, k: int, most_copies: int = MOST_COPIES) -> Matches:
    """Hold each window of `asked` against the windows of `other`.

    Places of `other` within a window's length of the window itself are left out: they are the same bases.
    """
    order = np.argsort(other.hashes, kind="stable")
    known, place = other.hashes[order], other.place[order]
    low = np.searchsorted(known, asked.hashes, side="left")
    copies = np.searchsorted(known, asked.hashes, side="right") - low
    rare = np.where(copies <= most_copies, copies, 0)
    n_windows = len(asked.left)
    first = np.searchsorted(asked.place, asked.left, side="left")
    stop = np.searchsorted(asked.place, asked.right - k + 1, side="left")
    found = Matches(
        n=stop - first,
        common=_between(copies > most_copies, first, stop),
        shared=np.zeros(n_windows, np.int64),
        at=np.full(n_windows, -1, np.int64),
    )
    span = int(max(asked.right.max(initial=0), other.right.max(initial=0))) + 2 * window
    any_match = np.flatnonzero(_between(rare > 0, first, stop) > 0)
    progress = Progress(log, "windows", len(any_match), "windows")
    for some in _runs(any_match):
        # every (window, one of its k-mers, a place of it in the other split)
        n = stop[some] - first[some]
        mine, kmer = np.repeat(np.arange(len(some)), n), _expanded(first[some], stop[some])
        found.n[some] = _distinct(mine, asked.hashes[kmer], len(some))
        times = rare[kmer]
        row, word = np.repeat(mine, times), np.repeat(kmer, times)
        spot = place[_expanded(low[kmer], low[kmer] + times)]
        away = (spot < asked.left[some][row] - window) | (spot >= asked.right[some][row] + window)
        row, word, spot = row[away], word[away], spot[away]
        if not len(row):
            continue
        key = row * span + spot
        order = np.argsort(key)
        key, word = key[order], word[order]
        reach = np.searchsorted(key, key + (window - k), side="right")
        begin = np.flatnonzero(np.diff(key // span, prepend=-1))
        best = _best(reach - np.arange(len(key)), begin)
        # a k-mer that stands in a stretch twice counts once: first the stretch with most places, then its k-mers
        inside = _expanded(best, reach[best])
        of = np.repeat(np.arange(len(best)), reach[best] - best)
        which = some[key[best] // span]
        found.shared[which] = _distinct(of, asked.hashes[word[inside]], len(best))
        found.at[which] = key[best] % span
        progress.advance(len(some))
    return found


def _between(marks: np.ndarray, first: np.ndarray, stop: np.ndarray) -> np.ndarray:
    """int64: how many of `marks` lie in each [first, stop)."""
    below = np.concatenate([[0], np.cumsum(marks, dtype=np.int64)])
    return below[stop] - below[first]


def _runs(rows: np.ndarray) -> Iterator[np.ndarray]:
    for at in range(0, len(rows), AT_ONCE):
        yield rows[at : at + AT_ONCE]


def _expanded(first: np.ndarray, stop: np.ndarray) -> np.ndarray:
    """All the numbers of each [first, stop), one after the other."""
    n = stop - first
    return np.arange(n.sum()) + np.repeat(first - (np.cumsum(n) - n), n)


def _distinct(row: np.ndarray, values: np.ndarray, n_rows: int) -> np.ndarray:
    """int64 (n_rows,): how many distinct values each row has; rows ascend."""
    order = np.lexsort((values, row))
    row, values = row[order], values[order]
    new = np.append(True, (row[1:] != row[:-1]) | (values[1:] != values[:-1]))[: len(row)]
    return np.bincount(row[new], minlength=n_rows)


def _best(count: np.ndarray, begin: np.ndarray) -> np.ndarray:
    """Of each run that begins at `begin`, the first place of its highest count."""
    top = np.maximum.reduceat(count, begin)
    length = np.diff(np.append(begin, len(count)))
    hit = np.flatnonzero(count == np.repeat(top, length))
    run = np.searchsorted(begin, hit, side="right") - 1
    return hit[np.flatnonzero(np.diff(run, prepend=-1))]


def check(inputs: Mapping, cfg: Mapping) -> Finding:
    """Count the windows of test and validation that all but recur in another split.

    inputs: genome, dataset, shards. cfg: kmer, sketch, similarity, warn_share, fail_share: above which shares of
    a split's windows it is a warning, and a failure.
    """
    dataset, genome = open_with_genome(inputs["genome"], inputs["dataset"], inputs["shards"])
    k = min(cfg["kmer"], dataset.window)
    one_in = max(1.0, (dataset.window - k + 1) / cfg["sketch"])
    samples = {
        name: sample_windows(genome, dataset, windows, k, one_in)
        for name, windows in split_windows(dataset).items()
    }
    rows = []
    for asked, other in PAIRS:
        found = matches(samples[asked], samples[other], dataset.window, k)
        rows.append(summary(dataset, asked, other, samples, found, cfg["similarity"]))
        log.info(
            "%s against %s: %s of %s windows near-identical, %s made of repeats",
            asked,
            other,
            *(f"{rows[-1][key]:,}" for key in ("n_near_identical", "n_windows", "n_repeats")),
        )
    share = max(row["share"] for row in rows)
    verdict = graded(share, cfg["warn_share"], cfg["fail_share"])
    parts = [
        f"{row['n_near_identical']:,} of {row['n_windows']:,} {row['split']} windows ({100 * row['share']:.2g} %) "
        f"in {row['with']}"
        + (f", most {row['worst_pair'][0]} in {row['worst_pair'][1]}" if row["worst_pair"] else "")
        for row in rows
    ]
    figure = (
        f"Windows of which at least {100 * cfg['similarity']:.0f} % of the {k}-mers, on either strand, recur in one "
        f"stretch of another split: {'; '.join(parts)}."
    )
    advice = (
        "Nothing to do."
        if verdict == PASS
        else "Put the two contigs, or the duplicated stretches, into one split, or mask them with genome.blacklist."
    )
    return Finding(verdict, figure, advice, {"pairs": rows, "kmer": k, "one_in": one_in})


def summary(
    dataset: Dataset, asked: str, other: str, samples: dict[str, Sample], found: Matches, similarity: float
) -> dict:
    """The figures of one pair of splits."""
    judged = found.n >= LEAST_KMERS
    alike = judged & (found.shared >= similarity * found.n) & (found.shared > 0)
    offsets = chromosome_offsets(dataset)
    mine = samples[asked]
    of_mine = np.searchsorted(offsets, mine.left[alike], side="right") - 1
    of_other = np.searchsorted(offsets, found.at[alike], side="right") - 1
    pair, n = np.unique(np.stack([of_mine, of_other]), axis=1, return_counts=True)
    names = dataset.chromosomes
    rows = np.flatnonzero(alike)
    first = rows[np.argsort(-found.shared[rows] / found.n[rows], kind="stable")[:EXAMPLES]]
    n_windows = len(found.n)
    return {
        "split": asked,
        "with": other,
        "n_windows": n_windows,
        "n_judged": int(judged.sum()),
        "n_near_identical": len(rows),
        "n_repeats": int((judged & (found.common > found.n / 2)).sum()),
        "share": len(rows) / n_windows if n_windows else 0.0,
        "worst_pair": [names[i] for i in pair[:, int(n.argmax())]] if len(n) else None,
        "worst_pair_windows": int(n.max()) if len(n) else 0,
        "examples": [
            {
                "window": _shown(mine.left[i], offsets, names),
                "recurs_near": _shown(found.at[i], offsets, names),
                "share_of_kmers": float(found.shared[i] / found.n[i]),
            }
            for i in first
        ],
    }


def _shown(place: int, offsets: np.ndarray, names: tuple[str, ...]) -> str:
    i = int(np.searchsorted(offsets, place, side="right")) - 1
    return f"{names[i]}:{int(place - offsets[i]):,}"
