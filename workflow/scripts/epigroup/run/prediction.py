"""Scores of regions of a user's own: `snakemake predict`."""

from typing import Any

from epigroup.core.errors import InputError
from epigroup.run import training
from epigroup.run.facts import Run


def check_predict(run: Run) -> None:
    """InputError where the section names what is not there."""
    told = run.config.get("predict")
    if told is None:
        return
    strategy, seed = told["strategy"], told["seed"]
    if seed not in run.strategy_seeds(strategy):
        raise InputError(
            f"predict.seed: {seed}: {strategy} is trained with "
            f"{', '.join(map(str, run.strategy_seeds(strategy)))}"
        )
    named = {key: run.in_results(told[key]) for key in ("fasta", "regions") if told[key]}
    missing = [f"predict.{key}: '{path}' is not there" for key, path in named.items() if not run.exists(path)]
    if missing:
        raise InputError("\n".join(missing) + "; check the path")


def tasks(run: Run) -> list[str]:
    return run.strategy_tasks(run.config["predict"]["strategy"])


def tracks(run: Run) -> list[str]:
    return [run.path("predict/bigwig", f"{task}.bw") for task in tasks(run)]


def inputs(run: Run) -> dict[str, Any]:
    """What `predict_regions` reads, but for the run's own genome, where no other FASTA is named."""
    told = run.config["predict"]
    fasta = run.in_results(told["fasta"])
    return {
        **({"fasta": fasta} if fasta else {}),
        "models": training.models(run, told["strategy"], told["seed"]),
        "serving": training.serving(run, told["strategy"], told["seed"]),
        "regions": run.in_results(told["regions"]),
    }


def predict_settings(run: Run) -> dict[str, Any]:
    told = run.config["predict"]
    return {
        "tasks": tasks(run),
        "batch_size": told["batch_size"],
        "both_strands": told["both_strands"],
        "device": training.device(run, told["strategy"]),
    }
