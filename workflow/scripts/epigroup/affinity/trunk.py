"""The slow reference: gradients of the whole shared trunk by autograd, a pass a task."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn


def task_losses(network: nn.Module, windows: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """(T,): each task's binary cross-entropy, mean over the examples."""
    return F.binary_cross_entropy_with_logits(network(windows), labels, reduction="none").mean(0)


def trunk_gradients(
    network: nn.Module, windows: torch.Tensor, labels: torch.Tensor, tasks: Sequence[int]
) -> torch.Tensor:
    """(len(tasks), P): gradient of each task's mean loss by all P weights of the trunk, one after another."""
    weights = list(network.trunk.parameters())
    losses = task_losses(network, windows, labels)
    rows = []
    for task in tasks:
        parts = torch.autograd.grad(losses[task], weights, retain_graph=True)
        rows.append(torch.cat([part.reshape(-1) for part in parts]))
    return torch.stack(rows)


def trunk_distances(
    network: nn.Module, windows: torch.Tensor, labels: torch.Tensor, tasks: Sequence[int], rate: float
) -> torch.Tensor:
    """float64 (t, t): mean over the examples of the distance between two tasks' one-step optima of the
    trunk."""
    total = torch.zeros(len(tasks), len(tasks), dtype=torch.float64)
    for i in range(len(windows)):
        here = slice(i, i + 1)
        gradients = trunk_gradients(network, windows[here], labels[here], tasks).double().cpu()
        total += rate * torch.cdist(gradients, gradients, compute_mode="donot_use_mm_for_euclid_dist")
    return total / len(windows)


def trunk_look_ahead(
    network: nn.Module, windows: torch.Tensor, labels: torch.Tensor, tasks: Sequence[int], rate: float
) -> torch.Tensor:
    """float64 (t, T): 1 - L_j after a gradient step of the trunk on task i / L_j before, i over `tasks`, j
    over all.

    The network is left as it was.
    """
    before = task_losses(network, windows, labels).detach().double()
    gradients = trunk_gradients(network, windows, labels, tasks)
    weights = list(network.trunk.parameters())
    kept = [weight.detach().clone() for weight in weights]
    after = []
    with torch.no_grad():
        for gradient in gradients:
            parts = gradient.split([weight.numel() for weight in weights])
            for weight, old, part in zip(weights, kept, parts, strict=True):
                weight.copy_(old - rate * part.view_as(weight))
            after.append(task_losses(network, windows, labels).double())
        for weight, old in zip(weights, kept, strict=True):
            weight.copy_(old)
    return (1 - torch.stack(after) / before).cpu()
