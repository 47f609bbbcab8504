"""What is fastest here, measured in a second or two: the precision of a run, the layout and packing of a job.

Two processors that know the same instructions differ: one multiplies bfloat16 at several times its float32 rate,
another at half of it. So nothing is read off a flag. The precision is chosen once for a run and stands in a file
that its trainings read. Layout and packing are chosen once a processor model, by the first job that runs on one,
and kept beside the run for all others.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import platform
import statistics
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from epigroup.core.errors import InputError
from epigroup.core.settings import as_given, read_settings
from epigroup.networks.architecture import network_cost
from epigroup.networks.networks import LAYOUTS, build_network
from epigroup.networks.settings import NetworkSettings
from epigroup.training.devices import choose_device
from epigroup.training.memory import keep_freed_memory
from epigroup.training.settings import TrainingSettings

logger = logging.getLogger(__name__)

# Float32 and channels_last are taken unless another is faster by more than this share of their time.
TIE = 0.05
# Each candidate is timed for about so many seconds, by turns with the others, and for so many rounds at the least.
SECONDS, ROUNDS = 0.5, 3
HOPELESS, HOPELESS_SECONDS = 4, 1.0
# On a CPU a step on fewer examples runs at the same rate; this many floating-point operations are enough of one.
STEP_FLOP, LEAST_EXAMPLES = 4e10, 8


def processor(cpuinfo: str | os.PathLike = "/proc/cpuinfo") -> str:
    """The model of this processor, and the instructions for bfloat16 that PyTorch may use, as Linux names them."""
    facts: dict[str, str] = {}
    if Path(cpuinfo).is_file():
        for line in Path(cpuinfo).read_text(encoding="utf-8").splitlines():
            key, _, value = line.partition(":")
            facts.setdefault(key.strip(), value.strip())
    name = facts.get("model name") or platform.processor() or platform.machine()
    if "cpu family" in facts:
        name += f", family {facts['cpu family']} model {facts.get('model', '?')}"
    units = [
        word
        for word, there in (
            ("avx512_bf16", torch.cpu._is_avx512_bf16_supported()),
            ("amx", torch.cpu._is_amx_tile_supported()),
        )
        if there
    ]
    limits = [os.environ[key] for key in ("ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA") if os.environ.get(key)]
    return ", ".join([name, torch.backends.cpu.get_cpu_capability(), *units, *limits])


def processor_of(device: torch.device) -> str:
    """The model of what a device computes on."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else processor()


def training_step(
    network: NetworkSettings, window: int, batch: int, precision: str, layout: str, device: torch.device
) -> Callable[[], None]:
    """A step of a network of one task on `batch` random windows: dropout, loss, gradients and optimiser in it."""
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    with torch.random.fork_rng(devices=[]):
        model = build_network(network, 1, window)
    model.take_layout(layout)
    model.to(device).train()
    rng = np.random.default_rng(0)
    codes = torch.from_numpy(rng.integers(0, 4, (batch, window)))
    x = torch.eye(4, dtype=dtype)[codes].to(device).unsqueeze(1).permute(0, 3, 1, 2)
    target = torch.zeros(batch, 1, device=device)
    # nothing may move: weights that drift to zero or infinity are multiplied at another rate
    optimiser = torch.optim.SGD(model.parameters(), 0.0, fused=True)
    bits = np.random.Generator(np.random.SFC64(0)) if device.type == "cpu" else None

    def step() -> None:
        model.draw_dropout_from(bits)
        optimiser.zero_grad(set_to_none=True)
        with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16"):
            logits = model(x)
        F.binary_cross_entropy_with_logits(logits, target).backward()
        optimiser.step()

    return step


def measure(steps: Mapping[str, Callable[[], None]], device: torch.device) -> dict[str, float]:
    """Median seconds of a step of each candidate; they take turns. On a CPU its own time counts, which other
    work on the machine moves less than that of the clock. One whose first step takes more than a second and several
    times the least, as bf16 does where a processor has no instructions for it, makes no other.
    """

    def once(step: Callable[[], None]) -> float:
        clock = time.perf_counter if device.type == "cuda" else time.process_time
        started = clock()
        step()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        return clock() - started

    first = {name: once(step) for name, step in steps.items()}
    far = max(HOPELESS_SECONDS, HOPELESS * min(first.values()))
    times: dict[str, list[float]] = {name: [] for name in steps if first[name] <= far}
    started, rounds = time.perf_counter(), 0
    while rounds < ROUNDS or time.perf_counter() - started < SECONDS * len(times):
        rounds += 1
        for name, of_one in times.items():
            of_one.append(once(steps[name]))
    return first | {name: statistics.median(of_one) for name, of_one in times.items()}


def examples_of_step(network: NetworkSettings, window: int, batch_size: int, device: torch.device) -> int:
    """How many examples a measured step has: the batch on a GPU, no more than tell the rate on a CPU."""
    if device.type == "cuda":
        return batch_size
    enough = int(STEP_FLOP / network_cost(network, window, 1).training)
    return min(batch_size, max(LEAST_EXAMPLES, enough))


def least(seconds: Mapping[str, float]) -> str:
    """The first candidate, unless another takes less than its time by more than TIE: then the one that takes
    least."""
    first = next(iter(seconds))
    best = min(seconds, key=seconds.__getitem__)
    return best if seconds[best] < (1 - TIE) * seconds[first] else first


@dataclass(frozen=True)
class Case:
    """A network that is trained in a run: window in bp, batch_size in examples."""

    network: NetworkSettings
    window: int
    batch_size: int


def fastest_precision(cases: Sequence[Case], device: torch.device) -> str:
    """fp32 or bf16, whichever takes less time for a step of every case together; within 5 % fp32. From now on this
    process keeps what it frees.
    """
    keep_freed_memory()
    if device.type == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False):
        logger.info("precision auto: fp32 (%s does not compute in bf16)", processor_of(device))
        return "fp32"
    total = {"fp32": 0.0, "bf16": 0.0}
    for case in cases:
        n = examples_of_step(case.network, case.window, case.batch_size, device)
        steps = {
            name: training_step(case.network, case.window, n, name, LAYOUTS[0], device) for name in total
        }
        seconds = measure(steps, device)
        logger.info(
            "network %s, %d examples a step: %s",
            case.network.name, n, ", ".join(f"{name} {n / s:,.0f} examples/s" for name, s in seconds.items()),
        )  # fmt: skip
        for name, of_one in seconds.items():
            total[name] += of_one * case.batch_size / n
    chosen = least(total)
    logger.info(
        "precision auto: %s (measured on %s; bf16 must take %.0f %% less time)",
        chosen, processor_of(device), 100 * TIE,
    )  # fmt: skip
    return chosen


def choose_precision(cases: Sequence[Mapping[str, Any]], device: str, threads: int) -> str:
    """The precision of the trainings on a device (as in the config), measured with so many CPU threads.

    cases: network (completed), window and batch_size of each. Errors: as `choose_device` and `read_settings`.
    """
    torch.set_num_threads(threads)
    return fastest_precision([read_settings(Case, case, "networks") for case in cases], choose_device(device))


@dataclass(frozen=True)
class Choices:
    """What the jobs of a run have chosen for each processor model: a file a choice, in a folder that no rule
    declares; None keeps nothing."""

    folder: Path | None
    device: torch.device

    def choose(self, what: str, about: Mapping[str, Any], measured: Callable[[], Any]) -> Any:
        """The choice that an earlier job made for the same `about` on this processor model, else what `measured`
        gives, kept for the others; of jobs that measure at the same time the first one's counts for all."""
        if self.folder is None:
            return measured()
        key = {"what": what, "processor": processor_of(self.device), "torch": torch.__version__, **about}
        name = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:16]
        path = self.folder / f"{what}.{name}.json"
        kept = self._read(path)
        if kept is not None:
            logger.info("%s: %s, as measured before on %s", what, kept["choice"], key["processor"])
            return kept["choice"]
        chosen = measured()
        self.folder.mkdir(parents=True, exist_ok=True)
        mine = path.with_name(
            f".partial{uuid.uuid4().hex}"
        )  # jobs of several nodes may have one process number
        try:
            mine.write_text(json.dumps({**key, "choice": chosen}, sort_keys=True) + "\n", encoding="utf-8")
            os.link(mine, path)
        except FileExistsError:
            logger.debug("%s: another job was first", what)
        except OSError:  # a file system without links
            os.replace(mine, path)
        finally:
            mine.unlink(missing_ok=True)
        kept = self._read(path)
        return chosen if kept is None else kept["choice"]

    @staticmethod
    def _read(path: Path) -> dict | None:
        """A kept choice; None where there is none, or one that is damaged, which is removed."""
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            if "choice" in kept:
                return kept
        except FileNotFoundError:
            return None
        except (ValueError, TypeError):
            logger.warning("%s is damaged: measured anew", path)
        path.unlink(missing_ok=True)
        return None


def choose_layout(settings: TrainingSettings, window: int, choices: Choices) -> str:
    """The layout that the settings name, or the fastest here: of the activations of a network in training.

    Raises InputError for an unknown name. On a GPU channels_last.
    """
    wanted = settings.layout
    if wanted != "auto":
        if wanted not in LAYOUTS:
            raise InputError(f"training.layout: unknown layout {wanted!r}; known: auto, {', '.join(LAYOUTS)}")
        return wanted
    device = choices.device
    if device.type == "cuda":
        return LAYOUTS[0]

    def measured() -> str:
        n = examples_of_step(settings.network, window, settings.batch_size, device)
        seconds = measure(
            {
                name: training_step(settings.network, window, n, settings.precision, name, device)
                for name in LAYOUTS
            },
            device,
        )
        chosen = least(seconds)
        logger.info(
            "layout auto: %s (%s)",
            chosen, ", ".join(f"{name} {n / s:,.0f} examples/s" for name, s in seconds.items()),
        )  # fmt: skip
        return chosen

    given = as_given(settings)
    about = {key: given[key] for key in ("network", "precision", "batch_size")}
    return choices.choose("layout", {**about, "window": window, "threads": torch.get_num_threads()}, measured)
