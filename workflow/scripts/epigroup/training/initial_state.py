"""What the training of a group begins with: its weights, its optimiser, and what looks on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import torch

from epigroup.core.errors import InputError
from epigroup.networks.adapters import add_adapters
from epigroup.networks.networks import Network, build_network
from epigroup.networks.settings import NetworkSettings
from epigroup.training.settings import TrainingSettings


def group_key(seed: int, tasks: Sequence[str]) -> int:
    """A 63-bit number from the seed and a group's tasks, from which its weights and dropout are drawn."""
    digest = hashlib.sha256(json.dumps([seed, list(tasks)]).encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1


def initial_network(settings: NetworkSettings, tasks: Sequence[str], window: int, seed: int) -> Network:
    """A network whose weights depend on the seed and the group's tasks, not on what was drawn before."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(group_key(seed, tasks))
        return build_network(settings, len(tasks), window)


def starting_network(
    settings: TrainingSettings,
    tasks: Sequence[str],
    window: int,
    seed: int,
    start: Mapping[str, torch.Tensor] | None = None,
) -> Network:
    """The network that a group's training begins with: in the state `start`, with adapters where the settings name a
    rank, else the `initial_network`. Raises InputError for adapters without a state to begin with.
    """
    network, rank = initial_network(settings.network, tasks, window, seed), settings.adapter_rank
    if start is not None:
        network.load_state_dict(start)
    if rank:
        if start is None:
            raise InputError(
                f"training.adapter_rank: {rank}, but there is no network whose weights an adapter could change; give "
                "the strategy a warm_start, or set adapter_rank to 0"
            )
        add_adapters(network, rank, group_key(seed, tasks))
    return network


def build_optimiser(network: Network, settings: TrainingSettings, rate: float) -> torch.optim.Optimizer:
    """The optimiser that the settings name over all weights of the network that are trained, at a learning
    rate. Raises InputError for an unknown name."""
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    decay = settings.weight_decay
    if settings.optimiser == "sgd":
        return torch.optim.SGD(weights, rate, momentum=settings.momentum, weight_decay=decay, fused=True)
    if settings.optimiser == "adam":
        return torch.optim.Adam(weights, rate, weight_decay=decay, fused=True)
    if settings.optimiser == "adamw":
        return torch.optim.AdamW(weights, rate, weight_decay=decay, fused=True)
    raise InputError(f"training.optimiser: unknown optimiser {settings.optimiser!r}; known: adam, adamw, sgd")


def build_looks(settings: TrainingSettings, rate: float, device: torch.device) -> Any:
    """What looks on while the network trains (`look_ahead` of the settings); None where nothing does. Loaded by its
    name, so that an edit of it reruns no other training.
    """
    looks = settings.look_ahead
    if looks is None:
        return None
    module, name = looks.entry.split(":")
    return getattr(import_module(module), name)(looks.affinities, rate, settings.precision, device)
