"""The network `dilated` is its definition written plainly; what a place depends on; wrong settings are named."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from epigroup.core.errors import InputError
from epigroup.core.settings import as_given
from epigroup.networks.architecture import NETWORKS, blocks, complete_network, network_cost, same_weights
from epigroup.networks.networks import LAYOUTS, Network, ResidualBlock
from epigroup.networks.settings import read_network
from planted_examples import DILATED, build_network

PRIVATE = {key: value for key, value in DILATED.items() if key != "hidden"} | {
    "head": "private",
    "private_hidden": 3,
}
LENGTH = 301  # 291 places, 72 after pooling, 10 at the end


def sequences(n: int, length: int) -> torch.Tensor:
    codes = torch.from_numpy(np.random.default_rng(0).integers(0, 4, (n, length)))
    return F.one_hot(codes, 4).permute(0, 2, 1).float()


def residual_layers(network: Network) -> list[ResidualBlock]:
    return [module for module in network.trunk.blocks if isinstance(module, ResidualBlock)]


def places_by_hand(network: Network, x: torch.Tensor, pool: int) -> torch.Tensor:
    """What the last residual block gives before it pools: sums of shifted copies, zeros beyond the ends."""
    stem = network.trunk.blocks[0]
    x = F.max_pool1d(F.relu(F.conv1d(x, stem.weight[:, :, 0], stem.bias)), pool)
    for i, layer in enumerate(residual_layers(network)):
        away, length = 2**i, x.shape[2]
        padded = torch.cat([x.new_zeros(*x.shape[:2], away), x, x.new_zeros(*x.shape[:2], away)], 2)
        taps = [padded[:, :, k * away : k * away + length] for k in range(3)]
        found = sum(
            torch.einsum("oc,ncl->nol", layer.conv.weight[:, :, 0, k], tap) for k, tap in enumerate(taps)
        )
        x = x + F.relu(found + layer.conv.bias[:, None])
    return x


def by_hand(network: Network, x: torch.Tensor, pool: int, last: int) -> torch.Tensor:
    features = F.max_pool1d(places_by_hand(network, x, pool), last).transpose(1, 2).flatten(1)
    if network.trunk.hidden is not None:
        return network.head(F.relu(network.trunk.hidden(features)))
    hidden = F.relu(network.head.hidden(features)).reshape(len(x), *network.head.weight.shape)
    return (hidden * network.head.weight).sum(2) + network.head.bias


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("form", [DILATED, PRIVATE])
def test_outputs_and_gradients_are_those_of_the_network_written_plainly(form, layout):
    torch.manual_seed(0)
    network = build_network(form, 3, LENGTH).double().eval()
    network.take_layout(layout)
    # soft letters: between two letters of equal rank a maximum has no gradient to agree on
    x = torch.rand(4, 4, LENGTH, dtype=torch.float64, requires_grad=True)
    ours, theirs = network(x), by_hand(network, x, 4, 7)
    torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-12)
    wanted = [x, *network.parameters()]
    for mine, other in zip(
        torch.autograd.grad(ours.square().sum(), wanted),
        torch.autograd.grad(theirs.square().sum(), wanted),
        strict=True,
    ):
        assert mine.abs().max() > 0
        torch.testing.assert_close(mine, other, rtol=1e-9, atol=1e-12)


def test_weights_of_the_default_by_hand():
    """1,001 bp: 981 places, 122 after pooling by 8, 10 at the end; 48 filters in each of 7 convolutions."""
    expected = 48 * (4 * 21 + 1) + 6 * 48 * (3 * 48 + 1) + 64 * (48 * 10 + 1) + 11 * 65
    settings = read_network(complete_network({"name": "dilated"}, 1001))
    assert network_cost(settings, 1001, 11).weights == expected
    assert [block.dilation for block in blocks(settings, 1001)] == [1, 1, 2, 4, 8, 16, 32]
    products = 981 * 21 * 4 * 48 + 6 * 122 * 3 * 48 * 48 + 480 * 64 + 11 * 64
    assert network_cost(settings, 1001, 11).forward == 2 * products


@pytest.mark.parametrize("n_blocks", [1, 3, 5])
def test_a_place_depends_on_what_its_dilations_reach_and_on_no_more(n_blocks):
    """Place p after pooling by 2 begins at base 2 p, is 2 + 5 - 1 wide, and sees 2^n - 1 places on either side."""
    torch.manual_seed(1)
    form = DILATED | {"dilated_blocks": n_blocks, "filter_width": 5, "pool": 2, "channels": [16]}
    network = build_network(form, 1, LENGTH).double().eval()
    last = next(i for i, layer in enumerate(network.trunk.blocks) if layer is residual_layers(network)[-1])
    through = network.trunk.blocks[: last + 1]
    x, place, reach = sequences(40, LENGTH).double().unsqueeze(2), 70, 2**n_blocks - 1
    first, end = 2 * (place - reach), 2 * (place + reach) + 2 + 5 - 1
    before = through(x)[..., place]

    def moved(base: int) -> float:
        changed = x.clone()
        changed[..., base] = x[..., base].roll(1, 1)
        return (through(changed)[..., place] - before).abs().max().item()

    # far away rounding may differ by where a place lies in a register
    assert max(moved(base) for base in (0, first - 9, first - 1, end, end + 8, LENGTH - 1)) < 1e-12
    assert min(moved(base) for base in (first, first + 1, 2 * place, end - 2, end - 1)) > 1e-8


def test_the_default_sees_from_the_middle_of_a_window_to_both_its_ends():
    torch.manual_seed(0)
    network = build_network(complete_network({"name": "dilated"}, 1001), 1, 1001).double().eval()
    x = sequences(20, 1001).double().unsqueeze(2).requires_grad_()
    layers = network.trunk.blocks
    last = next(i for i, layer in enumerate(layers) if layer is residual_layers(network)[-1])
    layers[: last + 1](x)[..., 61].sum().backward()
    seen = x.grad.abs().sum((0, 1, 2)).nonzero().flatten()
    assert seen.min() < 25 and seen.max() > 975


def test_nothing_depends_on_what_else_is_in_the_batch():
    torch.manual_seed(0)
    network = build_network(DILATED | {"dropout": [0.0]}, 3, LENGTH).double().train()
    x = sequences(9, LENGTH).double()
    together = network(x)
    torch.testing.assert_close(together, torch.cat([network(one[None]) for one in x]), rtol=1e-12, atol=1e-12)
    assert not list(network.buffers())


@pytest.mark.parametrize("n_blocks", [1, 6, 9])
def test_activations_stay_at_the_scale_of_the_stem(n_blocks):
    torch.manual_seed(0)
    form = NETWORKS["dilated"] | {"name": "dilated", "dilated_blocks": n_blocks, "pool": 2}
    x = sequences(16, 1001).unsqueeze(2)
    scales = []
    for layer in build_network(form, 1, 1001).eval().trunk.blocks:
        x = layer(x)
        if isinstance(layer, torch.nn.ReLU | ResidualBlock):
            scales.append(x.square().mean().sqrt().item())
    assert len(scales) == n_blocks + 1
    assert max(scales) < 4 * scales[0] and scales == sorted(scales)


@pytest.mark.parametrize("form", [DILATED, PRIVATE])
def test_logits_are_float32_under_autocast_and_close(form):
    torch.manual_seed(0)
    network = build_network(form, 3, LENGTH).eval()
    x = sequences(5, LENGTH)
    with torch.autocast("cpu", torch.bfloat16):
        rounded = network(x)
    assert rounded.dtype == torch.float32
    torch.testing.assert_close(rounded, network(x), rtol=0, atol=0.03)


@pytest.mark.parametrize("form", [DILATED, PRIVATE])
def test_export_keeps_the_scores(form):
    torch.manual_seed(0)
    network = build_network(form, 3, LENGTH).eval()
    x, other = sequences(3, LENGTH), sequences(7, LENGTH)
    free = ({0: torch.export.Dim("windows")},)
    exported = torch.export.export(network, (x,), dynamic_shapes=free).module()
    torch.testing.assert_close(exported(other), network(other))


@pytest.mark.parametrize("width", [2, 4, 8])
def test_width_is_about_the_multiple_of_the_weights(width):
    plain, wide = (complete_network({"name": "dilated", "width": factor}, 1001) for factor in (1, width))
    counts = [network_cost(read_network(one), 1001, 1).weights for one in (plain, wide)]
    # filters come in eights, 48 of them at first
    assert counts[1] / counts[0] == pytest.approx(width, rel=0.08)
    assert wide["dilated_blocks"] == 6 and len(wide["channels"]) == 1 and wide["channels"][0] % 8 == 0
    assert build_network(wide, 1, 1001).trunk.blocks[0].out_channels == wide["channels"][0]


def test_the_settings_of_other_networks_have_no_key_more():
    """So that what was trained before finds its checkpoints and is not trained again."""
    for name in NETWORKS:
        completed = complete_network({"name": name}, 1001)
        assert ("dilated_blocks" in completed) == (name == "dilated")
        assert as_given(read_network(completed)) == completed


def test_networks_of_other_blocks_cannot_take_each_others_weights():
    mine = read_network(DILATED)
    assert same_weights(mine, read_network(DILATED | {"dropout": [0.5]}))
    assert not same_weights(mine, read_network(DILATED | {"dilated_blocks": 3}))


@pytest.mark.parametrize(
    ("change", "window", "says"),
    [
        ({"channels": [8, 8], "dropout": [0.1, 0.1]}, 301, r"network.channels: \[8, 8\]; .* give one number"),
        ({"dropout": [0.1, 0.1]}, 301, "1 channels but 2 dropout rates"),
        ({"dilated_blocks": 0}, 301, "network.dilated_blocks: 0; .* 1 or more"),
        ({"dilated_blocks": None}, 301, "network.dilated_blocks: None; .* 1 or more"),
        (
            {"dilated_blocks": 8},
            301,
            "network.dilated_blocks: 8: with a dilation of 128 .* beyond the 72 positions .* at most 7",
        ),
        (
            {"name": "small"},
            301,
            "network.dilated_blocks: 4, but network 'small' has no dilated convolutions",
        ),
        ({}, 13, "a window of 13 bp is too short: nothing is left after convolution 1"),
    ],
)
def test_wrong_settings_are_named(change, window, says):
    with pytest.raises(InputError, match=says):
        build_network(DILATED | change, 2, window)


@pytest.mark.parametrize("n_places", [1, 4, 10, 14, 15, 24, 25, 72, 122, 261])
def test_about_ten_places_are_left(n_places):
    form = read_network(DILATED | {"filter_width": 5, "pool": 1, "dilated_blocks": 1})
    left = blocks(form, n_places + 4)[-1].length
    assert left == n_places if n_places < 15 else 7 <= left <= 14
