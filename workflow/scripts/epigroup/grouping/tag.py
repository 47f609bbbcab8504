"""Groups whose tasks help each other most (task affinity groupings, Fifty et al. 2021, section 4.2; with
affinities from trained pairs, the higher-order approximation of Standley et al. 2020).

Sought are K groups with the largest sum, over all tasks, of the mean affinity that a task gets from the
others of its group; a task alone gets 0. The papers go through all choices of groups, 2^T of them; here a
start by spectral clustering and random ones are improved by the best move of a task or exchange of two, until
none is left.
"""

import numpy as np
from sklearn.cluster import SpectralClustering
from threadpoolctl import threadpool_limits

from epigroup.core.errors import InputError
from epigroup.grouping.clustering import group_by
from epigroup.grouping.method import Grouping, GroupingInputs, check_k

STABILITY_STARTS = 3  # of a draw
_LEAST = 1e-12  # of the largest affinity: a smaller gain is rounding


def group_tasks(inputs: GroupingInputs) -> Grouping:
    """The best of `options["starts"]` starts (50), the first spectral, the others random.

    measures: as `group_by`, total (the sum), spectral_total (what the spectral start alone came to),
    starts_at_best. InputError: no similarities, similarities all equal, k above T.
    """
    check_k(inputs)
    if inputs.affinity is None or inputs.affinity_kind != "similarity":
        raise InputError(
            f"grouping {inputs.name}: the method tag groups by similarities and got"
            f" {inputs.affinity_kind or 'none'}; let `affinity` name one of the measures tag or hoa"
        )
    mutual = (inputs.affinity + inputs.affinity.T) / 2
    np.fill_diagonal(mutual, 0)
    off = mutual[~np.eye(len(mutual), dtype=bool)]
    if 1 < inputs.k < len(mutual) and np.ptp(off) == 0:
        raise InputError(f"grouping {inputs.name}: all affinities are equal, so there is nothing to group")
    starts, totals = int(inputs.options.get("starts", 50)), []

    def split(tasks: np.ndarray, state: int) -> np.ndarray:
        whole = len(tasks) == len(mutual)
        groups, found = best_groups(
            mutual[np.ix_(tasks, tasks)], inputs.k, starts if whole else min(starts, STABILITY_STARTS), state
        )
        if whole:
            totals.extend(found)
        return groups

    grouping = group_by(inputs, split, similarity=mutual)
    best = max(totals)
    measures = {
        "total": best,
        "spectral_total": totals[0],
        "starts_at_best": sum(one >= best - 1e-9 * abs(best) for one in totals),
    }
    return Grouping(grouping.groups, grouping.measures | measures)


def best_groups(mutual: np.ndarray, k: int, starts: int, state: int) -> tuple[np.ndarray, list[float]]:
    """int (T,) groups with the largest sum over the starts, and each start's sum, that of the spectral
    first."""
    rng = np.random.default_rng(state)
    begins = [spectral_start(mutual, k, state)]
    begins += [rng.permutation(np.arange(len(mutual)) % k) for _ in range(starts - 1)]
    found = [climb(mutual, begin, k) for begin in begins]
    totals = [total(mutual, groups) for groups in found]
    return found[int(np.argmax(totals))], totals


def total(mutual: np.ndarray, groups: np.ndarray) -> float:
    """The sum over tasks of the mean affinity from the others of their group. mutual: (T, T), symmetric, 0 on
    the diagonal, which for this sum is as good as both directions apart."""
    return sum(
        float(mutual[np.ix_(mine, mine)].sum()) / (len(mine) - 1)
        for g in np.unique(groups)
        if len(mine := np.flatnonzero(groups == g)) > 1
    )


def spectral_start(mutual: np.ndarray, k: int, state: int) -> np.ndarray:
    """int (T,): k groups by spectral clustering of the affinities, shifted and scaled to 0..1; none empty."""
    if not 1 < k < len(mutual):
        return np.arange(len(mutual)) % k
    off = ~np.eye(len(mutual), dtype=bool)
    shifted = (mutual - mutual[off].min()) / np.ptp(mutual[off])
    np.fill_diagonal(shifted, 1)
    with threadpool_limits(limits=1):
        groups = SpectralClustering(k, affinity="precomputed", random_state=state).fit_predict(shifted)
    for g in range(k):
        if not (groups == g).any():  # a group that came out empty takes a task of the largest
            groups[np.flatnonzero(groups == np.bincount(groups, minlength=k).argmax())[0]] = g
    return groups


def climb(mutual: np.ndarray, start: np.ndarray, k: int) -> np.ndarray:
    """int (T,): `start` after the best move of one task, again and again, and, when no move gains, the best
    exchange of two; no group is emptied."""
    groups, tasks = start.copy(), np.arange(len(mutual))
    least = _LEAST * max(float(np.abs(mutual).max()), 1e-300)
    links = np.stack([mutual[:, groups == g].sum(axis=1) for g in range(k)], axis=1)  # (T, k)
    while True:
        sizes = np.bincount(groups, minlength=k)
        inner = np.array([links[groups == g, g].sum() for g in range(k)])  # both directions
        score = inner / np.maximum(sizes - 1, 1)
        own = links[tasks, groups]
        gone = (inner[groups] - 2 * own) / np.maximum(sizes[groups] - 2, 1) - score[groups]
        gain = gone[:, None] + (inner + 2 * links) / np.maximum(sizes, 1) - score
        gain[tasks, groups] = -np.inf
        gain[sizes[groups] == 1] = -np.inf
        task, to = np.unravel_index(int(np.argmax(gain)), gain.shape)
        if gain[task, to] > least:
            moves = [(int(task), int(to))]
        else:
            one, other, gained = best_exchange(mutual, groups, links, sizes)
            if gained <= least:
                return groups
            moves = [(one, int(groups[other])), (other, int(groups[one]))]
        for moved, target in moves:
            links[:, groups[moved]] -= mutual[:, moved]
            links[:, target] += mutual[:, moved]
            groups[moved] = target


def best_exchange(
    mutual: np.ndarray, groups: np.ndarray, links: np.ndarray, sizes: np.ndarray
) -> tuple[int, int, float]:
    """The two tasks of different groups whose exchange gains most, and what it gains."""
    tasks = np.arange(len(mutual))
    across = links[:, groups]  # links of row's task with the group of column's
    own = links[tasks, groups]
    weight = 1 / np.maximum(sizes[groups] - 1, 1)
    # i leaves its group a, j comes: a's inner sum grows by 2 (links of j with a - m_ij - links of i with a)
    first = 2 * weight[:, None] * (across.T - mutual - own[:, None])
    gain = first + first.T
    gain[groups[:, None] == groups[None]] = -np.inf
    one, other = np.unravel_index(int(np.argmax(gain)), gain.shape)
    return int(one), int(other), float(gain[one, other])
