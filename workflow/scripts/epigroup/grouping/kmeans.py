"""KMTL: k-means on the task vectors (Shiri & Sun 2022, section III.A: k-means on last-layer weights)."""

import numpy as np
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

from epigroup.grouping.clustering import STABILITY_STARTS, group_by
from epigroup.grouping.method import Grouping, GroupingInputs, check_k
from epigroup.grouping.vectors import task_vectors


def group_tasks(inputs: GroupingInputs) -> Grouping:
    """k-means++ with `options["starts"]` starts (50); the best by inertia.

    options: as `task_vectors`, starts, seed (of the starts, 0; the network's seed enters beside it).
    measures: as `group_by`, iterations. InputError: as `task_vectors`, and k above T.
    """
    check_k(inputs)
    rows = task_vectors(inputs)
    starts, fits = int(inputs.options.get("starts", 50)), []

    def split(tasks: np.ndarray, state: int) -> np.ndarray:
        n_init = starts if len(tasks) == len(rows) else min(starts, STABILITY_STARTS)
        fits.append(fit_kmeans(rows[tasks], inputs.k, n_init=n_init, state=state))
        return fits[-1].labels_

    grouping = group_by(inputs, split, rows=rows)
    return Grouping(grouping.groups, grouping.measures | {"iterations": int(fits[0].n_iter_)})


def fit_kmeans(rows: np.ndarray, k: int, *, n_init: int, state: int) -> KMeans:
    """A fitted KMeans. One thread, because sums over threads differ in their last bits from machine to
    machine."""
    with threadpool_limits(limits=1):
        return KMeans(k, init="k-means++", n_init=n_init, random_state=state).fit(rows)
