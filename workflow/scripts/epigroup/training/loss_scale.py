"""How the losses of a group's tasks add up to what is descended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from epigroup.core.errors import InputError
from epigroup.networks.networks import Network


@dataclass(frozen=True)
class LossScale:
    """total: losses of examples and tasks (N, T) -> what is descended; mean: of that and T, the mean over the tasks;
    heads: of the network and T, what is done to the gradients of the heads after the backward pass; None: nothing."""

    total: Callable[[torch.Tensor], torch.Tensor]
    mean: Callable[[torch.Tensor, int], torch.Tensor] = lambda total, n_tasks: total
    heads: Callable[[Network, int], None] | None = None


def _scale_heads(network: Network, n_tasks: int) -> None:
    for weight in network.head.parameters():
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
