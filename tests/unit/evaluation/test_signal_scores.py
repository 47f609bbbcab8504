"""Scores of signals against scipy and scikit-learn, their bootstrap against brute force, files end to end."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import mean_absolute_error, mean_poisson_deviance, mean_squared_error, r2_score

from epigroup.comparison.best_of import choose_strategies
from epigroup.comparison.scores import Results
from epigroup.comparison.strategies import compare_strategies, gain_table
from epigroup.core.errors import InputError
from epigroup.core.hdf5 import write_arrays
from epigroup.evaluation.bootstrap import draw_blocks, read_blocks
from epigroup.evaluation.score import score_columns
from epigroup.evaluation.signal_predictions import evaluate_signals
from epigroup.evaluation.signal_scores import (
    SIGNAL_SCORES,
    SignalPredictions,
    block_sums,
    pearson_of,
    poisson_deviance,
    spearman,
)
from signal_examples import HASH, TASKS, write_predictions

whole_numbers = st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=2, max_size=60)
reals = st.lists(st.tuples(*[st.floats(-1e3, 1e3, width=32)] * 2), min_size=2, max_size=60)


@settings(max_examples=80, deadline=None)
@given(pairs=whole_numbers | reals, offset=st.sampled_from([0.0, 1e4]))
def test_correlations_and_error_are_scipys(pairs, offset):
    x, y = np.array(pairs, np.float64).T
    x = x + offset
    found = score_columns(SIGNAL_SCORES, SignalPredictions(x, y, 0), "test")
    if x.std() > 1e-6 * max(1, abs(x).max()) and y.std() > 1e-6 * max(1, abs(y).max()):
        assert found["test_pearson"] == pytest.approx(stats.pearsonr(x, y).statistic, abs=1e-9)
        assert found["test_spearman"] == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-9)
    if (x == x[0]).all() or (y == y[0]).all():
        assert np.isnan([found["test_pearson"], found["test_spearman"]]).all()
    assert found["test_mse"] == pytest.approx(mean_squared_error(x, y), rel=1e-9, abs=1e-9)
    assert found["test_mae"] == pytest.approx(mean_absolute_error(x, y), rel=1e-9, abs=1e-9)
    if (x == x[0]).all():
        assert np.isnan(found["test_r2"])
    elif x.std() > 1e-6 * max(1, abs(x).max()):
        assert found["test_r2"] == pytest.approx(r2_score(x, y), rel=1e-6, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.just(0.0) | st.floats(1e-6, 1e4), st.floats(1e-6, 1e4)), min_size=1, max_size=50)
)
def test_the_deviance_is_scikit_learns(pairs):
    target, predicted = np.array(pairs).T
    expected = mean_poisson_deviance(target, predicted)
    assert poisson_deviance(target, predicted) == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_a_deviance_without_meaning_is_nan():
    assert np.isnan(poisson_deviance(np.array([1.0]), np.array([0.0])))
    assert np.isnan(poisson_deviance(np.array([-1.0]), np.array([1.0])))
    assert np.isnan(poisson_deviance(np.empty(0), np.empty(0)))


def test_draws_from_sums_by_block_are_those_of_the_examples_written_out():
    rng = np.random.default_rng(4)
    n, n_blocks, n_tasks, draws = 900, 60, 4, 25
    of = np.sort(rng.integers(0, n_blocks, n))
    target = rng.gamma(0.3, 30, (n, n_tasks)) + np.array([0, 1e3, 0, 0])
    predicted = target * np.array([0.1, 1, -2, 0]) + rng.normal(0, 20, (n, n_tasks))
    target[:, 3] = 7.0
    sums = np.stack([block_sums(target[:, t], predicted[:, t], of, n_blocks) for t in range(n_tasks)], axis=2)
    weights = draw_blocks(n_blocks, draws, 1)
    size = np.bincount(of, minlength=n_blocks).astype(np.float64)
    found = pearson_of((weights @ size)[:, None], *(weights @ part for part in sums))
    for draw in range(draws):
        rows = np.repeat(np.arange(n), weights[draw].astype(int)[of])
        for task in range(3):
            expected = stats.pearsonr(target[rows, task], predicted[rows, task]).statistic
            assert found[draw, task] == pytest.approx(expected, abs=1e-9)
    assert np.isnan(found[:, 3]).all()


EVALUATION = {"tasks": list("abcd"), "regions": "all_mappable", "min_validation_positives": 20, "seed": 3}
SHEET = [{"task_id": t, "modality": m, "cell_group": "g"} for t, m in zip(TASKS, ["CA", "CA", "HM", "HM"])]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Three strategies of falling noise, evaluated from prediction files on bins with a label or without."""
    folder = tmp_path_factory.mktemp("runs")
    found = {}
    for name, noise in (("NOISY", 6.0), ("CLEAR", 1.0), ("MIDDLE", 3.0)):
        here = folder / name / "seed1"
        here.mkdir(parents=True)
        arrays = {s: write_predictions(here / f"{s}.h5", s, noise, len(name)) for s in ("validation", "test")}
        about = {
            "task_ids": TASKS, "dataset_hash": HASH, "signal_transform": "none",
            "n_evaluation": {"all_mappable": {"validation": 400, "test": 400}},
            "positives": {s: labels.sum(axis=0).tolist() for s, (_, labels) in arrays.items()},
        }  # fmt: skip
        import json

        from epigroup.core.text_files import sealed

        (here / "dataset.json").write_text(json.dumps(sealed(about)))
        (here / "groups.tsv").write_text("task_id\tgroup\n" + "".join(f"{t}\t0\n" for t in TASKS))
        evaluate_signals(
            here / "validation.h5", here / "test.h5", here / "groups.tsv", here / "dataset.json",
            here / "metrics.tsv", here / "blocks.h5",
            EVALUATION | {"interval_draws": 100},
        )  # fmt: skip
        found[name] = here, arrays["test"][0]
    return found


def test_metrics_of_files_are_scipys(runs):
    for here, arrays in runs.values():
        table = pd.read_csv(here / "metrics.tsv", sep="\t").set_index("task_id")
        for i, task in enumerate(TASKS[:3]):
            x, y = arrays["signal"][:, i].astype(np.float64), arrays["predicted"][:, i].astype(np.float64)
            assert table.loc[task, "test_pearson"] == pytest.approx(stats.pearsonr(x, y).statistic, abs=1e-9)
            assert table.loc[task, "test_spearman"] == pytest.approx(spearman(x, y), abs=1e-12)
            assert table.loc[task, "test_mse"] == pytest.approx(np.square(x - y).mean(), rel=1e-9)
            low, high = table.loc[task, ["test_pearson_low", "test_pearson_high"]]
            assert low < table.loc[task, "test_pearson"] < high
        assert table.loc["d", ["test_pearson", "test_spearman"]].isna().all()
        assert "threshold" not in table


def results_of(runs, draws=200):
    listed = [
        {"strategy": name, "seed": 1, "metrics": here / "metrics.tsv", "blocks": here / "blocks.h5"}
        for name, (here, _) in runs.items()
    ]
    return Results(pd.DataFrame(SHEET), listed, draws, 7)


def test_strategies_are_compared_by_pearson_over_the_same_draws(runs):
    results = results_of(runs)
    gains = gain_table(results)
    row = gains.query("strategy == 'CLEAR' and baseline == 'NOISY' and seed == 'all' and by == 'all'").iloc[0]
    blocks = {name: read_blocks(runs[name][0] / "blocks.h5") for name in ("CLEAR", "NOISY")}
    weights = draw_blocks(len(blocks["CLEAR"].n), 200, 7)
    drawn = np.nanmean(blocks["CLEAR"].scores(weights), 1) - np.nanmean(blocks["NOISY"].scores(weights), 1)
    assert [row["low"], row["high"]] == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=1e-6)
    means = [
        np.mean(
            [
                stats.pearsonr(a["signal"][:, i].astype(float), a["predicted"][:, i]).statistic
                for i in range(3)
            ]
        )
        for a in (runs["CLEAR"][1], runs["NOISY"][1])
    ]
    assert [row["mean_pearson"], row["baseline_mean_pearson"]] == pytest.approx(means, abs=1e-6)
    assert row["low"] > 0 and row["n_nan"] == 1 and "mean_f1" not in gains


def test_tables_and_headline_name_the_score(runs, tmp_path):
    names = ("strategies", "gains", "differences", "transfer", "tasks", "scores", "headline")
    cfg = {
        "tasks": SHEET, "runs": [[name, 1] for name in runs], "groupings": [], "headline": [["CLEAR", "NOISY"]],
        "matched": [], "pools": {}, "alone": None, "precisions": {}, "bootstrap": 100, "seed": 1,
    }  # fmt: skip
    files = [[str(here / file) for here, _ in runs.values()] for file in ("metrics.tsv", "blocks.h5")]
    compare_strategies(*files, [], {name: tmp_path / name for name in names}, cfg)
    table = pd.read_csv(tmp_path / "strategies", sep="\t")
    assert {"mean_pearson", "mean_spearman", "mean_mse", "mean_validation_pearson"} <= set(table)
    assert '"mean_pearson"' in (tmp_path / "headline").read_text()
    means = pd.read_csv(tmp_path / "scores", sep="\t").set_index(["strategy", "seed", "level", "score"])[
        "mean"
    ]
    known = pd.read_csv(runs["CLEAR"][0] / "metrics.tsv", sep="\t")
    for score in ("pearson", "spearman", "mse", "poisson_deviance"):
        assert means["CLEAR", "all", "All", score] == pytest.approx(
            known[f"test_{score}"].mean(), nan_ok=True
        )
    assert "CLEAR:test_pearson" in pd.read_csv(tmp_path / "tasks", sep="\t")


def test_a_choice_goes_by_validation_pearson(runs, tmp_path):
    files = [[str(here / file) for here, _ in runs.values()] for file in ("metrics.tsv", "blocks.h5")]
    cfg = {"combine": "best", "bootstrap": 0, "bootstrap_seed": 0, "candidates": list(runs), "shrink": 5.0}
    cfg |= {"targets": "signal", "tasks": SHEET}
    outputs = {name: tmp_path / name for name in ("choice", "metrics", "blocks")}
    choose_strategies(*files, outputs, cfg)
    choice = pd.read_csv(outputs["choice"], sep="\t")
    assert choice["chosen"].tolist() == ["CLEAR"] * 4 and "CLEAR:validation_pearson" in choice
    chosen, whole_run = read_blocks(outputs["blocks"]), read_blocks(runs["CLEAR"][0] / "blocks.h5")
    for name in ("n", *chosen.by_task):
        assert np.array_equal(getattr(chosen, name), getattr(whole_run, name))


def test_predictions_that_are_no_numbers_and_blocks_of_labels_are_refused(runs, tmp_path):
    import shutil

    import h5py

    here, _ = runs["CLEAR"]
    shutil.copytree(here, tmp_path / "seed1")
    with h5py.File(tmp_path / "seed1/test.h5", "r+") as store:
        values = store["predicted"][()]
        values[5, 1] = np.inf
        del store["predicted"]
        write_arrays(store, {"predicted": values})
    paths = [tmp_path / "seed1" / name for name in ("validation.h5", "test.h5", "groups.tsv", "dataset.json")]
    cfg = EVALUATION | {"interval_draws": 0}
    with pytest.raises(InputError, match=r"test\.h5: task 'b': the prediction inf is no finite number"):
        evaluate_signals(*paths, tmp_path / "m.tsv", tmp_path / "b.h5", cfg)
    assert not (tmp_path / "m.tsv").exists()
