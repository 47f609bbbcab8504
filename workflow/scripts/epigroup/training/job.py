"""What the groups of one training job have in common."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch

from epigroup.networks.networks import LAYOUTS
from epigroup.training.batches import Batches
from epigroup.training.checkpoints import Termination
from epigroup.training.settings import TrainingSettings


@dataclass(frozen=True)
class TrainingJob:
    """Splits, settings and seed of a job's trainings. layout: of activations, what the settings' `layout` means on
    this processor; termination: whether SIGTERM has come."""

    train: Batches
    validation: Batches
    settings: TrainingSettings
    seed: int
    layout: str = LAYOUTS[0]
    termination: Termination = field(default_factory=Termination)

    @property
    def device(self) -> torch.device:
        return self.train.sequences.device

    @property
    def window(self) -> int:
        """Of the networks' inputs, bp."""
        return self.train.sequences.window

    @property
    def batch_size(self) -> int:
        """Examples of a step: those of the settings, or all where there are fewer."""
        return min(self.settings.batch_size, len(self.train))
