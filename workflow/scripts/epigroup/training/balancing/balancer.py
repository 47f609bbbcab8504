"""What a balancing method is to the trainer, and what several of them share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from importlib import import_module
from typing import Any, TypeVar

import torch

from epigroup.core.errors import InputError
from epigroup.networks.networks import Network
from epigroup.training.balancing import find_method
from epigroup.training.settings import TrainingSettings

Number = TypeVar("Number", int, float)


class Balancer:
    """Puts the gradients of a group's T tasks together, step after step.

    In each step the trainer calls `backward`, moves the weights along the gradients that it left, and where
    `looks_again` calls `look_again`; after each validation it calls `end_period`. With all weights 1 the loss
    that is descended is the mean over the tasks, as without balancing, so that a learning rate means the
    same. What is not named in `KEPT` must follow from settings, key and step alone.

    `weights`: float32 (T,), how much each task counted in the last step.
    """

    KEPT: tuple[str, ...] = ()  # tensors and plain numbers that a checkpoint holds
    looks_again = False
    walks = False  # it makes the passes of a step itself: `walk` in place of `backward`

    def __init__(self, settings: TrainingSettings, network: Network, n_tasks: int, key: int) -> None:
        self.network, self.n_tasks, self.key = network, n_tasks, key
        self.device = network.head.bias.device
        self.weights = torch.ones(n_tasks, device=self.device)

    def backward(self, losses: torch.Tensor, logits: torch.Tensor, step: int) -> None:
        """Leave a gradient at every weight of the network. `losses` float32 (T,), the mean losses of the
        batch, from `logits` (N, T), both with their graph; `step` counts from 0.
        """
        raise NotImplementedError

    def walk(
        self,
        x: torch.Tensor,
        targets: torch.Tensor,
        loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
        autocast: Callable[[], AbstractContextManager],
        step: int,
    ) -> torch.Tensor:
        """Leave a gradient at every weight of the network, which are as they were, after passes of its own.

        `x`: windows of the batch (N, 4, 1, W); `targets` float32 (N, T); `loss`: of logits and targets, (N, T);
        `autocast`: the context that passes are made in. Returns the mean loss that it saw, a scalar without graph.
        """
        raise NotImplementedError

    def look_again(self, losses: torch.Tensor) -> None:
        """`losses` (T,): those of the same batch after the step, same dropout, no graph."""

    def end_period(self) -> None:
        """A validation has been made, `validate_every` steps after the last one."""

    def state_dict(self) -> dict[str, Any]:
        """What a resumed training needs to go on with the same bits."""
        kept = {name: getattr(self, name) for name in ("weights", *self.KEPT)}
        return {k: v.clone() if isinstance(v, torch.Tensor) else v for k, v in kept.items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        for name in ("weights", *self.KEPT):
            now, saved = getattr(self, name), state[name]
            if isinstance(now, torch.Tensor):
                now.copy_(saved)
            else:
                setattr(self, name, saved)


class WeightedLosses(Balancer):
    """Descends the losses weighed by task: heads and shared layers alike."""

    def backward(self, losses: torch.Tensor, logits: torch.Tensor, step: int) -> None:
        self.weights = self.weigh(losses.detach().float(), losses, logits)
        (self.weights * losses).mean().backward()

    def weigh(self, values: torch.Tensor, losses: torch.Tensor, logits: torch.Tensor) -> torch.Tensor:
        """The weights of this step, (T,), from the losses' `values`; `losses` and `logits` have their graph."""
        raise NotImplementedError


class LearnedWeights(WeightedLosses):
    """Weights that follow from a vector `learned` (T,), moved by Adam at `balancing_rate`."""

    def __init__(
        self,
        settings: TrainingSettings,
        network: Network,
        n_tasks: int,
        key: int,
        start: float,
        decay: float = 0.0,
    ) -> None:
        super().__init__(settings, network, n_tasks, key)
        self.learned = torch.full((n_tasks,), start, device=self.device)
        self.adam = torch.optim.Adam(
            [self.learned], option(settings.balancing_rate, "balancing_rate"), weight_decay=decay
        )

    def move(self, gradient: torch.Tensor) -> None:
        self.learned.grad = gradient.to(self.learned.dtype)
        self.adam.step()

    def state_dict(self) -> dict[str, Any]:
        return {
            **super().state_dict(),
            "learned": self.learned.detach().clone(),
            "adam": self.adam.state_dict(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        super().load_state_dict(state)
        self.learned.copy_(state["learned"])
        self.adam.load_state_dict(state["adam"])


def option(value: Number | None, key: str) -> Number:
    """The value of a key of the section `training` that a method heeds. Raises InputError where it is not given."""
    if value is None:
        raise InputError(f"training.{key} is missing, and the method that training.balancing names heeds it")
    return value


def build_balancer(settings: TrainingSettings, network: Network, n_tasks: int, key: int) -> Balancer | None:
    """The balancer that the settings name for the group's network; None for "none", and for a group of
    one task, which has nothing to balance. `key`: of the group, for what is drawn at random.
    """
    method = find_method(settings.balancing)
    if method is None or n_tasks < 2:
        return None
    module, name = method.entry.split(":")
    return getattr(import_module(module), name)(settings, network, n_tasks, key)
