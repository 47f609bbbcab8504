"""Which networks do no better than a simple baseline, task by task."""

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from epigroup import baselines
from epigroup.baselines.red_line import COLUMNS, red_line
from epigroup.comparison.scores import check_same_run, read_metrics
from epigroup.core.files import whole
from epigroup.core.settings import read_settings
from epigroup.evaluation.bootstrap import (
    check_same_blocks,
    percentile_interval,
    read_auprc_draws,
    read_blocks,
)
from epigroup.evaluation.score_names import SCORE_NAMES

log = logging.getLogger(__name__)

SHOWN = {f"test_{score}": f"mean_{score}" for score in SCORE_NAMES["labels"].shown}


@dataclass(frozen=True)
class MarkSettings:
    """runs: [strategy, seed], in the order of their metrics and blocks; baselines: names, in the order of theirs;
    tasks: rows of the sheet with task_id and modality."""

    runs: tuple[Sequence[Any], ...]
    baselines: tuple[str, ...]
    tasks: tuple[Mapping[str, Any], ...]


def mark_tasks(
    metrics: Sequence[str | os.PathLike],
    baseline_metrics: Sequence[str | os.PathLike],
    blocks: Sequence[str | os.PathLike],
    baseline_blocks: Sequence[str | os.PathLike],
    scores_out: str | os.PathLike,
    marks_out: str | os.PathLike,
    red_line_out: str | os.PathLike,
    cfg: Mapping[str, Any],
) -> None:
    """Write baselines.tsv, mean scores of baselines and strategies by modality, marks.tsv, a row a (strategy, task),
    and red_line.tsv, a row a strategy and regression on k-mers.

    cfg: `MarkSettings`. InputError: blocks of another data set or other evaluation regions, metrics and blocks of
    different runs.
    """
    told = read_settings(MarkSettings, cfg, "mark_tasks")
    modality = {row["task_id"]: row["modality"] for row in told.tasks}
    check_blocks([*baseline_blocks, *blocks])
    simple = {
        name: read_run(*paths)
        for name, *paths in zip(told.baselines, baseline_metrics, baseline_blocks, strict=True)
    }
    by_name: dict[str, list[pd.DataFrame]] = {}
    for (strategy, _), *paths in zip(told.runs, metrics, blocks, strict=True):
        by_name.setdefault(strategy, []).append(read_run(*paths))
    networks = {name: mean_over_seeds(tables) for name, tables in by_name.items()}
    drawn: dict[str, list[pd.DataFrame]] = {}
    for (strategy, _), path in zip(told.runs, blocks, strict=True):
        drawn.setdefault(strategy, []).append(read_draws(path))
    simple_draws = {
        name: read_draws(path)
        for name, path in zip(told.baselines, baseline_blocks, strict=True)
        if baselines.is_honest(name)
    }
    rows = [
        row
        for kind, tables in (("baseline", simple), ("strategy", networks))
        for name, table in tables.items()
        for row in mean_rows(name, kind, table, modality)
    ]
    with whole(scores_out) as path:
        pd.DataFrame(rows).to_csv(path, sep="\t", index=False, na_rep="NaN", float_format="%.8g")
    honest = {name: table for name, table in simple.items() if baselines.is_honest(name)}
    mean_draws = {name: sum(tables) / len(tables) for name, tables in drawn.items()}
    n_seeds = {name: len(tables) for name, tables in by_name.items()}
    marks = pd.concat(
        [
            mark_strategy(table, honest, mean_draws[name], simple_draws).assign(
                strategy=name, n_seeds=n_seeds[name]
            )
            for name, table in networks.items()
        ],
        ignore_index=True,
    )
    first = ["strategy", "task_id", "n_seeds"]
    marks = marks[[*first, *(c for c in marks if c not in first)]]
    with whole(marks_out) as path:
        marks.to_csv(path, sep="\t", index=False, na_rep="NaN", float_format="%.8g")
    against = red_line(networks, simple, mean_draws, simple_draws)
    against = against.assign(n_seeds=against["strategy"].map(n_seeds))[COLUMNS]
    with whole(red_line_out) as path:
        against.to_csv(path, sep="\t", index=False, na_rep="NaN", float_format="%.8g")
    for name, mine in marks.groupby("strategy", sort=False):
        n = int((mine["mark"] == "no better").sum())
        log.info("%s: no better than a baseline in %d of %d tasks", name, n, len(mine))


def read_run(metrics: str | os.PathLike, blocks: str | os.PathLike) -> pd.DataFrame:
    """metrics.tsv of a run. InputError: the blocks beside it are of another (`scores.check_same_run`)."""
    table = read_metrics(metrics)
    check_same_run(table[SCORE_NAMES["labels"].test], read_blocks(blocks), metrics)
    return table


def check_blocks(paths: Sequence[str | os.PathLike]) -> None:
    """InputError unless all were counted over the same blocks, so that the same draws are of the same bins."""
    first = None
    for path in paths:
        found = read_blocks(path)
        first = first or found
        check_same_blocks(first, found)


def read_draws(path: str | os.PathLike) -> pd.DataFrame:
    """Average precision, a row a draw of the test blocks, a column a task."""
    return pd.DataFrame(read_auprc_draws(path), columns=read_blocks(path).task_ids)


def mean_over_seeds(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Means over seeds of the figures of each task."""
    return sum(table[list(SHOWN)] for table in tables) / len(tables)


def mean_rows(name: str, kind: str, table: pd.DataFrame, modality: Mapping[str, str]) -> list[dict]:
    """A row for all tasks and one a modality: mean F1, AUPRC and AUROC of the tasks that have them."""
    of = table.index.map(modality)
    uses_labels = kind == "baseline" and not baselines.is_honest(name)
    rows = []
    for level in ("All", *dict.fromkeys(modality.values())):
        mine = table if level == "All" else table[of == level]
        rows.append(
            {
                "name": name,
                "kind": kind,
                "uses_test_labels": int(uses_labels),
                "level": level,
                "n_tasks": len(mine),
                "n_nan": int(mine["test_auprc"].isna().sum()),
                **{new: mine[column].mean() for column, new in SHOWN.items()},
            }
        )
    return rows


def mark_strategy(
    network: pd.DataFrame,
    honest: Mapping[str, pd.DataFrame],
    draws: pd.DataFrame,
    simple_draws: Mapping[str, pd.DataFrame],
) -> pd.DataFrame:
    """A row a task: test AUPRC of the network (mean over seeds), of the honest baseline that is best on
    validation, their difference with its 95 % interval, and the mark.

    draws, simple_draws: AUPRC of network (mean over seeds) and baselines, a row a draw of the test blocks, the same
    for both; the interval is of their difference draw by draw. `mark`: "no better", the network's AUPRC is not
    above the baseline's; "not shown", it is, but the interval holds 0 or there is none; "" else, and for a task
    without test positives.
    """
    rows = []
    for task, facts in network.iterrows():
        row: dict = {"task_id": task, "test_auprc": facts["test_auprc"]}
        known = {name: table.loc[task] for name, table in honest.items() if task in table.index}
        # a task without validation positives has no figure there: the first baseline then
        best = max(known, key=lambda name: np.nan_to_num(known[name]["validation_auprc"], nan=-1), default="")
        theirs = known[best]["test_auprc"] if best else np.nan
        row |= {"baseline": best, "baseline_auprc": theirs, "difference": row["test_auprc"] - theirs}
        apart = (draws[task] - simple_draws[best][task]).to_numpy() if best else np.empty(0)
        row["difference_low"], row["difference_high"] = percentile_interval(apart)
        row["mark"] = mark(row["difference"], row["difference_low"])
        rows.append(row)
    return pd.DataFrame(rows)


def mark(difference: float, low: float) -> str:
    """The word of `mark_strategy`."""
    if np.isnan(difference):
        return ""
    if difference <= 0:
        return "no better"
    return "" if low > 0 else "not shown"
