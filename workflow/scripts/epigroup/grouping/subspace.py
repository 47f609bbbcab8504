"""Sparse subspace clustering of the task vectors (Elhamifar & Vidal 2013; used by Shiri & Sun 2022)."""

import logging

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from threadpoolctl import threadpool_limits

from epigroup.core.errors import InputError
from epigroup.grouping.method import Grouping, GroupingInputs, check_k
from epigroup.grouping.spectral import group_by_affinity
from epigroup.grouping.vectors import task_vectors

log = logging.getLogger(__name__)

ITERATIONS, TOLERANCE, RELAXATION = 1000, 2e-4, 1.6


def group_tasks(inputs: GroupingInputs) -> Grouping:
    """Every task written as a sparse sum of others (`self_expression`), the weights taken as a graph
    (`subspace_affinity`) and the graph cut by spectral clustering.

    options: as `task_vectors`, alpha (20: the fit's weight over sparseness, above 1), starts, seed. measures:
    as `group_by` (the similarity is the graph's), others (mean number of tasks that a task is written with).
    InputError: as `task_vectors`, k above T, a task that has nothing in common with any other.
    """
    check_k(inputs)
    rows = task_vectors(inputs)
    gram = np.abs(rows @ rows.T)
    np.fill_diagonal(gram, 0)
    if not gram.any(axis=1).all():
        task = inputs.task_ids[int((~gram.any(axis=1)).argmax())]
        raise InputError(
            f"grouping {inputs.name}: task '{task}' has nothing in common with any other (all inner products"
            " are 0), so that it cannot be written as a sum of others; leave the task out"
        )
    with threadpool_limits(limits=1):
        weights = self_expression(rows, float(inputs.options.get("alpha", 20)))
    grouping = group_by_affinity(inputs, subspace_affinity(weights), rows)
    return Grouping(grouping.groups, grouping.measures | {"others": float((weights != 0).sum(axis=0).mean())})


def self_expression(rows: np.ndarray, alpha: float) -> np.ndarray:
    """float64 (T, T), column j the weights of the others in task j: the minimum of |C|_1 + l / 2 |Y - Y C|^2
    with a diagonal of zeros, Y = rows transposed.

    l = alpha / m, m the least over tasks of the largest |inner product| with another one: with alpha above 1
    no column is all zeros (Elhamifar & Vidal 2013, section 2.3 and equation 14). By the alternating direction
    method of multipliers, over-relaxed, until two copies of C agree to 2e-4, as in the authors' program, and
    a round moves no weight by more; or 1000 rounds.
    """
    gram = rows @ rows.T
    n = len(gram)
    fit = alpha / np.abs(gram - np.diag(gram.diagonal())).max(axis=0).min()
    penalty = alpha  # of the two copies' difference; changes the way, not the minimum
    inverse = cho_solve(cho_factor(fit * gram + penalty * np.eye(n)), np.eye(n))
    start = inverse @ (fit * gram)
    sparse, dual = np.zeros((n, n)), np.zeros((n, n))
    gap = moved = np.inf
    for _ in range(ITERATIONS):
        dense = start + penalty * (inverse @ (sparse - dual))
        mixed = RELAXATION * dense + (1 - RELAXATION) * sparse + dual
        shrunk = np.sign(mixed) * np.maximum(np.abs(mixed) - 1 / penalty, 0)
        np.fill_diagonal(shrunk, 0)
        dual = mixed - shrunk
        gap, moved = np.abs(dense - shrunk).max(), np.abs(shrunk - sparse).max()
        sparse = shrunk
        if max(gap, moved) < TOLERANCE:
            return sparse
    log.warning(
        "self-expression: after %d rounds the copies differ by %.1e, the last round moved a weight by %.1e",
        ITERATIONS, gap, moved,
    )  # fmt: skip
    return sparse


def subspace_affinity(weights: np.ndarray) -> np.ndarray:
    """float64 (T, T), symmetric: |weights| with the largest of each column 1, added to its transpose."""
    scaled = np.abs(weights) / np.maximum(np.abs(weights).max(axis=0), np.finfo(float).tiny)
    return scaled + scaled.T
