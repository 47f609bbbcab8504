"""FAMO (Liu, Feng, Stone & Liu 2023, Algorithm 1): logarithms of losses that fall at one rate, at a cost that
does not grow with the number of tasks.

With z = softmax(xi) of learned logits xi (0 at the start), a step descends

    sum_t  (c z_t / L_t) L_t',   c = 1 / sum_t (z_t / L_t),

c and z / L held fixed. Then xi descends J' (log L(before) - log L(after)) + gamma xi, J = diag(z) - z z' the
Jacobian of the softmax: a task that fell faster than the others gets less. As in the paper's practice xi is
moved by Adam, gamma being its weight decay. `after` is a second forward pass of the same batch through the
moved weights with the same dropout masks, so that the difference is that of the step alone.
"""

import torch

from epigroup.networks.networks import Network
from epigroup.training.balancing.balancer import LearnedWeights, option
from epigroup.training.settings import TrainingSettings

SMALLEST = 1e-8  # added to losses


class Famo(LearnedWeights):
    """`learned`: xi."""

    looks_again = True

    def __init__(self, settings: TrainingSettings, network: Network, n_tasks: int, key: int) -> None:
        super().__init__(
            settings,
            network,
            n_tasks,
            key,
            start=0.0,
            decay=option(settings.balancing_decay, "balancing_decay"),
        )

    def weigh(self, values: torch.Tensor, losses: torch.Tensor, logits: torch.Tensor) -> torch.Tensor:
        self._before = values + SMALLEST
        shares = torch.softmax(self.learned, 0) / self._before
        return self.n_tasks * shares / shares.sum()

    def look_again(self, losses: torch.Tensor) -> None:
        fell = self._before.log() - (losses.float() + SMALLEST).log()
        z = torch.softmax(self.learned, 0)
        self.move(z * (fell - z @ fell))
