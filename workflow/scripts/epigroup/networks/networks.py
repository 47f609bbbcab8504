"""Networks: a convolutional trunk that turns a window into features, and a head of one linear row a task.

The scheme is DeepSEA's (Zhou & Troyanskaya 2015), as Shiri & Sun 2022 (section II) take it over: three
convolutions of width 8, ReLU, max-pooling by 4, dropout after each block, one fully connected hidden layer.
Filter counts and dropout rates are reconstructed from DeepSEA. By default the hidden layer is shared by the
tasks of a group, so that the rows of the last layer of one network live in one basis and can be compared; in
the other form each task has a hidden layer of its own. `dilated` has other convolutions: one, and residual ones
with growing dilation after it, as in BPNet (Avsec et al. 2021).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from epigroup.networks.architecture import Block, blocks, flat_features
from epigroup.networks.settings import NetworkSettings

# Of activations in memory: the channels of a place side by side, or the places of a channel.
LAYOUTS = ("channels_last", "contiguous")


class Dropout(nn.Module):
    """Dropout whose masks can be drawn from a generator of its own.

    With `bits` set a mask is a function of that generator alone. On a CPU it is NumPy's: drawing from it
    costs a fraction of `torch.bernoulli`, which took a quarter of a training step; the rate is kept to
    1/65,536. On a GPU it is a torch.Generator of the device. With `bits` None this is
    `torch.nn.functional.dropout`.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate
        self.bits: np.random.Generator | torch.Generator | None = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training or self.rate == 0.0:
            return x
        if self.bits is None:
            return F.dropout(x, self.rate, training=True)
        return x * self.mask(x)

    def mask(self, x: torch.Tensor) -> torch.Tensor:
        """The next mask for activations like `x` (shape, layout and type count, the values do not)."""
        if self.bits is None:
            raise ValueError("there is no generator to draw a mask from: draw_dropout_from sets it")
        if isinstance(self.bits, torch.Generator):
            kept = 1.0 - self.rate
            return torch.empty_like(x).bernoulli_(kept, generator=self.bits).mul_(1.0 / kept)
        n = x.numel()
        lanes = torch.from_numpy(np.frombuffer(self.bits.bytes(2 * n), dtype=np.int16).copy())
        mask = (lanes >= round(self.rate * 65536) - 32768).to(x.dtype).mul_(1.0 / (1.0 - self.rate))
        # the mask takes x's order of memory, so that the product runs over both in one sweep
        dense = x.is_contiguous() or x.is_contiguous(memory_format=torch.channels_last)
        return mask.as_strided(x.shape, x.stride()) if dense else mask.view(x.shape)

    def extra_repr(self) -> str:
        return f"rate={self.rate}"


class ResidualBlock(nn.Module):
    """x + ReLU(convolution of x): (N, C, 1, L) -> the same shape (Avsec et al. 2021, Methods). No normalisation, so
    that nothing depends on what else is in the batch.
    """

    def __init__(self, block: Block, n_blocks: int) -> None:
        super().__init__()
        reach = (0, block.dilation * (block.width // 2))
        kernel, dilation = (1, block.width), (1, block.dilation)
        self.conv = nn.Conv2d(block.inputs, block.outputs, kernel, padding=reach, dilation=dilation)
        self.relu = nn.ReLU()
        with torch.no_grad():
            # what n blocks add up stays at the scale of what the stem gives
            for weights in self.conv.parameters():
                weights.mul_(n_blocks**-0.5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.relu(self.conv(x))


def convolution_layers(found: Sequence[Block]) -> nn.Sequential:
    """The layers of a trunk's blocks: (N, 4, 1, L) -> (N, C, 1, places)."""
    layers: list[nn.Module] = []
    n_residual = sum(block.residual for block in found)
    for block in found:
        if block.residual:
            layers.append(ResidualBlock(block, n_residual))
        else:
            layers.append(nn.Conv2d(block.inputs, block.outputs, (1, block.width)))
        if block.pool is not None:
            layers.append(nn.MaxPool2d((1, block.pool)))
        if not block.residual:
            # after pooling: it commutes with the maximum, so the same values from a part of the work
            layers.append(nn.ReLU())
        layers.append(Dropout(block.dropout))
    return nn.Sequential(*layers)


class Trunk(nn.Module):
    """Window to features: (N, 4, L) or (N, 4, 1, L) -> (N, `width`).

    With a shared head the features are a hidden layer, else what the last convolution block gives.
    """

    def __init__(self, settings: NetworkSettings, window: int) -> None:
        super().__init__()
        self.blocks = convolution_layers(blocks(settings, window))
        self.layout = LAYOUTS[0]
        self.width = flat_features(settings, window)
        self.hidden: nn.Linear | None = None
        units = settings.units
        if settings.head == "shared":
            self.hidden, self.relu = nn.Linear(self.width, units), nn.ReLU()
            self.width = units

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.dim() == 3:
            x = x.unsqueeze(2)
        x = self.lay_out(x)
        # position-major rows: what lies in memory under channels_last, so that nothing is copied
        x = self.blocks(x).permute(0, 3, 2, 1).flatten(1)
        return x if self.hidden is None else self.relu(self.hidden(x))

    def lay_out(self, x: torch.Tensor) -> torch.Tensor:
        """Windows (N, 4, 1, L) in the layout that the network computes in."""
        return x.contiguous() if self.layout == "contiguous" else x


class SharedHead(nn.Linear):
    """Hidden features to logits: (N, hidden) -> (N, n_tasks), row t for task t.

    Computed in the precision of its weights also under autocast, so that scores do not tie at the resolution
    of bfloat16.
    """

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        with torch.autocast(x.device.type, enabled=False):
            return super().forward(x.to(self.weight.dtype))


class PrivateHead(nn.Module):
    """A hidden layer for each task alone, and its row on that: (N, features) -> (N, n_tasks).

    The hidden layers of all tasks are one matrix product; the rows are computed in the precision of their
    weights also under autocast.
    """

    def __init__(self, features: int, n_tasks: int, units: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(features, n_tasks * units)
        self.relu = nn.ReLU()
        bound = units**-0.5  # as nn.Linear
        self.weight = nn.Parameter(torch.empty(n_tasks, units).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(n_tasks).uniform_(-bound, bound))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hidden = self.relu(self.hidden(x)).unflatten(1, self.weight.shape)
        with torch.autocast(x.device.type, enabled=False):
            return torch.einsum("ntu,tu->nt", hidden.to(self.weight.dtype), self.weight) + self.bias


class Network(nn.Module):
    """Trunk and head: (N, 4, L) -> logits (N, n_tasks) float32. `trunk` holds what the tasks share."""

    def __init__(self, settings: NetworkSettings, n_tasks: int, window: int) -> None:
        super().__init__()
        self.trunk = Trunk(settings, window)
        if self.trunk.hidden is None:
            self.head: SharedHead | PrivateHead = PrivateHead(self.trunk.width, n_tasks, settings.units)
        else:
            self.head = SharedHead(self.trunk.width, n_tasks)

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 4, L) -> (N, features): what the tasks share."""
        return self.trunk(x)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.features(x))

    def take_layout(self, layout: str) -> None:
        """Compute in one of LAYOUTS: the same function, otherwise rounded, and with other dropout masks."""
        self.trunk.layout = layout
        formats = {"channels_last": torch.channels_last, "contiguous": torch.contiguous_format}
        self.to(memory_format=formats[layout])

    def draw_dropout_from(self, bits: np.random.Generator | torch.Generator | None) -> None:
        """Draw the dropout masks of the next passes from `bits`; None goes back to torch's own generator."""
        for module in self.modules():
            if isinstance(module, Dropout):
                module.bits = bits


def build_network(settings: NetworkSettings, n_tasks: int, window: int) -> Network:
    """The network of these settings for `n_tasks` tasks and windows of `window` bp.

    Weights are drawn from torch's current generator with torch's defaults. Raises InputError for an unknown
    name or head, lists of unequal length, or a window too short for the pooling.
    """
    return Network(settings, n_tasks, window).to(memory_format=torch.channels_last)
