"""The model file: one safetensors file a pack, tensors `{group}/{name}`, all that describes them as JSON in
its metadata.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from epigroup.errors import InputError
from epigroup.files import whole
from epigroup.networks import Network, build_network

FORMAT_VERSION = 1
# One key only: the safetensors library writes several in an order that changes from run to run.
METADATA_KEY = "epigroup"


@dataclass(frozen=True)
class ModelInfo:
    """What a model file says of itself. `groups` maps a group's number to its tasks in the order of the
    head's rows.
    """

    groups: dict[int, list[str]]
    network: dict[str, Any]
    window: int
    bin_size: int
    dataset_hash: str
    genome_sha256: str
    seed: int
    code: str
    settings: dict[str, Any]
    precision: str
    task_ids: list[str]
    best_step: dict[int, int] = field(default_factory=dict)
    validation_loss: dict[int, float] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    format_version: int = FORMAT_VERSION


def versions() -> dict[str, str]:
    """Versions of what computes a model."""
    return {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__}


def write_models(
    path: str | os.PathLike, info: ModelInfo, weights: Mapping[int, Mapping[str, torch.Tensor]]
) -> None:
    """Write the weights of a pack's groups; with no groups the file is valid and holds no tensor."""
    tensors = {
        f"{group}/{name}": tensor.detach().cpu().contiguous()
        for group, state in weights.items()
        for name, tensor in state.items()
    }
    metadata = {METADATA_KEY: json.dumps(asdict(info), sort_keys=True)}
    with whole(path) as partial:
        partial.touch()
        mode = partial.stat().st_mode  # the library would leave the file to its owner alone
        save_file(tensors, partial, metadata=metadata)
        partial.chmod(mode)


def read_info(path: str | os.PathLike) -> ModelInfo:
    """The metadata of a model file. Raises InputError for a file that is none, or of another format
    version.
    """
    try:
        with safe_open(path, framework="pt") as handle:
            metadata = handle.metadata() or {}
    except SafetensorError as error:
        raise InputError(f"{path}: not a model file ({error}); train it again") from error
    if METADATA_KEY not in metadata:
        raise InputError(f"{path}: not a model of this workflow: no '{METADATA_KEY}' in its metadata")
    fields = json.loads(metadata[METADATA_KEY])
    if fields.get("format_version") != FORMAT_VERSION:
        raise InputError(
            f"{path}: model format version {fields.get('format_version')!r}, this workflow reads "
            f"{FORMAT_VERSION}; train it again"
        )
    for key in ("groups", "best_step", "validation_loss"):
        fields[key] = {int(group): value for group, value in fields[key].items()}
    return ModelInfo(**fields)


def read_weights(path: str | os.PathLike, group: int) -> dict[str, torch.Tensor]:
    """State of one group's network. Raises InputError when the file does not hold the group."""
    prefix = f"{group}/"
    with safe_open(path, framework="pt") as handle:
        keys = [key for key in handle.keys() if key.startswith(prefix)]  # noqa: SIM118 (not a mapping)
        state = {key.removeprefix(prefix): handle.get_tensor(key) for key in keys}
    if not state:
        raise InputError(f"{path}: holds no group {group}; it holds {sorted(read_info(path).groups)}")
    return state


def load_network(path: str | os.PathLike, info: ModelInfo, group: int) -> Network:
    """One group's network, in evaluation mode, on the CPU."""
    network = build_network(info.network, len(info.groups[group]), info.window)
    network.load_state_dict(read_weights(path, group))
    return network.eval()


def read_pack_infos(paths: Sequence[str | os.PathLike]) -> list[ModelInfo]:
    """Metadata of all packs of a strategy. Raises InputError unless they come from one data set, network
    and seed.
    """
    if not paths:
        raise InputError("no model files given")
    infos = [read_info(path) for path in paths]
    for path, info in zip(paths, infos, strict=True):
        for key in ("dataset_hash", "network", "window", "seed", "task_ids", "precision"):
            if getattr(info, key) != getattr(infos[0], key):
                raise InputError(
                    f"{path}: its {key} differs from that of {paths[0]}; train the strategy again"
                )
    return infos
