"""One browser for all tests of the folder, and the page that they open in it."""

import shutil

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from browsed_page import write_page
from browser_acts import complaints, open_page
from needed_tools import lacking

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
MISSING = None if CHROMIUM and DRIVER else "chromium and chromedriver are not on PATH"


def pytest_runtest_setup():
    """Before any fixture, so that no page is made for a browser that is not there."""
    if MISSING:
        lacking(MISSING)


@pytest.fixture(scope="session")
def downloads(tmp_path_factory):
    """Where the browser puts what it downloads."""
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="session")
def browser(tmp_path_factory, downloads):
    """It starts in seconds; each test opens the page in it anew."""
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in [*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('browser') / 'profile'}"]:
        options.add_argument(flag)
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Holds the page, and as `tree` the results that it is made of."""
    return tmp_path_factory.mktemp("small")


@pytest.fixture(scope="session")
def address(folder):
    return write_page(folder, figured=True)


@pytest.fixture
def page(browser, address):
    """The browser with the page open in it, which in the end has complained of nothing."""
    open_page(browser, address)
    yield browser
    assert complaints(browser) == []
