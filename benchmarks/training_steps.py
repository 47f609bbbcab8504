"""Steps of training on synthetic data: the engine's, of one network or of a pack, and the plain loop's."""

from collections.abc import Callable

import torch
from plain_training import PlainNetwork, plain_training
from synthetic_data import SEED, Data

from epigroup.training.batch_stream import BatchStream
from epigroup.training.batches import Batches
from epigroup.training.job import TrainingJob
from epigroup.training.packing import Step
from epigroup.training.settings import read_job
from epigroup.training.trainer import GroupTrainer


def endless(settings: dict) -> dict:
    """The settings without a validation and without an end."""
    return settings | {"max_steps": 10**9, "validate_every": 10**9}


def trainer(
    data: Data,
    settings: dict,
    tasks: list[int],
    validation: Batches | None = None,
    stream: BatchStream | None = None,
) -> GroupTrainer:
    """The engine's trainer of one group."""
    told, _ = read_job(endless(settings))
    job = TrainingJob(data.batches, validation or data.batches, told, SEED)
    names = [f"task{i}" for i in tasks]
    return GroupTrainer(names, tasks, job, label=told.network.name, stream=stream)


def pack_trainers(data: Data, settings: dict, size: int) -> list[GroupTrainer]:
    """Trainers of a task each, on one stream of batches."""
    first = trainer(data, settings, [0])
    return [first, *(trainer(data, settings, [task], stream=first.stream) for task in range(1, size))]


def together(step: Step, trainers: list[GroupTrainer]) -> Callable[[], None]:
    return lambda: step(trainers)


def plain_steps(network: PlainNetwork, data: Data, settings: dict, n_tasks: int) -> Callable[[], float]:
    """A step of the plain loop, free to take any algorithm."""
    device = data.batches.sequences.device
    losses = plain_training(
        network, data.windows(n_tasks), settings["batch_size"], settings["learning_rate"], device
    )

    def step() -> float:
        before = torch.are_deterministic_algorithms_enabled()
        torch.use_deterministic_algorithms(False)
        loss = next(losses)
        torch.use_deterministic_algorithms(before, warn_only=True)
        return loss

    return step
