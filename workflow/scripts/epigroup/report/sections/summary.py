"""The report's first section: who won, by how much, and what to be wary of."""

from epigroup.report.section import Page, Section, fill
from epigroup.report.sections.audit import audit_warnings
from epigroup.report.sections.differences import clear_tasks
from epigroup.report.sections.headline import interval_text, warnings
from epigroup.report.sections.identity import identity
from epigroup.report.sections.red_line import red_sentence
from epigroup.report.sections.strategies import REGIONS
from epigroup.report.sections.twins import twin_warnings


def headline(page: Page) -> Section:
    """Who won, by how much, what to be wary of, and what run this is."""
    html = fill(
        "headline",
        headline=page.rows,
        red_sentence=red_sentence(page.results),
        score=page.results.names.label,
        interval_text=interval_text(page.results),
        scored_on=REGIONS[page.results.headline.get("regions", "any_peak")],
        clear_tasks=clear_tasks(
            page.results,
            {name: one["grouping"] for name, one in page.report["config"]["strategies"].items()},
        ),
        targets=page.results.names.targets,
        warnings=[
            *audit_warnings(page.results),
            *twin_warnings(page.results),
            *warnings(page.results, page.rows),
        ],
        identity=identity(page.results, page.report),
    )
    return Section("headline", "Headline", html, heading=False)
