"""What strategies with a teacher must have."""

from collections.abc import Mapping
from typing import Any

from epigroup.config.pools import averages, compared_seeds, taught_by, teacher_seed
from epigroup.config.prerequisites import all_before
from epigroup.config.searches import search_of
from epigroup.config.strategies import strategy_seeds, teacher
from epigroup.core.errors import InputError


def check_teachers(config: Mapping[str, Any], training: Mapping[str, Mapping[str, Any]], source: str) -> None:
    """A teacher scores all tasks of its strategy, with its seeds or over seeds, and was not taught by it.

    training: what each strategy trains with. InputError, beginning with `source`, that names the key. The rest of the
    config is in order.
    """
    taught = {name: told for name in config["strategies"] if (told := teacher(config, name)) is not None}
    known = [*config["strategies"], *averages(config)]
    # All names first: what a teacher needs may have a teacher itself.
    for name, told in taught.items():
        if told not in known:
            raise InputError(
                f"{source}: strategies.{name}.teacher: '{told}' is neither a strategy nor a choice with combine: "
                f"average; there are: {', '.join(known)}"
            )
    for name, told in taught.items():
        where = f"{source}: strategies.{name}.teacher"
        if config["dataset"]["targets"] == "signal":
            raise InputError(
                f"{where}: scores of labels are taught, and dataset.targets is signal; leave it out"
            )
        for key, needed in (("loss", "bce"), ("positive_weights", "none")):
            if training[name][key] != needed:
                raise InputError(
                    f"{where}: goes with training.{key}: {needed}, and that of strategies.{name} is "
                    f"{training[name][key]}"
                )
        if not compared_seeds(config, told):
            raise InputError(f"{where}: the strategies of '{told}' share no seed")
        if search_of(config, name) is not None:
            raise InputError(
                f"{where}: strategies.{name} has a search of rates, whose trials have no teacher; give a learning_rate"
            )
        if config.get("patience_study", {}).get("strategy") == name:
            raise InputError(
                f"{source}: patience_study.strategy: '{name}' learns the scores of a teacher, and the trainings of a "
                "study have none; name another strategy"
            )
        for seed in strategy_seeds(config, name):
            own = teacher_seed(config, told, seed)
            if own not in compared_seeds(config, told):
                raise InputError(
                    f"{where}: '{told}' is not trained with seed {own}; give strategies.{name}.seeds that it has "
                    f"({', '.join(map(str, compared_seeds(config, told)))}), or name an average with over_seeds"
                )
            _check_members(config, name, told, seed, where)


def _check_members(config: Mapping[str, Any], name: str, told: str, seed: int, where: str) -> None:
    for member, own in taught_by(config, told, seed):
        if own is None:
            raise InputError(
                f"{where}: '{told}' averages '{member}' too, which scores no training examples; name an average of "
                "strategies alone"
            )
        needed = [member, *(before for before, _ in all_before(config, member, own).heads)]
        if name in needed:
            raise InputError(f"{where}: '{told}' needs '{name}' itself; name another teacher")
        lacking = lacking_tasks(config, name, member)
        if lacking:
            raise InputError(
                f"{where}: '{member}' does not learn the task '{lacking[0]}' of strategies.{name}"
            )


def lacking_tasks(config: Mapping[str, Any], strategy: str, member: str) -> list[str]:
    """Tasks of a strategy that a teacher leaves out, as far as the config names them."""
    mine, theirs = (
        config["groupings"][config["strategies"][one]["grouping"]]["tasks"] for one in (strategy, member)
    )
    if theirs is None:
        return []
    return ["all others"] if mine is None else sorted(set(mine) - set(theirs))
