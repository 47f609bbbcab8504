"""What stands for a task: the row of E (last-layer weights of the joint network's heads), in several forms,
or its labels."""

import numpy as np

from epigroup.core.errors import InputError
from epigroup.grouping.method import GroupingInputs, Heads

# An eigenvalue that is 0 but for rounding, and one too negative to be that, as shares of the largest.
_ZERO, _NEGATIVE = 1e-12, 1e-6


def task_vectors(inputs: GroupingInputs) -> np.ndarray:
    """float64 (T, d), a row a task, by `options["vectors"]`:

    - "raw": rows of E as they are (Shiri & Sun 2022, section III.A).
    - "l2": the same, of length 1.
    - "logit_covariance": rows times the square root of the covariance of the hidden features, of length 1.
      The inner product of two rows is the correlation of the two tasks' predicted logits over the examples
      of the covariance. Raw rows change when a hidden unit is scaled by c and its weights by 1 / c, which
      leaves the network as it is; inner products and distances of these do not.
    - "labels": rows whose inner products are the correlations of the tasks' training labels, so that a method
      works on labels as it does on "logit_covariance".

    `options["append"]` with "bias" adds the head's bias to raw and l2 rows as a column.
    InputError: no heads, another number of rows than tasks, a NaN or infinite weight (names the task), all
    rows equal, a row without length where one is needed, a task whose labels are all the same, an unknown
    form.
    """
    form = inputs.options.get("vectors", "raw")
    append = list(inputs.options.get("append") or [])
    if form not in ("raw", "l2", "logit_covariance", "labels"):
        raise InputError(
            f"grouping {inputs.name}: vectors is '{form}'; choose raw, l2, logit_covariance or labels"
        )
    if append and form not in ("raw", "l2"):
        raise InputError(
            f"grouping {inputs.name}: append: {append[0]} changes nothing under vectors: {form}; leave it out"
        )
    rows = _label_rows(inputs) if form == "labels" else _head_rows(inputs, form, append)
    spread = np.abs(rows - rows[0]).max()
    if inputs.k > 1 and spread <= 1e-12 * np.abs(rows).max():
        what = "labels are the same" if form == "labels" else "rows of E are equal"
        raise InputError(
            f"grouping {inputs.name}: all {len(rows)} {what}, so there is nothing to cluster;"
            " was the network trained?"
        )
    return rows


def _head_rows(inputs: GroupingInputs, form: str, append: list[str]) -> np.ndarray:
    if not inputs.heads:
        raise InputError(
            f"grouping {inputs.name}: this method clusters the heads of a joint network and"
            " got none; set heads_from"
        )
    heads = inputs.heads[0]
    rows = np.asarray(heads.weights, np.float64)
    if rows.ndim != 2 or len(rows) != len(inputs.task_ids):
        raise InputError(
            f"grouping {inputs.name}: E has shape {rows.shape}, but there are {len(inputs.task_ids)} tasks"
        )
    if "bias" in append:
        rows = np.column_stack([rows, np.asarray(heads.bias, np.float64)])
    bad = ~np.isfinite(rows).all(axis=1)
    if bad.any():
        task = inputs.task_ids[int(bad.argmax())]
        raise InputError(
            f"grouping {inputs.name}: the head of task '{task}' holds NaN or infinite weights"
            f" ({int(bad.sum())} tasks in all);"
            " its training diverged: lower the learning rate of the network that gives the heads"
        )
    if form == "raw":
        return rows
    if form == "logit_covariance":
        rows = rows @ _covariance_root(inputs, heads)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    none = length[:, 0] <= 1e-12 * length.max()
    if none.any():
        task = inputs.task_ids[int(none.argmax())]
        why = (
            "is all zeros and has no direction; use vectors: raw"
            if form == "l2"
            else "predicts the same for every example, so that nothing correlates with it; leave the task out"
        )
        raise InputError(f"grouping {inputs.name}: the head of task '{task}' {why}")
    return rows / length


def _covariance_root(inputs: GroupingInputs, heads: Heads) -> np.ndarray:
    """The symmetric square root of the covariance, not of its inverse."""
    if heads.covariance is None:
        raise InputError(
            f"grouping {inputs.name}: vectors: logit_covariance needs the covariance of the hidden features"
        )
    return _root(heads.covariance, f"grouping {inputs.name}: the covariance of the hidden features")


def _root(matrix: np.ndarray, what: str) -> np.ndarray:
    values, vectors = np.linalg.eigh(matrix)
    if not np.isfinite(values).all() or values[0] < -_NEGATIVE * abs(values[-1]):
        raise InputError(f"{what} has an eigenvalue of {values[0]:g}, which no covariance has")
    return (vectors * np.sqrt(np.where(values > _ZERO * values[-1], values, 0))) @ vectors.T


def _label_rows(inputs: GroupingInputs) -> np.ndarray:
    if inputs.labels is None:
        raise InputError(
            f"grouping {inputs.name}: vectors: labels needs the correlation of the tasks' labels"
        )
    same = ~np.isfinite(np.diagonal(inputs.labels))
    if same.any():
        task = inputs.task_ids[int(same.argmax())]
        raise InputError(
            f"grouping {inputs.name}: the training labels of task '{task}' are all the same"
            f" ({int(same.sum())} tasks in all), so that they correlate with nothing; leave these tasks out"
        )
    return _root(inputs.labels, f"grouping {inputs.name}: the correlation of the labels")
