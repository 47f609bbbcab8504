"""How many groups and packs a config means: known from config and sheet alone, before anything runs."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from epigroup.affinity import check_pilot
from epigroup.core.errors import InputError


def grouping_tasks(config: Mapping[str, Any], grouping: str, table: pd.DataFrame) -> pd.DataFrame:
    """Rows of the sheet's task table that take part in a grouping, in the sheet's order.

    Raises InputError that names tasks of `groupings.{grouping}.tasks` which the sheet lacks.
    """
    chosen = config["groupings"][grouping]["tasks"]
    if chosen is None:
        return table
    unknown = sorted(set(chosen) - set(table["task_id"]))
    if unknown:
        raise InputError(f"config: groupings.{grouping}.tasks: not in the sample sheet: {', '.join(unknown)}")
    return table[table["task_id"].isin(chosen)]


def count_groups(config: Mapping[str, Any], grouping: str, table: pd.DataFrame) -> int:
    """Number of groups that a grouping declares: from its method, its K or the sheet's columns.

    `table` has a row a task (columns task_id, modality, ...). Raises InputError when the config does not say.
    """
    spec = config["groupings"][grouping]
    tasks = grouping_tasks(config, grouping, table)
    if spec["method"] == "pairs":
        check_pilot(f"config: groupings.{grouping}", len(tasks))
    if spec["method"] == "single":
        return len(tasks)
    if spec["method"] == "all":
        return 1
    if spec["method"] == "sheet":
        columns = spec["columns"] or []
        unknown = sorted(set(columns) - set(table.columns))
        if not columns or unknown:
            raise InputError(
                f"config: groupings.{grouping}.columns: {unknown or 'missing'}; columns to group by: "
                f"{', '.join(c for c in table.columns if c != 'task_id')}"
            )
        return len(tasks[columns].drop_duplicates())
    if spec["like"] is not None:
        return count_groups(config, spec["like"], table)
    if spec["k"] is None:
        raise InputError(
            f"config: groupings.{grouping}.k: say how many groups the method '{spec['method']}' makes"
        )
    if spec["k"] > len(tasks):
        raise InputError(
            f"config: groupings.{grouping}.k: {spec['k']} groups of {len(tasks)} tasks; give {len(tasks)} at most"
        )
    return spec["k"]


def overlaps(config: Mapping[str, Any], grouping: str) -> bool:
    """Whether a task may be in more than one group of a grouping."""
    spec = config["groupings"][grouping]
    return spec["overlap"] or (spec["like"] is not None and overlaps(config, spec["like"]))


def count_packs(config: Mapping[str, Any], strategy: str, table: pd.DataFrame) -> int:
    """Number of training jobs a seed of a strategy: groups over groups_per_pack, rounded up."""
    spec = config["strategies"][strategy]
    return math.ceil(count_groups(config, spec["grouping"], table) / spec["groups_per_pack"])


def strategy_seeds(config: Mapping[str, Any], strategy: str) -> list[int]:
    """Seeds that a strategy is trained with: its own list, or the run's."""
    return config["strategies"][strategy]["seeds"] or config["seeds"]


def warm_start(config: Mapping[str, Any], strategy: str) -> str | None:
    """The strategy whose network of all tasks the groups of another start from; None: from random weights."""
    return config["strategies"][strategy].get("warm_start")


def teacher(config: Mapping[str, Any], strategy: str) -> str | None:
    """The strategy, or the choice that averages, whose scores a strategy learns; None: labels alone."""
    return config["strategies"][strategy].get("teacher")


def methods_of(spec: Mapping[str, Any]) -> list[str]:
    """The methods that run for a grouping: its own, and the one whose groupings a consensus combines."""
    return [spec["method"], *([spec["of"]] if spec["method"] == "consensus" else [])]


def head_seeds(config: Mapping[str, Any], grouping: str, seed: int) -> list[int]:
    """Seeds of the networks whose heads the grouping of a seed reads: its own, or all that a consensus
    combines."""
    spec = config["groupings"][grouping]
    if spec["method"] != "consensus":
        return [seed]
    return spec["heads_seeds"] or strategy_seeds(config, spec["heads_from"])


def grouping_seeds(config: Mapping[str, Any], grouping: str) -> list[int]:
    """Seeds that a grouping is made with: those of the strategies on it; on none, those of the network or of
    the grouping that it is made from; else the run's."""
    trained = [
        seed
        for name, strategy in config["strategies"].items()
        if strategy["grouping"] == grouping
        for seed in strategy_seeds(config, name)
    ]
    spec = config["groupings"][grouping]
    if trained:
        return list(dict.fromkeys(trained))
    if spec["like"] is not None:
        return grouping_seeds(config, spec["like"])
    return strategy_seeds(config, spec["heads_from"]) if spec["heads_from"] else config["seeds"]


def shown_heads(config: Mapping[str, Any]) -> str | None:
    """The strategy whose head weights the report shows: the one that is clustered, or the first with one group of
    all tasks."""
    groupings, strategies = config["groupings"], config["strategies"]
    specs = {name: groupings[one["grouping"]] for name, one in strategies.items()}
    clustered = [spec["heads_from"] for spec in specs.values()]
    joint = [name for name, spec in specs.items() if spec["method"] == "all"]
    return next((name for name in [*clustered, *joint] if name), None)
