"""DBSCAN on the task vectors, its two settings searched for the wanted number of groups."""

import numpy as np
from sklearn.cluster import DBSCAN

from epigroup.core.errors import InputError
from epigroup.grouping.clustering import distances, group_by, silhouette
from epigroup.grouping.method import Grouping, GroupingInputs, check_k
from epigroup.grouping.vectors import task_vectors

QUANTILES = np.unique(np.round(np.geomspace(0.002, 0.5, 40), 4))
MIN_SAMPLES = (2, 3, 4, 5, 8, 12, 20)
NOISE = -1


def group_tasks(inputs: GroupingInputs) -> Grouping:
    """DBSCAN for each eps (a quantile of the distances of two tasks) and min_samples; of the settings that
    give k clusters the one with the least noise, of these the one with the best silhouette, of these the
    first. Each noise task then joins the group of the nearest task that is none.

    options: as `task_vectors`. measures: as `group_by`; eps, eps_quantile, min_samples, noise (tasks that
    joined), settings_tried, settings_with_k. The stability keeps the chosen setting. InputError: as
    `task_vectors`, k above T, no setting gives k clusters (names what was tried and what it gave).
    """
    check_k(inputs)
    rows = task_vectors(inputs)
    apart = distances(rows)
    setting, tried, matching = find_setting(inputs, apart)

    def split(tasks: np.ndarray, _state: int) -> np.ndarray:
        mine = apart[np.ix_(tasks, tasks)]
        return join_noise(scan(mine, setting["eps"], setting["min_samples"]), mine)

    grouping = group_by(inputs, split, rows=rows)
    return Grouping(
        grouping.groups,
        grouping.measures | setting | {"settings_tried": tried, "settings_with_k": matching},
    )


def find_setting(inputs: GroupingInputs, apart: np.ndarray) -> tuple[dict, int, int]:
    """(eps, eps_quantile, min_samples and noise of the best setting; settings tried; those that give k)."""
    pairs = apart[np.triu_indices(len(apart), 1)]
    samples = [m for m in MIN_SAMPLES if m <= len(apart)]
    found: list[tuple[int, float, int, dict]] = []
    counts: dict[int, int] = {}
    for m in samples:
        for quantile in QUANTILES:
            eps = float(np.quantile(pairs, quantile))
            if eps <= 0:
                continue
            clusters = scan(apart, eps, m)
            n_clusters, noise = int(clusters.max()) + 1, int((clusters == NOISE).sum())
            counts[n_clusters] = counts.get(n_clusters, 0) + 1
            if n_clusters == inputs.k:
                clear = silhouette(apart, join_noise(clusters, apart), "precomputed") or 0.0
                setting = {"eps": eps, "eps_quantile": float(quantile), "min_samples": m, "noise": noise}
                found.append((noise, -clear, len(found), setting))
    tried = sum(counts.values())
    if not found:
        gave = ", ".join(f"{n} ({counts[n]} times)" for n in sorted(counts))
        raise InputError(
            f"grouping {inputs.name}: no setting gives {inputs.k} groups; of {tried} settings (eps at the"
            f" {QUANTILES[0]:g} to {QUANTILES[-1]:g} quantiles of the distances, min_samples"
            f" {', '.join(map(str, samples))}) the numbers of groups were {gave}; choose another k or method"
        )
    return min(found)[-1], tried, len(found)


def scan(apart: np.ndarray, eps: float, min_samples: int) -> np.ndarray:
    """int (n,): cluster of each task from 0, -1 for noise."""
    return DBSCAN(eps=eps, min_samples=min_samples, metric="precomputed").fit(apart).labels_


def join_noise(clusters: np.ndarray, apart: np.ndarray) -> np.ndarray:
    """int (n,): clusters with each noise task in that of the nearest task that is none; all one group where
    everything is noise."""
    if (clusters == NOISE).all():
        return np.zeros(len(clusters), np.int64)
    joined, members = clusters.copy(), np.flatnonzero(clusters != NOISE)
    for task in np.flatnonzero(clusters == NOISE):
        joined[task] = clusters[members[apart[task, members].argmin()]]
    return joined
