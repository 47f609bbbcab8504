"""The plainest correct training loop in PyTorch: what `training.py` measures the engine against.

One-dimensional convolutions in float32, a Dataset that one-hots each window when it is asked for it, a
DataLoader in the same process, torch's dropout and SGD. It computes the function of `epigroup.networks.networks`,
written as a paper's supplement would: ReLU before the pooling, features channel by channel.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset

from epigroup.networks.architecture import Block, blocks
from epigroup.networks.networks import Network
from epigroup.networks.settings import NetworkSettings


class PlainResidual(nn.Module):
    """x + ReLU(convolution of x): (N, C, L) -> the same shape."""

    def __init__(self, block: Block) -> None:
        super().__init__()
        self.conv = nn.Conv1d(
            block.inputs, block.outputs, block.width, padding="same", dilation=block.dilation
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + F.relu(self.conv(x))


class PlainNetwork(nn.Module):
    """(N, 4, W) -> logits (N, T)."""

    def __init__(self, settings: NetworkSettings, n_tasks: int, window: int) -> None:
        super().__init__()
        trunk = blocks(settings, window)
        layers: list[nn.Module] = []
        for block in trunk:
            if block.residual:
                layers.append(PlainResidual(block))
            else:
                layers += [nn.Conv1d(block.inputs, block.outputs, block.width), nn.ReLU()]
            if block.pool is not None:
                layers.append(nn.MaxPool1d(block.pool))
            layers.append(nn.Dropout(block.dropout))
        self.trunk = nn.Sequential(*layers, nn.Flatten())
        self.hidden = nn.Linear(trunk[-1].outputs * trunk[-1].length, settings.units)
        self.head = nn.Linear(settings.units, n_tasks)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(F.relu(self.hidden(self.trunk(x))))


def copy_weights(source: Network, target: PlainNetwork) -> None:
    """Give the plain network the weights of the engine's: filters without the height of one, the hidden
    layer's columns from position by position to channel by channel."""
    theirs = [m for m in source.modules() if isinstance(m, nn.Conv2d)]
    ours = [m for m in target.modules() if isinstance(m, nn.Conv1d)]
    with torch.no_grad():
        for a, b in zip(theirs, ours, strict=True):
            b.weight.copy_(a.weight[:, :, 0])
            b.bias.copy_(a.bias)
        hidden = source.trunk.hidden
        by_place = hidden.weight.view(hidden.out_features, -1, ours[-1].out_channels)
        target.hidden.weight.copy_(by_place.permute(0, 2, 1).flatten(1))
        target.hidden.bias.copy_(hidden.bias)
        target.head.load_state_dict(source.head.state_dict())


class PlainWindows(Dataset):
    """Item i: one-hot window (4, W) and labels (T,) of example i, float32.

    Parameters: `codes` uint8 of one chromosome, `start` (N,) of the windows in it, `labels` packed uint8
    (N, ceil(tasks of the data set / 8)), `tasks` the numbers of those to learn.
    """

    def __init__(
        self, codes: np.ndarray, start: np.ndarray, labels: np.ndarray, window: int, tasks: Sequence[int]
    ) -> None:
        self.codes, self.start, self.labels = codes, start, labels
        self.window, self.tasks = window, np.asarray(tasks)

    def __len__(self) -> int:
        return len(self.start)

    def __getitem__(self, i: int) -> tuple[torch.Tensor, torch.Tensor]:
        codes = torch.from_numpy(self.codes[self.start[i] : self.start[i] + self.window])
        bits = np.unpackbits(self.labels[i], bitorder="little")[self.tasks]
        return F.one_hot(codes.long(), 5)[:, :4].T.float(), torch.from_numpy(bits).float()


def plain_training(
    network: PlainNetwork,
    windows: PlainWindows,
    batch_size: int,
    learning_rate: float,
    device: torch.device | str = "cpu",
    order: Sequence[int] | None = None,
) -> Iterator[float]:
    """Train without end, a loss a step; `order`: the examples of every epoch, shuffled where None."""
    optimiser = torch.optim.SGD(network.parameters(), learning_rate)
    network.train()
    while True:
        loader = DataLoader(windows, batch_size, shuffle=order is None, sampler=order, drop_last=True)
        for x, y in loader:
            loss = F.binary_cross_entropy_with_logits(network(x.to(device)), y.to(device))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            yield loss.item()
