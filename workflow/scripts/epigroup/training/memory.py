"""How much memory training takes, estimated from the layers; for plans, and for what to do when it runs
out.
"""

from __future__ import annotations

import ctypes
import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch

from epigroup.core.errors import InputError
from epigroup.networks.adapted_layers import trained_weights
from epigroup.networks.architecture import blocks, network_cost
from epigroup.training.balancing import copied_bytes, gradient_bytes, shared_weights
from epigroup.training.settings import RunningSettings, TrainingSettings

MEGABYTE = 1 << 20
# options of glibc's malloc: blocks that are maps of their own, at most; free bytes at the end that are given back
M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4
OPTIMISER_COPIES = {"sgd": 0, "adam": 2, "adamw": 2}
# the share of the memory there is that advice makes use of
SAFE_SHARE = 0.8


@dataclass(frozen=True)
class Footprint:
    """Bytes that training takes: `network`, for each network in flight; `working`, while one network makes a
    step, whatever the batch; `example`, for each example of that step's batch.
    """

    network: int
    working: int
    example: int

    def total(self, batch_size: int, networks: int = 1, *, jointly: bool = False) -> int:
        """Bytes of so many networks in flight that step one after another, or `jointly`."""
        step = self.working + self.example * batch_size
        return networks * self.network + step * (networks if jointly else 1)

    def fitting_batch(self, available: int, networks: int = 1, *, jointly: bool = False) -> int:
        """The largest batch that `available` bytes are enough for; 0 where there is none."""
        steps = networks if jointly else 1
        room = available - networks * self.network - steps * self.working
        return max(0, room // (steps * self.example))

    def fitting_networks(self, available: int, batch_size: int, *, jointly: bool = False) -> int:
        """The largest number of networks in flight that `available` bytes are enough for; may be 0."""
        step = self.working + self.example * batch_size
        if jointly:
            return max(0, available // (self.network + step))
        return max(0, (available - step) // self.network)


def footprint(settings: TrainingSettings, n_tasks: int, window: int) -> Footprint:
    """Estimate for a network of `n_tasks` tasks under these settings, without sequences and labels.

    A network in flight: weights, gradients, what the optimiser keeps, the mean of the weights, all float32. With
    adapters only these and the heads have gradients and an optimiser, beside the frozen weights. A step: with bf16
    the weights and their gradients in that too, with adapters the sums of both, their gradients and what these are
    worked out in, and the gradients that a balancing holds; per example, of each block the convolution's output and
    its gradient, after pooling the value with an int64 place, ReLU, mask and product. Of a residual block the ReLU
    and the sum are kept in place of the convolution's output, and its gradient is that of three: sum, convolution and
    input. With bf16 the largest output and its gradient stand once more in float32, as processors without arithmetic
    in bf16 have them.
    """
    network, bf16 = settings.network, settings.precision == "bf16"
    size = 2 if bf16 else 4
    weights, frozen = network_cost(network, window, n_tasks).weights, 0
    trained = trained_weights(network, window, n_tasks, settings.adapter_rank)
    if settings.adapter_rank:
        frozen = network_cost(network, window, 0).weights
    copies = (
        1 + OPTIMISER_COPIES[settings.optimiser] + (settings.optimiser == "sgd" and settings.momentum > 0)
    )
    held = (frozen + trained) * (1 + (settings.averaging > 0)) + trained * copies
    example, largest, widest = 4 * window * size, 0, 0
    for block in blocks(network, window):
        out, pooled = block.outputs * block.positions, block.outputs * block.length
        kept_whole, rectified = (2, 0) if block.residual else (1, size)
        example += kept_whole * size * out + pooled * ((0 if block.pool is None else size + 8) + rectified)
        example += pooled * 2 * size if block.dropout else 0
        largest, widest = max(largest, 3 * out if block.residual else out), max(widest, out)
    working = 4 * weights * bf16 + 12 * frozen + gradient_bytes(settings, n_tasks, window)
    working += copied_bytes(settings, n_tasks, window)
    return Footprint(4 * held, working, example + size * largest + 8 * widest * bf16)


def check_gradients(
    settings: TrainingSettings, running: RunningSettings, n_tasks: int, window: int, available: int
) -> None:
    """Refuse (InputError) a balancing whose gradients, one for each of the largest group's `n_tasks`, do not
    fit beside a step into `running.pack_memory_mb` and the `available` bytes.
    """
    gradients = gradient_bytes(settings, n_tasks, window)
    if not gradients:
        return
    room = {"running.pack_memory_mb": int(running.pack_memory_mb * MEGABYTE), "the free memory": available}
    limit = min(room, key=room.__getitem__)
    step = footprint(settings, n_tasks, window).total(settings.batch_size) - gradients
    each = 4 * shared_weights(settings, window)
    fit = max(0, (room[limit] - step) // each - 1)
    if fit < n_tasks:
        fitting = f"{fit:,} tasks" if fit > 1 else "not even two"
        raise InputError(
            f"training.balancing {settings.balancing} holds a gradient of the shared weights for each task: "
            f"{each / MEGABYTE:,.1f} MB a task, {gradients / MEGABYTE:,.0f} MB for the {n_tasks} tasks of the "
            f"largest group, beside {step / MEGABYTE:,.0f} MB for a step; {limit} "
            f"({room[limit] / MEGABYTE:,.0f} MB) has room for {fitting}: raise it, make smaller groups, or "
            "take uncertainty, dwa, famo or gradnorm"
        )


def keep_freed_memory() -> None:
    """Let this process keep the memory of large arrays that it has freed, for the next ones.

    The C library of Linux (glibc) otherwise gives blocks of more than 32 MB back at once and takes new ones as
    pages that the system has to clear: tens of thousands of page faults in each step of a large network. On other
    systems nothing happens.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, 2**31 - 1)


def available_bytes(device: torch.device) -> int:
    """Memory that this process can still take: free on the GPU; on the CPU the least of what the machine has
    free, its control group allows and the process's own limit leaves.
    """
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    meminfo = dict(line.split(":") for line in Path("/proc/meminfo").read_text(encoding="utf-8").splitlines())
    rooms = [1024 * int(meminfo["MemAvailable"].split()[0])]
    pages = [int(word) for word in Path("/proc/self/statm").read_text(encoding="utf-8").split()[:2]]
    taken, resident = (n * os.sysconf("SC_PAGE_SIZE") for n in pages)
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit != resource.RLIM_INFINITY:
        rooms.append(limit - taken)
    for name in control_group_limits(Path("/proc/self/cgroup").read_text(encoding="utf-8")):
        if name.is_file() and (text := name.read_text(encoding="utf-8").strip()).isdigit():
            rooms.append(int(text) - resident)
    return max(0, min(rooms))


def control_group_limits(groups: str) -> list[Path]:
    """The files that may limit the memory of a process, from its /proc/self/cgroup: of its own control group
    and of all above it, versions 2 and 1. In a container its own group is shown as the root.
    """
    found = []
    for line in groups.splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers in ("", "memory") or "memory" in controllers.split(","):
            root, name = (
                ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
                if controllers
                else ("/sys/fs/cgroup", "memory.max")
            )
            own = Path(path.lstrip("/"))
            found += [Path(root) / above / name for above in (own, *own.parents)]
    return found


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error of PyTorch, NumPy or Python says that memory ran out."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    says = ("can't allocate memory", "could not create a memory", "out of memory")
    return isinstance(error, RuntimeError) and any(text in str(error).lower() for text in says)


@contextmanager
def refuse_out_of_memory(says: Callable[[], str]) -> Iterator[None]:
    """Turn the errors of running out of memory into an InputError with what `says` returns then."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        raise InputError(says()) from error


def advice(
    need: Footprint, available: int, batch_size: int, networks: int = 1, *, jointly: bool = False
) -> str:
    """What to change after memory has run out with `available` bytes at the start: the number of networks in
    flight, else the batch size, that would fit; both below what was tried.
    """
    safe = int(SAFE_SHARE * available)
    wanted = need.total(batch_size, networks, jointly=jointly)
    said = (
        f"about {wanted / MEGABYTE:,.0f} MB are needed for {networks} network(s) with "
        f"training.batch_size {batch_size}, and {available / MEGABYTE:,.0f} MB were free at the start"
    )
    at_once = min(need.fitting_networks(safe, batch_size, jointly=jointly), networks - 1)
    if at_once >= 1:
        budget = need.total(batch_size, at_once, jointly=jointly) // MEGABYTE + 1
        return f"{said}; {at_once} network(s) at once would fit: set running.pack_memory_mb to {budget}"
    batch = min(need.fitting_batch(safe), batch_size - 1)
    alone = "" if networks == 1 else " with training.packing: sequential"
    if batch >= 1:
        return f"{said}; a training.batch_size of {batch} would fit{alone}, or give the job more memory"
    return f"{said}; not even a batch of 1 fits: give the job more memory, or take a smaller network"
