"""What is held against each other: strategies, pools of them (several random groupings as one rival) and
choices among them.
"""

from collections.abc import Callable, Mapping
from typing import Any

from epigroup.config.strategies import strategy_seeds
from epigroup.core.errors import InputError


def pool_members(config: Mapping[str, Any], name: str) -> list[str]:
    """The strategies that a name stands for: those of a pool, or the one."""
    return config["comparison"]["pools"].get(name, [name])


def candidates(config: Mapping[str, Any], choice: str) -> list[str]:
    """The strategies that a choice is among, pools written out."""
    found = [one for name in config["choices"][choice]["among"] for one in pool_members(config, name)]
    return list(dict.fromkeys(found))


def averages(config: Mapping[str, Any]) -> list[str]:
    """The choices that average."""
    return [name for name, spec in config["choices"].items() if spec["combine"] == "average"]


def averaged_members(config: Mapping[str, Any], name: str, seed: int) -> list[tuple[str, int | None]]:
    """(strategy, seed) and (baseline, None) that an average is made of; seed: that of the average."""
    found: list[tuple[str, int | None]] = []
    for one in candidates(config, name):
        if one not in config["strategies"]:
            found.append((one, None))
        else:
            all_seeds = config["choices"][name]["over_seeds"]
            found += [(one, own) for own in (strategy_seeds(config, one) if all_seeds else [seed])]
    return found


def compared_seeds(config: Mapping[str, Any], name: str) -> list[int]:
    """Seeds of a strategy; of a choice or a pool those that all its strategies have, of an average over seeds the first
    of these. Predictions from elsewhere, which have none, are held against every seed."""
    if name in config.get("external", {}):
        return list(config["seeds"])
    if name in config["strategies"]:
        return strategy_seeds(config, name)
    members = candidates(config, name) if name in config["choices"] else pool_members(config, name)
    seeds = [strategy_seeds(config, member) for member in members if member in config["strategies"]]
    common = [seed for seed in seeds[0] if all(seed in other for other in seeds)]
    return common[:1] if config["choices"].get(name, {}).get("over_seeds") else common


def teacher_seed(config: Mapping[str, Any], teacher: str, seed: int) -> int:
    """The seed of the teacher of a strategy's seed: the same, or the one that an average over seeds has."""
    over_seeds = config["choices"].get(teacher, {}).get("over_seeds")
    return compared_seeds(config, teacher)[0] if over_seeds else seed


def taught_by(config: Mapping[str, Any], teacher: str, seed: int) -> list[tuple[str, int | None]]:
    """(strategy, seed), and (baseline, None), of which the teacher of a strategy's seed is made."""
    if teacher in config["strategies"]:
        return [(teacher, seed)]
    return averaged_members(config, teacher, teacher_seed(config, teacher, seed))


def expand_draws(config: Mapping[str, Any], source: str) -> dict[str, Any]:
    """The config with every grouping of n > 1 draws, and every strategy on it, written out as `{name}_1` to
    `{name}_n`; such strategies are put under comparison.pools by their common name.

    Raises InputError for draws of a method that is not random, a grouping `like` one of several draws, and
    names that are taken.
    """
    groupings, strategies = config["groupings"], config["strategies"]
    drawn = {name: spec["draws"] for name, spec in groupings.items() if spec["draws"] > 1}
    for name, spec in groupings.items():
        if name in drawn and spec["method"] != "random":
            raise InputError(
                f"{source}: groupings.{name}.draws: the method '{spec['method']}' draws nothing; draws are "
                "of the method random"
            )
        if spec["like"] in drawn:
            raise InputError(
                f"{source}: groupings.{name}.like: '{spec['like']}' stands for {drawn[spec['like']]} draws; "
                "name the grouping whose sizes these have"
            )
    pools = dict(config["comparison"]["pools"])
    for name, strategy in strategies.items():
        if strategy["grouping"] in drawn:
            if name in pools:
                raise InputError(
                    f"{source}: comparison.pools.{name}: the draws of strategies.{name} are its pool"
                )
            pools[name] = [f"{name}_{i}" for i in range(1, drawn[strategy["grouping"]] + 1)]
    return {
        **config,
        "groupings": _written_out(
            groupings,
            drawn,
            f"{source}: groupings",
            lambda name, spec, i: spec | {"draws": 1, "seed": spec["seed"] + i - 1},
        ),
        "strategies": _written_out(
            strategies,
            {name: drawn[s["grouping"]] for name, s in strategies.items() if s["grouping"] in drawn},
            f"{source}: strategies",
            lambda name, spec, i: spec | {"grouping": f"{spec['grouping']}_{i}"},
        ),
        "comparison": {**config["comparison"], "pools": pools},
    }


def _written_out(
    section: Mapping[str, Any], drawn: Mapping[str, int], where: str, made: Callable[[str, Any, int], Any]
) -> dict[str, Any]:
    """The section with each drawn entry replaced by its numbered ones."""
    found = {}
    for name, spec in section.items():
        for i in range(1, drawn.get(name, 1) + 1):
            new = f"{name}_{i}" if name in drawn else name
            if new in found or (new != name and new in section):
                raise InputError(f"{where}.{new}: this name is that of draw {i} of '{name}'; take another")
            found[new] = made(name, spec, i) if name in drawn else spec
    return found


def check_compared(config: Mapping[str, Any], source: str) -> None:
    """Pools and choices are of strategies with a seed in common, names are used once, and the headline knows
    all of its own."""
    strategies, choices, pools = config["strategies"], config["choices"], config["comparison"]["pools"]
    external = config.get("external", {})
    for where, names in (("comparison.pools", pools), ("choices", choices), ("external", external)):
        earlier = {
            **(pools if where != "comparison.pools" else {}),
            **(choices if where == "external" else {}),
        }
        for name in names:
            if name in strategies or name in earlier:
                raise InputError(f"{source}: {where}.{name}: this name is taken; choose another")
    known = {
        **{f"comparison.pools.{name}": (members, {*strategies}) for name, members in pools.items()},
        **{
            f"choices.{name}.among": (
                c["among"],
                {*strategies, *pools, *(config["baselines"]["names"] if c["combine"] == "average" else ())},
            )
            for name, c in choices.items()
        },
        **{
            f"comparison.headline[{i}]": (pair, {*strategies, *choices, *pools, *external})
            for i, pair in enumerate(config["comparison"]["headline"])
        },
    }
    for where, (names, there) in known.items():
        for name in names:
            if name not in there:
                kinds = "strategies" if there == {*strategies} else "strategies, choices, pools or external"
                raise InputError(
                    f"{source}: {where}: '{name}' is not under {kinds}; there are: {', '.join(sorted(there))}"
                )
    for name, spec in choices.items():
        _check_choice(config, name, spec, f"{source}: choices.{name}")
    for where, name in [("comparison.pools", n) for n in pools] + [("choices", n) for n in choices]:
        if not compared_seeds(config, name):
            raise InputError(f"{source}: {where}.{name}: its strategies share no seed")
    for i, pair in enumerate(config["comparison"]["headline"]):
        seeds = [set(compared_seeds(config, name)) for name in pair]
        if not seeds[0] & seeds[1]:
            raise InputError(f"{source}: comparison.headline[{i}]: {pair[0]} and {pair[1]} share no seed")


def _check_choice(config: Mapping[str, Any], name: str, spec: Mapping[str, Any], where: str) -> None:
    """A choice has something to choose from, an average something to average."""
    among = candidates(config, name)
    trained = [one for one in among if one in config["strategies"]]
    if spec["combine"] == "rescue":
        if spec["among"][0] not in config["strategies"]:
            raise InputError(
                f"{where}.among: '{spec['among'][0]}' comes first and is no strategy; what tasks stay with where "
                "nothing is shown to be better must be one"
            )
        if config["dataset"]["targets"] == "signal":
            raise InputError(
                f"{where}.combine: rescue goes by log loss, and dataset.targets is signal; take best"
            )
    if spec["combine"] in ("best", "rescue"):
        if spec["over_seeds"]:
            raise InputError(
                f"{where}.over_seeds: goes with combine: average, and combine is {spec['combine']}; leave it out"
            )
        if len(among) < 2:
            raise InputError(f"{where}.among: there is one strategy, and nothing to choose")
        return
    if config["dataset"]["targets"] == "signal":
        raise InputError(
            f"{where}.combine: averages are of chances of labels, and dataset.targets is signal; take best"
        )
    if not trained:
        raise InputError(f"{where}.among: there is no strategy among them; name one")
    if (
        compared_seeds(config, name)
        and len(averaged_members(config, name, compared_seeds(config, name)[0])) < 2
    ):
        raise InputError(
            f"{where}.among: there is one member, and nothing to average; name another, or over_seeds"
        )
