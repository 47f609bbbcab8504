"""The losses of one batch and their gradients, to hold methods of balancing against their definitions."""

import numpy as np
import torch

from epigroup.training.balancing.balancer import build_balancer
from planted_examples import SETTINGS, WINDOW, build_network, settings

OPTIONS = {
    "balancing_rate": 0.025,
    "balancing_temperature": 2.0,
    "balancing_decay": 0.001,
    "balancing_smoothing": 0.9,
    "balancing_asymmetry": 1.5,
    "balancing_every": 3,
    "balancing_inner_rate": 0.05,
    "balancing_steps": 2,
    "balancing_tasks": 2,
}
CFG = SETTINGS | OPTIONS


class Batch:
    """A network in training mode without dropout, and the losses of one batch of it, in float64."""

    def __init__(self, n_tasks: int = 3, head: str = "shared", seed: int = 0) -> None:
        torch.manual_seed(seed)
        network = SETTINGS["network"] | {"dropout": [0.0] * 3, "head": head, "private_hidden": 5}
        self.network = build_network(network, n_tasks, WINDOW).double().train()
        self.x = torch.nn.functional.one_hot(torch.randint(0, 4, (9, WINDOW)), 4).mT.double()
        self.y = (torch.rand(9, n_tasks) < 0.4).double()

    def losses(self) -> tuple[torch.Tensor, torch.Tensor]:
        logits = self.network(self.x)
        elements = torch.nn.functional.binary_cross_entropy_with_logits(logits, self.y, reduction="none")
        return elements.mean(0), logits

    def balancer(self, name: str, **change):
        cfg = CFG | {"balancing": name} | change
        return build_balancer(settings(cfg), self.network, self.y.shape[1], 7)

    def backward(self, balancer, step: int = 0) -> torch.Tensor:
        """The losses of a step, whose gradients stay at the weights."""
        self.network.zero_grad()
        losses, logits = self.losses()
        balancer.backward(losses, logits, step)
        return losses.detach()

    def gradients(self, loss: torch.Tensor) -> dict[str, torch.Tensor]:
        names, parameters = zip(*self.network.named_parameters(), strict=True)
        return dict(zip(names, torch.autograd.grad(loss, parameters, retain_graph=True), strict=True))

    def check(self, expected: dict[str, torch.Tensor]) -> None:
        for name, parameter in self.network.named_parameters():
            torch.testing.assert_close(parameter.grad, expected[name], rtol=1e-5, atol=1e-9, msg=name)


def adam(gradients: list[np.ndarray], start: np.ndarray, rate: float, decay: float = 0.0) -> list[np.ndarray]:
    """Where Adam (Kingma & Ba 2015, Algorithm 1) goes, step after step; the gradient may be a function."""
    x, m, v, path = start.copy(), 0.0, 0.0, [start]
    for t, gradient in enumerate(gradients, 1):
        g = gradient + decay * x
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        x = x - rate * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        path.append(x.copy())
    return path


def batch_trunk(batch: Batch, loss: torch.Tensor) -> torch.Tensor:
    parts = torch.autograd.grad(loss, list(batch.network.trunk.parameters()), retain_graph=True)
    return torch.cat([part.flatten() for part in parts])


def batch_heads(batch: Batch, loss: torch.Tensor) -> tuple[torch.Tensor, ...]:
    return torch.autograd.grad(loss, list(batch.network.head.parameters()), retain_graph=True)
