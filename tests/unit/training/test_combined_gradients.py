"""The methods that combine gradients, PCGrad and Nash-MTL, each against its definition."""

import numpy as np
import pytest
import torch
from scipy.optimize import root

from balancing_examples import Batch, batch_heads, batch_trunk
from epigroup.training.balancing.gradients import gram, shared_gradients
from epigroup.training.balancing.nash_mtl import RIDGE, bargain, solve
from epigroup.training.balancing.pcgrad import projected

pytestmark = pytest.mark.usefixtures("one_thread")


def naive_pcgrad(gradients: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Algorithm 1 on the gradients themselves."""
    total = np.zeros(gradients.shape[1])
    for i, mine in enumerate(gradients):
        left = mine.copy()
        for j in rng.permutation(len(gradients)):
            if j != i and left @ gradients[j] < 0:
                left -= (left @ gradients[j]) / (gradients[j] @ gradients[j]) * gradients[j]
        total += left
    return total


@pytest.mark.parametrize("seed", range(20))
def test_pcgrad_on_products_is_pcgrad_on_gradients(seed):
    rng = np.random.default_rng(seed)
    gradients = rng.normal(size=(rng.integers(2, 8), 5)) * rng.uniform(0.1, 10, (1, 5))
    found = projected(gradients @ gradients.T, np.random.default_rng(seed)).sum(0) @ gradients
    np.testing.assert_allclose(
        found, naive_pcgrad(gradients, np.random.default_rng(seed)), rtol=1e-8, atol=1e-10
    )


@pytest.mark.parametrize("head", ["shared", "private"])
def test_pcgrad_leaves_what_its_definition_says(head):
    batch = Batch(n_tasks=4, head=head)
    balancer = batch.balancer("pcgrad")
    losses, _ = batch.losses()
    each = [batch_trunk(batch, loss).numpy() for loss in losses]
    total = naive_pcgrad(np.array(each), np.random.default_rng([7, 5])) / 4
    heads = batch_heads(batch, losses.mean())
    batch.backward(balancer, step=5)
    left = torch.cat([p.grad.flatten() for p in batch.network.trunk.parameters()]).numpy()
    np.testing.assert_allclose(left, total, rtol=1e-3, atol=1e-7)
    for parameter, expected in zip(batch.network.head.parameters(), heads, strict=True):
        torch.testing.assert_close(parameter.grad, expected)


def test_two_tasks_in_conflict_step_without_conflict():
    """Opposite labels under heads that nearly agree: the mean gradient harms a task, PCGrad's neither."""
    batch = Batch(n_tasks=2, seed=3)
    with torch.no_grad():
        batch.network.head.weight[1] = 0.3 * batch.network.head.weight[0]
        batch.network.head.bias.zero_()
        batch.y[:, 1] = 1 - batch.y[:, 0]
    losses, _ = batch.losses()
    own = torch.stack([batch_trunk(batch, loss) for loss in losses])
    assert own[0] @ own[1] < 0
    assert (own @ own.mean(0)).min() < 0
    batch.backward(batch.balancer("pcgrad"))
    step = torch.cat([p.grad.flatten() for p in batch.network.trunk.parameters()])
    along = (own @ step) / (own.norm(dim=1) * step.norm())
    assert along.min() > 0.001


@pytest.mark.parametrize("seed", range(10))
def test_the_bargain_is_what_a_root_finder_finds(seed):
    rng = np.random.default_rng(seed)
    n = rng.integers(2, 7)
    gradients = rng.normal(size=(n, n + 3)) * rng.uniform(0.1, 5, (n, 1))
    products = gradients @ gradients.T
    found = solve(products)
    np.testing.assert_allclose(found * (products @ found), 1, atol=1e-8)
    # over logarithms, so that it stays among positive numbers
    start = np.full(n, -np.log(np.diag(products).mean()) / 2)
    other = root(lambda u: products @ np.exp(u) - np.exp(-u), start, method="lm", tol=1e-12)
    assert other.success
    np.testing.assert_allclose(found, np.exp(other.x), rtol=1e-6)


def test_the_bargain_of_orthogonal_equal_and_cancelling_gradients():
    lengths = np.array([0.5, 2.0, 4.0])
    np.testing.assert_allclose(solve(np.diag(lengths**2)), 1 / lengths, rtol=1e-8)
    np.testing.assert_allclose(bargain(np.full((3, 3), 7.0)), 1, rtol=1e-5)
    np.testing.assert_array_equal(bargain(np.zeros((3, 3))), 1)
    opposite = np.array([[1.0, 0.0], [-1.0, 0.0]])
    weights = bargain(opposite @ opposite.T)
    assert np.linalg.norm(weights @ opposite) < 1e-2 and (weights > 0).all()
    # the scale of all gradients does not matter
    some = np.random.default_rng(0).normal(size=(4, 9))
    np.testing.assert_allclose(bargain(some @ some.T), bargain(1e-6 * some @ some.T), rtol=1e-6)


def test_nash_leaves_its_bargain_at_the_shared_weights_and_keeps_it_between():
    batch = Batch(n_tasks=3)
    balancer = batch.balancer("nash_mtl", balancing_every=3)
    losses, _ = batch.losses()
    gradients = shared_gradients(losses, batch.network).double()
    own = gradients.numpy()
    products = own @ own.T / np.linalg.norm(own @ own.T) + RIDGE * np.eye(3)
    np.testing.assert_allclose(gram(gradients).numpy(), own @ own.T, rtol=1e-10)
    weights = solve(products)
    assert np.linalg.norm(weights @ own / 3) <= np.sqrt((own**2).sum(1).mean())
    batch.backward(balancer, step=0)
    np.testing.assert_allclose(balancer.weights.numpy(), weights, rtol=1e-3)
    kept = balancer.weights.double()
    with torch.no_grad():
        batch.network.trunk.hidden.weight += 0.05
    losses, _ = batch.losses()
    shared, heads = batch_trunk(batch, (kept * losses).mean()), batch_heads(batch, losses.mean())
    batch.backward(balancer, step=1)
    left = torch.cat([p.grad.flatten() for p in batch.network.trunk.parameters()])
    torch.testing.assert_close(left, shared)
    for parameter, expected in zip(batch.network.head.parameters(), heads, strict=True):
        torch.testing.assert_close(parameter.grad, expected)
    batch.backward(balancer, step=3)
    assert not torch.equal(balancer.weights.double(), kept)
