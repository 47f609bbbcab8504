"""Eight tasks of a sheet, heads and distances with planted groups, and a grouping method run on them."""

import h5py
import numpy as np
import pandas as pd

from epigroup import grouping
from epigroup.grouping.method import GroupingInputs, checked, load

SHEET = pd.DataFrame(
    {
        "task_id": [f"t{i}" for i in range(8)],
        "modality": ["HM", "CA", "HM", "TFB", "CA", "TFB", "HM", "HM"],
        "cell_group": ["a", "a", "b", "b", "b", "a", "b", "a"],
    }
)


TASKS = SHEET["task_id"].tolist()


def inputs(k, **more):
    return GroupingInputs(**{"name": "g", "task_ids": TASKS, "sheet": SHEET, "k": k, "seed": 1} | more)


def run(method, given_inputs):
    return checked(load(grouping.entry(method))(given_inputs), given_inputs)


def run_by_affinity(method, affinity, k, kind, **options):
    tasks = [f"t{i}" for i in range(len(affinity))]
    sheet = pd.DataFrame({"task_id": tasks, "modality": "HM", "cell_group": "a"})
    given = GroupingInputs(
        "g", tasks, sheet, k, 1, affinity=affinity, affinity_kind=kind, options={"starts": 10} | options
    )
    return run(method, given)


def planted_heads(centres=3, d=5, seed=0):
    """Rows in well separated clusters: (E, bias, cluster of each task)."""
    rng = np.random.default_rng(seed)
    of = np.arange(len(TASKS)) % centres
    rows = (20 * np.eye(max(centres, d))[of][:, :d] + rng.normal(size=(len(TASKS), d))).astype(np.float32)
    return rows, np.zeros(len(TASKS), np.float32), of


def write_table(path, rows, header="task_id\tgroup"):
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def write_heads(path, rows, task_ids):
    with h5py.File(path, "w") as file:
        file["E"], file["bias"], file["task_id"] = rows, np.zeros(len(rows), np.float32), task_ids
    return path


def planted_distances(sizes, noise, seed=0):
    rng = np.random.default_rng(seed)
    of = np.repeat(np.arange(len(sizes)), sizes)
    apart = np.where(of[:, None] == of[None], 1.0, 1.4) * (1 + noise * rng.standard_normal((len(of),) * 2))
    apart *= rng.uniform(0.5, 2, len(of))[:, None] ** 0.5  # tasks with long gradients are far from all
    apart = np.abs(apart + apart.T) / 2
    np.fill_diagonal(apart, 0)
    return apart, of
