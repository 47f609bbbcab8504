"""Groupings, strategies, choices and headline that suit the tasks of a sheet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from epigroup.begin.peak_counts import PeakCounts
from epigroup.begin.recipe import Recipe

ALONE = 15  # tasks that are learnt each alone at most
TO_A_GROUP = 3  # tasks at least, on the mean of clustered groups
BY_SHEET = (("modality", "EMTL"), ("cell_group", "CMTL"))


@dataclass
class Offered:
    """Entries of the config by name; groupings and strategies as (entries of one line, why they are there)."""

    groupings: list[tuple[dict[str, Any], str]] = field(default_factory=list)
    strategies: list[tuple[dict[str, Any], str]] = field(default_factory=list)
    choices: dict[str, Any] = field(default_factory=dict)
    headline: list[list[str]] = field(default_factory=list)


def offer(table: pd.DataFrame, counts: PeakCounts, recipe: Recipe, seeds: Sequence[int]) -> Offered:
    """table: a row a task, as `Sheet.table`. Groups start from SMTL; beside each grouping stand random groups of its
    sizes. Settings of groups are `recipe.few`, the same object each time."""
    n, found = len(table), Offered()
    own = {"seeds": [seeds[0]]} if len(seeds) > 1 else {}
    found.groupings.append(({"all": {"method": "all"}}, "all tasks in one network"))
    smtl = {"SMTL": {"grouping": "all"}}
    if n == 1:
        found.strategies.append((smtl, "one network"))
    else:
        alone = spread(table["task_id"].tolist(), counts)
        some = {"tasks": alone} if len(alone) < n else {}
        why = f"each alone: {len(alone)} tasks, from few peaks to many" if some else "each task alone"
        found.groupings.append(({"single": {"method": "single"} | some}, why))
        stl = {"STL": {"grouping": "single", "groups_per_pack": recipe.alone} | own}
        found.strategies.append((smtl | stl, "all tasks in one network; each alone"))
    offers: list[tuple[str, str, dict[str, Any], dict[str, Any], str]] = []
    k = min(recipe.k, n // TO_A_GROUP)
    if k > 1:
        by_labels = {"method": "kmeans", "k": k, "vectors": "labels"}
        by_heads = {"method": "kmeans", "k": k, "heads_from": "SMTL"}
        offers += [("labels", "LABELS", by_labels, {}, "tasks whose peaks lie in the same bins")]
        offers += [("kmeans", "KMTL", by_heads, {}, "tasks whose head weights are alike")]
    for column, name in BY_SHEET:
        if 1 < table[column].nunique() < n:
            offers.append((column, name, {"method": "sheet", "columns": [column]}, own, "by the sheet"))
    for grouping, name, spec, some, why in offers:
        first = grouping == offers[0][0]
        control, rival = ("random", "RANDOM") if first else (f"random_{grouping}", f"RANDOM_{name}")
        like: dict[str, Any] = {"method": "random", "like": grouping} | ({"draws": 2} if first else {})
        found.groupings.append(({grouping: spec, control: like}, why))
        # of so few steps a job's start is the most: several groups are one job
        start = {"warm_start": "SMTL", "groups_per_pack": recipe.alone, "training": recipe.few}
        mine = {name: {"grouping": grouping} | start | some}
        its = {rival: {"grouping": control} | start | some}
        # where the settings are written out, a line each
        found.strategies += [(mine, ""), (its, "")] if first else [(mine | its, "")]
        found.headline += [[name, rival], [name, "SMTL"]]
    if offers:
        groups = k if k > 1 else table[offers[0][0]].nunique()
        steps = dict(recipe.more) | {"max_steps": groups * recipe.few["max_steps"]}
        more = {"MORE": {"grouping": "all", "warm_start": "SMTL", "training": steps}}
        found.strategies.insert(1, (more, f"one network with the steps of {groups} groups"))
        best = offers[0][1]
        found.headline.insert(2, [best, "MORE"])
        found.headline += [[best, name] for _, name, *_ in offers[1:]] + [[best, "STL"]]
    elif n > 1:
        found.headline.append(["SMTL", "STL"])
    choose(found, [name for _, name, *_ in offers], seeds)
    return found


def choose(found: Offered, grouped: Sequence[str], seeds: Sequence[int]) -> None:
    """Means of networks and of a ridge regression on 6-mers; of networks of all seeds. Beside groups random ones."""
    names = {"HYBRID": "SMTL"}
    if grouped:
        names |= {f"HYBRID_{grouped[0]}": grouped[0], "HYBRID_RANDOM": "RANDOM_1"}
        found.headline.append([f"HYBRID_{grouped[0]}", "HYBRID_RANDOM"])
    found.choices = {
        name: {"among": [one, "kmer_low_rank"], "combine": "average"} for name, one in names.items()
    }
    if len(seeds) > 1:
        found.choices["ENSEMBLE"] = {
            "among": ["SMTL"], "combine": "average", "weights": "equal", "over_seeds": True,
        }  # fmt: skip
        found.headline += [[grouped[0], "ENSEMBLE"]] if grouped else []
    found.headline.append(["HYBRID", "SMTL"])


def spread(tasks: Sequence[str], counts: PeakCounts) -> list[str]:
    """ALONE tasks at most, evenly spaced in the order of their peaks (of the sheet, where these are not known yet), in
    the sheet's order."""
    if len(tasks) <= ALONE:
        return list(tasks)
    known: Mapping[str, int] = dict(zip(counts.tasks, counts.tiles.sum((1, 2)).tolist(), strict=True))
    order = sorted(tasks, key=lambda name: known.get(name, -1))
    taken = {order[i] for i in np.linspace(0, len(order) - 1, ALONE).round().astype(int)}
    return [name for name in tasks if name in taken]
