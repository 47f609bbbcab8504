"""The numbers behind the figures of strata."""

import pandas as pd

from epigroup.results.run import Results


def stratum_scores(results: Results) -> pd.DataFrame:
    """Mean AUROC and AUPRC less base rate of all tasks by strategy and stratum, over the seeds (a figure's table)."""
    table = results.strata
    if table is None:
        return pd.DataFrame()
    names = results.strategy_names
    kept = table[
        (table["level"] == "All") & (table["seed"].astype(str) == "all") & table["strategy"].isin(names)
    ]
    rank = {name: i for i, name in enumerate(names)}
    kept = kept.assign(counted=kept["counted"].fillna(""))
    return kept.sort_values("strategy", key=lambda s: s.map(rank), kind="stable").reset_index(drop=True)


def over_correlation(results: Results) -> pd.DataFrame:
    """Mean correlation of predictions and of labels of two tasks of one modality, by strategy and stratum; over
    seeds and targets, weighted by pairs (a figure's table)."""
    table = results.over_correlation
    if table is None or table.empty:
        return pd.DataFrame()
    kept = table[(table["pairs"] != "all") & table["strategy"].isin(results.strategy_names)]
    rows = []
    for key, mine in kept.groupby(["strategy", "counted", "rank", "stratum"], sort=False):
        weight = mine["n_pairs"] / mine["n_pairs"].sum()
        rows.append(
            {
                **dict(zip(("strategy", "counted", "rank", "stratum"), key, strict=True)),
                "n_pairs": int(mine["n_pairs"].sum() / mine["seed"].nunique()),
                "predicted": float(mine["predicted"] @ weight),
                "observed": float(mine["observed"] @ weight),
            }
        )
    return pd.DataFrame(rows)
