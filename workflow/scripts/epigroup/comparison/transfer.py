"""Negative transfer: how many tasks a strategy serves worse than a network of their own would, and how many
training alone already moves.
"""

from itertools import permutations

import numpy as np
import pandas as pd

from epigroup.comparison.scores import Results

COLUMNS = [
    "strategy",
    "baseline",
    "n_seeds",
    "by",
    "level",
    "n_tasks",
    "share_below",
    "share_up",
    "share_down",
    "floor_share_below",
    "floor_share_up",
    "floor_share_down",
    "note",
]


def transfer_table(results: Results, alone: str | None) -> pd.DataFrame:
    """transfer.tsv: a row a (strategy, level); share_below: share of tasks whose score is under that of `alone`
    (STL), one seed of the one against the same seed of the other, averaged over the seeds; share_up,
    share_down: share of tasks whose own interval lies above and below 0.

    floor_*: the same for `alone` against itself with another seed, over all ordered pairs of seeds: what no
    grouping is needed for. NaN with one seed, and `note` says so. No row where nothing is learnt alone.
    """
    rows: list[dict[str, object]] = []
    if alone is None:
        return pd.DataFrame(rows, columns=COLUMNS)
    for strategy in results.strategies:
        seeds = [seed for seed in results.seeds[strategy] if seed in results.seeds[alone]]
        if strategy == alone or not seeds:
            continue
        again = [(one, other) for one, other in permutations(results.seeds[alone], 2)]
        for by, level, of_level in results.levels():
            mask = of_level & results.covers[strategy] & results.covers[alone]
            if not mask.any():
                continue
            found = _shares(results, strategy, alone, [(seed, seed) for seed in seeds], mask)
            floor = _shares(results, alone, alone, again, mask)
            rows.append(
                {"strategy": strategy, "baseline": alone, "n_seeds": len(seeds), "by": by, "level": level}
                | {"n_tasks": int(mask.sum())}
                | found
                | {f"floor_{key}": value for key, value in floor.items()}
                | {"note": "" if again else f"{alone} has one seed"}
            )
    return pd.DataFrame(rows, columns=COLUMNS)


def _shares(
    results: Results, strategy: str, baseline: str, seeds: list[tuple[int, int]], mask: np.ndarray
) -> dict[str, float]:
    """Shares of the tasks of the mask, averaged over pairs of seeds; NaN without a pair or a score."""
    found = []
    for mine, theirs in seeds:
        score = results.names.test
        difference = results.score(strategy, [mine], score) - results.score(baseline, [theirs], score)
        known = difference[mask & ~np.isnan(difference)]
        low, high = (ends[mask] for ends in results.task_intervals(strategy, baseline, [mine], [theirs]))
        n = int((~np.isnan(low)).sum())
        found.append(
            (
                (known < 0).mean() if len(known) else np.nan,
                (low > 0).sum() / n if n else np.nan,
                (high < 0).sum() / n if n else np.nan,
            )
        )
    mean = np.mean(found, axis=0) if found else np.full(3, np.nan)
    return dict(zip(("share_below", "share_up", "share_down"), map(float, mean), strict=True))
