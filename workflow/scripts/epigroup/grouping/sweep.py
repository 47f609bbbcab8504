"""What several methods say for several numbers of groups: clusters only, trains nothing (Shiri & Sun 2022,
section IV.A, K of 2 to 10)."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.logs import Progress
from epigroup.core.settings import read_settings
from epigroup.dataset.groups import read_groups
from epigroup.grouping.agreement import adjusted_rand
from epigroup.grouping.make_grouping import sheet_agreement
from epigroup.grouping.method import GroupingInputs, check_k, checked, load
from epigroup.grouping.read_inputs import read_head_table, read_label_correlation
from epigroup.grouping.vectors import task_vectors

log = logging.getLogger(__name__)

MEASURES = ("inertia", "silhouette", "stability", "label_agreement", "seconds")


@dataclass(frozen=True)
class SweepSettings:
    """What the sweep goes over: methods by name, each with its "module:function"; forms of vectors; numbers of groups;
    starts of k-means; tasks: the sheet's rows, a task each. heads_from and methods, the config's own words for the
    network and the entries, count as settings and are not looked at."""

    entries: Mapping[str, str]
    vectors: tuple[str, ...]
    k: tuple[int, ...]
    starts: int
    tasks: tuple[Mapping[str, Any], ...]
    heads_from: str | None = None
    methods: tuple[str, ...] = ()


def sweep_k(
    heads: str | Path,
    out: str | Path,
    cfg: Mapping[str, Any],
    *,
    seed: int,
    covariance: str | Path | None = None,
    labels: str | Path | None = None,
    truth: str | Path | None = None,
) -> pd.DataFrame:
    """Group the tasks by each method, form of vectors and K, and write sweep.tsv, a row for each.

    cfg: the fields of SweepSettings. Columns: method, vectors, k, the measures of the method, seconds,
    ari_modality, ari_cell_group and, with a truth table, ari_planted; most_stable: the K of the highest
    stability of its method and vectors, the least of equals; problem: why a method makes no K groups of these
    tasks (its figures are NaN). InputError: a K above the number of tasks, vectors that cannot be made.
    """
    settings = read_settings(SweepSettings, cfg, "sweep")
    sheet = pd.DataFrame(list(settings.tasks))
    task_ids = sheet["task_id"].tolist()
    planted = read_groups(truth, task_ids).joined() if truth else None
    rows = []
    inputs = GroupingInputs(
        "sweep",
        task_ids,
        sheet,
        max(settings.k),
        seed,
        heads=(read_head_table(heads, task_ids, covariance),),
        labels=read_label_correlation(labels, task_ids) if labels else None,
    )
    check_k(inputs)
    total = len(settings.entries) * len(settings.vectors) * len(settings.k)
    progress = Progress(log, "K sweep", total, "clusterings")
    for vectors in settings.vectors:
        options = {"vectors": vectors, "starts": settings.starts}
        task_vectors(replace(inputs, options=options))  # what is wrong with them is wrong for every method
        for method, entry in settings.entries.items():
            for k in settings.k:
                row = {"method": method, "vectors": vectors, "k": k, **dict.fromkeys(MEASURES)}
                row |= one_grouping(replace(inputs, k=k, options=options), entry, planted)
                rows.append(row)
                found = "none" if row["stability"] is None else f"{row['stability']:.3f}"
                progress.advance(note=f"{method} on {vectors}, K {k}: stability {found}")
    table = pd.DataFrame(rows)
    table["most_stable"] = most_stable(table)
    with whole(out) as path:
        table.to_csv(path, sep="\t", index=False, na_rep="NaN")
    return table


def one_grouping(inputs: GroupingInputs, entry: str, planted: np.ndarray | None) -> dict:
    """Measures of one grouping; only `problem` where the method cannot make k groups."""
    started = time.perf_counter()
    try:
        found = checked(load(entry)(inputs), inputs)
    except InputError as error:
        log.warning("%s", error)
        return {"problem": str(error)}
    row = {name: found.measures[name] for name in MEASURES if name in found.measures}
    row |= {"seconds": round(time.perf_counter() - started, 3), "problem": ""}
    row |= sheet_agreement(found.groups, inputs.sheet)
    if planted is not None:
        row["ari_planted"] = adjusted_rand(planted, found.groups)
    return row


def most_stable(table: pd.DataFrame) -> np.ndarray:
    """bool (rows,): the K of the highest stability of a method and form of vectors, the least of equals."""
    marked = np.zeros(len(table), bool)
    stability = table["stability"].astype(float)
    for _, rows in table.groupby(["method", "vectors"], sort=False):
        mine = stability[rows.index]
        if mine.notna().any():
            marked[rows[mine == mine.max()]["k"].astype(int).idxmin()] = True
    return marked
