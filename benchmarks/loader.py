"""How fast batches are made, against a plain DataLoader, and their share of a training step.

A synthetic genome of random bases; examples anywhere in it, with labels of 367 tasks. On both sides one CPU
thread (of the main process) makes the same windows, in the same order and layout, through a lookup table of
the same dtype; the sides take turns, a side's rate follows from its median batch. Beside the plain
DataLoader (`table[codes.long()]`) stands one tuned in the lookup (embedding of int32 codes). A GPU is
measured where PyTorch finds one.

    python benchmarks/loader.py [--genome-mb 64] [--rounds 5] [--seconds 1]
"""

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

from protocol import processor_precision  # noqa: E402

from epigroup.dataset.dataset import Examples  # noqa: E402
from epigroup.networks.architecture import NETWORKS  # noqa: E402
from epigroup.training.batches import Batches, Sequences, TrainingOrder, order  # noqa: E402
from epigroup.training.job import TrainingJob  # noqa: E402
from epigroup.training.settings import read_training  # noqa: E402
from epigroup.training.trainer import GroupTrainer  # noqa: E402

WINDOW, BIN, TASKS, SEED = 1001, 200, 367, 1
LEFT = (WINDOW - BIN) // 2
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}
SETTINGS = {
    "optimiser": "adam", "learning_rate": 0.002, "momentum": 0.0, "weight_decay": 0.0, "batch_size": 64,
    "max_steps": 10**9, "validate_every": 10**9, "patience": 1, "reverse_complement": True, "jitter": 20,
    "sampling": "none", "keep": "group", "balancing": "none", "loss": "bce", "positive_weights": "none",
    "focal_gamma": 2.0, "max_positive_weight": 100.0, "packing": "sequential", "layout": "channels_last",
    "device": "cpu",
}  # fmt: skip


@dataclass
class SyntheticGenome:
    """What the loader reads of a genome."""

    chromosomes: dict[str, np.ndarray]

    @property
    def sizes(self) -> dict[str, int]:
        return {name: len(codes) for name, codes in self.chromosomes.items()}

    def codes(self, chrom: str) -> np.ndarray:
        return self.chromosomes[chrom]


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


def synthetic(megabases: int, n: int, device: str) -> tuple[Batches, torch.Tensor, np.ndarray]:
    """Batches, and for the other side the chromosome's codes and the starts of the windows in it."""
    rng = np.random.default_rng(SEED)
    codes = rng.integers(0, 4, megabases * 1_000_000, dtype=np.uint8)
    start = rng.integers(2, len(codes) // BIN - 8, n).astype(np.int32) * BIN
    labels = rng.integers(0, 256, (n, -(-TASKS // 8)), dtype=np.uint8)
    for _ in range(5):
        labels &= rng.integers(0, 256, labels.shape, dtype=np.uint8)
    sequences = Sequences(SyntheticGenome({"chr1": codes}), ["chr1"], WINDOW, device)
    batches = Batches(sequences, Examples(np.zeros(n, np.int16), start, labels), LEFT)
    return batches, torch.from_numpy(codes), start - LEFT


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


def wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


def batch_times(source: Iterator[torch.Tensor], seconds: float) -> list[float]:
    """Seconds per window of each batch made in about `seconds`."""
    times = []
    spent = 0.0
    while spent < seconds:
        started = time.perf_counter()
        batch = next(source)
        wait(batch.device)
        times.append(time.perf_counter() - started)
        spent += times[-1]
    return [one / len(batch) for one in times]


def compare(sides: dict[str, Iterator[torch.Tensor]], rounds: int, seconds: float) -> dict[str, float]:
    """Windows/s of each side's median batch; the sides take turns."""
    for source in sides.values():
        batch_times(source, seconds / 5)
    times: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, source in sides.items():
            times[name] += batch_times(source, seconds)
    return {name: 1 / statistics.median(all_of_them) for name, all_of_them in times.items()}


def median_seconds(action: Callable[[int], object], steps: int, device: torch.device) -> float:
    times = []
    for step in range(steps + 1):
        started = time.perf_counter()
        action(step)
        wait(device)
        times.append(time.perf_counter() - started)
    return statistics.median(times[1:])


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

    def make(step: int) -> None:
        indices, reverse, shift = trainer.order.batch(step)
        batches.one_hot(indices, trainer.dtype, reverse, shift, trainer.buffer)
        batches.targets(indices, trainer.tasks)

    step = median_seconds(lambda _: trainer.advance(), steps, device)
    return step, median_seconds(make, 50, device)


def measure(options: argparse.Namespace) -> dict[str, dict]:
    torch.set_num_threads(1)
    figures: dict[str, tuple] = {
        "cores": (1, "CPU threads"), "cores of the machine": (os.cpu_count(), "CPUs"),
        "device": (platform.processor() or platform.machine(), "CPU"),
        "genome": (options.genome_mb * 1_000_000, "bases"), "window": (WINDOW, "bases"),
        "tasks": (TASKS, "tasks"),
    }  # fmt: skip
    batches, codes, start = synthetic(options.genome_mb, options.examples, "cpu")
    for dtype_name, dtype in DTYPES.items():
        for size in (64, 1024):
            sides = {
                "loader": ours(batches, size, dtype),
                "DataLoader": plain(codes, start, size, dtype),
                "tuned DataLoader": plain(codes, start, size, dtype, tuned=True),
            }
            first, *others = (next(source) for source in sides.values())
            if not all(torch.equal(first, other) for other in others):
                raise AssertionError("the sides make different batches")
            rates = compare(sides, options.rounds, options.seconds)
            what = f"CPU {dtype_name} batch {size}"
            figures |= {f"{what}, {side}": (round(value), "windows/s") for side, value in rates.items()}
            for side in ("DataLoader", "tuned DataLoader"):
                figures[f"{what}, loader over {side}"] = (rates["loader"] / rates[side], "times")
    precision = processor_precision()
    for name, steps in (("small", 20), ("deepsea_pool3", options.full_steps)):
        step, make = step_and_batch(batches, name, precision, steps)
        what = f"CPU {precision} network {name} batch 64"
        figures[f"{what}, training step"] = (1000 * step, "ms")
        figures[f"{what}, making the batch"] = (1000 * make, "ms")
        figures[f"{what}, share of the batch"] = (100 * make / step, "%")
    if torch.cuda.is_available():
        figures["GPU"] = (torch.cuda.get_device_name(), "device")
        batches, _, _ = synthetic(options.genome_mb, options.examples, "cuda")
        for dtype_name, dtype in DTYPES.items():
            for size in (64, 1024):
                rates = compare({"loader": ours(batches, size, dtype)}, options.rounds, options.seconds)
                figures[f"GPU {dtype_name} batch {size}, loader"] = (round(rates["loader"]), "windows/s")
        for name in ("small", "deepsea_pool3"):
            step, make = step_and_batch(batches, name, "bf16", 50)
            what = f"GPU bf16 network {name} batch 64"
            figures[f"{what}, training step"] = (1000 * step, "ms")
            figures[f"{what}, making the batch"] = (1000 * make, "ms")
            figures[f"{what}, share of the batch"] = (100 * make / step, "%")
    else:
        figures["GPU, loader"] = ("not measured", "windows/s")
    return {
        name: {"value": round(value, 3) if isinstance(value, float) else value, "unit": unit}
        for name, (value, unit) in figures.items()
    }


def main(arguments: list[str] | None = None) -> dict:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--genome-mb", type=int, default=64, help="bases of the genome, in millions")
    parser.add_argument("--examples", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each side in a round")
    parser.add_argument("--full-steps", type=int, default=3, help="steps of the full network on the CPU")
    parser.add_argument("--out", type=Path, default=Path("results/benchmarks/loader.json"))
    options = parser.parse_args(arguments)
    figures = measure(options)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    for name, figure in figures.items():
        value = figure["value"]
        print(f"{name:<60} {value if isinstance(value, str) else f'{value:,}':>16} {figure['unit']}")
    return figures


if __name__ == "__main__":
    main()
