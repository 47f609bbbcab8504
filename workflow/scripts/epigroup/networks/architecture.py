"""The layers that a network's settings mean and what they cost, without torch: for config, plan and networks
alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from epigroup.core.errors import InputError
from epigroup.core.settings import as_given
from epigroup.networks.settings import NetworkSettings, hidden_key, read_network

# DeepSEA's layers (Zhou & Troyanskaya 2015); deepsea_pool3 adds the third pooling that Shiri & Sun 2022,
# section III.A, describe. Their filter counts and dropout are not in the text: reconstructed from DeepSEA.
NETWORKS = {
    "small": {
        "channels": [32, 48, 96],
        "filter_width": 8,
        "pool": 4,
        "dropout": [0.0, 0.0, 0.2],
        "hidden": 64,
    },
    "deepsea": {
        "channels": [320, 480, 960],
        "filter_width": 8,
        "pool": 4,
        "dropout": [0.2, 0.2, 0.5],
        "hidden": 925,
    },
}
NETWORKS["deepsea_pool3"] = NETWORKS["deepsea"]
# Residual dilated convolutions as in BPNet (Avsec et al. 2021, Methods), with the stem's width of
# ChromBPNet (Pampari et al. 2024). Smaller, and with pooling, which those do not have: for steps of a CPU.
DILATED = "dilated"
NETWORKS[DILATED] = {
    "channels": [48],
    "filter_width": 21,
    "pool": 8,
    "dropout": [0.2],
    "hidden": 64,
    "dilated_blocks": 6,
}
DILATED_WIDTH = 3
# About so many places are left for the hidden layer, each of which still knows where it lies in the window.
POSITIONS = 10
LAST_UNPOOLED = ("deepsea",)
PRIVATE_HIDDEN = 64
# `hidden: auto`: so many units a task, as a power of two between the two numbers. DeepSEA has 925 for 919 targets.
UNITS_A_TASK, FEWEST_UNITS, MOST_UNITS = 2, 64, 1024


@dataclass(frozen=True)
class Block:
    """A convolution of `width` bp or places, `inputs` to `outputs` channels: `positions` places, `length` of them after
    max pooling by `pool` (None: without). `residual`: its ReLU is added to its input, and its ends are padded, so that
    no place is lost; its taps lie `dilation` places apart.
    """

    inputs: int
    outputs: int
    width: int
    positions: int
    pool: int | None
    length: int
    dropout: float
    dilation: int = 1
    residual: bool = False


@dataclass(frozen=True)
class Cost:
    """One network for n tasks: FLOP of an example (a multiplication and an addition are two) and weights."""

    forward: int
    training: int
    weights: int


def blocks(network: NetworkSettings, window: int) -> list[Block]:
    """The convolution blocks of a network's trunk for windows of `window` bp.

    Raises InputError for an unknown name, lists of unequal length, keys that do not go with the name and a window too
    short for the layers.
    """
    name, channels, rates = network.name, network.channels, network.dropout
    if name not in NETWORKS:
        raise InputError(f"network.name: unknown network {name!r}; known: {', '.join(sorted(NETWORKS))}")
    if len(channels) != len(rates) or not channels:
        raise InputError(
            f"network: {len(channels)} channels but {len(rates)} dropout rates; give one rate a convolution"
        )
    if name == DILATED:
        return _dilated_blocks(network, window)
    if network.dilated_blocks is not None:
        raise InputError(
            f"network.dilated_blocks: {network.dilated_blocks}, but network {name!r} has no dilated convolutions; set "
            f"network.name: {DILATED}, or take the key away"
        )
    found: list[Block] = []
    inputs, length = 4, window
    for i, (outputs, rate) in enumerate(zip(channels, rates, strict=True)):
        pool = network.pool if i + 1 < len(channels) or name not in LAST_UNPOOLED else None
        found.append(_valid_block(network, window, i, (inputs, outputs), (length, pool), rate))
        inputs, length = outputs, found[-1].length
    return found


def _valid_block(
    network: NetworkSettings,
    window: int,
    i: int,
    channels: tuple[int, int],
    places: tuple[int, int | None],
    rate: float,
) -> Block:
    """Convolution i, without padding. channels: in, out; places: before it, and how many are pooled to one."""
    length, pool = places
    positions = length - network.filter_width + 1
    left = positions // pool if pool else positions
    if left < 1:
        raise InputError(
            f"network: a window of {window} bp is too short: nothing is left after convolution {i + 1} "
            f"(width {network.filter_width}, pooling by {network.pool}); lengthen dataset.window, or lower "
            "network.pool or network.filter_width"
        )
    return Block(*channels, network.filter_width, positions, pool, left, rate)


def _dilated_blocks(network: NetworkSettings, window: int) -> list[Block]:
    """The stem and the residual blocks, the last of which pools to about POSITIONS places."""
    n = network.dilated_blocks
    if n is None or n < 1:
        raise InputError(
            f"network.dilated_blocks: {n}; network {DILATED!r} needs a number of blocks, 1 or more"
        )
    if len(network.channels) != 1:
        raise InputError(
            f"network.channels: {list(network.channels)}; network {DILATED!r} has as many filters in each "
            "convolution, since outputs are added up: give one number, and the number of blocks as "
            "network.dilated_blocks"
        )
    [filters], [rate] = network.channels, network.dropout
    stem = _valid_block(network, window, 0, (4, filters), (window, network.pool), 0.0)
    length = stem.length
    # beyond that the outer taps of the last convolution would lie on padding at every place
    most = max(1, (length - 1).bit_length())
    if n > most:
        raise InputError(
            f"network.dilated_blocks: {n}: with a dilation of {2 ** (n - 1):,} the last block would reach beyond "
            f"the {length:,} positions that a window of {window:,} bp has after pooling by {network.pool}; give at "
            f"most {most}, or lengthen dataset.window, or lower network.pool"
        )
    block = Block(filters, filters, DILATED_WIDTH, length, None, length, 0.0, residual=True)
    found = [stem, *(replace(block, dilation=2**i) for i in range(n))]
    pool = max(1, round(length / POSITIONS))
    found[-1] = replace(found[-1], pool=pool, length=length // pool, dropout=rate)
    return found


def flat_features(network: NetworkSettings, window: int) -> int:
    """How many numbers the last convolution block gives for a window: the inputs of the hidden layer."""
    last = blocks(network, window)[-1]
    return last.outputs * last.length


def network_cost(network: NetworkSettings, window: int, n_tasks: int) -> Cost:
    """FLOP and weights of a network for `n_tasks` tasks.

    Training costs the forward pass, the gradient of the weights and that of each layer's input, each as much
    as the forward pass; the first layer's input needs none. Biases, pooling, ReLU, sums and dropout are left out
    of the FLOP.
    """
    trunk, inputs, units = blocks(network, window), flat_features(network, window), network.units
    products = [block.positions * block.width * block.inputs * block.outputs for block in trunk]
    weights = sum((block.width * block.inputs + 1) * block.outputs for block in trunk)
    layers = 1 if network.head == "shared" else n_tasks
    total = sum(products) + layers * inputs * units + n_tasks * units
    weights += layers * (inputs + 1) * units + n_tasks * (units + 1)
    return Cost(2 * total, 6 * total - 2 * products[0], weights)


def same_weights(network: NetworkSettings, other: NetworkSettings) -> bool:
    """Whether two completed networks have the same layers, so that one can take the other's weights: all but
    their dropout is alike.
    """
    return replace(network, dropout=()) == replace(other, dropout=())


def hidden_units(n_tasks: int) -> int:
    """Units of the shared hidden layer of `hidden: auto`, for a run of `n_tasks` tasks: the least power of two that
    gives each task UNITS_A_TASK, within FEWEST_UNITS and MOST_UNITS.
    """
    wanted = max(1, UNITS_A_TASK * n_tasks)
    return min(MOST_UNITS, max(FEWEST_UNITS, 1 << (wanted - 1).bit_length()))


def complete_network(network: Mapping[str, Any], window: int, n_tasks: int = 1) -> dict[str, Any]:
    """A network's settings with what its name implies, `hidden: auto` for a run of `n_tasks` tasks, and `width` put
    into the sizes of its layers.

    What the form of head does not use is left out. Raises InputError as `blocks` does.
    """
    full = {**NETWORKS[network["name"]], "head": "shared", "private_hidden": PRIVATE_HIDDEN, **network}
    if full["hidden"] == "auto":
        full["hidden"] = hidden_units(n_tasks)
    unused = {"hidden", "private_hidden"} - {hidden_key(full["head"])}
    width = full.pop("width", 1)
    full = {key: value for key, value in full.items() if key not in unused}
    return full if width == 1 else as_given(widen(read_network(full), window, width))


def widen(network: NetworkSettings, window: int, width: float) -> NetworkSettings:
    """The network with about `width` times the weights (counted with one task).

    Filters and hidden units all grow by one factor, about the square root of `width`, and are rounded to
    multiples of 8: the factor whose rounded sizes come nearest.
    """
    key = hidden_key(network.head)

    def scaled(factor: float) -> NetworkSettings:
        *channels, units = (max(8, 8 * round(factor * n / 8)) for n in [*network.channels, network.units])
        if key == "hidden":
            return replace(network, channels=tuple(channels), hidden=units)
        return replace(network, channels=tuple(channels), private_hidden=units)

    def excess(factor: float) -> float:
        return network_cost(scaled(factor), window, 1).weights / wanted - 1

    wanted = width * network_cost(network, window, 1).weights
    low, high = 0.0, max(2.0, 2 * width)
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) <= 0 else (low, middle)
    return scaled(min(low, high, key=lambda factor: abs(excess(factor))))
