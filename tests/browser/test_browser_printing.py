"""The page on paper: all charts and what is closed on the screen, and no controls."""

import base64
import re

from selenium.webdriver.common.by import By

from browser_acts import click


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
