"""Whether each frozen threshold is the best on validation, found again from the validation predictions."""

import logging
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from epigroup.audit.finding import FAIL, NOT_APPLICABLE, PASS, Finding
from epigroup.comparison.scores import check_tasks, read_metrics
from epigroup.core.files import whole
from epigroup.core.text_files import read_json
from epigroup.evaluation.metrics import ScoreCounts
from epigroup.evaluation.predictions import count_predictions, open_predictions
from epigroup.results.files import many, place

log = logging.getLogger(__name__)

EQUAL = 1e-9
WITHOUT_CHOICE = 0.5  # the threshold of a task with too few positives
COLUMNS = [
    "task_id",
    "threshold",
    "best",
    "validation_f1",
    "best_validation_f1",
    "test_f1",
    "best_test_f1",
    "origin",
    "regions",
]


def f1_by_threshold(counts: ScoreCounts) -> np.ndarray:
    """float64 (S,): F1 when each of the scores, descending, is the threshold; NaN without positives."""
    positives = counts.positives.sum()
    if positives == 0:
        return np.full(len(counts.score), np.nan)
    true, called = np.cumsum(counts.positives), np.cumsum(counts.total)
    return 2 * true / (called + positives)


def f1_at(counts: ScoreCounts, threshold: float) -> float:
    """F1 at a threshold; 0 where no score reaches it, NaN without positives."""
    f1 = f1_by_threshold(counts)
    n = int((counts.score >= threshold).sum())
    return float(f1[n - 1]) if n else (np.nan if np.isnan(f1).any() or not len(f1) else 0.0)


def origin(threshold: float, counts: ScoreCounts, min_positives: int) -> str:
    """validation, few positives or elsewhere: where the threshold can come from by the rules of evaluation.

    Any threshold of the highest validation F1 is right; with fewer positives than min_positives it must be 0.5.
    """
    if counts.n_positive < max(min_positives, 1):
        return "few positives" if threshold == WITHOUT_CHOICE else "elsewhere"
    best = f1_by_threshold(counts).max()
    return "validation" if f1_at(counts, threshold) >= best - EQUAL else "elsewhere"


def hold_thresholds(
    validation: str | Path,
    test: str | Path,
    metrics: str | Path,
    dataset_json: str | Path,
    out: str | Path,
    cfg: dict,
) -> None:
    """Write thresholds.tsv, a row a task (COLUMNS): the threshold of metrics.tsv beside the best on validation.

    cfg: tasks (ids), regions, min_validation_positives. origin: `validation`, `few positives` (0.5), `test` (not
    the best on validation, but on test), `elsewhere`. Test is read only where a threshold is not from validation,
    to say whether it is test's; its F1 columns are NaN otherwise. InputError: as `read_metrics`, `check_tasks` and
    `open_predictions`.
    """
    dataset, task_ids = read_json(dataset_json), list(cfg["tasks"])
    table = read_metrics(metrics, ["threshold"])
    check_tasks(table, task_ids, metrics)
    stored = table["threshold"].to_numpy(float)
    rows = []
    with open_predictions(validation, task_ids, dataset, cfg["regions"], "validation") as predictions:
        (counts,) = count_predictions(predictions)
    for i, task in enumerate(task_ids):
        mine = counts.of(i)
        f1 = f1_by_threshold(mine)
        known = len(f1) > 0 and not np.isnan(f1).any()
        rows.append([
            task, stored[i], float(mine.score[f1.argmax()]) if known else np.nan, f1_at(mine, stored[i]),
            float(f1.max()) if known else np.nan, np.nan, np.nan,
            origin(stored[i], mine, cfg["min_validation_positives"]), cfg["regions"],
        ])  # fmt: skip
    found = pd.DataFrame(rows, columns=COLUMNS)
    odd = np.flatnonzero(found["origin"] == "elsewhere")
    if len(odd):
        with open_predictions(test, task_ids, dataset, cfg["regions"], "test") as predictions:
            (counts,) = count_predictions(predictions)
        for i in odd.tolist():
            mine = counts.of(i)
            f1 = f1_by_threshold(mine)
            here, best = f1_at(mine, stored[i]), float(f1.max()) if len(f1) else np.nan
            found.loc[i, ["test_f1", "best_test_f1"]] = [here, best]
            if here >= best - EQUAL:
                found.loc[i, "origin"] = "test"
    log.info("thresholds of %d tasks: %s", len(found), found["origin"].value_counts().to_dict())
    with whole(out) as path:
        found.to_csv(path, sep="\t", index=False, na_rep="NaN")


def check(inputs: Mapping, cfg: Mapping) -> Finding:
    """Gather thresholds.tsv of every strategy, seed and set of evaluation regions. A failure where any threshold is
    not validation's.

    inputs: thresholds. Not applicable where there are none, the targets being signals.
    """
    rows, tables = [], []
    if not many(inputs, "thresholds"):
        return Finding(
            NOT_APPLICABLE, "The targets are signals: nothing is called positive.", "Nothing to do."
        )
    for path in many(inputs, "thresholds"):
        name, seed = place(path)
        table = read_metrics(path, COLUMNS[1:]).reset_index()
        tables.append(table)
        for row in table[~table["origin"].isin(["validation", "few positives"])].itertuples():
            rows.append({
                "strategy": name, "seed": seed, "regions": row.regions, "task_id": row.task_id,
                "threshold": row.threshold, "best_on_validation": None if pd.isna(row.best) else row.best,
                "origin": row.origin,
            })  # fmt: skip
    n = sum(map(len, tables))
    counts = pd.concat(tables)["origin"].value_counts().to_dict()
    regions = list(dict.fromkeys(pd.concat(tables)["regions"]))
    if not rows:
        figure = (
            f"All {n:,} thresholds ({len(tables) // len(regions)} strategies and seeds, bins: {', '.join(regions)}) "
            f"have the highest F1 on the validation predictions, found again from these; "
            f"{counts.get('few positives', 0):,} are 0.5 for want of positives."
        )
        return Finding(PASS, figure, "Nothing to do.", {"n": n, "origins": counts, "odd": []})
    first = rows[0]
    figure = (
        f"{len(rows):,} of {n:,} thresholds are not the best on validation, {counts.get('test', 0):,} of them the best "
        f"on test; the first is that of {first['task_id']} under {first['strategy']}, seed {first['seed']}, "
        f"{first['regions']} bins: {first['threshold']:.4g} where validation gives {first['best_on_validation']}."
    )
    advice = "Delete these metrics.tsv and evaluate again; thresholds are for validation alone to choose."
    return Finding(FAIL, figure, advice, {"n": n, "origins": counts, "odd": rows})
