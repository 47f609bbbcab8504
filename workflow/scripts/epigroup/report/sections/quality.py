"""The report's section on the quality of reads, alignments and peaks."""

import math

import pandas as pd

from epigroup.quality.measures import MEASURES
from epigroup.reads.accounts import GIVEN, KEPT
from epigroup.report.section import Page, Section, fill
from epigroup.report.sections.strategies import data_tables

SHOWN = {name: one.title for name, one in MEASURES.items() if one.shown}


def read_quality(page: Page) -> Section | None:
    """A row a profile from reads, its figures and grade, and who was left out for it."""
    table = page.results.read_quality
    if table is None:
        return None
    measures = [name for name in SHOWN if name in table]
    rows = []
    for row in table.to_dict("records"):
        warned, failed = row["warned"].split(", "), row["failed"].split(", ")
        below = dict.fromkeys(warned, "warn") | dict.fromkeys(failed, "fail")
        cells = [{"text": shown(row[name]), "grade": below.get(name, "")} for name in measures]
        rows.append({"name": row["profile_id"], "grade": row["grade"] or "not graded", "cells": cells})
    html = fill(
        "reads",
        titles=[SHOWN[name] for name in measures],
        rows=rows,
        multiqc=page.report["multiqc"],
        left_out=page.report["left_out"],
        min_grade=page.report["config"].get("qc", {}).get("min_grade", "fail"),
        **account_table(page.results.read_accounts),
    )
    return Section("reads", "Reads", html)


def account_table(accounts: pd.DataFrame | None) -> dict:
    """account_titles: given, kept and every reason for which a read was dropped; account_rows: (replicate, numbers of
    reads by these). The reads kept and dropped of each row are those given, as `reads.accounts` made sure."""
    if accounts is None:
        return {"account_titles": [], "account_rows": []}
    some = accounts.groupby("what", sort=False)["reads"].sum()
    titles = [what for what in some.index if what in (GIVEN, KEPT) or some[what]]
    wide = accounts.pivot(index=["profile_id", "replicate"], columns="what", values="reads")
    rows = [
        (f"{profile}.rep{replicate}", [f"{row[title]:,}" for title in titles])
        for (profile, replicate), row in wide.reindex(columns=titles).iterrows()
    ]
    return {"account_titles": titles, "account_rows": rows}


def shown(value: float) -> str:
    """A figure as people read it; a dash where it is not known."""
    if value is None or math.isnan(value):
        return "–"
    if value >= 1e9:
        return "∞"
    return f"{value:,.0f}" if value >= 100 or (value >= 10 and value == int(value)) else f"{value:.3g}"


def quality(page: Page) -> Section | None:
    """Peaks by assay, and reads of the profiles that entered as reads."""
    found = data_tables(page.results)
    if not (found["peak_rows"] or found["read_rows"]):
        return None
    return Section("quality", "Sample quality", fill("quality", **found))
