"""Every score of the test bins, averaged over tasks."""

import numpy as np
import pandas as pd

from epigroup.comparison.scores import Results
from epigroup.core.errors import InputError
from epigroup.evaluation.bootstrap import mean_known
from epigroup.evaluation.score_names import COUNTS

COLUMNS = ["strategy", "seed", "n_seeds", "by", "level", "score", "n_tasks", "n_nan", "mean"]


def score_means(results: Results) -> pd.DataFrame:
    """scores.tsv: a row a (strategy or pool, seed, level, score), seed `all` averaging each task over the seeds first.

    n_tasks: tasks of the level that the strategy learns; n_nan: those of them without the score (no test positives; for
    AUROC also no negatives), which are left out. score: those of `ScoreNames.averaged`, and COUNTS, mean numbers of
    test examples and of positives. InputError: metrics that lack one.
    """
    columns = {score.name: f"test_{score.name}" for score in results.names.averaged} | {
        name: name for name in COUNTS
    }
    values = {}
    for (strategy, seed), table in results.tables.items():
        lacking = [column for column in columns.values() if column not in table]
        if lacking:
            raise InputError(
                f"metrics.tsv of {strategy}, seed {seed}: no column {', '.join(lacking)}; evaluate the strategy again"
            )
        values[strategy, seed] = table[list(columns.values())].to_numpy(np.float64)
    rows = []
    for strategy in results.strategies:
        seeds = results.seeds[strategy]
        for chosen, name in [(seeds, "all")] + [([seed], str(seed)) for seed in seeds]:
            of_task = np.mean([values[strategy, seed] for seed in chosen], axis=0)
            for by, level, of_level in results.levels():
                mine = of_task[of_level & results.covers[strategy]]
                if len(mine):
                    means, n_nan = mean_known(mine.T), np.isnan(mine).sum(axis=0)
                    rows += [
                        [strategy, name, len(chosen), by, level, score, len(mine), n_nan[i], means[i]]
                        for i, score in enumerate(columns)
                    ]
    return pd.DataFrame(rows, columns=COLUMNS)
