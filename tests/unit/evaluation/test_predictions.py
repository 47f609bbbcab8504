"""Scores of predictions equal scikit-learn's, thresholds come from validation alone, and predictions that do not belong
are refused.
"""

import h5py
import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as reference

from epigroup.core.errors import InputError
from epigroup.evaluation.predictions import evaluate_strategy
from scored_examples import TASKS, about, planted_split


def test_the_table_equals_scikit_learn(place):
    table = place.run()
    assert table.index.tolist() == TASKS and table["group"].tolist() == [0, 1, 0, 1]
    for i, task in enumerate(TASKS[:3]):
        row = table.loc[task]
        scores = place.test["probability"][:, i].astype(np.float64)
        labels = place.test["labels"][:, i]
        called = scores >= row["threshold"]
        assert row["test_f1"] == pytest.approx(reference.f1_score(labels, called), abs=1e-9)
        assert row["test_f1_at_half"] == pytest.approx(reference.f1_score(labels, scores >= 0.5), abs=1e-9)
        assert row["test_auprc"] == pytest.approx(reference.average_precision_score(labels, scores), abs=1e-9)
        assert row["test_auroc"] == pytest.approx(reference.roc_auc_score(labels, scores), abs=1e-9)
        for name, score in (("precision", reference.precision_score), ("recall", reference.recall_score)):
            assert row[f"test_{name}"] == pytest.approx(score(labels, called, zero_division=0), abs=1e-9)
            at_half = score(labels, scores >= 0.5, zero_division=0)
            assert row[f"test_{name}_at_half"] == pytest.approx(at_half, abs=1e-9)
        assert row["test_brier"] == pytest.approx(reference.brier_score_loss(labels, scores), abs=1e-9)
        assert row["positives_test"] == labels.sum() and row["test_base_rate"] == labels.mean()
        validation = place.validation["probability"][:, i].astype(np.float64)
        truth = place.validation["labels"][:, i]
        precision, recall, _ = reference.precision_recall_curve(truth, validation)
        best = np.nanmax(2 * precision * recall / np.maximum(precision + recall, 1e-12), initial=0)
        if row["threshold_flag"] == 0:
            assert row["validation_f1"] == pytest.approx(best, abs=1e-9)
        else:
            assert row["threshold"] == 0.5 and truth.sum() < 20
    assert table["threshold_flag"].tolist() == [0, 0, 1, 1]
    assert np.isnan(table.loc["d", ["test_f1", "test_auprc", "test_auroc"]].astype(float)).all()


def test_other_test_labels_leave_the_threshold_alone(place):
    first = place.run()
    place.test = planted_split(2000, 9)
    second = place.run()
    assert first["threshold"].equals(second["threshold"])
    assert not first["test_f1"].equals(second["test_f1"])


def test_a_strategy_of_some_tasks(place):
    everything = place.run()
    place.tasks = ["b", "d"]
    for split in (place.validation, place.test):
        split["probability"] = split["probability"].copy()
        split["probability"][:, [0, 2]] = np.nan
    some = place.run()
    assert some.index.tolist() == ["b", "d"]
    pd.testing.assert_series_equal(some.loc["b"].drop("group"), everything.loc["b"].drop("group"))


def test_predictions_of_other_bins_are_refused(place):
    everything = place.validation, place.test

    known = about(validation=everything[0], test=everything[1])
    place.test = {name: values[:-1] for name, values in everything[1].items()}
    with pytest.raises(InputError, match=r"test.h5: 1,999 test examples where the data set has 2,000"):
        place.run(described=known)
    place.test = planted_split(2000, 5)
    with pytest.raises(InputError, match=r"test.h5: task 'a' has \d+ positives where the data set has \d+: "):
        place.run(described=known)
    place.test = everything[1]
    place.run()
    files = [place.path / name for name in ("test.h5", "test.h5", "groups.tsv", "dataset.json")]
    cfg = {"tasks": TASKS, "regions": "all_mappable", "min_validation_positives": 20}
    cfg |= {"interval_draws": 0, "seed": 1}
    with pytest.raises(InputError, match="test.h5: predictions of the test split where validation belongs"):
        evaluate_strategy(*files, place.path / "m.tsv", place.path / "b.h5", cfg)


def test_wrong_predictions_are_refused(place):
    with pytest.raises(
        InputError, match="test.h5: predictions of data set 000000000000, but the data set is ffff"
    ):
        place.run(dataset_hash="0" * 64)
    with pytest.raises(InputError, match="test.h5: 4 tasks where the data set has 4; task 'd' is in one"):
        place.run(tasks=["a", "b", "c", "e"])
    with pytest.raises(InputError, match="their order differs"):
        place.run(tasks=["b", "a", "c", "d"])
    place.tasks = ["a", "b", "c"]
    with pytest.raises(InputError, match="scores of task 'd', which the strategy does not learn"):
        place.run()
    place.tasks = TASKS
    place.test["probability"][17, 1] = np.nan
    with pytest.raises(InputError, match="test.h5: task 'b': probability nan is not in"):
        place.run()
    place.test["probability"][17, 1] = 1.5
    with pytest.raises(InputError, match="test.h5: task 'b': probability 1.5 is not in"):
        place.run()
    place.test["probability"] = place.test["probability"].astype(np.float32)
    with pytest.raises(InputError, match="float32 where .* float16 belong"):
        place.run()
    place.test = {name: values[:0] for name, values in planted_split(5, 0).items()}
    with pytest.raises(InputError, match="no test examples"):
        place.run()
    assert not (place.path / "metrics.tsv").exists()


def test_the_same_predictions_give_the_same_bytes(place):
    place.run()
    first = [(place.path / name).read_bytes() for name in ("metrics.tsv", "blocks.h5")]
    place.run()
    assert [(place.path / name).read_bytes() for name in ("metrics.tsv", "blocks.h5")] == first


def test_each_set_of_regions_has_its_own_thresholds_and_scores(place):
    everything = place.run()
    by_set = {"all_mappable": everything}
    place.regions = "any_peak"
    by_set["any_peak"] = place.run()
    for regions, table in by_set.items():
        assert (table["regions"] == regions).all()
        parts = []
        for split in (place.validation, place.test):
            kept = np.ones(len(split["start"]), bool) if regions == "all_mappable" else split["labels"].any(1)
            parts.append({name: values[kept] for name, values in split.items()})
        row, scores = table.loc["a"], parts[1]["probability"][:, 0].astype(float)
        labels = parts[1]["labels"][:, 0]
        assert row["n_test"] == len(labels) and row["n_validation"] == len(parts[0]["start"])
        assert row["test_auprc"] == pytest.approx(reference.average_precision_score(labels, scores), abs=1e-9)
        assert row["test_auroc"] == pytest.approx(reference.roc_auc_score(labels, scores), abs=1e-9)
        assert row["test_f1"] == pytest.approx(
            reference.f1_score(labels, scores >= row["threshold"]), abs=1e-9
        )
        seen = parts[0]["probability"][:, 0].astype(float)
        precision, recall, cuts = reference.precision_recall_curve(parts[0]["labels"][:, 0], seen)
        f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
        best = cuts[np.flatnonzero(f1[:-1] >= f1.max() - 1e-12)[-1]]
        assert row["threshold"] == best
    assert (everything["n_test"] > by_set["any_peak"]["n_test"]).all()
    assert everything.loc["a", "threshold"] != by_set["any_peak"].loc["a", "threshold"]
    assert (everything["positives_test"] == by_set["any_peak"]["positives_test"]).all()
    # what is counted on the bins with a peak is what predictions of these bins alone would give
    peaks = {n: v[place.test["labels"].any(1)] for n, v in place.test.items()}
    with h5py.File(place.path / "blocks.h5") as file:
        assert file.attrs["regions"] == "any_peak" and file["n"][:].sum() == len(peaks["start"])
    place.test = peaks
    pd.testing.assert_frame_equal(place.run(), by_set["any_peak"])


def test_regions_that_were_not_evaluated_are_refused(place):
    place.regions = "nowhere"
    with pytest.raises(
        InputError, match="evaluation regions nowhere where the data set has any_peak, all_map"
    ):
        place.run()
