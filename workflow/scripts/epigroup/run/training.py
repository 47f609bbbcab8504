"""Trainings: which files a pack reads and makes, and what it is told."""

from typing import Any

from epigroup import affinity as affinity_measures
from epigroup.config.pools import taught_by, teacher_seed
from epigroup.config.prerequisites import looks_along
from epigroup.config.searches import rates_seed
from epigroup.config.settings import canonical
from epigroup.config.strategies import overlaps, teacher, warm_start
from epigroup.run.calibration import in_precision
from epigroup.run.facts import Run
from epigroup.run.settings import settings
from epigroup.training import balancing


def shards(run: Run) -> list[str]:
    return [run.path("dataset/shards", f"{chrom}.h5") for chrom in run.chromosomes]


def groups(run: Run, strategy: str, seed: int) -> str:
    return run.file("groups", run.grouping_name(strategy), seed)


def serving(run: Run, strategy: str, seed: int) -> str | list[str]:
    """The table of which group serves a task, where a task may be in several."""
    if not overlaps(run.config, run.grouping_name(strategy)):
        return []
    return run.file("serving", strategy, seed)


def served_by(run: Run, strategy: str, seed: int) -> str:
    """Which group's network each task is scored by."""
    table = serving(run, strategy, seed)
    return table if isinstance(table, str) else groups(run, strategy, seed)


def models(run: Run, strategy: str, seed: int) -> list[str]:
    return run.files("models", [(strategy, seed, pack) for pack in run.packs(strategy)])


def curves(run: Run, strategy: str, seed: int) -> list[str]:
    return run.files("curves", [(strategy, seed, pack) for pack in run.packs(strategy)])


def all_curves(run: Run) -> list[str]:
    """Those of everything that is trained, in the order of `Run.trained_runs`."""
    return [path for one in run.trained_runs() for path in curves(run, *one)]


def all_groups(run: Run) -> list[str]:
    """The groups of the same."""
    return [groups(run, *one) for one in run.trained_runs()]


def model_of_group(run: Run, strategy: str, seed: int, group: str) -> str:
    """The pack that trains a group: pack p holds sorted(groups)[p::n_packs], and groups count from 0."""
    return models(run, strategy, seed)[int(group) % len(run.packs(strategy))]


def warm_model(run: Run, strategy: str, seed: int) -> str | list[str]:
    """The model of the network of all tasks whose weights a strategy's groups start from; none from scratch."""
    parent = warm_start(run.config, strategy)
    return [] if parent is None else run.file("models", parent, seed, 0)


def taught(run: Run, strategy: str, seed: int) -> str | list[str]:
    """What a strategy's teacher says of the training examples; nothing without one."""
    told = teacher(run.config, strategy)
    if told is None:
        return []
    return run.path("predictions", told, f"seed{teacher_seed(run.config, told, seed)}", "train.h5")


def teachers(run: Run) -> list[list]:
    """[strategy or average, seed] of all teachers, each once."""
    found = [
        (told, teacher_seed(run.config, told, seed))
        for name in run.taught
        for seed in run.strategy_seeds(name)
        if (told := teacher(run.config, name)) is not None
    ]
    return [list(one) for one in dict.fromkeys(found)]


def teaching_networks(run: Run) -> list[list]:
    """[strategy, seed] of all whose scores of the training examples are taught, by themselves or in an average."""
    members = [one for told, seed in teachers(run) for one in taught_by(run.config, told, seed)]
    return [list(one) for one in dict.fromkeys(members)]


def rates(run: Run, strategy: str, seed: int) -> str | list[str]:
    """The learning rate of each group, where a search finds it."""
    if strategy not in run.searched:
        return []
    return run.file("rates", strategy, rates_seed(run.config, strategy, seed))


def device(run: Run, strategy: str) -> str:
    return settings(run, "training", strategy)["device"]


def threads(run: Run, strategy: str) -> int:
    return run.training_of(strategy)["threads"]


def gpus(run: Run, strategy: str) -> int:
    return 0 if device(run, strategy) == "cpu" else 1


def pack_settings(run: Run, strategy: str, seed: int) -> dict[str, Any]:
    """The settings of a training job, and what looks on: nothing, but for affinities that name this training."""
    training = in_precision(run, settings(run, "training", strategy))
    looks = looks_along(run.config, strategy, seed)
    if not looks:
        return training
    return canonical(
        {**training, "look_ahead": {"entry": affinity_measures.LOOKS["tag"], "affinities": looks}}
    )


def pack_modules(run: Run, strategy: str, seed: int) -> tuple[str, ...]:
    """The library's modules that balance the tasks of a strategy's groups, and what looks on."""
    looks = looks_along(run.config, strategy, seed)
    entries = [affinity_measures.LOOKS["tag"]] if looks else []
    return (*balancing_modules(run, strategy), *map(module_of, entries))


def looks_mb(run: Run, strategy: str, seed: int) -> int:
    """Memory for what looks on: the sums of twenty stretches, and two tables of tasks by tasks."""
    looks = looks_along(run.config, strategy, seed)
    return len(looks) * 22 * 8 * len(run.strategy_tasks(strategy)) ** 2 // 1_000_000


def balancing_modules(run: Run, strategy: str) -> tuple[str, ...]:
    """The library's modules that balance the tasks of a strategy's groups."""
    return balancing.modules(run.training_of(strategy)["balancing"])


def module_of(entry: str) -> str:
    """The module of an entry "package.module:function", as a code digest takes it."""
    return entry.split(":")[0].removeprefix("epigroup.")
