"""A partition of the tasks by any clustering method, and the figures that every one of them gives."""

import logging
from collections.abc import Callable

import numpy as np
from sklearn.metrics import silhouette_score
from threadpoolctl import threadpool_limits

from epigroup.grouping.agreement import adjusted_rand
from epigroup.grouping.method import Grouping, GroupingInputs

log = logging.getLogger(__name__)

# Indices int (n,) of tasks and a seed -> int (n,), the groups that the method makes of these tasks alone.
Split = Callable[[np.ndarray, int], np.ndarray]

STABILITY_DRAWS = 20
STABILITY_SHARE = 0.8
STABILITY_STARTS = 3  # of k-means in a draw: a draw need not find the best of fifty


def group_by(
    inputs: GroupingInputs,
    split: Split,
    *,
    rows: np.ndarray | None = None,
    similarity: np.ndarray | None = None,
) -> Grouping:
    """The groups that `split` makes of all tasks, and its measures.

    rows: float (T, d) task vectors, where the method has them; similarity: float (T, T) that it clusters, the
    cosines of the rows where it clusters these. measures: inertia (sum of squared distances of the rows to
    their group's mean), silhouette (mean, Euclidean; None for a k of 1 or T), similarity_within and
    similarity_between (mean over pairs of the same and of different groups), stability (`stability`),
    label_agreement (where labels are there beside what is clustered: correlation, over pairs of tasks, of
    their similarity with that of their labels).
    One thread: sums over threads differ in their last bits from machine to machine. Raises ValueError for
    neither rows nor similarity.
    """
    with threadpool_limits(limits=1):
        groups = split(np.arange(len(inputs.task_ids)), start_state(_seed(inputs), inputs.seed))
        if similarity is None:
            if rows is None:
                raise ValueError("neither rows nor their similarity: nothing is clustered")
            similarity = cosines(rows)
        measures: dict = {"stability": stability(groups, inputs.k, split, _seed(inputs), inputs.seed)}
        if rows is not None:
            measures |= {"inertia": inertia(rows, groups), "silhouette": silhouette(rows, groups)}
        within, between = mean_similarity(similarity, groups)
        measures |= {"similarity_within": within, "similarity_between": between}
        if inputs.labels is not None and inputs.options.get("vectors") != "labels":
            measures["label_agreement"] = agreement(similarity, inputs.labels)
    return Grouping(groups, measures)


def _seed(inputs: GroupingInputs) -> int:
    return int(inputs.options.get("seed", 0))


def start_state(*seeds: int) -> int:
    """One seed for scikit-learn (0..2^32-1) out of several."""
    return int(np.random.SeedSequence([int(s) for s in seeds]).generate_state(1)[0])


def stability(groups: np.ndarray, k: int, split: Split, *seeds: int) -> float | None:
    """Mean adjusted Rand index of 20 draws of 80 % of the tasks: the groups made of a draw alone against
    those of all tasks (after Ben-Hur, Elisseeff & Guyon 2002). None where a draw has no more than k tasks, or
    for a k of 1. What a method makes once for all tasks (an affinity, a setting) is not made again."""
    n = len(groups)
    size = int(STABILITY_SHARE * n)
    if k == 1 or size <= k:
        return None
    scores = []
    for draw in range(STABILITY_DRAWS):
        rng = np.random.default_rng([*seeds, 2, draw])
        chosen = np.sort(rng.choice(n, size, replace=False))
        scores.append(adjusted_rand(groups[chosen], split(chosen, start_state(*seeds, 2, draw))))
    return float(np.mean(scores))


def inertia(rows: np.ndarray, groups: np.ndarray) -> float:
    """Sum of squared Euclidean distances to the group's mean."""
    return float(
        sum(((rows[groups == g] - rows[groups == g].mean(axis=0)) ** 2).sum() for g in np.unique(groups))
    )


def silhouette(rows: np.ndarray, groups: np.ndarray, metric: str = "euclidean") -> float | None:
    """Mean silhouette, or None where it is not defined. metric "precomputed": rows are distances (T, T)."""
    n_groups = len(np.unique(groups))
    return float(silhouette_score(rows, groups, metric=metric)) if 1 < n_groups < len(rows) else None


def cosines(rows: np.ndarray) -> np.ndarray:
    """float64 (T, T): cosine of every two rows; 0 with a row of zeros."""
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    unit = np.divide(rows, length, out=np.zeros_like(rows), where=length > 0)
    return unit @ unit.T


def distances(rows: np.ndarray) -> np.ndarray:
    """float64 (T, T): Euclidean distance of every two rows, 0 on the diagonal."""
    gram = rows @ rows.T
    square = gram.diagonal()
    found = np.sqrt(np.maximum(square[:, None] + square - 2 * gram, 0))
    np.fill_diagonal(found, 0)
    return (found + found.T) / 2


def mean_similarity(similarity: np.ndarray, groups: np.ndarray) -> tuple[float | None, float | None]:
    """Mean over pairs of two tasks of the same group, and of different groups; None without such pairs."""
    upper = np.triu_indices(len(groups), 1)
    same, values = groups[upper[0]] == groups[upper[1]], similarity[upper]
    within, between = (float(part.mean()) if len(part) else None for part in (values[same], values[~same]))
    return within, between


def agreement(similarity: np.ndarray, labels: np.ndarray) -> float | None:
    """Pearson correlation, over pairs of two tasks, of their similarity with the correlation of their labels;
    None where that is not defined. Tasks without a label correlation are left out, and the log says so."""
    upper = np.triu_indices(len(labels), 1)
    known = np.isfinite(labels[upper])
    if not known.all():
        log.warning("%d pairs of tasks have no label correlation and do not count", (~known).sum())
    one, other = similarity[upper][known], labels[upper][known]
    if len(one) < 2 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return None
    return float(np.corrcoef(one, other)[0, 1])
