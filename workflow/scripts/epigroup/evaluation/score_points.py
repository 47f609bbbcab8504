"""Points of a task's ROC and precision-recall curves: few enough to keep, close enough to draw."""

import os
from collections.abc import Mapping

import numpy as np
import pandas as pd

from epigroup.core.files import whole
from epigroup.evaluation.metrics import ScoreCounts

LEVELS = 24  # of recall, and as many of false positives


def score_points(counts: ScoreCounts, threshold: float, levels: int = LEVELS) -> pd.DataFrame:
    """Points of the curves of one task, the highest score first: columns score, tp, fp.

    A point says how many positives (tp) and negatives (fp) score at least `score`; the last one holds all
    examples. Points are taken at about even steps of recall and of false positives, at most two for each of
    `levels`, and at the lowest score that the threshold calls, so that every one is exact. No rows without
    positives.
    """
    if counts.n_positive == 0:
        return pd.DataFrame({"score": [], "tp": np.zeros(0, np.int64), "fp": np.zeros(0, np.int64)})
    tp, fp = counts.tp, counts.called - counts.tp
    steps = np.arange(1, levels + 1) / levels
    wanted = [np.searchsorted(line, np.ceil(steps * line[-1])) for line in (tp, fp)]
    called = np.count_nonzero(counts.score >= threshold)
    at = np.unique(np.concatenate([*wanted, [0, len(tp) - 1], [called - 1] if called else []])).astype(int)
    return pd.DataFrame({"score": counts.score[at], "tp": tp[at], "fp": fp[at]})


def write_points(path: str | os.PathLike, points: Mapping[str, pd.DataFrame]) -> None:
    """Write points.tsv: task_id, score, tp, fp; the `score_points` of each task."""
    columns = ["task_id", "score", "tp", "fp"]
    rows = [part.assign(task_id=task)[columns] for task, part in points.items() if len(part)]
    table = pd.concat(rows) if rows else pd.DataFrame(columns=columns)
    with whole(path) as partial:
        table.to_csv(partial, sep="\t", index=False)
