"""What a reader does with a page in a browser, and what is asked of the browser then."""

import json
import time

from selenium.webdriver.common.by import By

ALL_DRAWN = "return [...document.querySelectorAll('[data-chart]')].every(host => host.querySelector('svg'))"


def wait_for(condition, seconds=90):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def open_page(browser, address):
    """Open the page until its charts are drawn; what the browser says from then on is of this page."""
    browser.get("about:blank")  # an address that differs in its fragment alone loads nothing anew
    browser.get_log("browser")
    browser.get_log("performance")
    browser.get(address)
    wait_for(lambda: browser.execute_script(ALL_DRAWN))


def click(element):
    """Click where the element stands, scrolled into sight."""
    element.parent.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
    element.click()


def shown_rows(browser):
    """Texts of the rows of the table of tasks that the search leaves."""
    return browser.execute_script(
        "return [...document.querySelectorAll('#task-table tbody tr')].filter(r => !r.hidden)"
        ".map(r => [...r.cells].map(c => c.textContent))"
    )


def column_of(page, label):
    """Which column of the table of tasks has the label, and the button that sorts by it."""
    heads = page.find_elements(By.CSS_SELECTOR, "#task-table thead th")
    column = next(i for i, head in enumerate(heads) if head.text.startswith(label))
    return column, heads[column].find_element(By.TAG_NAME, "button")


def requests(browser):
    """Addresses that the browser has asked for since the page was opened."""
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    found = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    return [url for url in found if not url.startswith(("data:", "blob:"))]


def complaints(browser):
    """Errors and warnings of the browser's console since the page was opened."""
    return [entry for entry in browser.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
