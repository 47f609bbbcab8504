"""What a grouping method is given and gives back, and the checks that every grouping passes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd

from epigroup.core.errors import InputError


@dataclass(frozen=True)
class Heads:
    """The heads of one network of all tasks: weights float (T, d), its E; bias float (T,); covariance float64
    (d, d) of its hidden features over training examples, or None."""

    weights: np.ndarray
    bias: np.ndarray
    covariance: np.ndarray | None = None


@dataclass(frozen=True)
class GroupingInputs:
    """What a method may look at; nothing here knows the test chromosomes or the simulation's truth.

    task_ids: the T tasks in sheet order; sheet: DataFrame, a row a task in that order (task_id, modality,
    cell_group, ...); heads: those of the joint network, or of several networks (other seeds) where a method
    combines them; labels: float64 (T, T), correlation of the training bins' labels, or None; affinity: float
    (T, T) of a task against a task as measured on a network, or None, and affinity_kind, "similarity" or
    "distance", what it is; like: int (T,) groups to imitate, bool (T, k) where they overlap, or None; table:
    path of the user's own table, or None; k: groups to make; seed: seed of the network; options: the method's
    own.
    """

    name: str
    task_ids: list[str]
    sheet: pd.DataFrame
    k: int
    seed: int
    heads: tuple[Heads, ...] = ()
    labels: np.ndarray | None = None
    affinity: np.ndarray | None = None
    affinity_kind: str | None = None
    like: np.ndarray | None = None
    table: Path | None = None
    options: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Grouping:
    """groups: int64 (T,), 0..k-1, numbered in order of first appearance; measures: JSON-ready figures of
    the method; members: bool (T, k), all groups of each task where a task may be in several, `groups` being
    the first of them, or None where each is in one."""

    groups: np.ndarray
    measures: dict = field(default_factory=dict)
    members: np.ndarray | None = None


def overlapping(members: np.ndarray, measures: dict | None = None) -> Grouping:
    """A grouping from bool (T, k), columns numbered in order of first appearance."""
    first = np.where(members.any(axis=0), members.argmax(axis=0), len(members))
    ordered = members[:, np.argsort(first, kind="stable")]
    return Grouping(ordered.argmax(axis=1).astype(np.int64), measures or {}, ordered)


def numbered(labels) -> np.ndarray:
    """Any labels (T,) -> int64 (T,), numbered from 0 in order of first appearance, so that equal partitions
    are equal arrays."""
    return pd.factorize(np.asarray(labels))[0].astype(np.int64)


def checked(grouping: Grouping, inputs: GroupingInputs) -> Grouping:
    """The grouping with canonical numbers. InputError: not one group for each task, or one at least where
    they may overlap, or not exactly k groups."""
    if grouping.members is not None:
        return _checked_members(grouping.members.astype(bool), grouping.measures, inputs)
    groups = numbered(grouping.groups)
    if groups.shape != (len(inputs.task_ids),):
        raise InputError(
            f"grouping {inputs.name}: {groups.shape[0]} group numbers for {len(inputs.task_ids)} tasks"
        )
    found = int(groups.max()) + 1
    if found != inputs.k:
        empty = f" and {inputs.k - found} would be empty" if found < inputs.k else ""
        raise InputError(
            f"grouping {inputs.name}: k is {inputs.k}, but the tasks fall into {found}"
            f" groups{empty}; set k to {found} or change the method"
        )
    return Grouping(groups, grouping.measures)


def _checked_members(members: np.ndarray, measures: dict, inputs: GroupingInputs) -> Grouping:
    if len(members) != len(inputs.task_ids) or not members.any(axis=1).all():
        without = np.flatnonzero(~members.any(axis=1))
        which = (
            f"task '{inputs.task_ids[without[0]]}' is in none" if len(without) else "one row a task belongs"
        )
        raise InputError(f"grouping {inputs.name}: groups of {len(members)} tasks: {which}")
    found = int(members.any(axis=0).sum())
    if found != inputs.k or members.shape[1] != inputs.k:
        raise InputError(
            f"grouping {inputs.name}: k is {inputs.k}, but the tasks fall into {found} groups; set k to"
            f" {found} or change the method"
        )
    return overlapping(members, measures)


def check_k(inputs: GroupingInputs) -> None:
    """InputError: k below 1 or above the number of tasks."""
    n_tasks = len(inputs.task_ids)
    if not 1 <= inputs.k <= n_tasks:
        raise InputError(
            f"grouping {inputs.name}: k is {inputs.k}, but there are {n_tasks} tasks; choose"
            f" k from 1 to {n_tasks}"
        )


def load(entry_point: str) -> Callable[[GroupingInputs], Grouping]:
    """The function behind `"module:function"`: GroupingInputs -> Grouping."""
    module, function = entry_point.split(":")
    return getattr(import_module(module), function)
