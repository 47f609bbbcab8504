"""Heads of new tasks: the optimum of their definition, what weights mean, and what is drawn."""

import numpy as np
import pytest
from scipy.optimize import minimize

from epigroup.adopt.heads import PENALTIES, Drawn, draw, fit_head, log_loss, path_of_heads, thinned


def examples(n=400, d=6, seed=1):
    """Features of which two tell the label; the last never changes."""
    rng = np.random.default_rng(seed)
    features = rng.gamma(2, 3, (n, d)).astype(np.float32)
    features[:, -1] = 7
    labels = rng.random(n) < 1 / (1 + np.exp(-(0.5 * features[:, 0] - 0.4 * features[:, 1] - 2)))
    return features, Drawn(np.arange(n), labels, rng.uniform(0.5, 3, n))


def loss_of(weight, bias, features, drawn):
    margin = np.where(drawn.labels, 1, -1) * (features @ weight + bias)
    return np.average(np.logaddexp(0, -margin), weights=drawn.weights)


@pytest.mark.parametrize("number", range(len(PENALTIES)))
def test_each_head_is_the_least_of_its_penalised_loss(number):
    features, drawn = examples()
    penalty, weight, bias = list(path_of_heads(features, drawn))[number]
    assert penalty == PENALTIES[number] and weight[-1] == 0
    used = features[:, :-1].astype(np.float64)
    spread = used.std(axis=0)

    def whole(point):
        return loss_of(point[:-1] / spread, point[-1], used, drawn) + penalty / 2 * point[:-1] @ point[:-1]

    best = minimize(whole, np.zeros(used.shape[1] + 1), method="BFGS", options={"gtol": 1e-8})
    # the intercept of the centred form carries no penalty either, so that both are one problem
    found = np.append(weight[:-1] * spread, bias)
    assert whole(found) <= best.fun + 1e-7


def test_a_weight_of_two_is_an_example_twice():
    features, drawn = examples()
    rng = np.random.default_rng(3)
    times = rng.integers(1, 3, len(features))
    weighted = Drawn(drawn.rows, drawn.labels, times.astype(float))
    repeated = np.repeat(np.arange(len(features)), times)
    plain = Drawn(repeated, drawn.labels[repeated], np.ones(len(repeated)))
    # standardised by the rows as they are, so a scale apart: compare the fits without penalty
    one = list(path_of_heads(features, weighted))[-1]
    other = list(path_of_heads(features[repeated], plain))[-1]
    assert one[1] == pytest.approx(other[1], abs=2e-4) and one[2] == pytest.approx(other[2], abs=2e-3)


def test_the_penalty_is_the_one_of_the_least_validation_loss():
    features, drawn = examples(80, d=40)
    other, held_out = examples(600, d=40, seed=2)
    head = fit_head(features, drawn, [other, other], held_out)
    losses = {
        penalty: log_loss([other @ weight + bias], held_out)
        for penalty, weight, bias in path_of_heads(features, drawn)
    }
    assert head.penalty == min(losses, key=losses.get) > PENALTIES[-1]
    assert head.loss == pytest.approx(min(losses.values()))
    assert head.logits(other) == pytest.approx(other @ head.weight + head.bias)


def test_two_views_are_averaged_as_probabilities():
    drawn = Drawn(np.arange(2), np.array([True, False]), np.array([3.0, 1.0]))
    chance = [(0.9 + 0.5) / 2, (0.2 + 0.4) / 2]
    logits = [np.log([0.9 / 0.1, 0.2 / 0.8]), np.log([0.5 / 0.5, 0.4 / 0.6])]
    expected = -(3 * np.log(chance[0]) + np.log(1 - chance[1])) / 4
    assert log_loss(logits, drawn) == pytest.approx(expected)


def test_negatives_that_are_drawn_stand_for_all():
    labels = np.random.default_rng(1).random(5000) < 0.1
    drawn = draw(labels, 300, np.random.default_rng(2))
    assert drawn.labels.sum() == labels.sum() and (~drawn.labels).sum() == 300
    assert np.array_equal(labels[drawn.rows], drawn.labels) and (np.diff(drawn.rows) > 0).all()
    assert drawn.weights.sum() == pytest.approx(5000) and (drawn.weights[drawn.labels] == 1).all()
    whole = draw(labels, 5000, np.random.default_rng(2))
    assert np.array_equal(whole.rows, np.arange(5000)) and (whole.weights == 1).all()


def test_thinning_leaves_positives_out_and_makes_none_negative():
    labels = np.random.default_rng(1).random(5000) < 0.1
    full = draw(labels, 300, np.random.default_rng(2))
    few = thinned(full, 25, np.random.default_rng(3))
    assert few.labels.sum() == 25 and np.isin(few.rows, full.rows).all()
    assert np.array_equal(few.rows[~few.labels], full.rows[~full.labels])
    assert not np.array_equal(few.rows, thinned(full, 25, np.random.default_rng(4)).rows)
    assert np.array_equal(thinned(full, 10**6, np.random.default_rng(3)).rows, full.rows)
