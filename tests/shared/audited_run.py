"""What the audit of a run reads: tables of planted scores, the audited config, and which file is made from which."""

import numpy as np
import pandas as pd

import quality_files
import result_files
from epigroup.audit import flow

TASKS = [f"t{i:02d}" for i in range(30)]


def run_inputs(folder, f1, depth=None, n_peaks=None, tasks=TASKS):
    """tasks.tsv, metrics.tsv and flagstat files of tasks with these scores."""
    rng = np.random.default_rng(11)
    n, ids = len(f1), tasks
    tasks = pd.DataFrame({
        "task_id": ids[:n], "modality": "TFB", "assay": "ChIP", "target": "", "cell_type": "", "cell_group": "",
        "n_peaks": rng.permutation(n) + 100 if n_peaks is None else n_peaks,
        "positives_train": 900, "positives_validation": 90, "positives_test": 90, "share_train": 0.1, "flag": "",
    })  # fmt: skip
    result_files.write_tsv(tasks, folder / "tasks.tsv")
    metrics = []
    for name, values in (("KMTL", f1), ("SMTL", rng.permutation(np.linspace(0.2, 0.4, n)))):
        table = pd.DataFrame({
            "task_id": ids[:n], "test_f1": values, "test_auroc": rng.permutation(np.linspace(0.6, 0.9, n)),
            "test_auprc": 0.3, "positives_test": 90, "test_base_rate": 0.1,
        })  # fmt: skip
        metrics.append(result_files.write_tsv(table, folder / "evaluation" / name / "seed1" / "metrics.tsv"))
    flagstat = []
    for task, mapped in zip(ids, [] if depth is None else depth, strict=False):
        path = folder / f"{task}.rep1.flagstat.txt"
        path.write_text(quality_files.FLAGSTAT.format(total=int(mapped), mapped=int(mapped), mates=0))
        flagstat.append(str(path))
    return {
        "tasks": str(folder / "tasks.tsv"),
        "metrics": metrics,
        "flagstat": flagstat,
        "fastp": [],
        "curves": [],
    }


def run_cfg(n=30, donors=(), batches=()):
    rows = [
        {"task_id": t, "donors": list(donors[i : i + 1]), "batches": list(batches[i : i + 1])}
        for i, t in enumerate(TASKS[:n])
    ]
    return {
        "targets": "labels",
        "pair": ["KMTL", "SMTL"],
        "pools": {},
        "learnt": dict.fromkeys(["KMTL", "SMTL"], TASKS[:n]),
        "tasks": rows,
        "draws": 2000,
        "seed": 1,
        "min_positives": 50,
        "trainings": [],
    }


GRAPH = {
    "evaluation": ("evaluate", ("test.h5", "validation.h5")),
    "test.h5": ("predict", ("models",)),
    "validation.h5": ("predict", ("models",)),
    "models": ("train", ("groups", "shards")),
    "groups": ("group", ("heads",)),
    "heads": ("read_heads", ("joint",)),
    "joint": ("train", ("shards",)),
}
FACTS = dict.fromkeys(
    ("positive_weights", "sampling", "searches", "choices", "averages", "overlap", "clusterings", "covariance",
     "label_correlation", "affinities", "sweep", "patience_study", "called"), True,
) | {"regions": "any_peak", "tables": ["families"], "targets": "labels", "baselines": ["gc", "kmer"]}  # fmt: skip


def follow(graph):
    made_from, is_test = graph.get, "test.h5".__eq__
    found = flow.leaks({"groups": ["groups"], "networks": ["models"]}, is_test, made_from)
    return {
        "leaks": found,
        "readers": flow.readers(["evaluation"], is_test, made_from),
        "followed": {"groups": 1, "networks": 1},
        "choices": [],
        "facts": FACTS,
    }
