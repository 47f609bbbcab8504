"""The device that training runs on, and the precisions that it knows."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path

import torch

from epigroup.core.errors import InputError
from epigroup.core.files import whole

logger = logging.getLogger(__name__)

# What tells every job that it is one of Slurm, PBS, LSF or Grid Engine.
BATCH_SYSTEMS = ("SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID", "SGE_TASK_ID")


def choose_device(wanted: str) -> torch.device:
    """`cuda`: a GPU. `auto`: a GPU where there is one, else the CPU, and the log says why; in a job of a batch
    system a GPU, for one was asked for. Raises InputError with the cause where a GPU must be usable and is not.
    """
    if wanted == "cpu":
        return torch.device("cpu")
    if wanted not in ("auto", "cuda"):
        raise InputError(f"training.device: unknown device {wanted!r}; known: auto, cpu, cuda")
    cause = missing_gpu_cause()
    if cause is None:
        return torch.device("cuda")
    if wanted == "auto" and not in_batch_job():
        logger.warning("training.device is auto, and %s: the CPU computes", cause)
        return torch.device("cpu")
    raise InputError(f"training.device is {wanted}, but {cause}; or set training.device: cpu")


def in_batch_job() -> bool:
    """Whether a batch system has started this process."""
    return any(name in os.environ for name in BATCH_SYSTEMS)


def missing_gpu_cause() -> str | None:
    """Why PyTorch cannot use a GPU here and what to do; None when it can."""
    if torch.cuda.is_available():
        return None
    if torch.version.cuda is None:
        return f"PyTorch {torch.__version__} was built for the CPU only: install its CUDA build"
    if not Path("/proc/driver/nvidia/version").exists():
        return "this machine has no NVIDIA driver: run on a node with a GPU (profile: partition, gres)"
    if torch.cuda.device_count() == 0:
        return "the NVIDIA driver shows this job no device: ask the scheduler for one"
    return f"the NVIDIA driver is too old for PyTorch's CUDA {torch.version.cuda}: update the driver"


def prefer_deterministic(device: torch.device) -> None:
    """Take algorithms that give the same bits every time where PyTorch has them, warn where it has none.

    Before the first use of the GPU: cuBLAS reads its setting then.
    """
    if device.type == "cuda":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.backends.cudnn.allow_tf32 = False  # fp32 means fp32, in convolutions too
    torch.use_deterministic_algorithms(True, warn_only=True)
    # fills fresh memory against reads before writes, which costs time and changes no result here
    torch.utils.deterministic.fill_uninitialized_memory = False


def check_precision(precision: str) -> str:
    """The precision of a training. InputError: it is none of bf16 and fp32; what `auto` means is measured once for a
    run (`epigroup.training.calibration`).
    """
    if precision in ("bf16", "fp32"):
        return precision
    raise InputError(f"training.precision: {precision!r} is none that a job computes in; known: bf16, fp32")


def check_device(wanted: str, out: str | os.PathLike) -> None:
    """Write what device `wanted` means here (JSON), or raise InputError with the cause when it cannot be
    used.
    """
    device = choose_device(wanted)
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
    with whole(out) as partial:
        partial.write_text(
            json.dumps({"device": device.type, "name": name, "torch": torch.__version__}) + "\n",
            encoding="utf-8",
        )
