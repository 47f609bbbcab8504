"""Choices that average: which predictions they take, and what they are told."""

from typing import Any

from epigroup.config.pools import averaged_members, candidates, compared_seeds
from epigroup.run.facts import Run
from epigroup.run.settings import settings


def made_averages(run: Run) -> list[list]:
    """[average, seed] of all."""
    return [[name, seed] for name in run.averages for seed in compared_seeds(run.config, name)]


def learnt_tasks(run: Run, average: str) -> list[str]:
    """Ids of the tasks that a strategy of the average learns, in the sheet's order."""
    trained = [one for one in candidates(run.config, average) if one in run.strategies]
    learnt = {task for strategy in trained for task in run.strategy_tasks(strategy)}
    return [task for task in run.tasks if task in learnt]


def predictions(run: Run, average: str, seed: int, split: str) -> list[str]:
    """The members' predictions of a split."""
    return [
        run.path("baselines", name, f"{split}.h5")
        if own is None
        else run.path("predictions", name, f"seed{own}", f"{split}.h5")
        for name, own in averaged_members(run.config, average, seed)
    ]


def average_settings(run: Run, average: str, seed: int) -> dict[str, Any]:
    """What `weigh_members` and `average_members` are told. Members over seeds are told apart by theirs."""
    spec, members = run.config["choices"][average], averaged_members(run.config, average, seed)
    return {
        "members": [
            name if own is None or not spec["over_seeds"] else f"{name}:seed{own}" for name, own in members
        ],
        "member_tasks": [
            list(run.tasks) if own is None else run.strategy_tasks(name) for name, own in members
        ],
        "tasks": learnt_tasks(run, average),
        "weights": spec["weights"],
        "regions": run.regions[0],
        "min_positives": spec["min_positives"],
        "seed": run.config["comparison"]["seed"],
    }


def scoring_settings(run: Run, regions: str, average: str) -> dict[str, Any]:
    """What `evaluate_strategy` is told of an average."""
    return {**settings(run, "evaluation", regions), "tasks": learnt_tasks(run, average)}


def weight_tables(run: Run) -> list[str]:
    return run.files("weights", made_averages(run))


def averages_baseline(run: Run, baseline: str) -> bool:
    """Whether an average takes the predictions of a baseline, which are then kept until it has."""
    return any(baseline in candidates(run.config, name) for name in run.averages)
