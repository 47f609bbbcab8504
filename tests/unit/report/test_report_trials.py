"""Searches and the patience study in figures and page."""

import math

import numpy as np
import pandas as pd
import pytest

import report_settings
import report_tree
from epigroup.patience import study as patience
from epigroup.report.figures import draw as plots
from epigroup.report.figures.record import Shown
from epigroup.report.page import render
from epigroup.report.sections.training import search_rows, study_rows
from epigroup.search.rates import Trial, choose_rates, write_trials
from report_pages import text_of


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """A results tree in which EMTL (three groups) and STL (a sample of two tasks) searched their rates, and
    four profiles were studied."""
    folder = tmp_path_factory.mktemp("trials")
    found = report_tree.build(folder, n_tasks=12, seeds=(1,))
    losses = {
        "EMTL": {(0, 0.1): 0.5, (0, 0.2): 0.4, (0, 0.3): 0.45, (1, 0.1): 0.3, (1, 0.2): 0.35, (1, 0.3): 0.4,
                 (2, 0.1): 0.2, (2, 0.2): 0.1, (2, 0.3): math.inf},
        "STL": {(0, 0.01): 0.2, (0, 0.02): 0.3, (7, 0.01): 0.6, (7, 0.02): 0.4},
    }  # fmt: skip
    tables = []
    for strategy, trials in losses.items():
        where = folder / "search" / strategy / "seed1"
        rows = [
            Trial(g, "coarse", rate, 100, 50, loss, 1.0, "max_steps") for (g, rate), loss in trials.items()
        ]
        write_trials(where / "coarse0.tsv", rows)
        grouping = {"EMTL": "modality", "STL": "single"}[strategy]
        choose_rates(
            [where / "coarse0.tsv"], folder / f"groupings/{grouping}/seed1/groups.tsv", strategy=strategy,
            sampled=strategy == "STL", rates_out=where / "rates.tsv", trials_out=where / "trials.tsv",
        )  # fmt: skip
        tables.append(str(where / "trials.tsv"))
    tasks = pd.read_csv(found["tasks"], sep="\t")["task_id"][:4]
    study = folder / "patience" / "seed1"
    study.mkdir(parents=True)
    pd.DataFrame({"task_id": tasks, "group": range(4)}).to_csv(study / "groups.tsv", sep="\t", index=False)
    rng = np.random.default_rng(1)
    rows = [
        (g, 10 * i, 10 * i * 64, 0.5, 0.3 + 1 / i + 0.5 * rng.random(), 1.0 * i)
        for g in range(4)
        for i in range(1, 31)
    ]
    columns = ["group", "step", "examples", "train_loss", "validation_loss", "seconds"]
    curves = study / "pack0.curves.tsv"
    pd.DataFrame(rows, columns=columns).to_csv(curves, sep="\t", index=False)
    outs = {"study": str(study / "study.tsv"), "regret": str(study / "regret.tsv")}
    patience.study_patience(
        study / "groups.tsv", found["tasks"], [curves], patience=5, study_out=outs["study"],
        regret_out=outs["regret"],
    )  # fmt: skip
    more = {"trials": tables, "study_groups": str(study / "groups.tsv"), "study_curves": [str(curves)]}
    return found | more | outs


def settings() -> dict:
    made = report_settings.settings()
    made["report"]["config"] |= {
        "patience_study": {"strategy": "STL"},
        "searches": {
            "joint": {"method": "two_phase", "rates": [0.1, 0.2, 0.3], "refine": 0.05, "steps_share": 0.1},
            "alone": {"method": "halving", "range": [0.01, 0.1], "trials": 4, "tasks": 2, "steps_share": 0.5,
                      "reduction": 3},
        },
    }  # fmt: skip
    strategies = made["report"]["config"]["strategies"]
    strategies["EMTL"]["search"], strategies["STL"]["search"] = "joint", "alone"
    searched = report_settings.TRAINING | {"learning_rate": None}
    made["training"] |= {"EMTL": searched, "STL": searched}
    return made


def test_a_row_a_network_that_got_a_rate(results):
    rows = {(row["strategy"], row["group"]): row for row in search_rows(results)}
    assert {key: row["rate"] for key, row in rows.items()} == {
        ("EMTL", "1"): 0.2,
        ("EMTL", "2"): 0.1,
        ("EMTL", "3"): 0.2,
        ("STL", "sample of 2"): 0.02,
    }
    assert rows["EMTL", "1"]["at_edge"] is False and rows["EMTL", "2"]["at_edge"] is True
    assert rows["EMTL", "3"]["diverged"] == 1
    assert rows["EMTL", "3"]["spread"] == pytest.approx(0.1)
    assert rows["STL", "sample of 2"]["loss"] == pytest.approx(0.35)


def test_the_study_says_what_the_configured_patience_loses(results):
    made = settings()
    study = study_rows(results, made["training"], made["report"]["config"])
    assert study["configured"] == report_settings.TRAINING["patience"] == 5
    assert study["safe"] == results.study["safe_patience"].max()
    lowest = results.course.groupby("task_id")["validation_loss"].min()
    at = results.regret[results.regret["patience"] == 5].set_index("task_id")
    assert study["worst_lost"] == pytest.approx(100 * (at["loss"] / lowest - 1).max(), rel=1e-4)
    assert len(study["rows"]) == 4


def test_page_and_figures(inputs, results, tmp_path):
    page = render(results, palette={}, **settings())
    text = text_of(page)
    for words in (
        "Learning rates found by search",
        "at the edge of the rates tried",
        "1 diverged",
        "How much patience is safe",
        "4 profiles were trained for their full course with the settings of STL",
        "learning rates found by search",
        "Learning rates of EMTL: 0.1, 0.2, 0.3, and then the best of them less and plus 0.05",
        "STL: 4 drawn between 0.01 and 0.1 on a log scale, by asynchronous successive halving",
    ):
        assert words in text, words
    names = ["search", "patience", "regret"]
    outputs = [str(tmp_path / f"{name}.{kind}") for name in names for kind in ("svg", "png", "tsv")]
    plots.draw_figures(inputs, outputs, palette={}, dpi=60, shown=Shown(grouping="kmeans"))
    for name in names:
        assert (tmp_path / f"{name}.svg").read_text().rstrip().endswith("</svg>")
    assert len(pd.read_csv(tmp_path / "search.tsv", sep="\t")) == 13
    assert len(pd.read_csv(tmp_path / "patience.tsv", sep="\t")) == 120
