"""Task vectors to cluster, from the rows of E (last-layer weights of the joint network's heads)."""

import numpy as np

from epigroup.errors import InputError
from epigroup.grouping.contract import GroupingInputs


def task_vectors(inputs: GroupingInputs) -> np.ndarray:
    """float64 (T, d): rows of E as they are (`options["vectors"] == "raw"`, as the paper, section III.A) or
    of length 1 ("l2").

    InputError: no heads, another number of rows than tasks, a NaN or infinite weight (names the task), all
    rows equal, a row of zeros under "l2", an unknown form.
    """
    if not inputs.heads:
        raise InputError(
            f"grouping {inputs.name}: this method clusters the heads of a joint network and"
            " got none; set heads_from"
        )
    rows = np.asarray(inputs.heads[0].weights, np.float64)
    if rows.ndim != 2 or len(rows) != len(inputs.task_ids):
        raise InputError(
            f"grouping {inputs.name}: E has shape {rows.shape}, but there are {len(inputs.task_ids)} tasks"
        )
    bad = ~np.isfinite(rows).all(axis=1)
    if bad.any():
        task = inputs.task_ids[int(bad.argmax())]
        raise InputError(
            f"grouping {inputs.name}: the head of task '{task}' holds NaN or infinite weights"
            f" ({int(bad.sum())} tasks in all);"
            " its training diverged: lower the learning rate of the network that gives the heads"
        )
    if inputs.k > 1 and (rows == rows[0]).all():
        raise InputError(
            f"grouping {inputs.name}: all {len(rows)} rows of E are equal, so there is"
            " nothing to cluster; was the network trained?"
        )
    form = inputs.options.get("vectors", "raw")
    if form == "raw":
        return rows
    if form == "l2":
        length = np.linalg.norm(rows, axis=1, keepdims=True)
        if (length == 0).any():
            task = inputs.task_ids[int((length[:, 0] == 0).argmax())]
            raise InputError(
                f"grouping {inputs.name}: the head of task '{task}' is all zeros and has no"
                " direction; use vectors: raw"
            )
        return rows / length
    raise InputError(f"grouping {inputs.name}: vectors is '{form}'; choose raw or l2")
