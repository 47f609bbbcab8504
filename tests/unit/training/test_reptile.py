"""Reptile against its definition, written plainly; and what it is for: a start from which few steps lead far."""

from contextlib import nullcontext
from copy import deepcopy

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from balancing_examples import CFG, Batch
from epigroup.core.errors import InputError
from epigroup.training.balancing import check_balancing
from epigroup.training.balancing.balancer import build_balancer
from planted_examples import settings

pytestmark = pytest.mark.usefixtures("one_thread")


def loss(logits, targets):
    return F.binary_cross_entropy_with_logits(logits, targets, reduction="none")


def walked(batch, n_tasks, step=0, **options):
    """The balancer after a walk over a batch, and the loss that it saw."""
    told = settings(CFG | {"balancing": "reptile"} | options)
    balancer = build_balancer(told, batch.network, n_tasks, 7)
    balancer.device = batch.x.device
    return balancer, balancer.walk(batch.x, batch.y, loss, nullcontext, step)


@pytest.mark.parametrize("head", ["shared", "private"])
@pytest.mark.parametrize(("steps", "tasks", "rate"), [(1, 3, 0.1), (3, 2, 0.05), (9, 1, 0.2), (20, 5, 0.01)])
def test_it_leaves_the_mean_of_where_single_tasks_end(head, steps, tasks, rate):
    batch = Batch(head=head)
    before = deepcopy(batch.network)
    balancer, seen = walked(
        batch, 3, 4, balancing_steps=steps, balancing_tasks=tasks, balancing_inner_rate=rate
    )
    drawn = balancer.drawn(4)
    assert len(drawn) == min(tasks, 3)
    ends, first = [], []
    for task in drawn:
        own = deepcopy(before)
        descent = torch.optim.SGD(own.parameters(), rate)
        for number, rows in enumerate(np.array_split(np.arange(9), min(steps, 9))):
            value = loss(own(batch.x[rows]), batch.y[rows])[:, task].mean()
            descent.zero_grad()
            value.backward()
            descent.step()
            if number == 0:
                first.append(value.item())
        ends.append([one.detach() for one in own.parameters()])
    assert seen.item() == pytest.approx(np.mean(first))
    for i, (now, old) in enumerate(zip(batch.network.parameters(), before.parameters(), strict=True)):
        assert torch.equal(now, old)  # the optimiser moves them, not the walk
        mean = torch.stack([old - end[i] for end in ends]).mean(0) / (rate * min(steps, 9))
        assert torch.allclose(now.grad, mean.detach(), atol=1e-9)


def test_of_one_step_and_all_tasks_it_is_the_gradient_of_the_mean_loss():
    batch = Batch()
    walked(batch, 3, balancing_steps=1, balancing_tasks=3)
    found = [one.grad.clone() for one in batch.network.parameters()]
    batch.network.zero_grad()
    loss(batch.network(batch.x), batch.y).mean().backward()
    for mine, plain in zip(found, batch.network.parameters(), strict=True):
        assert torch.allclose(mine, plain.grad, atol=1e-9)


def test_tasks_come_by_turns():
    batch = Batch(n_tasks=5)
    balancer, _ = walked(batch, 5, balancing_tasks=2)
    seen = [task for step in range(10) for task in balancer.drawn(step)]
    for first in range(0, 20, 5):
        assert sorted(seen[first : first + 5]) == list(range(5))
    assert seen[:5] != seen[5:10] or seen[5:10] != seen[10:15]
    assert balancer.weights.mean() == pytest.approx(1) and (balancer.weights > 0).sum() == 2


def test_from_its_start_few_steps_lead_further():
    """Tasks y = s_t x with s_t of either sign: the mean of all is of no use, the start of Reptile learns the sign."""
    torch.manual_seed(1)
    x = torch.randn(200, 1).double()
    signs = torch.tensor([1.0, -1.0] * 3).double()

    class Toy(torch.nn.Module):
        """One hidden layer that tasks share, and a row each."""

        def __init__(self):
            super().__init__()
            self.hidden, self.head = torch.nn.Linear(1, 8), torch.nn.Linear(8, 6)

        def forward(self, given):
            return self.head(torch.tanh(self.hidden(given)))

    def squares(found, wanted):
        return (found - wanted) ** 2

    def after_few(network, task):
        own = deepcopy(network)
        descent = torch.optim.SGD(own.parameters(), 0.1)
        for _ in range(3):
            value = squares(own(x), x * signs)[:, task].mean()
            descent.zero_grad()
            value.backward()
            descent.step()
        return squares(own(x), x * signs)[:, task].mean().item()

    start = Toy().double()
    trained = deepcopy(start)
    told = settings(CFG | {
        "balancing": "reptile", "balancing_steps": 4, "balancing_tasks": 6, "balancing_inner_rate": 0.1,
    })  # fmt: skip
    balancer = build_balancer(told, trained, 6, 1)
    descent = torch.optim.SGD(trained.parameters(), 0.2)
    for step in range(60):
        descent.zero_grad()
        balancer.walk(x, x * signs, squares, nullcontext, step)
        descent.step()
    assert np.mean([after_few(trained, task) for task in range(6)]) < 0.5 * np.mean(
        [after_few(start, task) for task in range(6)]
    )


def test_affinities_along_such_a_training_are_refused():
    look = {"entry": "affinity.tag:Tag", "affinities": {}}
    with pytest.raises(InputError, match="reptile takes steps of single tasks"):
        check_balancing(settings(CFG | {"balancing": "reptile", "look_ahead": look}))
