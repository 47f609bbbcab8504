import numpy as np
import pytest
import torch
import torch.nn.functional as F

from epigroup.architecture import NETWORKS
from epigroup.errors import InputError
from epigroup.networks import Dropout, build_network

SMALL = {
    "name": "small",
    "channels": [5, 6, 7],
    "filter_width": 8,
    "pool": 4,
    "dropout": [0.2, 0.2, 0.5],
    "hidden": 9,
}


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
    weight = (
        network.trunk.hidden.weight.reshape(-1, length, channels)
        .permute(0, 2, 1)
        .reshape(-1, channels * length)
    )
    hidden = F.relu(F.linear(x.reshape(n, -1), weight, network.trunk.hidden.bias))
    return F.linear(hidden, network.head.weight, network.head.bias)


@pytest.mark.parametrize("length", [501, 1001])
def test_small_is_the_scheme_written_plainly(length):
    torch.manual_seed(0)
    network = build_network(SMALL, 3, length).eval()
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


def test_logits_are_head_of_features_and_both_input_shapes_agree():
    network = build_network(SMALL, 3, 501).eval()
    x = sequences(4, 501)
    features = network.features(x)
    assert features.shape == (4, 9)
    torch.testing.assert_close(network(x), features @ network.head.weight.T + network.head.bias)
    assert torch.equal(network(x), network(x.unsqueeze(2)))


def test_gradient_agrees_with_finite_differences():
    torch.manual_seed(0)
    network = build_network(SMALL, 2, 501).double().eval()
    x = sequences(1, 501).double().requires_grad_()
    weight = torch.tensor([1.0, -2.0], dtype=torch.float64)

    def value(at: torch.Tensor) -> torch.Tensor:
        return (F.linear(network.features(at), network.head.weight, network.head.bias) @ weight).sum()

    value(x).backward()
    for position in ((0, 100), (2, 250), (3, 400)):
        step = torch.zeros_like(x)
        step[0, *position] = 1e-6
        slope = (value(x + step) - value(x - step)) / 2e-6
        assert slope.item() == pytest.approx(x.grad[0, *position].item(), rel=1e-4, abs=1e-9)


def test_logits_are_float32_under_autocast():
    network = build_network(SMALL, 3, 501).eval()
    with torch.autocast("cpu", torch.bfloat16):
        assert network(sequences(2, 501)).dtype == torch.float32


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
        ({"head": "private"}, 501, "private"),
        ({"dropout": [0.1]}, 501, "1 dropout"),
        ({}, 150, "150 bp is too short"),
    ],
)
def test_wrong_settings_are_named(change, window, says):
    with pytest.raises(InputError, match=says):
        build_network(SMALL | change, 2, window)
