"""Spectral clustering of the task vectors (Shiri & Sun 2022, section II.B; von Luxburg 2007)."""

import numpy as np
from scipy.linalg import eigh

from epigroup.core.errors import InputError
from epigroup.grouping.clustering import STABILITY_STARTS, distances, group_by
from epigroup.grouping.kmeans import fit_kmeans
from epigroup.grouping.method import Grouping, GroupingInputs, check_k
from epigroup.grouping.vectors import task_vectors


def group_tasks(inputs: GroupingInputs) -> Grouping:
    """`split_affinity` of `options["graph"]`: "rbf" (`rbf_affinity`, at the median distance) or "neighbours"
    (`neighbour_affinity`, of `options["neighbours"]` nearest).

    options: as `task_vectors`, graph, neighbours, starts, seed. measures: as `group_by`; the similarity is
    the graph's. InputError: as `task_vectors`, k above T, an unknown graph.
    """
    check_k(inputs)
    rows = task_vectors(inputs)
    graph = inputs.options.get("graph", "rbf")
    if graph not in ("rbf", "neighbours"):
        raise InputError(f"grouping {inputs.name}: graph is '{graph}'; choose rbf or neighbours")
    apart = distances(rows)
    if graph == "rbf":
        affinity = rbf_affinity(apart)
    else:
        affinity = neighbour_affinity(apart, int(inputs.options.get("neighbours", 10)))
    return group_by_affinity(inputs, affinity, rows)


def group_by_affinity(
    inputs: GroupingInputs, affinity: np.ndarray, rows: np.ndarray | None = None
) -> Grouping:
    """`split_affinity` into k groups, with the measures of `group_by`. affinity: float (T, T), symmetric, at
    least 0."""
    starts = int(inputs.options.get("starts", 50))

    def split(tasks: np.ndarray, state: int) -> np.ndarray:
        n_init = starts if len(tasks) == len(affinity) else min(starts, STABILITY_STARTS)
        return split_affinity(affinity[np.ix_(tasks, tasks)], inputs.k, starts=n_init, state=state)

    return group_by(inputs, split, rows=rows, similarity=affinity)


def rbf_affinity(apart: np.ndarray) -> np.ndarray:
    """exp(-d^2 / (2 s^2)) (T, T), s the median distance of two tasks that are apart."""
    found = apart[np.triu_indices(len(apart), 1)]
    scale = float(np.median(found[found > 0])) if (found > 0).any() else 1.0
    return np.exp(-(apart**2) / (2 * scale**2))


def neighbour_affinity(apart: np.ndarray, neighbours: int) -> np.ndarray:
    """(T, T): 1 for two tasks that are each among the other's nearest, 0.5 for one way, 1 on the diagonal."""
    n = len(apart)
    others = apart + np.diag(np.full(n, -1.0))  # a task is its own first neighbour, also among equals
    nearest = np.argsort(others, axis=1, kind="stable")[:, : min(neighbours, n - 1) + 1]
    graph = np.zeros((n, n))
    np.put_along_axis(graph, nearest, 1.0, axis=1)
    return (graph + graph.T) / 2


def split_affinity(affinity: np.ndarray, k: int, *, starts: int, state: int) -> np.ndarray:
    """int (n,): k groups by k-means on the rows, made of length 1, of the k first eigenvectors of the
    symmetric normalised graph (Ng, Jordan & Weiss 2001).

    affinity: float (n, n), symmetric, at least 0; the diagonal does not count.
    """
    n = len(affinity)
    if k == 1:
        return np.zeros(n, np.int64)
    affinity = affinity - np.diag(affinity.diagonal())
    degree = affinity.sum(axis=1)
    scale = np.divide(1.0, np.sqrt(degree), out=np.zeros(n), where=degree > 0)
    _, vectors = eigh(affinity * scale[:, None] * scale, subset_by_index=[n - k, n - 1])
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    rows = np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0)
    return fit_kmeans(rows, k, n_init=starts, state=state).labels_
