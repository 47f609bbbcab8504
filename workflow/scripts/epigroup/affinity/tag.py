"""Affinities by looking ahead (`look_ahead`): read from a training that looked on, or measured on one state of
a network; and how they agree with those of the whole trunk."""

import logging
import time
from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from epigroup.affinity import LOOK_OPTIONS
from epigroup.affinity.joint_network import (
    LookInputs,
    NetworkInputs,
    fixed_network,
    only_network,
    trained_network,
)
from epigroup.affinity.last_layer import last_layer
from epigroup.affinity.look_ahead import EVERY, LookAhead, Stopwatch
from epigroup.affinity.matrix import Affinity, spearman
from epigroup.affinity.trunk import trunk_look_ahead
from epigroup.core.errors import InputError
from epigroup.core.logs import Progress
from epigroup.core.tables import read_table
from epigroup.networks.model_files import ModelInfo, read_looks
from epigroup.training.batches import TrainingOrder
from epigroup.training.devices import check_precision

log = logging.getLogger(__name__)


def measure(inputs: NetworkInputs | LookInputs) -> Affinity:
    """Mean look-ahead affinity over batches of the training order.

    From `LookInputs` (option network "training", as published): of every `every`-th step, 10, of the
    strategy's training, with the step's own values. From `NetworkInputs` (network "initial" | "tied" |
    "trained"): of `batches` batches, every `every`-th of the order, on one state of the network, in evaluation
    mode and float32. Products of `first_order` are in the training's precision. Further options: form; rate;
    trunk_checks (batches on which the whole trunk is compared, steps on at most 12 tasks; with "training" on
    the trained network). pieces: means of at most twenty stretches, by their last step.
    measures: observations, rate, look_ahead_seconds, trunk_spearman; with "training" training_seconds (with
    validation) and look_ahead_share, of what training takes without.
    """
    return _read(inputs) if isinstance(inputs, LookInputs) else _measured(inputs)


def _measured(inputs: NetworkInputs) -> Affinity:
    started = time.perf_counter()
    options = inputs.options
    order, every = inputs.training_order(), options["every"] or EVERY
    device = inputs.train.labels.device
    precision = check_precision(inputs.training.precision)
    ahead, stopwatch = LookAhead(options["form"], inputs.rate, precision), Stopwatch(device)
    _, network = fixed_network(inputs)
    steps = [i * every for i in range(options["batches"])]
    progress = Progress(log, "look-ahead", len(steps), "batches")
    for step in steps:
        seen = last_layer(network, *_batch(inputs, order, step))
        with stopwatch.running():
            ahead.observe(step, seen)
        progress.advance()
    measures = {
        "observations": len(steps),
        "rate": inputs.rate,
        "look_ahead_seconds": round(stopwatch.seconds, 3),
        "seconds": round(time.perf_counter() - started, 3),
    }
    if options["trunk_checks"]:
        measures |= check_trunk(inputs, network, ahead, steps)
    return _affinity(torch.stack(ahead.found["sums"]), ahead.found["counts"], ahead.found["at"], measures)


def _affinity(sums: torch.Tensor, counts: Sequence[int], at: Sequence[int], measures: dict) -> Affinity:
    of_stretch = sums.cpu().numpy()
    pieces = of_stretch / np.array(counts)[:, None, None]
    return Affinity("similarity", of_stretch.sum(0) / sum(counts), pieces, np.array(at), "step", measures)


def _read(inputs: LookInputs) -> Affinity:
    path, info, group = only_network(inputs.models, inputs.task_ids)
    rate = info.learning_rate[group] if inputs.options["rate"] is None else inputs.options["rate"]
    _check_looks(path, info, inputs)
    sums, counts, at = read_looks(path, inputs.name)
    ends = read_table(inputs.curves[list(inputs.models).index(path)]).iloc[-1]
    spent, whole = float(ends["look_ahead_seconds"]), float(ends["seconds"])
    measures = {
        "observations": sum(counts),
        "rate": float(rate),
        "look_ahead_seconds": spent,
        "training_seconds": whole,
        "look_ahead_share": spent / (whole - spent) if whole > spent else None,
    }
    if inputs.network is not None:
        _, network = trained_network(inputs.network)
        ahead = LookAhead(inputs.options["form"], float(rate), info.precision)
        every = inputs.options["every"] or EVERY
        steps = [i * every for i in range(sum(counts))]
        measures |= check_trunk(inputs.network, network, ahead, steps)
    return _affinity(sums, counts, at, measures)


def _check_looks(path: str, info: ModelInfo, inputs: LookInputs) -> None:
    """InputError unless the training looked on as the options say."""
    looked = info.settings.get("look_ahead", {}).get("affinities", {}).get(inputs.name, {})
    wanted = {key: inputs.options[key] for key in sorted(LOOK_OPTIONS)}
    if looked != wanted:
        raise InputError(
            f"{path}: its training looked on for affinity '{inputs.name}' with {looked or 'nothing'}, wanted is"
            f" {wanted}; let a grouping with this affinity and seed name the strategy in heads_from, and train"
            " it again"
        )


def _batch(inputs: NetworkInputs, order: TrainingOrder, step: int) -> tuple[torch.Tensor, torch.Tensor]:
    indices, reverse, shift = order.batch(step)
    return inputs.train.one_hot(indices, reverse=reverse, shift=shift), inputs.labels(indices)


def check_trunk(inputs: NetworkInputs, network: nn.Module, ahead: LookAhead, steps: Sequence[int]) -> dict:
    """How the last shared layer's affinities rank pairs (i, j) against those of the whole trunk, on the same
    batches and state of the network; steps on at most 12 tasks, the losses of all."""
    tasks, order = inputs.checked_tasks(), inputs.training_order()
    wanted = inputs.options["trunk_checks"]
    whole, last = [], []
    for step in steps[:: max(1, len(steps) // wanted)][:wanted]:
        windows, labels = _batch(inputs, order, step)
        whole.append(trunk_look_ahead(network, windows, labels, tasks, inputs.rate).numpy())
        last.append(ahead.form(last_layer(network, windows, labels))[tasks].double().cpu().numpy())
    return {
        "trunk_checks": len(whole),
        "trunk_tasks": len(tasks),
        "trunk_spearman": spearman(np.mean(whole, 0).ravel(), np.mean(last, 0).ravel()),
    }
