"""Agglomerative clustering of the task vectors by Ward's method (Shiri & Sun 2022, section II.B)."""

import numpy as np
from scipy.cluster.hierarchy import linkage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import squareform

from epigroup.grouping.clustering import distances, group_by
from epigroup.grouping.method import Grouping, GroupingInputs, check_k
from epigroup.grouping.vectors import task_vectors


def group_tasks(inputs: GroupingInputs) -> Grouping:
    """Ward's tree, cut where it has k branches. options: as `task_vectors`; seed enters the draws of the
    stability alone. measures: as `group_by`. InputError: as `task_vectors`, and k above T."""
    check_k(inputs)
    rows = task_vectors(inputs)
    apart = distances(rows)

    def split(tasks: np.ndarray, _state: int) -> np.ndarray:
        return cut_tree(apart[np.ix_(tasks, tasks)], inputs.k, "ward")

    return group_by(inputs, split, rows=rows)


def cut_tree(apart: np.ndarray, k: int, how: str) -> np.ndarray:
    """int (n,): the k branches that are left after the first n - k merges of a tree of linkage `how`
    ("ward", "average").

    apart: float (n, n), distances, Euclidean ones for "ward". Exactly k branches also where merges tie, which
    a cut at a height would not give.
    """
    n = len(apart)
    if n == k:
        return np.arange(n)
    merges = linkage(squareform(apart, checks=False), how)[: n - k, :2].astype(np.int64)
    made = n + np.arange(n - k)
    edges = (np.ones(2 * len(made)), (merges.ravel(), np.repeat(made, 2)))
    return connected_components(coo_array(edges, shape=(2 * n - k,) * 2), directed=False)[1][:n]
