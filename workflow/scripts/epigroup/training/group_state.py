"""Where the training of one group stands, and what it ends with."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import torch

from epigroup.training.checkpoints import Snapshots


@dataclass
class GroupState:
    """Where the training of one group stands; what a checkpoint keeps beside network and optimiser."""

    step: int = 0
    best_step: int = 0
    best_loss: float = math.inf
    validations_since_best: int = 0
    validated_step: int = 0
    lowerings: int = 0  # of the learning rate, on plateaus
    first_loss: float = math.nan
    exploded_steps: int = 0
    loss_sum: float = 0.0
    loss_steps: int = 0
    seconds: float = 0.0
    # rows of CURVE_COLUMNS without the group; where something looks on, its seconds so far too
    curve: list[list[float]] = field(default_factory=list)
    # of each task, the lowest validation loss of its own and the step of it; with training.keep: group empty
    task_losses: list[float] = field(default_factory=list)
    task_steps: list[int] = field(default_factory=list)
    # what looked on has collected, plain values and tensors: `seconds`, and `found` by affinity
    looks: dict[str, Any] = field(default_factory=dict)
    # by what arithmetic: the layout of activations, and whether its networks were computed as one
    layout: str = "channels_last"
    jointly: bool = False

    @property
    def kept_steps(self) -> list[int]:
        """Steps whose weights are wanted, in order."""
        return sorted({*self.task_steps, self.best_step} - {0})


@dataclass(frozen=True)
class TrainedGroup:
    """Best weights (float32, CPU), the step and validation loss they come from, and the curve (rows of
    CURVE_COLUMNS).

    With training.keep: task also the step that serves each task and its validation loss of the task, and the
    weights of those steps that are not the group's best. `looks`, `layout`, `jointly`: as in GroupState.
    """

    weights: dict[str, torch.Tensor]
    best_step: int
    best_loss: float
    curve: list[list[float]]
    task_steps: list[int]
    task_losses: list[float]
    task_weights: dict[int, dict[str, torch.Tensor]]
    looks: dict[str, Any] = field(default_factory=dict)
    layout: str = "channels_last"
    jointly: bool = False


def trained_group(state: GroupState, snapshots: Snapshots) -> TrainedGroup:
    """What a finished group ends with."""
    return TrainedGroup(
        snapshots.read(state.best_step),
        state.best_step,
        state.best_loss,
        state.curve,
        state.task_steps,
        state.task_losses,
        {step: snapshots.read(step) for step in state.kept_steps if step != state.best_step},
        state.looks,
        state.layout,
        state.jointly,
    )
