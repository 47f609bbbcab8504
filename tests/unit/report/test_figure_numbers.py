"""Numbers of the figures, against their definitions and the files that they are taken from."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import report_tree
from epigroup.report.figures import numbers as figure_tables
from epigroup.results.run import load


def test_principal_components_are_those_of_the_covariance():
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(30, 7)) @ rng.normal(size=(7, 7)) + 3
    scores, share = figure_tables.principal_components(weights)
    values, vectors = np.linalg.eigh(np.cov(weights.T))
    expected = (weights - weights.mean(axis=0)) @ vectors[:, ::-1][:, :2]
    assert np.allclose(np.abs(scores), np.abs(expected))
    assert np.allclose(share, values[::-1][:2] / values.sum())
    assert (scores[np.abs(scores).argmax(axis=0), [0, 1]] > 0).all()


@pytest.mark.parametrize("shape", [(5, 1), (1, 4)])
def test_principal_components_of_too_little_are_zeros(shape):
    scores, share = figure_tables.principal_components(np.ones(shape))
    assert scores.shape == (shape[0], 2)
    assert not scores.any()
    assert not share.any()


def test_composition_counts_every_task_once_a_category_and_seed(results):
    table = figure_tables.composition(results, "kmeans")
    counts = table.groupby(["seed", "category"])["n_tasks"].sum()
    assert (counts == 24).all()
    assert len(counts) == 4
    assert {"CA (ATAC)", "CA (DNase)", "HM", "TFB"} == set(
        table.loc[table["category"] == "modality", "level"]
    )


def test_scores_are_means_over_seeds(results, inputs):
    mine = [
        pd.read_csv(p, sep="\t").set_index("task_id")["test_f1"] for p in inputs["metrics"] if "/KMTL/" in p
    ]
    expected = (mine[0] + mine[1]) / 2
    found = figure_tables.task_scores(results)["KMTL:test_f1"]
    assert np.allclose(found.to_numpy(), expected[found.index].to_numpy(), equal_nan=True)
    assert np.isnan(found.iloc[0])


def test_pairs_leave_out_tasks_without_a_score(results):
    points = figure_tables.pair_points(results, [("STL", "KMTL")])
    assert len(points) == 23
    assert results.tasks.index[0] not in set(points["task_id"])


def test_long_curves_are_thinned_and_keep_their_minimum(tmp_path):
    inputs = report_tree.build(tmp_path, n_tasks=8, seeds=(1,), validations=900, strategies=("SMTL",))
    whole = pd.read_csv(inputs["curves"][0], sep="\t")
    thin = figure_tables.curves(load(inputs))
    assert len(thin) <= figure_tables.LONGEST_CURVE + 1
    assert thin["validation_loss"].min() == whole["validation_loss"].min()
    assert {whole["step"].iloc[0], whole["step"].iloc[-1]} <= set(thin["step"])


def test_the_sweep_shows_a_line_a_seed_or_a_method(results, page):
    lines = figure_tables.sweep_lines(results)
    assert list(lines["line"].unique()) == [f"seed {seed}" for seed in results.seeds]
    assert list(lines.columns) == ["line", "k", "inertia", "silhouette"]
    assert "Most stable number of groups: 4 by kmeans on head weights." in " ".join(page.split())
    other = results.sweep.assign(method="ward", inertia=1.0, most_stable=results.sweep["k"] == 2)
    other.loc[other["seed"] == results.seeds[0], "most_stable"] = other["k"] == 5
    both = replace(results, sweep=pd.concat([results.sweep, other], ignore_index=True))
    lines = figure_tables.sweep_lines(both)
    assert list(lines["line"].unique()) == ["kmeans on head weights", "ward on head weights"]
    mean = results.sweep.groupby("k")["inertia"].mean()
    mine = lines[lines["line"] == "kmeans on head weights"].set_index("k")["inertia"]
    pd.testing.assert_series_equal(mine, mean, check_names=False)
    n = len(results.seeds)
    assert n > 1
    assert figure_tables.most_stable(both)[1] == (
        "ward on head weights",
        f"2 ({n - 1} of {n} seeds), 5 (1 of {n} seeds)",
    )
