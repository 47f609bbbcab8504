"""The network of all tasks that an affinity is measured on: untrained, trained, or while it trains."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from epigroup.batch_stream import training_order
from epigroup.checkpoints import Termination
from epigroup.devices import choose_precision
from epigroup.errors import InputError
from epigroup.loader import Batches, TrainingOrder
from epigroup.models import load_network, read_pack_infos
from epigroup.networks import Network
from epigroup.trainer import GroupTrainer, initial_network

log = logging.getLogger(__name__)

MAX_CHECKED_TASKS = 12  # of the whole-trunk reference: a backward pass each


@dataclass(frozen=True)
class NetworkInputs:
    """What a measure on a network may look at: the training split, and validation where training is repeated.

    name: of the affinity; task_ids: the T tasks of the strategy's one network; columns: their columns in the
    labels; train, validation: `Batches` on the device; training: the strategy's training settings; options:
    the measure's own; seed: of the network; models: files of the strategy's packs, for the trained network;
    dataset_hash: of the data set the batches come from.
    """

    name: str
    task_ids: list[str]
    columns: list[int]
    train: Batches
    validation: Batches
    training: Mapping[str, Any]
    options: Mapping[str, Any]
    seed: int
    dataset_hash: str
    models: Sequence[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Length of the look-ahead step: the option's, else the strategy's learning rate."""
        rate = self.options["rate"]
        return float(self.training["learning_rate"] if rate is None else rate)

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


def fixed_network(inputs: NetworkInputs) -> tuple[int, Network]:
    """(step, network) of the option `network`, evaluation mode: "initial", with which the strategy's training
    begins; "tied", the same with the first task's head for all; "trained". InputError: trained on another
    data set or other tasks, or not one network."""
    form = inputs.options["network"]
    device = inputs.train.labels.device
    if form == "trained":
        step, network = _trained(inputs)
    else:
        step = 0
        network = initial_network(
            inputs.training["network"], inputs.task_ids, inputs.train.sequences.window, inputs.seed
        )
    if form == "tied":
        with torch.no_grad():
            network.head.weight.copy_(network.head.weight[:1].expand_as(network.head.weight))
            network.head.bias.copy_(network.head.bias[:1].expand_as(network.head.bias))
    return step, network.to(device).eval()


def _trained(inputs: NetworkInputs) -> tuple[int, Network]:
    infos = read_pack_infos(inputs.models)
    places = [
        (path, info, group) for path, info in zip(inputs.models, infos, strict=True) for group in info.groups
    ]
    if len(places) != 1:
        raise InputError(
            f"{inputs.models[0]}: the strategy has {len(places)} networks; affinities are measured on one"
            " network of all tasks: let heads_from name a strategy whose grouping has a single group"
        )
    path, info, group = places[0]
    if info.dataset_hash != inputs.dataset_hash:
        raise InputError(
            f"{path}: trained on another data set (hash {info.dataset_hash[:12]}) than the one given (hash"
            f" {inputs.dataset_hash[:12]}); train the strategy again"
        )
    if info.groups[group] != list(inputs.task_ids):
        raise InputError(
            f"{path}: a network of {len(info.groups[group])} tasks, the strategy has {len(inputs.task_ids)};"
            " train the strategy again"
        )
    return info.best_step.get(group, 0), load_network(path, info, group)


def networks_in_training(inputs: NetworkInputs, every: int) -> Iterator[tuple[int, Network, float]]:
    """(step, network in evaluation mode, seconds trained so far) before every `every`-th step of the
    strategy's training, which is repeated from its beginning, and once at its end.

    All that is random in a training follows from seed and step, so that looking on changes nothing and the
    repetition goes the same way.
    """
    device = inputs.train.labels.device
    trainer = GroupTrainer(
        inputs.task_ids, inputs.columns, inputs.train, inputs.validation, inputs.training, inputs.seed,
        label=f"affinity {inputs.name}",
        precision=choose_precision(inputs.training["precision"], device),
        termination=Termination(),
    )  # fmt: skip
    seen = -1
    while not trainer.finished:
        step = trainer.state.step
        if step % every == 0 and step != seen:
            seen = step
            yield step, trainer.network.eval(), trainer.state.seconds
        trainer.advance()
    log.info("%s", trainer.ending())
    if trainer.state.step != seen:
        yield trainer.state.step, trainer.network.eval(), trainer.state.seconds
