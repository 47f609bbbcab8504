"""Groups of points by a mixture of Gaussians, none of them a single point (Thakur et al. 2024, section
4.2.2)."""

import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits

from epigroup.core.errors import InputError
from epigroup.grouping.method import numbered

# Added to variances, of points whose mean variance is 1: those of a handful of points in eight dimensions come
# out far too small, which lets chance decide on the groups and makes every membership look certain.
FLOOR = 0.3
CONVERGED, STEPS = 1e-8, 1000  # of the lower bound in a step, far below EQUAL; steps at most
EQUAL = 1e-6  # fits whose lower bounds differ by less are equally likely: rounding must not choose
NEAR = 0.05  # below the best lower bound (a mean over the points): a fit so near is about as likely
SHARE = 0.5  # of the chance of its own group: a point is tied with another group that has as much


@dataclass(frozen=True)
class Mixture:
    """groups: int64 (T,), 0..k-1, numbered in order of first appearance; memberships: float64 (T, k), rows add
    up to 1; joined: points that were alone and joined others; splits: groups that were cut to make k again;
    tied: bool (T, k), other groups that a point could be in about as well."""

    groups: np.ndarray
    memberships: np.ndarray
    joined: list[int]
    splits: int
    tied: np.ndarray


def group_in_mixtures(rows: np.ndarray, k: int, *, starts: int, state: int, name: str) -> Mixture:
    """k groups of at least two of the points rows (T, d), by the likeliest component of a mixture with
    diagonal covariances, the best of `starts`.

    A point that is alone in its component joins the group whose mean is nearest; components without points
    vanish. While there are fewer than k groups then, the group with the largest sum of squares about its mean
    that has four points or more is cut in two (`cut`). The rule for single points is the paper's, as far as
    its words go; the cut is not: the number of groups is fixed beforehand here. A point is tied with another
    group that has at least half the chance of its own (`memberships`), and with the one where another start
    that is about as likely puts it, after the same joining and cutting. InputError: fewer than 2 k
    points, or no group left to cut.
    """
    if k == 1:
        whole = np.ones((len(rows), 1))
        return Mixture(np.zeros(len(rows), np.int64), whole, [], 0, np.zeros(whole.shape, bool))
    if len(rows) < 2 * k:
        raise InputError(
            f"grouping {name}: {k} groups of at least two need {2 * k} tasks, there are {len(rows)};"
            f" choose a k of at most {len(rows) // 2}"
        )
    found = fit_mixture(rows, k, starts, state)
    groups, joined, splits = make_k(rows, found[0], k, name)
    chances = memberships(rows, groups)
    own = groups[:, None] == np.arange(k)
    tied = (chances >= SHARE * chances[own][:, None]) & ~own
    for labels in found[1:]:
        try:
            other = make_k(rows, labels, k, name)[0]
        except InputError:  # it is no grouping that could have been
            continue
        tied |= (matched(other, groups, k)[:, None] == np.arange(k)) & ~own
    return Mixture(groups, chances, joined, splits, tied)


def make_k(rows: np.ndarray, labels: np.ndarray, k: int, name: str) -> tuple[np.ndarray, list[int], int]:
    """k groups of at least two out of a mixture's, numbered in order of first appearance; points that joined
    others; groups that were cut. InputError: no group left to cut."""
    groups, joined = join_single(rows, labels)
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
    return numbered(groups), joined, splits


def matched(labels: np.ndarray, groups: np.ndarray, k: int) -> np.ndarray:
    """int64 (T,): labels (T,), both 0..k-1, renamed after the groups so that many points agree: the largest
    overlap first, then exchanges of two names until none gains. In whole numbers, so the same everywhere."""
    overlap, taken, name = np.zeros((k, k), np.int64), np.zeros((k, k), np.int64), np.arange(k)
    np.add.at(overlap, (labels, groups), 1)
    for _ in range(k):
        one, other = np.unravel_index(int(np.argmax(overlap - taken)), taken.shape)
        name[one] = other
        taken[one], taken[:, other] = len(labels) + 1, len(labels) + 1
    while True:
        swapped = overlap[:, name]  # of each label with the names of all
        gain = swapped + swapped.T - swapped.diagonal()[:, None] - swapped.diagonal()
        one, other = np.unravel_index(int(np.argmax(gain)), gain.shape)
        if gain[one, other] <= 0:
            return name[labels]
        name[[one, other]] = name[[other, one]]


def fit_mixture(rows: np.ndarray, k: int, starts: int, state: int) -> list[np.ndarray]:
    """Partitions int64 (T,) by the likeliest of k Gaussians with diagonal covariances, numbered in order of
    first appearance: that of the likeliest fit of `starts`, of equally likely ones the first in order of
    the points; after it the others about as likely, each once. A Gaussian may get no point."""
    fits = []
    with threadpool_limits(limits=1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # what counts is whether the best converged
        for start in np.random.SeedSequence(state).generate_state(starts):
            mixture = GaussianMixture(
                k,
                covariance_type="diag",
                reg_covar=FLOOR,
                tol=CONVERGED,
                max_iter=STEPS,
                init_params="k-means++",
                random_state=int(start),
            )
            labels = tuple(numbered(mixture.fit_predict(rows)).tolist())
            fits.append((float(mixture.lower_bound_), labels, mixture.converged_))
    best = max(bound for bound, _, _ in fits)
    first = min(labels for bound, labels, _ in fits if bound >= best - EQUAL)
    if not any(converged for bound, labels, converged in fits if labels == first and bound >= best - EQUAL):
        warnings.warn("the best fit of the mixture did not converge", ConvergenceWarning, stacklevel=2)
    near = {labels for bound, labels, _ in fits if bound > best - NEAR}
    return [np.array(labels) for labels in [first, *sorted(near - {first})]]


def join_single(rows: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """int64 (T,) groups of points rows (T, d) after each point that is alone in its group has joined the
    group whose mean is nearest, the nearest first; and the points that joined."""
    groups = labels.astype(np.int64)
    joined: list[int] = []
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
    group of two at least, without the point itself: it would bear witness for its own group."""
    logs = np.stack([log_chance(rows, rows[groups == g]) for g in range(int(groups.max()) + 1)], axis=1)
    for point, group in enumerate(groups):
        others = groups == group
        others[point] = False
        logs[point, group] = log_chance(rows[point], rows[others])
    chances = np.exp(logs - logs.max(axis=1, keepdims=True))
    return chances / chances.sum(axis=1, keepdims=True)


def log_chance(rows: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Logarithm, up to a number that all groups share, of the chance of rows (..., d) in a group (n, d)."""
    variance = group.var(axis=0) + FLOOR
    distance = ((rows - group.mean(axis=0)) ** 2 / variance).sum(axis=-1)
    return np.log(len(group)) - (distance + np.log(variance).sum()) / 2
