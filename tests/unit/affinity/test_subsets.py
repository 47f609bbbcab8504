"""Affinities from random subsets: the linear fit, the linearised network, and planted groups found by both measures."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression, Ridge

from epigroup.affinity import grad_tag, subsets, surrogate
from epigroup.affinity.grad_tag import Linearised, direction, fit_subset, intercepts, linearise
from epigroup.affinity.joint_network import NetworkInputs, fixed_network
from epigroup.affinity.matrix import same_group_auc
from epigroup.core.errors import InputError
from epigroup.networks.model_files import read_info, write_models
from planted_examples import SETTINGS, WINDOW, build_network, make_trainer, pack, settings, splits, write_pack

pytestmark = pytest.mark.usefixtures("one_thread")

GROUPS = np.repeat([0, 1, 2], 3)
TASKS = [f"t{i}" for i in range(len(GROUPS))]
NETWORK = SETTINGS["network"] | {"channels": [16, 16, 16], "hidden": 32, "dropout": [0.0] * 3}
CFG = SETTINGS | {
    "network": NETWORK, "learning_rate": 0.003, "batch_size": 64, "max_steps": 200, "validate_every": 100,
}  # fmt: skip
OPTIONS = {
    "network": "trained", "samples": 1000, "sampling": "random", "rate": None, "seed": 0, "subsets": None,
    "subset_size": None, "projections": 60, "steps": 20,
}  # fmt: skip


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """A network that has begun to learn nine tasks: three see each of three motifs, a tenth of their labels wrong."""
    path = tmp_path_factory.mktemp("planted") / "pack0.safetensors"
    train, validation, _ = splits(n=2000, n_tasks=3)
    rng = np.random.default_rng(0)
    for part in (train, validation):
        of_group = part.targets(torch.arange(len(part)), torch.arange(3)).bool().numpy()
        part.labels = torch.from_numpy(pack(of_group[:, GROUPS] ^ (rng.random((len(part), 9)) < 0.1)))
    columns = list(range(9))
    trainer = make_trainer(TASKS, columns, train, validation, CFG, 1)
    while not trainer.finished:
        trainer.advance()
    write_pack(path, {0: TASKS}, network=NETWORK)
    write_models(path, read_info(path), {0: trainer.network.state_dict()})
    return NetworkInputs(
        "a", TASKS, columns, train, validation, settings(CFG), OPTIONS, 1, "d", models=[str(path)]
    )


def told(inputs, **options):
    return replace(inputs, options=inputs.options | options)


@pytest.mark.parametrize(("module", "least"), [(grad_tag, 0.85), (surrogate, 0.7)])
def test_tasks_of_a_planted_group_help_each_other(planted, module, least):
    large = settings(CFG | {"batch_size": 250})  # a few steps on small batches are noise
    found = module.measure(replace(told(planted, steps=10), training=large))
    same, off = GROUPS[:, None] == GROUPS[None], ~np.eye(9, dtype=bool)
    assert found.matrix[same & off].mean() > found.matrix[~same].mean()
    assert same_group_auc(found.matrix, "similarity", GROUPS) > least
    assert found.kind == "similarity" and (np.diag(found.matrix) == 0).all()
    assert found.measures["subsets"] == 84 and found.measures["subset_size"] == 3  # all that there are
    assert found.measures["samples"] == 1000 and found.measures["tasks_without_positives"] == []
    assert found.measures["loss_ratio"] < 1 and found.measures["foretold"] > 0


@pytest.mark.parametrize("module", [grad_tag, surrogate])
def test_a_measure_repeats_itself_and_another_seed_is_another_sample(planted, module):
    small = told(planted, samples=60, subsets=30, projections=5, steps=2)
    first, again, other = (module.measure(one).matrix for one in (small, small, told(small, seed=1)))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_linearised_losses_follow_a_small_step_of_training(planted):
    """A step of gradient descent on a subset: what it does to each task's loss, by the real network and from the
    projected gradients alone."""
    examples = torch.arange(200)
    _, network = fixed_network(planted)
    seen = linearise(network, planted.train, planted.columns, examples, 250, [0])
    excess = (torch.sigmoid(seen.logits) - seen.labels) / len(examples)
    slopes = torch.einsum("tn,tnd->td", excess, seen.gradients.double())
    start, rate = {name: one.clone() for name, one in network.state_dict().items()}, 1e-3
    before = surrogate.task_losses(network, planted, examples)
    real, foretold = [], []
    for subset in ([0, 1, 2], [3, 4], [6, 0], [5, 7, 8], [2, 4, 6]):
        network.load_state_dict(start)
        logits, labels = network(planted.train.one_hot(examples)), planted.labels(examples)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(logits[:, subset], labels[:, subset])
        parts = torch.autograd.grad(loss, list(network.parameters()))
        with torch.no_grad():
            for weights, part in zip(network.parameters(), parts, strict=True):
                weights -= rate * part
        real.append(surrogate.task_losses(network, planted, examples) - before)
        foretold.append((-rate * slopes @ slopes[subset].mean(0)).numpy())
    real, foretold = np.array(real), np.array(foretold)
    assert np.corrcoef(real.ravel(), foretold.ravel())[0, 1] > 0.9
    np.testing.assert_allclose(foretold.sum(), real.sum(), rtol=0.3)


def test_losses_of_a_subset_are_those_of_the_network_that_is_moved_as_far(planted):
    """theta + P u in the network itself, a little of the way, against the linearised losses there."""
    examples, tasks = torch.arange(200), torch.tensor([0, 1, 5])
    _, network = fixed_network(planted)
    seen = linearise(network, planted.train, planted.columns, examples, 30, [3])
    zero = torch.zeros(30, dtype=torch.float64)
    u = 0.02 * fit_subset(seen, tasks, float(seen.gradients.square().sum(-1).mean()) * 0.01)
    before = seen.losses(tasks, zero).numpy()
    np.testing.assert_allclose(surrogate.task_losses(network, planted, examples)[tasks], before, rtol=1e-5)
    with torch.no_grad():
        for k in range(30):
            for name, part in direction(network, 30, [3, k]).items():
                network.get_parameter(name).add_(float(u[k]) * part)
    change = surrogate.task_losses(network, planted, examples)[tasks] - before
    wanted = seen.losses(tasks, u).numpy() - before
    assert (wanted < 0).all()
    np.testing.assert_allclose(change, wanted, rtol=0.2)


@pytest.mark.parametrize("head", ["shared", "private"])
def test_projected_gradients_are_those_of_autograd(head):
    train, _, tasks = splits()
    torch.manual_seed(0)
    own = {"head": "private", "private_hidden": 5} if head == "private" else {}
    network = build_network(SETTINGS["network"] | own, 4, WINDOW).eval()
    seen = linearise(network, train, range(4), torch.arange(6), 3, [7])
    columns = [direction(network, 3, [7, k]) for k in range(3)]
    assert {round(float(one.abs().min() * 3**0.5), 5) for p in columns for one in p.values()} == {1.0}
    logits = network(train.one_hot(torch.arange(6)))
    torch.testing.assert_close(seen.logits, logits.T.double(), rtol=1e-5, atol=1e-6)
    names, weights = zip(*network.named_parameters(), strict=True)
    for n in range(6):
        for t in range(4):
            parts = torch.autograd.grad(logits[n, t], weights, retain_graph=True, materialize_grads=True)
            wanted = [
                sum(float((part * p[name]).sum()) for name, part in zip(names, parts, strict=True))
                for p in columns
            ]
            np.testing.assert_allclose(seen.gradients[t, n].numpy(), wanted, rtol=1e-3, atol=1e-5)


def linearised(seed=0, offset=1.0):
    rng = np.random.default_rng(seed)
    gradients = rng.normal(size=(4, 80, 6)) * [3, 1, 1, 1, 0.3, 0.1]
    logits = offset * (rng.normal(size=(4, 80)) - 1)
    labels = rng.random((4, 80)) < 1 / (1 + np.exp(-logits - gradients @ rng.normal(size=6)))
    return Linearised(
        torch.from_numpy(logits), torch.from_numpy(labels.astype(float)), torch.from_numpy(gradients).float()
    )


@pytest.mark.parametrize("penalty", [1e-4, 0.1, 10.0])
def test_the_regression_is_that_of_the_libraries(penalty):
    tasks = torch.tensor([0, 2, 3])
    plain = linearised(offset=0.0)
    x, y = plain.gradients[tasks].double().flatten(0, 1).numpy(), plain.labels[tasks].flatten().numpy()
    model = LogisticRegression(C=1 / (penalty * len(y)), fit_intercept=False, tol=1e-10, max_iter=10000)
    np.testing.assert_allclose(fit_subset(plain, tasks, penalty), model.fit(x, y).coef_[0], atol=1e-4)
    seen = linearised()
    x, y = seen.gradients[tasks].double().flatten(0, 1).numpy(), seen.labels[tasks].flatten().numpy()
    offsets = seen.logits[tasks].flatten().numpy()

    def objective(u):
        z = offsets + x @ u
        return np.mean(np.logaddexp(0, z) - y * z) + penalty / 2 * u @ u

    found = minimize(objective, np.zeros(6), method="BFGS", options={"gtol": 1e-8}).x
    np.testing.assert_allclose(fit_subset(seen, tasks, penalty), found, atol=1e-4)


def test_intercepts_bring_the_mean_prediction_to_the_share_of_positives():
    seen = linearised()
    seen.labels[1] = 0
    moved = torch.sigmoid(seen.logits + intercepts(seen.logits, seen.labels)).mean(1)
    torch.testing.assert_close(moved, (seen.labels.sum(1) + 0.5) / 81, rtol=1e-9, atol=1e-12)


def test_the_penalty_is_that_of_the_lowest_validation_loss(caplog):
    """Where validation has the opposite labels nothing is to be learnt, where it has the same all."""
    members, fitted = [torch.tensor([0, 1]), torch.tensor([2, 3])], linearised(1, offset=0.0)
    _, strength = grad_tag.choose_penalty(fitted, replace(fitted, labels=1 - fitted.labels), members)
    assert strength == grad_tag.STRENGTHS[-1] and "no penalty lowers" in caplog.text
    penalty, strength = grad_tag.choose_penalty(fitted, fitted, members)
    unit = float(fitted.gradients.square().sum(-1).mean())
    assert strength == grad_tag.STRENGTHS[0] and penalty == pytest.approx(strength * unit)


def test_the_fit_finds_effects_that_are_there():
    rng = np.random.default_rng(0)
    chosen = subsets.draw_subsets(12, 4, 240, [1])
    truth = rng.normal(size=(12, 12)) * (rng.random((12, 12)) < 0.4)
    np.fill_diagonal(truth, 0)
    losses = 1 + chosen @ truth.T + 0.05 * rng.normal(size=(240, 12))
    effects, foretold = subsets.fit_effects(chosen, np.where(chosen, losses, np.nan))
    off = ~np.eye(12, dtype=bool)
    centred = (
        truth - truth.sum(1, keepdims=True) / 11
    )  # all subsets are of one size: the mean effect is not to be had
    assert np.corrcoef(effects[off], centred[off])[0, 1] > 0.99 and (foretold > 0.9).all()
    found = subsets.affinity_of(7, chosen, np.where(chosen, losses, np.nan), {})
    assert np.array_equal(found.matrix, -effects.T) and found.at.tolist() == [7]
    _, of_noise = subsets.fit_effects(chosen, rng.normal(size=(240, 12)))
    assert of_noise.mean() < 0.05
    _, constant = subsets.fit_effects(chosen, np.ones((240, 12)))
    assert np.isnan(constant).all()


def test_the_ridge_is_chosen_by_rows_left_out():
    """Slopes and error are those of scikit-learn's ridge, fitted without each row in turn."""
    rng = np.random.default_rng(1)
    x = (rng.random((25, 8)) < 0.4).astype(float)
    y = x @ rng.normal(size=8) + 2 * rng.normal(size=25)
    errors = []
    for penalty in subsets.PENALTIES:
        left = [np.delete(np.arange(25), i) for i in range(25)]
        guesses = [Ridge(penalty).fit(x[rows], y[rows]).predict(x[[i]])[0] for i, rows in enumerate(left)]
        errors.append(np.square(y - guesses).sum())
    slopes, foretold = subsets.fit_ridge(x, y)
    best = int(np.argmin(errors))
    np.testing.assert_allclose(slopes, Ridge(subsets.PENALTIES[best]).fit(x, y).coef_, rtol=1e-6)
    spread = sum((y[i] - np.delete(y, i).mean()) ** 2 for i in range(25))
    assert foretold == pytest.approx(1 - errors[best] / spread) and 0 < best < len(errors) - 1


def test_subsets_differ_and_hold_all_tasks_alike():
    found = subsets.draw_subsets(20, 6, 90, [4])
    assert found.shape == (90, 20) and (found.sum(1) == 6).all() and len(np.unique(found, axis=0)) == 90
    assert np.ptp(found.sum(0)) < 0.4 * found.sum(0).mean()
    assert np.array_equal(found, subsets.draw_subsets(20, 6, 90, [4]))
    assert not np.array_equal(found, subsets.draw_subsets(20, 6, 90, [5]))
    every = subsets.draw_subsets(5, 2, 100, [4])
    assert {tuple(np.flatnonzero(one)) for one in every} == set(combinations(range(5), 2)) and len(
        every
    ) == 10


@pytest.mark.parametrize("module", [grad_tag, surrogate])
@pytest.mark.parametrize(
    ("options", "says"),
    [
        (
            {"subset_size": 9},
            "affinities.a.subset_size 9: a subset has at least 3 tasks and fewer than the 9",
        ),
        ({"subset_size": 2}, "affinities.a.subset_size 2: a subset has at least 3 tasks"),
        ({"subsets": 4}, "affinities.a.subsets 4: task 't.' is in . of these subsets of 3 tasks.*give more"),
        ({"samples": 1}, "1 training example to learn from.*at least 2"),
    ],
)
def test_settings_that_leave_nothing_to_compare_are_refused(planted, module, options, says):
    with pytest.raises(InputError, match=says):
        module.measure(told(planted, **options))


def test_without_validation_examples_there_is_no_penalty(planted):
    _, nothing, _ = splits(n=4)
    nothing.positions = nothing.positions[:0]
    with pytest.raises(InputError, match="validation split holds no example"):
        grad_tag.measure(replace(planted, validation=nothing))


def test_a_task_without_positives_in_a_half_is_flagged(planted, caplog):
    few, _, _ = splits(n=2000, n_tasks=3)
    few.labels = planted.train.labels.clone()
    few.labels[:, 0] &= 0b11101111
    few.labels[0, 0] |= 0b00010000
    found = surrogate.measure(
        told(replace(planted, train=few), sampling="balanced", samples=90, subsets=30, steps=1)
    )
    assert found.measures["tasks_without_positives"] == ["t4"] and found.measures["positives"] == 1
    assert "'t4'" in caplog.text
