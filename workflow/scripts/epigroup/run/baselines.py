"""Simple baselines: what they read and are told."""

from typing import Any

from epigroup import baselines as simple_baselines
from epigroup.core.errors import InputError
from epigroup.run.evaluation import joint_strategy
from epigroup.run.facts import Run
from epigroup.run.settings import settings


def run_that_is_read(run: Run) -> tuple[str, int] | None:
    """(strategy, seed) whose predictions a baseline reads: the first of one network for all tasks."""
    name = joint_strategy(run)
    return (name, run.strategy_seeds(name)[0]) if name else None


def check_baselines(run: Run) -> None:
    """InputError for a baseline that has nothing to read."""
    for name in run.baselines:
        if simple_baselines.reads_predictions(name) and not run_that_is_read(run):
            raise InputError(
                f"baselines.names: '{name}' needs a strategy of one network for all tasks "
                "(a grouping of the method all)"
            )


def predictions(run: Run, baseline: str) -> dict[str, str]:
    """Validation and test predictions of the joint network, for the baseline that reads them."""
    if not simple_baselines.reads_predictions(baseline):
        return {}
    read = run_that_is_read(run)
    assert read is not None  # `check_baselines` refuses such a config
    name, seed = read
    return {
        split: run.path("predictions", name, f"seed{seed}", f"{split}.h5") for split in ("validation", "test")
    }


def fit_settings(run: Run) -> dict[str, Any]:
    chosen = run.config["baselines"]
    return {
        **settings(run, "evaluation", run.regions[0]),
        "tasks": list(run.tasks),
        "examples": chosen["examples"],
        "l2": chosen["l2"],
        "ridge": chosen["ridge"],
        "ranks": chosen["ranks"],
        "draw": chosen["seed"],
    }


def of_baselines(run: Run, name: str) -> list[str]:
    """A file (metrics.tsv, blocks.h5) of each baseline."""
    return [run.path("baselines", baseline, name) for baseline in run.baselines]


def mark_settings(run: Run) -> dict[str, Any]:
    return {
        "runs": run.scored_runs(),
        "baselines": run.baselines,
        "tasks": run.task_rows(columns=("task_id", "modality")),
    }
