"""The result of a run in the lines that end it says what the report's first screen says."""

import dataclasses

import pytest

from epigroup.report.ending import LETTERS, audit_lines, result_lines
from epigroup.report.sections.headline import headline_rows, lead_sentence
from epigroup.report.sections.red_line import red_sentence


def test_the_first_line_is_the_reports_first_sentence(inputs, results):
    first, *_ = result_lines(inputs)
    lead = lead_sentence(headline_rows(results, {}), results)
    assert first.startswith(f"Result: {lead}") and first.endswith(red_sentence(results) or lead)


def finding(title, verdict, figure):
    return {"title": title, "verdict": verdict, "figure": figure}


@pytest.mark.parametrize(
    ("findings", "lines"),
    [
        ([finding("A", "pass", "0 %.")], ["Warnings: none by the 1 checks of the audit."]),
        (
            [finding("A", "warn", "1 %."), finding("B", "pass", "2 %."), finding("C", "fail", "3 %.")],
            ["Warnings: 2 of 3 checks of the audit:", "  fail, C: 3 %.", "  warn, A: 1 %."],
        ),
        (
            [finding(name, "warn", "1 %.") for name in "ABC"],
            ["Warnings: 3 of 3 checks of the audit, of which:", "  warn, A: 1 %.", "  warn, B: 1 %."],
        ),
    ],
)
def test_the_gravest_findings_come_first_and_two_are_told(results, findings, lines):
    assert audit_lines(dataclasses.replace(results, audit={"findings": findings})) == lines


def test_a_finding_of_many_words_takes_one_line(results):
    long = [finding("A", "fail", "many words " * 100)]
    [_, told] = audit_lines(dataclasses.replace(results, audit={"findings": long}))
    assert len(told) <= LETTERS + 2 and told.endswith("…")


def test_a_run_without_an_audit_says_nothing_of_it(results):
    assert audit_lines(dataclasses.replace(results, audit=None)) == []
