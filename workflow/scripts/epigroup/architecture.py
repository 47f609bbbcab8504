"""The layers that a network's settings mean, without torch: for config, plan and networks alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from epigroup.errors import InputError

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


@dataclass(frozen=True)
class Block:
    """A convolution, `inputs` to `outputs` channels: `positions` places, `length` of them after pooling."""

    inputs: int
    outputs: int
    positions: int
    pooled: bool
    length: int
    dropout: float


def blocks(network: Mapping[str, Any], window: int) -> list[Block]:
    """The convolution blocks of a network's trunk for windows of `window` bp.

    Raises InputError for an unknown name, lists of unequal length and a window too short for the layers.
    """
    name, channels, rates = network["name"], network["channels"], network["dropout"]
    width, pool = network["filter_width"], network["pool"]
    if name not in NETWORKS:
        raise InputError(f"network.name: unknown network {name!r}; known: {', '.join(sorted(NETWORKS))}")
    if len(channels) != len(rates) or not channels:
        raise InputError(
            f"network: {len(channels)} channels but {len(rates)} dropout rates; give one rate a convolution"
        )
    found, inputs, length = [], 4, window
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
