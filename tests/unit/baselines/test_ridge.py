"""Ridge regressions against scikit-learn's and against singular vectors written out; what validation chooses."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from epigroup.baselines.material import Bins, Material
from epigroup.baselines.ridge import (
    can_choose,
    choose_penalties,
    choose_rank,
    explained,
    recalibrated,
    spectrum_of,
    summarise,
)

N, F, T = 1500, 20, 6
PENALTIES = (0.01, 0.1, 1.0, 10.0)
DRAW = np.random.default_rng(11)
MIXING = np.eye(F) + 0.4 * DRAW.normal(size=(F, F))
TRUTH = DRAW.normal(size=(F, 2)) @ DRAW.normal(size=(2, T)) * 0.5


def drawn(n, seed, share=(0, -1, -2, -1, 0, -3)):
    """(counts-like features (n, F) of unlike scales, labels) of tasks that two directions explain."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, F)) @ MIXING
    y = rng.random((n, T)) < 1 / (1 + np.exp(-(x @ TRUTH + np.array(share))))
    return x * np.logspace(-1, 1, F) + 5, y


def bins_of(y):
    return Bins(np.zeros(len(y), int), np.arange(len(y)), y)


@pytest.fixture(scope="module")
def case():
    (x, y), (held, truth) = drawn(N, 1), drawn(800, 2)
    moments = [
        summarise(lambda bins, values=values: values[bins.start], bins_of(labels))
        for values, labels in ((x, y), (held, truth))
    ]
    return x, y, held, truth, *moments


def test_moments_are_those_of_all_bins_at_once():
    x, y = drawn(9000, 3)
    found = summarise(lambda bins: x[bins.start], bins_of(y))
    np.testing.assert_allclose(found.covariance, np.cov(x.T, bias=True), rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(found.cross, (x - x.mean(0)).T @ (y - y.mean(0)) / len(x), atol=1e-10)
    assert found.n == 9000 and found.share.tolist() == y.mean(0).tolist()
    empty = summarise(lambda bins: x[bins.start], bins_of(y[:0]))
    assert empty.n == 0 and not empty.covariance.any() and empty.cross.shape == (F, T)


@pytest.mark.parametrize("penalty", PENALTIES)
def test_every_penalty_gives_the_weights_of_scikit_learn(case, penalty):
    x, y, _, _, train, _ = case
    weights = spectrum_of(train).weights(penalty)
    standard = (x - x.mean(0)) / x.std(0)
    for task in range(T):
        model = Ridge(alpha=penalty * N, tol=1e-12).fit(standard, y[:, task].astype(float))
        np.testing.assert_allclose(weights[:, task] * x.std(0), model.coef_, atol=1e-10)


def test_a_feature_that_does_not_vary_has_no_weight():
    x, y = drawn(500, 4)
    x[:, 3] = 7
    weights = spectrum_of(summarise(lambda bins: x[bins.start], bins_of(y))).weights(0.1)
    assert not weights[3].any() and np.isfinite(weights).all() and weights[2].all()


def test_each_task_takes_the_penalty_that_explains_most_of_validation(case):
    _, _, held, truth, train, held_out = case
    spectrum = spectrum_of(train)
    found = choose_penalties(spectrum, held_out, PENALTIES)
    chosen = set()
    for task in range(T):
        by = {
            p: np.corrcoef(held @ spectrum.weights(p)[:, task], truth[:, task])[0, 1] ** 2 for p in PENALTIES
        }
        best = max(by, key=by.__getitem__)
        chosen.add(best)
        np.testing.assert_array_equal(found[:, task], spectrum.weights(best)[:, task])
    assert len(chosen) > 1


def test_a_task_with_few_validation_positives_takes_the_penalty_of_the_others(case):
    x, y, held, truth, train, _ = case
    truth = truth.copy()
    truth[:, 5] = False
    truth[:9, 5] = True
    held_out = summarise(lambda bins: held[bins.start], bins_of(truth))
    assert can_choose(held_out).tolist() == [True] * 5 + [False]
    spectrum = spectrum_of(train)
    means = [
        np.mean([np.corrcoef(held @ spectrum.weights(p)[:, t], truth[:, t])[0, 1] ** 2 for t in range(5)])
        for p in PENALTIES
    ]
    common = PENALTIES[int(np.argmax(means))]
    found = choose_penalties(spectrum, held_out, PENALTIES)
    np.testing.assert_array_equal(found[:, 5], spectrum.weights(common)[:, 5])
    nothing = summarise(lambda bins: held[bins.start], bins_of(truth[:0]))
    strongest = choose_penalties(spectrum, nothing, PENALTIES)
    np.testing.assert_array_equal(strongest, spectrum.weights(10.0))


def low_rank(x, y, penalty, rank):
    """Weights of standardised features by the singular vectors of the fitted values with the penalty's rows."""
    standard, spread = (x - x.mean(0)) / x.std(0), y.std(0)
    rows = np.concatenate([standard, np.sqrt(penalty * len(x)) * np.eye(F)])
    aims = np.concatenate([(y - y.mean(0)) / spread, np.zeros((F, T))])
    full = np.linalg.lstsq(rows, aims, rcond=None)[0]
    onto = np.linalg.svd(rows @ full, full_matrices=False)[2][:rank]
    return full @ onto.T @ onto * spread, rows, aims / 1.0


@pytest.mark.parametrize("rank", [1, 2, 4, T])
def test_low_rank_is_the_svd_of_the_fitted_values(case, rank):
    x, y, _, _, train, held_out = case
    found = choose_rank(spectrum_of(train), held_out, [0.1], [rank])
    wanted, rows, aims = low_rank(x, y, 0.1, rank)
    np.testing.assert_allclose(found * x.std(0)[:, None], wanted, atol=1e-9)
    assert np.linalg.matrix_rank(found, tol=1e-8) == rank
    # no other matrix of this rank that was tried has a lower loss
    best = ((aims - rows @ (wanted / y.std(0))) ** 2).sum()
    rng = np.random.default_rng(0)
    left, size, right = np.linalg.svd(wanted / y.std(0), full_matrices=False)
    for _ in range(20):
        moved = [part + 1e-2 * rng.normal(size=part.shape) for part in (left[:, :rank], right[:rank])]
        other = moved[0] * size[:rank] @ moved[1]
        assert ((aims - rows @ other) ** 2).sum() > best


def test_penalty_and_rank_are_those_of_the_highest_mean_over_tasks(case):
    x, y, held, truth, train, held_out = case
    ranks = (1, 2, 3, 50)
    found = choose_rank(spectrum_of(train), held_out, PENALTIES, ranks)
    centred = (held - x.mean(0)) / x.std(0)
    means = {}
    for penalty in PENALTIES:
        for rank in (1, 2, 3, T):
            scores = centred @ low_rank(x, y, penalty, rank)[0]
            means[penalty, rank] = np.mean(
                [np.corrcoef(scores[:, t], truth[:, t])[0, 1] ** 2 for t in range(T)]
            )
    best = max(means, key=means.__getitem__)
    np.testing.assert_allclose(found * x.std(0)[:, None], low_rank(x, y, *best)[0], atol=1e-9)
    assert best[1] < T  # two directions were planted


def test_a_score_that_falls_with_the_labels_explains_nothing():
    assert explained(np.array([-0.1, 0.1]), np.array([1.0, 0.0]), np.array([0.5, 0.5])).tolist() == [0, 0]
    assert explained(np.array([0.25]), np.array([0.25]), np.array([0.5])) == pytest.approx([1])


def test_scores_become_probabilities_and_a_task_without_training_positives_its_share(case):
    x, y, held, truth, _, _ = case
    y = y.copy()
    y[:, 4] = False
    both, labels = np.concatenate([x, held]), np.concatenate([y, truth])
    bins = bins_of(labels)

    def features(bins):
        return both[bins.start]

    train, validation = bins.part(slice(0, N)), bins.part(slice(N, None))
    material = Material(None, None, train, validation, y.sum(0), N, (), PENALTIES, (2, 6))
    found = summarise(features, train)
    for weights in (
        choose_penalties(spectrum_of(found), summarise(features, validation), PENALTIES),
        choose_rank(spectrum_of(found), summarise(features, validation), PENALTIES, (2, 6)),
    ):
        assert not weights[:, 4].any()
        chances = recalibrated(features, found, weights, material)(validation)
        assert ((chances >= 0) & (chances <= 1)).all()
        assert chances[:, 4] == pytest.approx(np.full(800, 0.5 / N))
        learnt = [0, 1, 2, 3, 5]
        np.testing.assert_allclose(chances[:, learnt].mean(0), truth[:, learnt].mean(0), atol=1e-6)
        assert len(np.unique(chances[:, 5].astype(np.float16))) > 500  # rare positives, few ties
