"""Groups of points by a mixture of Gaussians, none of them a single point (Thakur et al. 2024, section
4.2.2)."""

from dataclasses import dataclass

import numpy as np
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits

from epigroup.errors import InputError

FLOOR = 1e-3  # added to variances, of points whose mean variance is 1


@dataclass(frozen=True)
class Mixture:
    """groups: int64 (T,), 0..k-1; memberships: float64 (T, k), rows add up to 1; joined: points that were
    alone and joined others; splits: groups that were cut to make k again."""

    groups: np.ndarray
    memberships: np.ndarray
    joined: list[int]
    splits: int


def group_in_mixtures(rows: np.ndarray, k: int, *, starts: int, state: int, name: str) -> Mixture:
    """k groups of at least two of the points rows (T, d), by the likeliest component of a mixture with
    diagonal covariances, the best of `starts`.

    A point that is alone in its component joins the group whose mean is nearest; components without points
    vanish. While there are fewer than k groups then, the group with the largest sum of squares about its mean
    that has four points or more is cut in two (`cut`). Memberships are those of Gaussians on the final
    groups. The rule for single points is the paper's, as far as its words go; the cut is not: the number of
    groups is fixed beforehand here. InputError: fewer than 2 k points, or no group left to cut.
    """
    if k == 1:
        return Mixture(np.zeros(len(rows), np.int64), np.ones((len(rows), 1)), [], 0)
    if len(rows) < 2 * k:
        raise InputError(
            f"grouping {name}: {k} groups of at least two need {2 * k} tasks, there are {len(rows)};"
            f" choose a k of at most {len(rows) // 2}"
        )
    groups, joined = join_single(rows, fit_mixture(rows, k, starts, state))
    splits = 0
    while (n_groups := len(np.unique(groups))) < k:
        groups = np.unique(groups, return_inverse=True)[1]
        spread = [
            ((rows[groups == g] - rows[groups == g].mean(axis=0)) ** 2).sum()
            if (groups == g).sum() >= 4
            else -1.0
            for g in range(n_groups)
        ]
        if max(spread) < 0:
            raise InputError(
                f"grouping {name}: the tasks fall into {n_groups} groups of two or three, none of which"
                f" can be cut into groups of two to make {k}; choose a k of at most {n_groups}"
            )
        here = np.flatnonzero(groups == int(np.argmax(spread)))
        groups[here[cut(rows[here])]] = n_groups
        splits += 1
    groups = np.unique(groups, return_inverse=True)[1]
    return Mixture(groups, memberships(rows, groups), joined, splits)


def fit_mixture(rows: np.ndarray, k: int, starts: int, state: int) -> np.ndarray:
    """int64 (T,): the likeliest of k Gaussians with diagonal covariances, the likeliest fit of `starts`; a
    Gaussian may get no point."""
    with threadpool_limits(limits=1):
        return GaussianMixture(
            k,
            covariance_type="diag",
            reg_covar=FLOOR,
            n_init=starts,
            init_params="k-means++",
            random_state=state,
        ).fit_predict(rows)


def join_single(rows: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """int64 (T,) groups of points rows (T, d) after each point that is alone in its group has joined the
    group whose mean is nearest, the nearest first; and the points that joined."""
    groups, joined = labels.astype(np.int64), []
    while True:
        names, sizes = np.unique(groups, return_counts=True)
        alone = np.flatnonzero(np.isin(groups, names[sizes == 1]))
        if len(alone) == 0 or len(names) == 1:
            return groups, joined
        means = np.stack([rows[groups == g].mean(axis=0) for g in names])
        apart = np.linalg.norm(rows[alone, None] - means[None], axis=2)
        apart[groups[alone][:, None] == names[None]] = np.inf
        point, group = np.unravel_index(int(np.argmin(apart)), apart.shape)
        groups[alone[point]] = names[group]
        joined.append(int(alone[point]))


def cut(rows: np.ndarray) -> np.ndarray:
    """bool (n,), n >= 4: one side of the best cut across the first principal axis, two points at least on
    either side; the best leaves the least sum of squares along the axis."""
    centred = rows - rows.mean(axis=0)
    along = centred @ np.linalg.svd(centred, full_matrices=False)[2][0]
    order = np.argsort(along, kind="stable")
    places = range(2, len(rows) - 1)
    left = [sum(np.var(side) * len(side) for side in np.split(along[order], [place])) for place in places]
    side = np.zeros(len(rows), bool)
    side[order[places[int(np.argmin(left))] :]] = True
    return side


def memberships(rows: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """float64 (T, k): chance of each group for each point, by a Gaussian with diagonal covariance on each
    group."""
    logs = []
    for g in range(int(groups.max()) + 1):
        mine = rows[groups == g]
        variance = mine.var(axis=0) + FLOOR
        distance = ((rows - mine.mean(axis=0)) ** 2 / variance).sum(axis=1)
        logs.append(np.log(len(mine) / len(rows)) - (distance + np.log(variance).sum()) / 2)
    logs = np.stack(logs, axis=1)
    chances = np.exp(logs - logs.max(axis=1, keepdims=True))
    return chances / chances.sum(axis=1, keepdims=True)
