"""How far two ways of grouping the same tasks agree."""

from collections.abc import Sequence

import numpy as np


def adjusted_rand(one: Sequence | np.ndarray, other: Sequence | np.ndarray) -> float:
    """The adjusted Rand index of two groupings, given as a group (any text or number) a task: 1 for the same pairs
    together, 0 in the mean of random groupings of the same sizes (Hubert & Arabie 1985, J. Classif. 2, 193).

    scikit-learn has the same and takes longer to be imported than most groupings to be made. Raises ValueError
    for two that differ in length.
    """
    if len(one) != len(other):
        raise ValueError(f"{len(one)} tasks in one grouping, {len(other)} in the other")
    _, rows = np.unique(np.asarray(one), return_inverse=True)
    _, columns = np.unique(np.asarray(other), return_inverse=True)

    def pairs(counts: np.ndarray) -> int:
        """Pairs of tasks that share a group, from the groups' sizes."""
        return int((counts * (counts - 1) // 2).sum())

    together = pairs(np.unique(np.stack([rows, columns]), axis=1, return_counts=True)[1])
    in_one, in_other = pairs(np.bincount(rows)), pairs(np.bincount(columns))
    every = len(rows) * (len(rows) - 1) // 2
    by_chance = in_one * in_other / every if every else 0.0
    most = (in_one + in_other) / 2
    # Both groupings are all in one group, or each task alone: they are the same.
    return 1.0 if most == by_chance else (together - by_chance) / (most - by_chance)
