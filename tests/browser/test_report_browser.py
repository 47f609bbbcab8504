"""The report in a real browser: no error, no network, and what a reader does with it works."""

import base64
import csv
import json
import os
import re
import shutil
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

import report_settings
import report_tree
import tree_strata
from epigroup.report.figures.draw import draw_figures
from epigroup.report.figures.record import Shown
from epigroup.report.page import make_report

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,900",
]
ALL_DRAWN = "return [...document.querySelectorAll('[data-chart]')].every(host => host.querySelector('svg'))"
ALIKE = ["P007_DNase", "P008_ChIP"]  # their scores are told apart by the fourth digit alone
STILLS = ["gains", "planted", "similarity", "strata"]
MISSING = None if CHROMIUM and DRIVER else "chromium and chromedriver are not on PATH"
# Where tests decide over a change, a browser that is not there must not look like a page that works.
STRICT = os.environ.get("CI", "").lower() not in ("", "0", "false")
pytestmark = pytest.mark.skipif(bool(MISSING and not STRICT), reason=str(MISSING))


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    if MISSING:
        pytest.fail(f"{MISSING}, and CI is set")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    folder = tmp_path_factory.mktemp("browser")
    for flag in [*FLAGS, f"--user-data-dir={folder / 'profile'}"]:
        options.add_argument(flag)
    options.add_experimental_option("prefs", {"download.default_directory": str(folder / "downloads")})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    driver.downloads = folder / "downloads"
    yield driver
    driver.quit()


def write_page(folder, figured=False, **sizes):
    inputs = tree_strata.with_strata(folder / "tree", report_tree.build(folder / "tree", **sizes))
    for path in inputs["metrics"]:
        table = pd.read_csv(path, sep="\t")
        table.loc[table["task_id"].isin(ALIKE), "test_f1"] = [0.50012, 0.50034]
        table.to_csv(path, sep="\t", index=False, na_rep="NaN")
    figures = [
        str(folder / "figures" / f"{name}.{kind}") for name in STILLS for kind in ("svg", "png", "tsv")
    ]
    if figured:
        draw_figures(inputs, figures, palette={}, dpi=60, shown=Shown(grouping="kmeans"))
        inputs |= {"figures": figures}
    path = folder / "report.html"
    make_report(inputs, str(path), figures={"palette": {}, "dpi": 100}, **report_settings.settings())
    return path.as_uri()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("small")


@pytest.fixture(scope="module")
def address(folder):
    return write_page(folder, figured=True)


@pytest.fixture
def page(browser, folder, address):
    browser.folder = folder
    browser.get("about:blank")  # an address that differs in its fragment alone loads nothing anew
    browser.get_log("browser")
    browser.get_log("performance")
    browser.get(address)
    wait_for(lambda: browser.execute_script(ALL_DRAWN))
    yield browser
    complaints = [entry for entry in browser.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
    assert complaints == []


def wait_for(condition, seconds=90):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def click(element):
    element.parent.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
    element.click()


def shown_rows(browser):
    return browser.execute_script(
        "return [...document.querySelectorAll('#task-table tbody tr')].filter(r => !r.hidden)"
        ".map(r => [...r.cells].map(c => c.textContent))"
    )


def requests(browser):
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    found = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    return [url for url in found if not url.startswith(("data:", "blob:"))]


def artefact(browser, name, dark=False, width=1280):
    folder = Path(os.environ.get("EPIGROUP_ARTEFACTS") or browser.downloads.parent)
    folder.mkdir(parents=True, exist_ok=True)
    scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    time.sleep(0.5)
    height = browser.execute_script("return document.documentElement.scrollHeight")
    wide = browser.execute_script("return document.documentElement.scrollWidth")
    clip = {"x": 0, "y": 0, "width": width, "height": min(height, 9000), "scale": 1}
    shot = browser.execute_cdp_cmd("Page.captureScreenshot", {"clip": clip, "captureBeyondViewport": True})
    (folder / f"{name}.png").write_bytes(base64.b64decode(shot["data"]))
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert wide <= width, f"the page is {wide} px wide in a window of {width}"
    return folder / f"{name}.png"


def test_page_asks_for_nothing_but_itself(page, address):
    assert requests(page) == [address]


def test_every_chart_is_drawn_and_named(page):
    hosts = page.find_elements(By.CSS_SELECTOR, "[data-chart]")
    assert len(hosts) >= 9
    for host in hosts:
        drawn = host.find_elements(By.CSS_SELECTOR, "svg[aria-label]")
        assert drawn, host.get_attribute("data-chart")
        for svg in drawn:  # keys reach an application; the label says which
            assert svg.get_attribute("role") == "application" and svg.get_attribute("tabindex") == "0"
            assert "arrow keys" in svg.get_attribute("aria-label")
        assert "NaN" not in host.get_attribute("innerHTML")
    assert page.find_element(By.ID, "tip").get_attribute("role") == "status"
    label = page.find_element(By.CSS_SELECTOR, "#embedding svg").get_attribute("aria-label")
    assert "Enter opens the task" in label


def test_figures_that_the_page_does_not_draw_are_held_by_it(page):
    page.execute_script("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    pictures = page.find_elements(By.CSS_SELECTOR, ".still img")
    assert len(pictures) == len(STILLS)
    for one in pictures:
        wait_for(lambda one=one: page.execute_script("return arguments[0].complete", one))
        assert page.execute_script("return arguments[0].naturalWidth", one) > 200
        assert one.get_attribute("alt").startswith("Figure ")


def test_lines_are_told_apart_without_colour(page):
    """KMTL has four groups; the dashes of their curves differ, and a legend beside names each."""
    figure = next(
        figure
        for figure in page.find_elements(By.CSS_SELECTOR, "[data-chart=curves] figure")
        if figure.find_element(By.CSS_SELECTOR, "text.name").text.startswith("KMTL")
    )
    lines = figure.find_elements(By.CSS_SELECTOR, "svg[aria-label] path.line")
    dashes = [line.get_attribute("stroke-dasharray") for line in lines]
    assert len(lines) == 8 and len(set(dashes)) == 4
    shown = figure.find_elements(By.CSS_SELECTOR, ".legend span")
    assert [one.text for one in shown] == [f"group {k}" for k in (1, 2, 3, 4)]
    samples = figure.find_elements(By.CSS_SELECTOR, ".legend path.line")
    assert {one.get_attribute("stroke-dasharray") for one in samples} == set(dashes)
    click(page.find_element(By.LINK_TEXT, "P005_ChIP"))
    wait_for(page.find_element(By.ID, "task").is_displayed)
    roc = page.find_elements(By.CSS_SELECTOR, "#task-charts svg[aria-label^=ROC] path.line")
    assert len({line.get_attribute("stroke-dasharray") for line in roc}) == len(report_settings.STRATEGIES)


def test_what_scrolls_sideways_is_reached_by_keyboard_and_named(page):
    metrics = {"width": 420, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    unreached = """return [...document.querySelectorAll('.scroll, pre')].filter(r => r.offsetParent)
        .filter(r => (r.scrollWidth > r.clientWidth) !== (r.tabIndex === 0)).length"""
    try:
        page.execute_script("document.querySelectorAll('details').forEach(d => { d.open = true; })")
        wait_for(lambda: page.execute_script(unreached) == 0)
        stops = page.find_elements(By.CSS_SELECTOR, ".scroll[tabindex='0']")
        assert len(stops) > 3
        for region in page.find_elements(By.CSS_SELECTOR, ".scroll, pre"):
            assert region.get_attribute("role") == "region" and region.get_attribute("aria-label")
        stops[0].send_keys(Keys.ARROW_RIGHT)
        wait_for(lambda: page.execute_script("return arguments[0].scrollLeft", stops[0]) > 0)
    finally:
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


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
    column = next(i for i, head in enumerate(heads) if head.text.startswith("KMTL"))
    button = heads[column].find_element(By.TAG_NAME, "button")
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


def column_of(page, label):
    heads = page.find_elements(By.CSS_SELECTOR, "#task-table thead th")
    column = next(i for i, head in enumerate(heads) if head.text.startswith(label))
    return column, heads[column].find_element(By.TAG_NAME, "button")


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


def test_another_metric_fills_the_table(page):
    before = shown_rows(page)
    Select(page.find_element(By.ID, "task-metric")).select_by_value("test_auroc")
    after = shown_rows(page)
    changed = [a != b for a, b in zip(before, after, strict=True)]
    assert changed == [False] + [True] * 23


def test_colours_of_the_embedding_switch(page):
    fills = "return [...document.querySelectorAll('#embedding .point')].map(p => p.getAttribute('fill'))"
    legend = "return document.getElementById('embedding-legend').textContent"
    found = {}
    for value in ("modality", "cell_group", "group", "gain"):
        click(page.find_element(By.CSS_SELECTOR, f"input[name=colour-by][value={value}]"))
        found[value] = page.execute_script(fills), page.execute_script(legend)
    assert all(len(colours) == 24 for colours, _ in found.values())
    assert len(set(found["modality"][0])) == 3
    assert len(set(found["cell_group"][0])) == 6
    assert len(set(found["group"][0])) == 4
    assert "neuron" in found["cell_group"][1]
    assert "Group 4" in found["group"][1]
    assert "KMTL" in found["gain"][1]
    click(page.find_element(By.CSS_SELECTOR, "input[name=colour-by][value=modality]"))
    Select(page.find_element(By.ID, "embedding-seed")).select_by_visible_text("2")
    assert page.execute_script(fills) != found["modality"][0]


def test_colours_of_the_embedding_switch_by_keyboard(page):
    fills = "return [...document.querySelectorAll('#embedding .point')].map(p => p.getAttribute('fill'))"
    before = page.execute_script(fills)
    first = page.find_element(By.CSS_SELECTOR, "input[name=colour-by]")
    first.send_keys(Keys.ARROW_RIGHT)
    chosen = page.find_element(By.CSS_SELECTOR, "input[name=colour-by]:checked")
    assert chosen.get_attribute("value") == "cell_group" and chosen == page.switch_to.active_element
    assert page.execute_script(fills) != before


def test_the_first_tab_skips_to_the_results(page):
    page.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    link = page.switch_to.active_element
    assert link.get_attribute("class") == "skip" and link.rect["x"] >= 0
    link.send_keys(Keys.ENTER)
    assert page.current_url.endswith("#main")


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


def test_a_tasks_page_gives_what_metrics_tsv_says(page):
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
        pd.read_csv(page.folder / f"tree/evaluation/KMTL/seed{seed}/metrics.tsv", sep="\t", index_col=0).loc[
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


def test_a_point_opens_its_task(page):
    chart = page.find_element(By.CSS_SELECTOR, "#embedding svg")
    chart.send_keys(Keys.ARROW_RIGHT)
    named = page.find_element(By.ID, "tip").text.splitlines()[0]
    chart.send_keys(Keys.ENTER)
    wait_for(lambda: page.find_element(By.ID, "task-name").text == named)


def test_methods_are_ready_to_paste(page):
    button = page.find_element(By.CSS_SELECTOR, "[data-copy=methods-text]")
    click(button)
    said = button.find_element(By.XPATH, "following-sibling::output")
    wait_for(lambda: said.text)
    if said.text != "Copied":
        assert page.execute_script("return getSelection().toString()").startswith("The genome (demo1)")


def test_on_paper_there_are_all_charts_and_no_controls(page):
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert not page.find_element(By.TAG_NAME, "nav").is_displayed()
        assert not page.find_element(By.ID, "task-search").is_displayed()
        assert page.find_element(By.CSS_SELECTOR, "#task-table tbody tr:last-child").is_displayed()
        paper = page.execute_cdp_cmd("Page.printToPDF", {"printBackground": False})
    finally:
        page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert base64.b64decode(paper["data"])[:5] == b"%PDF-"


def sheets(page):
    """How many pages the browser prints."""
    paper = page.execute_cdp_cmd("Page.printToPDF", {"printBackground": False})
    return len(re.findall(rb"/Type\s*/Page\b", base64.b64decode(paper["data"])))


def test_what_is_closed_on_the_screen_is_printed(page):
    closed = "return document.querySelectorAll('details:not([open])').length"
    page.execute_script(
        "addEventListener('beforeprint', () => { window.closed = (() => { " + closed + " })(); })"
    )
    click(page.find_element(By.TAG_NAME, "summary"))
    before = page.execute_script(closed)
    assert before > 2 and page.find_elements(By.CSS_SELECTOR, "details[open]")
    printed = sheets(page)
    assert page.execute_script("return window.closed") == 0
    assert page.execute_script(closed) == before
    page.execute_script("document.querySelectorAll('details > :not(summary)').forEach(node => node.remove())")
    assert sheets(page) < printed


def test_points_are_named_by_arrow_keys(page):
    chart = page.find_element(By.CSS_SELECTOR, "#embedding svg")
    chart.send_keys(Keys.ARROW_RIGHT)
    first = page.find_element(By.ID, "tip").text
    chart.send_keys(Keys.ARROW_RIGHT)
    second = page.find_element(By.ID, "tip").text
    assert first.startswith("P0")
    assert second.startswith("P0")
    assert first != second
    chart.send_keys(Keys.ESCAPE)
    assert page.find_element(By.ID, "tip").text == ""


def test_another_pair_can_be_shown(page):
    Select(page.find_element(By.ID, "pair-x")).select_by_visible_text("CMTL")
    Select(page.find_element(By.ID, "pair-y")).select_by_visible_text("EMTL")
    click(page.find_element(By.ID, "pair-show"))
    last = page.find_elements(By.CSS_SELECTOR, "[data-chart=pair] svg")[-1]
    assert "EMTL against CMTL" in last.get_attribute("aria-label")


def test_table_is_downloaded_whole(page):
    page.find_element(By.ID, "task-search").send_keys("neuron")
    click(page.find_element(By.ID, "task-download"))
    target = page.downloads / "tasks.tsv"
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
    tree = page.folder / "tree"
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
    target = page.downloads / "tasks.csv"
    wait_for(target.exists)
    with target.open(newline="") as file:
        assert list(csv.reader(file)) == [line.split("\t") for line in lines]


# Milliseconds of an act and of the layout that follows it; a time is printed, never judged.
SORT = """const start = performance.now(); arguments[0].click(); document.body.offsetHeight;
    return performance.now() - start"""
SEARCH = """const box = document.getElementById('task-search'), start = performance.now();
    box.value = arguments[0]; box.dispatchEvent(new Event('input')); document.body.offsetHeight;
    return performance.now() - start"""
PAINT = "return (performance.getEntriesByName('first-contentful-paint')[0] || {}).startTime || null"


def test_page_of_the_papers_size_opens_searches_and_sorts(browser, tmp_path):
    """367 tasks under six strategies with strata and marks."""
    address = write_page(tmp_path, n_tasks=367, validations=60)
    size = (tmp_path / "report.html").stat().st_size
    assert size < 15e6
    browser.get("about:blank")
    browser.get_log("browser")
    browser.get_log("performance")
    browser.get(address)
    wait_for(lambda: browser.execute_script(ALL_DRAWN) and browser.execute_script(PAINT))
    times = {"first paint": browser.execute_script(PAINT)}
    for label, ascending in (("KMTL", False), ("Base rate", False), ("Cell group", True)):
        column, button = column_of(browser, label)
        times[f"sort by {label}"] = browser.execute_script(SORT, button)
        cells = [row[column] for row in shown_rows(browser)]
        values = [cell for cell in cells if cell not in ("", "\N{EN DASH}")]
        assert len(cells) == 367 and cells[: len(values)] == values
        order = [value.lower() if ascending else -float(value) for value in values]
        assert order == sorted(order)
    times["search"] = browser.execute_script(SEARCH, "ctcf neuron")
    rows = shown_rows(browser)
    assert 0 < len(rows) < 367 and all("CTCF" in row and "neuron" in row for row in rows)
    browser.execute_script(SEARCH, "")
    assert len(shown_rows(browser)) == 367
    assert browser.find_elements(By.CSS_SELECTOR, "#strata table, #baselines table")
    assert requests(browser) == [address]
    assert [one for one in browser.get_log("browser") if one["level"] in ("SEVERE", "WARNING")] == []
    print(f"{size / 1e6:.1f} MB;", "; ".join(f"{what} {ms:.0f} ms" for what, ms in times.items()))  # noqa: T201


@pytest.mark.parametrize(("dark", "width"), [(False, 1280), (True, 1280), (False, 420), (True, 420)])
def test_screenshots_in_light_and_dark_wide_and_narrow(page, dark, width):
    shot = artefact(page, f"report-{'dark' if dark else 'light'}-{width}", dark, width)
    assert shot.stat().st_size > 50_000
