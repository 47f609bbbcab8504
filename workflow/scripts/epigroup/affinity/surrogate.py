"""Affinities from training on random subsets of tasks (Li, Nguyen & Zhang 2023; see `subsets`).

The paper trains a network for each subset anew. Here, own, the network of all tasks goes on for a few steps on the
subset's tasks alone: Adam with the strategy's learning rate, evaluation mode (no dropout), the same batches for every
subset, so that subsets differ by their tasks alone. Losses are those of examples that these steps did not see; the
network of all tasks saw them.
"""

import logging

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from epigroup.affinity.joint_network import NetworkInputs, fixed_network
from epigroup.affinity.matrix import Affinity
from epigroup.affinity.subsets import affinity_of, choose_subsets, draw_examples
from epigroup.core.logs import Progress

log = logging.getLogger(__name__)

BATCH = 256  # of examples that are only measured


def train_on(
    network: nn.Module, inputs: NetworkInputs, batches: list[torch.Tensor], tasks: torch.Tensor
) -> None:
    """Steps of Adam down the mean loss of the tasks (places among the T), one for each batch of training examples."""
    optimiser = torch.optim.Adam(network.parameters(), inputs.rate)
    for batch in batches:
        logits = network(inputs.train.one_hot(batch))[:, tasks]
        loss = F.binary_cross_entropy_with_logits(logits, inputs.labels(batch)[:, tasks])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()


def task_losses(network: nn.Module, inputs: NetworkInputs, examples: torch.Tensor) -> np.ndarray:
    """float64 (T,): each task's mean binary cross-entropy over training examples."""
    total = torch.zeros(len(inputs.task_ids), dtype=torch.float64, device=examples.device)
    with torch.no_grad():
        for part in examples.split(BATCH):
            logits = network(inputs.train.one_hot(part))
            elements = F.binary_cross_entropy_with_logits(logits, inputs.labels(part), reduction="none")
            total += elements.double().sum(0)
    found: np.ndarray = (total / len(examples)).cpu().numpy()
    return found


def draw_batches(inputs: NetworkInputs, examples: torch.Tensor) -> list[torch.Tensor]:
    """`steps` batches of the examples, each example once before any comes again."""
    rng = np.random.default_rng([inputs.options["seed"], inputs.seed, 3])
    wanted = inputs.options["steps"] * inputs.training.batch_size
    rounds = [rng.permutation(len(examples)) for _ in range(-(-wanted // len(examples)))]
    order = torch.from_numpy(np.concatenate(rounds)[:wanted]).to(examples.device)
    return list(examples[order].split(inputs.training.batch_size))


def measure(inputs: NetworkInputs) -> Affinity:
    """Effects of tasks on each other's loss when subsets of them are trained on (`subsets.affinity_of`).

    options: network "initial" | "tied" | "trained"; samples (training examples, half of them to learn from, half to
    measure on), sampling, seed; subsets, subset_size (None: see `subsets`); steps, of training on each subset; rate.
    measures: samples, positives, tasks_without_positives, steps, rate, and those of `subsets.affinity_of`.
    InputError: as `draw_examples`, `choose_subsets`, `fixed_network`.
    """
    subsets, examples = choose_subsets(inputs), draw_examples(inputs)
    step, network = fixed_network(inputs)
    start = {name: one.clone() for name, one in network.state_dict().items()}
    batches = draw_batches(inputs, examples.fitted)
    before = task_losses(network, inputs, examples.measured)
    ratios = np.full(subsets.shape, np.nan)
    progress = Progress(log, "training on subsets", len(subsets), "subsets")
    for row, subset in zip(ratios, subsets, strict=True):
        network.load_state_dict(start)
        train_on(
            network, inputs, batches, torch.from_numpy(np.flatnonzero(subset)).to(examples.fitted.device)
        )
        row[subset] = (task_losses(network, inputs, examples.measured) / before)[subset]
        progress.advance()
    measures = {
        "samples": len(examples.fitted) + len(examples.measured),
        "positives": examples.positives,
        "tasks_without_positives": examples.without,
        "steps": len(batches),
        "rate": inputs.rate,
    }
    return affinity_of(step, subsets, ratios, measures)
