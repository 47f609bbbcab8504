"""Groupings: which files a method reads, and what it is told."""

from collections.abc import Iterable
from typing import Any

from epigroup import grouping as grouping_methods
from epigroup.config.groupings import UNGROUPED, swept
from epigroup.config.strategies import grouping_seeds, head_seeds, methods_of
from epigroup.run.facts import AGREEMENT_COLUMNS, Run
from epigroup.run.settings import settings
from epigroup.run.training import module_of


def planted(run: Run) -> str:
    return run.file("planted_groups")


def table_of(run: Run, grouping: str, seed: int) -> str:
    return run.file("groups", grouping, seed)


def covariance(run: Run, strategy: str, seed: int) -> str:
    """The covariance of the hidden features of a network of all tasks."""
    return run.path("heads", strategy, f"seed{seed}", "covariance.h5")


def with_torch(run: Run) -> list[str]:
    """The groupings whose method trains a network of its own."""
    return [
        name
        for name, spec in run.config["groupings"].items()
        if spec["method"] in grouping_methods.WITH_TORCH
    ]


def inputs(run: Run, grouping: str, seed: int) -> dict[str, Any]:
    """The files that a grouping's method reads beside the sheet."""
    spec = run.config["groupings"][grouping]
    network, seeds = spec["heads_from"], head_seeds(run.config, grouping, seed)
    files = {
        "heads": run.files("heads", [(network, one) for one in seeds]),
        "covariance": [covariance(run, network, one) for one in seeds],
        "labels": run.path("dataset/label_correlation.h5"),
        "affinity": run.file("affinity_matrices", spec["affinity"], network, seed),
        "like": table_of(run, spec["like"], seed),
        "table": spec["file"],
    }
    return {what: files[what] for what in grouping_methods.needs(spec["method"], spec)}


def method_settings(run: Run, grouping: str) -> dict[str, Any]:
    cfg = settings(run, "grouping", grouping)
    if "of" in cfg["options"]:
        cfg["options"]["of_entry"] = grouping_methods.entry(cfg["options"]["of"])
    return {**cfg, "entry": grouping_methods.entry(cfg["method"])}


def modules_of(methods: Iterable[str]) -> tuple[str, ...]:
    """The library's modules that hold these methods."""
    return tuple(module_of(grouping_methods.entry(method)) for method in methods)


def method_modules(run: Run, grouping: str) -> tuple[str, ...]:
    """Those of a grouping, so that an edit of one method reruns that method only."""
    return modules_of(methods_of(run.config["groupings"][grouping]))


def sweep_inputs(run: Run, seed: int) -> dict[str, str]:
    """The files that the sweep of K reads for a seed."""
    network = run.config["sweep"]["heads_from"]
    files = {
        "heads": run.file("heads", network, seed),
        "covariance": covariance(run, network, seed),
        "labels": run.path("dataset/label_correlation.h5"),
    }
    truth = {"truth": planted(run)} if run.simulated else {}
    return {what: path for what, path in files.items() if what in swept(run.config)} | truth


def sweep_settings(run: Run) -> dict[str, Any]:
    cfg = settings(run, "sweep")
    entries = {method: grouping_methods.entry(method) for method in cfg["methods"]}
    return {**cfg, "entries": entries, "tasks": run.task_rows(columns=AGREEMENT_COLUMNS)}


def sweep_tables(run: Run) -> list[str]:
    """The tables of the sweep of K, one a seed of the network that gives the heads; none without a sweep."""
    if "sweep" not in run.config:
        return []
    seeds = run.strategy_seeds(run.config["sweep"]["heads_from"])
    return run.files("sweep", [(seed,) for seed in seeds])


def made(run: Run) -> list[list]:
    """[grouping, seed, task ids] of every grouping of the config, but one for all and each for itself."""
    return [
        [name, seed, [row["task_id"] for row in run.task_rows(name)]]
        for name, spec in run.config["groupings"].items()
        if spec["method"] not in UNGROUPED
        for seed in grouping_seeds(run.config, name)
    ]


def trained(run: Run) -> list[list]:
    """Those of them that strategies train."""
    found = {
        (run.grouping_name(strategy), seed): strategy
        for strategy, seed in run.trained_runs()
        if run.grouping_of(strategy)["method"] not in UNGROUPED
    }
    return [[grouping, seed, run.strategy_tasks(strategy)] for (grouping, seed), strategy in found.items()]


def tables(run: Run, groupings: Iterable[list]) -> list[str]:
    """groups.tsv in the order of `made` or `trained`."""
    return run.files("groups", [(name, seed) for name, seed, _ in groupings])


def made_settings(run: Run) -> dict[str, Any]:
    """What `compare_groupings` is told of each grouping."""
    methods = {
        name: [
            spec["method"],
            spec["vectors"] if "vectors" in grouping_methods.options(spec["method"], spec) else "",
        ]
        for name, spec in run.config["groupings"].items()
    }
    return {"tasks": run.task_rows(columns=AGREEMENT_COLUMNS), "groupings": made(run), "methods": methods}
