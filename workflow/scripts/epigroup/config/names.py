"""Names of groupings and strategies that a config uses and does not have."""

from collections.abc import Mapping
from typing import Any

MOST_DRAWS = 1000  # of which the names are written out here; no run could train more


def _section(config: Mapping[str, Any], key: str) -> dict[str, Mapping[str, Any]]:
    """A section of named mappings, an empty one in the place of what is none: the config may not fit the schema."""
    found = config.get(key)
    known = found if isinstance(found, Mapping) else {}
    return {str(name): one if isinstance(one, Mapping) else {} for name, one in known.items()}


def _draws(spec: Mapping[str, Any]) -> int:
    """How many groupings one stands for; 1 of what fits no schema, and of draws that are written out already."""
    draws = spec.get("draws")
    return min(draws, MOST_DRAWS) if isinstance(draws, int) and draws > 1 else 1


def _numbered(
    section: Mapping[str, Mapping[str, Any]], draws: Mapping[str, int]
) -> dict[str, Mapping[str, Any]]:
    """A section as `expand_draws` names it: `NAME_1` to `NAME_n` in the place of what has n draws."""
    return {
        f"{name}_{i}" if draws.get(name, 1) > 1 else name: spec
        for name, spec in section.items()
        for i in range(1, draws.get(name, 1) + 1)
    }


def faults_of_names(config: Mapping[str, Any], source: str) -> list[str]:
    """Groupings and strategies that are named and not there, also of a config that the schema refuses. Names of draws
    are known whether these are written out yet or not."""
    given, strategies = _section(config, "groupings"), _section(config, "strategies")
    draws = {name: _draws(spec) for name, spec in given.items()}
    known = {**given, **_numbered(given, draws)}  # a strategy may name all draws, or one
    faults = []
    for name, strategy in strategies.items():
        grouping = strategy.get("grouping")
        if isinstance(grouping, str) and grouping not in known:
            faults.append(
                f"{source}: strategies.{name}.grouping: '{grouping}' is not under groupings; "
                f"there are: {', '.join(given) or 'none'}"
            )
    strategies = _numbered(
        strategies, {name: draws.get(str(one.get("grouping")), 1) for name, one in strategies.items()}
    )
    users = {f"groupings.{name}": grouping.get("heads_from") for name, grouping in given.items()}
    for key in ("sweep", "predict", "patience_study"):
        section, of = config.get(key), "heads_from" if key == "sweep" else "strategy"
        where = f"{key}.{of}" if key == "patience_study" else key
        users |= {where: section.get(of)} if isinstance(section, Mapping) else {}
    for key, named in users.items():
        if isinstance(named, str) and named not in strategies:
            faults.append(
                f"{source}: {key}: '{named}' is not under strategies; there are: {', '.join(strategies)}"
            )
    for name in given:
        fault = _fault_of_like(known, name, source)
        faults += [fault] if fault and fault not in faults else []
    return faults


def _fault_of_like(groupings: Mapping[str, Mapping[str, Any]], name: str, source: str) -> str | None:
    """What is wrong on the way from a grouping to those that it is made like."""
    chain = [name]
    while isinstance(like := groupings[chain[-1]].get("like"), str):
        if like not in groupings or like in chain:
            fault = "leads back to itself" if like in chain else "is not under groupings"
            return (
                f"{source}: groupings.{chain[-1]}.like: '{like}' {fault}; there are: {', '.join(groupings)}"
            )
        chain.append(like)
    return None
