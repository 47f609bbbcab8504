"""From a method's entry and its input files to groups.tsv and measures.json."""

import json
import logging
import time
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from sklearn.metrics import adjusted_rand_score

from epigroup.errors import InputError
from epigroup.files import whole
from epigroup.grouping import load
from epigroup.grouping.contract import Grouping, GroupingInputs, checked
from epigroup.grouping.table import read_groups

log = logging.getLogger(__name__)


def make_grouping(
    groups_path: str | Path,
    measures_path: str | Path,
    cfg: dict,
    *,
    name: str,
    seed: int,
    heads: str | Path | None = None,
    like: str | Path | None = None,
    table: str | Path | None = None,
) -> Grouping:
    """Run the method `cfg["entry"]` and write its grouping.

    cfg: entry, k, options, tasks (list of dicts, a task each, sheet order). heads, like, table: files,
    where the method needs them. groups.tsv: task_id, group; measures.json: method's figures, k, sizes, ARI
    with modality and cell_group, seconds.
    """
    sheet = pd.DataFrame(cfg["tasks"])
    task_ids = sheet["task_id"].tolist()
    inputs = GroupingInputs(
        name=name,
        task_ids=task_ids,
        sheet=sheet,
        k=int(cfg["k"]),
        seed=int(seed),
        heads=read_head_table(heads, task_ids) if heads else None,
        like=read_group_numbers(like, task_ids) if like else None,
        table=Path(table) if table else None,
        options=dict(cfg.get("options") or {}),
    )
    started = time.perf_counter()
    grouping = checked(load(cfg["entry"])(inputs), inputs)
    seconds = time.perf_counter() - started
    sizes = np.bincount(grouping.groups).tolist()
    measures = {
        "grouping": name,
        "method": cfg.get("method", cfg["entry"]),
        "k": inputs.k,
        "seed": inputs.seed,
        "sizes": sizes,
    }
    measures |= sheet_agreement(grouping.groups, sheet) | grouping.measures | {"seconds": round(seconds, 3)}
    log.info(
        "grouping %s: %d tasks in %d groups of %s, %.2f s", name, len(task_ids), inputs.k, sizes[:20], seconds
    )
    write_groups(groups_path, task_ids, grouping.groups)
    with whole(measures_path) as path:
        path.write_text(json.dumps(measures, indent=1, sort_keys=True) + "\n")
    return Grouping(grouping.groups, measures)


def sheet_agreement(groups: np.ndarray, sheet: pd.DataFrame) -> dict[str, float]:
    """{"ari_modality", "ari_cell_group"}: adjusted Rand index with these columns, where every task has a
    value."""
    agreement = {}
    for column in ("modality", "cell_group"):
        if column in sheet and not (sheet[column].isna() | (sheet[column].astype(str) == "")).any():
            agreement[f"ari_{column}"] = float(adjusted_rand_score(sheet[column].astype(str), groups))
    return agreement


def write_groups(path: str | Path, task_ids: list[str], groups: np.ndarray) -> None:
    """groups.tsv: task_id, group; a row a task in the order given."""
    with whole(path) as partial:
        pd.DataFrame({"task_id": task_ids, "group": groups}).to_csv(partial, sep="\t", index=False)


def read_group_numbers(path: str | Path, task_ids: list[str]) -> np.ndarray:
    """int64 (T,) of a groups.tsv. InputError: as `read_groups`, and a group that is no whole number from
    0."""
    words = read_groups(path, task_ids)
    for task, word in zip(task_ids, words, strict=True):
        if not word.isdecimal():
            raise InputError(f"{path}: group '{word}' of task '{task}' is no whole number from 0")
    return words.astype(np.int64)


def read_head_table(path: str | Path, task_ids: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """(E float32 (T, d), bias float32 (T,)) of a heads.h5, rows in the order of `task_ids`. InputError: a
    task without a head."""
    with h5py.File(path, "r", locking=False) as file:
        found = file["task_id"].asstr()[:].tolist()
        rows, bias = file["E"][:], file["bias"][:]
    place = {task: i for i, task in enumerate(found)}
    lacking = [task for task in task_ids if task not in place]
    if lacking:
        raise InputError(
            f"{path}: no head of task '{lacking[0]}' ({len(lacking)} of {len(task_ids)} tasks lack one);"
            " heads_from must name a strategy that trains all tasks of the grouping in one network"
        )
    order = [place[task] for task in task_ids]
    return rows[order], bias[order]
