"""The tasks of a data set as tables: tasks.tsv, a row a task, and the paper's Table I."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.tables import read_table
from epigroup.core.text_files import read_json
from epigroup.dataset.splits import SPLITS

COLUMNS = ("task_id", "modality", "assay", "target", "cell_type", "cell_group")


def describe_tasks(
    dataset_json: str | os.PathLike,
    tasks_tsv: str | os.PathLike,
    profiles_tsv: str | os.PathLike,
    *,
    tasks: Sequence[Mapping[str, str]],
) -> None:
    """Write tasks.tsv and profiles.tsv from the counts of dataset.json and the sheet's row of each task.

    `tasks`: dicts of task_id, modality, assay, target, cell_type, cell_group and the user's own columns, `x_...`.
    Raises InputError when they are not the tasks of the data set, in its order.
    """
    about = read_json(dataset_json)
    if about["task_ids"] != [task["task_id"] for task in tasks]:
        raise InputError(
            f"{dataset_json}: its tasks are not those of the sheet, in the sheet's order; make the data set "
            "again"
        )
    table = task_table(about, tasks)
    with whole(tasks_tsv) as partial:
        table.to_csv(partial, sep="\t", index=False, float_format="%.6g")
    with whole(profiles_tsv) as partial:
        profiles(table).to_csv(partial, sep="\t")


def task_table(about: Mapping[str, Any], tasks: Sequence[Mapping[str, str]]) -> pd.DataFrame:
    """tasks.tsv: the sheet's columns, the user's own behind the others, n_peaks, positives per split, share_train of
    the training examples, flag (splits in which the task has no positive)."""
    own = [key for key in tasks[0] if key not in COLUMNS]
    table = pd.DataFrame([{key: task.get(key) or "" for key in (*COLUMNS, *own)} for task in tasks])
    table["n_peaks"] = about["n_peaks"]
    for name in SPLITS:
        table[f"positives_{name}"] = about["positives"][name]
    table["share_train"] = table["positives_train"] / about["n_examples"]["train"]
    lacking = [[s for s in SPLITS if about["positives"][s][i] == 0] for i in range(len(tasks))]
    table["flag"] = [f"no positives in {', '.join(names)}" if names else "" for names in lacking]
    return table


def read_tasks(path: str | os.PathLike) -> pd.DataFrame:
    """tasks.tsv as written; empty cells are empty strings."""
    return read_table(path, dtype={"task_id": str}, keep_default_na=False)


def with_assay(tasks: pd.DataFrame) -> pd.Series:
    """Modality, with the assay behind it where the modality was profiled by more than one."""
    kinds = tasks.groupby("modality")["assay"].transform("nunique")
    return tasks["modality"].where(
        (kinds < 2) | (tasks["assay"] == ""), tasks["modality"] + " (" + tasks["assay"] + ")"
    )


def profiles(tasks: pd.DataFrame) -> pd.DataFrame:
    """Profiles by cell group and modality, with totals (Shiri & Sun 2022, Table I)."""
    modality = with_assay(tasks).rename("modality")
    return pd.crosstab(tasks["cell_group"], modality, margins=True, margins_name="Total")
