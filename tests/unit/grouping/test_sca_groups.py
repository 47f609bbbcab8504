"""Groupings by SCA: similarities, graph attention and mixture; tasks that are tied or join another group."""

import warnings

import numpy as np
import pytest
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score

from epigroup.core.errors import InputError
from epigroup.grouping.method import GroupingInputs, numbered
from epigroup.grouping.mixture import Mixture, cut, fit_mixture, group_in_mixtures, join_single, matched
from epigroup.grouping.sca import Attention, nearest, similarities
from grouping_examples import planted_distances, run_by_affinity


@pytest.mark.parametrize("k", [2, 3, 4, 5])
def test_sca_finds_planted_groups(k):
    apart, of = planted_distances([6, 9, 7, 8, 6][:k], 0.08)
    found = run_by_affinity("sca", apart, k, "distance")
    assert adjusted_rand_score(of, found.groups) > 0.9
    again = run_by_affinity("sca", apart, k, "distance")
    assert found.groups.tolist() == again.groups.tolist() and found.measures == again.measures
    chances = np.array(list(found.measures["memberships"].values()))
    assert np.allclose(chances.sum(1), 1, atol=2e-4)
    assert (chances.argmax(1) == numbered(found.groups)).mean() > 0.9  # columns are the table's numbers


def half_way_distances():
    """Three groups of eight tasks, and two tasks half-way between the first and the second group."""
    share = np.zeros((26, 3))
    share[np.arange(24), np.repeat(range(3), 8)] = 1
    share[24:, :2] = 0.5
    apart = (1.4 - 0.4 * share @ share.T) * (1 + 0.05 * np.random.default_rng(0).standard_normal((26, 26)))
    np.fill_diagonal(apart, 0)
    return (apart + apart.T) / 2


def test_sca_puts_a_task_into_every_likely_group():
    one = run_by_affinity("sca", half_way_distances(), 3, "distance")
    found = run_by_affinity("sca", half_way_distances(), 3, "distance", overlap=True)
    chances = np.array(list(found.measures["memberships"].values()))
    clear = np.repeat(np.eye(3, dtype=bool), 8, axis=0)
    assert one.members is None and found.measures == one.measures
    assert one.groups[:24].tolist() == found.groups[:24].tolist() == clear.argmax(1).tolist()
    assert (chances[:24][~clear] < 0.005).all() and (found.members[:24] == clear).all()
    assert (chances[24:, :2] > 0.1).all() and found.members[24:].tolist() == [[True, True, False]] * 2
    assert found.measures["tied"].keys() == {"t24", "t25"}


def test_groups_in_the_measures_are_those_of_the_table(monkeypatch, caplog):
    """Also where a task is in a group before that group's first own task."""
    groups, tied = np.array([0, 1, 2, 0, 1, 2]), np.zeros((6, 3), bool)
    chances = np.eye(3)[groups]
    chances[0], tied[0, 2] = (0.7, 0.0, 0.3), True
    tied[4, 0] = True
    made = Mixture(groups, chances, [], 0, tied)
    monkeypatch.setattr("epigroup.grouping.sca.group_in_mixtures", lambda *_, **__: made)
    apart, _ = planted_distances([2, 2, 2], 0.1)
    with caplog.at_level("INFO"):
        alone, found = (
            run_by_affinity("sca", apart, 3, "distance", overlap=overlap) for overlap in (False, True)
        )
    assert alone.groups.tolist() == groups.tolist()
    assert alone.measures["tied"] == {"t0": [2], "t4": [0]}
    assert alone.measures["memberships"]["t0"] == [0.7, 0.0, 0.3]
    # t0 is the first of the last group, which comes second now
    assert found.members[0].tolist() == [True, True, False] and found.members[1].tolist() == [
        False,
        False,
        True,
    ]
    assert found.measures["tied"] == {"t0": [1], "t4": [0]}
    assert found.measures["memberships"]["t0"] == [0.7, 0.3, 0.0]
    assert "grouping g: 2 of 6 tasks could be in another group about as well: t0, t4" in caplog.text


def test_a_point_half_way_is_tied_and_a_clear_one_is_not():
    scatter = np.linspace(-0.2, 0.2, 5)[:, None] * [[1, -1]]
    rows = np.concatenate([scatter + [-2, 0], scatter + [2, 0], scatter + [0, 9], [[0, 0]]])
    found = group_in_mixtures(rows, 3, starts=20, state=0, name="g")
    assert found.groups.tolist() == [0] * 5 + [1] * 5 + [2] * 5 + [0]  # the first in order of points
    assert found.tied[15].tolist() == [False, True, False] and not found.tied[:15].any()


def test_groups_that_joined_and_were_cut_are_what_is_tied():
    """No point is tied with the group it is in, and every tie is with one of the k final groups."""
    rng = np.random.default_rng(3)
    rows = np.concatenate([rng.normal(0, 1, (20, 2)), [[9, 9]], [[-9, 9]]])
    for k in (3, 5):
        found = group_in_mixtures(rows, k, starts=20, state=0, name="g")
        assert (found.joined or found.splits) and found.tied.shape == (22, k) and found.tied.any()
        assert not found.tied[np.arange(22), found.groups].any()


def test_groups_of_two_partitions_are_matched_by_overlap():
    groups = np.repeat([0, 1, 2], [5, 4, 6])
    labels = np.array([2, 0, 1])[groups]
    assert matched(labels, groups, 3).tolist() == groups.tolist()
    labels[0] = 0
    assert (matched(labels, groups, 3) != groups).nonzero()[0].tolist() == [0]
    # taking the largest overlap first, 5, would leave the other labels without any
    labels, groups = np.repeat([0, 0, 1], [5, 4, 4]), np.repeat([0, 1, 0], [5, 4, 4])
    assert (matched(labels, groups, 2) == groups).sum() == 8


def test_equally_similar_tasks_are_near_in_their_order():
    similarity = np.full((6, 6), 0.5) + 1e-13 * np.random.default_rng(0).standard_normal((6, 6))
    assert nearest(similarity, 2).tolist() == [[0, 1, 2], [1, 0, 2], *([i, 0, 1] for i in range(2, 6))]


def test_a_mixture_that_did_not_converge_says_so_once(monkeypatch):
    rows = np.random.default_rng(0).normal(size=(20, 2))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit_mixture(rows, 3, 5, 0)
    monkeypatch.setattr("epigroup.grouping.mixture.STEPS", 1)
    with pytest.warns(ConvergenceWarning) as said:
        fit_mixture(rows, 3, 5, 0)
    assert len(said) == 1


def test_similarity_is_linear_in_the_share_of_a_row():
    apart, _ = planted_distances([3, 4], 0.1)
    inputs = GroupingInputs("g", list("abcdefg"), None, 2, 1, affinity=apart, affinity_kind="distance")
    found = similarities(inputs)
    share = apart / apart.sum(axis=1)[:, None]
    both = (share + share.T) / 2
    np.testing.assert_allclose(found, 1 - both / both.max())
    assert (np.diag(found) == 1).all() and found.min() == 0
    # a task whose gradients are all longer by one factor keeps its row
    scaled = apart.copy()
    scaled[2] *= 7
    np.testing.assert_allclose((scaled / scaled.sum(1, keepdims=True))[2], share[2])


def test_attention_is_that_of_its_definition():
    torch.manual_seed(0)
    layer, features = Attention(5, 3), torch.randn(7, 5)
    neighbours = torch.from_numpy(nearest(np.random.default_rng(1).random((7, 7)), 3))
    assert neighbours[:, 0].tolist() == list(range(7))
    weights = layer.attention(features, neighbours)
    mapped = features @ layer.weight.weight.T
    for i in range(7):
        scores = []
        for j in neighbours[i]:
            raw = layer.own.weight[0] @ mapped[i] + layer.other.weight[0] @ mapped[j]
            scores.append(raw if raw > 0 else 0.2 * raw)
        attention = torch.stack(scores).exp()
        attention = attention / attention.sum()
        torch.testing.assert_close(weights[i], attention)
        wanted = sum(a * mapped[j] for a, j in zip(attention, neighbours[i], strict=True))
        torch.testing.assert_close(layer(features, neighbours)[i], wanted)


def test_nobody_is_alone_and_k_holds():
    """Two far points and three clumps, four groups: the mixture takes the points for groups of their own."""
    rng = np.random.default_rng(0)
    clumps = [rng.normal(centre, 0.1, (6, 2)) for centre in ((0, 0), (3, 0), (0, 3))]
    rows = np.concatenate([*clumps, [[8, 8]], [[-9, -9]]])
    for k in (2, 3, 4, 5):
        found = group_in_mixtures(rows, k, starts=5, state=0, name="g")
        sizes = np.bincount(found.groups)
        assert len(sizes) == k and (sizes >= 2).all(), (k, sizes)
        assert np.allclose(found.memberships.sum(1), 1)
    assert group_in_mixtures(rows, 5, starts=5, state=0, name="g").joined


def test_a_single_point_joins_the_nearest_group():
    rows = np.array([[0.0], [0.1], [1.0], [5.0], [5.2], [9.0], [9.5]])
    groups, joined = join_single(rows, np.array([0, 0, 1, 2, 2, 3, 4]))
    assert groups.tolist() == [0, 0, 0, 2, 2, 4, 4] and joined == [5, 2]
    # both sides of a cut have two points, wherever the gap is
    assert sorted(np.bincount(cut(np.array([[0.0], [7.0], [7.1], [7.2], [7.3]])).astype(int))) == [2, 3]
    assert np.bincount(cut(np.array([[0.0], [0.1], [7.1], [7.2], [7.3], [7.1]])).astype(int)).min() == 2


@pytest.mark.parametrize(
    ("make", "k", "message"),
    [
        (lambda d: d, 5, "5 groups of at least two need 10 tasks, there are 8; choose a k of at most 4"),
        (lambda d: np.ones((8, 8)) - np.eye(8), 2, "all tasks are equally far apart"),
        (
            lambda d: np.where(np.arange(8)[:, None] == 3, 0, d),
            2,
            "task 't3' lies at distance 0 from every other",
        ),
    ],
)
def test_sca_says_what_cannot_be(make, k, message):
    with pytest.raises(InputError, match=message):
        run_by_affinity("sca", make(planted_distances([4, 4], 0.1)[0]), k, "distance")
