"""Each balancing method against its definition; training with them, stopped and gone on with."""

import numpy as np
import pytest
import torch
from scipy.optimize import root

from epigroup.core.errors import InputError
from epigroup.training.balancing import METHODS, check_balancing, gradient_bytes, step_flop, without_unused
from epigroup.training.balancing.balancer import build_balancer
from epigroup.training.balancing.dwa import averaged
from epigroup.training.balancing.gradients import gram, shared_gradients
from epigroup.training.balancing.nash_mtl import RIDGE, bargain, solve
from epigroup.training.balancing.pcgrad import projected
from epigroup.training.memory import MEGABYTE, footprint
from epigroup.training.trainer import GroupTrainer
from planted_examples import SETTINGS, WINDOW, build_network, make_trainer, settings, splits, train_groups

OPTIONS = {
    "balancing_rate": 0.025,
    "balancing_temperature": 2.0,
    "balancing_decay": 0.001,
    "balancing_asymmetry": 1.5,
    "balancing_every": 3,
}
CFG = SETTINGS | OPTIONS
PRIVATE = SETTINGS["network"] | {"head": "private", "private_hidden": 5}


pytestmark = pytest.mark.usefixtures("one_thread")


def same_weights(a: dict, b: dict) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


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


def test_famo_by_hand():
    """Algorithm 1 written out with NumPy: weights of the losses, then of the logits, over three steps."""
    batch = Batch()
    balancer = batch.balancer("famo", balancing_decay=0.01)
    rng = np.random.default_rng(0)
    logits, deltas = np.zeros(3), []
    for step in range(3):
        z = np.exp(logits) / np.exp(logits).sum()
        losses, _ = batch.losses()
        values = losses.detach().numpy()
        c = 1 / (z / values).sum()
        # the paper's loss: sum of c z log L, c and z held fixed
        expected = batch.gradients((torch.tensor(c * z) * losses.log()).sum())
        before = batch.backward(balancer, step)
        batch.check(expected)
        after = before * torch.tensor(rng.uniform(0.5, 1.1, 3))
        balancer.look_again(after)
        fell = (before.log() - after.log()).numpy()
        deltas.append((np.diag(z) - np.outer(z, z)) @ fell)
        logits = adam(deltas, np.zeros(3), 0.025, decay=0.01)[-1]
        np.testing.assert_allclose(balancer.learned.numpy(), logits, rtol=1e-3, atol=1e-6)


def test_famo_looks_at_the_same_batch_and_dropout_after_the_step():
    train, validation, tasks = splits()
    cfg = CFG | {"balancing": "famo", "optimiser": "sgd", "learning_rate": 1e-12}
    trainer = make_trainer(tasks, range(len(tasks)), train, validation, cfg, 1)
    seen = []
    look = trainer.balancer.look_again
    trainer.balancer.look_again = lambda losses: (seen.append(losses), look(losses))
    trainer.advance()
    torch.testing.assert_close(seen[0] + 1e-8, trainer.balancer._before, rtol=1e-6, atol=0)
    cfg |= {"learning_rate": 0.5}
    trainer = make_trainer(tasks, range(len(tasks)), train, validation, cfg, 1)
    trainer.balancer.look_again = seen.append
    trainer.advance()
    assert seen[1].mean() < trainer.balancer._before.mean()


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


def batch_trunk(batch: Batch, loss: torch.Tensor) -> torch.Tensor:
    parts = torch.autograd.grad(loss, list(batch.network.trunk.parameters()), retain_graph=True)
    return torch.cat([part.flatten() for part in parts])


def batch_heads(batch: Batch, loss: torch.Tensor) -> tuple[torch.Tensor, ...]:
    return torch.autograd.grad(loss, list(batch.network.head.parameters()), retain_graph=True)


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


@pytest.mark.parametrize("name", METHODS)
def test_stopped_and_gone_on_with_it_ends_with_the_same_bits(name, tmp_path, monkeypatch):
    train, validation, tasks = splits()
    cfg = CFG | {"balancing": name}
    groups = {0: tasks[:3], 1: tasks[2:], 2: tasks[:1]}
    fresh = train_groups(groups, train, validation, tasks, 1, cfg)
    step = GroupTrainer.step

    def step_and_stop(self):
        step(self)
        self.termination.requested |= self.state.step == 14 and len(self.tasks) == 2

    monkeypatch.setattr(GroupTrainer, "step", step_and_stop)
    with pytest.raises(SystemExit):
        train_groups(groups, train, validation, tasks, 1, cfg, checkpoint=tmp_path / "job.pt")
    monkeypatch.undo()
    result = train_groups(groups, train, validation, tasks, 1, cfg, checkpoint=tmp_path / "job.pt")
    interleaved = train_groups(groups, train, validation, tasks, 1, cfg | {"packing": "interleaved"})
    plain = train_groups(groups, train, validation, tasks, 1, cfg | {"balancing": "none"})
    for group in groups:
        assert same_weights(result[group].weights, fresh[group].weights)
        assert same_weights(interleaved[group].weights, fresh[group].weights)
        assert [row[:4] for row in result[group].curve] == [row[:4] for row in fresh[group].curve]
        # a group of one task has nothing to balance
        curves = [[row[:4] for row in results[group].curve] for results in (plain, fresh)]
        assert (curves[0] == curves[1]) == (group == 2)


def test_a_checkpoint_of_another_balancing_is_refused(tmp_path, monkeypatch):
    train, validation, tasks = splits()
    cfg = CFG | {"balancing": "famo"}
    monkeypatch.setattr(GroupTrainer, "step", lambda self: setattr(self.termination, "requested", True))
    with pytest.raises(SystemExit):
        train_groups({0: tasks}, train, validation, tasks, 1, cfg, checkpoint=tmp_path / "job.pt")
    with pytest.raises(InputError, match="another job"):
        train_groups(
            {0: tasks},
            train,
            validation,
            tasks,
            1,
            cfg | {"balancing": "dwa"},
            checkpoint=tmp_path / "job.pt",
        )


@pytest.mark.parametrize("name", ["pcgrad", "nash_mtl"])
def test_gradients_that_do_not_fit_are_refused_before_training(name, caplog):
    train, validation, tasks = splits()
    cfg = CFG | {"balancing": name}
    step = footprint(settings(cfg | {"balancing": "none"}), 4, WINDOW).total(cfg["batch_size"])
    each = gradient_bytes(settings(cfg), 2, WINDOW) // 3
    network = build_network(cfg["network"], 4, WINDOW)
    assert each == 4 * sum(p.numel() for p in network.trunk.parameters())
    room = (step + 3.5 * each) / MEGABYTE  # two gradients, and one more to combine them in
    with pytest.raises(
        InputError, match=r"4 tasks of the largest group.*pack_memory_mb .* has room for 2 tasks"
    ):
        train_groups({0: tasks, 1: tasks[:2]}, train, validation, tasks, 1, cfg | {"pack_memory_mb": room})
    assert "learning rate" not in caplog.text
    train_groups({1: tasks[:2]}, train, validation, tasks, 1, cfg | {"pack_memory_mb": room, "max_steps": 2})
    with pytest.raises(InputError, match="not even two"):
        train_groups({0: tasks}, train, validation, tasks, 1, cfg | {"pack_memory_mb": step / MEGABYTE})
    famo = cfg | {"balancing": "famo", "pack_memory_mb": room, "max_steps": 2}
    assert train_groups({0: tasks}, train, validation, tasks, 1, famo)[0].curve


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"balancing": "famo", "packing": "grouped"}, "needs each network's own passes"),
        ({"balancing": "dwa", "loss": "poisson"}, "loss poisson may be below 0"),
        ({"balancing": "gradnorm", "network": PRIVATE}, "none with network.head private"),
        ({"balancing": "median"}, "unknown method 'median'; known: none, uncertainty"),
    ],
)
def test_what_a_method_cannot_do_is_refused(change, says):
    with pytest.raises(InputError, match=says):
        check_balancing(settings(CFG | change))
    check_balancing(settings(CFG | {"balancing": "uncertainty", "loss": "poisson"}))


def test_settings_name_what_the_method_heeds_and_no_more():
    assert without_unused(CFG) == SETTINGS
    assert without_unused(CFG | {"balancing": "famo"}) == SETTINGS | {
        "balancing": "famo",
        "balancing_rate": 0.025,
        "balancing_decay": 0.001,
    }


def test_flop_of_a_step():
    cfg = CFG | {"network": SETTINGS["network"] | {"channels": [6], "dropout": [0.0], "hidden": 7}}
    cfg["network"] |= {"filter_width": 5}
    window = 24  # 20 places, 5 after pooling
    conv, hidden, heads = 20 * 5 * 4 * 6, 5 * 6 * 7, 7 * 3
    plain = 2 * (2 * conv + 3 * (hidden + heads))
    flop = {name: step_flop(cfg | {"balancing": name}, window, 3) for name in ("none", *METHODS)}
    assert flop["none"] == flop["dwa"] == flop["uncertainty"] == plain
    assert flop["famo"] - plain == 2 * (conv + hidden + heads)
    assert flop["pcgrad"] - plain == 2 * 2 * (conv + 2 * hidden)
    assert flop["nash_mtl"] - plain == pytest.approx(2 * 2 * (conv + 2 * hidden) / 3)
    assert flop["gradnorm"] - plain == 2 * 16 * (5 * 6 + 3 * 7)
    assert step_flop(cfg | {"balancing": "pcgrad"}, window, 1) == plain - 2 * 3 * 14
