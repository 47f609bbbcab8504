"""The precision of a run: what is measured for it, and who reads it."""

from typing import Any

from epigroup.config.settings import canonical
from epigroup.run.facts import Run
from epigroup.run.settings import settings
from epigroup.training.precision import check_devices, with_precision


def check_precisions(run: Run) -> None:
    """InputError where strategies on several devices leave the precision open."""
    named = {
        name: tuple(settings(run, "training", name)[key] for key in ("device", "precision"))
        for name in run.strategies
    }
    check_devices(named)


def precision_file(run: Run, device: str) -> str:
    return run.path("calibration", f"{device}.json")


def in_precision(run: Run, training: dict[str, Any]) -> dict[str, Any]:
    """Training settings with the precision that stands there; before it does, as they are: Snakemake asks again before
    it starts a job. By wildcards alone: params that are functions of `input` are not compared."""
    return with_precision(training, precision_file(run, training["device"]))


def calibration_settings(run: Run, device: str) -> dict[str, Any]:
    """The networks that are trained on a device in a precision that the config leaves open, each once."""
    here = [
        one for one in (settings(run, "training", name) for name in run.strategies) if one["device"] == device
    ]
    free = [training for training in here if training["precision"] == "auto"]
    cases = {
        repr([training["network"], training["batch_size"]]): {
            "network": training["network"],
            "batch_size": training["batch_size"],
            "window": run.config["dataset"]["window"],
        }
        for training in free
    }
    named = None if free else here[0]["precision"]
    return canonical({"device": device, "named": named, "networks": [cases[key] for key in sorted(cases)]})
