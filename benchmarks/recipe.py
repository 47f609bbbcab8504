"""Which parts of the training recipe are worth having: each on and off, on validation alone.

A trial trains one network of all tasks under one variant of the recipe and one seed, on the training split of a
finished data set, and scores the validation split on both strands. The test split is never opened. Each trial is a row
of a table, which is kept: a trial whose row is there, of the same settings, is not made again.

    snakemake -c2 dataset --configfile config/human_chr20.yaml
    python benchmarks/recipe.py results/human_chr20 --out benchmarks/recipe.tsv [--variants full no_jitter]
    python benchmarks/recipe.py --out benchmarks/recipe.tsv --summary
"""

import argparse
import hashlib
import json
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy loads its BLAS

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import torch  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

from machine import processor  # noqa: E402

from epigroup.core.settings import as_given  # noqa: E402
from epigroup.dataset.dataset import Dataset  # noqa: E402
from epigroup.dataset.labels import unpack  # noqa: E402
from epigroup.dataset.with_genome import open_with_genome  # noqa: E402
from epigroup.evaluation.metrics import (  # noqa: E402
    average_precision,
    best_threshold,
    confusion,
    count_scores,
    log_loss,
)
from epigroup.networks.architecture import complete_network  # noqa: E402
from epigroup.networks.networks import build_network  # noqa: E402
from epigroup.training.batches import Batches  # noqa: E402
from epigroup.training.job import TrainingJob  # noqa: E402
from epigroup.training.open_data import load_splits  # noqa: E402
from epigroup.training.settings import RunningSettings, TrainingSettings, read_training  # noqa: E402
from epigroup.training.train_pack import train_groups  # noqa: E402

# The recipe that is looked into, at a budget that does not exhaust it, and what each variant changes of it.
FULL = {
    "network": {"name": "small", "hidden": "auto"}, "optimiser": "adamw", "learning_rate": 0.002, "momentum": 0.0,
    "weight_decay": 0.01, "batch_size": 64, "max_steps": 6000, "validate_every": 400, "patience": 6,
    "reverse_complement": True, "jitter": 50, "sampling": "none", "loss": "bce", "positive_weights": "none",
    "balancing": "none", "focal_gamma": 2.0, "total_weight": 0.2, "max_positive_weight": 100.0, "keep": "group",
    "loss_scale": "mean",
    "schedule": "plateau", "plateau_factor": 0.3, "plateau_patience": 2, "warm_up": 500, "averaging": 0.999,
    "packing": "sequential", "layout": "channels_last", "precision": "fp32", "device": "cpu",
}  # fmt: skip
CONSTANT = {"schedule": "constant", "plateau_factor": None, "plateau_patience": None}
VARIANTS = {
    "full": {},
    "before": {
        "network": {"name": "small", "hidden": 64}, "optimiser": "adam", "learning_rate": 0.001, "weight_decay": 0.0,
        "patience": 4, "reverse_complement": False, "jitter": 0, "warm_up": 0, "averaging": 0.0,
        **CONSTANT,
    },
    "hidden_64": {"network": {"name": "small", "hidden": 64}},
    "hidden_512": {"network": {"name": "small", "hidden": 512}},
    "one_strand": {"reverse_complement": False},
    "no_jitter": {"jitter": 0},
    "no_averaging": {"averaging": 0.0},
    "constant": CONSTANT,
    "cosine": {**CONSTANT, "schedule": "cosine", "final_rate": 0.01, "patience": 20},
    "no_warm_up": {"warm_up": 0},
    "adam": {"optimiser": "adam", "weight_decay": 0.0},
    "decay_0.1": {"weight_decay": 0.1},
    "rate_0.001": {"learning_rate": 0.001},
    "rate_0.004": {"learning_rate": 0.004},
    "batch_128": {"batch_size": 128, "validate_every": 200, "warm_up": 250},
    "sum": {"loss_scale": "sum"},
    "per_task": {"loss_scale": "per_task"},
    "keep_task": {"keep": "task"},
    "dropout_more": {"network": {"name": "small", "hidden": "auto", "dropout": [0.1, 0.1, 0.4]}},
    "dilated": {"network": {"name": "dilated", "hidden": "auto"}},
    "long": {"max_steps": 20000},
    "wider": {"network": {"name": "small", "hidden": "auto", "width": 2}},
}  # fmt: skip
COLUMNS = (
    "set", "variant", "seed", "settings", "n_tasks", "loss", "auprc", "f1_halves", "best_step", "last_step", "ended",
    "seconds", "precision", "processor", "date",
)  # fmt: skip


def variant_settings(name: str, window: int, n_tasks: int) -> TrainingSettings:
    """The training settings of a variant; its own network takes the place of the common one."""
    told = {**FULL, **VARIANTS[name]}
    network = complete_network(told["network"], window, n_tasks)
    return read_training(
        {key: value for key, value in {**told, "network": network}.items() if value is not None}
    )


def settings_digest(settings: TrainingSettings) -> str:
    text = json.dumps(as_given(settings), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@torch.inference_mode()
def both_strands(weights: list[tuple[dict, np.ndarray]], job: TrainingJob, n_tasks: int) -> np.ndarray:
    """Probabilities float32 (N, T) of the validation split, mean of both strands; weights: states of the network, and
    the columns that each serves."""
    split, found = job.validation, np.empty((len(job.validation), n_tasks), np.float32)
    for state, columns in weights:
        network = build_network(job.settings.network, n_tasks, job.window)
        network.load_state_dict(state)
        network.eval()
        for rows in split.in_order(256):
            turned = torch.ones(len(rows), dtype=torch.bool)
            scores = sum(torch.sigmoid(network(split.one_hot(rows, reverse=r))) for r in (None, turned)) / 2
            found[rows.numpy()[:, None], columns] = scores.numpy()[:, columns]
    return found


def figures(scores: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Means over the tasks with validation positives: log loss, AUPRC, and the F1 of each half of the bins, in the
    order of the genome, at the threshold that is best on the other half."""
    half = np.arange(len(labels)) < len(labels) // 2
    loss, auprc, f1 = [], [], []
    for task in np.flatnonzero(labels.any(axis=0)):
        score, truth = scores[:, task], labels[:, task]
        counts = count_scores(score, truth)
        loss.append(log_loss(counts))
        auprc.append(average_precision(counts))
        tp = fp = fn = 0
        for there, here in ((half, ~half), (~half, half)):
            threshold = best_threshold(count_scores(score[there], truth[there]))
            found = confusion(
                count_scores(score[here], truth[here]), 2.0 if np.isnan(threshold) else threshold
            )
            tp, fp, fn = tp + found.tp, fp + found.fp, fn + found.fn
        f1.append(2 * tp / (2 * tp + fp + fn))
    return {"loss": np.mean(loss), "auprc": np.mean(auprc), "f1_halves": np.mean(f1), "n_tasks": len(auprc)}


def trial(
    dataset: Dataset, splits: list[Batches], settings: TrainingSettings, seed: int, checkpoint: Path
) -> dict:
    """Train one network of all tasks, and what it gives on validation."""
    started, tasks = time.perf_counter(), list(dataset.task_ids)
    job = TrainingJob(splits[0], splits[1], settings, seed, settings.layout)
    running = RunningSettings(resume=True, checkpoint_seconds=60, progress_seconds=60)
    result = train_groups({0: tasks}, tasks, job, running, checkpoint=checkpoint)[0]
    steps = np.array(result.task_steps or [result.best_step] * len(tasks))
    states = {result.best_step: result.weights, **result.task_weights}
    weights = [(states[step], np.flatnonzero(steps == step)) for step in sorted(set(steps))]
    labels = unpack(splits[1].labels.numpy(), len(tasks))
    last = int(result.curve[-1][0])
    return {
        **figures(both_strands(weights, job, len(tasks)), labels),
        "best_step": result.best_step,
        "last_step": last,
        "ended": "max_steps" if last >= settings.max_steps else "patience",
        "seconds": round(time.perf_counter() - started),
    }


def read_rows(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, sep="\t") if path.exists() else pd.DataFrame(columns=list(COLUMNS))


def run_trials(tree: Path, table: Path, variants: list[str], seeds: list[int]) -> None:
    """The trials whose rows are not there yet, seed by seed; each row is written when its trial ends."""
    shards = sorted((tree / "dataset" / "shards").glob("*.h5"))
    dataset, genome = open_with_genome(
        tree / "genome" / "genome.h5", tree / "dataset" / "dataset.json", shards
    )
    splits = load_splits(dataset, genome, ("train", "validation"), torch.device("cpu"))
    for seed in seeds:
        for name in variants:
            settings = variant_settings(name, dataset.window, len(dataset.task_ids))
            known = {"set": tree.name, "variant": name, "seed": seed, "settings": settings_digest(settings)}
            rows = read_rows(table)
            if (rows[list(known)] == pd.Series(known)).all(axis=1).any():
                continue
            checkpoint = table.with_name(f".recipe.{tree.name}.{known['settings']}.{seed}.pt")
            found = trial(dataset, splits, settings, seed, checkpoint)
            for path in checkpoint.parent.glob(f"{checkpoint.stem}.*"):
                path.unlink()
            row = {
                **known, **found, "precision": settings.precision, "processor": processor(),
                "date": time.strftime("%Y-%m-%d"),
            }  # fmt: skip
            rows = read_rows(table)  # another process may have written meanwhile
            rows = pd.concat([rows, pd.DataFrame([row])])[list(COLUMNS)]
            partial = table.with_suffix(f".{os.getpid()}")
            rows.to_csv(partial, sep="\t", index=False, float_format="%.5f")
            partial.replace(table)
            print(
                json.dumps(
                    {key: row[key] for key in ("variant", "seed", "loss", "auprc", "f1_halves", "last_step")}
                )
            )


def summary(table: Path) -> None:
    """Means over seeds by set and variant, and the differences from the whole recipe over the seeds that both have."""
    rows = read_rows(table).set_index(["set", "variant", "seed"])
    for name, mine in rows.groupby("set"):
        whole = mine.xs("full", level="variant").droplevel("set")
        print(f"\n{name}\nvariant\tseeds\tloss\tAUPRC\tF1\tAUPRC less full\tF1 less full\tsteps\tended")
        for variant, of_one in mine.groupby("variant", sort=False):
            of_one = of_one.droplevel(["set", "variant"])
            seeds = of_one.index.intersection(whole.index)
            apart = (of_one.loc[seeds] if len(seeds) else of_one)[["auprc", "f1_halves"]] - whole.loc[
                seeds, ["auprc", "f1_halves"]
            ]
            mean = of_one[["loss", "auprc", "f1_halves", "last_step"]].mean()
            print(
                f"{variant}\t{len(of_one)}\t{mean.loss:.5f}\t{mean.auprc:.4f}\t{mean.f1_halves:.4f}\t"
                f"{apart.auprc.mean():+.4f}\t{apart.f1_halves.mean():+.4f}\t{mean.last_step:.0f}\t"
                f"{'/'.join(sorted(set(of_one.ended)))}"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("trees", nargs="*", type=Path, help="results with a finished data set")
    parser.add_argument("--out", type=Path, required=True, help="the table of trials")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--variants", nargs="+", choices=list(VARIANTS), default=list(VARIANTS))
    parser.add_argument("--summary", action="store_true")
    told = parser.parse_args()
    torch.set_num_threads(1)
    for tree in told.trees:
        run_trials(tree, told.out, told.variants, told.seeds)
    if told.summary:
        summary(told.out)


if __name__ == "__main__":
    main()
