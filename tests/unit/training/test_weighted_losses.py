"""The methods that weigh losses, uncertainty, DWA, FAMO and GradNorm, each against its definition."""

import numpy as np
import pytest
import torch

from balancing_examples import CFG, Batch, adam
from epigroup.training.balancing.dwa import averaged
from planted_examples import make_trainer, splits

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.parametrize(("loss", "factor"), [("bce", 1.0), ("mse", 0.5)])
def test_uncertainties_descend_the_likelihood(loss, factor):
    """The gradients are those that autograd finds of sum c exp(-s) L + s / 2."""
    batch = Batch()
    balancer = batch.balancer("uncertainty", loss=loss)
    given = []
    for step in range(3):
        s = balancer.learned.double().clone().requires_grad_()
        losses, _ = batch.losses()
        whole = (factor * torch.exp(-s) * losses + s / 2).sum()
        expected = batch.gradients(whole / 3)  # of the mean over the tasks
        given.append(torch.autograd.grad(whole, s)[0].numpy())
        batch.backward(balancer, step)
        batch.check(expected)
    path = adam(given, np.zeros(3), 0.025)
    np.testing.assert_allclose(balancer.learned.numpy(), path[-1], rtol=1e-4)


def test_dwa_by_hand():
    batch = Batch()
    balancer = batch.balancer("dwa", balancing_temperature=2.0)
    periods = [[[1.0, 0.5, 0.2], [0.6, 0.5, 0.4]], [[0.4, 0.5, 0.6]], [[0.2, 0.4, 0.6], [0.2, 0.2, 0.0]]]
    expected = [np.ones(3), np.ones(3)]
    means = [np.mean(one, 0) for one in periods]
    for k in (1, 2):
        r = means[k] / means[k - 1]
        expected.append(3 * np.exp(r / 2) / np.exp(r / 2).sum())
    for k, period in enumerate(periods):
        for losses in period:
            weights = balancer.weigh(torch.tensor(losses), None, None)
            np.testing.assert_allclose(weights.numpy(), expected[k], rtol=1e-6)
        balancer.end_period()
    np.testing.assert_allclose(balancer.weights.numpy(), expected[3], rtol=1e-6)
    assert averaged(torch.tensor([1.0, 1.0, 3.0]), 0.1).sum().item() == pytest.approx(3)


@pytest.mark.parametrize("smoothing", [0.0, 0.7])
def test_famo_by_hand(smoothing):
    """Algorithm 1 written out with NumPy, on losses or their means: weights of the losses, then of the logits."""
    batch = Batch()
    balancer = batch.balancer("famo", balancing_decay=0.01, balancing_smoothing=smoothing)
    rng = np.random.default_rng(0)
    logits, deltas, befores, afters = np.zeros(3), [], [], []
    for step in range(4):
        z = np.exp(logits) / np.exp(logits).sum()
        losses, _ = batch.losses()
        befores.append(losses.detach().numpy())
        counts = smoothing ** np.arange(step, -1, -1.0)  # 0 ** 0 is 1: the batch alone
        mean = np.average(befores, axis=0, weights=counts)
        c = 1 / (z / mean).sum()
        # the paper's loss, sum of c z log M, has the gradient sum of c z / M L'; c, z and M held fixed
        expected = batch.gradients((torch.tensor(c * z / mean) * losses).sum())
        before = batch.backward(balancer, step)
        batch.check(expected)
        afters.append(before.numpy() * rng.uniform(0.5, 1.1, 3))
        balancer.look_again(torch.tensor(afters[-1]))
        fell = np.log(mean) - np.log(np.average(afters, axis=0, weights=counts))
        deltas.append((np.diag(z) - np.outer(z, z)) @ fell)
        logits = adam(deltas, np.zeros(3), 0.025, decay=0.01)[-1]
        np.testing.assert_allclose(balancer.learned.numpy(), logits, rtol=1e-3, atol=1e-6)
        with torch.no_grad():  # let the losses change
            for parameter in batch.network.parameters():
                parameter -= parameter.grad


def test_smoothed_weights_do_not_follow_which_batches_hold_a_positive():
    """A task with 2 positives among 120 examples, in batches of 16: three of four hold none."""
    train, validation, tasks = splits()
    rare = torch.zeros(len(train), dtype=torch.bool)
    rare[[20, 80]] = True
    train.labels[:, 0] = train.labels[:, 0] & 0b11111110 | rare.to(torch.uint8)
    assert train.targets(torch.arange(len(train)), torch.tensor([0])).sum() == 2
    swings, ends = {}, {}
    for smoothing in (0.0, 0.95):
        cfg = CFG | {"balancing": "famo", "balancing_smoothing": smoothing, "max_steps": 90}
        trainer = make_trainer(tasks, range(len(tasks)), train, validation, cfg, 1)
        weights = []
        while trainer.state.step < 90:
            trainer.advance()
            weights.append(trainer.balancer.weights.clone())
        late = torch.stack(weights[30:]).log()
        swings[smoothing] = late.diff(dim=0).abs().mean(0)
        ends[smoothing] = late.exp().amax(0)
    assert swings[0.0][0] > 5 * swings[0.95][0]
    assert (swings[0.0] > swings[0.95]).all()
    assert ends[0.0][0] > ends[0.95][0]  # the share that the rare task takes of a batch without its positives


def test_famo_looks_at_the_same_batch_and_dropout_after_the_step():
    train, validation, tasks = splits()
    cfg = CFG | {"balancing": "famo", "optimiser": "sgd", "learning_rate": 1e-12, "balancing_smoothing": 0.0}
    trainer = make_trainer(tasks, range(len(tasks)), train, validation, cfg, 1)
    trainer.advance()
    torch.testing.assert_close(trainer.balancer.after, trainer.balancer.before, rtol=1e-6, atol=0)
    cfg |= {"learning_rate": 0.5}
    trainer = make_trainer(tasks, range(len(tasks)), train, validation, cfg, 1)
    trainer.advance()
    assert trainer.balancer.after.mean() < trainer.balancer.before.mean()


def test_gradnorm_is_its_definition():
    """Norms and the slope of L_grad by autograd, over the hidden layer's weights and bias."""
    batch = Batch(n_tasks=4)
    balancer = batch.balancer("gradnorm", balancing_asymmetry=0.7)
    layer = list(batch.network.trunk.hidden.parameters())
    first, w, slopes = None, np.ones(4), []
    for step in range(3):
        losses, _ = batch.losses()
        first = losses.detach() if first is None else first
        weights = torch.tensor(w, requires_grad=True)
        norms = []
        for t in range(4):
            parts = torch.autograd.grad(losses[t], layer, retain_graph=True)
            norms.append(torch.cat([part.flatten() for part in parts]).norm())
        scaled = weights * torch.stack(norms)
        ratio = losses.detach() / first
        target = (scaled.mean() * (ratio / ratio.mean()) ** 0.7).detach()
        slopes.append(torch.autograd.grad((scaled - target).abs().sum(), weights)[0].numpy())
        expected = batch.gradients((weights.detach() * losses).mean())
        batch.backward(balancer, step)
        batch.check(expected)
        before = w
        # the last step of Adam from where the weights are now
        path = adam(slopes, np.zeros(4), 0.025)
        w = before + path[-1] - path[-2]
        w = np.maximum(w, 0.01)
        w *= 4 / w.sum()
        np.testing.assert_allclose(balancer.learned.numpy(), w, rtol=1e-4)
        with torch.no_grad():  # let the losses change
            for parameter in batch.network.parameters():
                parameter -= 0.5 * parameter.grad
