"""What the last shared layer sees and gives on a batch, from which a task's gradient there follows without a
backward pass.

The hidden layer is h = relu(z), z = W x + b with x the flattened output of the convolutions; task t predicts
p_t = sigmoid(w_t . h + c_t), its loss is binary cross-entropy. Hence for one example

    dL_t / dW = d_t x',   dL_t / db = d_t,   d_t = (p_t - y_t) w_t [z > 0],

and with x~ = (x, 1), which takes the bias in (it is shared as W is), the gradient is d_t x~', of rank one.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from epigroup.errors import InputError


@dataclass(frozen=True)
class LastLayer:
    """A batch of N examples at the last shared layer, H units, and the heads of T tasks.

    inputs: (N, D), x; hidden: (N, H), z before the ReLU; weights: (T, H); bias: (T,); labels: (N, T), 0 or 1.
    """

    inputs: torch.Tensor
    hidden: torch.Tensor
    weights: torch.Tensor
    bias: torch.Tensor
    labels: torch.Tensor

    @property
    def logits(self) -> torch.Tensor:
        """(N, T)."""
        return F.linear(self.hidden.relu(), self.weights, self.bias)

    def double(self) -> "LastLayer":
        """The same in float64."""
        return LastLayer(*(getattr(self, name).double() for name in self.__dataclass_fields__))


def last_layer(network: nn.Module, windows: torch.Tensor, labels: torch.Tensor) -> LastLayer:
    """Run a network of `epigroup.networks` on windows (N, 4, 1, W), labels (N, T), and keep what its last
    shared layer sees, float32.

    InputError: a network whose heads do not sit on a linear layer and a ReLU, for which the form above would
    not be exact.
    """
    layer = getattr(network.trunk, "hidden", None)
    if not isinstance(layer, nn.Linear) or not isinstance(network.head, nn.Linear):
        raise _unfit(network)
    kept: dict[str, torch.Tensor] = {}

    def keep(_module: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        kept["inputs"], kept["hidden"] = inputs[0], output

    hook = layer.register_forward_hook(keep)
    try:
        with torch.no_grad():
            logits = network(windows)
    finally:
        hook.remove()
    seen = LastLayer(
        kept["inputs"].float(),
        kept["hidden"].float(),
        network.head.weight.detach(),
        network.head.bias.detach(),
        labels,
    )
    # NaN on both sides passes: scores that are not finite are named by task later
    if not torch.allclose(seen.logits, logits, rtol=1e-3, atol=1e-4, equal_nan=True):
        raise _unfit(network)
    return seen


def _unfit(network: nn.Module) -> InputError:
    return InputError(
        f"the network {type(network).__name__} has no plain hidden layer (linear, ReLU) right under linear"
        " heads, so that gradients of the last shared layer cannot be had from its features; measure"
        " affinities on a strategy with one of the plain networks"
    )
