"""Tables of the report beside the scores: choices, negative transfer, cost, technique."""

import pandas as pd

from epigroup.report.sections.headline import number, verdict
from epigroup.results.run import Results

PROPERTIES = {
    "assay": "assay",
    "depth": "depth, terciles",
    "peaks": "number of peaks, terciles",
    "modality": "event modality",
    "cell_group": "cell group",
}


def transfer_rows(results: Results) -> dict | None:
    """Shares of tasks served worse than alone, over all tasks; None where nothing is learnt alone."""
    if results.transfer is None or results.transfer.empty:
        return None
    table = results.transfer[results.transfer["by"] == "all"]
    table = table[table["strategy"].isin(results.strategy_names)].set_index("strategy")
    if table.empty:
        return None
    shares = ["share_below", "share_up", "share_down"]
    first = table.iloc[0]
    note = "" if pd.isna(first["note"]) else str(first["note"])
    return {
        "alone": first["baseline"],
        "note": note,
        "rows": [
            {
                "name": name,
                "n_tasks": int(table.loc[name, "n_tasks"]),
                "cells": [number(table.loc[name, key]) for key in shares],
            }
            for name in results.strategy_names
            if name in table.index
        ],
        # of the strategy with the most tasks, which alone against itself again has too
        "floor": [number(table.loc[table["n_tasks"].idxmax(), f"floor_{key}"]) for key in shares],
    }


def cost_rows(results: Results) -> list[dict]:
    """Hours and FLOP of each strategy, means over its seeds."""
    if results.costs is None:
        return []
    table = results.costs[results.costs["seed"].astype(str) == "all"].set_index("strategy")
    keys = ("networks", "steps", "hours", "flop", "hours_in_all", "flop_in_all")
    return [
        {
            "name": name,
            "device": table.loc[name, "device"],
            "needs": ""
            if pd.isna(table.loc[name, "needs"])
            else ", ".join(str(table.loc[name, "needs"]).split()),
            **{key: number(table.loc[name, key]) for key in keys},
        }
        for name in results.strategy_names
        if name in table.index
    ]


def energy_rows(costs: list[dict], watts: dict) -> list[dict]:
    """The rows of the cost table with `energy`, kWh of all that a strategy needs: hours times the watts taken
    for the device; None where the device or the hours are not known."""
    power = {"cuda": watts["gpu"], "cpu": watts["cpu"]}
    return [
        row
        | {
            "energy": row["hours_in_all"] * power[row["device"]] / 1000
            if row["device"] in power and row["hours_in_all"] is not None
            else None
        }
        for row in costs
    ]


def confounder_rows(results: Results) -> dict | None:
    """Adjusted mutual information of each grouping with technique and sheet, mean over seeds."""
    if results.confounders is None or results.confounders.empty:
        return None
    table = results.confounders
    mean = table.groupby(["grouping", "property"], sort=False)["ami"].mean().unstack()
    known = [name for name in PROPERTIES if name in mean and mean[name].notna().any()]
    if not known:
        return None
    return {
        "titles": [PROPERTIES[name] for name in known],
        "rows": [
            {"name": grouping, "cells": [number(mean.loc[grouping, name]) for name in known]}
            for grouping in dict.fromkeys(table["grouping"])
        ],
    }


def average_rows(results: Results) -> list[dict]:
    """Each choice that averages: its mean score, and the weights of its members for the test bins, means over seeds."""
    if results.weights is None or results.weights.empty:
        return []
    overall = results.strategies[
        (results.strategies["by"] == "all") & (results.strategies["seed"].astype(str) == "all")
    ].set_index("strategy")
    rows = []
    for name, table in results.weights[results.weights["fitted_on"] == "all"].groupby("average", sort=False):
        weights = table.filter(like="weight:").dropna(axis=1, how="all").mean()
        members = [(column.removeprefix("weight:"), number(weight)) for column, weight in weights.items()]
        counted = table.groupby("task_id", sort=False)["counted"].max()
        rows.append(
            {
                "name": name,
                "mean": number(overall.loc[name, results.names.mean]),
                "members": members,
                "n_counted": int(counted.sum()),
                "n_tasks": len(counted),
            }
        )
    return rows


def choice_rows(results: Results) -> list[dict]:
    """Each choice: how often it took which strategy, and how it stands to the best one of them, as validation
    tells which that is and as test does."""
    if results.choices is None or results.choices.empty:
        return []
    overall = results.strategies[
        (results.strategies["by"] == "all") & (results.strategies["seed"].astype(str) == "all")
    ].set_index("strategy")
    gains = results.gains[(results.gains["by"] == "all") & (results.gains["seed"].astype(str) == "all")]
    rows = []
    for name, table in results.choices.groupby("choice", sort=False):
        seen = (f":{results.names.chosen_by}", ":validation_log_loss")
        candidates = [c.rpartition(":")[0] for c in table.dropna(axis=1, how="all") if c.endswith(seen)]
        counts = table["chosen"].value_counts()
        n_seeds = table["seed"].nunique()
        # strategies of fewer tasks have means of other tasks
        able = overall.loc[
            [c for c in candidates if overall.loc[c, "n_tasks"] == overall.loc[name, "n_tasks"]]
        ]
        against: dict[str, dict | None] = {"validation": None, "test": None}
        validation = f"mean_{results.names.validation[0]}"
        for said, column in (("validation", validation), ("test", results.names.mean)):
            if able.empty or column not in able or able[column].isna().all():
                continue
            best = able[column].idxmax()
            found = gains[(gains["strategy"] == name) & (gains["baseline"] == best)]
            if len(found):
                low, high = number(found["low"].iloc[0]), number(found["high"].iloc[0])
                difference = number(found["difference"].iloc[0])
                words, tone = verdict(difference, low, high)
                measured = {"best": best, "difference": difference, "low": low, "high": high}
                against[said] = measured | {"verdict": words, "tone": tone}
        rows.append(
            {
                "name": name,
                "mean": number(overall.loc[name, results.names.mean]),
                "taken": [(c, round(counts.get(c, 0) / n_seeds)) for c in candidates],
                "against": against,
            }
        )
    return rows
