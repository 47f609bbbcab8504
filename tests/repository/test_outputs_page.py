"""docs/reference/outputs.md: every file and column that the code describes, and every file that a rule makes."""

import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from checkouts import REPOSITORY
from epigroup.audit import CHECKS
from epigroup.baselines import BASELINES
from epigroup.quality.grades import THRESHOLDS
from epigroup.quality.measures import MEASURES
from epigroup.report.figures.catalogue import FIGURES
from epigroup.results.catalogue import FILES, described
from epigroup.results.catalogue.record import MAPPABLE, ResultFile

SCRIPT = "docs/reference/outputs.py"
PAGE = (REPOSITORY / "docs/reference/outputs.md").read_text(encoding="utf-8")


def run_script(repository, *words):
    return subprocess.run(
        [sys.executable, str(repository / SCRIPT), *words], capture_output=True, text=True, check=False
    )


def sections():
    """The text under each heading of a file, by the record's key."""
    found = re.split(r"^### (\w+)\n", PAGE, flags=re.MULTILINE)
    return {
        key: re.split(r"^## ", text, flags=re.MULTILINE)[0] for key, text in zip(found[1::2], found[2::2])
    }


def rows(text):
    """First cell -> second cell of the tables of a text; a bar within a cell is written with a stroke before it."""
    cells = (re.split(r"(?<!\\)\|", line)[1:-1] for line in text.splitlines() if line.startswith("| `"))
    return {one[0].strip().strip("`"): one[1].strip() for one in cells}


def test_the_page_is_of_the_present_code():
    run = run_script(REPOSITORY, "--check")
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("key", FILES)
def test_every_file_is_there_with_every_column_in_words(key):
    about, text = FILES[key], sections()[key]
    assert f"`{about.path}`" in text and about.about in text
    there = rows(text)
    assert list(there) == [one.name.replace("|", "\\|") for one in about.columns]
    for one in about.columns:
        meaning = there[one.name.replace("|", "\\|")].replace("\\|", "|")
        assert meaning.startswith(one.meaning) and (not one.when or f"*Needs {one.when}.*" in meaning)


def test_every_figure_is_there_with_its_caption():
    figures = rows(PAGE[PAGE.index("## Figures of a run") :])
    assert figures == {one.name: one.title for one in FIGURES}
    assert all(one.caption in PAGE for one in FIGURES)
    assert "what its record asks for" not in PAGE


def test_headings_are_anchors_that_other_pages_can_lead_to():
    titles = re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)
    anchors = Counter(re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles)
    assert [anchor for anchor, times in anchors.items() if times > 1 or "--" in anchor] == []
    assert set(FILES) <= set(anchors)
    assert set(re.findall(r"\]\(#([\w-]+)\)", PAGE)) <= set(anchors)


def test_every_file_that_a_rule_makes_is_on_the_page():
    rules = "\n".join(
        path.read_text(encoding="utf-8") for path in (REPOSITORY / "workflow/rules").glob("*.smk")
    )
    made = {path.rstrip("/") for path in re.findall(r'"<results>/([^"]+)"', rules)} - {"paper"}
    assert len(made) > 200
    others = [ResultFile("", path, "") for path in rows(PAGE) if "/" in path]
    lacking = [
        path
        for path in sorted(made)
        if (name := re.sub(r"\{\w+\}", "1", path).removeprefix(f"{MAPPABLE}/"))
        and not described(name)
        and not any(one.stands_for(name) for one in others)
    ]
    assert lacking == []


def test_every_figure_of_quality_is_said():
    assert {one.measure for one in THRESHOLDS} <= set(MEASURES)
    text = PAGE[PAGE.index("## Quality of the reads") : PAGE.index("### read_account\n")]
    assert rows(text).items() >= {name: one.meaning for name, one in MEASURES.items()}.items()


def test_every_check_and_every_baseline_is_said():
    audited = rows(PAGE[PAGE.index("## Audit of the run") : PAGE.index("### audit_table\n")])
    assert audited.items() >= {name: title for name, (_, title, _) in CHECKS.items()}.items()
    simple = rows(PAGE[PAGE.index("## Simple predictors") : PAGE.index("### baseline_metrics\n")])
    assert simple.items() >= {name: words for name, (_, _, _, words) in BASELINES.items()}.items()


def test_another_word_and_another_column_make_another_page(tmp_path):
    shutil.copytree(
        REPOSITORY / "workflow/scripts",
        tmp_path / "workflow/scripts",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    shutil.copytree(REPOSITORY / "docs/reference", tmp_path / "docs/reference")
    assert run_script(tmp_path, "--check").returncode == 0
    catalogue = tmp_path / "workflow/scripts/epigroup/results/catalogue/data.py"
    text = catalogue.read_text(encoding="utf-8")
    for change in (
        'Column("size", "Length | bp."),',
        'Column("size", "Length, bp."),\n Column("odd", "New."),',
    ):
        catalogue.write_text(text.replace('Column("size", "Length, bp."),', change, 1), encoding="utf-8")
        old = run_script(tmp_path, "--check")
        assert old.returncode == 1 and "is not of the present code; run make reference" in old.stderr
    assert run_script(tmp_path).returncode == 0 and run_script(tmp_path, "--check").returncode == 0
    assert "| `odd` | New. |" in Path(tmp_path / "docs/reference/outputs.md").read_text(encoding="utf-8")
