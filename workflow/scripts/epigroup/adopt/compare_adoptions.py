"""Each new profile under each strategy: its group, its validation loss, its test scores; and the curves."""

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from epigroup.core.files import whole
from epigroup.core.tables import read_figures

log = logging.getLogger(__name__)

SCORES = ("test_f1", "test_auprc", "test_log_loss")


@dataclass(frozen=True)
class AdoptionTables:
    """Read. starts: of each strategy and seed; metrics: of each strategy and seed, in the order of `runs`, their
    (strategy, seed); baselines: by name, the metrics of simple predictors; curves: of each new profile and seed."""

    starts: Sequence[str]
    metrics: Sequence[str]
    runs: Sequence[tuple[str, int]]
    baselines: dict[str, str]
    curves: Sequence[str]


def score_adoptions(tables: AdoptionTables, first: str | None) -> pd.DataFrame:
    """A row a new profile and strategy, and one for each baseline.

    Columns: task_id; strategy; n_seeds; groups, the group of each seed in their order, comma separated; n_tasks, their
    mean size; validation_loss, its mean over seeds; gain, by how much that lies below the loss under `first`, the
    strategy of one network of all tasks, as a share of it (NaN without one); test_f1, test_auprc, test_log_loss, means
    over seeds.
    """
    starts = pd.concat(
        [read_figures(path, names=("task_id", "strategy", "trained")) for path in tables.starts]
    )
    own = starts[starts["chosen"] == 1].sort_values(["strategy", "seed"], kind="stable")
    metrics = pd.concat(
        [
            read_figures(path).assign(strategy=strategy, seed=seed)
            for path, (strategy, seed) in zip(tables.metrics, tables.runs, strict=True)
        ]
    )
    means = metrics.groupby(["task_id", "strategy"], sort=False)[list(SCORES)].mean()
    joint = own[own["strategy"] == first].groupby("task_id")["trained_loss"].mean()
    rows = []
    for strategy in dict.fromkeys(strategy for strategy, _ in tables.runs):
        for task, of_task in own[own["strategy"] == strategy].groupby("task_id", sort=False):
            loss = of_task["trained_loss"].mean()
            rows.append({
                "task_id": task, "strategy": strategy, "n_seeds": len(of_task),
                "groups": ",".join(str(int(one)) for one in of_task["group"]),
                "n_tasks": of_task["n_tasks"].mean(), "validation_loss": loss,
                "gain": 1 - loss / joint[task] if task in joint.index else np.nan,
                **means.loc[(task, strategy)].to_dict(),
            })  # fmt: skip
    for name, path in tables.baselines.items():
        table = read_figures(path)
        rows += [
            {"task_id": row["task_id"], "strategy": name, "n_seeds": 1}
            | {score: row[score] for score in SCORES}
            for row in table.to_dict("records")
            if row["task_id"] in set(own["task_id"])
        ]
    return pd.DataFrame(rows)


def average_curves(curves: Sequence[str | os.PathLike]) -> pd.DataFrame:
    """A row a new profile, start and number of positives: task_id, start, n_positives, n_seeds, n_draws, test_auprc,
    the mean over seeds and draws, and `above_alone`, by how much that lies above the network of the profile alone."""
    columns = ["task_id", "start", "n_positives", "n_seeds", "n_draws", "test_auprc", "above_alone"]
    if not curves:
        return pd.DataFrame(columns=columns)
    table = pd.concat([read_figures(path, names=("task_id", "start")) for path in curves])
    grouped = table.groupby(["task_id", "start", "n_positives"], sort=False)
    means = grouped.agg(
        n_seeds=("seed", "nunique"), n_draws=("draw", "nunique"), test_auprc=("test_auprc", "mean")
    ).reset_index()
    alone = means[means["start"] == "alone"].set_index(["task_id", "n_positives"])["test_auprc"]
    keys = pd.MultiIndex.from_frame(means[["task_id", "n_positives"]])
    means["above_alone"] = means["test_auprc"].to_numpy() - alone.reindex(keys).to_numpy()
    return means[columns]


def compare_adoptions(
    tables: AdoptionTables, profiles_out: str | os.PathLike, curve_out: str | os.PathLike, first: str | None
) -> None:
    """Write both tables."""
    for out, table in (
        (profiles_out, score_adoptions(tables, first)), (curve_out, average_curves(tables.curves)),
    ):  # fmt: skip
        with whole(out) as partial:
            table.to_csv(partial, sep="\t", index=False, na_rep="NaN")
        log.info("%s: %d rows", out, len(table))
