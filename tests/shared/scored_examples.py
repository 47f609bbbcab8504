"""Predictions of labels by several strategies, planted, written and evaluated."""

import json

import h5py
import numpy as np
import pandas as pd

from epigroup.comparison.strategies import Results
from epigroup.dataset.labels import pack
from epigroup.evaluation.predictions import evaluate_strategy

TASKS = ["a", "b", "c", "d"]
HASH = "f" * 64
REGIONS = ("any_peak", "all_mappable")


def about(**splits):
    """dataset.json for these validation and test splits."""
    return {
        "task_ids": TASKS,
        "dataset_hash": HASH,
        "n_evaluation": {
            regions: {
                name: int(split["labels"].any(1).sum()) if regions == "any_peak" else len(split["labels"])
                for name, split in splits.items()
            }
            for regions in REGIONS
        },
        "positives": {name: split["labels"].sum(0).tolist() for name, split in splits.items()},
    }


def planted_split(n, seed, tasks=TASKS, spread=60_000_000):
    """Scores that follow the labels: task c has few positives, task d none."""
    rng = np.random.default_rng(seed)
    labels = rng.random((n, len(tasks))) < [0.3, 0.1, 0.01, 0.0]
    scores = np.clip(rng.normal(0.3, 0.15, labels.shape) + 0.25 * labels, 0, 1).astype(np.float16)
    chrom = np.sort(rng.integers(3, 5, n))
    start = rng.integers(0, spread // 200, n) * 200
    return {"probability": scores, "labels": labels, "chrom": chrom, "start": start}


def write_split(path, split, tasks=TASKS, dataset_hash=HASH):
    with h5py.File(path, "w") as file:
        file["probability"], file["labels"] = split["probability"], pack(split["labels"])
        file["chrom"], file["start"] = split["chrom"].astype(np.int16), split["start"].astype(np.int32)
        file.attrs["task_ids"], file.attrs["dataset_hash"] = list(tasks), dataset_hash
        file.attrs["split"] = path.stem
    return path


def with_noise(split, noise, tasks, seed):
    """The split with noise on its scores, of these tasks alone."""
    rng = np.random.default_rng(seed)
    scores = np.clip(split["probability"] + rng.normal(0, noise, split["labels"].shape), 0, 1)
    scores = scores.astype(np.float16)
    scores[:, [task not in tasks for task in TASKS]] = np.nan
    return split | {"probability": scores}


def evaluate_splits(folder, validation, test, *, tasks=TASKS, described=None, draws=10,
                    regions="all_mappable", test_file=None):  # fmt: skip
    """Writes and evaluates predictions of both splits, of tasks in two groups by turns: (metrics.tsv, blocks.h5).

    `described`: another dataset.json than that of these splits; `test_file`: what `write_split` is told of test.h5.
    """
    write_split(folder / "validation.h5", validation)
    write_split(folder / "test.h5", test, **test_file or {})
    described = described or about(validation=validation, test=test)
    (folder / "dataset.json").write_text(json.dumps(described))
    rows = [f"{task}\t{i % 2}" for i, task in enumerate(tasks)]
    (folder / "groups.tsv").write_text("\n".join(["task_id\tgroup", *rows]) + "\n")
    evaluate_strategy(
        *(folder / name for name in ("validation.h5", "test.h5", "groups.tsv", "dataset.json")),
        folder / "metrics.tsv",
        folder / "blocks.h5",
        {
            "tasks": tasks,
            "min_validation_positives": 20,
            "regions": regions,
            "interval_draws": draws,
            "seed": 1,
        },
    )
    return folder / "metrics.tsv", folder / "blocks.h5"


class PlantedEvaluation:
    """Predictions of both splits and how they are evaluated; `run` writes and evaluates what stands here then."""

    def __init__(self, folder):
        self.path = folder
        self.validation, self.test = planted_split(1500, 1), planted_split(2000, 2)
        self.tasks, self.regions, self.draws = TASKS, "all_mappable", 20

    def run(self, described=None, **test_file):
        options = {"tasks": self.tasks, "regions": self.regions, "draws": self.draws}
        metrics, _ = evaluate_splits(
            self.path, self.validation, self.test, described=described, test_file=test_file, **options
        )
        return pd.read_csv(metrics, sep="\t").set_index("task_id")


SHEET = [
    {"task_id": "a", "modality": "HM", "cell_group": "x"},
    {"task_id": "b", "modality": "CA", "cell_group": "x"},
    {"task_id": "c", "modality": "HM", "cell_group": ""},
    {"task_id": "d", "modality": "CA", "cell_group": "y"},
]


STRATEGIES = [["GOOD", 1], ["GOOD", 2], ["PLAIN", 1], ["PLAIN", 2], ["ONE", 1], ["PART", 2]]
LEARNS = {"PART": ["a", "b"]}


def evaluate(folder, strategy, seed, noise, tasks, spread=60_000_000):
    """Evaluate predictions of one strategy and seed on the examples of all others; returns the test split."""
    place = folder / strategy / f"seed{seed}"
    place.mkdir(parents=True)
    validation, test = (
        with_noise(planted_split(n, of_split, spread=spread), noise, tasks, [seed, of_split, len(strategy)])
        for n, of_split in ((1500, 1), (2000, 2))
    )
    evaluate_splits(place, validation, test, tasks=tasks)
    return test


def files_of(folder, name, runs=STRATEGIES):
    return [folder / strategy / f"seed{seed}" / name for strategy, seed in runs]


def results_of(folder, chosen=STRATEGIES, draws=300, seed=1):
    of_run = [
        {"strategy": s, "seed": n, "metrics": m, "blocks": b}
        for (s, n), m, b in zip(
            chosen,
            files_of(folder, "metrics.tsv", chosen),
            files_of(folder, "blocks.h5", chosen),
            strict=True,
        )
    ]
    return Results(pd.DataFrame(SHEET), of_run, draws, seed)


def f1_of(folder, strategy, seed):
    path = folder / strategy / f"seed{seed}" / "metrics.tsv"
    return pd.read_csv(path, sep="\t").set_index("task_id")["test_f1"]


def pick(table, **where):
    for column, value in where.items():
        table = table[table[column].astype(str) == str(value)]
    assert len(table) == 1, where
    return table.iloc[0]
