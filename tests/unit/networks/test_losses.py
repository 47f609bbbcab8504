"""Losses against their definitions, PyTorch, scikit-learn and finite differences."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
import yaml
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import log_loss, mean_poisson_deviance, mean_squared_error

from epigroup.config.schema import SCHEMA
from epigroup.config.settings import QUANTITATIVE_LOSSES
from epigroup.core.errors import InputError
from epigroup.networks.losses import LOSSES, build_loss, positive_weights
from epigroup.networks.settings import LossSettings

CFG = {
    "loss": "bce",
    "focal_gamma": 2.0,
    "total_weight": 0.2,
    "positive_weights": "none",
    "max_positive_weight": 100.0,
}
POSITIVES = torch.tensor([10, 250, 900])
N = 1000


def example(n: int = 40, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(seed)
    logits = torch.from_numpy(rng.normal(0, 3, (n, 3)))
    return logits, torch.from_numpy((rng.random((n, 3)) < 0.4).astype(float))


def loss_of(name: str, **changes):
    return build_loss(LossSettings(**CFG | {"loss": name} | changes), POSITIVES, N)


def test_bce_is_the_log_loss():
    logits, y = example()
    loss = loss_of("bce")(logits.float(), y.float())
    assert loss.shape == (40, 3) and loss.dtype == torch.float32
    for task in range(3):
        expected = log_loss(y[:, task], torch.sigmoid(logits[:, task]))
        assert loss[:, task].mean().item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0, 5.0])
def test_focal_is_its_definition(gamma):
    logits, y = example()
    p = torch.sigmoid(logits)
    q = torch.where(y > 0, p, 1 - p)
    torch.testing.assert_close(loss_of("focal", focal_gamma=gamma)(logits, y), -((1 - q) ** gamma) * q.log())
    if gamma == 0:
        torch.testing.assert_close(loss_of("focal", focal_gamma=0.0)(logits, y), loss_of("bce")(logits, y))


def test_poisson_and_mse_are_those_of_torch_and_scikit_learn():
    logits, _ = example()
    counts = torch.from_numpy(np.random.default_rng(1).poisson(3.0, logits.shape).astype(float))
    poisson, mse = loss_of("poisson")(logits, counts), loss_of("mse")(logits, counts)
    torch.testing.assert_close(poisson, F.poisson_nll_loss(logits, counts, reduction="none"))
    # half the deviance is the loss less that of a rate equal to the target
    perfect = counts - torch.xlogy(counts, counts)
    deviance = mean_poisson_deviance(counts.numpy().ravel(), LOSSES["poisson"].mean(logits).numpy().ravel())
    assert 2 * (poisson - perfect).mean().item() == pytest.approx(deviance)
    expected = mean_squared_error(counts.numpy(), LOSSES["mse"].mean(logits.float()).numpy())
    assert mse.mean().item() == pytest.approx(expected, rel=1e-5)


def test_poisson_multinomial_is_its_definition():
    """Against torch: the mean over a batch is the multinomial term, a mean over tasks, and the weighted Poisson loss of
    the sums over the number of tasks."""
    logits, _ = example()
    counts = torch.from_numpy(np.random.default_rng(2).poisson(2.0, logits.shape).astype(float))
    for weight in (0.2, 1.0, 3.0):
        rates = logits.exp()
        shares = -(counts * torch.log_softmax(logits, 1)).mean(1)
        sums = F.poisson_nll_loss(rates.sum(1), counts.sum(1), log_input=False, reduction="none", eps=0)
        found = loss_of("poisson_multinomial", total_weight=weight)(logits, counts)
        torch.testing.assert_close(found.mean(1), shares + weight * sums / 3)
    equal = loss_of("poisson_multinomial", total_weight=1.0)(logits, counts)
    torch.testing.assert_close(equal.sum(1), loss_of("poisson")(logits, counts).sum(1))
    alone = loss_of("poisson_multinomial", total_weight=0.5)(logits[:, :1], counts[:, :1])
    torch.testing.assert_close(alone, 0.5 * loss_of("poisson")(logits[:, :1], counts[:, :1]))


@pytest.mark.parametrize("weights", ["none", "balanced", 3.0])
@pytest.mark.parametrize("name", ["bce", "focal"])
def test_gradients_of_losses_of_labels(name, weights):
    logits, y = example(5)
    loss = loss_of(name, positive_weights=weights, focal_gamma=0.7)
    assert torch.autograd.gradcheck(lambda z: loss(z, y), logits.requires_grad_())


@pytest.mark.parametrize("name", ["poisson", "poisson_multinomial", "mse"])
def test_gradients_of_losses_of_counts(name):
    logits, _ = example(5)
    counts = torch.arange(15.0, dtype=torch.float64).reshape(5, 3)
    assert torch.autograd.gradcheck(lambda z: loss_of(name)(z, counts), logits.requires_grad_())


@given(
    st.sampled_from(["bce", "focal"]),
    st.floats(-1e4, 1e4, width=32),
    st.booleans(),
    st.floats(0, 6),
)
def test_no_logit_breaks_a_loss_of_labels(name, logit, label, gamma):
    z = torch.tensor([[logit]], requires_grad=True)
    cfg = CFG | {"loss": name, "focal_gamma": gamma}
    loss = build_loss(LossSettings(**cfg), torch.tensor([1]), 2)(z, torch.tensor([[float(label)]]))
    loss.sum().backward()
    assert loss.item() >= 0 and torch.isfinite(loss).all() and torch.isfinite(z.grad).all()


@pytest.mark.parametrize("name", ["bce", "focal", "poisson", "mse"])
def test_the_mean_is_what_minimises_the_loss(name):
    """Over 3 targets of 1 and 7 of 0 the best constant output stands for 0.3 (focal: gamma 0)."""
    y = torch.tensor([1.0] * 3 + [0.0] * 7, dtype=torch.float64)[:, None]
    outputs = torch.linspace(-4, 4, 80_001, dtype=torch.float64)
    loss = build_loss(LossSettings(**CFG | {"loss": name, "focal_gamma": 0.0}), torch.tensor([3]), 10)
    best = outputs[loss(outputs.expand(10, -1), y.expand(-1, len(outputs))).mean(0).argmin()]
    assert LOSSES[name].mean(best).item() == pytest.approx(0.3, abs=1e-3)


def test_balanced_weights_are_negatives_over_positives_up_to_the_cap():
    balanced = LossSettings(**CFG | {"positive_weights": "balanced"})
    weights = positive_weights(balanced, torch.tensor([0, 5, 10, 500, 900]), N)
    assert weights.tolist() == pytest.approx([100.0, 100.0, 99.0, 1.0, 1 / 9])
    given_number = positive_weights(LossSettings(**CFG | {"positive_weights": 4}), POSITIVES, N)
    assert given_number.tolist() == [4.0] * 3 and given_number.dtype == torch.float32
    assert positive_weights(LossSettings(**CFG), POSITIVES, N) is None
    of_array = positive_weights(balanced, POSITIVES.numpy(), N)
    torch.testing.assert_close(of_array, (N - POSITIVES) / POSITIVES)


def test_balanced_positives_weigh_as_much_as_negatives():
    """With logits of 0 every element costs the same before weighting."""
    y = torch.zeros(N, 3)
    for task, count in enumerate(POSITIVES.tolist()):
        y[:count, task] = 1
    loss = loss_of("bce", positive_weights="balanced")(torch.zeros(N, 3), y)
    torch.testing.assert_close((loss * y).sum(0), (loss * (1 - y)).sum(0))


@pytest.mark.parametrize("name", ["bce", "focal"])
def test_weights_are_those_of_pos_weight(name):
    logits, y = example()
    plain = loss_of(name)(logits, y)
    weighted = loss_of(name, positive_weights="balanced")(logits, y)
    expected = (N - POSITIVES) / POSITIVES
    torch.testing.assert_close(weighted, plain * torch.where(y > 0, expected.double(), 1.0))
    if name == "bce":
        reference = F.binary_cross_entropy_with_logits(logits, y, pos_weight=expected, reduction="none")
        torch.testing.assert_close(weighted, reference)


def test_wrong_settings_are_named():
    with pytest.raises(
        InputError, match="unknown loss 'hinge'; known: bce, focal, poisson, poisson_multinomial, mse"
    ):
        loss_of("hinge")
    with pytest.raises(InputError, match="balanced has no meaning with loss mse"):
        loss_of("mse", positive_weights="balanced")


def test_the_config_knows_every_loss():
    training = yaml.safe_load(SCHEMA.read_text())["properties"]["training"]["properties"]
    assert training["loss"]["enum"] == list(LOSSES)
    assert {name for name, loss in LOSSES.items() if not loss.of_labels} == set(QUANTITATIVE_LOSSES)
