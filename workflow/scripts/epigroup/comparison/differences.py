"""Task by task: how two strategies differ, and for which tasks the interval of the difference excludes 0."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from epigroup.comparison.scores import Results, shared_seeds

COLUMNS = [
    "task_id", "strategy", "baseline", "headline", "seeds", "difference", "low", "high", "excludes_zero",
]  # fmt: skip


def compared_pairs(results: Results, headline: Sequence[Sequence[str]]) -> list[tuple[str, str, bool]]:
    """(strategy, baseline, whether the headline has the pair): the headline's first and the way round that it has them,
    then every other two strategies, choices or pools once, in the order of the runs, the strategies of a pool left
    out."""
    said = {frozenset(pair) for pair in headline}
    members = {one for pool in results.pools.values() for one in pool}
    names = [name for name in results.strategies if name not in members]
    others = [pair for pair in combinations(names, 2) if frozenset(pair) not in said]
    return [(mine, theirs, True) for mine, theirs in headline] + [(*pair, False) for pair in others]


def difference_table(results: Results, pairs: Sequence[Sequence[str]]) -> pd.DataFrame:
    """differences.tsv: a row a (pair, task) of the tasks that both learn.

    pairs: the headline's; the order is that of `compared_pairs`. seeds: those that both have, parted by commas.
    difference: of the scores, each the mean over these seeds; NaN where a task has none. low, high: 95 % interval of
    `Results.task_intervals`, of this task alone: nothing is corrected for the number of tasks.
    excludes_zero: 1, 0, or NaN where there is no interval.
    """
    tables = []
    for strategy, baseline, leads in compared_pairs(results, pairs):
        seeds = shared_seeds(results, strategy, baseline)
        both = results.covers[strategy] & results.covers[baseline]
        if not seeds or not both.any():
            continue
        mine, theirs = (results.score(name, seeds, results.names.test)[both] for name in (strategy, baseline))
        low, high = (ends[both] for ends in results.task_intervals(strategy, baseline, seeds))
        table = pd.DataFrame({"task_id": results.sheet.loc[both, "task_id"], "strategy": strategy})
        table = table.assign(
            baseline=baseline,
            headline=int(leads),
            seeds=",".join(map(str, seeds)),
            difference=(mine - theirs).round(6),
            low=low.round(6),
            high=high.round(6),
        )
        clear = ((low > 0) | (high < 0)).astype(float)
        tables.append(table.assign(excludes_zero=pd.array(np.where(np.isnan(low), np.nan, clear), "Int64")))
    return pd.concat(tables, ignore_index=True)[COLUMNS] if tables else pd.DataFrame(columns=COLUMNS)
