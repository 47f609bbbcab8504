"""The training batches of a group, step by step: in which order the examples come, and the windows of each batch."""

from __future__ import annotations

import numpy as np
import torch

from epigroup.core.errors import InputError
from epigroup.training.batches import Batches, TrainingOrder
from epigroup.training.example_weights import example_weights
from epigroup.training.settings import UntrainedSettings


def training_order(
    train: Batches, tasks: torch.Tensor, settings: UntrainedSettings, seed: int, label: str
) -> TrainingOrder:
    """The order in which the training of `tasks` (numbers) goes through the examples. InputError: see
    `_balanced`.
    """
    return TrainingOrder(
        seed,
        len(train),
        settings.batch_size,
        reverse_complement=settings.reverse_complement,
        device=train.sequences.device,
        jitter=settings.jitter,
        positive=_balanced(train, tasks, label) if settings.sampling == "balanced" else None,
        weights=_weights(train, tasks) if settings.sampling == "weighted" else None,
    )


def _balanced(train: Batches, tasks: torch.Tensor, label: str) -> np.ndarray:
    """Which training examples are positive in any task of the group; InputError unless some are not."""
    positive = train.any_positive(tasks)
    if positive.all() or not positive.any():
        raise InputError(
            f"{label}: training.sampling balanced needs training examples with and without a "
            f"positive of the group's tasks; {int(positive.sum()):,} of {len(positive):,} have one; use "
            "sampling none for this strategy, or other dataset.training_regions"
        )
    return positive


def _weights(train: Batches, tasks: torch.Tensor) -> np.ndarray:
    """How often training shows each example, from the labels of the group's tasks: float32 (N,)."""
    share = train.positives(tasks) / len(train)
    parts = [
        example_weights(train.marks(rows, tasks).cpu().numpy(), share) for rows in train.in_order(1 << 14)
    ]
    return np.concatenate(parts)


class BatchStream:
    """The training batches by step: a batch is made once for all groups that ask for the same step."""

    def __init__(self, train: Batches, order: TrainingOrder, dtype: torch.dtype) -> None:
        self.train, self.order, self.dtype = train, order, dtype
        self.buffer = train.sequences.buffer(order.batch_size, dtype)
        self._step = -1
        self._batch: tuple[torch.Tensor, torch.Tensor] | None = None

    def batch(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Examples of step `step` (from 0), int64 (N,), and their windows (N, 4, 1, W), which the next step's
        overwrite.
        """
        if self._batch is None or step != self._step:
            indices, reverse, shift = self.order.batch(step)
            self._batch = indices, self.train.one_hot(indices, self.dtype, reverse, shift, self.buffer)
            self._step = step
        return self._batch
