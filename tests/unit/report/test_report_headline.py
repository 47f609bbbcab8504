"""The report's headline: verdicts follow intervals and seeds, and what limits them is said beside them."""

import pandas as pd
import pytest

import report_settings
import report_tree
from epigroup.report.figures import numbers as figure_tables
from epigroup.report.page import render
from epigroup.report.sections.headline import headline_rows, lead_sentence, verdict, warnings
from epigroup.results.run import load
from report_pages import Words


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ((0.01, 0.001, 0.02), "gain beyond the interval"),
        ((-0.01, -0.02, -0.001), "loss beyond the interval"),
        ((0.01, -0.001, 0.02), "no difference shown"),
        ((0.01, 0.0, 0.02), "no difference shown"),
        ((0.01, None, None), "no interval"),
        ((None, None, None), "not measured"),
    ],
)
def test_verdict_follows_the_interval(row, words):
    assert verdict(*row)[0] == words


def test_seeds_that_disagree_take_a_verdict_back():
    assert verdict(0.01, 0.005, 0.02, [0.04, 0.001])[0] == "gain beyond the interval"
    assert verdict(0.01, 0.005, 0.02, [0.04, -0.02]) == ("seeds disagree", "none")
    assert verdict(0.01, -0.005, 0.02, [0.04, -0.02])[0] == "no difference shown"


def test_headline_keeps_the_configs_order_and_puts_marks_on_one_scale(results):
    rows = headline_rows(results, {})
    assert [row["baseline"] for row in rows] == ["RANDOM", "SMTL", "EMTL", "CMTL", "STL"]
    assert rows[0]["matched"]
    assert not rows[1]["matched"]
    assert rows[0]["n_tasks"] == 23
    per_unit = {round((row["x"] - row["zero"]) / row["difference"], -1) for row in rows}
    assert len(per_unit) <= 2
    assert "random groups of the same sizes" in lead_sentence(rows, results)


def test_a_loss_is_called_a_loss(results):
    rows = headline_rows(results, {})
    worse = rows[0] | {"difference": -0.02, "low": -0.03, "high": -0.01, "gain_percent": -5.0, "tone": "bad"}
    assert "loses" in lead_sentence([worse], results)
    assert "\N{MINUS SIGN}0.020" in lead_sentence([worse], results)


def test_warnings_name_tasks_and_withheld_intervals(results):
    found = " ".join(warnings(results, headline_rows(results, {})))
    assert "1 task (P000_ATAC) has no positive in the test split" in found
    assert "One seed" not in found
    withheld = results.headline | {"interval_withheld": "only 3 test blocks"}
    object.__setattr__(results, "headline", withheld)
    assert any("only 3 test blocks" in text for text in warnings(results, headline_rows(results, {})))
    object.__setattr__(results, "headline", withheld | {"interval_withheld": None})


def test_a_strategy_of_some_tasks_is_compared_over_those_and_said(tmp_path):
    inputs = report_tree.build(tmp_path, n_tasks=12, seeds=(1,))
    path = next(p for p in inputs["metrics"] if "/STL/" in p)
    pd.read_csv(path, sep="\t").iloc[:5].to_csv(path, sep="\t", index=False)
    results = load(inputs)
    assert any(
        "STL was trained for 5 of 12 tasks" in w for w in warnings(results, headline_rows(results, {}))
    )
    assert len(figure_tables.pair_points(results, [("STL", "KMTL")])) == 4
    assert not Words(render(results, palette={}, **report_settings.settings())).open
