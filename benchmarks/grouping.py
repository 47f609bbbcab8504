"""What grouping costs as tasks grow: seconds and memory of each method on E of 925 weights a task.

E is drawn: ten centres, and noise in which neighbouring groups overlap, so that k-means takes many rounds.
The time of a method is that of its whole grouping with all its measures (stability: twenty draws besides);
k-means is also timed alone. DBSCAN searches all its settings and finds none that gives ten groups there, so
it is also timed on E without overlap. Each case runs in a process of its own, whose peak memory is taken;
everything runs in one thread. Labels: their correlation over bins drawn at random with 5 % positives.

    python benchmarks/grouping.py [--tasks 100 367 1000 2000] [--methods kmeans ward ...] [--k 10]
"""

import argparse
import json
import math
import multiprocessing
import os
import platform
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy loads its BLAS

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

from epigroup import grouping  # noqa: E402
from epigroup.core.errors import InputError  # noqa: E402
from epigroup.dataset.label_correlation import correlate, count_pairs  # noqa: E402
from epigroup.dataset.labels import pack  # noqa: E402
from epigroup.grouping.kmeans import fit_kmeans  # noqa: E402
from epigroup.grouping.method import GroupingInputs, Heads, checked, load  # noqa: E402

WEIGHTS, SEED = 925, 1
BINS = 1 << 18


def draw_heads(n_tasks: int, k: int, seed: int, apart: float = 0.1) -> Heads:
    """Overlapping clusters of rows, and a covariance of half as many directions as weights."""
    rng = np.random.default_rng([SEED, seed, n_tasks])
    centres = np.random.default_rng(SEED).normal(0, apart, (k, WEIGHTS))
    rows = centres[np.arange(n_tasks) % k] + rng.normal(size=(n_tasks, WEIGHTS))
    hidden = np.random.default_rng(SEED + 1).normal(size=(2000, WEIGHTS // 2)) @ np.random.default_rng(
        SEED + 2
    ).normal(size=(WEIGHTS // 2, WEIGHTS))
    return Heads(rows.astype(np.float32), np.zeros(n_tasks, np.float32), np.cov(hidden.T))


def group(method: str, n_tasks: int, k: int, options: dict, networks: int = 1, apart: float = 0.1) -> dict:
    """Run one method of the registry. Its inputs are made before the clock starts."""
    ids = [f"task{i}" for i in range(n_tasks)]
    inputs = GroupingInputs(
        method, ids, pd.DataFrame({"task_id": ids}), k, SEED,
        heads=tuple(draw_heads(n_tasks, k, i, apart) for i in range(networks)), options=options,
    )  # fmt: skip
    started = time.perf_counter()
    try:
        stability = checked(load(grouping.entry(method))(inputs), inputs).measures["stability"]
    except InputError:
        stability = None
    return {"seconds": time.perf_counter() - started, "stability": stability}


def kmeans_alone(n_tasks: int, k: int) -> dict:
    rows = draw_heads(n_tasks, k, 0).weights.astype(np.float64)
    started = time.perf_counter()
    fit = fit_kmeans(rows, k, n_init=50, state=SEED)
    return {"seconds": time.perf_counter() - started, "rounds of the best start": int(fit.n_iter_)}


def label_correlation(n_tasks: int, _k: int) -> dict:
    rng = np.random.default_rng(SEED)
    packed = pack(rng.random((1 << 14, n_tasks)) < 0.05)
    packed = np.tile(packed, (BINS >> 14, 1))
    started = time.perf_counter()
    correlate(count_pairs(packed, n_tasks), len(packed))
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "seconds for 10 million bins": seconds * 1e7 / BINS}


def on_heads(method: str, **options) -> Callable[[int, int], dict]:
    return lambda n_tasks, k: group(method, n_tasks, k, options)


# name: what to run for a number of tasks and of groups
CASES: dict[str, Callable[[int, int], dict]] = {
    "kmeans": kmeans_alone,
    "kmeans with its measures": on_heads("kmeans"),
    "kmeans on logit_covariance": on_heads("kmeans", vectors="logit_covariance"),
    "ward": on_heads("ward"),
    "spectral": on_heads("spectral"),
    "spectral on neighbours": on_heads("spectral", graph="neighbours"),
    "dbscan": on_heads("dbscan"),
    "dbscan without overlap": lambda n_tasks, k: group("dbscan", n_tasks, k, {}, apart=0.5),
    "ssc": on_heads("ssc"),
    "consensus of 3 x kmeans": lambda n_tasks, k: group(
        "consensus", n_tasks, k, {"of_entry": grouping.entry("kmeans")}, networks=3
    ),
    "label correlation": label_correlation,
}


def run_case(name: str, n_tasks: int, k: int, queue: multiprocessing.Queue) -> None:
    """Run one case in this process and send its figures, with the memory at the peak and before."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = CASES[name](n_tasks, k)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    queue.put(found | {"peak memory, GB": peak / 1e6, "of it before the case, GB": before / 1e6})


def measure(options: argparse.Namespace) -> dict[str, dict]:
    figures: dict[str, dict] = {
        "cores": {"value": 1, "unit": "threads"},
        "cores of the machine": {"value": os.cpu_count(), "unit": "CPUs"},
        "device": {"value": platform.processor() or platform.machine(), "unit": "CPU"},
        "weights": {"value": WEIGHTS, "unit": "weights a task"},
        "k": {"value": options.k, "unit": "groups"},
    }
    context = multiprocessing.get_context("spawn")
    for name in options.methods or CASES:
        last = None
        for n_tasks in options.tasks:
            queue = context.Queue()
            process = context.Process(target=run_case, args=(name, n_tasks, options.k, queue))
            process.start()
            process.join()
            if process.exitcode:
                raise SystemExit(f"{name} with {n_tasks} tasks ended with status {process.exitcode}")
            found = queue.get()
            seconds, memory = found["seconds"], found["peak memory, GB"]
            text = f"{name:<28} {n_tasks:>5} tasks  {seconds:>9.2f} s  {memory:.2f} GB"
            if last:
                growth = math.log(seconds / last[1]) / math.log(n_tasks / last[0])
                found["growth: seconds as tasks to the power of"] = growth
                text += f"  as tasks^{growth:.1f}"
            last = (n_tasks, seconds)
            print(text, flush=True)
            for what, value in found.items():
                figures[f"{name}, {n_tasks} tasks, {what}"] = {
                    "value": None if value is None else round(value, 4), "unit": unit_of(what),
                }  # fmt: skip
    return figures


def unit_of(what: str) -> str:
    return "s" if what.startswith("seconds") else "GB" if what.endswith("GB") else "1"


def main(arguments: list[str] | None = None) -> dict:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tasks", type=int, nargs="+", default=[100, 367, 1000, 2000])
    parser.add_argument("--methods", nargs="+", choices=list(CASES), help="all when absent")
    parser.add_argument("--k", type=int, default=10)
    parser.add_argument("--out", type=Path, default=Path("results/benchmarks/grouping.json"))
    options = parser.parse_args(arguments)
    figures = measure(options)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return figures


if __name__ == "__main__":
    main()
