"""The red line of the report: regressions on k-mers beside the strategies, and a sentence on those that do not beat
them."""

import re

import numpy as np
import pandas as pd
import pytest

import report_settings
import report_tree
from epigroup.baselines.red_line import COLUMNS, verdict
from epigroup.report.methods.citations import citations
from epigroup.report.methods.text import beside_text
from epigroup.report.page import render
from epigroup.report.sections.red_line import against_rows, listed, red_sentence, verdicts
from epigroup.results.run import load
from result_files import file_of, write_tsv

DEFAULTS = {
    "names": ["prior", "gc", "kmer", "kmer_low_rank"],
    "examples": 100000,
    "l2": [0.01],
    "ridge": [0.1, 1],
    "ranks": [4, 8],
}


def rows(apart):
    """Rows of red_line.tsv: {strategy: its difference from kmer and from kmer_low_rank}; intervals of 0.02."""
    return [
        {
            "strategy": name, "baseline": baseline, "n_seeds": 2, "n_tasks": 5, "mean_auprc": 0.25 + difference,
            "baseline_mean_auprc": 0.25, "difference": difference, "difference_low": difference - 0.02,
            "difference_high": difference + 0.02, "mean_f1": 0.3, "baseline_mean_f1": 0.333, "f1_difference": -0.033,
            "verdict": verdict(difference, difference - 0.02),
        }
        for name, both in apart.items()
        for baseline, difference in zip(("kmer", "kmer_low_rank"), both, strict=True)
    ]  # fmt: skip


@pytest.fixture
def made(tmp_path):
    """What is read of a run of three strategies whose differences from the two regressions are as given."""
    found = report_tree.build(tmp_path, n_tasks=6, strategies=("SMTL", "KMTL", "STL"), validations=3)

    def build(apart):
        levels = ["All", *pd.read_csv(found["tasks"], sep="\t")["modality"].unique()]
        scores = [
            {
                "name": name,
                "kind": "baseline",
                "uses_test_labels": 0,
                "level": level,
                "n_tasks": 6,
                "n_nan": 1,
            }
            | {"mean_f1": 0.333 if level == "All" else 0.3, "mean_auprc": 0.25, "mean_auroc": 0.7}
            for name in ("gc", "kmer", "kmer_low_rank")
            for level in levels
        ]
        tables = {
            "simple_scores": pd.DataFrame(scores),
            "red_line": pd.DataFrame(rows(apart), columns=COLUMNS),
        }
        return load(found | {key: write_tsv(table, file_of(tmp_path, key)) for key, table in tables.items()})

    return build


def first_screen(page):
    return page[page.index('<section id="headline"') : page.index("</section>")]


def test_a_strategy_has_to_beat_each_of_the_regressions(made):
    results = made({"SMTL": (0.1, -0.01), "KMTL": (0.1, 0.01), "STL": (0.1, 0.1)})
    assert verdicts(results) == {"KMTL": "not shown", "SMTL": "does not beat", "STL": "beats"}
    assert red_sentence(results) == (
        "SMTL does not beat a ridge regression on 6-mers in mean test AUPRC: gains over it say little. "
        "KMTL is not shown to beat it."
    )


def test_the_first_screen_names_those_that_do_not(made):
    results = made({"SMTL": (-0.05, -0.01), "KMTL": (0.1, 0.1), "STL": (0.0, 0.1)})
    page = render(results, palette={}, **report_settings.settings())
    words = "SMTL and STL do not beat a ridge regression on 6-mers in mean test AUPRC: gains between them say little."
    assert f'<p class="redline">{words}</p>' in first_screen(page)
    numbers = page[page.index('<section id="strategies"') : page.index("Every score, by event modality")]
    for name in ("SMTL", "STL"):
        assert f'{name} <span class="bad small">does not beat the k-mers</span>' in numbers
    assert '<th scope="row">KMTL</th>' in numbers
    red = re.findall(r'<tr class="redline"><th scope="row">(\w+)</th>(.*?)</tr>', numbers)
    assert [name for name, _ in red] == ["kmer", "kmer_low_rank"]
    assert red[0][1].count("0.333") == 1 and "0.300" in red[0][1]
    section = page[page.index('<section id="baselines"') :]
    assert section.count('<tr class="redline">') == 2 and "Red line" in section
    assert len(against_rows(results)) == 6 and "Against the k-mers" in section
    row = section[section.index('<th scope="row">SMTL</th><td class="text">kmer</td>') :]
    cells = re.findall(r"<td[^>]*>(.*?)</td>", row[: row.index("</tr>")])
    minus = "\N{MINUS SIGN}"
    assert cells == [
        "kmer", "does not beat", "0.200 / 0.250", f"{minus}0.050", f"{minus}0.070 to {minus}0.030",
        f"{minus}0.033", "5",
    ]  # fmt: skip


def test_nothing_is_said_where_all_beat_them_or_there_are_none(made):
    page = render(
        made(dict.fromkeys(("SMTL", "KMTL", "STL"), (0.1, 0.1))), palette={}, **report_settings.settings()
    )
    assert "redline" not in first_screen(page) and "does not beat the k-mers" not in page
    assert red_sentence(made({})) == "" and verdicts(made({})) == {}
    for unknown in ({"SMTL": (np.nan, np.nan)}, {"STRANGER": (-1, -1)}):
        assert red_sentence(made(unknown)) == ""


def test_a_strategy_without_an_interval_is_not_shown_to_beat_them(made):
    results = made({"SMTL": (0.01, 0.01), "KMTL": (0.01, 0.015), "STL": (0.5, 0.5)})
    assert red_sentence(results) == (
        "KMTL and SMTL are not shown to beat a ridge regression on 6-mers in mean test AUPRC."
    )
    assert [listed(list("abc")[:n]) for n in (1, 2, 3)] == ["a", "a and b", "a, b and c"]


def test_the_methods_say_how_they_were_fitted_and_cite_whom(made):
    (words,) = beside_text(made({}), {"baselines": DEFAULTS})
    assert "penalty among 0.1, 1 that explains" in words and "with a rank among 4, 8" in words
    assert "logistic regression was chosen for each task among 0.01" in words
    (plain,) = beside_text(made({}), {"baselines": DEFAULTS | {"names": ["prior"]}})
    assert "Regressions" not in plain and "idge" not in plain
    config = report_settings.settings()["report"]["config"]
    cited = {
        names: " ".join(citations(config | {"baselines": {"names": list(names)}}, {}, ()))
        for names in (("kmer",), ("kmer", "kmer_low_rank"), ("gc",))
    }
    found = [[who in text for who in ("Hoerl", "Izenman", "Mukherjee")] for text in cited.values()]
    assert found == [[True, False, False], [True] * 3, [False] * 3]
