"""What a training is told, as records. Without PyTorch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from epigroup.core.errors import InputError
from epigroup.core.settings import read_settings
from epigroup.networks.settings import LossSettings, NetworkSettings


@dataclass(frozen=True)
class UntrainedSettings:
    """What a network that is not trained is made from, and the batches that it sees. learning_rate: None where a
    search finds it."""

    network: NetworkSettings
    learning_rate: float | None
    batch_size: int
    reverse_complement: bool
    jitter: int
    sampling: str
    precision: str
    device: str

    def rate(self, found: float | None = None) -> float:
        """The learning rate: the one `found` by a search, else that of the settings. Raises InputError without
        both."""
        rate = self.learning_rate if found is None else found
        if rate is None:
            raise InputError(
                "training.learning_rate is missing: a search finds it; give the rates that it found"
            )
        return rate


@dataclass(frozen=True)
class LookSettings:
    """What looks on while a network trains. entry: "module:class"; affinities: name -> form, rate (None: that of the
    training) and every (steps; None: 10)."""

    entry: str
    affinities: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class TrainingSettings(LossSettings, UntrainedSettings):
    """The section `training` of a completed config, changed by a strategy's own: what decides the result of a training.

    patience: validations; validate_every, warm_up: steps; jitter: bp. final_rate, plateau_..., balancing_...: each None
    where schedule or method do not heed it. averaging: decay of the mean of the weights, 0: none. warm_start: the
    strategy that it starts from. teacher: the strategy or average whose scores it learns, with weight teacher_share
    beside the labels; None: labels alone. adapter_rank: of the change of its frozen trunk that is trained, None or 0:
    whole networks. threads: None where it is the job's to know.
    """

    optimiser: str
    momentum: float
    weight_decay: float
    max_steps: int
    validate_every: int
    patience: int
    keep: str
    packing: str
    layout: str
    balancing: str
    loss_scale: str
    schedule: str
    warm_up: int
    averaging: float
    final_rate: float | None = None
    plateau_factor: float | None = None
    plateau_patience: int | None = None
    balancing_rate: float | None = None
    balancing_temperature: float | None = None
    balancing_decay: float | None = None
    balancing_smoothing: float | None = None
    balancing_asymmetry: float | None = None
    balancing_every: int | None = None
    balancing_inner_rate: float | None = None
    balancing_steps: int | None = None
    balancing_tasks: int | None = None
    warm_start: str | None = None
    teacher: str | None = None
    teacher_share: float | None = None
    adapter_rank: int | None = None
    look_ahead: LookSettings | None = None
    threads: int | None = None


@dataclass(frozen=True)
class RunningSettings:
    """How a training job runs; nothing of it changes what it computes."""

    resume: bool
    checkpoint_seconds: float
    progress_seconds: float
    pack_memory_mb: float = 1000
    tensorboard: bool = False


def read_training(given: Mapping[str, Any]) -> TrainingSettings:
    """Settings of a training without those of running. Raises InputError as `read_settings`."""
    return read_settings(TrainingSettings, given, "training")


def read_untrained(given: Mapping[str, Any]) -> UntrainedSettings:
    """The part of a training's settings that a network which is not trained heeds. Raises InputError as
    `read_settings`."""
    return read_settings(UntrainedSettings, _of(UntrainedSettings, given), "training")


def read_job(given: Mapping[str, Any]) -> tuple[TrainingSettings, RunningSettings]:
    """What a training job is told, all in one mapping: of the training, and of running. Raises InputError as
    `read_settings`."""
    running = _of(RunningSettings, given)
    training = {key: value for key, value in given.items() if key not in running}
    return read_training(training), read_settings(RunningSettings, running, "running")


def _of(kind: type, given: Mapping[str, Any]) -> dict[str, Any]:
    """The keys that a record has."""
    known = {one.name for one in fields(kind)}
    return {key: value for key, value in given.items() if key in known}
