"""Sample-wise convergence: how far apart one-step optima of two tasks lie, mean over examples (Thakur et al.
2024, sections 3.2 and 4.2.1, equation 16).

A step of length `rate` from shared weights theta on task t's loss of one example n ends at theta - rate *
g_t,n. So the distance of two tasks' optima is rate * |g_s,n - g_t,n|, and for the last shared layer (see
`last_layer`) rate * |x~_n| * |d_s,n - d_t,n|: no backward pass. The paper's equations are lost from the text
that is at hand; the mean distance is said in words, the one step too ("one gradient update is sufficient").
"""

import logging
import time
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import nn

from epigroup.affinity.joint_network import NetworkInputs, fixed_network, look_along_training
from epigroup.affinity.last_layer import LastLayer, last_layer
from epigroup.affinity.matrix import Affinity, pair_scores, spearman
from epigroup.affinity.sampling import sample_examples
from epigroup.affinity.trunk import trunk_distances
from epigroup.core.logs import Progress
from epigroup.training.batches import Batches

log = logging.getLogger(__name__)

SIZES = (
    50,
    100,
    200,
    350,
    500,
    700,
    1000,
)  # examples at which the mean so far is kept (section 6.4 sweeps them)
BATCH = 64


def example_distances(seen: LastLayer, rate: float) -> Iterator[torch.Tensor]:
    """float64 (T, T) of each example: distance of two tasks' one-step optima of the last shared layer and its
    bias."""
    seen = seen.double()
    error = torch.sigmoid(seen.logits) - seen.labels
    length = rate * (seen.inputs.square().sum(1) + 1).sqrt()
    for n in range(len(error)):
        # only units that are on pass a gradient; |a - b|^2 = |a|^2 + |b|^2 - 2 a.b as one product of matrices
        rows = error[n][:, None] * seen.weights[:, seen.hidden[n] > 0]
        gram = rows @ rows.T
        square = gram.diagonal().clone()
        # rounding may leave a difference of equal numbers a little below 0
        gram.mul_(-2).add_(square[:, None]).add_(square).clamp_(min=0).sqrt_().fill_diagonal_(0)
        yield gram.mul_(length[n])


def mean_distances(
    network: nn.Module,
    train: Batches,
    columns: Sequence[int],
    examples: np.ndarray,
    rate: float,
    sizes: Sequence[int],
) -> np.ndarray:
    """float64 (len(sizes), T, T): mean distances over the first `size` of the training examples, sizes
    rising."""
    device = train.labels.device
    tasks = torch.tensor(list(columns), device=device)
    total = torch.zeros(len(tasks), len(tasks), dtype=torch.float64, device=device)
    means, done = [], 0
    progress = Progress(log, "distances", int(sizes[-1]), "examples")
    for size in sizes:
        for first in range(done, size, BATCH):
            here = torch.from_numpy(examples[first : min(first + BATCH, size)]).to(device)
            seen = last_layer(network, train.one_hot(here), train.targets(here, tasks))
            for one in example_distances(seen, rate):
                total += one
            progress.advance(len(here))
        done = size
        means.append((total / size).cpu().numpy())
    return np.stack(means)


def measure(inputs: NetworkInputs) -> Affinity:
    """Mean distances on a sample of training examples.

    options: network "initial" | "tied" | "trained" | "training"; samples; sampling; rate; every (training:
    steps between looks, as often as validation when None); trunk_checks (examples on which the whole trunk is
    compared over at most 12 tasks); seed. The matrix is that of all examples, of the end of training with
    "training". pieces: by sample size, or with "training" by step (section 6.3). measures: samples, positives
    (least over tasks), tasks_without_positives, rate, trunk_spearman; with "training" training_steps and
    training_seconds.
    """
    started = time.perf_counter()
    options = inputs.options
    examples = sample_examples(
        inputs.train.labels.cpu().numpy(),
        inputs.columns,
        options["samples"],
        options["sampling"],
        [options["seed"], inputs.seed],
    )
    if len(examples) < options["samples"]:
        log.warning("%d examples asked for, the training split has %d", options["samples"], len(examples))
    everyone = torch.from_numpy(examples).to(inputs.train.labels.device)
    positives = inputs.labels(everyone).sum(0).long().tolist()
    without = [task for task, n in zip(inputs.task_ids, positives, strict=True) if n == 0]
    if without:
        log.warning(
            "%d tasks have no positive among the %d examples, the first is '%s': their distances say"
            " nothing of what they learn",
            len(without),
            len(examples),
            without[0],
        )
    arguments = (inputs.train, inputs.columns, examples, inputs.rate)
    if options["network"] == "training":
        every = options["every"] or inputs.repeated.validate_every
        at, pieces, trainer = look_along_training(
            inputs, every, lambda network: mean_distances(network, *arguments, [len(examples)])[0]
        )
        network, axis = trainer.network, "step"
    else:
        _, network = fixed_network(inputs)
        sizes = [size for size in SIZES if size < len(examples)] + [len(examples)]
        at, pieces, axis = np.array(sizes), mean_distances(network, *arguments, sizes), "samples"
    measures = {
        "samples": len(examples),
        "positives": min(positives),
        "tasks_without_positives": without,
        "rate": inputs.rate,
        "seconds": round(time.perf_counter() - started, 3),
    }
    if options["network"] == "training":
        measures |= {
            "training_steps": trainer.state.step,
            "training_seconds": round(trainer.state.seconds, 3),
        }
    if options["trunk_checks"]:
        measures |= check_trunk(inputs, network, everyone[: options["trunk_checks"]])
    return Affinity("distance", pieces[-1], pieces, at, axis, measures)


def check_trunk(inputs: NetworkInputs, network: nn.Module, examples: torch.Tensor) -> dict:
    """How the distances of the last shared layer rank pairs of tasks against those of the whole trunk, on the
    same few examples and tasks."""
    tasks = inputs.checked_tasks()
    windows, labels = inputs.train.one_hot(examples), inputs.labels(examples)
    whole = trunk_distances(network, windows, labels, tasks, inputs.rate).numpy()
    last = sum(example_distances(last_layer(network, windows, labels), inputs.rate)).cpu().numpy()
    return {
        "trunk_checks": len(examples),
        "trunk_tasks": len(tasks),
        "trunk_spearman": spearman(
            pair_scores(whole, "distance"), pair_scores(last[np.ix_(tasks, tasks)], "distance")
        ),
    }
