"""Scores of one task against scikit-learn and their definitions, with ties, extremes and labels of one kind."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import calibration
from sklearn import metrics as reference

from epigroup.core.errors import InputError
from epigroup.evaluation.label_scores import task_metrics
from epigroup.evaluation.metrics import (
    SCORES,
    TaskCounts,
    average_precision,
    best_threshold,
    brier_score,
    calibration_error,
    choose_threshold,
    confusion,
    count_scores,
    log_loss,
    roc_auc,
)


@st.composite
def scored(draw):
    """Scores with many or few ties, labels of any balance, in float16, float32 or float64."""
    n = draw(st.integers(1, 60))
    levels = draw(st.sampled_from([1, 2, 3, 10, 10**6]))
    kind = draw(st.sampled_from([np.float16, np.float32, np.float64]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scores = (rng.integers(0, levels, n) / max(levels - 1, 1)).astype(kind)
    return scores, rng.random(n) < draw(st.sampled_from([0.0, 0.05, 0.5, 0.95, 1.0]))


def f1_by_definition(scores, labels, threshold):
    called = scores.astype(np.float64) >= threshold
    return reference.f1_score(labels, called, zero_division=0)


@given(scored())
@settings(max_examples=300, deadline=None)
def test_areas_equal_scikit_learn(case):
    scores, labels = case
    counts = count_scores(scores, labels)
    if labels.any():
        assert average_precision(counts) == pytest.approx(
            reference.average_precision_score(labels, scores.astype(np.float64)), abs=1e-9
        )
    else:
        assert np.isnan(average_precision(counts))
    if 0 < labels.sum() < len(labels):
        assert roc_auc(counts) == pytest.approx(
            reference.roc_auc_score(labels, scores.astype(np.float64)), abs=1e-9
        )
    else:
        assert np.isnan(roc_auc(counts))


@given(scored())
@settings(max_examples=200, deadline=None)
def test_threshold_is_the_highest_of_the_best(case):
    scores, labels = case
    counts = count_scores(scores, labels)
    if not labels.any():
        assert np.isnan(best_threshold(counts))
        return
    candidates = np.unique(scores.astype(np.float64))
    values = np.array([f1_by_definition(scores, labels, t) for t in candidates])
    best = candidates[np.flatnonzero(np.isclose(values, values.max(), rtol=0, atol=1e-12))[-1]]
    assert best_threshold(counts) == best
    assert confusion(counts, best).f1 == pytest.approx(values.max(), abs=1e-12)


@given(scored(), st.floats(0, 1))
@settings(max_examples=200, deadline=None)
def test_confusion_equals_scikit_learn(case, threshold):
    scores, labels = case
    found = confusion(count_scores(scores, labels), threshold)
    called = scores.astype(np.float64) >= threshold
    if labels.any():
        assert found.f1 == pytest.approx(reference.f1_score(labels, called, zero_division=0), abs=1e-12)
        assert found.precision == pytest.approx(
            reference.precision_score(labels, called, zero_division=0), abs=1e-12
        )
        assert found.recall == pytest.approx(reference.recall_score(labels, called), abs=1e-12)
    else:
        assert np.isnan([found.f1, found.precision, found.recall]).all()


@given(scored(), st.sampled_from([1, 4, 10, 15]))
@settings(max_examples=300, deadline=None)
def test_brier_and_calibration_equal_scikit_learn(case, bins):
    """The calibration error from scikit-learn's curve: share and mean score of the bins with examples."""
    scores, labels = case
    counts, scores = count_scores(scores, labels), scores.astype(np.float64)
    assert brier_score(counts) == pytest.approx(((scores - labels) ** 2).mean(), abs=1e-9)
    if 0 < labels.sum() < len(labels):
        assert brier_score(counts) == pytest.approx(reference.brier_score_loss(labels, scores), abs=1e-9)
    share, mean = calibration.calibration_curve(labels, scores, n_bins=bins, pos_label=True)
    place = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], scores)
    sizes = np.bincount(place, minlength=bins)
    expected = np.abs(share - mean) @ sizes[sizes > 0] / len(scores)
    assert calibration_error(counts, bins) == pytest.approx(expected, abs=1e-9)


def test_calibration_by_hand():
    """Two bins: up to 0.5, mean 0.3 and one of two positive; above, mean 0.8 and both positive."""
    counts = count_scores(np.array([0.1, 0.5, 0.7, 0.9]), np.array([False, True, True, True]))
    assert calibration_error(counts, 2) == pytest.approx((2 * 0.2 + 2 * 0.2) / 4)
    assert brier_score(counts) == pytest.approx((0.01 + 0.25 + 0.09 + 0.01) / 4)
    nothing = count_scores(np.empty(0), np.empty(0, bool))
    assert np.isnan([brier_score(nothing), calibration_error(nothing)]).all()


def test_log_loss_equals_scikit_learn():
    rng = np.random.default_rng(1)
    scores, labels = rng.uniform(0.001, 0.999, 500), rng.random(500) < 0.3
    assert log_loss(count_scores(scores, labels)) == pytest.approx(
        reference.log_loss(labels, scores), abs=1e-9
    )
    sure_and_wrong = count_scores(np.array([0.0, 1.0]), np.array([True, False]))
    assert log_loss(sure_and_wrong) == pytest.approx((25 + 12) * np.log(2) / 2)


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_counting_by_blocks_equals_counting_at_once(seed, n, n_tasks):
    rng = np.random.default_rng(seed)
    scores = SCORES[rng.integers(0, len(SCORES), (n, n_tasks))].astype(np.float16)
    scores[rng.random((n, n_tasks)) < 0.3] = -0.0
    labels = rng.random((n, n_tasks)) < 0.4
    counts = TaskCounts([f"t{i}" for i in range(n_tasks)])
    cut = int(rng.integers(0, n + 1))
    for part in (slice(0, cut), slice(cut, n)):
        counts.add(scores[part], labels[part])
    for task in range(n_tasks):
        one, whole = counts.of(task), count_scores(scores[:, task] + np.float16(0), labels[:, task])
        for name in ("score", "positives", "total"):
            np.testing.assert_array_equal(getattr(one, name), getattr(whole, name))


@pytest.mark.parametrize("bad", [np.nan, -0.25, 1.5, np.inf])
def test_a_score_that_is_no_probability_is_refused_by_task(bad):
    counts = TaskCounts(["first", "second"])
    scores = np.array([[0.5, 0.5], [0.5, bad]], np.float16)
    with pytest.raises(InputError, match=r"preds.h5: task 'second': probability \S+ is not in"):
        counts.add(scores, np.ones((2, 2), bool), "preds.h5")
    assert counts.total.sum() == 0
    with pytest.raises(InputError):
        count_scores(scores[:, 1], np.ones(2, bool))


def test_few_validation_positives_freeze_the_threshold_at_half():
    scores = np.linspace(0, 1, 101)
    nineteen, twenty = scores > 0.815, scores > 0.805
    assert nineteen.sum() == 19 and twenty.sum() == 20
    assert choose_threshold(count_scores(scores, nineteen), 20) == (0.5, True)
    assert choose_threshold(count_scores(scores, twenty), 20) == (scores[81], False)
    assert choose_threshold(count_scores(scores, np.zeros(101, bool)), 0) == (0.5, True)


def test_the_threshold_of_a_row_does_not_see_test():
    rng = np.random.default_rng(3)
    scores, labels = rng.random(400), rng.random(400) < 0.5
    validation = count_scores(scores, labels)
    rows = [
        task_metrics(validation, count_scores(rng.random(50), rng.random(50) < share), 20)
        for share in (0.0, 0.1, 1.0)
    ]
    assert len({row["threshold"] for row in rows}) == 1
    assert rows[0]["positives_test"] == 0 and rows[0]["test_base_rate"] == 0
    assert all(
        np.isnan(rows[0][name])
        for name in (
            "test_f1",
            "test_f1_at_half",
            "test_precision_at_half",
            "test_recall_at_half",
            "test_precision",
            "test_recall",
            "test_auprc",
            "test_auroc",
        )
    )


def test_no_call_at_all_is_an_f1_of_zero():
    validation = count_scores(np.r_[np.full(30, 0.9), np.full(30, 0.1)], np.arange(60) < 30)
    test = count_scores(np.array([0.2, 0.3, 0.4]), np.array([True, False, True]))
    row = task_metrics(validation, test, 20)
    assert (row["threshold"], row["threshold_flag"]) == (0.9, 0)
    assert (row["test_f1"], row["test_precision"], row["test_recall"]) == (0, 0, 0)
