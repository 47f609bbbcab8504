"""The rolling checkpoint of a training job, at a path that no rule declares, and the signal that asks for
one.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import os
import pickle
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from epigroup.files import whole

logger = logging.getLogger(__name__)

# settings that change how a job runs but not what it computes
NOT_IDENTITY = ("resume", "checkpoint_seconds", "progress_seconds")


def checkpoint_path(directory: str | os.PathLike, cfg: Mapping[str, Any], **identity: Any) -> Path:
    """Where the job that is fixed by its settings and `identity` (groups, data set, seed, code) keeps its
    checkpoint.
    """
    key = {"cfg": {name: value for name, value in cfg.items() if name not in NOT_IDENTITY}, **identity}
    name = hashlib.sha256(json.dumps(key, sort_keys=True, default=str).encode()).hexdigest()[:32]
    return Path(directory) / f"{name}.pt"


def write_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Replace the checkpoint in one step: a kill at any instant leaves the old one or the new one, whole."""
    with whole(path) as partial:
        torch.save(state, partial)


def read_checkpoint(path: Path) -> dict[str, Any] | None:
    """The checkpoint, its tensors on the CPU, or None where there is none.

    A damaged one is reported and set aside under another name, and training starts afresh. A file system that
    fails or memory that runs out is no damage: those errors are raised, and the checkpoint stays.
    """
    if not path.exists():
        return None
    content = path.read_bytes()
    try:
        return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except torch.OutOfMemoryError:
        raise
    except (RuntimeError, EOFError, pickle.UnpicklingError) as error:
        aside = path.with_suffix(".damaged")
        logger.warning(
            "the checkpoint %s cannot be read (%s); it is kept as %s, and training starts from the beginning",
            path, error, aside.name,
        )  # fmt: skip
        path.replace(aside)
        return None


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
