"""Greedy groups of TAG are the best there are; SCA and TAG each take affinities of one kind."""

from itertools import combinations, product

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from epigroup.core.errors import InputError
from epigroup.grouping.tag import best_groups, climb, spectral_start, total
from grouping_examples import planted_distances, run_by_affinity


@pytest.mark.parametrize(("method", "kind"), [("sca", "similarity"), ("tag", "distance"), ("tag", None)])
def test_the_kind_of_affinity_must_fit(method, kind):
    with pytest.raises(InputError, match=f"got {kind or 'none'}"):
        run_by_affinity(method, np.eye(6), 2, kind)


def random_affinity(n, seed):
    mutual = np.random.default_rng(seed).normal(size=(n, n))
    mutual = mutual + mutual.T
    np.fill_diagonal(mutual, 0)
    return mutual


def sum_of_means(affinity, groups):
    """The sum as it is defined, task by task."""
    found = 0.0
    for task, group in enumerate(groups):
        others = [i for i in range(len(groups)) if groups[i] == group and i != task]
        found += np.mean([affinity[i, task] for i in others]) if others else 0.0
    return found


def all_groupings(n, k):
    for labels in product(range(k), repeat=n - 1):
        if len({0, *labels}) == k:
            yield np.array([0, *labels])


@pytest.mark.parametrize("n", [5, 6, 7, 8])
@pytest.mark.parametrize("k", [2, 3])
def test_greedy_groups_are_the_best_of_all(n, k):
    for seed in range(3):
        mutual = random_affinity(n, seed)
        best = max(sum_of_means(mutual, groups) for groups in all_groupings(n, k))
        groups, totals = best_groups(mutual, k, 20, 0)
        assert sum_of_means(mutual, groups) == pytest.approx(best, rel=1e-12)
        assert max(totals) == pytest.approx(best, rel=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_no_move_and_no_exchange_is_left(seed):
    """What `climb` ends with, against trying everything."""
    mutual, k = random_affinity(14, seed), 4
    groups = climb(mutual, spectral_start(mutual, k, seed), k)
    reached = sum_of_means(mutual, groups)
    assert total(mutual, groups) == pytest.approx(reached)
    for task, to in product(range(14), range(k)):
        moved = groups.copy()
        moved[task] = to
        assert len(set(moved)) < k or sum_of_means(mutual, moved) <= reached + 1e-9
    for one, other in combinations(range(14), 2):
        moved = groups.copy()
        moved[[one, other]] = moved[[other, one]]
        assert sum_of_means(mutual, moved) <= reached + 1e-9


def test_tag_finds_planted_groups_and_directions_count_alike():
    apart, of = planted_distances([5, 7, 6], 0.1)
    affinity = -apart
    found = run_by_affinity("tag", affinity, 3, "similarity")
    assert adjusted_rand_score(of, found.groups) == 1.0
    assert found.measures["total"] == pytest.approx(sum_of_means(affinity, found.groups))
    skew = np.random.default_rng(0).normal(size=affinity.shape)
    turned = run_by_affinity("tag", affinity + skew - skew.T, 3, "similarity")
    assert turned.groups.tolist() == found.groups.tolist()
    with pytest.raises(InputError, match="all affinities are equal"):
        run_by_affinity("tag", np.ones((6, 6)), 2, "similarity")
