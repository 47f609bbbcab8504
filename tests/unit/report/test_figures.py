"""Figures are a record each: what the records say holds, and the one of contributing.md touches no other file."""

import os
import pickle
import re
import shutil
import subprocess
import sys
from dataclasses import fields, replace
from itertools import chain
from pathlib import Path

import pytest
import yaml

import report_settings
from checkouts import REPOSITORY
from epigroup.config.settings import complete_config
from epigroup.digest import code as digest
from epigroup.report import section
from epigroup.report.figures import draw
from epigroup.report.figures.catalogue import FIGURES
from epigroup.report.figures.record import Has, Shown
from epigroup.report.section import TEMPLATES
from epigroup.report.sections import SECTIONS
from epigroup.run import paper, report
from epigroup.run.facts import open_run
from report_pages import section_of
from worked_examples import examples

NAMES = [one.name for one in FIGURES]
NOTHING = Has(frozenset(), ("STL",), (), (), headline=False, heads=False, shown=Shown())


@pytest.fixture
def run(tmp_path, monkeypatch):
    shutil.copytree(REPOSITORY / "tests/mini", tmp_path / "tests/mini")
    monkeypatch.chdir(tmp_path)
    return open_run(complete_config(yaml.safe_load(Path("tests/mini/config.yaml").read_text())))


def test_every_record_names_functions_and_words_that_there_are():
    assert len(set(NAMES)) == len(NAMES)
    for one in FIGURES:
        assert callable(draw.function_of(one.numbers)) and callable(draw.function_of(one.drawer)), one.name
        assert one.category and one.title and one.caption, one.name
        assert set(one.told) <= {known.name for known in fields(Shown)}, one.name
        assert isinstance(one.needs(NOTHING), bool), one.name


def test_every_figure_stands_on_the_page():
    """In a template, or at the end of a section that there is; those of templates in none twice."""
    templates = "".join(path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.j2"))
    placed = set(re.findall(r'page\.(?:still|files|picture)\("(\w+)"', templates))
    assert placed <= set(NAMES)
    page = Path(section.__file__).parent.rglob("*.py")
    made = (re.findall(r'\bSection\(\s*"(\w+)"', path.read_text(encoding="utf-8")) for path in page)
    keys = set(chain.from_iterable(made))
    assert len(keys) == len(SECTIONS)
    for one in FIGURES:
        assert (one.section is None) == (one.name in placed) and one.section in {None, *keys}, one.name


def test_a_run_has_the_figures_of_what_it_has(run):
    assert [one.name for one in report.data_figures(run)] == ["examples", "positives"]
    assert {one.name for one in FIGURES if one.needs(NOTHING)} >= {
        "strategies", "technique", "curves", "examples", "positives",
    }  # fmt: skip
    needy = {
        "gains",
        "strata",
        "affinities",
        "similarity",
        "sweep",
        "planted",
        "search",
        "patience",
        "regret",
    }
    assert not any(one.needs(NOTHING) for one in FIGURES if one.name in needy)
    found = report.has(run)
    assert found.shown.grouping == report.shown_grouping(run) and found.sections == set(run.config)
    mine = [one.name for one in report.figures(run)]
    assert mine == [name for name in NAMES if name in mine] and {"pairs", "gains", "embedding"} <= set(mine)
    studied = replace(found, sections=found.sections | {"patience_study"})
    assert not {"patience", "regret"} & set(mine)
    assert {one.name for one in FIGURES if one.needs(studied)} - set(mine) >= {"patience", "regret"}


def test_a_caption_a_figure_which_gives_way_to_the_configs(tmp_path):
    report.write_captions(tmp_path / "captions")
    written = {path.stem: path for path in (tmp_path / "captions").iterdir()}
    assert sorted(written) == sorted(NAMES)
    for one in FIGURES:
        text = written[one.name].read_text()
        assert text.startswith(f'{{% set own = snakemake.params.cfg["captions"]["{one.name}"] %}}\n')
        assert f"\n{{{{ own }}}}\n{{% else %}}\n{one.caption}\n{{% endif %}}\n" in text
    before = {name: path.stat().st_mtime_ns for name, path in written.items()}
    report.write_captions(tmp_path / "captions")
    assert {name: path.stat().st_mtime_ns for name, path in written.items()} == before


def test_rules_read_the_records_without_what_draws():
    words = "import sys, epigroup.run.report; print(*{'matplotlib', 'jinja2'} & set(sys.modules))"
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "workflow/scripts")}
    run = subprocess.run(
        [sys.executable, "-c", words], capture_output=True, text=True, check=True, env=environment
    )
    assert run.stdout.strip() == ""


@pytest.fixture
def copy(tmp_path, monkeypatch):
    scripts = tmp_path / "workflow" / "scripts"
    shutil.copytree(
        REPOSITORY / "workflow", tmp_path / "workflow", ignore=shutil.ignore_patterns("__pycache__")
    )
    monkeypatch.setattr(digest, "SCRIPTS", scripts)
    return scripts


def test_an_edit_of_numbers_or_drawing_redraws(copy):
    """The modules of all functions that the records name are part of the code of the rule that draws them, and those
    of the data set alone of the rule that draws these."""
    data = report.drawing_modules(one for one in FIGURES if one.of_data)
    results = report.drawing_modules(one for one in FIGURES if not one.of_data)
    entries = [entry for one in FIGURES if not one.of_data for entry in (one.numbers, one.drawer)]
    named = {module: name for module, _, name in (entry.partition(":") for entry in entries)}
    assert sorted(f"epigroup.{module}" for module in results) == sorted(named)
    before, of_data = (digest.code_digest("draw_figures", modules) for modules in (results, data))
    for module, name in named.items():
        path = copy / Path(*module.split(".")).with_suffix(".py")
        text = path.read_text(encoding="utf-8")
        head = re.search(rf"^def {name}\(.*?\) -> [^\n]+:\n", text, flags=re.MULTILINE | re.DOTALL)
        path.write_text(text[: head.end()] + "    print()\n" + text[head.end() :], encoding="utf-8")
        assert digest.code_digest("draw_figures", results) != before, (module, name)
        if module.endswith(".strata"):
            assert digest.code_digest("draw_figures", data) == of_data
        path.write_text(text, encoding="utf-8")


STRANGER = """
import pickle, sys
from pathlib import Path

from epigroup.report.figures.draw import draw_figures
from epigroup.report.figures.record import Shown
from epigroup.report.page import render
from epigroup.results.run import load
from epigroup.run import paper, report

given = pickle.loads(Path("given.pickle").read_bytes())
assert "depth" in [one.name for one in report.FIGURES]
assert "report.figures.depth" in report.drawing_modules(report.FIGURES)
draw_figures(given["inputs"], ["depth.svg", "depth.png", "depth.tsv"], palette={}, dpi=50, shown=Shown(joint="SMTL"))
page = render(load(given["inputs"]), palette={}, drawn={"depth": Path("depth.svg").absolute()}, **given["settings"])
Path("page.html").write_text(page, encoding="utf-8")
report.write_captions("captions")
"""


def test_a_stranger_adds_a_figure_by_one_record_and_two_functions(copy, tmp_path, inputs):
    before = {path.stem: digest.code_digest(path.stem) for path in copy.glob("*.py")}
    record, functions = examples()["A figure"]
    assert record.path.endswith("figures/catalogue.py") and functions.path.endswith("figures/depth.py")
    record.do(tmp_path)
    functions.do(tmp_path)
    rerun = {name for name, known in before.items() if digest.code_digest(name) != known}
    assert rerun == {"draw_figures", "make_report", "print_plan"}  # which leaves no file

    given = {"inputs": inputs, "settings": report_settings.settings()}
    (tmp_path / "given.pickle").write_bytes(pickle.dumps(given))
    run = subprocess.run(
        [sys.executable, "-c", STRANGER], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(copy)},
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "depth.svg").read_text().rstrip().endswith("</svg>")
    assert (tmp_path / "depth.tsv").read_text().startswith("task_id\tmodality\tn_peaks\tjoint\n")
    assert "Peaks of each task." in (tmp_path / "captions/depth.rst").read_text()
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    section = section_of(page, "data")
    assert 'alt="Figure depth: Peaks of each task"' in section and "../figures/depth.tsv" in section


def test_a_figure_more_reruns_no_other_job(run):
    """Whoever else is told the names of figures is told those that it heeds."""
    config = {**run.config, "paper": "shiri2022"}
    mine = [one.name for one in report.figures(run)]
    told = paper.paper_settings(replace(run, config=config), mine)
    assert told == paper.paper_settings(replace(run, config=config), [*mine, "depth"])
    assert "gains" in told["figures"] and "technique" not in told["figures"]
