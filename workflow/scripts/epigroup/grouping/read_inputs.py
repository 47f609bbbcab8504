"""What grouping methods read, rows and columns put in the order of the grouping's tasks."""

from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np

from epigroup.core.errors import InputError
from epigroup.core.hdf5 import open_hdf5, read_numbers
from epigroup.core.text_files import REMEDY
from epigroup.grouping.method import Heads


def read_head_table(path: str | Path, task_ids: Sequence[str], covariance: str | Path | None = None) -> Heads:
    """A network's heads.h5, and its covariance.h5 where given. InputError: a task without a head, a
    covariance of another network."""
    with open_hdf5(path) as file:
        order = _places(
            file,
            path,
            task_ids,
            "no head",
            "heads_from must name a strategy that trains all tasks of the grouping in one network",
        )
        weights, bias = read_numbers(file, "E", 2), read_numbers(file, "bias", 1)
        n = len(file["task_id"])
        if len(weights) != n or len(bias) != n:
            raise InputError(
                f"{path}: {len(weights)} rows of weights and {len(bias)} biases of {n} tasks; {REMEDY}"
            )
        weights, bias = weights[order], bias[order]
        made = {key: file.attrs[key] for key in ("dataset_hash", "seed") if key in file.attrs}
    if covariance is None:
        return Heads(weights, bias)
    with open_hdf5(covariance) as file:
        matrix = read_numbers(file, "covariance", 2)
        other = {key: value for key, value in made.items() if file.attrs[key] != value}
    if other or matrix.shape != (weights.shape[1],) * 2:
        raise InputError(
            f"{covariance}: of another network than {path} ({matrix.shape[0]} hidden features, the heads have"
            f" {weights.shape[1]} weights); make both again"
        )
    return Heads(weights, bias, matrix)


def read_label_correlation(path: str | Path, task_ids: Sequence[str]) -> np.ndarray:
    """float64 (T, T) of a label_correlation.h5; NaN for a task whose labels are all the same. InputError: a
    task that it lacks."""
    with open_hdf5(path) as file:
        order = _places(file, path, task_ids, "no labels", "make it again from the data set of this sheet")
        matrix = read_numbers(file, "correlation", 2)
        if matrix.shape != (len(file["task_id"]),) * 2:
            raise InputError(f"{path}: a correlation of shape {matrix.shape} for its tasks; {REMEDY}")
    return matrix[np.ix_(order, order)]


def read_affinity(path: str | Path, task_ids: Sequence[str]) -> tuple[np.ndarray, str]:
    """(float64 (T, T), "similarity" or "distance") of a file that holds a dataset of either name and
    `task_id`. InputError: neither or both, another shape, a value that is not finite, a task that it lacks.
    """
    with open_hdf5(path) as file:
        kinds = [name for name in ("similarity", "distance") if name in file]
        if len(kinds) != 1:
            raise InputError(
                f"{path}: holds {kinds or 'neither similarity nor distance'}; exactly one is read"
            )
        order = _places(file, path, task_ids, "no affinity", "measure it on a network of all these tasks")
        matrix = read_numbers(file, kinds[0], 2).astype(np.float64)
        if matrix.shape != (len(file["task_id"]),) * 2:
            raise InputError(f"{path}: {kinds[0]} has shape {matrix.shape} for {len(file['task_id'])} tasks")
    matrix = matrix[np.ix_(order, order)]
    bad = ~np.isfinite(matrix).all(axis=1)
    if bad.any():
        raise InputError(f"{path}: the {kinds[0]} of task '{task_ids[int(bad.argmax())]}' is not finite")
    return matrix, kinds[0]


def _places(file: h5py.File, path: str | Path, task_ids: Sequence[str], what: str, remedy: str) -> list[int]:
    place = {task: i for i, task in enumerate(file["task_id"].asstr()[:].tolist())}
    lacking = [task for task in task_ids if task not in place]
    if lacking:
        raise InputError(
            f"{path}: {what} of task '{lacking[0]}' ({len(lacking)} of {len(task_ids)} tasks lack one);"
            f" {remedy}"
        )
    return [place[task] for task in task_ids]
