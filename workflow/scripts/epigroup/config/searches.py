"""What a config asks of the search of learning rates: which tasks, steps and seeds its trials have."""

import hashlib
import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from epigroup.config.strategies import count_packs, grouping_tasks, strategy_seeds
from epigroup.core.errors import InputError

PHASES = {"two_phase": ("coarse", "fine"), "halving": ("halving",)}

# groupings whose groups do not depend on the seed
SAME_FOR_EVERY_SEED = ("single", "all", "sheet", "table")


def search_of(config: Mapping[str, Any], strategy: str) -> Mapping[str, Any] | None:
    """The search that a strategy names, or None."""
    name = config["strategies"][strategy].get("search")
    return None if name is None else config["searches"][name]


def named_search(config: Mapping[str, Any], strategy: str) -> Mapping[str, Any]:
    """The search of a strategy that names one. Raises KeyError for one that does not."""
    return config["searches"][config["strategies"][strategy]["search"]]


def trial_steps(spec: Mapping[str, Any], training: Mapping[str, Any]) -> int:
    """Steps of a trial: the search's share of the strategy's max_steps."""
    return max(1, round(spec["steps_share"] * training["max_steps"]))


def trial_training(spec: Mapping[str, Any], training: Mapping[str, Any]) -> dict[str, Any]:
    """Settings that a trial trains with: the strategy's, with fewer steps and no rate. The patience stays as
    it is, so that at `steps_share` 1 a trial is a training to the letter; at a small share a trial has fewer
    validations than that and runs to its end.
    """
    own = {"learning_rate": None, "max_steps": trial_steps(spec, training), "keep": "group"}
    return {**training, **own}


def check_search(config: Mapping[str, Any], strategy: str, training: Mapping[str, Any], source: str) -> None:
    """InputError, naming the key, for a search that is not there or that this strategy cannot make."""
    name = config["strategies"][strategy].get("search")
    if name is None:
        return
    searches = config.get("searches", {})
    if name not in searches:
        raise InputError(
            f"{source}: strategies.{strategy}.search: '{name}' is not under searches; there are: "
            f"{', '.join(searches) or 'none'}"
        )
    if "learning_rate" in config["strategies"][strategy]["training"]:
        raise InputError(
            f"{source}: strategies.{strategy}.training.learning_rate: the search '{name}' finds the rate; "
            "take one of the two away"
        )
    spec, where = searches[name], f"{source}: searches.{name}"
    grouping = config["strategies"][strategy]["grouping"]
    if spec.get("tasks") is not None and config["groupings"][grouping]["method"] != "single":
        raise InputError(
            f"{where}.tasks: a sample of tasks stands for all of them only where each is trained alone; "
            f"strategies.{strategy} has the grouping '{grouping}'"
        )
    steps = trial_steps(spec, training)
    if training["warm_up"] >= steps:
        raise InputError(
            f"{where}.steps_share: a trial of strategies.{strategy} has {steps:,} steps, and training.warm_up takes "
            f"{training['warm_up']:,}, so that no rate is reached; raise steps_share or lower warm_up"
        )
    validations = math.ceil(steps / training["validate_every"])
    if spec["method"] == "halving" and validations <= spec["first_rung"]:
        raise InputError(
            f"{where}.first_rung: a trial of strategies.{strategy} has {validations} validation(s), so none "
            f"can be stopped after {spec['first_rung']}; raise steps_share or lower validate_every"
        )


def check_rates(name: str, spec: Mapping[str, Any], source: str) -> None:
    """InputError for a search whose keys do not say which rates it tries."""
    where = f"{source}: searches.{name}"
    rates, limits, trials = spec.get("rates"), spec.get("range"), spec.get("trials")
    if spec["method"] == "two_phase":
        if rates is None or spec.get("refine") is None:
            raise InputError(f"{where}: two_phase needs rates (the coarse grid) and refine (the finer step)")
        if limits is not None or trials is not None:
            raise InputError(f"{where}: range and trials are for halving; two_phase takes rates and refine")
    elif spec.get("refine") is not None:
        raise InputError(f"{where}.refine: is for two_phase")
    elif (rates is None) == (limits is None) or (limits is None) != (trials is None):
        raise InputError(f"{where}: halving needs either rates, or range and trials")
    if limits is not None and not limits[0] < limits[1]:
        raise InputError(f"{where}.range: {limits}: the first must be less than the second")


def sample_tasks(table: pd.DataFrame, n: int, seed: int) -> list[str]:
    """`n` task ids of `table` (columns task_id, modality), in its order, drawn by the seed.

    Each modality has places in proportion to its tasks, at least one where `n` allows. Within it the tasks
    are taken in the order of sha256(seed, task id), so that further tasks change the sample little.
    Raises InputError when there are fewer than `n` tasks.
    """
    if n > len(table):
        raise InputError(f"a sample of {n} tasks of {len(table)}")
    sizes = table["modality"].value_counts(sort=False)
    places = dict.fromkeys(sizes.index, 0)
    first = list(sizes.sort_values(ascending=False, kind="stable").index)[:n]
    for modality in first:
        places[modality] = 1
    for _ in range(n - len(first)):
        free = [modality for modality in places if places[modality] < sizes[modality]]
        lacking = max(free, key=lambda modality: n * sizes[modality] / len(table) - places[modality])
        places[lacking] += 1

    def rank(task: str) -> bytes:
        return hashlib.sha256(f"{seed}:{task}".encode()).digest()

    chosen: set[str] = set()
    for modality, rows in table.groupby("modality", sort=False):
        chosen |= set(sorted(rows["task_id"], key=rank)[: places[modality]])
    return [task for task in table["task_id"] if task in chosen]


def searched_tasks(
    config: Mapping[str, Any], strategy: str, seed: int, table: pd.DataFrame
) -> list[str] | None:
    """The sample of tasks that a search trains, or None where every group has a rate of its own."""
    spec = search_of(config, strategy)
    if spec is None or spec.get("tasks") is None:
        return None
    tasks = grouping_tasks(config, config["strategies"][strategy]["grouping"], table)
    try:
        return sample_tasks(tasks, spec["tasks"], trial_seed(config, strategy, seed))
    except InputError as error:
        name = config["strategies"][strategy]["search"]
        raise InputError(f"config: searches.{name}.tasks: {error} of strategies.{strategy}") from None


def trial_seed(config: Mapping[str, Any], strategy: str, seed: int) -> int:
    """Seed of a search's trials: the search's own, or that of the training."""
    own = named_search(config, strategy).get("seed")
    return seed if own is None else own


def rates_seed(config: Mapping[str, Any], strategy: str, seed: int) -> int:
    """The seed under which the rates of a training are found. A search with a seed of its own gives one
    answer for groups that are the same for every seed, so it runs once.
    """
    method = config["groupings"][config["strategies"][strategy]["grouping"]]["method"]
    if named_search(config, strategy).get("seed") is not None and method in SAME_FOR_EVERY_SEED:
        return strategy_seeds(config, strategy)[0]
    return seed


def search_seeds(config: Mapping[str, Any], strategy: str) -> list[int]:
    """Seeds under which a strategy's search runs; none without a search."""
    if search_of(config, strategy) is None:
        return []
    return list(dict.fromkeys(rates_seed(config, strategy, s) for s in strategy_seeds(config, strategy)))


def count_parts(config: Mapping[str, Any], strategy: str, table: pd.DataFrame) -> int:
    """Jobs that each phase of a search is cut into: the strategy's packs, or packs of the sampled tasks.
    Halving judges all of a sample together, in one job.
    """
    spec = named_search(config, strategy)
    if spec.get("tasks") is None:
        return count_packs(config, strategy, table)
    if spec["method"] == "halving":
        return 1
    return math.ceil(spec["tasks"] / config["strategies"][strategy]["groups_per_pack"])
