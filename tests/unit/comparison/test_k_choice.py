"""The number of groups by stability and validation: which K are held against each other, and the rule."""

import json

import numpy as np
import pandas as pd
import pytest

import report_settings
import report_tree
import result_files
from epigroup.comparison.k_choice import choose_k, validation_scores
from epigroup.config.k_families import families
from epigroup.config.settings import complete_config
from epigroup.core.errors import InputError
from epigroup.report.figures import draw as plots
from epigroup.report.figures.record import Shown
from epigroup.report.page import render
from epigroup.results.run import load
from minimal_config import MINIMAL

TASKS = [f"t{i}" for i in range(40)]
SCORE = "validation_f1_half"


def config(groupings, strategies, **more):
    made = json.loads(json.dumps(MINIMAL))
    made["groupings"] = {"all": {"method": "all"}} | groupings
    made["strategies"] = {"SMTL": {"grouping": "all"}} | strategies
    return complete_config(made | more, "test")


def kmeans(k, **more):
    return {"method": "kmeans", "k": k, "heads_from": "SMTL", **more}


def test_families_differ_in_k_alone():
    made = config(
        {
            "k4": kmeans(4), "k2": kmeans(2), "logit": kmeans(3, vectors="logit_covariance"),
            "random": {"method": "random", "like": "k4"}, "again": kmeans(2), "l3": kmeans(3), "w": kmeans(5),
        },
        {
            "KMTL": {"grouping": "k4"}, "K2": {"grouping": "k2", "seeds": [1], "groups_per_pack": 2},
            "LOGIT": {"grouping": "logit"}, "RANDOM": {"grouping": "random"}, "TWO": {"grouping": "again"},
            "LONG": {"grouping": "l3", "training": {"max_steps": 7}},
            "WARM": {"grouping": "w", "warm_start": "SMTL"},
        },
    )  # fmt: skip
    (only,) = families(made)
    assert only["strategies"] == [["K2", "k2", 2], ["KMTL", "k4", 4]]
    assert only["family"] == "kmeans on raw of SMTL" and not only["swept"]
    # with a sweep every way that it tries has several K, those of LONG and WARM too
    made |= {"sweep": {"k": [2, 3], "methods": ["kmeans", "ward"], "vectors": ["raw"], "heads_from": "SMTL"}}
    found = families(made)
    assert [f["family"] for f in found] == [
        "kmeans on raw of SMTL (K2)", "kmeans on raw of SMTL (LONG)", "kmeans on raw of SMTL (WARM)",
        "ward on raw of SMTL",
    ]  # fmt: skip
    assert found[-1]["strategies"] == [] and all(f["swept"] for f in found)
    assert families(config({"k4": kmeans(4)}, {"KMTL": {"grouping": "k4"}})) == []


def written(folder, strategies, sweep=None, stability=None):
    """Files of strategies {name: (k, {seed: scores})}, a sweep {k: stability}, and the config of `choose_k`."""
    runs, metrics, grouped, measures = [], [], [], []
    for name, (k, by_seed) in strategies.items():
        for seed, values in by_seed.items():
            path = folder / f"{name}{seed}.tsv"
            # test scores that would choose otherwise, and must not be looked at
            table = pd.DataFrame({"task_id": TASKS, SCORE: values, "test_f1": 1 - np.asarray(values)})
            result_files.write_tsv(table, path)
            runs.append([name, seed])
            metrics.append(path)
            grouped.append([f"g{k}", seed])
            measures.append(folder / f"{name}{seed}.json")
            measures[-1].write_text(
                json.dumps({"stability": (stability or {}).get(k), "silhouette": 0.1 * k})
            )
    swept = []
    if sweep:
        rows = [
            {"method": "kmeans", "vectors": "raw", "k": k, "stability": s, "inertia": 1.0}
            for k, s in sweep.items()
        ]
        swept.append(result_files.write_tsv(pd.DataFrame(rows), folder / "sweep.tsv"))
    family = {"family": "kmeans", "method": "kmeans", "vectors": "raw", "swept": bool(sweep)}
    family["strategies"] = sorted(
        [[name, f"g{k}", k] for name, (k, _) in strategies.items()], key=lambda row: row[2]
    )
    cfg = {"families": [family], "runs": runs, "grouped": grouped, "score": SCORE}
    table = choose_k(swept, measures, metrics, folder / "k.tsv", cfg)
    again = pd.read_csv(folder / "k.tsv", sep="\t")
    assert again["k"].tolist() == table["k"].tolist() == sorted(table["k"])
    return again.set_index("k")


def drawn(mean, noise, seed=0):
    base = np.random.default_rng(99).uniform(0.2, 0.5, len(TASKS))
    away = np.random.default_rng(seed).normal(0, 1, len(TASKS))
    return base + mean + noise * (away - away.mean())


def test_equal_on_validation_the_most_stable_is_chosen(tmp_path):
    scores = {k: drawn(mean, 0.05, k) for k, mean in ((2, 0.0), (3, 0.099), (4, 0.1), (6, 0.098))}
    strategies = {f"K{k}": (k, {1: values}) for k, values in scores.items()}
    table = written(tmp_path, strategies, sweep={2: 0.99, 3: 0.7, 4: 0.5, 5: 0.95, 6: 0.7})
    best = max(scores, key=lambda k: scores[k].mean())
    errors = {k: (scores[best] - v).std(ddof=1) / np.sqrt(len(TASKS)) for k, v in scores.items()}
    equal = [k for k, v in scores.items() if scores[best].mean() - v.mean() <= errors[k]]
    assert best == 4 and sorted(equal) == [3, 4, 6]
    assert table.index[table["chosen"]].tolist() == [3]  # as stable as 6, and less
    assert table.index[table["most_stable"]].tolist() == [2]
    assert table.loc[4, f"mean_{SCORE}"] == pytest.approx(scores[4].mean(), rel=1e-5)
    assert table.loc[2, "standard_error"] == pytest.approx(errors[2], rel=1e-4)
    assert pd.isna(table.loc[5, f"mean_{SCORE}"]) and pd.isna(table.loc[5, "strategy"])
    assert set(table["rule"]) == {"validation, then stability"}


def test_means_are_over_the_seeds_and_tasks_that_all_k_have(tmp_path):
    lone = drawn(0.0, 0.0)
    lone[0] = np.nan
    table = written(
        tmp_path,
        {"K2": (2, {1: lone}), "K4": (4, {1: drawn(0.1, 0.0), 2: drawn(0.9, 0.0)})},
        stability={2: 0.9, 4: 0.2},
    )
    assert table["seeds"].tolist() == [1, 1] and table["n_tasks"].tolist() == [39, 39]
    assert table.loc[4, f"mean_{SCORE}"] - table.loc[2, f"mean_{SCORE}"] == pytest.approx(0.1, abs=1e-5)
    assert table.index[table["chosen"]].tolist() == [4] and table.loc[2, "stability"] == 0.9


def test_with_one_trained_k_the_most_stable_is_chosen(tmp_path):
    table = written(tmp_path, {"K4": (4, {1: drawn(0, 0)})}, sweep={2: 0.6, 4: 0.6, 5: 0.4})
    assert table.index[table["chosen"]].tolist() == [2] and set(table["rule"]) == {"stability alone"}
    assert table.loc[4, "strategy"] == "K4"


def test_no_score_of_the_test_split_is_read(tmp_path):
    result_files.write_tsv(pd.DataFrame({"task_id": ["a"], "test_f1": [1.0]}), tmp_path / "m.tsv")
    with pytest.raises(InputError, match="test_f1 is no score of it"):
        validation_scores(tmp_path / "m.tsv", "test_f1")
    with pytest.raises(InputError, match=r"m\.tsv"):
        validation_scores(tmp_path / "m.tsv", SCORE)


def test_the_report_shows_the_table_and_the_figure_has_a_point_a_k(tmp_path):
    inputs = report_tree.build(tmp_path / "tree", n_tasks=12)
    (tmp_path / "k").mkdir()
    written(
        tmp_path / "k",
        {"SMTL": (2, {1: drawn(0, 0)}), "KMTL": (4, {1: drawn(0.1, 0)})},
        sweep={2: 0.9, 3: 0.8, 4: 0.7},
    )
    inputs |= {"k": str(tmp_path / "k" / "k.tsv")}
    family = {"family": "kmeans", "strategies": [["SMTL", "g2", 2], ["KMTL", "g4", 4]]}
    svg = tmp_path / "by_k.svg"
    plots.draw_figures(inputs, [str(svg)], palette={}, dpi=60, shown=Shown(families=(family,)))
    page = render(load(inputs), palette={}, drawn={"by_k": svg}, **report_settings.settings())
    part = page[page.index("Number of groups by stability and validation") :]
    assert "K = 4 by validation, then stability" in part and "not trained" in part and "4 (chosen)" in part
    assert 'href="../figures/by_k.svg"' in part
    numbers = pd.read_csv(tmp_path / "by_k.tsv", sep="\t")
    table = pd.read_csv(inputs["strategies"], sep="\t")
    for row in numbers.itertuples():
        mine = table[
            (table["strategy"] == row.strategy) & (table["level"] == row.level) & (table["seed"] == "all")
        ]
        assert mine["mean_f1"].item() == pytest.approx(row.mean_f1, rel=1e-5)
    assert sorted(zip(numbers["level"], numbers["k"], strict=True)) == [
        (level, k) for level in ("All", "CA", "HM", "TFB") for k in (2, 4)
    ]
