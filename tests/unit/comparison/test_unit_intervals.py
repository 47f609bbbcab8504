"""Intervals over units: Student's by its definition, and nested draws against every draw that there can be."""

from itertools import product

import numpy as np
import pytest
from scipy import stats

from epigroup.comparison.unit_intervals import FoldScores, Side, nested_draws, t_interval


def fold(rng, members=2, seeds=2, draws=None):
    """A fold of one strategy against a pool, with random scores."""
    shapes = ((1, seeds), (members, seeds))
    return FoldScores(
        *(
            Side(rng.normal(size=shape), None if draws is None else rng.normal(size=(*shape, draws)))
            for shape in shapes
        )
    )


def test_students_interval_is_that_of_scipy():
    units = [0.3, -0.1, 0.4, 0.2]
    low, high = stats.ttest_1samp(units, 0).confidence_interval(0.95)
    assert t_interval(units) == pytest.approx((low, high))
    assert np.isnan(t_interval([0.3])).all() and np.isnan(t_interval([])).all()


def test_the_difference_pairs_seeds_and_averages_members():
    one = fold(np.random.default_rng(1))
    expected = [one.mine.mean[0, s] - (one.theirs.mean[0, s] + one.theirs.mean[1, s]) / 2 for s in range(2)]
    assert one.by_seed == pytest.approx(np.array(expected)) and one.difference == pytest.approx(
        np.mean(expected)
    )


def test_nested_draws_come_as_often_as_they_should():
    """Two folds of two seeds and two members: all 4 x (4 x 4)^2 draws are equally likely, so that their mean and
    variance are known."""
    rng = np.random.default_rng(2)
    folds = [fold(rng), fold(rng)]
    every = []
    for chosen in product(range(2), repeat=2):
        parts = []
        for at in chosen:
            mine, theirs = folds[at].mine.mean, folds[at].theirs.mean
            parts.append(
                [
                    np.mean([mine[0, s] for s in seeds])
                    - np.mean([theirs[m, s] for m in members for s in seeds])
                    for seeds in product(range(2), repeat=2)
                    for members in product(range(2), repeat=2)
                ]
            )
        every += [(a + b) / 2 for a, b in product(*parts)]
    drawn = nested_draws(folds, 200_000, 1)
    assert set(np.round(drawn, 9)) == set(np.round(every, 9))
    assert drawn.mean() == pytest.approx(np.mean(every), abs=0.01)
    assert drawn.std() == pytest.approx(np.std(every), rel=0.01)
    assert np.quantile(drawn, [0.025, 0.975]) == pytest.approx(np.quantile(every, [0.025, 0.975]), abs=0.05)


def test_both_sides_take_the_same_draw_of_blocks():
    """What moves both sides alike in a draw moves no difference."""
    shift = np.random.default_rng(3).normal(size=50)
    one = FoldScores(
        *(Side(np.full((n, 3), mean), mean + np.tile(shift, (n, 3, 1))) for n, mean in ((1, 0.4), (2, 0.3)))
    )
    assert nested_draws([one], 100, 1) == pytest.approx(np.full(100, 0.1))


def test_a_side_without_draws_of_blocks_leaves_them_out_of_both():
    rng = np.random.default_rng(4)
    with_blocks, without = fold(rng, draws=5), fold(rng)
    mixed = FoldScores(with_blocks.mine, without.theirs)
    plain = FoldScores(Side(with_blocks.mine.mean), without.theirs)
    assert np.array_equal(nested_draws([mixed], 50, 7), nested_draws([plain], 50, 7))


def test_the_same_seed_gives_the_same_draws():
    folds = [fold(np.random.default_rng(5), draws=9) for _ in range(3)]
    assert np.array_equal(nested_draws(folds, 40, 1), nested_draws(folds, 40, 1))
    assert not np.array_equal(nested_draws(folds, 40, 1), nested_draws(folds, 40, 2))
