"""The precision that a run's trainings take: named in the config, or read from what was measured for the run; and
that what is compared was trained in one. Without PyTorch."""

import json
import os
from collections.abc import Mapping
from typing import Any

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.text_files import first_line

PRECISIONS = ("fp32", "bf16")


def write_precision(out: str | os.PathLike, device: str, precision: str) -> None:
    """Write the precision of the trainings on a device (as in the config) as JSON: the choice, and nothing that changes
    from one measurement to the next."""
    with whole(out) as partial:
        partial.write_text(json.dumps({"device": device, "precision": precision}) + "\n", encoding="utf-8")


def read_precision(path: str | os.PathLike) -> str:
    """What `write_precision` has written. Raises InputError for another content, FileNotFoundError."""
    with open(path, encoding="utf-8") as handle:
        text = handle.read()
    try:
        found = json.loads(text)["precision"]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: damaged ({first_line(error)}); delete it and run again") from error
    if found not in PRECISIONS:
        raise InputError(f"{path}: unknown precision {found!r}; delete it and run again")
    return found


def with_precision(training: Mapping[str, Any], path: str | os.PathLike) -> dict[str, Any]:
    """Training settings with `auto` replaced by what was measured, where that is there already; as the key says it
    where it names one, so that naming what was measured changes nothing. InputError as `read_precision`."""
    if training["precision"] != "auto" or not os.path.exists(path):
        return dict(training)
    return {**training, "precision": read_precision(path)}


def check_devices(devices: Mapping[str, tuple[str, str]]) -> None:
    """InputError where strategies whose precision is `auto` train on different devices, for which two precisions
    could be measured. devices: strategy -> (device, precision), as the config has them."""
    free = {name: device for name, (device, precision) in devices.items() if precision == "auto"}
    if len(set(free.values())) > 1:
        which = ", ".join(f"{name} on {device}" for name, device in free.items())
        raise InputError(
            f"training.precision: auto with strategies on different devices ({which}): each could take "
            "another precision, and what is compared must not differ by it; set training.precision to fp32 or bf16"
        )


def check_compared_precisions(found: Mapping[tuple[str, int], str], named: Mapping[str, str]) -> None:
    """InputError where strategies whose precision the config leaves open were trained in different ones.

    found: (strategy, seed) -> precision of its networks, "" where not known; named: strategy -> the config's word.
    """
    by_precision: dict[str, list[str]] = {}
    for (strategy, seed), precision in found.items():
        if precision and named.get(strategy) == "auto":
            by_precision.setdefault(precision, []).append(f"{strategy} seed {seed}")
    if len(by_precision) > 1:
        which = "; ".join(
            f"{precision}: {', '.join(runs)}" for precision, runs in sorted(by_precision.items())
        )
        raise InputError(
            f"networks that are compared were trained in different precisions ({which}); set training.precision to "
            "one of them, and those of the other are trained again"
        )
