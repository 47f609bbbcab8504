"""The report's section on what training cost."""

from epigroup.report.section import Page, Section, fill
from epigroup.report.sections.comparison import cost_rows, energy_rows

WATTS = {"gpu": 400.0, "cpu": 10.0}  # W of a GPU and of a thread of a CPU; figures.watts of the config


def cost(page: Page) -> Section | None:
    """Hours, FLOP and energy of each strategy."""
    watts = page.figures.get("watts", WATTS)
    costs = energy_rows(cost_rows(page.results), watts)
    return Section("cost", "Cost", fill("cost", costs=costs, watts=watts, page=page)) if costs else None
