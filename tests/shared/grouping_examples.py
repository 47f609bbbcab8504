"""Eight tasks of a sheet, and a grouping method run on them."""

import pandas as pd

from epigroup import grouping
from epigroup.grouping.method import GroupingInputs, checked, load

SHEET = pd.DataFrame(
    {
        "task_id": [f"t{i}" for i in range(8)],
        "modality": ["HM", "CA", "HM", "TFB", "CA", "TFB", "HM", "HM"],
        "cell_group": ["a", "a", "b", "b", "b", "a", "b", "a"],
    }
)


TASKS = SHEET["task_id"].tolist()


def inputs(k, **more):
    return GroupingInputs(**{"name": "g", "task_ids": TASKS, "sheet": SHEET, "k": k, "seed": 1} | more)


def run(method, given_inputs):
    return checked(load(grouping.entry(method))(given_inputs), given_inputs)
