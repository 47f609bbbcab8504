"""The result of a run in the few lines that end it: who won, and what to be wary of."""

from collections.abc import Mapping
from textwrap import shorten
from typing import Any

from epigroup.audit.finding import FAIL, WARN
from epigroup.report.sections.headline import headline_rows, lead_sentence
from epigroup.report.sections.red_line import red_sentence
from epigroup.results.run import Results, load

# So many findings of the audit are told in words, of so many letters each: what they measured is a paragraph.
TOLD, LETTERS = 2, 120


def result_lines(inputs: Mapping[str, Any]) -> list[str]:
    """The report's first sentence with what simple rivals say to it, and the audit's findings; inputs and errors as in
    `results.run.load`."""
    results = load(inputs)
    lead = lead_sentence(headline_rows(results, {}), results)
    result = " ".join(filter(None, [f"Result: {lead}", red_sentence(results)]))
    return [result, *audit_lines(results)]


def audit_lines(results: Results) -> list[str]:
    """How many checks of the audit fail or warn, and a line for each of the first, the gravest before the others."""
    if results.audit is None:
        return []
    findings = results.audit["findings"]
    grave = [one for verdict in (FAIL, WARN) for one in findings if one["verdict"] == verdict]
    if not grave:
        return [f"Warnings: none by the {len(findings)} checks of the audit."]
    head = f"Warnings: {len(grave)} of {len(findings)} checks of the audit" + (
        ", of which:" if grave[TOLD:] else ":"
    )
    told = [f"{one['verdict']}, {one['title']}: {one['figure']}" for one in grave[:TOLD]]
    return [head, *(f"  {shorten(one, LETTERS, placeholder=' …')}" for one in told)]
