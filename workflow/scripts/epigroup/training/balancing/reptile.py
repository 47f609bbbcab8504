"""Reptile (Nichol et al. 2018, Algorithm 2): weights from which each task is learnt in few steps.

From the weights w a task takes k steps of plain descent at the rate a, each on another part of the batch, which end
in w_t; the network then moves by the mean of w_t - w over the tasks of the step, with its own optimiser, as if its
gradient were

    g = mean over t of (w - w_t) / (a k).

With k = 1 and all tasks in each step that is the gradient of the mean loss. The tasks of a step are drawn by turns.
What belongs to one task alone, its row of the head, moves in that task's steps. Thakur et al. 2024 train groups so in
their experiments on meta-learning; the parts of a batch as a task's samples are reconstructed.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import numpy as np
import torch

from epigroup.networks.networks import Network
from epigroup.training.balancing.balancer import Balancer, option
from epigroup.training.settings import TrainingSettings


class Reptile(Balancer):
    walks = True

    def __init__(self, settings: TrainingSettings, network: Network, n_tasks: int, key: int) -> None:
        super().__init__(settings, network, n_tasks, key)
        self.rate = option(settings.balancing_inner_rate, "balancing_inner_rate")
        self.steps = option(settings.balancing_steps, "balancing_steps")
        self.at_once = min(option(settings.balancing_tasks, "balancing_tasks"), n_tasks)

    def drawn(self, step: int) -> list[int]:
        """The tasks of a step: the next ones of a sequence in which each comes once in a round, in random order."""
        first = step * self.at_once
        places = range(first, first + self.at_once)
        rounds = {place // self.n_tasks for place in places}
        order = {
            number: np.random.default_rng([self.key, number, 3]).permutation(self.n_tasks)
            for number in rounds
        }
        return [int(order[place // self.n_tasks][place % self.n_tasks]) for place in places]

    def walk(
        self,
        x: torch.Tensor,
        targets: torch.Tensor,
        loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
        autocast: Callable[[], AbstractContextManager],
        step: int,
    ) -> torch.Tensor:
        weights = [one for one in self.network.parameters() if one.requires_grad]
        start = [one.detach().clone() for one in weights]
        moved = [torch.zeros_like(one) for one in weights]
        tasks = self.drawn(step)
        parts = list(
            zip(x.tensor_split(min(self.steps, len(x))), targets.tensor_split(min(self.steps, len(x))))
        )
        seen = torch.zeros((), device=self.device)
        for task in tasks:
            for number, (windows, truth) in enumerate(parts):
                with autocast():
                    logits = self.network(windows)
                value = loss(logits, truth)[:, task].mean()
                gradients = torch.autograd.grad(value, weights)
                if number == 0:
                    seen += value.detach()
                with torch.no_grad():
                    for one, gradient in zip(weights, gradients, strict=True):
                        one.sub_(gradient, alpha=self.rate)
            with torch.no_grad():
                for one, before, sum_of in zip(weights, start, moved, strict=True):
                    sum_of += before - one
                    one.copy_(before)
        for one, sum_of in zip(weights, moved, strict=True):
            one.grad = sum_of / (self.rate * len(parts) * len(tasks))
        self.weights = torch.bincount(torch.tensor(tasks), minlength=self.n_tasks).float() * self.n_tasks
        self.weights = (self.weights / len(tasks)).to(self.device)
        return seen / len(tasks)
