"""What strategies with a warm start must have."""

from collections.abc import Mapping
from typing import Any

from epigroup import affinity as affinity_measures
from epigroup.config.strategies import warm_start
from epigroup.core.errors import InputError
from epigroup.networks.architecture import same_weights
from epigroup.networks.settings import read_network


def check_warm_starts(
    config: Mapping[str, Any], training: Mapping[str, Mapping[str, Any]], source: str
) -> None:
    """Groups start from one network of all their tasks, with the same layers, trained with their seeds; adapters change
    such a network.

    training: what each strategy trains with. InputError, beginning with `source`, that names the key.
    """
    groupings, strategies = config["groupings"], config["strategies"]
    for name, strategy in strategies.items():
        parent, where = warm_start(config, name), f"{source}: strategies.{name}.warm_start"
        if parent is None:
            _check_no_adapters(name, training[name], source)
            continue
        if parent not in strategies:
            raise InputError(
                f"{where}: '{parent}' is not under strategies; there are: {', '.join(strategies)}"
            )
        made = groupings[strategies[parent]["grouping"]]
        if made["method"] != "all":
            raise InputError(
                f"{where}: '{parent}' is not one network; name a strategy whose grouping is of the method 'all'"
            )
        chain = [name]
        while (before := warm_start(config, chain[-1])) is not None:
            if before in chain:
                raise InputError(f"{where}: leads back to itself: {' <- '.join([*chain, before])}")
            if before not in strategies:
                break
            chain.append(before)
        tasks = groupings[strategy["grouping"]]["tasks"]
        if made["tasks"] is not None and (tasks is None or set(tasks) - set(made["tasks"])):
            raise InputError(f"{where}: takes in tasks that the network of '{parent}' does not learn")
        lacking = set(strategy["seeds"] or config["seeds"]) - set(
            strategies[parent]["seeds"] or config["seeds"]
        )
        if lacking:
            raise InputError(f"{where}: '{parent}' is not trained with seeds {sorted(lacking)}")
        mine, theirs = (training[one]["network"] for one in (name, parent))
        if not same_weights(read_network(mine), read_network(theirs)):
            other = sorted(key for key in {*mine, *theirs} - {"dropout"} if mine.get(key) != theirs.get(key))
            raise InputError(
                f"{where}: the network of '{parent}' differs in {', '.join(other)}, so its weights do not fit; "
                "give both strategies the same training.network"
            )
    _check_affinities(config, source)


def _check_no_adapters(strategy: str, training: Mapping[str, Any], source: str) -> None:
    rank = training.get("adapter_rank", 0)
    if rank:
        raise InputError(
            f"{source}: strategies.{strategy}: training.adapter_rank is {rank}, but adapters change the network of a "
            f"warm_start, and strategies.{strategy} has none; give it one, or set adapter_rank under training of the "
            "strategies that have one alone"
        )


def _check_affinities(config: Mapping[str, Any], source: str) -> None:
    """Affinities that look at a network from its random weights on are of a strategy that begins with such."""
    for name, spec in config["groupings"].items():
        measure = config["affinities"].get(spec["affinity"])
        if measure is None or affinity_measures.needs(measure["measure"]) != "network":
            continue
        if measure["network"] != "trained" and warm_start(config, spec["heads_from"]) is not None:
            raise InputError(
                f"{source}: groupings.{name}.heads_from: '{spec['heads_from']}' has a warm_start, and the "
                f"affinity '{spec['affinity']}' looks at network {measure['network']}, which begins with random "
                "weights; take network trained, or a strategy that is trained from scratch"
            )
