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
    return run.path("simulation/truth/groups.tsv")


def table_of(run: Run, grouping: str, seed: int) -> str:
    return run.path("groupings", grouping, f"seed{seed}", "groups.tsv")


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
    heads = [
        run.path("heads", spec["heads_from"], f"seed{one}") for one in head_seeds(run.config, grouping, seed)
    ]
    files = {
        "heads": [f"{folder}/heads.h5" for folder in heads],
        "covariance": [f"{folder}/covariance.h5" for folder in heads],
        "labels": run.path("dataset/label_correlation.h5"),
        "affinity": run.path("affinity", spec["affinity"], spec["heads_from"], f"seed{seed}.h5"),
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
    sweep = run.config["sweep"]
    folder = run.path("heads", sweep["heads_from"], f"seed{seed}")
    files = {
        "heads": f"{folder}/heads.h5",
        "covariance": f"{folder}/covariance.h5",
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
    return [run.path("groupings/sweep", f"seed{seed}", "sweep.tsv") for seed in seeds]


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
    return [table_of(run, name, seed) for name, seed, _ in groupings]


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
