"""The report in a real browser: no error, no network, and what a reader does with it works."""

import base64
import json
import os
import shutil
import time
from pathlib import Path

import pytest

import report_tree
from epigroup.report import make_report

webdriver = pytest.importorskip("selenium.webdriver")
from selenium.webdriver.chrome.service import Service  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import Select  # noqa: E402

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
pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="chromium and chromedriver are not on PATH")


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
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


def write_page(folder, **sizes):
    inputs = report_tree.build(folder / "tree", **sizes)
    path = folder / "report.html"
    make_report(inputs, str(path), figures={"palette": {}, "dpi": 100}, **report_tree.settings())
    return path.as_uri()


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    return write_page(tmp_path_factory.mktemp("small"))


@pytest.fixture
def page(browser, address):
    browser.get_log("browser")
    browser.get_log("performance")
    browser.get(address)
    wait_for(lambda: browser.execute_script(ALL_DRAWN))
    yield browser
    complaints = [entry for entry in browser.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
    assert complaints == []


def wait_for(condition, seconds=10):
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
        drawn = host.find_elements(By.CSS_SELECTOR, "svg[role=img]")
        assert drawn, host.get_attribute("data-chart")
        assert all(svg.get_attribute("aria-label") for svg in drawn)
        assert "NaN" not in host.get_attribute("innerHTML")


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
    assert "KMTL_test_f1" in lines[0].split("\t")
    assert len({line.count("\t") for line in lines}) == 1


@pytest.mark.parametrize(("dark", "width"), [(False, 1280), (True, 1280), (False, 420), (True, 420)])
def test_screenshots_in_light_and_dark_wide_and_narrow(page, dark, width):
    shot = artefact(page, f"report-{'dark' if dark else 'light'}-{width}", dark, width)
    assert shot.stat().st_size > 50_000


def test_the_papers_size_shows_and_sorts_fast(browser, tmp_path):
    browser.get(write_page(tmp_path, n_tasks=367, seeds=(1,), validations=120))
    paint = "return performance.getEntriesByName('first-contentful-paint').map(e => e.startTime)[0]"
    wait_for(lambda: browser.execute_script(paint))
    assert browser.execute_script(paint) < 3000
    sorting = (
        "const b = document.querySelectorAll('#task-table thead button')[9], t = performance.now();"
        "b.click(); document.body.offsetHeight; return performance.now() - t"
    )
    assert min(browser.execute_script(sorting) for _ in range(3)) < 300
