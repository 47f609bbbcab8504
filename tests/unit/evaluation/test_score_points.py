"""Kept points of the curves: every one exact, together close to the whole curve."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.metrics import precision_recall_curve, roc_auc_score, roc_curve

from epigroup.evaluation.metrics import confusion, count_scores
from epigroup.evaluation.score_points import LEVELS, score_points, write_points


def drawn(n=20_000, share=0.02, seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.random(n) < share
    return (1 / (1 + np.exp(-rng.normal(3 * labels - 3, 1.5)))).astype(np.float16), labels


@pytest.mark.parametrize("share", [0.002, 0.02, 0.5])
def test_every_point_is_of_scikit_learns_curves(share):
    scores, labels = drawn(share=share)
    kept = score_points(count_scores(scores, labels), 0.4)
    fpr, tpr, at = roc_curve(labels, scores, drop_intermediate=False)
    roc = {float(t): (x, y) for t, x, y in zip(at, fpr, tpr, strict=True)}
    precision, recall, at = precision_recall_curve(labels, scores)
    pr = {float(t): (x, y) for t, x, y in zip(at, recall, precision, strict=False)}
    positives, negatives = labels.sum(), (~labels).sum()
    assert len(kept) <= 2 * LEVELS + 3
    for score, tp, fp in kept.itertuples(index=False):
        assert np.allclose((fp / negatives, tp / positives), roc[score], atol=1e-12)
        assert np.allclose((tp / positives, tp / (tp + fp)), pr[score], atol=1e-12)


def test_together_they_hold_the_area_and_the_calls_of_the_threshold():
    scores, labels = drawn()
    counts = count_scores(scores, labels)
    kept = score_points(counts, 0.37)
    x, y = np.r_[0, kept["fp"]] / kept["fp"].iloc[-1], np.r_[0, kept["tp"]] / kept["tp"].iloc[-1]
    assert abs(np.trapezoid(y, x) - roc_auc_score(labels, scores)) < 0.003
    assert np.diff(x).max() < 1.5 / LEVELS and np.diff(y).max() < 1.5 / LEVELS
    called = confusion(counts, 0.37)
    assert ((kept["tp"] == called.tp) & (kept["fp"] == called.fp)).any()


@given(
    arrays.arrays(np.float16, st.integers(1, 60), elements=st.sampled_from([0, 0.25, 0.5, 0.75, 1])),
    st.randoms(use_true_random=False),
    st.floats(0, 1),
)
def test_ties_extremes_and_lone_labels_keep_the_ends(scores, chance, threshold):
    labels = np.array([chance.random() < 0.5 for _ in scores])
    kept = score_points(count_scores(scores, labels), threshold)
    if not labels.any():
        assert kept.empty
        return
    assert (kept["tp"].iloc[-1], kept["fp"].iloc[-1]) == (labels.sum(), (~labels).sum())
    assert kept["score"].is_monotonic_decreasing and kept["score"].is_unique
    for score, tp, fp in kept.itertuples(index=False):
        assert (tp, fp) == (labels[scores >= score].sum(), (~labels)[scores >= score].sum())


def test_points_are_written_a_task_after_another(tmp_path):
    scores, labels = drawn(n=300, share=0.2)
    points = {
        name: score_points(count_scores(scores, mine), 0.4) for name, mine in (("a", labels), ("b", ~labels))
    }
    none = score_points(count_scores(scores, np.zeros(300, bool)), 0.4)
    write_points(tmp_path / "points.tsv", {**points, "none": none})
    found = pd.read_csv(tmp_path / "points.tsv", sep="\t")
    assert found.columns.tolist() == ["task_id", "score", "tp", "fp"] and set(found["task_id"]) == {"a", "b"}
    for name, part in found.groupby("task_id"):
        np.testing.assert_allclose(
            part[["score", "tp", "fp"]], points[name][["score", "tp", "fp"]], rtol=1e-6
        )
    write_points(tmp_path / "points.tsv", {"none": none})
    assert (tmp_path / "points.tsv").read_text() == "task_id\tscore\ttp\tfp\n"
