"""One round of a tournament in which every two tasks meet once: groups of two, for the pilot of the
higher-order approximation (Standley et al. 2020 train all pairs)."""

import numpy as np

from epigroup.affinity import check_pilot
from epigroup.core.errors import InputError
from epigroup.grouping.method import Grouping, GroupingInputs


def group_tasks(inputs: GroupingInputs) -> Grouping:
    """Round `options["round"]`, 1 to T - 1, of an even number T of tasks, by the circle method: the first
    task stays, the others move on by one place a round. InputError: an odd T or one above 12,
    a round that is not."""
    n, turn = len(inputs.task_ids), inputs.options.get("round")
    check_pilot(f"grouping {inputs.name}", n)
    if n % 2 or n < 2:
        raise InputError(
            f"grouping {inputs.name}: {n} tasks do not go into pairs; take an even number (`tasks`)"
        )
    if turn is None or not 1 <= turn < n:
        raise InputError(
            f"grouping {inputs.name}: round is {turn}; every two of {n} tasks meet in rounds 1 to {n - 1}"
        )
    circle = np.concatenate([[0], np.roll(np.arange(1, n), turn - 1)])
    groups = np.empty(n, np.int64)
    groups[circle] = np.minimum(np.arange(n), np.arange(n)[::-1])
    return Grouping(groups)
