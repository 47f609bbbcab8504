"""The model file: one safetensors file a pack, all that describes it as JSON in its metadata.

Tensors `{group}/{name}` are the weights of a group's best validation. Where each task keeps the validation
that served it best (training.keep: task), `{group}@{step}/{name}` are those of the other steps, and
`task_step` in the metadata says which step serves a task. Where affinities were collected along the training,
`look_ahead/{affinity}/` holds `sums` float64 (P, T, T) over stretches of its looks, their `counts` and the
last step of each, `at`, int64 (P,). The metadata also hold a checksum of
each tensor and one of what they themselves say, because safetensors has none.
"""

from __future__ import annotations

import json
import os
import platform
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.text_files import as_read, first_line, text_check
from epigroup.networks.networks import Network, build_network
from epigroup.networks.settings import NetworkSettings, read_network

Value = TypeVar("Value")

FORMAT_VERSION = 3
# One key only: the safetensors library writes several in an order that changes from run to run.
METADATA_KEY = "epigroup"
_BY_GROUP = ("learning_rate", "best_step", "validation_loss", "task_step", "layout", "jointly")


@dataclass(frozen=True)
class ModelInfo:
    """What a model file says of itself. `groups` maps a group's number to its tasks in the order of the
    head's rows; `task_step`, group -> task -> the step whose weights serve it, is empty where the group's
    best do. By what arithmetic it was trained say `precision`, `layout` and `jointly` (by group: of activations, and
    whether its networks were computed as one) and the model of the `processor`.
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
    learning_rate: dict[int, float] = field(default_factory=dict)
    best_step: dict[int, int] = field(default_factory=dict)
    validation_loss: dict[int, float] = field(default_factory=dict)
    task_step: dict[int, dict[str, int]] = field(default_factory=dict)
    layout: dict[int, str] = field(default_factory=dict)
    jointly: dict[int, bool] = field(default_factory=dict)
    processor: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    format_version: int = FORMAT_VERSION

    def serving_steps(self, group: int) -> dict[int, list[str]]:
        """Step -> the tasks of a group that its weights serve, steps in order."""
        of_task = self.task_step.get(group, {})
        steps: dict[int, list[str]] = {}
        for task in self.groups[group]:
            steps.setdefault(of_task.get(task, self.best_step[group]), []).append(task)
        return dict(sorted(steps.items()))

    def of_group(self, group: int) -> ModelInfo:
        """The same of one group alone."""

        def own(values: dict[int, Value]) -> dict[int, Value]:
            return {group: values[group]} if group in values else {}

        kept: dict[str, Any] = {key: own(getattr(self, key)) for key in ("groups", *_BY_GROUP)}
        return replace(self, **kept)


def versions() -> dict[str, str]:
    """Versions of what computes a model."""
    return {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__}


def write_models(
    path: str | os.PathLike,
    info: ModelInfo,
    weights: Mapping[int, Mapping[str, torch.Tensor]],
    task_weights: Mapping[int, Mapping[int, Mapping[str, torch.Tensor]]] | None = None,
    looks: Mapping[str, Mapping[str, Any]] | None = None,
) -> None:
    """Write the weights of a pack's groups; with no groups the file is valid and holds no tensor.

    `task_weights`: group -> step -> the weights of a step beside the group's best that serves some task.
    `looks`: affinity -> sums, counts and at of its looks.
    """
    states = {str(group): state for group, state in weights.items()}
    for group, of_steps in (task_weights or {}).items():
        states |= {f"{group}@{step}": state for step, state in of_steps.items()}
    tensors = {
        f"{key}/{name}": tensor.detach().cpu().contiguous()
        for key, state in states.items()
        for name, tensor in state.items()
    }
    for name, found in (looks or {}).items():
        tensors[f"look_ahead/{name}/sums"] = torch.stack(list(found["sums"])).cpu()
        tensors |= {f"look_ahead/{name}/{key}": torch.tensor(found[key]) for key in ("counts", "at")}
    about = as_read(asdict(info))
    checks = {"about": text_check(about), "tensors": tensor_checks(tensors)}
    metadata = {METADATA_KEY: json.dumps({"about": about, "crc32": checks}, sort_keys=True)}
    with whole(path) as partial:
        partial.touch()
        mode = partial.stat().st_mode  # the library would leave the file to its owner alone
        save_file(tensors, partial, metadata=metadata)
        partial.chmod(mode)


def tensor_checks(tensors: Mapping[str, torch.Tensor]) -> dict[str, int]:
    """CRC-32 of the bytes of each tensor."""
    return {
        name: zlib.crc32(tensor.contiguous().reshape(-1).view(torch.uint8).numpy())
        for name, tensor in tensors.items()
    }


@contextmanager
def open_models(path: str | os.PathLike) -> Iterator[tuple[safe_open, dict[str, Any], dict[str, int]]]:
    """An open model file, what it says of itself, and the checksums of its tensors.

    Raises InputError for a file that is none, is cut or damaged, or has another format version.
    """
    try:
        with safe_open(path, framework="pt") as handle:
            metadata = handle.metadata() or {}
            if METADATA_KEY not in metadata:
                raise InputError(f"{path}: not a model of this workflow: no '{METADATA_KEY}' in its metadata")
            content = json.loads(metadata[METADATA_KEY])
            about = content.get("about", content)
            if about.get("format_version") != FORMAT_VERSION:
                raise InputError(
                    f"{path}: model format version {about.get('format_version')!r}, this workflow reads "
                    f"{FORMAT_VERSION}; train it again"
                )
            checks = content["crc32"]
            if text_check(about) != checks["about"]:
                raise InputError(f"{path}: damaged: its metadata do not match their checksum; train it again")
            yield handle, about, checks["tensors"]
    except (SafetensorError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: not a model file ({first_line(error)}); train it again") from error


def read_info(path: str | os.PathLike) -> ModelInfo:
    """The metadata of a model file. Raises InputError as `open_models` does."""
    with open_models(path) as (_, about, _):
        for key in ("groups", *_BY_GROUP):
            about[key] = {int(group): value for group, value in about.get(key, {}).items()}
        return ModelInfo(**about)


def read_weights(path: str | os.PathLike, group: int, step: int | None = None) -> dict[str, torch.Tensor]:
    """State of one group's network: of its best validation, or of `step` where that is another.

    Raises InputError when the file does not hold it, or when its weights do not match their checksums.
    """
    state = _read_tensors(path, f"{group}/" if step is None else f"{group}@{step}/")
    if not state:
        which = f"group {group}" if step is None else f"group {group} at step {step}"
        raise InputError(
            f"{path}: holds no weights of {which}; its groups are {sorted(read_info(path).groups)}; train it "
            "again"
        )
    return state


def _read_tensors(path: str | os.PathLike, prefix: str) -> dict[str, torch.Tensor]:
    """The tensors whose names begin so, by the rest of their names, held against their checksums."""
    with open_models(path) as (handle, _, checks):
        wanted = {key: check for key, check in checks.items() if key.startswith(prefix)}
        tensors = {key: handle.get_tensor(key) for key in wanted}
        if tensor_checks(tensors) != wanted:
            raise InputError(f"{path}: damaged: its weights do not match their checksums; train it again")
    return {key.removeprefix(prefix): tensor for key, tensor in tensors.items()}


def read_looks(path: str | os.PathLike, affinity: str) -> tuple[torch.Tensor, list[int], list[int]]:
    """sums float64 (P, T, T), counts and last steps of the stretches over which a training collected an
    affinity. InputError: it collected none of that name, or they do not match their checksums.
    """
    found = _read_tensors(path, f"look_ahead/{affinity}/")
    if not found:
        raise InputError(f"{path}: its training collected no affinity '{affinity}'; train it again")
    return found["sums"], found["counts"].tolist(), found["at"].tolist()


def load_network(path: str | os.PathLike, info: ModelInfo, group: int, step: int | None = None) -> Network:
    """One group's network, in evaluation mode, on the CPU: with its best weights, or with those of a `step`
    that serves some of its tasks.
    """
    network = build_network(network_settings(path, info), len(info.groups[group]), info.window)
    try:
        network.load_state_dict(read_weights(path, group, None if step == info.best_step[group] else step))
    except RuntimeError as error:
        raise InputError(
            f"{path}: the weights of group {group} are not those of its network ({first_line(error)}); train it "
            "again"
        ) from error
    return network.eval()


def network_settings(path: str | os.PathLike, info: ModelInfo) -> NetworkSettings:
    """The settings of the networks of a model file. Raises InputError, naming the file, for settings that this release
    does not know, or lacks."""
    try:
        return read_network(info.network)
    except InputError as error:
        raise InputError(f"{path}: {error}; train it again with this release") from error


def check_dataset(
    paths: Sequence[str | os.PathLike],
    infos: Sequence[ModelInfo],
    dataset_hash: str,
    given: str = "that of this run",
) -> None:
    """Refuse (InputError) model files, with their metadata, of another data set than that of `dataset_hash`, which
    `given` names.
    """
    for path, info in zip(paths, infos, strict=True):
        if info.dataset_hash != dataset_hash:
            raise InputError(
                f"{path}: trained on another data set (hash {info.dataset_hash[:12]}) than {given} (hash "
                f"{dataset_hash[:12]}); train the strategy of this file again"
            )


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
