"""The report's sections on simple baselines and on strata of the test bins."""

import pandas as pd

from epigroup import baselines as simple
from epigroup.report.figures.strata_tables import over_correlation, stratum_scores
from epigroup.report.section import Page, Section, fill
from epigroup.report.sections.headline import number
from epigroup.report.sections.red_line import against_rows
from epigroup.results.run import Results

SHOWN_MARKS = 12
ORDERS = {
    "specificity": "Cell types that share a peak",
    "gc": "GC",
    "tss": "Distance to a transcription start",
}
ALL_REGIONS = "all regions"


def baselines(page: Page) -> Section | None:
    """Baselines beside the strategies, and whose networks do no better."""
    scores, marks = page.results.simple_scores, page.results.marks
    if scores is None or scores.empty:
        return None
    names = page.results.strategy_names
    kept = scores[(scores["level"] == "All") & ((scores["kind"] == "baseline") | scores["name"].isin(names))]
    rows = [
        {
            "name": row.name,
            "words": simple.words(row.name) if row.kind == "baseline" else "",
            "red": row.name in simple.RED_LINE,
            "uses_test_labels": bool(row.uses_test_labels),
            "n_tasks": int(row.n_tasks - row.n_nan),
            "cells": [number(x) for x in (row.mean_f1, row.mean_auprc, row.mean_auroc)],
        }
        for row in kept.itertuples(index=False)
    ]
    marked = []
    for name, mine in (marks if marks is not None else pd.DataFrame(columns=["strategy"])).groupby(
        "strategy", sort=False
    ):
        if name not in names:
            continue
        worse = mine[mine["mark"] == "no better"]
        marked.append(
            {
                "name": name,
                "n_tasks": int(mine["difference"].notna().sum()),
                "n_worse": len(worse),
                "n_open": int((mine["mark"] == "not shown").sum()),
                "shown": [f"{row.task_id} ({row.baseline})" for row in worse.head(SHOWN_MARKS).itertuples()],
                "more": max(0, len(worse) - SHOWN_MARKS),
            }
        )
    html = fill("baselines", rows=rows, against=against_rows(page.results), marked=marked)
    return Section("baselines", "Baselines", html, data=task_marks(page.results))


def strata(page: Page) -> Section | None:
    """AUROC and AUPRC less the base rate by stratum; seeds; correlation between tasks."""
    results = page.results
    if results.strata is None or results.strata.empty:
        return None
    numbers = stratum_scores(results)
    parts = []
    for (by, counted), mine in numbers[numbers["by"] != "all"].groupby(["by", "counted"], sort=False):
        names = list(dict.fromkeys(mine.sort_values("rank")["stratum"]))
        shown = pd.concat([mine, numbers[numbers["by"] == "all"]])
        rows = [
            {
                "strategy": strategy,
                "cells": [cell(of[of["stratum"] == name]) for name in (ALL_REGIONS, *names)],
            }
            for strategy, of in shown.groupby("strategy", sort=False)
        ]
        base = [number(mine.loc[mine["stratum"] == name, "mean_base_rate"].mean()) for name in names]
        parts.append({"title": ORDERS[by], "counted": counted, "names": names, "rows": rows, "base": base})
    html = fill(
        "strata",
        page=page,
        parts=parts,
        variation=variation_rows(results),
        related=over_correlation(results).to_dict("records"),
    )
    return Section("strata", "Strata", html, data=task_strata(results))


def task_marks(results: Results) -> dict:
    """For the page of each task: how each strategy's networks stand to the baseline, and the mark."""
    marks = results.marks
    if marks is None or marks.empty:
        return {}
    at = {task: i for i, task in enumerate(results.tasks.index)}
    ends = [name for name in ("difference_low", "difference_high") if name in marks]
    known = marks[marks["difference"].notna() & marks["strategy"].isin(results.strategy_names)]
    return {
        "per_task": {
            "title": "Test AUPRC against the baseline with the best validation AUPRC: difference (mean over seeds) "
            "and its 95 % interval over the same draws of test blocks.",
            "columns": ["Strategy", "Baseline", "Difference", *(["from", "to"] if ends else []), "Mark"],
            "names": [
                "strategy",
                "baseline",
                "less_baseline",
                *(name.replace("difference", "less_baseline") for name in ends),
                "mark",
            ],
            "rows": [
                [at[row.task_id], row.strategy, row.baseline, number(row.difference)]
                + [number(getattr(row, name)) for name in ends]
                + ["" if pd.isna(row.mark) else row.mark]
                for row in known.itertuples(index=False)
            ],
        }
    }


def task_strata(results: Results) -> dict:
    """For the page of each task: AUROC and AUPRC less the base rate by stratum, a row a strategy."""
    table = results.task_strata
    if table is None or table.empty:
        return {}
    table = table[table["strategy"].isin(results.strategy_names)].copy()
    if table.empty:
        return {}
    words = {"specificity": "", "gc": "GC ", "tss": "TSS ", "all": ""}
    table["column"] = table["by"].map(words) + table["stratum"]
    order = {"all": 0} | {by: i for i, by in enumerate(ORDERS, 1)}
    ordered = table.assign(place=table["by"].map(order)).sort_values(["place", "rank"], kind="stable")
    columns = list(dict.fromkeys(ordered["column"]))
    texts = [
        "\N{EN DASH}" if pd.isna(auroc) else f"{auroc:.3f} / {above:+.3f}".replace("-", "\N{MINUS SIGN}")
        for auroc, above in zip(table["test_auroc"], table["test_auprc_above_base"], strict=True)
    ]
    wide = table.assign(text=texts).drop_duplicates(["task_id", "strategy", "column"])
    wide = wide.pivot(index=["task_id", "strategy"], columns="column", values="text")[columns]
    at = {task: i for i, task in enumerate(results.tasks.index)}
    rank = {name: i for i, name in enumerate(results.strategy_names)}
    counted = ", or ".join(dict.fromkeys(table.loc[table["by"] == "specificity", "counted"].dropna()))
    title = "AUROC / AUPRC less the base rate by stratum, of one seed."
    if counted:
        title += f" Intervals without a word: number of {counted}."
    rows = [
        [at[task], name, *(text if isinstance(text, str) else None for text in cells)]
        for (task, name), cells in zip(wide.index, wide.to_numpy(), strict=True)
    ]
    rows.sort(key=lambda row: (row[0], rank[row[1]]))
    return {"per_task": {"title": title, "columns": ["Strategy", *columns], "rows": rows}}


def cell(rows: pd.DataFrame) -> dict | None:
    """The two comparable scores of a strategy in a stratum."""
    if rows.empty:
        return None
    first = rows.iloc[0]
    n_tasks = int(first["n_tasks"] - first["n_nan"])
    return {
        "auroc": number(first["mean_auroc"]),
        "above": number(first["mean_auprc_above_base"]),
        "n_tasks": n_tasks,
    }


def variation_rows(results: Results) -> list[dict]:
    """How many tasks vary more between seeds where few cell types share a peak."""
    table = results.seed_variation
    if table is None or table.empty:
        return []
    rows = []
    for name, mine in table.groupby("strategy", sort=False):
        if name in results.strategy_names:
            sure = mine[mine["q_value"] < 0.05]
            rows.append(
                {
                    "strategy": name,
                    "n_seeds": int(mine["n_seeds"].iloc[0]),
                    "n_tasks": int(mine["p_value"].notna().sum()),
                    "n_specific": int((sure["share_above"] > 0.5).sum()),
                    "n_ubiquitous": int((sure["share_above"] < 0.5).sum()),
                    "specific": number(mine["median_cv_specific"].median()),
                    "ubiquitous": number(mine["median_cv_ubiquitous"].median()),
                }
            )
    return rows
