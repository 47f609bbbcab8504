"""The tables of the report as rows and cells for its template."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from epigroup.baselines.red_line import BEATS
from epigroup.dataset.tasks import profiles, with_assay
from epigroup.evaluation.score_names import SCORE_NAMES
from epigroup.report.figures import numbers as tables
from epigroup.report.section import Page, Section, fill
from epigroup.report.sections.comparison import average_rows, choice_rows, transfer_rows
from epigroup.report.sections.headline import headline_rows, number, verdict
from epigroup.report.sections.red_line import WORDS, red_rows, verdicts
from epigroup.report.sections.twins import twin_flags
from epigroup.results.run import Results


def strategy_table(data: Mapping) -> list[dict]:
    """Mean and interval of each strategy at each level."""
    at = {(row["strategy"], row["level"]): row for row in data["summary"]}
    empty = {"mean": None, "low": None, "high": None}
    return [
        {
            "name": name,
            "cells": [
                {k: number(at.get((name, level), empty)[k]) for k in empty} for level in data["levels"]
            ],
        }
        for name in data["strategies"]
    ]


def gain_table(results: Results) -> dict:
    """Gains of the headline's strategy by modality, as the paper's Table III."""
    gains = tables.gain_rows(results)
    if gains.empty:
        return {"gain_rows": [], "gain_levels": [], "focus": ""}
    levels = sorted(gains["level"].unique(), key=lambda level: (level == "All", level))
    levels = levels[-1:] if len(levels) == 2 and levels[-1] == "All" else levels
    rows = []
    for name in dict.fromkeys(gains["baseline"]):
        cells: list[dict | None] = []
        for level in levels:
            mine = gains[(gains["baseline"] == name) & (gains["level"] == level)]
            if mine.empty:
                cells.append(None)
                continue
            row = mine.iloc[0]
            low, high = number(row["low"]), number(row["high"])
            tone = verdict(number(row["difference"]), low, high, seed_differences(results, row))[1]
            cells.append(
                {
                    "gain": number(row["gain_percent"]),
                    "difference": number(row["difference"]),
                    "low": low,
                    "high": high,
                    "tone": tone,
                }
            )
        rows.append({"name": name, "cells": cells})
    return {"gain_rows": rows, "gain_levels": levels, "focus": gains["strategy"].iloc[0]}


ALL_SCORES = {
    score.name: score.words
    for names in SCORE_NAMES.values()
    for score in names.averaged
    if score.role != "detail"
}


def score_tables(results: Results) -> dict:
    """Every test score, mean over the tasks that have it and over seeds: `all_scores` (titles), and `score_levels`,
    for all tasks, each modality and each cell group its name, number of tasks and a row a strategy."""
    found = {f"test_{name}": words for name, words in ALL_SCORES.items() if f"test_{name}" in results.metrics}
    by_task = results.metrics.groupby(["strategy", "task_id"], sort=False)[list(found)].mean()
    tasks = results.tasks
    levels = [("All tasks", tasks.index)]
    for column in ("modality", "cell_group"):
        kinds = sorted(tasks[column].unique())
        if len(kinds) > 1:
            levels += [(kind or "not given", tasks.index[tasks[column] == kind]) for kind in kinds]
    made = []
    for name, members in levels:
        mine = by_task[by_task.index.get_level_values("task_id").isin(members)]
        means = mine.groupby(level="strategy").mean()
        rows = [
            {"name": strategy, "cells": [number(x) for x in means.loc[strategy]]}
            for strategy in results.strategy_names
            if strategy in means.index
        ]
        made.append({"name": name, "n_tasks": len(members), "rows": rows})
    return {"all_scores": list(found.values()), "score_levels": made}


def seed_differences(results: Results, row: pd.Series) -> list[float]:
    """Differences seed by seed of a row of gains over all seeds."""
    same = [results.gains[key] == row[key] for key in ("strategy", "baseline", "by", "level")]
    mine = results.gains[np.logical_and.reduce(same) & (results.gains["seed"].astype(str) != "all")]
    return mine["difference"].dropna().tolist()


REGIONS = {"any_peak": "bins with a peak of any task", "all_mappable": "all mappable bins"}


def regions_tables(results: Results) -> dict | None:
    """Scores and headline differences of both sets of evaluation regions; None where there is one set.

    `sets`: name, words and numbers of bins; `strategies`, `pairs`: a row each, with cells by set.
    """
    if results.mappable_strategies is None or results.mappable_headline is None:
        return None
    both = [results, replace(results, headline=results.mappable_headline)]
    numbers = [
        frame[(frame["by"] == "all") & (frame["seed"].astype(str) == "all")].set_index("strategy")
        for frame in (results.strategies, results.mappable_strategies)
    ]
    compared = [{(r["strategy"], r["baseline"]): r for r in headline_rows(one, {})} for one in both]
    return {
        "sets": [
            {"words": REGIONS[name], **counts} for name, counts in results.dataset["n_evaluation"].items()
        ],
        "strategies": [
            {
                "name": name,
                "cells": [
                    number(table.loc[name, score])
                    for table in numbers
                    for score in [f"mean_{shown}" for shown in results.names.shown]
                ],
            }
            for name in results.strategy_names
        ],
        "pairs": [
            {"strategy": pair[0], "baseline": pair[1], "cells": [rows[pair] for rows in compared]}
            for pair in compared[0]
        ],
    }


def composition_tables(results: Results, grouping: str | None) -> list[dict]:
    """Table II of each seed."""
    frame = tables.composition(results, grouping)
    made = []
    for seed, mine in frame.groupby("seed"):
        sizes = mine[mine["category"] == "modality"].groupby("group")["n_tasks"].sum()
        parts = []
        for category, title in (("modality", "Event modality"), ("cell_group", "Cell group")):
            counts = mine[mine["category"] == category].pivot(
                index="level", columns="group", values="n_tasks"
            )
            rows = [
                {"level": level, "cells": [(int(n), n / max(sizes[g], 1)) for g, n in row.items()]}
                for level, row in counts.iterrows()
            ]
            parts.append({"title": title, "rows": rows})
        made.append({"seed": seed, "groups": [(int(g), int(n)) for g, n in sizes.items()], "parts": parts})
    return made


def planted_table(results: Results, scores: pd.DataFrame) -> dict | None:
    """Agreement with the planted groups, and how near the networks come to the noise-free probability;
    None where nothing was planted."""
    agreement = results.agreement
    if agreement is None:
        return None
    seeds = sorted(agreement["seed"].unique())
    wide = agreement.pivot(index="grouping", columns="seed", values="ari_planted")
    rows = [
        {"name": name, "cells": [number(wide.loc[name].get(seed)) for seed in seeds]}
        for name in dict.fromkeys(agreement["grouping"])
    ]
    text = None
    if results.ceiling is not None:
        best = results.ceiling.set_index("task_id")["test_auprc"].reindex(results.tasks.index)
        reached = []
        for name in results.strategy_names:
            mine = scores[f"{name}:test_auprc"]
            both = mine.notna() & best.notna()
            if both.any():
                reached.append(f"{name} {mine[both].mean() / best[both].mean():.2f}")
        text = (
            f"The noise-free probability of each label, scored on the same test labels, reaches a mean "
            f"AUPRC of {best.mean():.3f}, "
            f"about the best there is. The share of it that the networks reach: {', '.join(reached)}."
        )
    return {"seeds": seeds, "rows": rows, "ceiling": text, "labels": labels_sentence(agreement)}


def labels_sentence(agreement: pd.DataFrame) -> str | None:
    """Whether the simulation's decoys fooled grouping by label correlation and not grouping by heads, from
    the best of either with the same number of groups, mean over seeds; None where not both were made. Fooled:
    0.1 below the heads, which count as not fooled from 0.8 on."""
    if "vectors" not in agreement:
        return None
    known = agreement[agreement["vectors"].fillna("") != ""]
    by_labels = known["vectors"] == "labels"
    same = set(known.loc[by_labels, "k"]) & set(known.loc[~by_labels, "k"])
    labels, heads = (
        part[part["k"].isin(same)].groupby("grouping", sort=False)["ari_planted"].mean()
        for part in (known[by_labels], known[~by_labels])
    )
    if labels.empty or heads.empty:
        return None
    if labels.max() > heads.max() - 0.1:
        verdict = "They did not fool it: grouping by labels finds the planted groups as well as by heads"
    elif heads.max() >= 0.8:
        verdict = "They fooled it, and not the heads"
    else:
        verdict = "They fooled it more than the heads, which do not find the planted groups either"
    figures = "; ".join(
        f"by {what}: " + ", ".join(f"{name} {value:.2f}" for name, value in part.items())
        for what, part in (("labels", labels), ("heads", heads))
    )
    return (
        "Decoys for the correlation of the labels are sites that tasks of different planted groups share, "
        f"and contexts in which tasks of one group share none. {verdict} (adjusted Rand index, mean over "
        f"seeds, {figures})."
    )


def task_flags(results: Results) -> list[str]:
    """Flags of each task: the data set's, those of its thresholds, and its twins."""
    notes = results.tasks["flag"].to_dict()
    if "threshold_flag" in results.metrics:
        for task in results.metrics.loc[results.metrics["threshold_flag"] == 1, "task_id"].unique():
            notes[task] = "; ".join(filter(None, [notes[task], "threshold 0.5"]))
    for task, words in twin_flags(results).items():
        notes[task] = "; ".join(filter(None, [notes.get(task), words]))
    return [notes.get(task, "") for task in results.tasks.index]


def task_table(results: Results, scores: pd.DataFrame, data: Mapping) -> dict:
    """Columns and rows of the table of all tasks. A column's key is its name among the page's facts of tasks,
    or the strategy whose score it shows."""
    columns = [
        ("Profile", "text", "id"),
        ("Modality", "text", "modality"),
        ("Assay", "text", "assay"),
        ("Target", "text", "target"),
        ("Cell type", "text", "cell_type"),
        ("Cell group", "text", "cell_group"),
    ]
    groups = data["tasks"].get("group")
    columns += [("Group", "text", "group")] if groups is not None else []
    columns += [("Test positives", "number", "positives_test"), ("Base rate", "number", "base_rate")]
    columns += [(name, "score", name) for name in results.strategy_names] + [("Flag", "flag", "flag")]
    rates = data["tasks"]["base_rate"]
    rows = []
    for i, (task, facts) in enumerate(results.tasks.iterrows()):
        cells = [(facts[c], "text") for c in ("modality", "assay", "target", "cell_type", "cell_group")]
        cells += [(groups[i], "text")] if groups is not None else []
        cells += [(f"{int(facts['positives_test']):,}", "number")]
        cells += [("–" if pd.isna(rates[task]) else f"{rates[task]:.4f}", "number")]
        for name in results.strategy_names:
            score = scores.at[task, f"{name}:{results.names.test}"]
            cells.append(("–" if pd.isna(score) else f"{score:.3f}", "number"))
        cells += [(data["tasks"]["flag"][i], "flag")]
        rows.append({"id": task, "cells": [{"text": text, "kind": kind} for text, kind in cells]})
    titles = [dict(zip(("label", "kind", "key"), column, strict=True)) for column in columns]
    return {"task_columns": titles, "tasks": rows}


def data_tables(results: Results) -> dict:
    """Table I, examples by split with their spans, peaks by assay."""
    counts = profiles(results.tasks)
    sizes = tables.examples(results)
    split_rows = []
    for name in ("train", "validation", "test"):
        spans = results.dataset.get("splits", {}).get(name, [])
        text = ", ".join(span_text(s) for s in spans) if isinstance(spans, list) else str(spans)
        split_rows.append({"name": name, "n": int(sizes[name].sum()), "spans": text})
    peaks = []
    if "n_peaks" in results.tasks:
        labels = with_assay(results.tasks)
        for label, values in results.tasks.groupby(labels)["n_peaks"]:
            low, middle, high = (int(v) for v in (values.min(), values.median(), values.max()))
            peaks.append({"assay": label, "n": len(values), "low": low, "median": middle, "high": high})
    return {
        "profile_table": {
            "columns": list(counts.columns),
            "rows": [(name, [int(n) for n in row]) for name, row in counts.iterrows()],
        },
        "split_rows": split_rows,
        "peak_rows": peaks,
        "read_columns": list(results.reads.columns) if results.reads is not None else [],
        "read_rows": [[cell_text(x) for x in row] for row in results.reads.to_numpy()]
        if results.reads is not None
        else [],
    }


def cell_text(value) -> str:
    """A count with thousands set apart, a share with its decimal, a dash for nothing."""
    if isinstance(value, str):
        return value
    if pd.isna(value):
        return "–"
    return f"{value:,.0f}" if float(value).is_integer() and value >= 1000 else f"{value:g}"


def span_text(span: dict) -> str:
    """A span as chr7:16,059,400-32,570,400 (0-based, half-open), a whole chromosome as its name."""
    start, end = span.get("start") or 0, span.get("end")
    if not start and end is None:
        return str(span["chrom"])
    return f"{span['chrom']}:{start:,}-{'end' if end is None else format(end, ',')}"


def strategies(page: Page) -> Section:
    """All strategies, gains over each, choices, negative transfer, task by task."""
    words = {name: WORDS[word] for name, word in verdicts(page.results).items() if word != BEATS}
    html = fill(
        "strategies",
        score=page.results.names.label,
        shown_scores=page.data["metrics"],
        of_labels=page.results.names.targets == "labels",
        levels=page.data["levels"],
        strategies=page.results.strategy_names,
        strategy_rows=[
            *(row | {"red": False} for row in strategy_table(page.data)),
            *red_rows(page.results, page.data["levels"]),
        ],
        red_words=words,
        **score_tables(page.results),
        **gain_table(page.results),
        choices=choice_rows(page.results),
        rescues=[
            name
            for name, one in page.report["config"].get("choices", {}).items()
            if one["combine"] == "rescue"
        ],
        averages=average_rows(page.results),
        transfer=transfer_rows(page.results),
        pairs=tables.default_pairs(page.results),
        page=page,
    )
    return Section("strategies", "Strategies", html)
