"""The report's section on what was planted in a simulated run."""

from epigroup.report.section import Page, Section, fill
from epigroup.report.sections.strategies import planted_table


def planted(page: Page) -> Section | None:
    """How near a simulated run comes to what was planted in it."""
    found = planted_table(page.results, page.scores)
    if found is None:
        return None
    return Section("planted", "Planted truth", fill("planted", planted=found, page=page))
