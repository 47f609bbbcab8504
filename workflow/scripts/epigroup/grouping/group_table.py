"""The grouping table on disk: what a method writes, and what it reads of another one."""

from pathlib import Path

import numpy as np
import pandas as pd

from epigroup.core.files import whole
from epigroup.dataset.groups import read_groups


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


def read_like(path: str | Path, task_ids: list[str]) -> np.ndarray:
    """Groups of another grouping: int64 (T,) where each task is in one, else bool (T, k)."""
    groups = read_groups(path, task_ids, overlap=True, numbered=True)
    return groups.members() if groups.overlap else groups.numbers()
