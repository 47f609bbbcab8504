"""From a method's entry and its input files to groups.tsv and measures.json."""

import json
import logging
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from epigroup.core.files import whole
from epigroup.grouping.agreement import adjusted_rand
from epigroup.grouping.group_table import read_like, write_groups
from epigroup.grouping.method import Grouping, GroupingInputs, checked, load
from epigroup.grouping.read_inputs import read_affinity, read_head_table, read_label_correlation

log = logging.getLogger(__name__)


def make_grouping(
    groups_path: str | Path,
    measures_path: str | Path,
    cfg: dict,
    *,
    name: str,
    seed: int,
    heads: Sequence[str | Path] = (),
    covariance: Sequence[str | Path] = (),
    labels: str | Path | None = None,
    affinity: str | Path | None = None,
    like: str | Path | None = None,
    table: str | Path | None = None,
) -> Grouping:
    """Run the method `cfg["entry"]` and write its grouping.

    cfg: entry, k, options, tasks (list of dicts, a task each, sheet order). heads (a file a network),
    covariance (as heads), labels, affinity, like, table: files, where the method needs them. groups.tsv:
    task_id, group, a row for each group of a task; measures.json: method's figures, k, sizes, ARI with
    modality and cell_group (of overlapping groups each task's first), seconds.
    """
    sheet = pd.DataFrame(cfg["tasks"])
    task_ids = sheet["task_id"].tolist()
    matrix, kind = read_affinity(affinity, task_ids) if affinity else (None, None)
    inputs = GroupingInputs(
        name=name,
        task_ids=task_ids,
        sheet=sheet,
        k=int(cfg["k"]),
        seed=int(seed),
        heads=tuple(
            read_head_table(path, task_ids, covariance[i] if covariance else None)
            for i, path in enumerate(heads)
        ),
        labels=read_label_correlation(labels, task_ids) if labels else None,
        affinity=matrix,
        affinity_kind=kind,
        like=read_like(like, task_ids) if like else None,
        table=Path(table) if table else None,
        options=dict(cfg.get("options") or {}),
    )
    started = time.perf_counter()
    grouping = checked(load(cfg["entry"])(inputs), inputs)
    seconds = time.perf_counter() - started
    members = grouping.members
    sizes = (np.bincount(grouping.groups) if members is None else members.sum(axis=0)).tolist()
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
    write_groups(groups_path, task_ids, grouping.groups, members)
    with whole(measures_path) as path:
        path.write_text(json.dumps(measures, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return Grouping(grouping.groups, measures, members)


def sheet_agreement(groups: np.ndarray, sheet: pd.DataFrame) -> dict[str, float]:
    """{"ari_modality", "ari_cell_group"}: adjusted Rand index with these columns, where every task has a
    value."""
    agreement = {}
    for column in ("modality", "cell_group"):
        if column in sheet and not (sheet[column].isna() | (sheet[column].astype(str) == "")).any():
            agreement[f"ari_{column}"] = adjusted_rand(sheet[column].astype(str), groups)
    return agreement
