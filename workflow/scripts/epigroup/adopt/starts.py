"""The networks that a new profile may start from, and what each makes of windows."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from epigroup.core.errors import InputError
from epigroup.networks.model_files import (
    ModelInfo,
    check_dataset,
    load_network,
    network_settings,
    read_pack_infos,
)
from epigroup.networks.networks import Network
from epigroup.networks.settings import NetworkSettings
from epigroup.training.batches import Sequences


@dataclass(frozen=True)
class Start:
    """A group of a strategy: its model file, what that says, the group's number and its tasks."""

    path: str
    info: ModelInfo
    group: int

    @property
    def tasks(self) -> list[str]:
        return self.info.groups[self.group]

    def network_settings(self) -> NetworkSettings:
        return network_settings(self.path, self.info)

    def network(self) -> Network:
        """With the weights of the group's best validation, on the CPU."""
        return load_network(self.path, self.info, self.group)


def starts_of(model_paths: Sequence[str | os.PathLike], dataset_hash: str, window: int) -> list[Start]:
    """The groups of a strategy's packs, ascending.

    Raises InputError for models of another data set than the run's (`dataset_hash`) or another window, and for networks
    whose tasks share no hidden layer.
    """
    infos = read_pack_infos(model_paths)
    check_dataset(model_paths, infos, dataset_hash)
    if infos[0].network.get("head", "shared") != "shared":
        raise InputError(
            f"{model_paths[0]}: each task has hidden features of its own, so that there are none for a new task; let "
            "adopt.starts name strategies with network.head shared"
        )
    if infos[0].window != window:
        raise InputError(
            f"{model_paths[0]}: its networks read {infos[0].window} bp, the new profiles' data set has {window} bp; "
            "make both again"
        )
    found = [
        Start(str(path), info, group)
        for path, info in zip(model_paths, infos, strict=True)
        for group in info.groups
    ]
    return sorted(found, key=lambda one: one.group)


def features_at(
    network: Network,
    sequences: Sequences,
    positions: torch.Tensor,
    batch_size: int,
    precision: str,
    reverse: bool = False,
) -> Iterator[np.ndarray]:
    """Features float32 (n, d) of the windows at `positions` (N,), a batch after the other; with `reverse` those of the
    other strand. The network is in evaluation mode."""
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    device = sequences.device
    for part in positions.split(batch_size):
        flipped = torch.ones_like(part, dtype=torch.bool) if reverse else None
        with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16"):
            found = network.features(sequences.one_hot(part, dtype, flipped))
        yield found.float().cpu().numpy()


def views(both_strands: bool) -> tuple[bool, ...]:
    """Which strands are scored: whether each is the other one."""
    return (False, True) if both_strands else (False,)
