"""How fast batches are made, against a plain DataLoader, and their share of a training step.

A synthetic genome of random bases; examples anywhere in it, with labels of 367 tasks. On both sides one CPU
thread (of the main process) makes the same windows, in the same order and layout, through a lookup table of
the same dtype; the sides take turns, a side's rate follows from its median batch. Beside the plain
DataLoader (`table[codes.long()]`) stands one tuned in the lookup (embedding of int32 codes). A GPU is
measured where PyTorch finds one.

    python benchmarks/loader.py [--genome-mb 64] [--rounds 5] [--seconds 1]
"""

import argparse
import os
import statistics
import sys
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

from limits import DTYPES  # noqa: E402
from machine import processor  # noqa: E402
from measuring import Figures, Side, alternate, described, rate, write_figures  # noqa: E402
from protocol import TASKS, WINDOW, processor_precision  # noqa: E402
from synthetic_data import SEED, synthetic  # noqa: E402

from epigroup.networks.architecture import NETWORKS  # noqa: E402
from epigroup.training.batches import Batches, TrainingOrder, order  # noqa: E402
from epigroup.training.job import TrainingJob  # noqa: E402
from epigroup.training.settings import read_training  # noqa: E402
from epigroup.training.trainer import GroupTrainer  # noqa: E402

SETTINGS = {
    "optimiser": "adam", "learning_rate": 0.002, "momentum": 0.0, "weight_decay": 0.0, "batch_size": 64,
    "max_steps": 10**9, "validate_every": 10**9, "patience": 1, "reverse_complement": True, "jitter": 20,
    "sampling": "none", "keep": "group", "balancing": "none", "loss_scale": "mean",
    "schedule": "constant", "warm_up": 0, "averaging": 0.0, "loss": "bce", "positive_weights": "none",
    "focal_gamma": 2.0, "total_weight": 0.2, "max_positive_weight": 100.0, "packing": "sequential",
    "layout": "channels_last",
    "device": "cpu",
}  # fmt: skip


class Windows(Dataset):
    """Item i: the one-hot window of example i, (W, 4), by a lookup of its codes."""

    def __init__(self, codes: torch.Tensor, start: np.ndarray, dtype: torch.dtype, tuned: bool) -> None:
        self.codes, self.start, self.tuned = codes, start.tolist(), tuned
        self.table = torch.cat([torch.eye(4), torch.zeros(1, 4)]).to(dtype)

    def __len__(self) -> int:
        return len(self.start)

    def __getitem__(self, i: int) -> torch.Tensor:
        codes = self.codes[self.start[i] : self.start[i] + WINDOW]
        return F.embedding(codes.int(), self.table) if self.tuned else self.table[codes.long()]


def ours(batches: Batches, batch_size: int, dtype: torch.dtype) -> Iterator[torch.Tensor]:
    plan = TrainingOrder(
        SEED, len(batches), batch_size, reverse_complement=False, device=batches.sequences.device
    )
    step, buffer = 0, batches.sequences.buffer(batch_size, dtype)
    while True:
        yield batches.one_hot(plan.batch(step)[0], dtype, out=buffer)
        step += 1


def plain(
    codes: torch.Tensor, start: np.ndarray, batch_size: int, dtype: torch.dtype, tuned: bool = False
) -> Iterator[torch.Tensor]:
    epoch = 0
    while True:
        places = order(SEED, epoch, len(start)).tolist()
        loader = DataLoader(Windows(codes, start, dtype, tuned), batch_size, sampler=places, drop_last=True)
        for batch in loader:
            yield batch.unsqueeze(1).permute(0, 3, 1, 2)
        epoch += 1


def windows_a_second(
    sides: dict[str, Iterator[torch.Tensor]],
    batch_size: int,
    options: argparse.Namespace,
    device: torch.device,
) -> dict[str, float]:
    measured = {name: Side(partial(next, it), batch_size, options.seconds) for name, it in sides.items()}
    alternate(measured, options.rounds, device)
    return {name: rate(side) for name, side in measured.items()}


def median_seconds(action: Callable[[], object], times: int, device: torch.device) -> float:
    side = Side(action, 1, 0)
    alternate({"": side}, times, device)
    return statistics.median(side.wall)


def step_and_batch(batches: Batches, name: str, precision: str, steps: int) -> tuple[float, float]:
    """Seconds of a training step of all tasks, and of making its batch: order, windows, labels."""
    device = batches.sequences.device
    network = {"name": name, "head": "shared", **NETWORKS[name]}
    told = read_training(SETTINGS | {"network": network, "precision": precision})
    trainer = GroupTrainer(
        [f"task{i}" for i in range(TASKS)],
        list(range(TASKS)),
        TrainingJob(batches, batches, told, SEED),
        label=name,
    )

    numbers = count()

    def make() -> None:
        indices, reverse, shift = trainer.order.batch(next(numbers))
        batches.one_hot(indices, trainer.dtype, reverse, shift, trainer.buffer)
        batches.targets(indices, trainer.tasks)

    step = median_seconds(trainer.advance, steps, device)
    return step, median_seconds(make, 50, device)


def measure(options: argparse.Namespace) -> Figures:
    torch.set_num_threads(1)
    figures: Figures = {
        "cores": (1, "CPU threads"), "cores of the machine": (os.cpu_count(), "CPUs"),
        "device": (processor(), "CPU"),
        "genome": (options.genome_mb * 1_000_000, "bases"), "window": (WINDOW, "bases"),
        "tasks": (TASKS, "tasks"),
    }  # fmt: skip
    data = synthetic(options.genome_mb, options.examples, "cpu")
    codes, start = torch.from_numpy(data.codes), data.window_start
    for dtype_name, dtype in DTYPES.items():
        for size in (64, 1024):
            sides = {
                "loader": ours(data.batches, size, dtype),
                "DataLoader": plain(codes, start, size, dtype),
                "tuned DataLoader": plain(codes, start, size, dtype, tuned=True),
            }
            first, *others = (next(source) for source in sides.values())
            if not all(torch.equal(first, other) for other in others):
                raise AssertionError("the sides make different batches")
            rates = windows_a_second(sides, size, options, torch.device("cpu"))
            what = f"CPU {dtype_name} batch {size}"
            figures |= {f"{what}, {side}": (round(value), "windows/s") for side, value in rates.items()}
            for side in ("DataLoader", "tuned DataLoader"):
                figures[f"{what}, loader over {side}"] = (rates["loader"] / rates[side], "times")
    precision = processor_precision()
    for name, steps in (("small", 20), ("deepsea_pool3", options.full_steps)):
        step, make = step_and_batch(data.batches, name, precision, steps)
        what = f"CPU {precision} network {name} batch 64"
        figures[f"{what}, training step"] = (1000 * step, "ms")
        figures[f"{what}, making the batch"] = (1000 * make, "ms")
        figures[f"{what}, share of the batch"] = (100 * make / step, "%")
    if torch.cuda.is_available():
        figures["GPU"] = (torch.cuda.get_device_name(), "device")
        batches = synthetic(options.genome_mb, options.examples, "cuda").batches
        for dtype_name, dtype in DTYPES.items():
            for size in (64, 1024):
                sides = {"loader": ours(batches, size, dtype)}
                rates = windows_a_second(sides, size, options, torch.device("cuda"))
                figures[f"GPU {dtype_name} batch {size}, loader"] = (round(rates["loader"]), "windows/s")
        for name in ("small", "deepsea_pool3"):
            step, make = step_and_batch(batches, name, "bf16", 50)
            what = f"GPU bf16 network {name} batch 64"
            figures[f"{what}, training step"] = (1000 * step, "ms")
            figures[f"{what}, making the batch"] = (1000 * make, "ms")
            figures[f"{what}, share of the batch"] = (100 * make / step, "%")
    else:
        figures["GPU, loader"] = ("not measured", "windows/s")
    return figures


def main(arguments: list[str] | None = None) -> dict:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--genome-mb", type=int, default=64, help="bases of the genome, in millions")
    parser.add_argument("--examples", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each side in a round")
    parser.add_argument("--full-steps", type=int, default=3, help="steps of the full network on the CPU")
    parser.add_argument("--out", type=Path, default=Path("results/benchmarks/loader.json"))
    options = parser.parse_args(arguments)
    figures = described(measure(options))
    write_figures(options.out, figures)
    return figures


if __name__ == "__main__":
    main()
