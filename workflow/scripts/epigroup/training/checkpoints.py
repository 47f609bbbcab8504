"""The rolling checkpoint of a training job, at a path that no rule declares, the weights of past validations
beside it, and the signal that asks for a checkpoint.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import os
import pickle
import signal
import struct
import threading
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.settings import as_given
from epigroup.core.text_files import first_line
from epigroup.networks.model_files import tensor_checks
from epigroup.training.memory import is_out_of_memory
from epigroup.training.settings import UntrainedSettings

logger = logging.getLogger(__name__)

# what a damaged archive, or one that holds more than tensors and plain values, raises
NOT_LOADED = (
    RuntimeError, EOFError, pickle.UnpicklingError, zipfile.BadZipFile, zlib.error, ValueError, KeyError, IndexError,
    TypeError, AttributeError, NotImplementedError, struct.error,
)  # fmt: skip


def checkpoint_path(directory: str | os.PathLike, settings: UntrainedSettings, **identity: Any) -> Path:
    """Where the job that is fixed by its settings and `identity` (groups, data set, seed, code) keeps its
    checkpoint. What `layout` means on one processor is no part of it: a job that goes on from a checkpoint on
    another one keeps what it had.
    """
    key = {"cfg": as_given(settings), **identity}
    name = hashlib.sha256(json.dumps(key, sort_keys=True, default=str).encode()).hexdigest()[:32]
    return Path(directory) / f"{name}.pt"


def write_checkpoint(path: Path, state: Mapping[str, Any]) -> None:
    """Replace the checkpoint in one step: a kill at any instant leaves the old one or the new one, whole."""
    # Through Python's own file: what torch opens itself hides that the disk is full.
    with whole(path) as partial, open(partial, "wb") as handle:
        torch.save(dict(state), handle)


def read_checkpoint(path: Path) -> dict[str, Any] | None:
    """The checkpoint, its tensors on the CPU, or None where there is none.

    A damaged one is reported and set aside under another name, and training starts afresh. A file system that
    fails or memory that runs out is no damage: those errors are raised, and the checkpoint stays.
    """
    if not path.exists():
        return None
    content = path.read_bytes()
    try:
        # The checksums of the archive, which torch leaves unread.
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            damaged = archive.testzip()
        if damaged is not None:
            raise zipfile.BadZipFile(f"{damaged} does not match its checksum")
        state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        if not isinstance(state, dict):
            raise pickle.UnpicklingError(f"it holds a {type(state).__name__}")
    except NOT_LOADED as error:
        if is_out_of_memory(error):
            raise
        _set_aside(path, first_line(error))
        return None
    return state


def _set_aside(path: Path, cause: str) -> None:
    aside = path.with_suffix(".damaged")
    logger.warning(
        "the checkpoint %s cannot be read (%s); it is kept as %s, and training starts from the beginning",
        path, cause, aside.name,
    )  # fmt: skip
    path.replace(aside)


class Snapshots:
    """Weights of one group at past validations, by step: float32 on the CPU.

    Without `checkpoint` they are held in memory. With it they are files beside that path, so that neither
    memory nor the rolling checkpoint grows with their number; what is no longer wanted is deleted only by
    `sweep`, after a checkpoint that does not name it has replaced the one that does.
    """

    def __init__(self, checkpoint: Path | None = None, group: int = 0) -> None:
        self._checkpoint, self._group = checkpoint, group
        self._held: dict[int, dict[str, torch.Tensor]] = {}
        self._wanted: set[int] = set()

    def _path(self, checkpoint: Path, step: int | str) -> Path:
        return checkpoint.with_name(f"{checkpoint.stem}.group{self._group}.step{step}.safetensors")

    def add(self, step: int, weights: Mapping[str, torch.Tensor]) -> None:
        if self._checkpoint is None:
            self._held[step] = {
                name: tensor.detach().to("cpu", torch.float32, copy=True) for name, tensor in weights.items()
            }
            return
        tensors = {name: tensor.detach().cpu().float().contiguous() for name, tensor in weights.items()}
        with whole(self._path(self._checkpoint, step)) as partial:
            save_file(tensors, partial, {"crc32": json.dumps(tensor_checks(tensors), sort_keys=True)})

    def read(self, step: int) -> dict[str, torch.Tensor]:
        """The weights of a step that is kept. From a file they are mapped into memory, not copied.

        Raises one of DAMAGED for a file that is missing, cut or does not match its checksums.
        """
        if self._checkpoint is None:
            return dict(self._held[step])
        path = self._path(self._checkpoint, step)
        with safe_open(path, framework="pt") as handle:
            checks = (handle.metadata() or {}).get("crc32")
        tensors = load_file(path)
        if checks != json.dumps(tensor_checks(tensors), sort_keys=True):
            raise SafetensorError(f"{path} does not match its checksums")
        return tensors

    def keep(self, steps: Iterable[int]) -> None:
        """From now on only these steps are wanted."""
        self._wanted = set(steps)
        self._held = {step: weights for step, weights in self._held.items() if step in self._wanted}

    def sweep(self) -> None:
        """Delete the files of steps that are not wanted."""
        if self._checkpoint is not None:
            kept = {self._path(self._checkpoint, step) for step in self._wanted}
            for path in self._checkpoint.parent.glob(self._path(self._checkpoint, "*").name):
                if path not in kept:
                    path.unlink(missing_ok=True)

    def state_dict(self) -> dict[int, dict[str, torch.Tensor]]:
        """What is held in memory; empty where the snapshots are files."""
        return self._held

    def load_state_dict(self, held: Mapping[int, Mapping[str, torch.Tensor]], steps: Iterable[int]) -> None:
        """Take over `held` and want `steps`. Raises one of DAMAGED for a file that is missing or cut."""
        self._held = {step: dict(weights) for step, weights in held.items()}
        self.keep(steps)
        for step in self._wanted:
            self.read(step)


class Checkpoint:
    """The rolling checkpoint at `path` of the job that `identity` (plain values that JSON can hold) fixes."""

    def __init__(self, path: Path, identity: Mapping[str, Any]) -> None:
        self.path = path
        self.identity = json.loads(json.dumps(identity, sort_keys=True, default=str))

    def write(self, state: Mapping[str, Any]) -> None:
        """Replace the checkpoint, as `write_checkpoint` does."""
        write_checkpoint(self.path, {**state, "identity": self.identity})

    def read(self) -> dict[str, Any] | None:
        """The checkpoint, as `read_checkpoint` reads it. Raises InputError for that of another job (data set,
        network, settings).
        """
        state = read_checkpoint(self.path)
        if state is None:
            return None
        others = _differences(state.get("identity", {}), self.identity)
        if others:
            raise InputError(
                f"{self.path}: the checkpoint of another job: it differs in {'; '.join(others)}; delete it, "
                "or set running.resume: false"
            )
        return state

    def set_aside(self, cause: str) -> None:
        """Report that the checkpoint is damaged and keep it under another name."""
        _set_aside(self.path, cause)

    def remove(self) -> None:
        """Delete the checkpoint and the snapshots beside it."""
        self.path.unlink(missing_ok=True)
        for path in self.path.parent.glob(f"{self.path.stem}.group*.step*.safetensors"):
            path.unlink(missing_ok=True)
        self.remove_partial()

    def remove_partial(self) -> None:
        """Delete what a job that was killed while it wrote has left."""
        for path in self.path.parent.glob(f".partial*.{self.path.stem}.*"):
            path.unlink(missing_ok=True)


# what reading a snapshot's file raises when the file is missing or cut
DAMAGED = (FileNotFoundError, SafetensorError)


def _differences(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """The top keys in which two identities differ, with both values."""
    return [
        f"{key} ({_short(found.get(key))}, here {_short(wanted.get(key))})"
        for key in sorted({*found, *wanted})
        if found.get(key) != wanted.get(key)
    ]


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."


class Termination:
    """Whether SIGTERM has come."""

    def __init__(self) -> None:
        self.requested = False

    def _request(self, signum: int, frame: object) -> None:
        self.requested = True


@contextmanager
def catch_termination() -> Iterator[Termination]:
    """Turn SIGTERM into a flag for the length of the block. Outside the main thread signals stay as they
    are.
    """
    termination = Termination()
    if threading.current_thread() is not threading.main_thread():
        yield termination
        return
    before = signal.signal(signal.SIGTERM, termination._request)
    try:
        yield termination
    finally:
        signal.signal(signal.SIGTERM, before)
