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
LAST_UNPOOLED = ("deepsea",)
PRIVATE_HIDDEN = 64
# `hidden: auto`: so many units a task, as a power of two between the two numbers. DeepSEA has 925 for 919 targets.
UNITS_A_TASK, FEWEST_UNITS, MOST_UNITS = 2, 64, 1024


@dataclass(frozen=True)
class Block:
    """A convolution, `inputs` to `outputs` channels: `positions` places, `length` of them after pooling."""

    inputs: int
    outputs: int
    positions: int
    pooled: bool
    length: int
    dropout: float


@dataclass(frozen=True)
class Cost:
    """One network for n tasks: FLOP of an example (a multiplication and an addition are two) and weights."""

    forward: int
    training: int
    weights: int


def blocks(network: NetworkSettings, window: int) -> list[Block]:
    """The convolution blocks of a network's trunk for windows of `window` bp.

    Raises InputError for an unknown name, lists of unequal length and a window too short for the layers.
    """
    name, channels, rates = network.name, network.channels, network.dropout
    width, pool = network.filter_width, network.pool
    if name not in NETWORKS:
        raise InputError(f"network.name: unknown network {name!r}; known: {', '.join(sorted(NETWORKS))}")
    if len(channels) != len(rates) or not channels:
        raise InputError(
            f"network: {len(channels)} channels but {len(rates)} dropout rates; give one rate a convolution"
        )
    found: list[Block] = []
    inputs, length = 4, window
    for i, (outputs, rate) in enumerate(zip(channels, rates, strict=True)):
        pooled = i + 1 < len(channels) or name not in LAST_UNPOOLED
        positions = length - width + 1
        length = positions // pool if pooled else positions
        if length < 1:
            raise InputError(
                f"network: a window of {window} bp is too short: nothing is left after convolution {i + 1} "
                f"(width {width}, pooling by {pool}); lengthen dataset.window, or lower network.pool or "
                "network.filter_width"
            )
        found.append(Block(inputs, outputs, positions, pooled, length, rate))
        inputs = outputs
    return found


def flat_features(network: NetworkSettings, window: int) -> int:
    """How many numbers the last convolution block gives for a window: the inputs of the hidden layer."""
    last = blocks(network, window)[-1]
    return last.outputs * last.length


def network_cost(network: NetworkSettings, window: int, n_tasks: int) -> Cost:
    """FLOP and weights of a network for `n_tasks` tasks.

    Training costs the forward pass, the gradient of the weights and that of each layer's input, each as much
    as the forward pass; the first layer's input needs none. Biases, pooling, ReLU and dropout are left out of
    the FLOP.
    """
    width, trunk, inputs = network.filter_width, blocks(network, window), flat_features(network, window)
    units = network.units
    products = [block.positions * width * block.inputs * block.outputs for block in trunk]
    weights = sum((width * block.inputs + 1) * block.outputs for block in trunk)
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
