"""How the learning rate goes along a training: warm-up, and decay by a schedule's name.

A schedule is a factor of the learning rate. It follows from the step and from the validations so far alone, so that a
training that is resumed goes the same way.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from epigroup.core.errors import InputError
from epigroup.training.settings import TrainingSettings


@dataclass(frozen=True)
class Schedule:
    """factor: (settings, step, lowerings) -> factor of the rate after warm-up; options: the keys of `training` that it
    heeds; lowers: whether validations without a new minimum lower it."""

    factor: Callable[[TrainingSettings, int, int], float]
    options: tuple[str, ...] = ()
    lowers: bool = False


def _constant(settings: TrainingSettings, step: int, lowerings: int) -> float:
    return 1.0


def _cosine(settings: TrainingSettings, step: int, lowerings: int) -> float:
    """Half a cosine from 1 at the end of warm-up to `final_rate` at max_steps (Loshchilov & Hutter 2017, equation 5,
    without restarts)."""
    assert settings.final_rate is not None
    done = min(1.0, max(0, step - settings.warm_up) / max(1, settings.max_steps - settings.warm_up))
    return settings.final_rate + (1 - settings.final_rate) * (1 + math.cos(math.pi * done)) / 2


def _plateau(settings: TrainingSettings, step: int, lowerings: int) -> float:
    """`plateau_factor` once for each `plateau_patience` validations in a row without a new minimum."""
    assert settings.plateau_factor is not None
    return settings.plateau_factor**lowerings


SCHEDULES = {
    "constant": Schedule(_constant),
    "cosine": Schedule(_cosine, ("final_rate",)),
    "plateau": Schedule(_plateau, ("plateau_factor", "plateau_patience"), lowers=True),
}
OPTIONS = tuple(key for schedule in SCHEDULES.values() for key in schedule.options)


def find_schedule(name: str) -> Schedule:
    """The schedule of that name. Raises InputError for an unknown one."""
    if name not in SCHEDULES:
        raise InputError(f"training.schedule: unknown schedule {name!r}; known: {', '.join(SCHEDULES)}")
    return SCHEDULES[name]


def without_unused(training: Mapping[str, Any]) -> dict[str, Any]:
    """Training settings without the keys that their schedule does not heed."""
    unused = set(OPTIONS) - set(find_schedule(training["schedule"]).options)
    return {key: value for key, value in training.items() if key not in unused}


def rate_factor(settings: TrainingSettings, step: int, lowerings: int) -> float:
    """What the learning rate is multiplied with in the step after `step` steps, `lowerings` plateaus having been met.

    Warm-up rises evenly, from 1 / warm_up in the first step to 1 in step `warm_up`.
    """
    warm = min(1.0, (step + 1) / settings.warm_up) if settings.warm_up else 1.0
    return warm * find_schedule(settings.schedule).factor(settings, step, lowerings)


def on_plateau(settings: TrainingSettings, validations_since_best: int) -> bool:
    """Whether the validation just made, the so-manieth without a new minimum, lowers the rate."""
    if not find_schedule(settings.schedule).lowers:
        return False
    assert settings.plateau_patience is not None
    return validations_since_best > 0 and validations_since_best % settings.plateau_patience == 0


def check_schedule(settings: TrainingSettings) -> None:
    """InputError for a schedule that its own settings keep from doing anything."""
    if settings.warm_up >= settings.max_steps:
        raise InputError(
            f"training.warm_up: {settings.warm_up} steps are all of training.max_steps ({settings.max_steps}); "
            "lower it, or train for longer"
        )
    if settings.schedule == "plateau" and (settings.plateau_patience or 0) >= settings.patience:
        raise InputError(
            f"training.plateau_patience: {settings.plateau_patience} validations without a new minimum lower the "
            f"rate, and training.patience ({settings.patience}) ends the training no later; raise training.patience"
        )
