"""Strata: of which runs, and what decides them."""

from dataclasses import asdict
from typing import Any

from epigroup.run.facts import Run
from epigroup.run.settings import settings
from epigroup.strata.definitions import choose_bases


def strata_settings(run: Run) -> dict[str, Any]:
    """What decides the strata: the config's section, and which tasks of the sheet are counted together."""
    rows = run.task_rows(columns=("task_id", "modality", "target", "cell_type"))
    bases = [asdict(one) for one in choose_bases(rows)]
    return {**settings(run, "strata"), "task_ids": [row["task_id"] for row in rows], "bases": bases}


def stratified(run: Run) -> list[list]:
    """[strategy, seed] of what is trained, and predictions from elsewhere once: they have no seed."""
    return [*run.trained_runs(), *([name, run.seeds[0]] for name in run.external)]


def tables(run: Run, ending: str) -> list[str]:
    """The files of that ending (tsv, correlation.tsv, sample.h5) of all that is stratified, in this order."""
    return [run.path("strata", strategy, f"seed{seed}.{ending}") for strategy, seed in stratified(run)]


def modalities(run: Run, strategy: str | None = None) -> list[dict]:
    """Task and modality of all tasks, or of those that a strategy learns."""
    return run.task_rows(run.grouping_name(strategy) if strategy else None, ("task_id", "modality"))
