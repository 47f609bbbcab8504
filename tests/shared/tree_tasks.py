"""The data set of the small results tree: its tasks, its splits, and the groups that each grouping makes."""

import numpy as np
import pandas as pd

KINDS = [
    ("CA", "ATAC", ""),
    ("CA", "DNase", ""),
    ("HM", "ChIP", "H3K27ac"),
    ("HM", "ChIP", "H3K4me3"),
    ("TFB", "ChIP", "CTCF"),
    ("TFB", "ChIP", "REST"),
]
CELL_GROUPS = ["neuron", "glia", "progenitor", "circulation", "cancer", "mix"]
PLANTED_GROUPS = 4


def task_table(rng: np.random.Generator, n_tasks: int) -> pd.DataFrame:
    """tasks.tsv. The first task has no test positives; the second a target with markup in it."""
    tasks = pd.DataFrame(
        [
            {
                "task_id": f"P{i:03d}_{KINDS[i % 6][1]}",
                "modality": KINDS[i % 6][0],
                "assay": KINDS[i % 6][1],
                "target": KINDS[i % 6][2],
                "cell_type": f"cell{i % 9}",
                "cell_group": CELL_GROUPS[(i // 6 + i) % 6],
                "n_peaks": int(rng.integers(800, 9000)),
            }
            for i in range(n_tasks)
        ]
    )
    tasks.loc[1, "target"] = "</script><b>x"
    tasks["positives_train"] = rng.integers(60, 4000, n_tasks)
    tasks["positives_validation"] = rng.integers(25, 400, n_tasks)
    tasks["positives_test"] = rng.integers(25, 500, n_tasks)
    tasks.loc[0, "positives_test"] = 0
    tasks["share_train"] = tasks["positives_train"] / 20000
    tasks["flag"] = ["no positives in test", *[""] * (n_tasks - 1)]
    return tasks


def dataset_summary(task_ids: list[str]) -> dict:
    """dataset.json."""
    chromosomes = {
        f"chr{i}": {"size": 2_000_000, "n_train": 0, "n_validation": 0, "n_test": 0, "n_dropped_border": 0}
        for i in range(1, 6)
    }
    for i, split in enumerate(["train", "train", "train", "validation", "test"], start=1):
        chromosomes[f"chr{i}"][f"n_{split}"] = 7000 - 400 * i
    chromosomes["chr1"]["n_dropped_border"] = 12
    return {
        "format_version": 1,
        "assembly": "demo1",
        "genome_sha256": "ab" * 32,
        "bin_size": 200,
        "window": 1001,
        "min_overlap": 50,
        "chromosomes": chromosomes,
        "splits": {
            "train": [{"chrom": f"chr{i}", "start": 0, "end": None} for i in (1, 2, 3)],
            "validation": [{"chrom": "chr4", "start": 1000, "end": 900000}],
            "test": [{"chrom": "chr5"}],
            "rule": "window",
        },
        "task_ids": task_ids,
        "dataset_hash": "cd" * 32,
    }


def planted_groups(n_tasks: int) -> np.ndarray:
    """The group that each task was planted in."""
    return np.arange(n_tasks) % PLANTED_GROUPS


def groupings_of(rng: np.random.Generator, tasks: pd.DataFrame) -> dict[str, np.ndarray]:
    """Grouping -> group of each task; k-means finds the planted groups of nine tasks in ten."""
    n_tasks = len(tasks)
    planted = planted_groups(n_tasks)
    return {
        "single": np.arange(n_tasks),
        "all": np.zeros(n_tasks, int),
        "modality": pd.factorize(tasks["modality"])[0],
        "cell_group": pd.factorize(tasks["cell_group"])[0],
        "kmeans": np.where(rng.random(n_tasks) < 0.1, rng.integers(0, PLANTED_GROUPS, n_tasks), planted),
        "random": rng.permutation(planted),
    }


def agreement(seeds: tuple) -> pd.DataFrame:
    """agreement.tsv: k-means on heads finds what was planted, on labels a part of it, the others nothing."""
    return pd.DataFrame(
        [
            {
                "grouping": g,
                "method": m,
                "vectors": v,
                "seed": s,
                "k": PLANTED_GROUPS,
                "ari_planted": x - 0.05 * s,
            }
            for g, m, v, x in (
                ("modality", "sheet", "", 0.0),
                ("kmeans", "kmeans", "raw", 0.95),
                ("labels", "kmeans", "labels", 0.4),
                ("random", "random", "", -0.02),
            )
            for s in seeds
        ]
    )
