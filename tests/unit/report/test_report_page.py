"""The page as a whole: well formed, safe, asking nothing of the network, and with what a run has alone."""

import base64
import json
import re

import numpy as np

import report_settings
import report_tree
from epigroup.report import page as report
from epigroup.report.page import make_report, plain, render
from epigroup.report.section import Section, fill
from epigroup.report.sections import SECTIONS
from report_pages import Words, embedded, text_of


def test_page_is_well_formed_and_asks_nothing_of_the_network(page):
    words = Words(page)
    assert not words.open
    assert len(words.ids) == len(set(words.ids))
    assert all(link.startswith(("#", "data:")) for link in words.links)
    to_tasks = {link for link in words.links if link.startswith("#task=")}
    assert len(to_tasks) == 24
    assert {link[1:] for link in set(words.links) - to_tasks if link.startswith("#")} <= set(words.ids)
    assert "http" not in re.sub(r"http://www\.w3\.org/2000/svg", "", page)


def test_page_escapes_what_the_sheet_says(page):
    assert "</script><b>x" not in page
    assert embedded(page)["tasks"]["target"][1] == "</script><b>x"
    assert "</script><b>x" in "".join(Words(page).text)


def test_page_says_what_matters(page):
    text = text_of(page)
    for words in (
        "gain beyond the interval",
        "never shows that the method does",
        "random, same sizes",
        "arXiv:2209.11892",
        "learning rate 0.002",
        "k-means on the rows of E of SMTL, K = 4, 50 starts",
        "chr4:1,000-900,000",
        "cdcdcdcdcdcdcdcd",
        "0123456789abcdef",
        "P000_ATAC.rep1",
    ):
        assert words in text, words


def test_figures_that_were_drawn_are_linked_and_the_configs_caption_stands_under_them(results, tmp_path):
    looks = {"captions": {"embedding": "Where <each> task lies."}, "watts": {"gpu": 300.0, "cpu": 7.0}}
    drawn = {name: tmp_path / f"{name}.svg" for name in ("embedding", "gains")}
    for kind, content in (("svg", b"<svg/>" * 20_000), ("png", b"\x89PNG and pixels")):
        for name in drawn:
            (tmp_path / f"{name}.{kind}").write_bytes(content)
    page = render(results, palette={}, figures=looks, drawn=drawn, **report_settings.settings())
    words = Words(page)
    files = sorted(link for link in words.links if link.startswith("../"))
    assert files == [
        f"../figures/{n}.{kind}" for n in ("embedding", "gains") for kind in ("png", "svg", "tsv")
    ]
    assert "Where <each> task lies." in "".join(words.text)
    # the page draws the embedding itself; what it cannot draw it holds, by the smaller of the two files
    held = [link for link in words.links if link.startswith("data:image")]
    assert held == [f"data:image/png;base64,{base64.b64encode(content).decode()}"]
    drawn["gains"].write_bytes(b"<svg/>")
    assert base64.b64encode(b"<svg/>").decode() in render(
        results, palette={}, drawn=drawn, **report_settings.settings()
    )
    for kind in ("svg", "png"):
        (tmp_path / f"gains.{kind}").write_bytes(bytes(2_000_000))
    large = render(results, palette={}, drawn=drawn, **report_settings.settings())
    assert "data:image" not in large and "Figure gains is too large" in large
    assert "matrix of head weights of the network trained on all tasks (compare" not in page
    assert "compare Table III" in page


def mine(page):
    return Section("mine", "My own", fill("cost", costs=[], watts={"gpu": 1, "cpu": 1}, page=page))


def nothing(page):
    return None


def test_a_section_that_has_nothing_is_left_out_and_one_that_is_added_is_shown(results, monkeypatch):
    monkeypatch.setattr(report, "SECTIONS", (*SECTIONS, f"{__name__}:mine", f"{__name__}:nothing"))
    page = render(results, palette={}, **report_settings.settings())
    assert '<a href="#mine">My own</a>' in page and '<section id="mine">' in page
    assert not Words(page).open


def test_a_run_without_comparison_heads_or_truth_has_a_report(tmp_path):
    inputs = report_tree.build(tmp_path, n_tasks=8, seeds=(3,), strategies=("STL",))
    for key in ("agreement", "ceiling", "fastp", "flagstat"):
        del inputs[key]
    settings = report_settings.settings() | {"grouping": None}
    out = tmp_path / "report.html"
    make_report(inputs, str(out), figures={"palette": {}, "dpi": 100}, **settings)
    page = out.read_text()
    assert "Planted truth" not in page
    assert "no comparison was asked for" in page
    assert "there is one seed" in page
    assert not Words(page).open


def test_plain_refuses_nothing_json_can_say():
    found = plain({"a": [np.float32(0.123456789), np.nan, np.int64(3), "x", None, float("inf")]})
    assert json.dumps(found, allow_nan=False) == '{"a": [0.12346, null, 3, "x", null, null]}'
