"""The report at the size of Shiri & Sun 2022 in a real browser: 367 tasks, 6 strategies, 3 seeds.

A results tree is made up and turned into its page; headless Chromium opens it from disk, several times. First
paint is the browser's own figure (first-contentful-paint), the others are taken by `performance.now()` around
the reader's act and the layout that follows it. Needs chromium and chromedriver.

    python benchmarks/report.py [--tasks 367] [--seeds 3] [--rounds 5] [--scratch FOLDER]
"""

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "workflow" / "scripts"), str(ROOT / "tests" / "shared")]

from measuring import Figures, described, write_figures  # noqa: E402
from selenium import webdriver  # noqa: E402
from selenium.webdriver.chrome.service import Service  # noqa: E402

import report_settings  # noqa: E402
import report_tree  # noqa: E402
import tree_strata  # noqa: E402
from browser_acts import requests  # noqa: E402
from epigroup.report.page import make_report  # noqa: E402

FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1280,900"]
PAINT = "return (performance.getEntriesByName('first-contentful-paint')[0] || {}).startTime || null"
ACTS = {
    "a sort, the slowest column": """
        return Math.max(...[...document.querySelectorAll('#task-table thead button')].map(button => {
          const start = performance.now(); button.click(); document.body.offsetHeight;
          return performance.now() - start; }))""",
    "a search": """
        const box = document.getElementById('task-search'), start = performance.now();
        box.value = 'ctcf'; box.dispatchEvent(new Event('input')); document.body.offsetHeight;
        const spent = performance.now() - start;
        box.value = ''; box.dispatchEvent(new Event('input')); return spent""",
    "another metric in the table": """
        const list = document.getElementById('task-metric'), start = performance.now();
        list.value = 'test_auroc'; list.dispatchEvent(new Event('change')); document.body.offsetHeight;
        return performance.now() - start""",
    "the page of a task": """
        const start = performance.now();
        location.hash = document.querySelectorAll('#task-table tbody a')[9].hash;
        window.dispatchEvent(new HashChangeEvent('hashchange')); document.body.offsetHeight;
        return performance.now() - start""",
    "another colour of the embedding": """
        const start = performance.now();
        document.querySelector('input[name=colour-by][value=cell_group]').click(); document.body.offsetHeight;
        return performance.now() - start""",
}


def measure(folder: Path, n_tasks: int, n_seeds: int, rounds: int) -> Figures:
    """Size of the page and how fast it is; times of the browser are medians over `rounds`."""
    inputs = report_tree.build(folder, n_tasks=n_tasks, seeds=tuple(range(1, n_seeds + 1)), validations=120)
    inputs = tree_strata.with_strata(folder, inputs)
    page = folder / "report.html"
    start = time.perf_counter()
    make_report(inputs, str(page), figures={"palette": {}, "dpi": 100}, **report_settings.settings())
    figures: Figures = {
        "tasks": (n_tasks, ""),
        "strategies": (len(report_settings.STRATEGIES), ""),
        "making the page": (time.perf_counter() - start, "s"),
        "the page": (page.stat().st_size / 1e6, "MB"),
    }
    options = webdriver.ChromeOptions()
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    options.binary_location = shutil.which("chromium") or shutil.which("google-chrome")
    for flag in FLAGS:
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    times: dict[str, list[float]] = {name: [] for name in ("first paint", *ACTS)}
    try:
        figures["browser"] = (f"Chromium {driver.capabilities['browserVersion']}", "")
        for _ in range(rounds):
            driver.get("about:blank")
            driver.get(page.as_uri())
            while (paint := driver.execute_script(PAINT)) is None:
                time.sleep(0.05)
            times["first paint"].append(paint)
            time.sleep(2)  # the charts below the fold are drawn when the browser is idle
            for name, act in ACTS.items():
                times[name].append(driver.execute_script(act))
        own = {page.as_uri(), "about:blank"}
        figures["errors and warnings of the console"] = (len(driver.get_log("browser")), "")
        figures["requests beside the page itself"] = (len({*requests(driver)} - own), "")
    finally:
        driver.quit()
    for name, taken in times.items():
        figures[name] = (statistics.median(taken), "ms")
        figures[f"{name}, slowest of {rounds}"] = (max(taken), "ms")
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tasks", type=int, default=367)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scratch", type=Path, help="folder for the tree; a temporary one when absent")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/out/report.json"))
    args = parser.parse_args()
    if args.scratch:
        args.scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=args.scratch and args.scratch.resolve()) as folder:
        figures = measure(Path(folder), args.tasks, args.seeds, args.rounds)
    write_figures(args.out, described(figures))


if __name__ == "__main__":
    main()
