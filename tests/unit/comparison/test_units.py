"""Gains over folds and seeds: what they are of, by their definitions, and what they refuse."""

import numpy as np
import pandas as pd
import pytest

from epigroup.comparison.unit_intervals import t_interval
from epigroup.comparison.units import compare_units, dropped_gains
from epigroup.core.errors import InputError
from scored_examples import LEARNS, SHEET, TASKS, evaluate, files_of, pick

RUNS = [[name, seed] for name in ("GOOD", "PLAIN", "PART") for seed in (1, 2)] + [["ONE", 1]]
NOISE = {"GOOD": 0.02, "PLAIN": 0.15, "ONE": 0.2, "PART": 0.3}
TOLD = {
    "tasks": SHEET, "runs": RUNS, "headline": [["GOOD", "BOTH"]], "pools": {"BOTH": ["PLAIN", "PART"]},
    "bootstrap": 300, "seed": 1,
}  # fmt: skip


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Three folds of the same runs."""
    found = {}
    for number in (1, 2, 3):
        found[number] = tmp_path_factory.mktemp(f"fold{number}")
        for name, seed in RUNS:
            tasks = LEARNS.get(name, TASKS)
            evaluate(found[number], name, seed, NOISE[name] * (1 + 0.2 * number), tasks)
    return found


def compare(folders, out, folds=(1, 2, 3), **changed):
    files = {
        n: tuple([*map(str, files_of(folders[n], name, RUNS))] for name in ("metrics.tsv", "blocks.h5"))
        for n in folds
    }
    compare_units(files, out / "units.tsv", out / "gains.tsv", TOLD | {"folds": list(folds)} | changed)
    return tuple(pd.read_csv(out / f"{name}.tsv", sep="\t") for name in ("units", "gains"))


@pytest.fixture(scope="module")
def compared(folders, tmp_path_factory):
    return compare(folders, tmp_path_factory.mktemp("units"))


def score_of(folders, fold, name, seed, column):
    path = folders[fold] / name / f"seed{seed}" / "metrics.tsv"
    return pd.read_csv(path, sep="\t").set_index("task_id")[column]


@pytest.mark.parametrize(("score", "sign"), [("f1", 1), ("auprc", 1), ("log_loss", -1)])
def test_a_gain_is_the_mean_over_folds_on_the_tasks_of_both(folders, compared, score, sign):
    _, gains = compared
    # PART learns a and b alone, and so BOTH
    by_fold, ours, theirs = [], [], []
    for fold in (1, 2, 3):
        of = {
            name: np.mean(
                [score_of(folders, fold, name, s, f"test_{score}")[["a", "b"]] for s in (1, 2)], axis=0
            )
            for name in ("GOOD", "PLAIN", "PART")
        }
        ours.append(of["GOOD"].mean())
        theirs.append((of["PLAIN"] + of["PART"]).mean() / 2)
        by_fold.append(sign * (ours[-1] - theirs[-1]))
    row = pick(gains, strategy="GOOD", baseline="BOTH", score=score, level="All")
    assert (row["n_folds"], row["n_seeds"], row["n_members"], row["n_tasks"]) == (3, 2, 2, 2)
    assert row["gain"] == pytest.approx(np.mean(by_fold), rel=1e-4) and row["gain"] > 0
    assert row["gain_percent"] == pytest.approx(100 * np.mean(by_fold) / np.mean(theirs), rel=1e-4)
    assert (row["mean"], row["baseline_mean"]) == pytest.approx((np.mean(ours), np.mean(theirs)), rel=1e-4)
    assert row["units"] == "folds"
    assert (row["low"], row["high"]) == pytest.approx(t_interval(by_fold), rel=1e-3)
    assert row["resampled_low"] < row["gain"] < row["resampled_high"]
    assert row["share_up"] == 1 and np.isnan(row["gain_without_best"])
    assert row["excludes_zero"] == int(row["low"] > 0 and row["resampled_low"] > 0)


def test_with_one_fold_seeds_are_the_units(folders, tmp_path):
    _, gains = compare(folders, tmp_path, folds=(2,))
    known = ["a", "b", "c"]
    by_seed = [
        score_of(folders, 2, "GOOD", s, "test_f1")[known].mean()
        - score_of(folders, 2, "PLAIN", s, "test_f1")[known].mean()
        for s in (1, 2)
    ]
    row = pick(gains, strategy="GOOD", baseline="ONE", score="f1", level="All")
    assert (
        row["units"] == "none"
        and row["n_seeds"] == 1
        and np.isnan(row["low"])
        and np.isnan(row["excludes_zero"])
    )
    assert row["resampled_low"] < row["gain"] < row["resampled_high"]
    _, gains = compare(folders, tmp_path, folds=(2,), pools={}, headline=[["GOOD", "PLAIN"]])
    row = pick(gains, strategy="GOOD", baseline="PLAIN", score="f1", level="All")
    assert (row["units"], row["n_tasks"]) == ("seeds", 3)
    assert (row["low"], row["high"]) == pytest.approx(t_interval(by_seed), rel=1e-3)


def test_one_seed_of_log_loss_has_nothing_to_draw(folders, tmp_path):
    _, gains = compare(folders, tmp_path, folds=(1,))
    row = pick(gains, strategy="GOOD", baseline="ONE", score="log_loss", level="All")
    assert np.isnan([row["low"], row["resampled_low"], row["resampled_high"]]).all()


def test_what_cannot_vary_has_no_interval(folders, tmp_path):
    """Two strategies of the same files with either seed, and scores of one fold without draws of its blocks."""
    files = {
        1: tuple(
            [str(files_of(folders[1], name, [run])[0]) for run in RUNS]
            for name in ("metrics.tsv", "blocks.h5")
        )
    }
    for kind in files[1]:
        kind[1], kind[3] = kind[0], kind[2]
    told = TOLD | {"folds": [1], "headline": [["GOOD", "PLAIN"]], "pools": {}}
    compare_units(files, tmp_path / "u.tsv", tmp_path / "g.tsv", told)
    table = pd.read_csv(tmp_path / "g.tsv", sep="\t")
    row = pick(table, strategy="GOOD", baseline="PLAIN", score="f1", level="All")
    assert (
        row["n_seeds"] == 2 and row["units"] == "none" and np.isnan([row["low"], row["excludes_zero"]]).all()
    )
    assert row["resampled_low"] < row["gain"] < row["resampled_high"]
    _, gains = compare(folders, tmp_path, folds=(1,), pools={}, headline=[["GOOD", "PLAIN"]])
    row = pick(gains, strategy="GOOD", baseline="PLAIN", score="log_loss", level="All")
    assert row["low"] < row["high"] and np.isnan([row["resampled_low"], row["excludes_zero"]]).all()


def test_units_are_a_row_each(folders, compared):
    units, _ = compared
    assert len(units) == 3 * 3 * (len(RUNS) + 2)
    row = pick(units, strategy="PLAIN", fold=2, seed=1, score="f1")
    assert (row["n_tasks"], row["n_nan"]) == (4, 1)
    assert row["mean"] == pytest.approx(score_of(folders, 2, "PLAIN", 1, "test_f1").mean(), rel=1e-4)
    half = score_of(folders, 2, "PLAIN", 1, "validation_f1_half").mean()
    assert row["mean_validation"] == pytest.approx(half, rel=1e-4)


def test_gains_are_told_by_modality(compared):
    _, gains = compared
    of = gains[(gains["strategy"] == "GOOD") & (gains["score"] == "f1")]
    assert {*of["level"]} == {"All", "HM", "CA"} and {*of["by"]} == {"all", "modality"}
    assert pick(of, baseline="ONE", level="HM")["n_tasks"] == 2


def test_what_a_gain_hangs_on():
    test, validation = np.arange(12.0), -np.arange(12.0)
    # validation puts the lowest five first; both ends lose five
    assert dropped_gains(test, validation) == (np.arange(5.0, 12).mean(), 5.5)
    test[3] = np.nan
    assert dropped_gains(test, validation) == (np.delete(np.arange(12.0), [0, 1, 2, 3, 4, 5]).mean(), 6.0)
    assert np.isnan(dropped_gains(np.arange(10.0), np.arange(10.0))).all()


def test_metrics_of_before_are_named(folders, tmp_path):
    paths = [*map(str, files_of(folders[1], "metrics.tsv", RUNS))]
    old = tmp_path / "metrics.tsv"
    pd.read_csv(paths[0], sep="\t").drop(columns="test_log_loss").to_csv(
        old, sep="\t", index=False, na_rep="NaN"
    )
    files = {1: ([str(old), *paths[1:]], [*map(str, files_of(folders[1], "blocks.h5", RUNS))])}
    with pytest.raises(InputError, match=f"{old}: no column test_log_loss; evaluate the strategy again"):
        compare_units(files, tmp_path / "u.tsv", tmp_path / "g.tsv", TOLD | {"folds": [1]})
