"""Affinities: what a run measures, on which files, and what a measure is told."""

from dataclasses import fields
from typing import Any

from epigroup import affinity as affinity_measures
from epigroup.config.groupings import affinity_runs
from epigroup.config.settings import canonical
from epigroup.run import training
from epigroup.run.calibration import in_precision
from epigroup.run.facts import Run
from epigroup.run.settings import settings
from epigroup.training.settings import UntrainedSettings

# What a network that is not trained is made from, and the batches that it sees: other training settings change nothing.
UNTRAINED = tuple(one.name for one in fields(UntrainedSettings))
# The kinds of files of an affinity, by their keys in the catalogue of results.
FILES_OF = {"h5": "affinity_matrices", "json": "affinity_figures"}


def measured(run: Run) -> list[list]:
    """[affinity, strategy, seed]: for groupings that strategies train and, in a simulation, for all others."""
    return affinity_runs(run.config)


def file_of(run: Run, affinity: str, strategy: str, seed: int, kind: str) -> str:
    """The matrix ("h5") or the figures ("json") of an affinity."""
    return run.file(FILES_OF[kind], affinity, strategy, seed)


def files(run: Run, kind: str) -> list[str]:
    """Those of all that is measured, in the order of `measured`."""
    return run.files(FILES_OF[kind], measured(run))


def runs_networks(run: Run, affinity: str) -> bool:
    """Whether measuring an affinity runs a network: not where training has collected all that is asked for."""
    spec = run.config["affinities"][affinity]
    return affinity_measures.needs(spec["measure"]) == "network" and not (
        affinity_measures.looks_on(spec) and spec["trunk_checks"] == 0
    )


def inputs(run: Run, affinity: str, strategy: str, seed: int) -> dict[str, Any]:
    """The files that an affinity is measured on, but for the genome and the precision of a network that is run."""
    spec = run.config["affinities"][affinity]
    if affinity_measures.needs(spec["measure"]) == "metrics":
        tables = [run.file("metrics", one, seed) for one in (*spec["pairs_from"], strategy)]
        return {"pairs": tables[:-1], "joint": tables[-1]}
    found: dict[str, Any] = {}
    if runs_networks(run, affinity):
        found = {
            "dataset": run.file("dataset"),
            "shards": training.shards(run),
        }
        if strategy in run.searched:
            found["rates"] = training.rates(run, strategy, seed)
    if affinity_measures.reads_network(spec):
        found["models"] = training.models(run, strategy, seed)
    if affinity_measures.looks_on(spec):
        found["curves"] = training.curves(run, strategy, seed)
    return found


def measure_settings(run: Run, affinity: str, strategy: str) -> dict[str, Any]:
    spec = run.config["affinities"][affinity]
    measure = spec["measure"]
    cfg = {
        "measure": measure,
        "entry": affinity_measures.entry(measure),
        "needs": "looks" if affinity_measures.looks_on(spec) else affinity_measures.needs(measure),
        "options": {key: spec[key] for key in affinity_measures.options(measure)},
        "tasks": run.task_rows(run.grouping_name(strategy), ("task_id", "modality", "cell_group")),
    }
    if runs_networks(run, affinity):
        trained = in_precision(run, settings(run, "training", strategy))
        again = affinity_measures.trains_again(spec)
        cfg["training"] = {key: value for key, value in trained.items() if again or key in UNTRAINED}
    return canonical(cfg)


def measure_modules(run: Run, affinity: str, strategy: str) -> tuple[str, ...]:
    """The library's modules of this affinity's measure, so that an edit of one measure reruns that measure only."""
    spec = run.config["affinities"][affinity]
    again = training.balancing_modules(run, strategy) if affinity_measures.trains_again(spec) else ()
    return (training.module_of(affinity_measures.entry(spec["measure"])), *again)
