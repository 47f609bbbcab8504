"""Networks are the scheme written plainly: outputs, gradients, sizes and costs; wrong settings are named."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch.utils.flop_counter import FlopCounterMode

from epigroup.core.errors import InputError
from epigroup.networks.architecture import NETWORKS, complete_network, hidden_units, network_cost
from epigroup.networks.networks import Dropout
from epigroup.networks.settings import read_network
from planted_examples import build_network

SMALL = {
    "name": "small",
    "channels": [5, 6, 7],
    "filter_width": 8,
    "pool": 4,
    "dropout": [0.2, 0.2, 0.5],
    "hidden": 9,
}
PRIVATE = SMALL | {"head": "private", "private_hidden": 6}


def sequences(n: int, length: int) -> torch.Tensor:
    codes = torch.from_numpy(np.random.default_rng(0).integers(0, 4, (n, length)))
    return F.one_hot(codes, 4).permute(0, 2, 1).float()


def by_hand(network, x: torch.Tensor, pooled: list[bool]) -> torch.Tensor:
    """The same function from conv1d, ReLU before pooling, channel-major flattening, weights reordered."""
    convs = [module for module in network.trunk.blocks if isinstance(module, torch.nn.Conv2d)]
    for conv, pools in zip(convs, pooled, strict=True):
        x = F.relu(F.conv1d(x, conv.weight[:, :, 0], conv.bias))
        if pools:
            x = F.max_pool1d(x, 4)
    n, channels, length = x.shape
    layer = network.head.hidden if network.trunk.hidden is None else network.trunk.hidden
    weight = layer.weight.reshape(-1, length, channels).permute(0, 2, 1).reshape(-1, channels * length)
    hidden = F.relu(F.linear(x.reshape(n, -1), weight, layer.bias))
    if layer is network.trunk.hidden:
        return F.linear(hidden, network.head.weight, network.head.bias)
    return (hidden.reshape(n, *network.head.weight.shape) * network.head.weight).sum(2) + network.head.bias


@pytest.mark.parametrize("form", [SMALL, PRIVATE])
@pytest.mark.parametrize("length", [501, 1001])
def test_small_is_the_scheme_written_plainly(length, form):
    torch.manual_seed(0)
    network = build_network(form, 3, length).eval()
    x = sequences(2, length)
    torch.testing.assert_close(network(x), by_hand(network, x, [True] * 3), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["deepsea", "deepsea_pool3"])
def test_deepsea_parameter_count(name):
    """1,001 bp: 994, 248, 241, 60, 53 positions, with the third pool 13."""
    last = 53 if name == "deepsea" else 13
    convolutions = 320 * (4 * 8 + 1) + 480 * (320 * 8 + 1) + 960 * (480 * 8 + 1)
    expected = convolutions + 925 * (960 * last + 1) + 11 * 926
    with torch.device("meta"):
        network = build_network({"name": name, **NETWORKS[name]}, 11, 1001)
    assert sum(p.numel() for p in network.parameters()) == expected
    assert NETWORKS[name]["dropout"] == [0.2, 0.2, 0.5]


@pytest.mark.parametrize("n_tasks", [1, 367])
@pytest.mark.parametrize("name", ["deepsea", "deepsea_pool3"])
@pytest.mark.parametrize("width", [2, 4, 8])
def test_width_is_the_multiple_of_the_weights(width, name, n_tasks):
    counts = []
    for factor in (1, width):
        cfg = complete_network({"name": name, "width": factor}, 1001)
        with torch.device("meta"):
            network = build_network(cfg, n_tasks, 1001)
        counts.append(sum(p.numel() for p in network.parameters()))
    assert counts[1] / counts[0] == pytest.approx(width, rel=0.02)
    assert all(size % 8 == 0 for size in [*cfg["channels"], cfg["hidden"]])
    # one factor for all layers
    factors = np.array([*cfg["channels"], cfg["hidden"]]) / [320, 480, 960, 925]
    assert np.ptp(factors) < 0.02 * width**0.5


def test_width_one_and_what_is_not_used_change_nothing():
    plain = complete_network({"name": "small"}, 501)
    assert plain == {"name": "small", "head": "shared"} | NETWORKS["small"]
    assert complete_network({"name": "small", "width": 1, "private_hidden": 3}, 501) == plain
    private = complete_network({"name": "small", "head": "private", "hidden": 7}, 501)
    assert private["private_hidden"] == 64 and "hidden" not in private


ONE = {"channels": [10], "filter_width": 10, "pool": 492, "dropout": [0.0], "hidden": 32, "name": "small"}
FORMS = {"one": (ONE, 501)} | {name: ({"name": name}, 1001) for name in NETWORKS}


@pytest.mark.parametrize("head", ["shared", "private"])
@pytest.mark.parametrize("form", FORMS)
def test_cost_is_what_torch_counts(form, head):
    network, window = FORMS[form]
    cfg = complete_network(network | {"head": head}, window)
    for n_tasks in (1, 7, 367):
        with torch.device("meta"):
            weights = sum(p.numel() for p in build_network(cfg, n_tasks, window).parameters())
        assert network_cost(read_network(cfg), window, n_tasks).weights == weights
    built, counter = build_network(cfg, 5, window).eval(), FlopCounterMode(display=False)
    with counter:
        logits = built(torch.zeros(2, 4, window))
        forward = counter.get_total_flops()
        logits.sum().backward()
    cost = network_cost(read_network(cfg), window, 5)
    assert (2 * cost.forward, 2 * cost.training) == (forward, counter.get_total_flops())


def test_cost_of_deepsea():
    """By hand: convolutions of width 8 over 994, 241 and 53 positions; 50,880 features into 925 units."""
    forward = 2 * (994 * 8 * 4 * 320 + 241 * 8 * 320 * 480 + 53 * 8 * 480 * 960 + 50_880 * 925 + 925)
    cost = network_cost(read_network({**NETWORKS["deepsea"], "name": "deepsea"}), 1001, 1)
    assert cost.forward == forward
    assert cost.training == 3 * forward - 2 * 994 * 8 * 4 * 320
    assert 3.0e9 < cost.training < 3.3e9
    # 367 models of this size
    assert 367 * 4 * cost.weights == pytest.approx(77e9, rel=0.01)


def test_logits_are_head_of_features_and_both_input_shapes_agree():
    network = build_network(SMALL, 3, 501).eval()
    x = sequences(4, 501)
    features = network.features(x)
    assert features.shape == (4, 9)
    torch.testing.assert_close(network(x), features @ network.head.weight.T + network.head.bias)
    assert torch.equal(network(x), network(x.unsqueeze(2)))


@pytest.mark.parametrize("form", [SMALL, PRIVATE])
def test_gradients_are_those_of_the_scheme_written_plainly(form):
    """Every weight and the input, in float64, against autograd through conv1d with the same numbers."""
    torch.manual_seed(0)
    network = build_network(form, 3, 501).double().eval()
    # soft letters: between two letters of equal rank a maximum has no gradient to agree on
    x = torch.rand(4, 4, 501, dtype=torch.float64, requires_grad=True)
    y = torch.rand(4, 3, dtype=torch.float64)
    wanted = [x, *network.parameters()]
    ours = torch.autograd.grad(F.binary_cross_entropy_with_logits(network(x), y), wanted)
    plain = by_hand(network, x, [True] * 3)
    theirs = torch.autograd.grad(F.binary_cross_entropy_with_logits(plain, y), wanted)
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.abs().max() > 0
        torch.testing.assert_close(mine, other, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("form", [SMALL, PRIVATE])
def test_gradients_agree_with_finite_differences(form):
    """Along a random direction of each tensor of weights."""
    torch.manual_seed(0)
    network = build_network(form, 3, 501).double().eval()
    x, y = sequences(4, 501).double(), torch.rand(4, 3, dtype=torch.float64)

    def loss() -> torch.Tensor:
        return F.binary_cross_entropy_with_logits(network(x), y)

    loss().backward()
    for name, weight in network.named_parameters():
        step = torch.randn_like(weight) * 1e-6
        with torch.no_grad():
            weight += step
            above = loss()
            weight -= 2 * step
            below = loss()
            weight += step
        slope = (weight.grad * step).sum().item()
        assert (above - below).item() / 2 == pytest.approx(slope, rel=1e-4, abs=1e-14), name


def test_private_heads_are_networks_on_one_trunk():
    """Each task's logit is that of a plain two-layer network of its own slice of the weights."""
    torch.manual_seed(0)
    network = build_network(PRIVATE, 3, 501).eval()
    x = sequences(5, 501)
    features = network.features(x)
    assert features.shape == (5, 7 * 5)  # 7 filters at 5 places: 501, 494, 123, 116, 29, 22, 5
    logits = network(x)
    for task in range(3):
        rows = slice(task * 6, (task + 1) * 6)
        hidden = F.relu(F.linear(features, network.head.hidden.weight[rows], network.head.hidden.bias[rows]))
        expected = hidden @ network.head.weight[task] + network.head.bias[task]
        torch.testing.assert_close(logits[:, task], expected)
    gradient = torch.autograd.grad(logits[:, 1].sum(), network.head.hidden.weight)[0].view(3, 6, -1)
    assert (gradient[[0, 2]] == 0).all() and (gradient[1] != 0).any()
    # the rows' first weights are drawn as nn.Linear draws them, each task's its own
    rows = build_network(PRIVATE | {"private_hidden": 100}, 200, 501).head.weight
    assert rows.abs().max() <= 0.1 and rows.std().item() == pytest.approx(0.1 / 3**0.5, rel=0.02)
    assert len(rows.unique(dim=0)) == 200


@pytest.mark.parametrize("form", [SMALL, PRIVATE])
def test_logits_are_float32_under_autocast(form):
    network = build_network(form, 3, 501).eval()
    with torch.autocast("cpu", torch.bfloat16):
        assert network(sequences(2, 501)).dtype == torch.float32


@pytest.mark.parametrize("form", [SMALL, PRIVATE])
def test_export_keeps_the_scores(form):
    """What ONNX tools start from; the number of windows stays free."""
    torch.manual_seed(0)
    network = build_network(form, 3, 501).eval()
    x, other = sequences(3, 501), sequences(7, 501)
    expected = network(other)
    free = ({0: torch.export.Dim("windows")},)
    torch.testing.assert_close(
        torch.export.export(network, (x,), dynamic_shapes=free).module()(other), expected
    )


def test_attributions_through_the_network_sum_to_the_score():
    """Integrated gradients: hooks and double batches of attribution tools meet no in-place layer, none used
    twice.
    """
    torch.manual_seed(0)
    network = build_network(SMALL, 3, 501).double().eval()
    x = sequences(1, 501).double()
    steps = ((torch.arange(400) + 0.5) / 400)[:, None, None].double()
    at = (steps * x).requires_grad_()
    gradient = torch.autograd.grad(network(at)[:, 1].sum(), at)[0].mean(0)
    difference = network(x)[0, 1] - network(torch.zeros_like(x))[0, 1]
    assert (gradient * x[0]).sum().item() == pytest.approx(difference.item(), rel=0.01)
    layers = [m for m in network.modules() if isinstance(m, torch.nn.ReLU | torch.nn.MaxPool2d)]
    calls = []
    for layer in layers:
        layer.register_forward_hook(lambda module, *_: calls.append(module))
    network(x)
    assert len(calls) == len(set(calls)) == len(layers) == 7
    assert not any(getattr(layer, "inplace", False) for layer in layers)


def test_dropout_masks_follow_the_bits_and_keep_the_mean():
    layer = Dropout(0.2).train()
    x = torch.ones(32, 16, 1, 100).contiguous(memory_format=torch.channels_last)
    layer.bits = np.random.Generator(np.random.SFC64(5))
    first = layer(x)
    second = layer(x)
    layer.bits = np.random.Generator(np.random.SFC64(5))
    assert torch.equal(layer(x), first) and not torch.equal(first, second)
    assert set(first.unique().tolist()) == {0.0, 1.25}
    # 51,200 draws: six standard deviations of the share dropped are 0.0106
    assert abs((first == 0).float().mean().item() - 0.2) < 0.0106
    assert torch.equal(layer.eval()(x), x)


@pytest.mark.parametrize(
    ("change", "window", "says"),
    [
        ({"name": "huge"}, 501, "huge"),
        ({"head": "tower"}, 501, "unknown form 'tower'; known: shared, private"),
        ({"dropout": [0.1]}, 501, "1 dropout"),
        ({}, 150, "150 bp is too short"),
    ],
)
def test_wrong_settings_are_named(change, window, says):
    with pytest.raises(InputError, match=says):
        build_network(SMALL | change, 2, window)


def test_hidden_units_go_by_the_number_of_tasks():
    """Two a task, as a power of two from 64 to 1,024."""
    wanted = {1: 64, 32: 64, 33: 128, 64: 128, 65: 256, 105: 256, 128: 256, 367: 1024, 512: 1024, 2000: 1024}
    assert {n: hidden_units(n) for n in wanted} == wanted
    assert complete_network({"name": "small", "hidden": "auto"}, 1001, 109)["hidden"] == 256
    assert complete_network({"name": "small", "hidden": 7}, 1001, 109)["hidden"] == 7
    private = complete_network({"name": "small", "hidden": "auto", "head": "private"}, 1001, 109)
    assert "hidden" not in private
