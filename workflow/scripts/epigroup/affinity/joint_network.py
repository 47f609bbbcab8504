"""The network of all tasks that an affinity is measured on: untrained, trained, or while it trains."""

import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from epigroup.core.errors import InputError
from epigroup.networks.model_files import ModelInfo, check_dataset, load_network, read_pack_infos
from epigroup.networks.networks import LAYOUTS, Network
from epigroup.training.batch_stream import training_order
from epigroup.training.batches import Batches, TrainingOrder
from epigroup.training.checkpoints import Checkpoint, catch_termination
from epigroup.training.devices import check_precision
from epigroup.training.initial_state import initial_network
from epigroup.training.job import TrainingJob
from epigroup.training.log_lines import ending_line, progress_line
from epigroup.training.settings import RunningSettings, TrainingSettings, UntrainedSettings
from epigroup.training.trainer import GroupTrainer

log = logging.getLogger(__name__)

NOT_RUNNING = RunningSettings(resume=False, checkpoint_seconds=math.inf, progress_seconds=60)
MAX_CHECKED_TASKS = 12  # of the whole-trunk reference: a backward pass each


@dataclass(frozen=True)
class NetworkInputs:
    """What a measure on a network may look at: the training split, and validation where training is repeated.

    name: of the affinity; task_ids: the T tasks of the strategy's one network; columns: their columns in the
    labels; train, validation: `Batches` on the device; training: the strategy's training settings, whole where
    the training is repeated; options:
    the measure's own; seed: of the network; models: files of the strategy's packs, for the trained network;
    dataset_hash: of the data set the batches come from; genome: CRC-32 of each chromosome's codes; checkpoint,
    running: of a training that is repeated.
    """

    name: str
    task_ids: list[str]
    columns: list[int]
    train: Batches
    validation: Batches
    training: UntrainedSettings
    options: Mapping[str, Any]
    seed: int
    dataset_hash: str
    models: Sequence[str] = field(default_factory=list)
    genome: Mapping[str, int] = field(default_factory=dict)
    checkpoint: Checkpoint | None = None
    running: RunningSettings = NOT_RUNNING

    @property
    def rate(self) -> float:
        """Length of the look-ahead step: the option's, else the strategy's learning rate."""
        return float(self.training.rate(self.options["rate"]))

    @property
    def repeated(self) -> TrainingSettings:
        """The settings of the training that is repeated. InputError: those of a network that is not trained."""
        if not isinstance(self.training, TrainingSettings):
            raise InputError(
                f"affinity {self.name}: its training cannot be repeated from a part of its settings"
            )
        return self.training

    def labels(self, examples: torch.Tensor) -> torch.Tensor:
        """(n, T) labels of training examples."""
        columns = torch.tensor(self.columns, device=examples.device)
        return self.train.targets(examples, columns)

    def training_order(self) -> TrainingOrder:
        """The order in which the strategy's training goes through the examples."""
        columns = torch.tensor(self.columns, device=self.train.labels.device)
        return training_order(self.train, columns, self.training, self.seed, f"affinity {self.name}")

    def checked_tasks(self) -> list[int]:
        """Tasks, evenly over the list, on which the whole trunk is looked at."""
        n = min(MAX_CHECKED_TASKS, len(self.task_ids))
        return [i * len(self.task_ids) // n for i in range(n)]


@dataclass(frozen=True)
class LookInputs:
    """What a training that looked on has left: `models` and `curves`, files of the strategy's packs; name: of
    the affinity; task_ids: the strategy's; options: the measure's; network: the trained network and its
    training examples, where the whole trunk is to be compared."""

    name: str
    task_ids: list[str]
    models: Sequence[str]
    curves: Sequence[str]
    options: Mapping[str, Any]
    network: NetworkInputs | None = None


def fixed_network(inputs: NetworkInputs) -> tuple[int, Network]:
    """(step, network) of the option `network`, evaluation mode: "initial", with which the strategy's training
    begins; "tied", the same with the first task's head for all; "trained". InputError: trained on another
    data set or other tasks, or not one network."""
    form = inputs.options["network"]
    device = inputs.train.labels.device
    if form == "trained":
        step, network = trained_network(inputs)
    else:
        step = 0
        network = initial_network(
            inputs.training.network, inputs.task_ids, inputs.train.sequences.window, inputs.seed
        )
    if form == "tied":
        with torch.no_grad():
            network.head.weight.copy_(network.head.weight[:1].expand_as(network.head.weight))
            network.head.bias.copy_(network.head.bias[:1].expand_as(network.head.bias))
    return step, network.to(device).eval()


def only_network(models: Sequence[str], task_ids: Sequence[str]) -> tuple[str, ModelInfo, int]:
    """File, metadata and group of a strategy's one network. InputError: it has several, or another's tasks."""
    infos = read_pack_infos(models)
    places = [(path, info, group) for path, info in zip(models, infos, strict=True) for group in info.groups]
    if len(places) != 1:
        raise InputError(
            f"{models[0]}: the strategy has {len(places)} networks; affinities are measured on one"
            " network of all tasks: let heads_from name a strategy whose grouping has a single group"
        )
    path, info, group = places[0]
    if info.groups[group] != list(task_ids):
        raise InputError(
            f"{path}: a network of {len(info.groups[group])} tasks, the strategy has {len(task_ids)};"
            " train the strategy again"
        )
    return path, info, group


def trained_network(inputs: NetworkInputs) -> tuple[int, Network]:
    """(step, network) of the best validation. InputError: as `fixed_network`."""
    check_dataset(inputs.models, read_pack_infos(inputs.models), inputs.dataset_hash)
    path, info, group = only_network(inputs.models, inputs.task_ids)
    return info.best_step.get(group, 0), load_network(path, info, group)


def look_along_training(
    inputs: NetworkInputs, every: int, look: Callable[[Network], np.ndarray]
) -> tuple[np.ndarray, np.ndarray, GroupTrainer]:
    """steps int64 (P,), what `look` gave of the network in evaluation mode there, float64 (P, ...), and the
    trainer: before every `every`-th step of the strategy's training, which is repeated from its beginning, and
    once at its end.

    All that is random in a training follows from seed and step, so that looking on changes nothing and the
    repetition goes the same way, in the layout that the settings name, or channels_last.
    Goes on from `inputs.checkpoint`; SystemExit(143) after SIGTERM, the
    checkpoint written.
    """
    running, settings = inputs.running, inputs.repeated
    check_precision(settings.precision)
    layout = settings.layout if settings.layout in LAYOUTS else LAYOUTS[0]
    with catch_termination() as termination:
        job = TrainingJob(inputs.train, inputs.validation, settings, inputs.seed, layout, termination)
        trainer = GroupTrainer(inputs.task_ids, inputs.columns, job, label=f"affinity {inputs.name}")
        steps: list[int] = []
        found: list[np.ndarray] = []
        state = inputs.checkpoint.read() if inputs.checkpoint is not None and running.resume else None
        if state is not None:
            trainer.load_state_dict(state["trainer"])
            steps, found = list(state["steps"]), [one.numpy() for one in state["found"]]
            log.info("%s: goes on from step %s", trainer.label, f"{trainer.state.step:,}")
        last_save = last_progress = time.monotonic()
        while not trainer.finished:
            if trainer.state.step % every == 0 and trainer.state.step not in steps[-1:]:
                steps.append(trainer.state.step)
                found.append(look(trainer.network.eval()))
            going = not termination.requested and trainer.advance()
            now = time.monotonic()
            if inputs.checkpoint is not None and (not going or now - last_save >= running.checkpoint_seconds):
                looked = [torch.from_numpy(one) for one in found]
                inputs.checkpoint.write({"trainer": trainer.state_dict(), "steps": steps, "found": looked})
                last_save = time.monotonic()
            if not going:
                log.warning("stopped by SIGTERM; %s; a new start goes on from here", progress_line([trainer]))
                raise SystemExit(143)
            if now - last_progress >= running.progress_seconds:
                last_progress = now
                log.info("%s", progress_line([trainer]))
        log.info("%s", ending_line(trainer))
        if trainer.state.step not in steps[-1:]:
            steps.append(trainer.state.step)
            found.append(look(trainer.network.eval()))
    return np.array(steps), np.stack(found), trainer
