"""What the report tells of a single task: its scores and thresholds, whom it learnt with, its curves."""

import numpy as np
import pandas as pd

from epigroup.evaluation.score_names import SCORE_NAMES
from epigroup.report.section import Page, Section, fill
from epigroup.report.sections.comparison import transfer_rows
from epigroup.report.sections.strategies import ALL_SCORES, task_table
from epigroup.results.run import Results


def fact_columns(score: str) -> dict[str, str]:
    """The page's name for columns of metrics.tsv, of the seed whose curves are shown. score: the one that
    strategies are compared by."""
    return {
        "threshold": "threshold",
        "score": f"test_{score}",
        "low": f"test_{score}_low",
        "high": f"test_{score}_high",
        "auprc_score": "test_auprc",
        "auprc_low": "test_auprc_low",
        "auprc_high": "test_auprc_high",
        "precision": "test_precision",
        "recall": "test_recall",
        "group": "group",
    }


# Scores of a task that stand beside those that all tables show, and are none of its facts.
FURTHER = tuple(
    score.name
    for names in SCORE_NAMES.values()
    for score in names.scores
    if score.role in ("also", "further") and f"test_{score.name}" not in fact_columns(names.score).values()
)


def task_details(results: Results) -> dict:
    """For the page's script, by strategy and in the order of the tasks.

    seed: strategy -> the seed of facts and points. facts: strategy -> fact -> list, of the columns that there
    are. points: strategy -> list of [tp, fp, tp, fp, ...] or None, as `score_points`. baseline: the strategy
    that others are held against, or "". means, by_seed: as `further_scores`. further: column of means -> words, of
    those that the page of a task shows.
    """
    seeds, facts, points = {}, {}, {}
    for name in results.strategy_names:
        mine = results.metrics[results.metrics["strategy"] == name]
        seeds[name] = int(mine["seed"].min())
        rows = mine[mine["seed"] == seeds[name]].set_index("task_id").reindex(results.tasks.index)
        kept = {
            fact: column
            for fact, column in fact_columns(results.names.score).items()
            if column in rows and rows[column].notna().any()
        }
        facts[name] = {fact: rows[column].astype(float) for fact, column in kept.items()}
        curves = task_points(results, name)
        if curves is not None:
            points[name] = curves
    return {
        "seed": seeds,
        "facts": facts,
        "points": points,
        "baseline": baseline(results),
        "further": {f"test_{name}": ALL_SCORES[name] for name in FURTHER},
        **further_scores(results),
    }


def further_scores(results: Results) -> dict:
    """What metrics.tsv has of each task beside the scores that the page shows, by strategy and in the order of the
    tasks.

    means: strategy -> column -> mean over seeds. by_seed: strategy -> seed -> column -> value, of thresholds and
    intervals, whose mean over seeds would be no network's; a pool, itself a mean, has none.
    """
    of_splits = [c for c in results.metrics if c.startswith(("test_", "validation_"))]
    # Of the data, the same for every strategy.
    of_data = tuple(f"_{score.name}" for score in results.names.scores if score.role == "data")
    scores = [c for c in of_splits if not c.endswith(of_data)]
    of_seed = [c for c in results.metrics if c.startswith("threshold") or c.endswith(("_low", "_high"))]
    averaged = [c for c in scores if c not in results.names.metrics and c not in of_seed]
    means: dict[str, dict[str, pd.Series]] = {}
    by_seed: dict[str, dict[int, dict[str, pd.Series]]] = {}
    for name in results.strategy_names:
        mine = results.metrics[results.metrics["strategy"] == name]
        table = mine.groupby("task_id")[averaged].mean().reindex(results.tasks.index)
        means[name] = {column: table[column] for column in averaged if table[column].notna().any()}
        if name in results.pools:
            continue
        by_seed[name] = {}
        for seed, part in mine.groupby("seed"):
            rows = part.set_index("task_id").reindex(results.tasks.index)
            by_seed[name][int(seed)] = {c: rows[c] for c in of_seed if rows[c].notna().any()}
    return {"means": means, "by_seed": by_seed}


def task_points(results: Results, strategy: str) -> list[list[int] | None] | None:
    """Points of each task's curves under a strategy, tp and fp in turn; None where the run has none."""
    if results.points is None:
        return None
    mine = results.points[results.points["strategy"] == strategy]
    if mine.empty:
        return None
    found: dict[str, list[int]] = {
        str(task): part[["tp", "fp"]].to_numpy(np.int64).ravel().tolist()
        for task, part in mine.groupby("task_id", sort=False)
    }
    return [found.get(task) for task in results.tasks.index]


def baseline(results: Results) -> str:
    """What a task's scores are held against: learning alone, or what the headline names last."""
    alone = transfer_rows(results)
    if alone and alone["alone"] in results.strategy_names:
        return str(alone["alone"])
    named = [pair["baseline"] for pair in results.headline.get("pairs", [])]
    return next((name for name in reversed(named) if name in results.strategy_names), "")


def tasks(page: Page) -> Section:
    """The table of all tasks."""
    html = fill(
        "tasks",
        shown_scores=page.data["metrics"],
        of_labels=page.results.names.targets == "labels",
        modalities=list(page.shades["modality"]),
        **task_table(page.results, page.scores, page.data),
    )
    return Section("tasks", "All tasks", html, data=task_details(page.results))
