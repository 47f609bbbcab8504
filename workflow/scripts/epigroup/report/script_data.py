"""The numbers that the page's script draws from."""

import numpy as np
import pandas as pd

from epigroup.report.figures import numbers as tables
from epigroup.report.figures.scores import MEASURES, ordered_levels, overall
from epigroup.report.figures.style import OKABE_ITO, SPLITS
from epigroup.report.sections.strategies import task_flags
from epigroup.results.run import Results

CURVE_POINTS = 60  # a page holds thousands of curves; the files hold every point


def page_data(
    results: Results, shades: dict, scores: pd.DataFrame, pairs: list, grouping: str | None, rows: list
) -> dict:
    """All that the page's script draws from."""
    numbers = tables.strategy_scores(results)
    levels = told_apart(ordered_levels(numbers["level"]))
    summary = []
    for (name, level), mine in numbers[numbers["level"].isin(levels)].groupby(
        ["strategy", "level"], sort=False
    ):
        mean, low, high, seeds = overall(mine, results.names.mean)
        n_tasks = int(mine["n_tasks"].max())
        summary.append(
            {
                "strategy": name,
                "level": level,
                "mean": mean,
                "low": low,
                "high": high,
                "seeds": seeds,
                "n": n_tasks,
            }
        )
    cloud = tables.embedding(results, grouping)
    per_seed = {
        int(seed): {
            "pc1": part["pc1"],
            "pc2": part["pc2"],
            "group": part["group"],
            "share": [part["share1"].iloc[0], part["share2"].iloc[0]],
        }
        for seed, part in (cloud.groupby("seed") if len(cloud) else [])
    }
    first = rows[0] if rows else None
    gain = {"label": "", "values": []}
    if first and {first["strategy"], first["baseline"]} <= set(results.strategy_names):
        mine, theirs = (scores[f"{first[side]}:{results.names.test}"] for side in ("strategy", "baseline"))
        difference = mine - theirs
        gain = {"label": f"{first['strategy']} \N{MINUS SIGN} {first['baseline']}", "values": difference}
    positives = tables.positives(results)
    tasks = results.tasks
    known = ["modality", "assay", "target", "cell_type", "cell_group"]
    counts = [
        c for c in ("n_peaks", "positives_train", "positives_validation", "positives_test") if c in tasks
    ]
    return {
        "levels": levels,
        "strategies": results.strategy_names,
        "metrics": {f"test_{score}": f"test {words}" for score, words in results.names.shown.items()},
        "summary": summary,
        "pairs": pairs,
        "scores": {
            name: {metric: scores[f"{name}:{metric}"] for metric in results.names.metrics}
            for name in results.strategy_names
        },
        "tasks": {
            "id": list(tasks.index),
            **{c: tasks[c] for c in [*known, *counts]},
            "share_train": positives["share_train"],
            "base_rate": base_rates(results),
            **shown_groups(per_seed),
            "flag": task_flags(results),
        },
        "embedding": per_seed,
        "gain": gain,
        "curves": curve_data(results),
        "sweep": sweep_data(results),
        "examples": tables.examples(results).to_dict("records"),
        "colours": {**shades, "split": SPLITS, "cycle": OKABE_ITO},
    }


def base_rates(results: Results) -> pd.Series:
    """Each task's share of positives among the test examples; NaN for a task that no strategy learns."""
    return results.metrics.groupby("task_id")["test_base_rate"].first().reindex(results.tasks.index)


def shown_groups(per_seed: dict) -> dict:
    """`group`: each task's group under the first seed; empty where tasks are not grouped."""
    groups = per_seed[min(per_seed)]["group"].to_numpy() if per_seed else ()
    return {"group": groups} if any(groups) else {}


def told_apart(levels: list[str]) -> list[str]:
    """`All` and the modalities, or `All` alone where one modality is all that there is."""
    return levels[:1] if len(levels) == 2 and levels[0] == "All" else levels


def curve_data(results: Results) -> list[dict]:
    """Loss curves, thinned to 60 points each; a group of one task carries its name."""
    frame = tables.curves(results)
    one_task = (
        results.metrics.groupby(["strategy", "seed", "group"])["task_id"].agg(["size", "first"])
        if "group" in results.metrics
        else None
    )
    found = []
    for (name, seed, group), part in (
        frame.groupby(["strategy", "seed", "group"], sort=False) if len(frame) else []
    ):
        rows = np.unique(np.linspace(0, len(part) - 1, min(len(part), CURVE_POINTS)).round().astype(int))
        lowest = part["validation_loss"].reset_index(drop=True)
        if lowest.notna().any():
            rows = np.union1d(rows, [int(lowest.idxmin())])
        part = part.iloc[rows]
        label = f"group {int(group) + 1}"
        if (
            one_task is not None
            and (name, seed, group) in one_task.index
            and one_task.loc[(name, seed, group), "size"] == 1
        ):
            label = str(one_task.loc[(name, seed, group), "first"])
        found.append(
            {
                "strategy": name,
                "seed": int(seed),
                "group": int(group),
                "label": label,
                "step": part["step"],
                "train": part["train_loss"],
                "validation": part["validation_loss"],
            }
        )
    return found


def sweep_data(results: Results) -> dict:
    """Measures of the clustering by K."""
    lines = tables.sweep_lines(results)
    if lines.empty:
        return {"measures": [], "rows": []}
    # how long the clustering took says nothing of the groups; it is in figures/sweep.tsv
    measures = [c for c in lines.columns if c not in ("line", "k", "seconds")]
    names = {m: MEASURES.get(m, m.replace("_", " ")) for m in measures}
    return {"measures": measures, "names": names, "rows": lines.to_dict("records")}
