"""Whether a strategy beats the regressions on k-mers, on average over its tasks."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from epigroup.baselines import RED_LINE
from epigroup.evaluation.bootstrap import mean_known, percentile_interval

BEATS, NOT_SHOWN, DOES_NOT = "beats", "not shown", "does not beat"
COLUMNS = [
    "strategy", "baseline", "n_seeds", "n_tasks", "mean_auprc", "baseline_mean_auprc", "difference",
    "difference_low", "difference_high", "mean_f1", "baseline_mean_f1", "f1_difference", "verdict",
]  # fmt: skip


def verdict(difference: float, low: float) -> str:
    """`does not beat`: the mean AUPRC is not above the baseline's; `not shown`: it is, but the interval of the
    difference holds 0 or there is none; `beats` else. Empty where no task has both."""
    if np.isnan(difference):
        return ""
    if difference <= 0:
        return DOES_NOT
    return BEATS if low > 0 else NOT_SHOWN


def worst(verdicts: Iterable[str]) -> str:
    """That of a strategy over several baselines: it beats the k-mers where it beats each of them."""
    found = set(verdicts)
    return next((word for word in (DOES_NOT, NOT_SHOWN, BEATS) if word in found), "")


def red_line(
    networks: Mapping[str, pd.DataFrame],
    simple: Mapping[str, pd.DataFrame],
    draws: Mapping[str, pd.DataFrame],
    simple_draws: Mapping[str, pd.DataFrame],
) -> pd.DataFrame:
    """A row a (strategy, baseline of RED_LINE): means over the tasks for which both have a test AUPRC, their
    differences, and the 95 % interval of that in AUPRC over draws of the test blocks.

    networks, simple: figures of each task (test_auprc, test_f1), of strategies the mean over seeds; draws,
    simple_draws: AUPRC, a row a draw of the test blocks, the same ones for both. Within a draw the mean is of the tasks
    with positives in it.
    """
    rows = []
    for strategy, table in networks.items():
        for name in (name for name in RED_LINE if name in simple):
            theirs = simple[name].reindex(table.index)
            both = table["test_auprc"].notna() & theirs["test_auprc"].notna()
            tasks = table.index[both]
            row: dict = {"strategy": strategy, "baseline": name, "n_tasks": len(tasks)}
            for score, key in (("auprc", "difference"), ("f1", "f1_difference")):
                mine, other = (one.loc[tasks, f"test_{score}"].mean() for one in (table, theirs))
                row |= {f"mean_{score}": mine, f"baseline_mean_{score}": other, key: mine - other}
            apart = mean_known((draws[strategy][tasks] - simple_draws[name][tasks]).to_numpy(np.float64))
            row["difference_low"], row["difference_high"] = percentile_interval(apart)
            row["verdict"] = verdict(row["difference"], row["difference_low"])
            rows.append(row)
    return pd.DataFrame(rows, columns=[name for name in COLUMNS if name != "n_seeds"])
