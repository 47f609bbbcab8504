"""The report's section on all mappable bins."""

from epigroup.report.section import Page, Section, fill
from epigroup.report.sections.strategies import regions_tables


def regions(page: Page) -> Section | None:
    """The same networks on all mappable bins."""
    both = regions_tables(page.results)
    names = page.results.names
    if both is None:
        return None
    html = fill(
        "regions", regions=both, score=names.label, shown=names.shown, of_labels=names.targets == "labels"
    )
    return Section("regions", "All mappable bins", html)
