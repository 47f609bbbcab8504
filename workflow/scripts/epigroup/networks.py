"""Networks: a convolutional trunk that turns a window into hidden features, and one linear row a task on
top.

The scheme is DeepSEA's (Zhou & Troyanskaya 2015), as Shiri & Sun 2022 (section II) take it over: three
convolutions of width 8, ReLU, max-pooling by 4, dropout after each block, one fully connected hidden layer.
Filter counts and dropout rates are reconstructed from DeepSEA. The hidden layer is shared by the tasks of a
group, so that the rows of the last layer of one network live in one basis and can be compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from epigroup.architecture import blocks
from epigroup.errors import InputError


class Dropout(nn.Module):
    """Dropout whose masks can be drawn from a generator of its own.

    With `bits` set (a NumPy bit generator, CPU training) a mask is a function of that generator alone, and
    drawing it costs a fraction of `torch.bernoulli`, which took a quarter of a training step. The rate is
    kept to 1/65,536. With `bits` None this is `torch.nn.functional.dropout`.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate
        self.bits: np.random.Generator | None = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training or self.rate == 0.0:
            return x
        if self.bits is None:
            return F.dropout(x, self.rate, training=True)
        return x * self._mask(x)

    def _mask(self, x: torch.Tensor) -> torch.Tensor:
        n = x.numel()
        lanes = torch.from_numpy(np.frombuffer(self.bits.bytes(2 * n), dtype=np.int16).copy())
        mask = (lanes >= round(self.rate * 65536) - 32768).to(x.dtype).mul_(1.0 / (1.0 - self.rate))
        # the mask takes x's order of memory, so that the product runs over both in one sweep
        dense = x.is_contiguous() or x.is_contiguous(memory_format=torch.channels_last)
        return mask.as_strided(x.shape, x.stride()) if dense else mask.view(x.shape)

    def extra_repr(self) -> str:
        return f"rate={self.rate}"


class Trunk(nn.Module):
    """Window to hidden features: (N, 4, L) or (N, 4, 1, L) -> (N, hidden)."""

    def __init__(self, cfg: Mapping[str, Any], window: int) -> None:
        super().__init__()
        trunk = blocks(cfg, window)
        layers: list[nn.Module] = []
        for block in trunk:
            layers.append(nn.Conv2d(block.inputs, block.outputs, (1, cfg["filter_width"])))
            if block.pooled:
                # before the ReLU, which commutes with the maximum: the same values from a quarter of the work
                layers.append(nn.MaxPool2d((1, cfg["pool"])))
            layers += [nn.ReLU(), Dropout(block.dropout)]
        self.blocks = nn.Sequential(*layers)
        self.hidden = nn.Linear(trunk[-1].outputs * trunk[-1].length, cfg["hidden"])
        self.relu = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.dim() == 3:
            x = x.unsqueeze(2)
        x = self.blocks(x)
        # position-major rows: what lies in memory under channels_last, so that nothing is copied
        return self.relu(self.hidden(x.permute(0, 3, 2, 1).flatten(1)))


class Network(nn.Module):
    """Trunk and head: (N, 4, L) -> logits (N, n_tasks) float32.

    `trunk` holds the shared part, `head` is Linear(hidden, n_tasks) whose row t belongs to task t. The head
    is computed in float32 also under autocast, so that scores do not tie at the resolution of bfloat16.
    """

    def __init__(self, trunk: Trunk, n_tasks: int) -> None:
        super().__init__()
        self.trunk = trunk
        self.head = nn.Linear(trunk.hidden.out_features, n_tasks)

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 4, L) -> (N, hidden): the hidden features that the tasks share."""
        return self.trunk(x)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        features = self.features(x)
        with torch.autocast(features.device.type, enabled=False):
            return self.head(features.float())

    def draw_dropout_from(self, bits: np.random.Generator | None) -> None:
        """Draw the dropout masks of the next passes from `bits`; None goes back to torch's own generator."""
        for module in self.modules():
            if isinstance(module, Dropout):
                module.bits = bits


def build_network(cfg: Mapping[str, Any], n_tasks: int, window: int) -> Network:
    """The network named by `cfg["name"]` for `n_tasks` tasks and windows of `window` bp.

    Weights are drawn from torch's current generator with torch's defaults. Raises InputError for an unknown
    name or head, lists of unequal length, or a window too short for the pooling.
    """
    if cfg.get("head", "shared") != "shared":
        raise InputError(f"network.head: unknown form {cfg['head']!r}; known: shared")
    return Network(Trunk(cfg, window), n_tasks).to(memory_format=torch.channels_last)
