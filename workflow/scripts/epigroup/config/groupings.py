"""Which groupings a run makes, and what these read: known from the config alone."""

from collections.abc import Mapping
from typing import Any

from epigroup import grouping as grouping_methods
from epigroup.config.strategies import grouping_seeds, head_seeds, shown_heads, strategy_seeds

UNGROUPED = ("single", "all")  # methods whose groups nobody asks about


def grouping_runs(config: Mapping[str, Any]) -> set[tuple[str, int]]:
    """(grouping, seed) that strategies train, those whose sizes random groupings match and, in a simulation,
    all others of the config, which are held against the planted groups."""
    runs = set()
    wanted = [
        (strategy["grouping"], seed)
        for name, strategy in config["strategies"].items()
        for seed in strategy_seeds(config, name)
    ]
    if "simulation" in config:
        others = [n for n, spec in config["groupings"].items() if spec["method"] not in UNGROUPED]
        wanted += [(name, seed) for name in others for seed in grouping_seeds(config, name)]
    for name, seed in wanted:
        grouping: str | None = name
        while grouping is not None and (grouping, seed) not in runs:
            runs.add((grouping, seed))
            spec = config["groupings"][grouping]
            grouping = spec["like"] if spec["method"] == "random" else None
    return runs


def read_by(config: Mapping[str, Any], grouping: str) -> tuple[str, ...]:
    """What a grouping's method reads beside the sheet."""
    spec = config["groupings"][grouping]
    return grouping_methods.needs(spec["method"], spec)


def swept(config: Mapping[str, Any]) -> set[str]:
    """What the K sweep reads; its heads always."""
    if "sweep" not in config:
        return set()
    return {
        "heads",
        *(what for form in config["sweep"]["vectors"] for what in grouping_methods.VECTORS[form]),
    }


def head_runs(
    config: Mapping[str, Any], runs: set[tuple[str, int]], what: str = "heads"
) -> set[tuple[str, int]]:
    """(strategy, seed) whose heads, or the covariance of whose hidden features, are read by groupings, the
    sweep or the report."""
    found = {
        (config["groupings"][grouping]["heads_from"], of)
        for grouping, seed in runs
        if what in read_by(config, grouping)
        for of in head_seeds(config, grouping, seed)
    }
    if what in swept(config):
        name = config["sweep"]["heads_from"]
        found |= {(name, seed) for seed in strategy_seeds(config, name)}
    shown = shown_heads(config)
    if what == "heads" and shown is not None:
        found |= {(shown, seed) for seed in strategy_seeds(config, shown)}
    return found


def affinity_runs(config: Mapping[str, Any]) -> list[list]:
    """[affinity, strategy, seed] of every affinity that a grouping of `grouping_runs` reads."""
    runs = grouping_runs(config)
    found = dict.fromkeys(
        (config["groupings"][name]["affinity"], config["groupings"][name]["heads_from"], seed)
        for name in config["groupings"]
        for seed in grouping_seeds(config, name)
        if (name, seed) in runs and "affinity" in read_by(config, name)
    )
    return [list(run) for run in found]


def reads_labels(config: Mapping[str, Any], runs: set[tuple[str, int]]) -> bool:
    """Whether a grouping or the sweep reads the correlation of the labels."""
    return "labels" in swept(config) or any("labels" in read_by(config, grouping) for grouping, _ in runs)
