"""Scores of one strategy and seed in the small results tree, and the points of its tasks' curves."""

import numpy as np
import pandas as pd
from scipy.stats import norm

# The F1 that a strategy has beyond that of tasks trained alone.
LIFT = {"STL": 0.0, "SMTL": 0.02, "EMTL": 0.03, "CMTL": 0.025, "KMTL": 0.06, "RANDOM": 0.015}
# Which of a task's points its threshold is.
CALLED = 10


def scores(tasks: pd.DataFrame, groups: np.ndarray, f1: np.ndarray, seed: int) -> pd.DataFrame:
    """metrics.tsv: every score follows from F1; the first task, which has no test positives, has none on test."""
    frame = pd.DataFrame(
        {
            "task_id": tasks["task_id"],
            "group": groups,
            "positives_test": tasks["positives_test"],
            "threshold_flag": 0,
            "test_f1": f1,
            "test_auprc": f1 * 0.95,
            "test_auroc": 0.5 + f1 / 2,
            "test_base_rate": tasks["positives_test"] / 5000,
            "threshold": 0.3 + 0.01 * seed,
            "test_f1_low": f1 - 0.03,
            "test_f1_high": f1 + 0.03,
            "test_auprc_low": f1 * 0.95 - 0.04,
            "test_auprc_high": f1 * 0.95 + 0.04,
            "test_f1_at_half": f1 * 0.8,
            "test_precision_at_half": f1 * 0.9,
            "test_recall_at_half": f1 * 0.7,
            "test_brier": 0.2 - f1 / 10,
            "test_calibration_error": 0.1 - f1 / 20,
            "validation_f1": f1 + 0.02,
            "validation_auprc": f1 * 0.97,
            "validation_auroc": 0.5 + f1 / 2,
            "validation_log_loss": 0.4 - f1 / 10,
            "test_precision": f1,
            "test_recall": f1,
        }
    )
    of_test = [name for name in frame if name.startswith("test_") and name != "test_base_rate"]
    frame.loc[0, of_test] = np.nan
    return frame


def points_of(frame: pd.DataFrame, f1: np.ndarray) -> pd.DataFrame:
    """Points of the tasks' curves; precision and recall in `frame` become those of the point that is called."""
    curves = [points(*row) for row in zip(frame["task_id"], f1, frame["positives_test"], strict=True)]
    for row, curve in enumerate(curves):
        if len(curve):
            called = curve.iloc[CALLED]
            frame.loc[row, "test_recall"] = called["tp"] / curve["tp"].iloc[-1]
            frame.loc[row, "test_precision"] = called["tp"] / (called["tp"] + called["fp"])
    return pd.concat([curve for curve in curves if len(curve)])


def points(task: str, quality: float, positives: int, negatives: int = 5000, n: int = 46) -> pd.DataFrame:
    """Points of a task's curves, as many as a real run keeps: scores normal, 1 + 4 * quality standard
    deviations higher for positives."""
    if not positives:
        return pd.DataFrame({"task_id": [], "score": [], "tp": [], "fp": []})
    false = np.linspace(0, 1, n) ** 3
    true = norm.cdf(1 + 4 * quality + norm.ppf(np.clip(false, 1 / negatives, 1)))
    tp = np.maximum(1, np.round(positives * true)).astype(int)
    columns = {"score": np.linspace(1, 0, n), "tp": tp, "fp": np.round(negatives * false).astype(int)}
    return pd.DataFrame({"task_id": task, **columns})
