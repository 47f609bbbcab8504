"""The report's section of the paper whose protocol a run follows."""

from epigroup.paper.shiri2022 import NOT_COMPARABLE
from epigroup.report.section import Page, Section, fill
from epigroup.results.run import Results

TABLES = (
    ("table1", "Table I: profiles by cell group and kind.", ("cell_group", "kind")),
    ("table2", "Table II: profiles by category and group (N: sizes).", ("category", "group")),
    ("table3", "Table III: gain of KMTL over each baseline, %.", ("baseline", "level")),
    ("stated", "Numbers of the text.", ("section", "what")),
)


def the_paper(page: Page) -> Section | None:
    """The run beside the paper whose protocol it follows."""
    found = paper_section(page.results)
    return Section("paper", "The paper", fill("paper", paper=found)) if found else None


def paper_section(results: Results) -> dict | None:
    """paper, comparable, tables (title, columns, rows of (labels, paper, ours, difference)), figures,
    disagrees, silent, checked; None without a paper."""
    about = results.paper
    if about is None:
        return None
    return {
        "name": about["paper"],
        "comparable": about["comparable"],
        "not_comparable": NOT_COMPARABLE,
        "tables": [
            {
                "title": title,
                "labels": [label.replace("_", " ") for label in labels],
                "rows": [
                    {
                        "labels": [row[label] for label in labels],
                        "cells": [shown(row[key]) for key in ("paper", "ours", "difference")],
                    }
                    for row in about[name]
                ],
            }
            for name, title, labels in TABLES
        ],
        "figures": about["figures"],
        "disagrees": about["disagrees"],
        "silent": about["silent"],
        "checked": about["checked"],
    }


def shown(value) -> str:
    """A cell: numbers with their thousands apart, or to two digits; words as they are."""
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.4g}" if isinstance(value, float) else str(value)
