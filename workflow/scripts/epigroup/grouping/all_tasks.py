"""SMTL: one group of all tasks."""

import numpy as np

from epigroup.grouping.method import Grouping, GroupingInputs


def group_tasks(inputs: GroupingInputs) -> Grouping:
    """One group of T tasks."""
    return Grouping(np.zeros(len(inputs.task_ids), np.int64))
