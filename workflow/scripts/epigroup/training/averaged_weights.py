"""The running mean of a network's weights along its training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from epigroup.networks.networks import Network


class AveragedWeights:
    """An exponential moving average of all weights (Polyak & Juditsky 1992; with this decay at the start as in
    TensorFlow's `ExponentialMovingAverage`, reconstructed).

    After step s, counted from 1, the mean keeps the share d = min(decay, (1 + s) / (10 + s)) of itself, so that the
    random weights of the beginning are soon forgotten. Of adapters the factors are averaged, so that the mean has their
    rank. `network` is what is validated and kept.
    """

    def __init__(self, network: Network, decay: float) -> None:
        self.decay = decay
        self._mean = AveragedModel(network)
        self._mean.requires_grad_(False)
        self._mean.n_averaged += (
            1  # holds the weights of the beginning: the first update averages, and does not copy
        )

    @property
    def network(self) -> Network:
        return self._mean.module

    def update(self, network: Network, step: int) -> None:
        """Take in the weights after `step` steps."""
        self._mean.multi_avg_fn = get_ema_multi_avg_fn(min(self.decay, (1 + step) / (10 + step)))
        self._mean.update_parameters(network)

    def state_dict(self) -> dict[str, Any]:
        return self.network.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.network.load_state_dict(state)
