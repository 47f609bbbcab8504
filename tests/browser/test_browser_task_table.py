"""The table of tasks in a browser: searched, sorted by what cells hold, filled anew, and downloaded whole."""

import csv

import numpy as np
import pandas as pd
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

import report_settings
from browsed_page import ALIKE
from browser_acts import click, column_of, shown_rows, wait_for


def test_search_and_modality_choose_rows(page):
    assert len(shown_rows(page)) == 24
    box = page.find_element(By.ID, "task-search")
    box.send_keys("ctcf neuron")
    rows = shown_rows(page)
    assert rows
    assert all("CTCF" in row and "neuron" in row for row in rows)
    assert page.find_element(By.ID, "task-count").text == f"{len(rows)} of 24 tasks"
    box.send_keys(Keys.CONTROL, "a", Keys.DELETE)
    Select(page.find_element(By.ID, "task-modality")).select_by_visible_text("HM")
    assert {row[1] for row in shown_rows(page)} == {"HM"}


def test_a_head_sorts_both_ways_with_the_keyboard_and_empty_cells_stay_below(page):
    heads = page.find_elements(By.CSS_SELECTOR, "#task-table thead th")
    column, button = column_of(page, "KMTL")
    for direction, sign in (("descending", -1), ("ascending", 1)):
        button.send_keys(Keys.ENTER)
        assert heads[column].get_attribute("aria-sort") == direction
        values = [row[column] for row in shown_rows(page)]
        assert values[-1] == "\N{EN DASH}"
        numbers = [sign * float(value) for value in values[:-1]]
        assert numbers == sorted(numbers)
    heads[0].find_element(By.TAG_NAME, "button").send_keys(Keys.ENTER)
    names = [row[0] for row in shown_rows(page)]
    assert names == sorted(names)


def test_a_click_on_a_head_sorts_too(page):
    head = page.find_element(By.CSS_SELECTOR, "#task-table thead th:nth-child(2)")
    click(head.find_element(By.TAG_NAME, "button"))
    kinds = [row[1] for row in shown_rows(page)]
    assert kinds == sorted(kinds) and head.get_attribute("aria-sort") == "ascending"


def test_scores_that_look_the_same_are_sorted_by_what_they_are(page):
    column, button = column_of(page, "KMTL")
    click(button)
    rows = shown_rows(page)
    assert {row[column] for row in rows if row[0] in ALIKE} == {"0.500"}
    assert [row[0] for row in rows if row[0] in ALIKE] == ALIKE[::-1]
    click(button)
    assert [row[0] for row in shown_rows(page) if row[0] in ALIKE] == ALIKE


def test_flags_are_sorted_and_tasks_without_one_stay_below(page):
    click(column_of(page, "KMTL")[1])
    assert shown_rows(page)[-1][0] == "P000_ATAC"
    column, button = column_of(page, "Flag")
    for _ in range(2):
        click(button)
        assert [row[column] for row in shown_rows(page)] == ["no positives in test", *[""] * 23]


def test_another_metric_fills_the_table(page):
    before = shown_rows(page)
    Select(page.find_element(By.ID, "task-metric")).select_by_value("test_auroc")
    after = shown_rows(page)
    changed = [a != b for a, b in zip(before, after, strict=True)]
    assert changed == [False] + [True] * 23


def test_table_is_downloaded_whole(page, folder, downloads):
    page.find_element(By.ID, "task-search").send_keys("neuron")
    click(page.find_element(By.ID, "task-download"))
    target = downloads / "tasks.tsv"
    wait_for(target.exists)
    lines = target.read_text().splitlines()
    assert len(lines) == 25
    assert len({line.count("\t") for line in lines}) == 1
    table = pd.read_csv(target, sep="\t", index_col="id")
    shown = {
        "modality",
        "assay",
        "target",
        "cell_type",
        "cell_group",
        "group",
        "positives_test",
        "base_rate",
        "flag",
    }
    assert shown <= set(table.columns)
    tree = folder / "tree"
    for strategy in report_settings.STRATEGIES:
        found = {
            seed: pd.read_csv(tree / f"evaluation/{strategy}/seed{seed}/metrics.tsv", sep="\t", index_col=0)
            for seed in (1, 2)
        }
        mean = (found[1] + found[2]) / 2
        for column in found[1].columns.drop(["group", "positives_test", "test_base_rate"]):
            if column.startswith("threshold") or column.endswith(("_low", "_high")):
                for seed, metrics in found.items():
                    written = table[f"{strategy}_seed{seed}_{column}"]
                    assert np.allclose(written, metrics[column], rtol=1e-4, atol=0, equal_nan=True), column
            else:
                written = table[f"{strategy}_{column}"]
                assert np.allclose(written, mean[column], rtol=1e-4, atol=0, equal_nan=True), column
    marks = pd.read_csv(tree / "baselines/marks.tsv", sep="\t").set_index(["strategy", "task_id"])
    for column, name in (("difference", "less_baseline"), ("difference_high", "less_baseline_high")):
        assert np.allclose(table[f"KMTL_{name}"], marks.loc["KMTL", column], rtol=1e-4, atol=0)
    assert (table["KMTL_mark"].fillna("") == marks.loc["KMTL", "mark"].fillna("")).all()
    assert np.allclose(table["base_rate"], table["positives_test"] / 5000, rtol=1e-4)
    click(page.find_element(By.ID, "task-csv"))
    target = downloads / "tasks.csv"
    wait_for(target.exists)
    with target.open(newline="") as file:
        assert list(csv.reader(file)) == [line.split("\t") for line in lines]
