"""Intervals of a difference that count every unit of a study: folds, and within these seeds, random groupings and
stretches of the test chromosomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student


@dataclass(frozen=True)
class Side:
    """One side of a pair in one fold: means over the same tasks, of M strategies (the members of a pool, else one) and
    S seeds.

    mean: float64 (M, S); drawn: float (M, S, D), the same in each of D draws of the fold's test blocks, the same draws
    for both sides; None where there are none, and the blocks are then not drawn.
    """

    mean: np.ndarray
    drawn: np.ndarray | None = None


@dataclass(frozen=True)
class FoldScores:
    """A pair in one fold; its sides have the same seeds, in the same order."""

    mine: Side
    theirs: Side

    @property
    def by_seed(self) -> np.ndarray:
        """float64 (S,): difference of each seed, members averaged."""
        return self.mine.mean.mean(axis=0) - self.theirs.mean.mean(axis=0)

    @property
    def difference(self) -> float:
        return float(self.by_seed.mean())


def t_interval(units: Sequence[float], share: float = 0.95) -> tuple[float, float]:
    """(low, high): Student's interval of the mean of independent units, of n - 1 degrees of freedom; NaN for fewer than
    two. It is exact where the units are normal, whatever they vary by: what a unit was averaged from is in it."""
    found = np.asarray(units, np.float64)
    n = len(found)
    if n < 2:
        return float("nan"), float("nan")
    half = student.ppf((1 + share) / 2, n - 1) * found.std(ddof=1) / np.sqrt(n)
    return float(found.mean() - half), float(found.mean() + half)


def nested_draws(folds: Sequence[FoldScores], draws: int, seed: int) -> np.ndarray:
    """float64 (draws,): the mean difference over folds, everything drawn with replacement from outside in: folds; in
    each of these seeds, paired, and the members of pools; and the test blocks, of which one of the stored draws is
    taken. A single fold, seed or member is kept as it is.
    """
    rng = np.random.default_rng([seed])
    chosen = rng.integers(len(folds), size=(draws, len(folds)))
    found = np.zeros(draws)
    for slot in chosen.T:
        for at, fold in enumerate(folds):
            (rows,) = np.nonzero(slot == at)
            found[rows] += _draws_of_fold(fold, len(rows), rng)
    return found / len(folds)


def _draws_of_fold(fold: FoldScores, n: int, rng: np.random.Generator) -> np.ndarray:
    """float64 (n,): the fold's difference, with its seeds, members and blocks drawn."""
    n_seeds = fold.mine.mean.shape[1]
    seeds = rng.integers(n_seeds, size=(n, 1, n_seeds))
    drawn = [side.drawn for side in (fold.mine, fold.theirs)]
    n_blocks = 0 if any(one is None for one in drawn) else drawn[0].shape[2]  # type: ignore[union-attr]
    block = rng.integers(max(n_blocks, 1), size=(n, 1, 1))
    found = []
    for side in (fold.mine, fold.theirs):
        members = rng.integers(len(side.mean), size=(n, len(side.mean), 1))
        values = side.mean[members, seeds] if not n_blocks else side.drawn[members, seeds, block]  # type: ignore[index]
        found.append(values.mean(axis=(1, 2), dtype=np.float64))
    return found[0] - found[1]
