"""KMTL: k-means on the rows of E (Shiri & Sun 2022, section III.A: k-means on last-layer weights)."""

import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score
from threadpoolctl import threadpool_limits

from epigroup.grouping.contract import Grouping, GroupingInputs, check_k
from epigroup.grouping.vectors import task_vectors


def group_tasks(inputs: GroupingInputs) -> Grouping:
    """k-means++ with `options["starts"]` starts (50); the best by inertia.

    options: vectors "raw" | "l2", starts, seed (of the starts, 0; the network's seed enters beside it).
    measures: inertia, silhouette (None where it is not defined: k of 1 or T), iterations. InputError: as
    `task_vectors`, and k above T.
    """
    check_k(inputs)
    rows = task_vectors(inputs)
    state = start_state(inputs.options.get("seed", 0), inputs.seed)
    fit = fit_kmeans(rows, inputs.k, n_init=inputs.options.get("starts", 50), state=state)
    measures = {
        "inertia": float(fit.inertia_),
        "silhouette": silhouette(rows, fit.labels_),
        "iterations": int(fit.n_iter_),
    }
    return Grouping(fit.labels_, measures)


def start_state(*seeds: int) -> int:
    """One seed for scikit-learn (0..2^32-1) out of several."""
    return int(np.random.SeedSequence([int(s) for s in seeds]).generate_state(1)[0])


def fit_kmeans(rows: np.ndarray, k: int, *, n_init: int, state: int) -> KMeans:
    """A fitted KMeans. One thread, because sums over threads differ in their last bits from machine to
    machine."""
    with threadpool_limits(limits=1):
        return KMeans(k, init="k-means++", n_init=n_init, random_state=state).fit(rows)


def silhouette(rows: np.ndarray, labels: np.ndarray) -> float | None:
    """Mean silhouette (Euclidean), or None where it is not defined."""
    n_groups = len(np.unique(labels))
    return float(silhouette_score(rows, labels)) if 1 < n_groups < len(rows) else None
