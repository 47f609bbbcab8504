"""What the last shared layer sees and gives on a batch, from which a task's gradient there follows without a
backward pass.

The hidden layer is h = relu(z), z = W x + b with x the flattened output of the convolutions; task t predicts
p_t = sigmoid(w_t . h + c_t), its loss is binary cross-entropy. Hence for one example

    dL_t / dW = d_t x',   dL_t / db = d_t,   d_t = (p_t - y_t) w_t [z > 0],

and with x~ = (x, 1), which takes the bias in (it is shared as W is), the gradient is d_t x~', of rank one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from epigroup.core.errors import InputError


@dataclass(frozen=True)
class LastLayer:
    """A batch of N examples at the last shared layer, H units, and the heads of T tasks.

    inputs: (N, D), x; hidden: (N, H), z before the ReLU; weights: (T, H); bias: (T,); labels: (N, T), 0 or 1;
    logits: (N, T), those of the pass that gave the rest, or worked out from it.
    """

    inputs: torch.Tensor
    hidden: torch.Tensor
    weights: torch.Tensor
    bias: torch.Tensor
    labels: torch.Tensor
    logits: torch.Tensor | None = None

    def __post_init__(self) -> None:
        if self.logits is None:
            object.__setattr__(self, "logits", self.worked_out())

    def worked_out(self) -> torch.Tensor:
        """(N, T): the logits from the other values."""
        return F.linear(self.hidden.relu(), self.weights, self.bias)

    def double(self) -> "LastLayer":
        """The same in float64, the logits worked out again in it."""
        parts = (self.inputs, self.hidden, self.weights, self.bias, self.labels)
        return LastLayer(*(part.double() for part in parts))


@contextmanager
def last_layer_kept(network: nn.Module) -> Iterator[dict[str, torch.Tensor]]:
    """Keeps `inputs` and `hidden`, detached, of the forward pass that is made within. InputError: a network
    without a linear layer under linear heads."""
    layer = getattr(network.trunk, "hidden", None)
    if not isinstance(layer, nn.Linear) or not isinstance(network.head, nn.Linear):
        raise _unfit(network)
    kept: dict[str, torch.Tensor] = {}

    def keep(_module: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        kept["inputs"], kept["hidden"] = inputs[0].detach(), output.detach()

    hook = layer.register_forward_hook(keep)
    try:
        yield kept
    finally:
        hook.remove()


def kept_layer(
    network: nn.Module, kept: dict[str, torch.Tensor], logits: torch.Tensor, labels: torch.Tensor
) -> LastLayer:
    """What a pass has kept and given, float32, before the weights move."""
    return LastLayer(
        kept["inputs"].float(),
        kept["hidden"].float(),
        network.head.weight.detach(),
        network.head.bias.detach(),
        labels,
        logits.detach(),
    )


def check_form(network: nn.Module, seen: LastLayer) -> None:
    """InputError where the logits do not follow from the last shared layer as above."""
    # NaN on both sides passes: scores that are not finite are named by task later
    if not torch.allclose(seen.worked_out(), seen.logits, rtol=1e-3, atol=1e-4, equal_nan=True):
        raise _unfit(network)


def last_layer(network: nn.Module, windows: torch.Tensor, labels: torch.Tensor) -> LastLayer:
    """Run a network of `epigroup.networks.networks` on windows (N, 4, 1, W), labels (N, T), and keep what its last
    shared layer sees, float32.

    InputError: a network whose heads do not sit on a linear layer and a ReLU, for which the form above would
    not be exact.
    """
    with last_layer_kept(network) as kept, torch.no_grad():
        logits = network(windows)
    seen = kept_layer(network, kept, logits, labels)
    check_form(network, seen)
    return seen


def _unfit(network: nn.Module) -> InputError:
    return InputError(
        f"the network {type(network).__name__} has no plain hidden layer (linear, ReLU) right under linear"
        " heads, so that gradients of the last shared layer cannot be had from its features; measure"
        " affinities on a strategy with one of the plain networks"
    )
