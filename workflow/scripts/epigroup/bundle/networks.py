"""What a bundle's config.json says of its networks, and their weights under the names that its code gives them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch

from epigroup.core.errors import InputError
from epigroup.core.tables import read_table
from epigroup.networks.architecture import blocks, flat_features
from epigroup.networks.model_files import ModelInfo, network_settings, read_pack_infos
from epigroup.prediction.predict import networks_of, serving_groups

# By the loss that a network was trained with: what makes an expected target of its output.
LINKS = {
    "bce": "sigmoid",
    "focal": "sigmoid",
    "poisson": "exp",
    "poisson_multinomial": "exp",
    "mse": "identity",
}


@dataclass(frozen=True)
class Member:
    """One strategy and seed of a bundle. models: its model files; tasks: that it learns; serving: which group serves a
    task, a table, where groups overlap."""

    name: str
    models: tuple[str, ...]
    tasks: tuple[str, ...]
    serving: str | None = None


@dataclass
class Networks:
    """config.json's `members`, and the state of `standalone.Logits` that goes with them."""

    members: list[dict[str, Any]] = field(default_factory=list)
    weights: dict[str, torch.Tensor] = field(default_factory=dict)
    infos: list[ModelInfo] = field(default_factory=list)


def link_of(infos: Sequence[ModelInfo]) -> str:
    """What makes a score of an output. Raises InputError for members that were trained with losses of both kinds."""
    found = {LINKS[info.settings["loss"]] for info in infos}
    if len(found) > 1:
        raise InputError(
            f"bundle: networks whose outputs are read in different ways ({', '.join(sorted(found))})"
        )
    return found.pop()


def gather_networks(
    members: Sequence[Member], weights: Mapping[str, float], tasks: Sequence[str]
) -> Networks:
    """The networks of all members, tasks counted as in `tasks`. Raises InputError as `read_pack_infos` and
    `networks_of` do."""
    found, place = Networks(), {task: i for i, task in enumerate(tasks)}
    for number, member in enumerate(members):
        infos = read_pack_infos(member.models)
        wanted = set(serving_groups(infos, member.serving).items())
        networks: list[dict[str, Any]] = []
        for network, info, _, served, columns in networks_of(
            member.models, infos, torch.device("cpu"), wanted
        ):
            prefix = f"members.{number}.networks.{len(networks)}."
            found.weights |= {prefix + name: one.contiguous() for name, one in network.state_dict().items()}
            settings = network_settings(member.models[0], info)
            networks.append({
                "blocks": [asdict(block) for block in blocks(settings, info.window)],
                "head": settings.head, "units": settings.units, "features": flat_features(settings, info.window),
                "n_tasks": network.head.bias.shape[0], "served": [place[task] for task in served], "columns": columns,
            })  # fmt: skip
        found.members.append({"name": member.name, "weight": weights[member.name], "networks": networks})
        found.infos.extend(infos)
    return found


def read_weights_table(
    path: str | os.PathLike, names: Sequence[str], tasks: Sequence[str]
) -> tuple[dict[str, float], np.ndarray, np.ndarray]:
    """(weight by member, slope (T,), intercept (T,)) of an average, fitted on all validation bins. Raises InputError
    for a table of other members or tasks."""
    table = read_table(path, dtype={"task_id": str}, keep_default_na=False, na_values=[""])
    mine = table[table["fitted_on"] == "all"].set_index("task_id")
    columns = [f"weight:{name}" for name in names]
    if list(mine.index) != list(tasks) or [name for name in table if name.startswith("weight:")] != columns:
        raise InputError(f"{path}: is of other tasks or members than the choice; weigh them again")
    weights = {name: float(mine[column].iloc[0]) for name, column in zip(names, columns, strict=True)}
    return weights, mine["slope"].to_numpy(np.float64), mine["intercept"].to_numpy(np.float64)
