"""What affinities cost as tasks grow, at the sizes of the paper's network (deepsea_pool3, windows of 1,001
bp).

SCA: distances of the last shared layer over random windows of an untrained network, its forward passes
included. TAG: the share of training that looks take, one every ten steps as in a run, in trainings with and
without that take turns. Groupings: `sca` and `tag` on planted affinities with all their
measures. One CPU thread.

    python benchmarks/affinity.py [--tasks 100 367 1000 2000] [--samples 1000] [--k 5]
"""

import argparse
import json
import math
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy loads its BLAS

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import torch  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

from protocol import processor_precision  # noqa: E402

from epigroup import grouping  # noqa: E402
from epigroup.affinity import LOOKS  # noqa: E402
from epigroup.affinity.sca import mean_distances  # noqa: E402
from epigroup.dataset.dataset import Examples  # noqa: E402
from epigroup.grouping.method import GroupingInputs, checked, load  # noqa: E402
from epigroup.networks.architecture import complete_network  # noqa: E402
from epigroup.networks.settings import read_network  # noqa: E402
from epigroup.training.batches import Batches, Sequences  # noqa: E402
from epigroup.training.initial_state import initial_network  # noqa: E402
from epigroup.training.job import TrainingJob  # noqa: E402
from epigroup.training.settings import read_training  # noqa: E402
from epigroup.training.trainer import GroupTrainer  # noqa: E402

WINDOW, BIN, SEED, EVERY = 1001, 200, 1, 10
NETWORK = complete_network({"name": "deepsea_pool3"}, WINDOW)
SETTINGS = {
    "network": NETWORK, "optimiser": "adam", "learning_rate": 0.002, "momentum": 0.0, "weight_decay": 0.0,
    "batch_size": 64, "max_steps": 10**9, "validate_every": 10**9, "patience": 1,
    "reverse_complement": False, "jitter": 0, "sampling": "none", "loss": "bce", "positive_weights": "none",
    "balancing": "none", "loss_scale": "mean",
    "schedule": "constant", "warm_up": 0, "averaging": 0.0,
    "focal_gamma": 2.0, "total_weight": 0.2, "max_positive_weight": 100.0, "keep": "group",
    "packing": "sequential", "layout": "channels_last", "precision": "fp32", "device": "cpu",
}  # fmt: skip


class Genome:
    """One chromosome of random bases: what the loader reads of a genome."""

    def __init__(self, n: int) -> None:
        self.bases = np.random.default_rng(SEED).integers(0, 4, n, dtype=np.uint8)
        self.sizes = {"chr1": n}

    def codes(self, _chrom: str) -> np.ndarray:
        return self.bases


def examples(n: int, n_tasks: int) -> Batches:
    """n windows and labels of which one in twenty is positive."""
    rng = np.random.default_rng([SEED, n_tasks])
    sequences = Sequences(Genome((n + 10) * BIN), ["chr1"], WINDOW)
    labels = np.packbits(rng.random((n, n_tasks)) < 0.05, axis=1, bitorder="little")
    start = (BIN * np.arange(2, n + 2)).astype(np.int32)
    return Batches(sequences, Examples(np.zeros(n, np.int16), start, labels), (WINDOW - BIN) // 2)


def sca_distances(n_tasks: int, samples: int, _k: int) -> float:
    train, tasks = examples(samples, n_tasks), [f"task{i}" for i in range(n_tasks)]
    network = initial_network(read_network(NETWORK), tasks, WINDOW, SEED).eval()
    started = time.perf_counter()
    mean_distances(network, train, range(n_tasks), np.arange(samples), 0.002, [samples])
    return time.perf_counter() - started


def group(method: str) -> Callable[[int, int, int], float]:
    def run(n_tasks: int, _samples: int, k: int) -> float:
        rng, of = np.random.default_rng(SEED), np.arange(n_tasks) % k
        apart = np.where(of[:, None] == of[None], 1.0, 1.2) + 0.1 * rng.random((n_tasks, n_tasks))
        np.fill_diagonal(apart, 0)
        ids = [f"task{i}" for i in range(n_tasks)]
        sheet, kind = pd.DataFrame({"task_id": ids}), "distance" if method == "sca" else "similarity"
        inputs = GroupingInputs(
            method, ids, sheet, k, SEED, affinity=apart if method == "sca" else -apart, affinity_kind=kind
        )
        started = time.perf_counter()
        checked(load(grouping.entry(method))(inputs), inputs)
        return time.perf_counter() - started

    return run


CASES = {
    "sca, distances": sca_distances,
    "sca, groups of them": group("sca"),
    "tag, groups of affinities": group("tag"),
}


def training_with_looks(n_tasks: int, blocks: int) -> dict[str, tuple[float, str]]:
    """Processor seconds of ten training steps with one look of a form among them, and without: medians of
    blocks taken by turns, all trainings the same; and the share that the looks' own stopwatch says."""
    train, precision = examples(1000, n_tasks), processor_precision()
    trainers = {}
    for form in ("none", "first_order", "exact"):
        looks = {"entry": LOOKS["tag"], "affinities": {"a": {"form": form, "rate": None, "every": EVERY}}}
        told = SETTINGS | {"precision": precision} | ({} if form == "none" else {"look_ahead": looks})
        trainers[form] = GroupTrainer(
            [f"task{i}" for i in range(n_tasks)], list(range(n_tasks)),
            TrainingJob(train, train, read_training(told), SEED), label="step",
        )  # fmt: skip
    times: dict[str, list[float]] = {form: [] for form in trainers}
    for block in range(blocks + 1):  # the first warms up
        for form, trainer in trainers.items():
            started = time.process_time()
            for _ in range(EVERY):
                trainer.advance()
            if block:
                times[form].append(time.process_time() - started)
    plain = statistics.median(times["none"])
    figures = {f"training step, {precision}, processor": (plain / EVERY, "s")}
    for form in ("first_order", "exact"):
        more = [one - other for one, other in zip(times[form], times["none"], strict=True)]
        figures[f"tag, {form}, paired share, processor"] = (100 * statistics.median(more) / plain, "%")
        spent, whole = trainers[form].looks.stopwatch.seconds, trainers[form].state.seconds
        figures[f"tag, {form}, share by stopwatch"] = (100 * spent / (whole - spent), "%")
    return figures


def measure(options: argparse.Namespace) -> dict[str, dict]:
    torch.set_num_threads(1)
    figures: dict[str, tuple] = {
        "cores": (1, "threads"),
        "cores of the machine": (os.cpu_count(), "CPUs"),
        "device": (platform.processor() or platform.machine(), "CPU"),
        "samples": (options.samples, "examples"),
        "k": (options.k, "groups"),
    }
    for name, run in CASES.items():
        last = None
        for n_tasks in options.tasks:
            seconds = run(n_tasks, options.samples, options.k)
            figures[f"{name}, {n_tasks} tasks"] = (seconds, "s")
            text = f"{name:<28} {n_tasks:>5} tasks  {seconds:>9.2f} s"
            if last:
                growth = math.log(seconds / last[1]) / math.log(n_tasks / last[0])
                figures[f"{name}, {n_tasks} tasks, growth: seconds as tasks to the power of"] = (growth, "1")
                text += f"  as tasks^{growth:.1f}"
            last = (n_tasks, seconds)
            print(text, flush=True)
    for what, (value, unit) in training_with_looks(options.step_tasks, options.blocks).items():
        figures[f"{what}, {options.step_tasks} tasks"] = (value, unit)
        print(f"{what:<45} {options.step_tasks:>5} tasks  {value:>9.3f} {unit}", flush=True)
    return {
        name: {"value": round(value, 4) if isinstance(value, float) else value, "unit": unit}
        for name, (value, unit) in figures.items()
    }


def main(arguments: list[str] | None = None) -> dict:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tasks", type=int, nargs="+", default=[100, 367, 1000, 2000])
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--k", type=int, default=5)
    parser.add_argument(
        "--step-tasks", type=int, default=367, help="tasks of the trainings with and without looks"
    )
    parser.add_argument(
        "--blocks", type=int, default=5, help="ten steps each, with and without looks by turns"
    )
    parser.add_argument("--out", type=Path, default=Path("results/benchmarks/affinity.json"))
    options = parser.parse_args(arguments)
    figures = measure(options)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return figures


if __name__ == "__main__":
    main()
