"""The grouping table on disk: tab separated, a header, columns task_id and group."""

from pathlib import Path

import numpy as np
import pandas as pd

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.tables import table_rows


def write_groups(
    path: str | Path, task_ids: list[str], groups: np.ndarray, members: np.ndarray | None = None
) -> None:
    """groups.tsv: task_id, group; a row a task in the order given, or with `members` bool (T, k) a row for
    each of its groups."""
    table = pd.DataFrame({"task_id": task_ids, "group": groups})
    if members is not None:
        task, group = np.nonzero(members)
        table = pd.DataFrame({"task_id": [task_ids[i] for i in task], "group": group})
    with whole(path) as partial:
        table.to_csv(partial, sep="\t", index=False)


def read_groups(path: str | Path, task_ids: list[str], overlap: bool = False) -> np.ndarray:
    """str (T,): the group of each task, in the order of `task_ids`; the table's rows may be in any order.
    With `overlap` a task may be in several; these stand with a `+` between, `0+2`.

    InputError: no such column, an empty group, an unknown task, a repeated or a missing task (names file,
    line and task), with `overlap` a task twice in a group.
    """
    return np.array(["+".join(words) for words in read_group_lists(path, task_ids, overlap)])


def read_group_lists(path: str | Path, task_ids: list[str], overlap: bool) -> list[list[str]]:
    """The groups of each task, in the order of the table's rows; see `read_groups`."""
    groups: dict[str, list[str]] = {}
    known = set(task_ids)
    for line, row in table_rows(path, ("task_id", "group")):
        task, group = row["task_id"].strip(), row["group"].strip()
        where = f"{path}:{line}"
        if task not in known:
            raise InputError(f"{where}: task_id '{task}' is no task of the sheet")
        if not group:
            raise InputError(f"{where}: task '{task}' has no group")
        if task in groups and not overlap:
            raise InputError(
                f"{where}: task '{task}' comes a second time; a task belongs to one group, or to several"
                " with overlap: true"
            )
        if group in groups.get(task, []):
            raise InputError(f"{where}: task '{task}' comes a second time in group '{group}'")
        groups.setdefault(task, []).append(group)
    missing = [task for task in task_ids if task not in groups]
    if missing:
        raise InputError(
            f"{path}: {len(missing)} of {len(task_ids)} tasks have no row, the first is '{missing[0]}'"
        )
    return [groups[task] for task in task_ids]


def as_members(lists: list[list[str]]) -> np.ndarray:
    """bool (T, k) of each task's groups; columns in order of first appearance."""
    column = {group: i for i, group in enumerate(dict.fromkeys(g for groups in lists for g in groups))}
    members = np.zeros((len(lists), len(column)), bool)
    for row, groups in enumerate(lists):
        members[row, [column[group] for group in groups]] = True
    return members


def read_like(path: str | Path, task_ids: list[str]) -> np.ndarray:
    """Groups of another grouping: int64 (T,) where each task is in one, else bool (T, k)."""
    lists = read_group_lists(path, task_ids, overlap=True)
    if all(len(groups) == 1 for groups in lists):
        return read_group_numbers(path, task_ids)
    return as_members(lists)


def read_group_numbers(path: str | Path, task_ids: list[str]) -> np.ndarray:
    """int64 (T,) of a groups.tsv. InputError: as `read_groups`, and a group that is no whole number from
    0."""
    words = read_groups(path, task_ids)
    for task, word in zip(task_ids, words, strict=True):
        if not word.isdecimal():
            raise InputError(f"{path}: group '{word}' of task '{task}' is no whole number from 0")
    return words.astype(np.int64)
