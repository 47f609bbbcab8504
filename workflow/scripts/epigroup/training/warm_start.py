"""First weights of a group taken from another strategy's network of all tasks, instead of drawn at random.

Shiri & Sun 2022 train every group from scratch; this is an option beside that. The trunk (convolutions and the
shared hidden layer) is taken whole, of the head only what belongs to the group's tasks.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from epigroup.core.errors import InputError
from epigroup.core.text_files import text_check
from epigroup.networks.architecture import same_weights
from epigroup.networks.model_files import (
    check_dataset,
    network_settings,
    read_info,
    read_weights,
    tensor_checks,
)
from epigroup.networks.settings import NetworkSettings


@dataclass(frozen=True)
class WarmStart:
    """The best weights of a network of all tasks. `tasks`: in the order of its head; `weights`: its state;
    `digest`: a checksum of both, for what is made from them.
    """

    path: str
    tasks: list[str]
    weights: dict[str, torch.Tensor]
    digest: str

    def of(self, tasks: Sequence[str]) -> dict[str, torch.Tensor]:
        """The first state of a network of these tasks. InputError: a task that the network has not learnt."""
        lacking = [task for task in tasks if task not in self.tasks]
        if lacking:
            raise InputError(
                f"{self.path}: the network has not learnt the task '{lacking[0]}' that is to start from it; "
                "train that strategy again, or name another one in warm_start"
            )
        rows = torch.tensor([self.tasks.index(task) for task in tasks])
        return {
            name: self._rows(tensor, rows) if name.startswith("head.") else tensor.clone()
            for name, tensor in self.weights.items()
        }

    def _rows(self, tensor: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        """The parts of a tensor of the head that belong to tasks: it holds as many rows for each task."""
        return tensor.unflatten(0, (len(self.tasks), -1))[rows].flatten(0, 1)


def read_warm_start(
    path: str | os.PathLike, *, dataset_hash: str, network: NetworkSettings, window: int
) -> WarmStart:
    """The network of a model file that holds one of all tasks, from its group's best validation.

    Raises InputError for a file of several networks, of another data set, or of a network with other layers
    than `network` at `window` bp.
    """
    info = read_info(path)
    if len(info.groups) != 1:
        raise InputError(
            f"{path}: holds {len(info.groups)} networks, and a warm start is from one network of all tasks; "
            "name a strategy whose grouping has one group"
        )
    check_dataset([path], [info], dataset_hash)
    if info.window != window or not same_weights(network_settings(path, info), network):
        raise InputError(
            f"{path}: its network has other layers than the one that is to start from it; give both "
            "strategies the same training.network (dropout apart)"
        )
    ((group, tasks),) = info.groups.items()
    weights = read_weights(path, group)
    digest = f"{text_check({'tasks': tasks, 'tensors': tensor_checks(weights)}):08x}"
    return WarmStart(str(path), tasks, weights, digest)
