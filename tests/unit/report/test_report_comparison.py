"""The report's tables and figures beside the scores: choices, pools, negative transfer, cost, technique."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import report_settings
import report_tree
import result_files
import tree_comparison
from epigroup.comparison.known_sets import ALL
from epigroup.report.figures import draw as plots
from epigroup.report.figures import numbers as figure_tables
from epigroup.report.figures.record import Shown
from epigroup.report.page import render
from epigroup.report.sections.comparison import (
    average_rows,
    choice_rows,
    confounder_rows,
    cost_rows,
    energy_rows,
    transfer_rows,
)
from epigroup.report.sections.headline import headline_rows, lead_sentence
from epigroup.report.sections.strategies import score_tables
from report_pages import text_of

POOL = ["RANDOM_1", "RANDOM_2"]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """The tree with RANDOM as a pool of two strategies, and BEST, which takes KMTL and SMTL by turns."""
    root = tmp_path_factory.mktemp("tree")
    made = report_tree.build(root)
    metrics = [path for path in made["metrics"] if "/RANDOM/" not in path]
    choices, weights = [], []
    for seed in (1, 2):
        random = pd.read_csv(root / f"evaluation/RANDOM/seed{seed}/metrics.tsv", sep="\t")
        for name, shift in zip(POOL, (-0.01, 0.01), strict=True):
            table = random.assign(test_f1=random["test_f1"] + shift)
            metrics.append(result_files.write_tsv(table, root / f"evaluation/{name}/seed{seed}/metrics.tsv"))
        parts = [
            pd.read_csv(root / f"evaluation/{s}/seed{seed}/metrics.tsv", sep="\t") for s in ("KMTL", "SMTL")
        ]
        turn = np.arange(len(random)) % 3 == 0
        best = pd.concat([parts[0][~turn], parts[1][turn]]).sort_index()
        metrics.append(result_files.write_tsv(best, root / f"evaluation/BEST/seed{seed}/metrics.tsv"))
        table = pd.DataFrame(
            {
                "task_id": random["task_id"],
                "weight": 0.5,
                "chosen": np.where(turn, "SMTL", "KMTL"),
                "KMTL:validation_f1_half": 0.5,
                "SMTL:validation_f1_half": 0.4,
            }
        )
        choices.append(result_files.write_tsv(table, root / f"evaluation/BEST/seed{seed}/choice.tsv"))
        metrics.append(result_files.write_tsv(best, root / f"evaluation/HYBRID/seed{seed}/metrics.tsv"))
        table = pd.DataFrame({"task_id": random["task_id"], "counted": np.arange(len(random)) % 4 > 0})
        parts = [
            table.assign(
                counted=table["counted"].astype(int),
                fitted_on=part,
                **{"weight:SMTL": w, "weight:kmer": 1 - w},
            )
            for part, w in (("all", 0.5 + 0.1 * seed), ("half 0", 1.0), ("half 1", 0.0))
        ]
        weights.append(
            result_files.write_tsv(pd.concat(parts), root / f"evaluation/HYBRID/seed{seed}/weights.tsv")
        )
    kept = {**report_settings.STRATEGIES, **dict.fromkeys(POOL, "random"), "BEST": "", "HYBRID": ""}
    everything = [*metrics, *(path for path in made["metrics"] if "/RANDOM/" in path)]
    tasks = pd.read_csv(made["tasks"], sep="\t")
    made |= tree_comparison.write_comparison(root, tasks, everything, kept, (1, 2))
    headline = json.loads(Path(made["headline"]).read_text())
    headline["pools"] = {"RANDOM": POOL}
    headline["pairs"][0] |= {"rank": 1, "n_members": 2}
    Path(made["headline"]).write_text(json.dumps(headline))
    shown = ["SMTL", "EMTL", "CMTL", "KMTL", "RANDOM", *POOL, "BEST"]
    transfer = pd.DataFrame(
        [
            {
                "strategy": name, "baseline": "STL", "n_seeds": 2, "by": "all", "level": "All",
                "n_tasks": 24, "share_below": 0.25, "share_up": 0.5, "share_down": 0.125,
                "floor_share_below": 0.46, "floor_share_up": 0.07, "floor_share_down": 0.07, "note": np.nan,
            }
            for name in shown
        ]
    )  # fmt: skip
    costs = pd.DataFrame(
        [
            {
                "strategy": name, "seed": seed, "device": "cpu", "networks": 4, "steps": 8000,
                "hours": 0.25 + i, "flop": 1e12 * (i + 1), "needs": "SMTL" if name == "KMTL" else np.nan,
                "hours_in_all": 0.5 + i, "flop_in_all": 3e12 * (i + 1),
            }
            for i, name in enumerate(["STL", *shown])
            for seed in ("all", "1")
        ]
    )  # fmt: skip
    confounders = pd.DataFrame(
        [
            {
                "grouping": g,
                "seed": s,
                "k": 4,
                "property": p,
                "n_tasks": 24,
                "n_values": 3,
                "nmi": 0.5,
                "ami": a,
            }
            for g in ("kmeans", "random")
            for s in (1, 2)
            for p, a in (("assay", 0.2 + 0.2 * s), ("depth", np.nan), ("peaks", 0.01), ("modality", 0.3))
        ]
    )
    known = pd.DataFrame(
        [
            {
                "grouping": "kmeans", "seed": s, "k": 4, "set": name, "n_tasks": 3, "n_pairs": 3,
                "together": 1 + s, "expected": 0.75, "p_value": 0.0123 * s,
            }
            for s in (1, 2)
            for name in ("SAGA", ALL)
        ]
    )  # fmt: skip
    tables = {"transfer": transfer, "costs": costs, "confounders": confounders, "known_sets": known}
    return made | {
        "metrics": metrics,
        "choices": choices,
        "weights": weights,
        **{name: result_files.write_tsv(table, root / f"{name}.tsv") for name, table in tables.items()},
    }


@pytest.fixture(scope="module")
def text(results):
    settings = report_settings.settings()
    config = settings["report"]["config"]
    config["comparison"]["pools"] = {"RANDOM": POOL}
    config["choices"] = {
        "BEST": {"among": ["SMTL", "KMTL"], "shrink": 20.0, "combine": "best"},
        "HYBRID": {
            "among": ["SMTL", "kmer"], "combine": "average", "weights": "fitted", "over_seeds": False,
            "min_positives": 50,
        },
    }  # fmt: skip
    config["strategies"] |= {name: {"grouping": "random"} for name in POOL}
    del config["strategies"]["RANDOM"]
    return text_of(render(results, palette={}, **settings))


def test_a_pool_is_shown_and_its_strategies_are_not(results, inputs):
    assert "RANDOM" in results.strategy_names and not set(POOL) & set(results.strategy_names)
    scores = figure_tables.task_scores(results)["RANDOM:test_f1"]
    expected = [
        pd.read_csv(path, sep="\t").set_index("task_id")["test_f1"]
        for path in inputs["metrics"]
        if "/RANDOM_" in path
    ]
    assert len(expected) == 4
    np.testing.assert_allclose(scores, (sum(expected) / 4)[scores.index], equal_nan=True)
    for table in (figure_tables.strategy_scores(results), figure_tables.gain_rows(results)):
        names = set(table["strategy"]) | set(table.get("baseline", []))
        assert "RANDOM" in names and not set(POOL) & names


def test_the_rank_among_draws_is_told(results, text):
    rows = headline_rows(results, {})
    assert (rows[0]["rank"], rows[0]["n_members"], rows[1]["rank"]) == (1, 2, None)
    assert "random groups of the same sizes (mean of 2 draws)" in lead_sentence(rows, results)
    assert "mean of 2; KMTL ranks 1 of 3" in text
    assert "RANDOM (mean of 2): random groups of the sizes" in text and "RANDOM_2: random" not in text


def test_choices_say_what_they_took_and_whom_they_beat(results, text):
    (row,) = choice_rows(results)
    assert row["taken"] == [("KMTL", 16), ("SMTL", 8)]
    assert row["against"]["test"]["best"] == row["against"]["validation"]["best"] == "KMTL"
    gains = results.gains.query("strategy == 'BEST' and baseline == 'KMTL' and by == 'all'")
    assert row["against"]["test"]["difference"] == pytest.approx(gains["difference"].iloc[0])
    assert "KMTL 16, SMTL 8" in text and "weighted by n / (n + 20)" in text


def test_averages_show_the_weights_for_test(results, text):
    """Means over seeds, 18 of 24 tasks having had a part in them."""
    (row,) = average_rows(results)
    assert row["members"] == [("SMTL", pytest.approx(0.65)), ("kmer", pytest.approx(0.35))]
    assert (row["n_counted"], row["n_tasks"]) == (18, 24)
    assert "SMTL 65 %, kmer 35 % 18 of 24" in text
    assert (
        "HYBRID trains nothing: it adds up the log-odds of SMTL, kmer with weights (the same for all tasks"
        in text
    )


def test_shares_costs_and_technique(results, text):
    found = transfer_rows(results)
    assert found["alone"] == "STL" and found["floor"] == [0.46, 0.07, 0.07] and found["note"] == ""
    assert "STL with another seed 46 % 7 % 7 %" in text and "KMTL 25 % 50 % 12 % 24" in text
    costs = {row["name"]: row for row in cost_rows(results)}
    assert costs["KMTL"]["needs"] == "SMTL" and costs["STL"]["needs"] == ""
    assert not set(POOL) & set(costs)
    table = confounder_rows(results)
    assert table["titles"] == ["assay", "number of peaks, terciles", "event modality"]
    assert table["rows"][0]["cells"] == pytest.approx([0.5, 0.01, 0.3])


def test_one_seed_has_no_floor(results):
    one = results.transfer.assign(note="STL has one seed", floor_share_below=np.nan)
    assert transfer_rows(replace(results, transfer=one))["note"] == "STL has one seed"
    assert transfer_rows(replace(results, transfer=one.iloc[:0])) is None


def test_similarity_is_the_cosine_by_group(results):
    table = figure_tables.similarity(results, "kmeans")
    assert (np.diff(table["group"]) >= 0).all() and len(table) == 24
    weights = results.heads[1]
    rows = {task: weights[i] for i, task in enumerate(results.tasks.index)}
    for a, b in ((0, 5), (3, 17)):
        x, y = rows[table["task_id"][a]], rows[table["task_id"][b]]
        cosine = x @ y / np.sqrt((x @ x) * (y @ y))
        assert table[table["task_id"][b]][a] == pytest.approx(cosine, abs=1e-4)


def test_figures_of_comparison_are_drawn(inputs, tmp_path):
    names = ["algorithms", "cost", "similarity"]
    methods = {"KMTL": "kmeans, K = 4", "RANDOM": "random", "EMTL": "modality"}
    shown = Shown(grouping="kmeans", methods=methods, joint="SMTL")
    outputs = [str(tmp_path / f"{name}.svg") for name in names]
    plots.draw_figures(inputs, outputs, palette={}, dpi=60, shown=shown)
    for name in names:
        assert (tmp_path / f"{name}.svg").read_text().rstrip().endswith("</svg>")
    cost = pd.read_csv(tmp_path / "cost.tsv", sep="\t").set_index("strategy")
    assert cost.loc["SMTL", "difference"] == 0 and "RANDOM_1" not in cost.index
    assert cost.loc["KMTL", "flop_in_all"] == 15e12
    assert set(pd.read_csv(tmp_path / "algorithms.tsv", sep="\t")["strategy"]) == set(methods)
    plots.draw_figures(inputs, [str(tmp_path / "cost.svg")], palette={}, dpi=60)
    assert "Nothing to draw" in (tmp_path / "cost.svg").read_text()


def test_known_sets_have_a_section(text):
    assert "kmeans 1 4 3 2 0.8 0.0123" in text and "kmeans 2 4 3 3 0.8 0.0246" in text
    assert "SAGA 3 3 2.5 0.8 0.0123, 0.0246" in text


def test_every_score_is_averaged_by_modality_and_cell_group(results):
    found = score_tables(results)
    levels = {level["name"]: level for level in found["score_levels"]}
    tasks = results.tasks
    assert set(levels) == {"All tasks", *tasks["modality"], *tasks["cell_group"]}
    assert {"F1", "Precision", "Recall", "AUPRC", "AUROC", "Base rate"} <= set(found["all_scores"])
    assert levels["neuron"]["n_tasks"] == (tasks["cell_group"] == "neuron").sum()
    mine = results.metrics[results.metrics["strategy"] == "SMTL"].set_index("task_id")
    mine = mine.loc[mine.index.isin(tasks.index[tasks["cell_group"] == "neuron"]), "test_auprc"]
    row = next(row for row in levels["neuron"]["rows"] if row["name"] == "SMTL")
    assert row["cells"][found["all_scores"].index("AUPRC")] == pytest.approx(
        mine.groupby(level=0).mean().mean()
    )


def test_energy_is_hours_times_what_the_config_takes_a_device_to_draw():
    rows = [
        {"device": device, "hours_in_all": hours}
        for device, hours in (("cuda", 5.0), ("cpu", 8.0), ("mixed", 8.0), ("cpu", None))
    ]
    found = [row["energy"] for row in energy_rows(rows, {"gpu": 300.0, "cpu": 10.0})]
    assert found == [1.5, 0.08, None, None]
