"""GradNorm (Chen et al. 2018, section 3 and Algorithm 1): weights w that bring the norms of the tasks'
gradients at the last shared layer to one scale, larger for tasks that train slowly.

With G_t = w_t |dL_t/dW|, G their mean, and r_t = (L_t / L_t(first step)) over its mean, w descends

    sum_t |G_t - G r_t^asymmetry|,   the targets held fixed,

and is then brought back to the sum T. The paper leaves the optimiser of w open: here it is Adam; and w, which
must stay above 0, is floored at `LEAST` before it is scaled.

The norms need no backward pass. With x~ = (x, 1) the inputs of the hidden layer and its bias, z its outputs
before the ReLU, u_t the head's row and e_nt the slope of L_t by the logit of example n, the gradient of task
t is sum_n e_nt (u_t [z_n > 0]) x~_n' (`epigroup.affinity.last_layer`), of which row h is u_th sum_n a_n x~_n with
a_n = e_nt [z_nh > 0]. Hence

    |dL_t/dW|^2 = sum_h u_th^2 a' K a,   K = X~ X~' (N, N).
"""

import torch
from torch import nn

from epigroup.core.errors import InputError
from epigroup.networks.networks import Network, SharedHead
from epigroup.training.balancing.balancer import LearnedWeights, option
from epigroup.training.settings import TrainingSettings

LEAST = 0.01
SMALLEST = 1e-8  # added to losses
_ELEMENTS = 1 << 24  # of a slice of the products


class GradNorm(LearnedWeights):
    """`learned`: w."""

    KEPT = ("first", "begun")

    def __init__(self, settings: TrainingSettings, network: Network, n_tasks: int, key: int) -> None:
        super().__init__(settings, network, n_tasks, key, start=1.0)
        self.asymmetry = option(settings.balancing_asymmetry, "balancing_asymmetry")
        self.first, self.begun = torch.ones(n_tasks, device=self.device), False
        self._seen: tuple[torch.Tensor, torch.Tensor] | None = None
        if network.trunk.hidden is None or not isinstance(network.head, SharedHead):
            raise InputError(
                "training.balancing gradnorm needs a hidden layer that tasks share: network.head shared"
            )
        self._heads = network.head.weight
        network.trunk.hidden.register_forward_hook(self._keep)

    def _keep(self, layer: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        if layer.training:
            self._seen = inputs[0].detach().float(), output.detach() > 0

    def weigh(self, values: torch.Tensor, losses: torch.Tensor, logits: torch.Tensor) -> torch.Tensor:
        weights = self.learned.clone()
        if not self.begun:
            self.first.copy_(values + SMALLEST)
            self.begun = True
        if self._seen is None:
            raise RuntimeError("the last shared layer has seen no forward pass in training mode")
        (slopes,) = torch.autograd.grad(losses.sum(), logits, retain_graph=True)
        norms = gradient_norms(slopes.float(), *self._seen, self._heads.detach())
        self._seen = None
        relative = (values + SMALLEST) / self.first
        target = (weights * norms).mean() * (relative / relative.mean()) ** self.asymmetry
        self.move(torch.sign(weights * norms - target) * norms)
        self.learned.clamp_(min=LEAST)
        self.learned *= self.n_tasks / self.learned.sum()
        return weights


def gradient_norms(
    slopes: torch.Tensor, inputs: torch.Tensor, active: torch.Tensor, heads: torch.Tensor
) -> torch.Tensor:
    """(T,): norm of each task's gradient by the last shared layer and its bias.

    slopes: (N, T), of each task's loss by its logits; inputs: (N, D), of the layer; active: bool (N, H), where
    its output is above 0; heads: (T, H).
    """
    kernel = inputs @ inputs.T + 1
    on = active.T.to(slopes.dtype)
    n, size = len(slopes), max(1, _ELEMENTS // on.numel())
    squares = []
    for rows, own in zip(slopes.T.split(size), heads.split(size), strict=True):
        a = (rows[:, None, :] * on).view(-1, n)  # (t H, N)
        squares.append((((a @ kernel) * a).sum(1).view(len(rows), -1) * own.square()).sum(1))
    return torch.cat(squares).clamp(min=0).sqrt()
