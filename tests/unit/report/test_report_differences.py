"""The report's lists of tasks whose interval excludes 0."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import report_settings
import report_tree
import result_files
from epigroup.report.page import render
from epigroup.report.sections.differences import LISTED, clear_tasks


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """The tree with two pairs: a gain that grows with the task, and nothing; and one that the headline lacks."""
    root = tmp_path_factory.mktemp("tree")
    made = report_tree.build(root, n_tasks=60)
    tasks = pd.read_csv(made["tasks"], sep="\t")["task_id"]
    apart = np.linspace(-0.3, 0.3, len(tasks))
    known = np.arange(len(tasks)) != 7
    rows = []
    for strategy, baseline, shown, size in (
        ("KMTL", "SMTL", 1, 1.0),
        ("KMTL", "STL", 1, 0.0),
        ("SMTL", "STL", 0, 1.0),
    ):
        middle = np.where(known, apart * size, np.nan)
        table = pd.DataFrame(
            {"task_id": tasks, "strategy": strategy, "baseline": baseline, "headline": shown}
        )
        table = table.assign(seeds="1,2", difference=apart * size, low=middle - 0.04, high=middle + 0.04)
        clear = ((table["low"] > 0) | (table["high"] < 0)).astype(float)
        rows.append(table.assign(excludes_zero=clear.where(known)))
    return made | {"differences": result_files.write_tsv(pd.concat(rows), root / "differences.tsv")}


def test_tasks_are_listed_by_difference_and_the_middle_left_out(results):
    first, second = clear_tasks(results)
    assert (first["strategy"], first["baseline"], first["n_intervals"]) == ("KMTL", "SMTL", 59)
    table = results.differences[results.differences["baseline"] == "SMTL"]
    up, down = table[table["low"] > 0], table[table["high"] < 0]
    assert (first["n_up"], first["n_down"]) == (len(up), len(down))
    shown = [row["difference"] for row in first["rows"]]
    assert shown == sorted(shown, reverse=True) and len(shown) == LISTED
    assert first["left_out"] == len(up) + len(down) - LISTED > 0
    assert first["rows"][0]["task"] == up.loc[up["difference"].idxmax(), "task_id"]
    assert first["rows"][-1]["task"] == down.loc[down["difference"].idxmin(), "task_id"]
    assert second["rows"] == [] and second["n_up"] == second["n_down"] == 0


def test_the_page_lists_them_under_the_headline(results, page):
    part = page[page.index('id="headline"') : page.index('id="strategies"')]
    assert "The tasks whose own interval excludes 0" in part and "comparison/differences.tsv" in part
    assert "KMTL over STL: 0 above 0 and 0 below, of 59 with an interval" in part
    assert clear_tasks(replace(results, differences=None)) == []
    none = results.differences.assign(excludes_zero=np.nan)
    page = render(replace(results, differences=none), palette={}, **report_settings.settings())
    assert "whose own interval excludes 0" not in page
