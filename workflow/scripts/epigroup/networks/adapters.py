"""Adapters of low rank (LoRA; Hu et al. 2021, section 4.1): the weights of a trunk stay, a change of them is trained.

A layer computes with W + (ALPHA / r) B A, W (outputs, inputs) frozen, A (r, inputs) drawn at random, B (outputs, r)
zero at the start, so that the network begins as it was. The paper says of A that it is Gaussian; its variance here is
1 / inputs. The filters of a convolution are rows of W, of channels x width numbers each (the paper adapts matrices
only). W, A and B are put together in each pass: training, validation and the model file know one weight, the sum.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import nn
from torch.nn.utils import parametrize

from epigroup.core.errors import InputError
from epigroup.networks.networks import Network

# Constant in r, as in the paper, so that a learning rate means much the same at each rank.
ALPHA = 8.0


class LowRank(nn.Module):
    """The weights of a layer with their change: frozen float32 (outputs, ...) -> the same shape.

    `down` (rank, inputs) is A and `up` (outputs, rank) is B, both float32 also under autocast.
    """

    def __init__(self, shape: Sequence[int], rank: int, generator: torch.Generator) -> None:
        super().__init__()
        outputs, inputs = shape[0], math.prod(shape[1:])
        self.scale = ALPHA / rank
        self.down = nn.Parameter(torch.randn(rank, inputs, generator=generator) * inputs**-0.5)
        self.up = nn.Parameter(torch.zeros(outputs, rank))

    def forward(self, frozen: torch.Tensor) -> torch.Tensor:
        with torch.autocast(frozen.device.type, enabled=False):
            return frozen + (self.scale * self.up @ self.down).view(frozen.shape)


def add_adapters(network: Network, rank: int, key: int) -> None:
    """Freeze the trunk of a network on the CPU and give the weights of its convolutions and of its shared hidden layer
    adapters, A drawn from `key`. Biases have none and stay as they are; the head is trained in full. Raises InputError
    for a rank below 1.
    """
    if rank < 1:
        raise InputError(
            f"training.adapter_rank: {rank}; give a rank of 1 or more, or 0 to train whole networks"
        )
    network.trunk.requires_grad_(False)
    generator = torch.Generator().manual_seed(key)
    for layer in list(network.trunk.modules()):
        if isinstance(layer, nn.Conv2d | nn.Linear):
            parametrize.register_parametrization(
                layer, "weight", LowRank(layer.weight.shape, rank, generator)
            )


def whole_weights(network: Network) -> dict[str, torch.Tensor]:
    """The state of the network without adapters that computes the same: its own state, with each weight that has an
    adapter as the sum of both.
    """
    found = dict(network.state_dict())
    for name, layer in network.named_modules():
        if parametrize.is_parametrized(layer, "weight"):
            parts = f"{name}.parametrizations.weight."
            found = {key: tensor for key, tensor in found.items() if not key.startswith(parts)}
            with torch.no_grad():
                found[f"{name}.weight"] = layer.weight
    return found
