"""Dynamic weight average (Liu, Johns & Davison 2019, section 3.4): a task whose loss falls more slowly counts
more,

    w_t = T exp(r_t / temperature) / sum_i exp(r_i / temperature),   r_t = L_t(k - 1) / L_t(k - 2),

L_t(k) the mean training loss of task t over period k. The paper's period is an epoch; here it is the steps
from one validation to the next. In the first two periods all weights are 1.
"""

import torch

from epigroup.networks.networks import Network
from epigroup.training.balancing.balancer import WeightedLosses, option
from epigroup.training.settings import TrainingSettings

SMALLEST = 1e-8  # below it a loss counts as this


class WeightAverage(WeightedLosses):
    KEPT = ("sums", "steps", "before", "periods")

    def __init__(self, settings: TrainingSettings, network: Network, n_tasks: int, key: int) -> None:
        super().__init__(settings, network, n_tasks, key)
        self.temperature = option(settings.balancing_temperature, "balancing_temperature")
        self.sums = torch.zeros(n_tasks, dtype=torch.float64, device=self.device)
        self.before = torch.zeros_like(self.sums)
        self.steps, self.periods = 0, 0

    def weigh(self, values: torch.Tensor, losses: torch.Tensor, logits: torch.Tensor) -> torch.Tensor:
        self.sums += values
        self.steps += 1
        return self.weights

    def end_period(self) -> None:
        mean = (self.sums / max(self.steps, 1)).clamp(min=SMALLEST)
        if self.periods:
            self.weights = averaged(mean / self.before, self.temperature)
        self.before = mean
        self.sums = torch.zeros_like(mean)
        self.steps, self.periods = 0, self.periods + 1


def averaged(ratios: torch.Tensor, temperature: float) -> torch.Tensor:
    """float32 (T,): the weights, of sum T, from the losses' ratios."""
    return (len(ratios) * torch.softmax(ratios / temperature, 0)).float()
