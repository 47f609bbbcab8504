"""The report's section on profiles and examples."""

from epigroup.report.figures import numbers as tables
from epigroup.report.section import Page, Section, fill
from epigroup.report.sections.strategies import data_tables


def data(page: Page) -> Section:
    """Profiles, examples, positives."""
    html = fill(
        "data",
        n_border=int(tables.examples(page.results)["dropped_border"].sum()),
        splits_rule=page.results.dataset["splits"]["rule"],
        **data_tables(page.results),
        page=page,
    )
    return Section("data", "Data", html)
