"""Thresholds of F1 are made anew from validation: those of validation are left alone, one tuned on test is caught."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score, precision_recall_curve

import result_files
from audited_run import TASKS
from epigroup.audit import thresholds
from epigroup.core.errors import InputError
from epigroup.evaluation.predictions import evaluate_strategy
from scored_examples import HASH, write_split

CFG = {"regions": "all_mappable", "min_validation_positives": 20, "tasks": TASKS}


def predictions(path, n, seed):
    """Scores that follow the labels, float16; the last task has hardly a positive in validation."""
    rng = np.random.default_rng(seed)
    share = np.full(len(TASKS), 0.2)
    share[-1] = 0.003
    labels = rng.random((n, len(TASKS))) < share
    scores = np.clip(rng.normal(0.3, 0.15, labels.shape) + 0.2 * labels, 0, 1).astype(np.float16)
    places = {"chrom": np.zeros(n, int), "start": 200 * np.arange(n)}
    write_split(path, {"probability": scores, "labels": labels, **places}, TASKS)
    return scores, labels


@pytest.fixture
def scored(tmp_path):
    """A strategy's folder with predictions and metrics.tsv, and both splits' scores and labels."""
    folder = tmp_path / "thresholds" / "SMTL" / "seed1"
    folder.mkdir(parents=True)
    splits = {
        name: predictions(folder / f"{name}.h5", n, seed)
        for name, n, seed in (("validation", 1500, 1), ("test", 2000, 2))
    }
    about = {
        "task_ids": TASKS, "dataset_hash": HASH,
        "n_evaluation": {"all_mappable": {name: len(labels) for name, (_, labels) in splits.items()}},
        "positives": {name: labels.sum(0).tolist() for name, (_, labels) in splits.items()},
    }  # fmt: skip
    (folder / "dataset.json").write_text(json.dumps(about))
    (folder / "groups.tsv").write_text("task_id\tgroup\n" + "".join(f"{task}\t0\n" for task in TASKS))
    evaluate_strategy(
        *(folder / name for name in ("validation.h5", "test.h5", "groups.tsv", "dataset.json")),
        folder / "metrics.tsv", folder / "blocks.h5", CFG | {"interval_draws": 0, "seed": 1},
    )  # fmt: skip
    return folder, splits


def held(folder):
    thresholds.hold_thresholds(
        *(folder / name for name in ("validation.h5", "test.h5", "metrics.tsv", "dataset.json")),
        folder / "thresholds.tsv", CFG,
    )  # fmt: skip
    found = thresholds.check({"thresholds": [str(folder / "thresholds.tsv")]}, {})
    return pd.read_csv(folder / "thresholds.tsv", sep="\t").set_index("task_id"), found


def test_thresholds_of_validation_are_left_alone(scored):
    folder, splits = scored
    table, found = held(folder)
    assert found.verdict == "pass" and found.details["origins"] == {"validation": 29, "few positives": 1}
    scores, labels = splits["validation"]
    called = scores[:, 0].astype(np.float64) >= table.loc["t00", "threshold"]
    assert table.loc["t00", "validation_f1"] == pytest.approx(f1_score(labels[:, 0], called), abs=1e-12)
    precision, recall, _ = precision_recall_curve(labels[:, 0], scores[:, 0])
    best = np.nanmax(2 * precision * recall / np.maximum(precision + recall, 1e-12))
    assert table.loc["t00", "best_validation_f1"] == pytest.approx(best, abs=1e-12)


def test_a_threshold_tuned_on_test_is_caught(scored):
    folder, splits = scored
    metrics = pd.read_csv(folder / "metrics.tsv", sep="\t").set_index("task_id", drop=False)
    scores, labels = splits["test"]
    precision, recall, at = precision_recall_curve(labels[:, 3], scores[:, 3].astype(np.float64))
    best = at[np.argmax((2 * precision * recall / (precision + recall))[:-1])]
    assert best != metrics.loc["t03", "threshold"]
    metrics.loc["t03", "threshold"] = best
    metrics.loc["t05", "threshold"] = 0.9
    metrics.loc["t29", "threshold"] = 0.4  # too few positives: only 0.5 is right
    metrics.to_csv(folder / "metrics.tsv", sep="\t", index=False)
    table, found = held(folder)
    assert found.verdict == "fail"
    assert table.loc[["t03", "t05"], "origin"].tolist() == ["test", "elsewhere"]
    assert sorted(row["task_id"] for row in found.details["odd"]) == ["t03", "t05", "t29"]
    assert "best on test" in found.figure and "SMTL, seed 1, all_mappable bins" in found.figure


def test_each_set_of_regions_has_its_thresholds_looked_at(scored):
    """Those of one set are right; of the other, chosen on its own bins, one is not."""
    folder, _ = scored
    table, found = held(folder)
    paths = []
    for regions, folder_ in (("any_peak", "audit"), ("all_mappable", "all_mappable")):
        mine = table.reset_index().assign(regions=regions)
        if regions == "all_mappable":
            mine.loc[3, "origin"] = "test"
        paths.append(result_files.write_tsv(mine, folder / folder_ / "SMTL/seed1/thresholds.tsv"))
    found = thresholds.check({"thresholds": paths}, {})
    assert found.verdict == "fail" and [row["regions"] for row in found.details["odd"]] == ["all_mappable"]
    found = thresholds.check({"thresholds": paths[:1]}, {})
    assert found.verdict == "pass" and "(1 strategies and seeds, bins: any_peak)" in found.figure


def test_metrics_that_lack_a_task_are_refused_by_name(scored):
    folder, _ = scored
    metrics = pd.read_csv(folder / "metrics.tsv", sep="\t")
    for table, problem in (
        (metrics.drop(index=4), "lacks the task 't04'"),
        (metrics.replace({"task_id": {"t04": "t05"}}), "lacks the task 't04'"),
        (pd.concat([metrics, metrics[2:3]]), "task 't02' is unknown or comes twice"),
        (metrics.drop(columns="threshold"), "no column threshold"),
    ):
        table.to_csv(folder / "metrics.tsv", sep="\t", index=False, na_rep="NaN")
        with pytest.raises(InputError, match=f"metrics.tsv: .*{problem}"):
            held(folder)
