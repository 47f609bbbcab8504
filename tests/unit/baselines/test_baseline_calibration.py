"""The logistic map of scores against scikit-learn's regression; which bins it is made from."""

import logging

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from epigroup.baselines.calibration import calibrate
from epigroup.evaluation.logistic_map import FEWEST, logistic_map


def scored(n, seed, slopes, shifts, scale=1.0):
    """(scores (n, T), labels) whose log odds are shifts + slopes times the score."""
    rng = np.random.default_rng(seed)
    scores = rng.standard_t(3, (n, len(slopes))) * scale
    return scores, rng.random(scores.shape) < 1 / (1 + np.exp(-(scores / scale * slopes + shifts)))


@given(st.integers(0, 2**32 - 1), st.sampled_from([1e-3, 1.0, 50.0]))
@settings(deadline=None, max_examples=25)
def test_the_map_is_that_of_scikit_learn(seed, scale):
    """With the same slight penalty of the slope of standardised scores, of 1/2000 of its square."""
    slopes, shifts = np.array([2.0, 1.0, 0.3, -1.5, 6.0]), np.array([0.0, -2, -5, 1, -3])
    scores, labels = scored(3000, seed, slopes, shifts, scale)
    slope, intercept = logistic_map(scores, labels)
    for task in range(5):
        spread = scores[:, task].std()
        model = LogisticRegression(C=1000, tol=1e-12, max_iter=5000, solver="newton-cholesky").fit(
            scores[:, [task]] / spread, labels[:, task]
        )
        assert slope[task] * spread == pytest.approx(model.coef_[0, 0], rel=1e-4, abs=1e-4)
        assert intercept[task] == pytest.approx(model.intercept_[0], rel=1e-4, abs=1e-4)


def test_scores_that_part_the_labels_have_a_finite_slope_and_flat_ones_none():
    scores = np.stack([np.arange(100.0), np.ones(100), np.arange(100.0)], axis=1)
    labels = np.stack([np.arange(100) >= 97, np.arange(100) >= 97, np.zeros(100, bool)], axis=1)
    slope, intercept = logistic_map(scores, labels)
    assert np.isfinite([slope, intercept]).all() and slope[0] > 0
    assert slope[1:].tolist() == [0, 0]
    chance = 1 / (1 + np.exp(-(scores[:, 0] * slope[0] + intercept[0])))
    assert chance[:97].max() < 0.5 < chance[97:].min() and len(np.unique(chance)) > 90


def test_tasks_with_few_validation_positives_or_a_falling_slope_take_training_bins(caplog):
    slopes, shifts = np.ones(5), np.zeros(5)
    scores, labels = scored(2000, 1, slopes, shifts)
    train = scored(3000, 2, slopes, shifts)
    labels[:, 1] = np.arange(2000) < FEWEST - 1
    labels[:, 2] = ~labels[:, 2]
    train[1][:, 3] = False
    labels[:, 4] = np.arange(2000) >= FEWEST - 1
    asked = []

    def training():
        asked.append(1)
        return train

    share = train[1].mean(0)
    with caplog.at_level(logging.INFO):
        slope, intercept = calibrate((scores, labels), training, share, 3000)
    of_validation, of_training = logistic_map(scores, labels), logistic_map(*train)
    for task, source in ((0, of_validation), (1, of_training), (2, of_training), (4, of_training)):
        assert [slope[task], intercept[task]] == pytest.approx([part[task] for part in source], rel=1e-5)
    assert slope[3] == 0 and 1 / (1 + np.exp(-intercept[3])) == pytest.approx(0.5 / 3000)
    assert "validation bins for 1 tasks; from training bins for 2 with fewer than 10" in caplog.text
    assert "1 whose scores there do not rise" in caplog.text and asked == [1]
    asked.clear()
    calibrate((scores[:, :1], labels[:, :1]), training, share[:1], 3000)
    assert not asked
    empty = calibrate((scores[:0], labels[:0]), training, share, 3000)
    assert empty[0][0] == pytest.approx(of_training[0][0], rel=1e-5)
