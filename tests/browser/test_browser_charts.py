"""Charts in a browser: drawn and named, told apart without colour, and worked by mouse and keyboard."""

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

import report_settings
from browser_acts import click, wait_for


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


def test_a_point_opens_its_task(page):
    chart = page.find_element(By.CSS_SELECTOR, "#embedding svg")
    chart.send_keys(Keys.ARROW_RIGHT)
    named = page.find_element(By.ID, "tip").text.splitlines()[0]
    chart.send_keys(Keys.ENTER)
    wait_for(lambda: page.find_element(By.ID, "task-name").text == named)


def test_another_pair_can_be_shown(page):
    Select(page.find_element(By.ID, "pair-x")).select_by_visible_text("CMTL")
    Select(page.find_element(By.ID, "pair-y")).select_by_visible_text("EMTL")
    click(page.find_element(By.ID, "pair-show"))
    last = page.find_elements(By.CSS_SELECTOR, "[data-chart=pair] svg")[-1]
    assert "EMTL against CMTL" in last.get_attribute("aria-label")
