"""Networks of one shape computed as one: their convolutions side by side as a grouped convolution.

The weights stay with the networks and are laid together in each pass, so that the gradients arrive where each
network's own pass would leave them, and its optimiser, checkpoint and end are its own.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from epigroup.networks.networks import Dropout, Network, ResidualBlock
from epigroup.training.trainer import GroupTrainer


def joint_logits(networks: Sequence[Network], x: torch.Tensor) -> list[torch.Tensor]:
    """Logits (N, T) of each network for the windows (N, 4, L) or (N, 4, 1, L): those of its own pass but for
    rounding, dropout masks included. The networks' trunks must be of one shape; their heads need not.
    """
    n = len(networks)
    if x.dim() == 3:
        x = x.unsqueeze(2)
    x = networks[0].trunk.lay_out(x)
    first = True  # all first layers read the same input
    for layers in zip(*(network.trunk.blocks for network in networks), strict=True):
        if isinstance(layers[0], nn.Conv2d):
            x, first = _convolve(layers, x, 1 if first else n), False
        elif isinstance(layers[0], ResidualBlock):
            x = x + layers[0].relu(_convolve([layer.conv for layer in layers], x, n))
        elif isinstance(layers[0], Dropout):
            x = _drop(layers, x)
        elif isinstance(layers[0], nn.ReLU | nn.MaxPool2d):
            x = layers[0](x)
        else:
            raise TypeError(f"no grouped form of {type(layers[0]).__name__}")
    # (N, G C, 1, L) -> (G, N, L C), the order of features of a network's own pass
    features = x.permute(0, 3, 2, 1).reshape(len(x), x.shape[3], n, -1).permute(2, 0, 1, 3).flatten(2)
    hidden = [layer for network in networks if (layer := network.trunk.hidden) is not None]
    if hidden:
        weight = torch.stack([layer.weight for layer in hidden]).transpose(1, 2)
        bias = torch.stack([layer.bias for layer in hidden]).unsqueeze(1)
        features = networks[0].trunk.relu(torch.baddbmm(bias, features, weight))
    return [network.head(of_one) for network, of_one in zip(networks, features, strict=True)]


def _convolve(layers: Sequence[nn.Conv2d], x: torch.Tensor, groups: int) -> torch.Tensor:
    """Convolutions of one shape side by side: of the same input (groups 1), or each of its own channels."""
    weight = torch.cat([layer.weight for layer in layers])
    bias = torch.cat([bias for layer in layers if (bias := layer.bias) is not None])
    of_one = layers[0]
    return F.conv2d(x, weight, bias, padding=of_one.padding, dilation=of_one.dilation, groups=groups)


def _drop(layers: Sequence[Dropout], x: torch.Tensor) -> torch.Tensor:
    """Dropout of (N, G C, 1, L) with the mask that each network draws for its own (N, C, 1, L)."""
    if not layers[0].training or layers[0].rate == 0.0:
        return x
    own = (len(x), x.shape[1] // len(layers), *x.shape[2:])
    like = torch.empty(own, dtype=x.dtype, device=x.device, memory_format=torch.channels_last)
    return x * torch.cat([layer.mask(like) for layer in layers], 1)


def step_grouped(trainers: Sequence[GroupTrainer]) -> None:
    """One step of groups that share a stream, computed as one network."""
    if len(trainers) == 1:
        trainers[0].step()
        return
    first = trainers[0]
    indices, x = first.stream.batch(first.state.step)
    for trainer in trainers:
        trainer.prepare_step()
    with first.autocast():
        logits = joint_logits([trainer.network for trainer in trainers], x)
    losses = [
        trainer.training_loss(of_one, indices) for trainer, of_one in zip(trainers, logits, strict=True)
    ]
    torch.stack(losses).sum().backward()
    for trainer, loss in zip(trainers, losses, strict=True):
        trainer.complete_step(loss)
