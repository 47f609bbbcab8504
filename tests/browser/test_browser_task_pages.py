"""The page of a task in a browser: reached by link, keyboard and address, and with what metrics.tsv says."""

import pandas as pd
import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from browser_acts import click, shown_rows, wait_for


def test_a_task_has_a_page_of_its_own_by_link_by_keyboard_and_by_address(page, address):
    panel = page.find_element(By.ID, "task")
    assert not panel.is_displayed()
    link = page.find_element(By.LINK_TEXT, "P005_ChIP")
    click(link)
    wait_for(panel.is_displayed)
    name = page.find_element(By.ID, "task-name")
    assert name.text == "P005_ChIP" and page.switch_to.active_element == name
    assert "REST" in page.find_element(By.ID, "task-about").text
    charts = panel.find_elements(By.CSS_SELECTOR, "#task-charts svg[aria-label]")
    assert [chart.get_attribute("aria-label").split(" of P005")[0] for chart in charts] == [
        "Test F1", "ROC", "Precision and recall"
    ]  # fmt: skip
    assert "NaN" not in panel.get_attribute("innerHTML")
    rows = panel.find_elements(By.CSS_SELECTOR, "#task-scores tbody tr")
    assert [row.find_element(By.TAG_NAME, "th").text for row in rows] == [
        "KMTL", "RANDOM", "SMTL", "EMTL", "CMTL", "STL"
    ]  # fmt: skip
    assert rows[2].text.endswith("23 others") and rows[-1].text.endswith("alone")
    page.find_element(By.ID, "task-after").send_keys(Keys.ENTER)
    wait_for(lambda: name.text == "P006_ATAC")
    page.find_element(By.ID, "task-close").send_keys(Keys.ENTER)
    assert not panel.is_displayed()
    assert page.switch_to.active_element.text == "P006_ATAC"
    page.switch_to.active_element.send_keys(Keys.ENTER)
    wait_for(panel.is_displayed)
    page.back()
    page.get("about:blank")
    page.get(f"{address}#task=P003_ChIP")
    assert page.find_element(By.ID, "task-name").text == "P003_ChIP"


def test_an_address_that_names_no_task_opens_none(page, address):
    for hash_ in ("#task=%", "#task=%E0%A4%A", "#task=nobody"):
        page.get("about:blank")
        page.get(address + hash_)
        assert not page.find_element(By.ID, "task").is_displayed()
        assert len(shown_rows(page)) == 24


def test_next_and_previous_of_a_task_that_the_search_leaves_out(page):
    click(page.find_element(By.LINK_TEXT, "P005_ChIP"))
    name = page.find_element(By.ID, "task-name")
    wait_for(lambda: name.text == "P005_ChIP")
    Select(page.find_element(By.ID, "task-modality")).select_by_visible_text("CA")
    assert [row[0] for row in shown_rows(page)][:4] == ["P000_ATAC", "P001_DNase", "P006_ATAC", "P007_DNase"]
    page.find_element(By.ID, "task-after").send_keys(Keys.ENTER)
    wait_for(lambda: name.text == "P006_ATAC")
    page.get(page.current_url.split("#")[0] + "#task=P005_ChIP")
    wait_for(lambda: name.text == "P005_ChIP")
    page.find_element(By.ID, "task-before").send_keys(Keys.ENTER)
    wait_for(lambda: name.text == "P001_DNase")


def test_a_tasks_page_gives_what_metrics_tsv_says(page, folder):
    click(page.find_element(By.LINK_TEXT, "P005_ChIP"))
    panel = page.find_element(By.ID, "task")
    wait_for(panel.is_displayed)
    heads = [th.text for th in panel.find_elements(By.CSS_SELECTOR, "#task-scores thead th")]
    assert heads[5:] == [
        "F1 at 0.5", "Brier score", "Calibration error", "Threshold, seed 1", "F1, 95 % interval, seed 1",
        "AUPRC, 95 % interval, seed 1", "Precision, seed 1", "Recall, seed 1", "Learnt with",
    ]  # fmt: skip
    cells = panel.find_elements(By.CSS_SELECTOR, "#task-scores tbody tr:first-child > *")
    found = dict(zip(heads, [cell.text for cell in cells], strict=True))
    first, second = (
        pd.read_csv(folder / f"tree/evaluation/KMTL/seed{seed}/metrics.tsv", sep="\t", index_col=0).loc[
            "P005_ChIP"
        ]
        for seed in (1, 2)
    )
    for words, column in (("F1 at 0.5", "f1_at_half"), ("Brier score", "brier"), ("AUPRC", "auprc")):
        assert float(found[words]) == pytest.approx((first + second)[f"test_{column}"] / 2, abs=6e-4)
    assert found["Threshold, seed 1"] == "0.310"
    low, middle, high = (f"{first[f'test_auprc{end}']:.3f}" for end in ("_low", "", "_high"))
    assert found["AUPRC, 95 % interval, seed 1"] == f"{middle} [{low}, {high}]"
    assert f"base rate {first['test_base_rate']:.3g}" in page.find_element(By.ID, "task-about").text
    titles = [title.text for title in panel.find_elements(By.CSS_SELECTOR, "#task-charts svg text.name")]
    assert titles == ["F1 by strategy", "ROC, seed 1", "Precision and recall, seed 1"]


def test_a_task_without_a_score_has_a_page_too(page):
    click(page.find_element(By.LINK_TEXT, "P000_ATAC"))
    panel = page.find_element(By.ID, "task")
    wait_for(panel.is_displayed)
    assert "no positives in test" in panel.text and "NaN" not in panel.text
    assert not panel.find_elements(By.CSS_SELECTOR, "#task-charts svg")
