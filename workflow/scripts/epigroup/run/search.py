"""Searches of learning rates: their parts, and what these read."""

from typing import Any

from epigroup.config.searches import PHASES, count_parts, named_search, searched_tasks, trial_seed
from epigroup.run.calibration import in_precision
from epigroup.run.facts import Run
from epigroup.run.settings import settings


def parts(run: Run, strategy: str) -> range:
    return range(count_parts(run.config, strategy, run.table))


def part_settings(run: Run, strategy: str, seed: int) -> dict[str, Any]:
    """Which trials a job runs: all tasks, those sampled (none: every group), the seed, and how many parts there are."""
    return {
        "n_parts": len(parts(run, strategy)),
        "tasks": run.strategy_tasks(strategy),
        "sample": searched_tasks(run.config, strategy, seed, run.table),
        "seed": trial_seed(run.config, strategy, seed),
    }


def trial_settings(run: Run, strategy: str) -> dict[str, Any]:
    """The settings of a search and of its trials."""
    trials = settings(run, "trials", strategy)
    return {**trials, "training": in_precision(run, trials["training"])}


def is_sampled(run: Run, strategy: str) -> bool:
    """Whether the trials are of a sample of the tasks."""
    return "tasks" in named_search(run.config, strategy)


def coarse_trials(run: Run, strategy: str, seed: int, phase: str, part: str) -> list[str]:
    """What the fine phase reads: the coarse trials of its own groups, or of the whole sample."""
    if phase != "fine":
        return []
    found = parts(run, strategy) if is_sampled(run, strategy) else [part]
    return run.files("part_trials", [(strategy, seed, "coarse", one) for one in found])


def trials(run: Run, strategy: str, seed: int) -> list[str]:
    """The tables of all phases and parts of a search."""
    phases = PHASES[named_search(run.config, strategy)["method"]]
    places = [(strategy, seed, phase, part) for phase in phases for part in parts(run, strategy)]
    return run.files("part_trials", places)


def of_searches(run: Run, name: str) -> list[str]:
    """A table, trials.tsv or rates.tsv, of every search that runs."""
    return run.files(name.removesuffix(".tsv"), run.searched_runs())
