"""Splits that leave every task positives in training, validation and test: by chromosome, or by spans of a few."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations

import numpy as np

from epigroup.begin.chromosomes import sex_chromosomes
from epigroup.begin.peak_counts import TILES, PeakCounts

HELD_OUT = 0.11  # the share of the bases that validation and test each should hold
LEAST, MOST = 0.07, 0.15  # and may hold, where there are such chromosomes
TRAINS = 0.55  # of the bases at least
ENOUGH = 100  # peaks of a task in a split: more of them count for nothing when splits are chosen
TOGETHER = 3  # chromosomes of a split at most
LISTED = 100  # sets of chromosomes that are tried against each other
MANY = 40  # chromosomes; of more of them each tenth by length is held out
FEWEST = 3  # chromosomes; fewer are cut into spans

Span = dict[str, str | int]


@dataclass(frozen=True)
class Splits:
    """Spans of validation and test as the config has them; the rest trains. shares: of the bases, by split. fewest:
    split -> (task, peaks) of the task that has fewest there, of those whose peaks are known; {} without these."""

    validation: Sequence[Span]
    test: Sequence[Span]
    shares: Mapping[str, float]
    fewest: Mapping[str, tuple[str, int]]

    @property
    def serves_all(self) -> bool:
        """Whether no task is known to lack peaks in a split."""
        return all(count for _, count in self.fewest.values())


def choose_splits(chosen: Mapping[str, int], counts: PeakCounts) -> Splits:
    """Validation and test of about a tenth of the bases each, with at least ENOUGH peaks of every task if that can be.

    Whole chromosomes where there are FEWEST of them or more, unless they leave less than TRAINS to train, or a task
    without peaks in a split that spans, the same part of every chromosome, would serve. chosen: name -> bp. No figure
    but the places of peaks is looked at.
    """
    spans = by_spans(chosen, counts)
    if len(chosen) < FEWEST:
        return spans
    whole = by_chromosomes(chosen, counts)
    too_few = whole.shares["train"] < TRAINS and spans.serves_all >= whole.serves_all
    return spans if too_few or (spans.serves_all and not whole.serves_all) else whole


def by_chromosomes(chosen: Mapping[str, int], counts: PeakCounts) -> Splits:
    """Whole chromosomes, sex chromosomes last."""
    names, sizes = list(chosen), np.array(list(chosen.values()))
    share = sizes / sizes.sum()
    table = counts.of_chromosomes
    plain = [i for i, name in enumerate(names) if name not in sex_chromosomes(names)]
    plain = plain if len(plain) >= FEWEST else list(range(len(names)))
    if len(plain) > MANY:
        by_length = sorted(plain, key=lambda i: -sizes[i])
        sets = [tuple(sorted(by_length[first::10])) for first in range(10)]
    else:
        most = max(1, min(TOGETHER, len(plain) - 2))
        sets = [one for n in range(1, most + 1) for one in combinations(plain, n)]
    parts = {one: table[:, one].sum(1) for one in sets}
    told = {one: worth(parts[one], share[[*one]].sum(), len(one)) for one in sets}
    best = sorted(sets, key=lambda one: told[one])[-LISTED:]

    def worth_of_pair(pair: tuple[tuple[int, ...], tuple[int, ...]]) -> tuple[float, ...]:
        one, other = (told[held] for held in pair)
        left = fewest_of(table.sum(1) - parts[pair[0]] - parts[pair[1]])
        return (*map(min, one[:3], other[:3], (float(left > 0), 0.0, left)), one[3] + other[3])

    pairs = [
        (one, other)
        for one, other in permutations(best, 2)
        if not set(one) & set(other) and len(one) + len(other) < len(names)
    ]
    # few chromosomes may leave no two disjoint sets among the best
    pairs = pairs or [pair for pair in permutations(sets, 2) if len(pair[0]) == len(pair[1]) == 1]
    validation, test = max(pairs, key=worth_of_pair)
    held = {"validation": validation, "test": test}
    rest = [i for i in range(len(names)) if i not in {*validation, *test}]
    return Splits(
        [{"chrom": names[i]} for i in validation],
        [{"chrom": names[i]} for i in test],
        {split: float(share[[*those]].sum()) for split, those in {"train": rest, **held}.items()},
        fewest_by(
            counts, {split: table[:, [*those]].sum(1) for split, those in {"train": rest, **held}.items()}
        ),
    )


def by_spans(chosen: Mapping[str, int], counts: PeakCounts) -> Splits:
    """The same hundredths of every chromosome: three runs of them in any order."""
    tiles = counts.tiles.sum(1)
    best = max(runs(), key=lambda parts: worth_of_runs(tiles, parts))
    share = {split: (stop - start) / TILES for split, (start, stop) in best.items()}
    spans = {
        split: [span_of(name, size, *best[split]) for name, size in chosen.items()]
        for split in ("validation", "test")
    }
    found = {split: tiles[:, start:stop].sum(1) for split, (start, stop) in best.items()}
    return Splits(spans["validation"], spans["test"], share, fewest_by(counts, found))


def runs() -> Iterator[dict[str, tuple[int, int]]]:
    """{split: (first hundredth, the one behind the last)}, validation and test 10 to 15 each."""
    for validation in range(10, 16):
        for test in range(10, 16):
            wide = {"train": TILES - validation - test, "validation": validation, "test": test}
            for order in permutations(wide):
                starts = np.cumsum([0, *(wide[split] for split in order)]).tolist()
                yield {split: (starts[i], starts[i + 1]) for i, split in enumerate(order)}


def worth_of_runs(tiles: np.ndarray, parts: Mapping[str, tuple[int, int]]) -> tuple[float, float, float]:
    """tiles: peaks (tasks, TILES). More is better: the fewest peaks of a task in a split; a small part held out; train
    first, then validation, then test."""
    fewest = min(fewest_of(tiles[:, start:stop].sum(1)) for start, stop in parts.values())
    held = sum(stop - start for split, (start, stop) in parts.items() if split != "train")
    order = [split for split, _ in sorted(parts.items(), key=lambda item: item[1])]
    return fewest, -held, float(order == ["train", "validation", "test"])


def span_of(name: str, size: int, start: int, stop: int) -> Span:
    """A run of hundredths of a chromosome of `size` bp, at round places."""
    unit = 10 ** max(0, len(str(size // TILES)) - 2)
    span: Span = {"chrom": name}
    if start:
        span["start"] = size * start // TILES // unit * unit
    if stop < TILES:
        span["end"] = size * stop // TILES // unit * unit
    return span


def worth(peaks: np.ndarray, share: float, chromosomes: int) -> tuple[float, float, float, float]:
    """peaks: of each task in a set of chromosomes. More is better, the first first: whether every task has any; by how
    little the set is too small or too large; the fewest peaks of a task; how near its share is to HELD_OUT, a
    chromosome more counting as 2 % away from it."""
    fewest = fewest_of(peaks)
    beyond = round(max(LEAST - share, share - MOST, 0), 2)
    return float(fewest > 0), -beyond, fewest, -(abs(share - HELD_OUT) + 0.02 * (chromosomes - 1))


def fewest_of(peaks: np.ndarray) -> float:
    return float(min(ENOUGH, peaks.min(initial=ENOUGH)))


def fewest_by(counts: PeakCounts, found: Mapping[str, np.ndarray]) -> dict[str, tuple[str, int]]:
    """split -> the task with fewest peaks there, and how many."""
    if not counts.tasks:
        return {}
    least = {split: int(peaks.argmin()) for split, peaks in found.items()}
    return {split: (counts.tasks[i], int(found[split][i])) for split, i in least.items()}
