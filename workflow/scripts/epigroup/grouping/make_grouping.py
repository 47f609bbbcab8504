"""From a method's entry and its input files to groups.tsv and measures.json."""

import json
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from epigroup.core.files import whole
from epigroup.core.settings import read_settings
from epigroup.grouping.agreement import adjusted_rand
from epigroup.grouping.group_table import read_like, write_groups
from epigroup.grouping.method import Grouping, GroupingInputs, checked, load
from epigroup.grouping.read_inputs import read_affinity, read_head_table, read_label_correlation

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class GroupingSettings:
    """What a method is told. entry: "module:function"; k: groups to make; tasks: the sheet's rows, a task each, in its
    order; method: its name in the config; options: its own keys of the config; heads_from, like: the strategy and the
    grouping of whose files it is made, which count as settings and are not looked at."""

    entry: str
    k: int
    tasks: tuple[Mapping[str, Any], ...]
    method: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    heads_from: str | None = None
    like: str | None = None


@dataclass(frozen=True)
class GroupingFiles:
    """The files that a method needs, of each kind: heads.h5 and, in the same order, covariance.h5 of each network; the
    correlation of labels; an affinity; the groups.tsv to imitate; the user's own table."""

    heads: Sequence[str | Path] = ()
    covariance: Sequence[str | Path] = ()
    labels: str | Path | None = None
    affinity: str | Path | None = None
    like: str | Path | None = None
    table: str | Path | None = None


def make_grouping(
    groups_path: str | Path,
    measures_path: str | Path,
    cfg: Mapping[str, Any],
    *,
    name: str,
    seed: int,
    files: GroupingFiles,
) -> Grouping:
    """Run a method and write its grouping. cfg: the fields of GroupingSettings.

    groups.tsv: task_id, group, a row for each group of a task; measures.json: method's figures, k, sizes, ARI with
    modality and cell_group (of overlapping groups each task's first), seconds. InputError: as the method, and for files
    that do not hold these tasks.
    """
    settings = read_settings(GroupingSettings, cfg, f"grouping {name}")
    inputs = read_inputs(settings, files, name, seed)
    started = time.perf_counter()
    grouping = checked(load(settings.entry)(inputs), inputs)
    seconds = time.perf_counter() - started
    members = grouping.members
    sizes = (np.bincount(grouping.groups) if members is None else members.sum(axis=0)).tolist()
    measures = {
        "grouping": name,
        "method": settings.method or settings.entry,
        "k": inputs.k,
        "seed": inputs.seed,
        "sizes": sizes,
    }
    measures |= sheet_agreement(grouping.groups, inputs.sheet) | grouping.measures
    measures["seconds"] = round(seconds, 3)
    log.info(
        "grouping %s: %d tasks in %d groups of %s, %.2f s",
        name,
        len(inputs.task_ids),
        inputs.k,
        sizes[:20],
        seconds,
    )
    write_groups(groups_path, inputs.task_ids, grouping.groups, members)
    with whole(measures_path) as path:
        path.write_text(json.dumps(measures, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return Grouping(grouping.groups, measures, members)


def read_inputs(settings: GroupingSettings, files: GroupingFiles, name: str, seed: int) -> GroupingInputs:
    """What a method looks at, rows and columns in the order of the tasks. InputError: a file without one of them."""
    sheet = pd.DataFrame(list(settings.tasks))
    task_ids = sheet["task_id"].tolist()
    matrix, kind = read_affinity(files.affinity, task_ids) if files.affinity else (None, None)
    return GroupingInputs(
        name=name,
        task_ids=task_ids,
        sheet=sheet,
        k=settings.k,
        seed=seed,
        heads=tuple(
            read_head_table(path, task_ids, files.covariance[i] if files.covariance else None)
            for i, path in enumerate(files.heads)
        ),
        labels=read_label_correlation(files.labels, task_ids) if files.labels else None,
        affinity=matrix,
        affinity_kind=kind,
        like=read_like(files.like, task_ids) if files.like else None,
        table=Path(files.table) if files.table else None,
        options=dict(settings.options),
    )


def sheet_agreement(groups: np.ndarray, sheet: pd.DataFrame) -> dict[str, float]:
    """{"ari_modality", "ari_cell_group"}: adjusted Rand index with these columns, where every task has a
    value."""
    agreement = {}
    for column in ("modality", "cell_group"):
        if column in sheet and not (sheet[column].isna() | (sheet[column].astype(str) == "")).any():
            agreement[f"ari_{column}"] = adjusted_rand(sheet[column].astype(str), groups)
    return agreement
