"""A trained strategy, or an average of several, as a folder of its own: `snakemake bundle`."""

from typing import Any

from epigroup.bundle import FILES, ONNX
from epigroup.config.pools import averaged_members, averages, compared_seeds
from epigroup.core.errors import InputError
from epigroup.run import evaluation, training
from epigroup.run.facts import Run
from epigroup.run.settings import settings


def check_bundle(run: Run) -> None:
    """InputError where the section names what is not there, or cannot be bundled."""
    told = run.config.get("bundle")
    if told is None:
        return
    name, seed = told["strategy"], told["seed"]
    known = [*run.strategies, *averages(run.config)]
    if name not in known:
        kind = "is a choice that does not average" if name in run.config["choices"] else "is not there"
        raise InputError(
            f"bundle.strategy: '{name}' {kind}; take a strategy or a choice with combine: average: {', '.join(known)}"
        )
    seeds = compared_seeds(run.config, name)
    if seed not in seeds:
        raise InputError(f"bundle.seed: {seed}: {name} has {', '.join(map(str, seeds))}")
    averaged = [] if name in run.strategies else averaged_members(run.config, name, seed)
    simple = [one for one, own in averaged if own is None]
    if simple:
        raise InputError(
            f"bundle.strategy: '{name}' averages {', '.join(simple)}, and only networks are bundled; take a strategy, "
            "or a choice among strategies alone"
        )


def members(run: Run) -> list[tuple[str, int]]:
    """(strategy, seed) of what is bundled."""
    told = run.config["bundle"]
    if told["strategy"] in run.strategies:
        return [(told["strategy"], told["seed"])]
    found = averaged_members(run.config, told["strategy"], told["seed"])
    return [(name, seed) for name, seed in found if seed is not None]


def is_average(run: Run) -> bool:
    return run.config["bundle"]["strategy"] not in run.strategies


def files(run: Run) -> dict[str, str]:
    """The bundle's files, by what they are."""
    told = run.config["bundle"]
    wanted = FILES | ({"onnx": ONNX} if told["onnx"] else {})
    folder = run.path("bundle", told["strategy"], f"seed{told['seed']}")
    return {what: f"{folder}/{name}" for what, name in wanted.items()}


def inputs(run: Run) -> dict[str, Any]:
    """What `write_bundle` reads, but for genome and shards."""
    told = run.config["bundle"]
    found: dict[str, Any] = {
        "metrics": run.file("metrics", told["strategy"], told["seed"]),
        "models": [path for name, seed in members(run) for path in training.models(run, name, seed)],
        "serving": [
            path for name, seed in members(run) for path in _tables(training.serving(run, name, seed))
        ],
    }
    if is_average(run):
        found["weights"] = run.path("evaluation", told["strategy"], f"seed{told['seed']}", "weights.tsv")
    return found


def _tables(serving: str | list[str]) -> list[str]:
    return [serving] if isinstance(serving, str) else serving


def bundle_settings(run: Run) -> dict[str, Any]:
    """`BundleSettings`, and the members' files."""
    told, average = run.config["bundle"], is_average(run)
    names = [told["strategy"]]
    if average:
        names = evaluation.average_settings(run, told["strategy"], told["seed"])["members"]
    return {
        "name": told["strategy"],
        "members": [
            {
                "name": label,
                "models": training.models(run, name, seed),
                "tasks": run.strategy_tasks(name),
                "serving": training.serving(run, name, seed) or None,
            }
            for label, (name, seed) in zip(names, members(run), strict=True)
        ],
        "tasks": evaluation.learnt_tasks(run, told["strategy"])
        if average
        else run.strategy_tasks(told["strategy"]),
        "weighting": run.config["choices"][told["strategy"]]["weights"] if average else "",
        "both_strands": settings(run, "prediction")["both_strands"],
        "assembly": run.config["genome"]["assembly"],
        "licence": told["licence"],
        "about": told["about"],
        "onnx": told["onnx"],
        "run_name": run.config["name"],
        "splits": {split: run.splits[split] for split in ("validation", "test")},
    }
