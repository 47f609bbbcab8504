"""The loss of one example and task, by name, what a network's output means under it, and how losses add up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from epigroup.core.errors import InputError
from epigroup.networks.settings import LossSettings

Elementwise = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
Counts: TypeAlias = torch.Tensor | np.ndarray


@dataclass(frozen=True)
class Loss:
    """`build` makes the elementwise loss from the settings; `mean` turns a network's output into the expected
    target; `of_labels`: whether it is one of targets 0 and 1, whose positives can be weighed; `negative`: whether
    targets below 0 mean anything under it.
    """

    build: Callable[[LossSettings], Elementwise]
    mean: Callable[[torch.Tensor], torch.Tensor]
    of_labels: bool
    negative: bool = False


def _bce(settings: LossSettings) -> Elementwise:
    """-log p of the label (Shiri & Sun 2022, equation 1)."""
    return lambda logits, targets: F.binary_cross_entropy_with_logits(logits, targets, reduction="none")


def _focal(settings: LossSettings) -> Elementwise:
    """-(1 - q)^gamma log q, q the probability of the label (Lin et al. 2017, equation 4)."""
    gamma = settings.focal_gamma

    def focal(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        towards = (2 * targets - 1) * logits
        # log(1 - q) as a logsigmoid: (1 - q)^gamma itself has no finite slope at q = 1 where gamma < 1
        return -torch.exp(gamma * F.logsigmoid(-towards)) * F.logsigmoid(towards)

    return focal


def _poisson(settings: LossSettings) -> Elementwise:
    """rate - target log rate, the output being log rate: -log likelihood without what the target alone
    decides.
    """
    return lambda logits, targets: torch.exp(logits) - targets * logits


def _poisson_multinomial(settings: LossSettings) -> Elementwise:
    """-target log share, share being the task's rate over the sum of the group's, and with `total_weight` the Poisson
    loss of the sums, a T-th of it for each task. With weight 1 the sum over the tasks is that of `poisson`; below it
    what differs between tasks counts for more than what all share (Linder et al. 2025, of positions; here of tasks).
    """
    weight = settings.total_weight

    def poisson_multinomial(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        total = torch.logsumexp(logits, dim=-1, keepdim=True)
        of_total = torch.exp(total) - targets.sum(-1, keepdim=True) * total
        return -targets * (logits - total) + weight * of_total / logits.shape[-1]

    return poisson_multinomial


def _mse(settings: LossSettings) -> Elementwise:
    """The square of output - target."""
    return lambda logits, targets: torch.square(logits - targets)


LOSSES = {
    "bce": Loss(_bce, torch.sigmoid, of_labels=True),
    "focal": Loss(_focal, torch.sigmoid, of_labels=True),
    "poisson": Loss(_poisson, torch.exp, of_labels=False),
    "poisson_multinomial": Loss(_poisson_multinomial, torch.exp, of_labels=False),
    "mse": Loss(_mse, lambda output: output, of_labels=False, negative=True),
}


def find_loss(name: str) -> Loss:
    """The loss of that name. Raises InputError for an unknown one."""
    if name not in LOSSES:
        raise InputError(f"training.loss: unknown loss {name!r}; known: {', '.join(LOSSES)}")
    return LOSSES[name]


def positive_weights(settings: LossSettings, positives: Counts, n_train: int) -> torch.Tensor | None:
    """Weight of a positive of each task, float32 (T,) where `positives` are; None for no weights.

    `balanced`: negatives / positives of the task in training, at most `max_positive_weight`, so that both
    kinds weigh the same; a task without positives has the most. A number is the weight itself.
    """
    counts, wanted = torch.as_tensor(positives).double(), settings.positive_weights
    if wanted == "none":
        return None
    if wanted == "balanced":
        weights = ((n_train - counts) / counts).nan_to_num(torch.inf)
        return weights.clamp(max=settings.max_positive_weight).float()
    return torch.full_like(counts, float(wanted), dtype=torch.float32)


def build_loss(settings: LossSettings, positives: Counts, n_train: int) -> Elementwise:
    """The loss that the settings name: (logits (N, T) float32, targets (N, T) float32) -> (N, T) float32.

    Parameters: `positives` int64 (T,) the positives of the group's tasks among the
    `n_train` training examples. The mean over the result is the loss of the group. Raises InputError for an
    unknown loss, and for weights of positives where targets are no labels.
    """
    loss = find_loss(settings.loss)
    elementwise, weights = loss.build(settings), positive_weights(settings, positives, n_train)
    if weights is None:
        return elementwise
    if not loss.of_labels:
        raise InputError(
            f"training.positive_weights: {settings.positive_weights} has no meaning with loss {settings.loss}; "
            "set it to none, or take loss bce or focal"
        )

    return _weighted(elementwise, weights)


def _weighted(elementwise: Elementwise, weights: torch.Tensor) -> Elementwise:
    """The loss with the weight of each task, `weights` (T,), where its target is above 0."""

    def weighted(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        nonlocal weights
        weights = weights.to(targets.device)  # a copy at the first call only
        return elementwise(logits, targets) * torch.where(targets > 0, weights, 1.0)

    return weighted


@dataclass(frozen=True)
class LossScale:
    """total: losses of examples and tasks (N, T) -> what is descended; mean: of that and T, the mean over the tasks;
    heads: of a network's heads and T, what is done to their gradients after the backward pass; None: nothing."""

    total: Callable[[torch.Tensor], torch.Tensor]
    mean: Callable[[torch.Tensor, int], torch.Tensor] = lambda total, n_tasks: total
    heads: Callable[[nn.Module, int], None] | None = None


def _scale_heads(heads: nn.Module, n_tasks: int) -> None:
    for weight in heads.parameters():
        if weight.grad is not None:
            weight.grad.mul_(n_tasks)


# mean: as Shiri & Sun 2022, section III.D: a head's gradient is that of its task's loss over T, so with plain gradient
# descent its step shrinks with the size of its group. sum: a head's gradient does not depend on T, the trunk's grows
# with it. per_task: the head's of the sum, the trunk's of the mean.
SCALES = {
    "mean": LossScale(torch.mean),
    "sum": LossScale(lambda losses: losses.mean(0).sum(), lambda total, n_tasks: total / n_tasks),
    "per_task": LossScale(torch.mean, heads=_scale_heads),
}


def find_scale(name: str) -> LossScale:
    """The scale of that name. Raises InputError for an unknown one."""
    if name not in SCALES:
        raise InputError(f"training.loss_scale: unknown scale {name!r}; known: {', '.join(SCALES)}")
    return SCALES[name]
