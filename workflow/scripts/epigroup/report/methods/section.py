"""The report's section on methods, settings and what to cite."""

import yaml

from epigroup.report.methods.citations import citations
from epigroup.report.methods.text import methods
from epigroup.report.section import Page, Section, fill


def method(page: Page) -> Section:
    """Methods in words, every setting, and what to cite."""
    config = page.report["config"]
    html = fill(
        "methods",
        methods=methods(page.results, config, page.training, page.grouping, page.report["used"]),
        settings_text=yaml.safe_dump(
            {"config": config, "training by strategy": dict(page.training)}, sort_keys=True
        ),
        citations=citations(config, page.training, page.report["used"]),
    )
    return Section("methods", "Methods", html)
