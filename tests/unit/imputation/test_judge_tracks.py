"""Test tracks beside what models impute of them, and models beside the average: against the values themselves."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import false_discovery_control, ttest_rel

from epigroup.core.errors import InputError
from epigroup.imputation.compare_models import compare_models
from epigroup.imputation.fit_models import fit_models
from epigroup.imputation.judge_fold import SCORE_COLUMNS, judge_fold, linear_values
from epigroup.imputation.linear_parts import Weighted
from epigroup.imputation.measure_names import MEANINGS
from epigroup.imputation.settings import FoldSettings, JudgeSettings
from epigroup.imputation.tensor import open_tensor, write_predictions
from epigroup.imputation.weights import read_fitted
from planted_tracks import planted_places, planted_values, write_planted

PLACES = planted_places()
FOLDS = ("1", "2", "3", "4")
NAMES = ("average", "scaled_average", "residual_regression")
SETTINGS = JudgeSettings(block=2500, draws=200, seed=3)


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """Two folds fitted and judged; one bin of one track has no data."""
    folder = tmp_path_factory.mktemp("judged")
    values = (
        np.abs(planted_values(PLACES, 1, n=3000, own=0.1, noise=0.05)).astype(np.float16).astype(np.float32)
    )
    values[PLACES.index("C_K9"), 7] = np.nan
    files = write_planted(folder, values, PLACES, FoldSettings(k=4, seed=2, validation=0.0))
    for fold in FOLDS:
        here = folder / fold
        here.mkdir()
        fit_models(
            files["moments"],
            files["tracks"],
            files["folds"],
            fold,
            here / "models.h5",
            here / "choices.tsv",
            NAMES,
        )
        judge_fold(
            files["tensors"], files["tracks"], files["folds"], fold, here / "models.h5",
            here / "scores.tsv", here / "blocks.h5", SETTINGS,
        )  # fmt: skip
    parts = [[folder / fold / name for fold in FOLDS] for name in ("scores.tsv", "blocks.h5", "choices.tsv")]
    compare_models(*parts, folder / "by_track.tsv", folder / "by_model.tsv", SETTINGS)
    return folder, files, values


def scores_of(folder):
    kinds = dict.fromkeys(SCORE_COLUMNS[:5], str)
    return pd.concat([pd.read_csv(folder / fold / "scores.tsv", sep="\t", dtype=kinds) for fold in FOLDS])


def test_scores_are_those_of_the_values(judged):
    folder, _, values = judged
    table = scores_of(folder)
    assert list(table) == list(SCORE_COLUMNS)
    assert sorted(set(table["task_id"])) == sorted(PLACES.task_ids)
    for fold in FOLDS:
        fitted = read_fitted(folder / fold / "models.h5")
        for row in table[table["fold"] == fold].itertuples():
            one = fitted.of(row.model, (row.cell_type, row.assay))
            imputed = one.weights @ np.nan_to_num(values.astype(np.float64)) + one.intercept
            observed = values[PLACES.index(row.task_id)].astype(np.float64)
            read = fitted.weights[:, fitted.targets.index((row.cell_type, row.assay))].any(axis=0)
            kept = ~np.isnan(observed) & ~np.isnan(values[read]).any(axis=0)
            assert row.n_bins == kept.sum() and 2999 <= row.n_bins <= 3000
            assert row.mse_global == pytest.approx(np.mean((imputed - observed)[kept] ** 2), rel=1e-6)


def test_the_average_loses_where_scales_differ(judged):
    table = pd.read_csv(judged[0] / "by_model.tsv", sep="\t").set_index("model")
    assert table.loc["residual_regression", "relative"] < -0.5 and table.loc["average", "relative"] == 0
    assert table.loc["chosen", "mse_global"] <= table["mse_global"].drop(["ensemble", "chosen"]).min() * 1.1
    assert table.loc["residual_regression", "relative_high_cells"] < 0
    assert set(MEANINGS) <= set(table) and table["n_tracks"].eq(20).all()


def test_tests_over_tracks_are_those_of_scipy(judged):
    errors = scores_of(judged[0]).pivot(index="task_id", columns="model", values="mse_global")
    table = pd.read_csv(judged[0] / "by_model.tsv", sep="\t").set_index("model")
    expected = {name: ttest_rel(errors[name], errors["average"]).pvalue for name in (*NAMES[1:], "ensemble")}
    adjusted = false_discovery_control(list(expected.values()))
    for (name, p), q in zip(expected.items(), adjusted, strict=True):
        assert table.loc[name, "p"] == pytest.approx(p, rel=1e-3)
        assert table.loc[name, "q"] == pytest.approx(q, rel=1e-3)
    assert np.isnan(table.loc["average", "p"]) and np.isnan(table.loc["chosen", "q"])


def test_intervals_by_track_hold_the_difference_and_decide_the_verdict(judged):
    table = pd.read_csv(judged[0] / "by_track.tsv", sep="\t", keep_default_na=False, na_values=["NaN"])
    others = table[table["model"] != "average"]
    np.testing.assert_allclose(others["difference"], others["mse"] - others["average_mse"], atol=2e-5)
    assert ((others["low"] <= others["difference"]) & (others["difference"] <= others["high"])).mean() > 0.95
    for row in others.itertuples():
        assert row.verdict == ("better" if row.high < 0 else "worse" if row.low > 0 else "not shown")
    chosen = table[table["model"] == "chosen"].set_index("task_id")
    real = table[table["model"] == "ensemble"].set_index("task_id").loc[chosen.index]
    np.testing.assert_array_equal(chosen[["mse", "low", "high"]], real[["mse", "low", "high"]])
    assert (table.loc[table["model"] == "average", "verdict"] == "").all()


def test_predictions_of_another_model_are_judged_beside(judged, tmp_path):
    """Those of the truth err by nothing, and leave the others' scores as they are."""
    folder, files, _ = judged
    truth = []
    for path in files["tensors"]:
        one = open_tensor(path)
        truth.append(tmp_path / path.name)
        write_predictions(truth[-1], np.nan_to_num(one.read()), one.tasks, one)
    judge_fold(
        files["tensors"], files["tracks"], files["folds"], "1", folder / "1/models.h5", tmp_path / "scores.tsv",
        tmp_path / "blocks.h5", SETTINGS, predictions={"truth": truth},
    )  # fmt: skip
    table = pd.read_csv(tmp_path / "scores.tsv", sep="\t", dtype={"fold": str})
    assert table.loc[table["model"] == "truth", "mse_global"].eq(0).all()
    before = scores_of(folder)
    before = before[before["fold"] == "1"].reset_index(drop=True)
    after = table[table["model"] != "truth"].reset_index(drop=True)
    pd.testing.assert_frame_equal(after, before)


def test_how_many_bins_are_read_at_once_changes_no_bit(judged):
    one = open_tensor(judged[1]["tensors"][0])
    model = Weighted(np.linspace(-0.3, 0.7, len(PLACES)), 0.1)
    whole = np.concatenate(list(linear_values(one, model)))
    for at_once in (1, 37, 999):
        np.testing.assert_array_equal(np.concatenate(list(linear_values(one, model, at_once))), whole)


def test_files_of_another_fold_are_refused(judged, tmp_path):
    folder, files, _ = judged
    arguments = (files["tensors"], files["tracks"], files["folds"])
    with pytest.raises(InputError, match="has nothing for"):
        judge_fold(*arguments, "2", folder / "1/models.h5", tmp_path / "s", tmp_path / "b", SETTINGS)
    with pytest.raises(InputError, match="is not of fold 9"):
        judge_fold(*arguments, "9", folder / "1/models.h5", tmp_path / "s", tmp_path / "b", SETTINGS)
    assert not list(tmp_path.iterdir())
