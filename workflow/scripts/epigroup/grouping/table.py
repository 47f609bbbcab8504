"""A table of the user's own: tab separated, a header, columns task_id and group (any words)."""

import csv
from pathlib import Path

import numpy as np

from epigroup.errors import InputError
from epigroup.grouping.contract import Grouping, GroupingInputs, numbered


def group_tasks(inputs: GroupingInputs) -> Grouping:
    """Groups as the table has them. measures: `members`, the table's word for each group number."""
    if inputs.table is None:
        raise InputError(
            f"grouping {inputs.name}: the method 'table' needs `file`, a table with task_id and group"
        )
    words = read_groups(inputs.table, inputs.task_ids)
    groups = numbered(words)
    return Grouping(groups, {"members": {int(g): str(w) for g, w in zip(groups, words, strict=True)}})


def read_groups(path: str | Path, task_ids: list[str]) -> np.ndarray:
    """str (T,): the group of each task, in the order of `task_ids`; the table's rows may be in any order.

    InputError: no such column, an empty group, an unknown task, a repeated or a missing task (names file,
    line and task).
    """
    groups: dict[str, str] = {}
    known = set(task_ids)
    with open(path, newline="", encoding="utf-8-sig") as handle:
        reader = csv.DictReader(handle, delimiter="\t")
        lacking = [c for c in ("task_id", "group") if c not in (reader.fieldnames or [])]
        if lacking:
            raise InputError(
                f"{path}: no column {' and no column '.join(lacking)}; the table needs task_id"
                " and group, tab separated"
            )
        for row in reader:
            task, group = (row["task_id"] or "").strip(), (row["group"] or "").strip()
            where = f"{path}:{reader.line_num}"
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
