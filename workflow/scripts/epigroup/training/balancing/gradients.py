"""The gradients of the shared weights, task by task, for the methods that combine them."""

import torch

from epigroup.networks.networks import Network
from epigroup.training.balancing.balancer import Balancer

_COLUMNS = 1 << 16  # of a slice of the Gram product


class CombinedGradients(Balancer):
    """The shared weights descend a sum of the tasks' gradients g_t, sum_t weights_t g_t / T; the weights of
    the heads, of which each is one task's own, descend that task's loss as without balancing.
    """

    def backward(self, losses: torch.Tensor, logits: torch.Tensor, step: int) -> None:
        gradients = shared_gradients(losses, self.network)
        weights = self.combine(gram(gradients), step)
        self.weights = weights.to(self.device, torch.float32)
        set_shared(self.network, (self.weights / self.n_tasks) @ gradients)
        descend_heads(losses, self.network)

    def combine(self, products: torch.Tensor, step: int) -> torch.Tensor:
        """float64 (T,) on the CPU: weights of the gradients, from their inner products (T, T) there."""
        raise NotImplementedError


def shared_parameters(network: Network) -> list[torch.nn.Parameter]:
    """What the tasks share and train: the weights of the trunk, or those of its adapters."""
    return [weights for weights in network.trunk.parameters() if weights.requires_grad]


def shared_gradients(losses: torch.Tensor, network: Network) -> torch.Tensor:
    """float32 (T, P): the gradient of each loss by the `shared_parameters`, which are flattened in order.
    The graph stays.
    """
    parameters = shared_parameters(network)
    found = torch.empty(len(losses), sum(p.numel() for p in parameters), device=losses.device)
    for row, loss in zip(found, losses, strict=True):
        parts = torch.autograd.grad(loss, parameters, retain_graph=True)
        row.copy_(torch.cat([part.reshape(-1) for part in parts]))
    return found


def gram(gradients: torch.Tensor) -> torch.Tensor:
    """float64 (T, T) on the CPU: inner products of the rows."""
    return sum(part.double() @ part.double().T for part in gradients.split(_COLUMNS, 1)).cpu()


def set_shared(network: Network, gradient: torch.Tensor) -> None:
    """Leave `gradient` (P,) at the `shared_parameters`."""
    parameters = shared_parameters(network)
    for parameter, part in zip(parameters, gradient.split([p.numel() for p in parameters]), strict=True):
        # in the parameter's own order of memory, which the fused optimisers take for granted
        parameter.grad = torch.empty_like(parameter).copy_(part.view(parameter.shape))


def descend_heads(losses: torch.Tensor, network: Network) -> None:
    """Leave the gradient of the mean loss at the weights of the head; the graph is used up."""
    parameters = list(network.head.parameters())
    for parameter, gradient in zip(parameters, torch.autograd.grad(losses.mean(), parameters), strict=True):
        parameter.grad = gradient
