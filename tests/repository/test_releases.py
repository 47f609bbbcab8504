"""The version stands in one place, and the changelog says of every entry what it reruns."""

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from datetime import date

import pytest
import yaml

import epigroup
from checkouts import LIBRARY, REPOSITORY

CHANGELOG = REPOSITORY / "CHANGELOG.md"
NUMBER = r"\d+\.\d+\.\d+"
KINDS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
# What a statement may begin with, or a stage that it names.
STAGES = (
    "genome", "reads", "alignments", "peaks", "quality", "labels", "data set", "training", "groupings", "evaluation",
    "comparison", "audit", "patience study", "figures", "report", "plan",
)  # fmt: skip


def headings(text):
    """What each heading of a version says: its name, its date or None."""
    found = re.findall(r"^## (.*)$", text, re.MULTILINE)
    parts = [re.fullmatch(rf"\[(Unreleased|{NUMBER})\](?: - (\d{{4}}-\d\d-\d\d))?", one) for one in found]
    assert all(parts), found
    return [(one[1], one[2]) for one in parts]


def faults(text, version):
    """What is wrong with the headings of a changelog."""
    found = headings(text)
    dates = [date.fromisoformat(when) for _, when in found if when]
    numbers = [tuple(map(int, name.split("."))) for name, _ in found if name != "Unreleased"]
    return [
        *[name for name, when in found if (when is None) != (name == "Unreleased")],
        *["Unreleased is not the first" for name, _ in found[1:] if name == "Unreleased"],
        *(["dates"] if dates != sorted(dates, reverse=True) else []),
        *(["numbers"] if numbers != sorted(set(numbers), reverse=True) else []),
        *([f"not {version}"] if found[0][0] not in ("Unreleased", version) else []),
    ]


def entries(text):
    """The entries of the uppermost version, each with the lines that belong to it."""
    newest = re.split(r"^## .*\n", text, flags=re.MULTILINE)[1]
    assert set(re.findall(r"^### (.*)$", newest, re.MULTILINE)) <= set(KINDS)
    parts = re.split(r"^(?:- |### .*\n)", newest, flags=re.MULTILINE)[1:]
    return [part.strip() for part in parts if part.strip()]


def reruns(entry):
    """What an entry says that it reruns; None where it says nothing of that, or names no stage."""
    said = re.search(r"(?:^|\s)Reruns: (.+?)\.$", entry, re.DOTALL)
    if said is None or not (
        said[1].startswith(("nothing", "all jobs")) or any(stage in said[1] for stage in STAGES)
    ):
        return None
    return said[1]


def test_the_changelog_begins_with_this_version_or_what_is_not_released():
    text = CHANGELOG.read_text(encoding="utf-8")
    assert re.fullmatch(NUMBER, epigroup.__version__)
    assert faults(text, epigroup.__version__) == []


def test_every_entry_says_what_it_reruns():
    found = entries(CHANGELOG.read_text(encoding="utf-8"))
    assert len(found) >= 1
    assert [entry[:70] for entry in found if reruns(entry) is None] == []


@pytest.mark.parametrize(
    ("lines", "wrong"),
    [
        (["[Unreleased]", "[0.2.0] - 2026-12-01", "[0.1.0] - 2026-11-30"], False),
        (["[0.2.0] - 2026-12-01", "[0.1.0] - 2026-12-01"], False),
        (["[0.3.0] - 2026-12-01"], True),  # not the version of the library
        (["[0.2.0]"], True),
        (["[Unreleased] - 2026-12-01"], True),
        (["[0.2.0] - 2026-12-01", "[Unreleased]"], True),
        (["[0.2.0] - 2026-11-30", "[0.1.0] - 2026-12-01"], True),
        (["[0.2.0] - 2026-12-02", "[0.10.0] - 2026-12-01"], True),
    ],
)
def test_headings_that_are_wrong_are_found(lines, wrong):
    assert bool(faults("".join(f"## {line}\n" for line in lines), "0.2.0")) == wrong


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("A. Reruns: nothing.", "nothing"),
        ("A\n  Reruns: training and what follows.", "training and what follows"),
        ("A report that is better.", None),
        ("A. Reruns: some of it.", None),
    ],
)
def test_statements_of_entries_are_read(entry, said):
    text = (
        f"## [Unreleased]\n\n### Added\n- {entry}\n- B. Reruns: nothing.\n\n## [0.1.0] - 2026-11-30\n- Old.\n"
    )
    assert [reruns(one) for one in entries(text)] == [said, "nothing"]


def test_the_version_stands_in_one_place():
    """Other files read it from the library, or are held equal to it here."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" not in project["project"] and project["project"]["dynamic"] == ["version"]
    assert project["tool"]["setuptools"]["dynamic"] == {"version": {"attr": "epigroup.__version__"}}
    citation = yaml.safe_load((REPOSITORY / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == epigroup.__version__
    released = dict(headings(CHANGELOG.read_text(encoding="utf-8"))).get(epigroup.__version__)
    assert str(citation.get("date-released")) == str(released)
    pages = [path for folder in ("docs", "profiles") for path in (REPOSITORY / folder).rglob("*.md")]
    pages += [*REPOSITORY.glob("*.md"), *(REPOSITORY / "container").iterdir()]
    assert len(pages) > 10
    named = {
        (path.name, tag) for path in pages for tag in re.findall(rf"epigroup:({NUMBER})", path.read_text())
    }
    assert {tag for _, tag in named} <= {epigroup.__version__}, named


def test_a_package_that_is_built_holds_the_whole_library(tmp_path):
    """Or an installation would pass, and imports fail."""
    source = tmp_path / "source"
    shutil.copytree(LIBRARY, source / "workflow/scripts", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(REPOSITORY / "pyproject.toml", source)
    options = ["--no-build-isolation", "--no-deps", "--no-index", "--wheel-dir", tmp_path]
    words = [sys.executable, "-m", "pip", "wheel", "--quiet", *options, source]
    made = subprocess.run(words, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    [wheel] = tmp_path.glob(f"epigroup-{epigroup.__version__}-*.whl")
    there = {
        path.relative_to(LIBRARY).as_posix() for path in (LIBRARY / "epigroup").rglob("*") if path.is_file()
    }
    there = {name for name in there if name.endswith((".py", ".tsv"))}
    with zipfile.ZipFile(wheel) as held:
        assert {name for name in held.namelist() if name.startswith("epigroup/")} == there and len(
            there
        ) > 300
