"""A run beside the paper: which of its strategies stand for the paper's."""

from collections.abc import Mapping
from typing import Any

from epigroup.config.settings import canonical
from epigroup.core.errors import InputError
from epigroup.paper.shiri2022 import FIGURES
from epigroup.run import patience
from epigroup.run.facts import Run
from epigroup.run.settings import own_training
from epigroup.run.training import groups

# How the paper's algorithms are called in Figure 6B.
ALGORITHMS = {
    "kmeans": "k-means",
    "ward": "hierarchical clustering (Ward)",
    "spectral": "spectral clustering",
    "dbscan": "DBSCAN",
    "ssc": "sparse subspace clustering",
}

# Those of ours that show what a table or figure of the paper does.
PAPER_FIGURES = {figure for _, _, figure, _ in FIGURES}


def check_paper(run: Run) -> None:
    if run.config["paper"] is not None and run.signal:
        raise InputError(
            f"paper: {run.config['paper']} learns labels; with dataset.targets: signal nothing can be "
            "compared"
        )


def on_heads(run: Run, strategy: str) -> Mapping[str, Any] | None:
    """The grouping of a strategy, where it clusters E as it is by an algorithm of the paper; else None."""
    spec = run.grouping_of(strategy)
    plain = spec["heads_from"] and spec["vectors"] == "raw" and not spec["append"]
    return spec if spec["method"] in ALGORITHMS and plain else None


def paper_strategies(run: Run) -> dict[str, str]:
    """The run's strategy for each name of the paper, the first that fits: {STL, SMTL, EMTL, CMTL, KMTL: strategy}."""
    found: dict[str, str] = {}
    for name in run.strategies:
        spec = run.grouping_of(name)
        kind = {
            ("single", None): "STL",
            ("all", None): "SMTL",
            ("sheet", ("modality",)): "EMTL",
            ("sheet", ("cell_group",)): "CMTL",
        }.get((spec["method"], tuple(spec["columns"]) if spec["columns"] else None))
        if kind is None and on_heads(run, name) and spec["method"] == "kmeans":
            kind = "KMTL"
        if kind is not None:
            found.setdefault(kind, name)
    return {name: found[name] for name in ("STL", "SMTL", "EMTL", "CMTL", "KMTL") if name in found}


def paper_settings(run: Run, figures: list[str]) -> dict[str, Any]:
    """What `compare_with_paper` is told; figures: names of those that this run draws, of which it is told those
    that the paper has too."""
    names = paper_strategies(run)
    k = run.grouping_of(names["KMTL"])["k"] if "KMTL" in names else None
    training = run.training_of(names.get("SMTL", run.strategies[0]))
    clustered = {name: spec for name in run.strategies if (spec := on_heads(run, name))}
    by_k = {name: spec["k"] for name, spec in clustered.items() if spec["method"] == "kmeans"}
    return canonical(
        {
            "paper": run.config["paper"],
            "names": names,
            "k": k,
            "training": {key: training[key] for key in ("max_steps", "batch_size", "validate_every")},
            "single_rate": own_training(run, names["STL"])["learning_rate"] if "STL" in names else None,
            "by_k": {name: f"K = {by_k[name]}" for name in sorted(by_k, key=lambda name: by_k[name])},
            "by_algorithm": {
                name: ALGORITHMS[spec["method"]] for name, spec in clustered.items() if spec["k"] == k
            },
            "figures": [name for name in figures if name in PAPER_FIGURES],
        }
    )


def paper_inputs(run: Run) -> dict[str, str | list[str]]:
    """What `compare_with_paper` reads."""
    found: dict[str, str | list[str]] = {
        "tasks": run.path("dataset/tasks.tsv"),
        "dataset": run.path("dataset/dataset.json"),
        "gains": run.path("comparison/gains.tsv"),
        "strategies": run.path("comparison/strategies.tsv"),
    }
    kmeans = paper_strategies(run).get("KMTL")
    if kmeans:
        found["groups"] = groups(run, kmeans, run.strategy_seeds(kmeans)[0])
    if study := patience.tables(run):
        found["study"] = study["study"]
    return found
