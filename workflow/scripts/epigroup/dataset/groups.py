"""Which tasks learn together: the table groups.tsv, with columns task_id and group, and its one reader.

Groupings, planted groups, a user's own table and the table of serving groups have this form. Imports no PyTorch, so
that stages without it can read them.
"""

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from epigroup.core.errors import InputError
from epigroup.core.tables import table_rows
from epigroup.core.text_files import REMEDY, read_text

if TYPE_CHECKING:
    import pandas as pd

MOST_DIGITS = 9


@dataclass(frozen=True)
class Groups:
    """A table of groups.

    rows: (task, group) in the table's order, a group as its word. task_ids: the T tasks that have a row, in the order
    that the reader asked for. Numbers are those of a table that was read as `numbered`.
    """

    rows: tuple[tuple[str, str], ...]
    task_ids: tuple[str, ...]

    @cached_property
    def words(self) -> dict[str, tuple[str, ...]]:
        """Task -> its groups, tasks in the order of `task_ids`, groups in that of the rows."""
        found: dict[str, list[str]] = {task: [] for task in self.task_ids}
        for task, group in self.rows:
            found[task].append(group)
        return {task: tuple(groups) for task, groups in found.items()}

    @property
    def names(self) -> tuple[str, ...]:
        """The words of all groups, in the order in which the tasks come to them."""
        return tuple(dict.fromkeys(group for groups in self.words.values() for group in groups))

    @property
    def overlap(self) -> bool:
        """Whether a task is in several groups."""
        return len(self.rows) > len(self.task_ids)

    @property
    def sizes(self) -> Counter[int]:
        """Number of a group -> how many tasks it has."""
        return Counter(group for _, group in self.numbered_rows)

    @property
    def numbered_rows(self) -> tuple[tuple[str, int], ...]:
        """(task, number of its group) in the table's order."""
        return tuple((task, int(group)) for task, group in self.rows)

    def table(self) -> "pd.DataFrame":
        """task_id (str) and group (int64), rows as in the table."""
        import pandas as pd

        return pd.DataFrame(self.numbered_rows, columns=["task_id", "group"])

    def joined(self) -> np.ndarray:
        """str (T,): the group of each task; several stand with a `+` between, `0+2`."""
        return np.array(["+".join(groups) for groups in self.words.values()], dtype=str)

    def numbers(self) -> np.ndarray:
        """int64 (T,): the number of each task's group, of groups that do not overlap."""
        return np.array([int(group) for (group,) in self.words.values()], dtype=np.int64)

    def members(self) -> np.ndarray:
        """bool (T, k): the groups of each task, columns as in `names`."""
        column = {group: i for i, group in enumerate(self.names)}
        found = np.zeros((len(self.task_ids), len(column)), bool)
        for row, groups in enumerate(self.words.values()):
            found[row, [column[group] for group in groups]] = True
        return found

    def by_number(self) -> dict[int, list[str]]:
        """Number of a group, ascending -> its tasks in the order of `task_ids`."""
        found: dict[int, list[str]] = {number: [] for number in sorted(self.sizes)}
        for task, groups in self.words.items():
            for group in groups:
                found[int(group)].append(task)
        return found


def read_groups(
    path: str | os.PathLike,
    task_ids: Sequence[str] | None = None,
    *,
    needed: Iterable[str] | None = None,
    overlap: bool = False,
    numbered: bool = False,
) -> Groups:
    """The groups of a table, whose rows may be in any order.

    task_ids: the tasks that it may name, in the order wanted; None: those that it names, in its own order. needed:
    those that must have a row; None: all `task_ids`. overlap: a task may be in several groups. numbered: groups are
    whole numbers from 0 (`01` is the group 1), as the workflow writes them.

    InputError, with file, line and task: no such column, an unknown task, no group or none that is a number where it
    must be, a task that comes twice, with `overlap` twice in a group, a needed task without a row; with `numbered` a
    last line without an end.
    """
    known = None if task_ids is None else set(task_ids)
    found: dict[str, list[str]] = {}
    rows = []
    for line, row in table_rows(path, ("task_id", "group")):
        where, task, group = f"{path}:{line}", row["task_id"].strip(), row["group"].strip()
        if known is not None and task not in known:
            raise InputError(
                f"{where}: task_id '{task}' is no task of the sheet, or not of the data set that was made from it; "
                "does the table fit the sheet?"
            )
        if not group:
            raise InputError(f"{where}: task '{task}' has no group")
        if numbered:
            group = _number(group, task, where)
        if task in found and not overlap:
            raise InputError(
                f"{where}: task '{task}' comes a second time; a task belongs to one group, or to several"
                " with overlap: true"
            )
        if group in found.get(task, []):
            raise InputError(f"{where}: task '{task}' comes a second time in group '{group}'")
        found.setdefault(task, []).append(group)
        rows.append((task, group))
    if numbered:
        read_text(path)  # the workflow made it: a last line that was cut may hold a part of a number
    order = list(found) if task_ids is None else task_ids
    wanted = list(order if needed is None else needed)
    missing = [task for task in wanted if task not in found]
    if missing:
        raise InputError(
            f"{path}: {len(missing)} of {len(wanted)} tasks have no row, the first is '{missing[0]}'; give each a "
            f"row, or, where the workflow made the table, {REMEDY}"
        )
    return Groups(tuple(rows), tuple(task for task in order if task in found))


def _number(group: str, task: str, where: str) -> str:
    if not (group.isascii() and group.isdecimal() and len(group) <= MOST_DIGITS):
        raise InputError(
            f"{where}: group '{group}' of task '{task}' is no whole number from 0 (of {MOST_DIGITS} digits at most)"
        )
    return str(int(group))
