"""The report's section on reads and alignments: figures as people read them, grades, who was left out and why."""

import math
from types import SimpleNamespace

import pandas as pd
import pytest

from epigroup.report.sections.quality import SHOWN, account_table, read_quality, shown

TABLE = pd.DataFrame(
    {
        "profile_id": ["good", "poor"],
        "grade": ["pass", "fail"],
        "warned": ["", "nrf"],
        "failed": ["", "frip"],
        "reads": [12_345_678.0, 90.0],
        "nrf": [0.91234, 0.7],
        "frip": [0.4, math.nan],
        "unheard_of": [1.0, 2.0],
    }
)
ACCOUNTS = pd.DataFrame(
    [
        ("good", "1", "given", 1000), ("good", "1", "kept", 900), ("good", "1", "duplicate", 100),
        ("good", "1", "in the blacklist", 0), ("poor", "1", "given", 50), ("poor", "1", "kept", 20),
        ("poor", "1", "duplicate", 30), ("poor", "1", "in the blacklist", 0),
    ],
    columns=["profile_id", "replicate", "what", "reads"],
)  # fmt: skip


def page(table, accounts=None, left_out=()):
    """What the section asks of a page."""
    return SimpleNamespace(
        results=SimpleNamespace(read_quality=table, read_accounts=accounts),
        report={
            "multiqc": ["../quality/multiqc/multiqc_report.html"],
            "left_out": left_out,
            "config": {"qc": {"min_grade": "warn"}},
        },
    )


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (math.nan, "–"), (None, "–"), (math.inf, "∞"), (1e9, "∞"), (0, "0"), (0.91234, "0.912"), (9.5, "9.5"),
        (12, "12"), (12.34, "12.3"), (100.4, "100"), (12_345_678, "12,345,678"),
    ],
)  # fmt: skip
def test_a_figure_as_people_read_it(value, words):
    assert shown(value) == words


def test_figures_that_the_page_knows_are_shown_with_the_grade_that_they_earned():
    section = read_quality(page(TABLE))
    html = str(section.html)
    assert [words for words in SHOWN.values() if f">{words}</th>" in html] == ["Reads", "NRF", "FRiP"]
    assert 'href="../quality/multiqc/multiqc_report.html"' in html
    assert "12,345,678" in html and "unheard_of" not in html
    good, poor = html.split("<tbody>")[1].split("</tr>")[:2]
    assert "warn" not in good and "fail" not in good
    assert poor.index("0.7") < poor.index("warn") and poor.index("–") < poor.rindex("fail")


def test_who_was_left_out_is_named_with_the_figures():
    html = str(read_quality(page(TABLE, left_out=[("poor", "frip")])).html)
    assert "qc.min_grade: warn" in html and "poor (frip)" in html
    assert "Left out of training" not in str(read_quality(page(TABLE)).html)


def test_without_reads_there_is_no_section():
    assert read_quality(page(None)) is None
    assert account_table(None) == {"account_titles": [], "account_rows": []}


def test_reasons_for_which_no_read_was_dropped_have_no_column():
    told = account_table(ACCOUNTS)
    assert told["account_titles"] == ["given", "kept", "duplicate"]
    assert told["account_rows"] == [("good.rep1", ["1,000", "900", "100"]), ("poor.rep1", ["50", "20", "30"])]
    assert "poor.rep1" in str(read_quality(page(TABLE, ACCOUNTS)).html)
