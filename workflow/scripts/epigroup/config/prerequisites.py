"""What must be trained, searched or measured before a strategy can be trained with a seed: known from the config
alone.

Random groups need the sizes of others alone, and so no network.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from epigroup import affinity as affinity_measures
from epigroup import grouping as grouping_methods
from epigroup.config.pools import taught_by
from epigroup.config.searches import rates_seed, search_of
from epigroup.config.strategies import grouping_seeds, head_seeds, strategy_seeds, teacher, warm_start

Run = tuple[str, int]


@dataclass(frozen=True)
class Before:
    """`heads`: networks, (strategy, seed), that the groups are made from: whose heads or scores are read;
    `warm_start`: the network whose weights the groups start from; `teachers`: the networks whose scores stand in place
    of labels; `searches`: (strategy, seed) of searches of
    rates; `affinities`: (affinity, strategy, seed). Lists without repeats.
    """

    heads: list[Run] = field(default_factory=list)
    warm_start: list[Run] = field(default_factory=list)
    teachers: list[Run] = field(default_factory=list)
    searches: list[Run] = field(default_factory=list)
    affinities: list[tuple[str, str, int]] = field(default_factory=list)

    @property
    def networks(self) -> list[Run]:
        return list(dict.fromkeys([*self.heads, *self.warm_start, *self.teachers]))


def directly_before(config: Mapping[str, Any], strategy: str, seed: int) -> Before:
    """What the training of a strategy with a seed reads, itself or through its grouping."""
    grouping = config["strategies"][strategy]["grouping"]
    spec = config["groupings"][grouping]
    reads = grouping_methods.needs(spec["method"], spec)
    source, found = spec["heads_from"], Before()
    found.searches.extend(_search(config, strategy, seed))
    if {"heads", "covariance"} & set(reads):
        found.heads.extend((source, one) for one in head_seeds(config, grouping, seed))
    if "affinity" in reads:
        measure = config["affinities"][spec["affinity"]]
        found.affinities.append((spec["affinity"], source, seed))
        if affinity_measures.needs(measure["measure"]) == "metrics":
            found.heads.extend((one, seed) for one in (*measure["pairs_from"], source))
        elif affinity_measures.reads_network(measure):
            found.heads.append((source, seed))
        else:
            found.searches.extend(_search(config, source, seed))
    parent = warm_start(config, strategy)
    if parent is not None:
        found.warm_start.append((parent, seed))
    told = teacher(config, strategy)
    if told is not None:
        found.teachers.extend((one, own) for one, own in taught_by(config, told, seed) if own is not None)
    return found


def all_before(config: Mapping[str, Any], strategy: str, seed: int) -> Before:
    """All of it, with what that needs in its turn; `heads` holds every network, those of warm starts too."""
    networks: list[Run] = []
    searches: list[Run] = []
    affinities: list[tuple[str, str, int]] = []
    todo = [(strategy, seed)]
    while todo:
        found = directly_before(config, *todo.pop(0))
        todo += [run for run in found.networks if run not in networks and run not in todo]
        networks += found.networks
        searches += found.searches
        affinities += found.affinities
    return Before(
        heads=list(dict.fromkeys(networks)),
        searches=list(dict.fromkeys(searches)),
        affinities=list(dict.fromkeys(affinities)),
    )


def looks_along(config: Mapping[str, Any], strategy: str, seed: int) -> dict[str, dict]:
    """Affinity -> what collects it, of the affinities that are collected while a strategy trains with a seed:
    those of groupings of that seed which name the strategy in heads_from."""
    found = {}
    for name, spec in config["groupings"].items():
        if spec["heads_from"] != strategy or "affinity" not in grouping_methods.needs(spec["method"], spec):
            continue
        measure = config["affinities"][spec["affinity"]]
        if affinity_measures.looks_on(measure) and seed in grouping_seeds(config, name):
            found[spec["affinity"]] = {key: measure[key] for key in affinity_measures.LOOK_OPTIONS}
    return found


def _search(config: Mapping[str, Any], strategy: str, seed: int) -> list[Run]:
    """The search, if any, that finds the rates of a training."""
    if search_of(config, strategy) is None or seed not in strategy_seeds(config, strategy):
        return []
    return [(strategy, rates_seed(config, strategy, seed))]
