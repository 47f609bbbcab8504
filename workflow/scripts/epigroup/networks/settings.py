"""What a network and its loss are told, as records. Without PyTorch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from epigroup.core.errors import InputError
from epigroup.core.settings import read_settings

HEADS = ("shared", "private")


def hidden_key(head: str) -> str:
    """The key that says how many units the hidden layer has: of all tasks, or of each.

    Raises InputError for an unknown form of head.
    """
    if head not in HEADS:
        raise InputError(f"network.head: unknown form {head!r}; known: {', '.join(HEADS)}")
    return "hidden" if head == "shared" else "private_hidden"


@dataclass(frozen=True)
class NetworkSettings:
    """A network's completed settings. channels: filters of each convolution; filter_width: bp; dropout: a rate a
    convolution; hidden, private_hidden: units of the hidden layer of all tasks, or of each, as the form of head has it;
    dilated_blocks: residual blocks of the network `dilated`, None for the others.
    """

    name: str
    channels: tuple[int, ...]
    filter_width: int
    pool: int
    dropout: tuple[float, ...]
    head: str = "shared"
    hidden: int | None = None
    private_hidden: int | None = None
    dilated_blocks: int | None = None

    @property
    def units(self) -> int:
        """Units of the hidden layer of all tasks, or of each. Raises InputError as `hidden_key`, and where they are
        not given."""
        key = hidden_key(self.head)
        units = self.hidden if key == "hidden" else self.private_hidden
        if units is None:
            raise InputError(f"network.{key} is missing for network.head {self.head}; give a number of units")
        return units


def read_network(given: Mapping[str, Any]) -> NetworkSettings:
    """A network's completed settings as a record. Raises InputError for keys that are unknown or missing."""
    return read_settings(NetworkSettings, given, "network")


@dataclass(frozen=True)
class LossSettings:
    """The keys of the training settings that say what is descended. positive_weights: none, balanced or a weight;
    max_positive_weight: for balanced alone; focal_gamma: for focal alone; total_weight: for poisson_multinomial alone.
    """

    loss: str
    focal_gamma: float
    total_weight: float
    positive_weights: str | float
    max_positive_weight: float
