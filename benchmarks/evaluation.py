"""Evaluation at the size of Shiri & Sun 2022: 947,056 test examples of 367 tasks, in time and memory.

Predictions as the workflow writes them, made up: scores that follow the labels, tasks positive in 0.3 to
12 % of the examples, test examples on chr8 and chr9. `evaluate_strategy` turns them into metrics.tsv and
blocks.h5 in a process of its own. Beside it scikit-learn scores some of the tasks, scaled to all, and must
agree to 1e-9.

    python benchmarks/evaluation.py [--cores 2] [--scratch FOLDER]
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from sklearn import metrics as reference

SCRIPTS = Path(__file__).resolve().parents[1] / "workflow" / "scripts"
sys.path.insert(0, str(SCRIPTS))

from epigroup.dataset.labels import count_positives, pack, packed_width, unpack_columns  # noqa: E402
from epigroup.genome.assemblies import assemblies  # noqa: E402

BIN, ROWS, SEED = 200, 1 << 15, 1
CHROMOSOMES = ["chr7", "chr8", "chr9"]  # validation on the first

CHILD = """
import json, resource, sys, time
sys.path.insert(0, sys.argv[1])
from epigroup.evaluation.predictions import evaluate_strategy
at = time.perf_counter()
evaluate_strategy(*json.loads(sys.argv[2]))
wall, used = time.perf_counter() - at, resource.getrusage(resource.RUSAGE_SELF)
rss = 1024 * next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps({"wall": wall, "cpu": used.ru_utime + used.ru_stime, "rss": rss}))
"""


def write_predictions(path: Path, split: str, chromosomes: list[str], n: int, tasks: list[str]) -> None:
    """A predictions file of `n` examples: logits are normal, 2.5 standard deviations higher for positives."""
    rng = np.random.default_rng([SEED, len(split)])
    share = np.exp(np.random.default_rng(SEED).uniform(np.log(0.003), np.log(0.12), len(tasks)))
    sizes = [assemblies()["hg38"][chrom] // BIN for chrom in chromosomes]
    bins = np.sort(rng.choice(sum(sizes), n, replace=False))
    chrom = np.searchsorted(np.cumsum(sizes), bins, side="right")
    with h5py.File(path, "w", libver="v110") as file:
        file["chrom"] = (chrom + CHROMOSOMES.index(chromosomes[0])).astype(np.int16)
        file["start"] = ((bins - np.r_[0, np.cumsum(sizes)][chrom]) * BIN).astype(np.int32)
        scores = file.create_dataset("probability", (n, len(tasks)), np.float16)
        packed = file.create_dataset("labels", (n, packed_width(len(tasks))), np.uint8)
        for at in range(0, n, ROWS):
            here = slice(at, min(at + ROWS, n))
            labels = rng.random((here.stop - at, len(tasks)), np.float32) < share
            labels[np.flatnonzero(~labels.any(1)), 0] = True  # every bin has a peak of some task
            logits = rng.standard_normal(labels.shape, np.float32) - 4 + 2.5 * labels
            scores[here], packed[here] = 1 / (1 + np.exp(-logits)), pack(labels)
        file.attrs.update(
            dataset_hash="0" * 64, split=split, task_ids=tasks, chromosomes=CHROMOSOMES,
        )  # fmt: skip


def count_labels(path: Path) -> list[int]:
    """Positives of each task."""
    with h5py.File(path) as file:
        return count_positives(file["labels"][:], len(file.attrs["task_ids"])).tolist()


def write_inputs(folder: Path, options: argparse.Namespace) -> list:
    """Arguments of `evaluate_strategy`; predictions that are there already are used again."""
    tasks = [f"task{i}" for i in range(options.tasks)]
    for split, chromosomes, n in (
        ("validation", CHROMOSOMES[:1], options.validation),
        ("test", CHROMOSOMES[1:], options.test),
    ):
        if not (folder / f"{split}.h5").exists():
            write_predictions(folder / f"{split}.part", split, chromosomes, n, tasks)
            (folder / f"{split}.part").rename(folder / f"{split}.h5")
    about = {
        "task_ids": tasks, "dataset_hash": "0" * 64,
        "n_evaluation": {"any_peak": {"validation": options.validation, "test": options.test}},
        "positives": {split: count_labels(folder / f"{split}.h5") for split in ("validation", "test")},
    }  # fmt: skip
    (folder / "dataset.json").write_text(json.dumps(about), encoding="utf-8")
    (folder / "groups.tsv").write_text(
        "task_id\tgroup\n" + "".join(f"{task}\t0\n" for task in tasks), encoding="utf-8"
    )
    names = ("validation.h5", "test.h5", "groups.tsv", "dataset.json", "metrics.tsv", "blocks.h5")
    cfg = {"tasks": tasks, "min_validation_positives": 20, "regions": "any_peak"}
    cfg |= {"interval_draws": options.draws, "seed": SEED}
    return [*(str(folder / name) for name in names), cfg]


def compare_metrics(folder: Path, n: int) -> tuple[float, float]:
    """Seconds that scikit-learn takes for `n` of the tasks, and the largest difference from metrics.tsv."""
    table = pd.read_csv(folder / "metrics.tsv", sep="\t")
    chosen = np.unique(np.linspace(0, len(table) - 1, n).astype(int))
    with h5py.File(folder / "test.h5") as file:
        columns = [file["probability"][:, task].astype(np.float64) for task in chosen]
        labels = unpack_columns(file["labels"][:], chosen).T
    seconds, worst = 0.0, 0.0
    for task, scores, truth in zip(chosen, columns, labels, strict=True):
        row = table.loc[task]
        at = time.perf_counter()
        called = scores >= row["threshold"]
        precision, recall, f1, _ = reference.precision_recall_fscore_support(truth, called, average="binary")
        theirs = {
            "test_f1": f1, "test_precision": precision, "test_recall": recall,
            "test_auprc": reference.average_precision_score(truth, scores),
            "test_auroc": reference.roc_auc_score(truth, scores),
        }  # fmt: skip
        seconds += time.perf_counter() - at
        worst = max(worst, *(abs(row[name] - value) for name, value in theirs.items()))
    assert worst < 1e-9, f"metrics.tsv differs from scikit-learn by {worst}"
    return seconds / len(chosen), worst


def measure(options: argparse.Namespace, folder: Path) -> dict[str, dict]:
    """Every figure as {"value", "unit"}."""
    arguments = write_inputs(folder, options)
    size = (folder / "test.h5").stat().st_size
    run = subprocess.run(
        [sys.executable, "-c", CHILD, str(SCRIPTS), json.dumps(arguments)], check=True, text=True,
        stdout=subprocess.PIPE, env=os.environ | {"OMP_NUM_THREADS": str(options.cores)},
    )  # fmt: skip
    spent = json.loads(run.stdout.splitlines()[-1])
    seconds, worst = compare_metrics(folder, options.subset)
    scaled = seconds * options.tasks
    figures = {
        "cores": (options.cores, "CPU threads"),
        "cores of the machine": (os.cpu_count(), "CPUs"),
        "machine": (platform.processor() or platform.machine(), ""),
        "test examples": (options.test, "examples"),
        "validation examples": (options.validation, "examples"),
        "tasks": (options.tasks, "tasks"),
        "draws of the intervals": (options.draws, "draws"),
        "predictions of the test split": (size / 1e9, "GB"),
        "evaluation": (spent["wall"], "s"),
        "evaluation, CPU": (spent["cpu"], "CPU s"),
        "evaluation, largest resident set": (spent["rss"] / 1e9, "GB"),
        "scikit-learn, scaled to all tasks": (scaled, f"s, from {options.subset} tasks"),
        "scikit-learn over evaluation": (scaled / spent["wall"], "times"),
        "largest difference from scikit-learn": (f"{worst:.1e}", ""),
    }
    return {
        name: {"value": round(value, 3) if isinstance(value, float) else value, "unit": unit}
        for name, (value, unit) in figures.items()
    }


def main(arguments: list[str] | None = None) -> dict:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--test", type=int, default=947_056, help="examples")
    parser.add_argument("--validation", type=int, default=65_531, help="examples")
    parser.add_argument("--tasks", type=int, default=367)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--draws", type=int, default=200, help="of the intervals; 0: none")
    parser.add_argument("--subset", type=int, default=4, help="tasks given to scikit-learn")
    parser.add_argument("--scratch", type=Path, help="folder whose predictions are kept and used again")
    parser.add_argument("--out", type=Path, default=Path("results/benchmarks/evaluation.json"))
    options = parser.parse_args(arguments)
    folder = options.scratch or Path(tempfile.mkdtemp(prefix="evaluation_"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        figures = measure(options, folder)
    finally:
        if options.scratch is None:
            shutil.rmtree(folder)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    for name, figure in figures.items():
        value = figure["value"]
        print(f"{name:<48} {value if isinstance(value, str) else f'{value:,}':>16} {figure['unit']}")
    return figures


if __name__ == "__main__":
    main()
