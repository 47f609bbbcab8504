"""The grouping table on disk: tab separated, a header, columns task_id and group."""

from pathlib import Path

import numpy as np
import pandas as pd

from epigroup.errors import InputError
from epigroup.files import whole
from epigroup.tables import table_rows


def write_groups(path: str | Path, task_ids: list[str], groups: np.ndarray) -> None:
    """groups.tsv: task_id, group; a row a task in the order given."""
    with whole(path) as partial:
        pd.DataFrame({"task_id": task_ids, "group": groups}).to_csv(partial, sep="\t", index=False)


def read_groups(path: str | Path, task_ids: list[str]) -> np.ndarray:
    """str (T,): the group of each task, in the order of `task_ids`; the table's rows may be in any order.

    InputError: no such column, an empty group, an unknown task, a repeated or a missing task (names file,
    line and task).
    """
    groups: dict[str, str] = {}
    known = set(task_ids)
    for line, row in table_rows(path, ("task_id", "group")):
        task, group = row["task_id"].strip(), row["group"].strip()
        where = f"{path}:{line}"
        if task not in known:
            raise InputError(f"{where}: task_id '{task}' is no task of the sheet")
        if task in groups:
            raise InputError(f"{where}: task '{task}' comes a second time; a task belongs to one group")
        if not group:
            raise InputError(f"{where}: task '{task}' has no group")
        groups[task] = group
    missing = [task for task in task_ids if task not in groups]
    if missing:
        raise InputError(
            f"{path}: {len(missing)} of {len(task_ids)} tasks have no row, the first is '{missing[0]}'"
        )
    return np.array([groups[task] for task in task_ids])


def read_group_numbers(path: str | Path, task_ids: list[str]) -> np.ndarray:
    """int64 (T,) of a groups.tsv. InputError: as `read_groups`, and a group that is no whole number from
    0."""
    words = read_groups(path, task_ids)
    for task, word in zip(task_ids, words, strict=True):
        if not word.isdecimal():
            raise InputError(f"{path}: group '{word}' of task '{task}' is no whole number from 0")
    return words.astype(np.int64)
