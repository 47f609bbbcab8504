"""Weights from learned uncertainties (Kendall, Gal & Cipolla 2018, section 3.2).

Each task has a noise sigma_t^2 of its own, learned by descending, with s_t = log sigma_t^2,

    sum_t  c exp(-s_t) L_t + s_t / 2,

c = 1 for a likelihood of classes (their equation 10) and 1/2 for a Gaussian one (equation 7), which here is
loss mse. The paper learns s with the optimiser of the network; here it has an Adam of its own, whose speed
does not depend on the number of tasks.
"""

import torch

from epigroup.networks.networks import Network
from epigroup.training.balancing.balancer import LearnedWeights
from epigroup.training.settings import TrainingSettings


class Uncertainty(LearnedWeights):
    """`learned`: s, log variances, 0 at the start."""

    def __init__(self, settings: TrainingSettings, network: Network, n_tasks: int, key: int) -> None:
        super().__init__(settings, network, n_tasks, key, start=0.0)
        self.factor = 0.5 if settings.loss == "mse" else 1.0

    def weigh(self, values: torch.Tensor, losses: torch.Tensor, logits: torch.Tensor) -> torch.Tensor:
        weights = self.factor * torch.exp(-self.learned)
        self.move(0.5 - weights * values)
        return weights
