"""FAMO (Liu, Feng, Stone & Liu 2023, Algorithm 1): logarithms of losses that fall at one rate, at a cost that
does not grow with the number of tasks.

With z = softmax(xi) of learned logits xi (0 at the start), a step descends

    sum_t  (c z_t / M_t) L_t',   c = 1 / sum_t (z_t / M_t),

c and z / M held fixed. Then xi descends J' (log M(before) - log M(after)) + gamma xi, J = diag(z) - z z' the
Jacobian of the softmax: a task that fell faster than the others gets less. As in the paper's practice xi is
moved by Adam, gamma being its weight decay. `after` is a second forward pass of the same batch through the
moved weights with the same dropout masks, so that the difference is that of the step alone.

In the paper M is the loss L of the batch. That of a rare task is next to nothing in a batch without its
positives, and z / L then gives it nearly all the weight. Here M(before) and M(after) are exponential means over
the steps so far,

    M = sum_k smoothing^(steps - k) L_k / sum_k smoothing^(steps - k),

each of its own losses (the sum below it is the correction of bias of Kingma & Ba 2015, section 3), so that their
difference is the mean fall of the latest 1 / (1 - smoothing) steps or so. The smoothing is own; with 0 the rule is
the paper's.
"""

import torch

from epigroup.networks.networks import Network
from epigroup.training.balancing.balancer import LearnedWeights, option
from epigroup.training.settings import TrainingSettings

SMALLEST = 1e-8  # added to losses


class Famo(LearnedWeights):
    """`learned`: xi; `before`, `after`: float64 (T,), the exponential means without the correction, over `steps`."""

    KEPT = ("before", "after", "steps")
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
        self.smoothing = option(settings.balancing_smoothing, "balancing_smoothing")
        self.before = torch.zeros(n_tasks, dtype=torch.float64, device=self.device)
        self.after = torch.zeros_like(self.before)
        self.steps = 0

    def weigh(self, values: torch.Tensor, losses: torch.Tensor, logits: torch.Tensor) -> torch.Tensor:
        self.steps += 1
        self.before = self._follow(self.before, values)
        shares = torch.softmax(self.learned, 0) / self._corrected(self.before)
        return self.n_tasks * shares / shares.sum()

    def look_again(self, losses: torch.Tensor) -> None:
        self.after = self._follow(self.after, losses)
        fell = self._corrected(self.before).log() - self._corrected(self.after).log()
        z = torch.softmax(self.learned, 0)
        self.move(z * (fell - z @ fell))

    def _follow(self, mean: torch.Tensor, losses: torch.Tensor) -> torch.Tensor:
        return self.smoothing * mean + (1 - self.smoothing) * (losses.float() + SMALLEST)

    def _corrected(self, mean: torch.Tensor) -> torch.Tensor:
        """float32, of a mean over `steps` losses."""
        return (mean / (1 - self.smoothing**self.steps)).float()
