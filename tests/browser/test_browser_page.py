"""The page in a browser as a whole: it asks for nothing, fits every window, and opens at the paper's size."""

import base64
import os
import time
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from browsed_page import STILLS, write_page
from browser_acts import click, column_of, complaints, open_page, requests, shown_rows, wait_for


def screenshot(browser, folder, name, dark, width):
    """A picture of the page as a reader with that window sees it, in the folder."""
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


def test_figures_that_the_page_does_not_draw_are_held_by_it(page):
    page.execute_script("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    pictures = page.find_elements(By.CSS_SELECTOR, ".still img")
    assert len(pictures) == len(STILLS)
    for one in pictures:
        wait_for(lambda one=one: page.execute_script("return arguments[0].complete", one))
        assert page.execute_script("return arguments[0].naturalWidth", one) > 200
        assert one.get_attribute("alt").startswith("Figure ")


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


def test_the_first_tab_skips_to_the_results(page):
    page.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    link = page.switch_to.active_element
    assert link.get_attribute("class") == "skip" and link.rect["x"] >= 0
    link.send_keys(Keys.ENTER)
    assert page.current_url.endswith("#main")


def test_methods_are_ready_to_paste(page):
    button = page.find_element(By.CSS_SELECTOR, "[data-copy=methods-text]")
    click(button)
    said = button.find_element(By.XPATH, "following-sibling::output")
    wait_for(lambda: said.text)
    if said.text != "Copied":
        assert page.execute_script("return getSelection().toString()").startswith("The genome (demo1)")


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
    open_page(browser, address)
    wait_for(lambda: browser.execute_script(PAINT))
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
    assert complaints(browser) == []
    print(f"{size / 1e6:.1f} MB;", "; ".join(f"{what} {ms:.0f} ms" for what, ms in times.items()))  # noqa: T201


@pytest.mark.parametrize(("dark", "width"), [(False, 1280), (True, 1280), (False, 420), (True, 420)])
def test_screenshots_in_light_and_dark_wide_and_narrow(page, tmp_path, dark, width):
    folder = Path(os.environ.get("EPIGROUP_ARTEFACTS") or tmp_path)
    shot = screenshot(page, folder, f"report-{'dark' if dark else 'light'}-{width}", dark, width)
    assert shot.stat().st_size > 50_000
