"""The scores of a task whose targets are labels: a record each, and a task's row of metrics.tsv, which they make."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from epigroup.evaluation.bootstrap import average_precision_draws, f1_of
from epigroup.evaluation.metrics import (
    Confusion,
    ScoreCounts,
    average_precision,
    brier_score,
    calibration_error,
    choose_threshold,
    confusion,
    log_loss,
    roc_auc,
)
from epigroup.evaluation.score import Score, score_columns


@dataclass(frozen=True)
class LabelPredictions:
    """One task's examples of one split, counted by probability, and the threshold that validation chose. What several
    scores need is worked out once, when the first of them asks."""

    counts: ScoreCounts
    threshold: float

    @cached_property
    def called(self) -> Confusion:
        """Calls at the threshold."""
        return confusion(self.counts, self.threshold)

    @cached_property
    def called_at_half(self) -> Confusion:
        """Calls at 0.5."""
        return confusion(self.counts, 0.5)


@dataclass(frozen=True)
class LabelDraws:
    """One task's test examples in draws of the blocks.

    probability: float16 (N,); labels: bool (N,); blocks: int (N,) block of each example; weights: float64 (draws, B),
    how often each block is drawn; tp, fp, fn: float64 (draws,) at the threshold.
    """

    probability: np.ndarray
    labels: np.ndarray
    blocks: np.ndarray
    weights: np.ndarray
    tp: np.ndarray
    fp: np.ndarray
    fn: np.ndarray


def f1(task: LabelPredictions) -> float:
    """2 TP / (2 TP + FP + FN) at the threshold; 0 to 1, 0 without a true call; NaN without positives."""
    return task.called.f1


def f1_at_half(task: LabelPredictions) -> float:
    """F1 where an example is called from 0.5 on; 0 to 1; NaN without positives."""
    return task.called_at_half.f1


def precision(task: LabelPredictions) -> float:
    """Share of positives among the called at the threshold; 0 to 1, 0 where none is called; NaN without positives."""
    return task.called.precision


def recall(task: LabelPredictions) -> float:
    """Share of the positives that is called at the threshold; 0 to 1; NaN without positives."""
    return task.called.recall


def precision_at_half(task: LabelPredictions) -> float:
    """Share of positives among the called from 0.5 on; 0 to 1, 0 where none is called; NaN without positives."""
    return task.called_at_half.precision


def recall_at_half(task: LabelPredictions) -> float:
    """Share of the positives that is called from 0.5 on; 0 to 1; NaN without positives."""
    return task.called_at_half.recall


def auprc(task: LabelPredictions) -> float:
    """Average precision: mean over the positives of the precision at their score; 0 to 1, by chance the base rate; NaN
    without positives."""
    return average_precision(task.counts)


def auroc(task: LabelPredictions) -> float:
    """Chance that a positive scores above a negative, a tie being half; 0 to 1, by chance 0.5; NaN without positives
    or negatives."""
    return roc_auc(task.counts)


def mean_log_loss(task: LabelPredictions) -> float:
    """Mean cross-entropy in nats, probabilities kept off 0 and 1 by half a step of float16; 0 to 25 ln 2; NaN without
    examples."""
    return log_loss(task.counts)


def base_rate(task: LabelPredictions) -> float:
    """Share of positives among the examples; 0 to 1; NaN without examples."""
    return task.counts.n_positive / task.counts.n if task.counts.n else np.nan


def brier(task: LabelPredictions) -> float:
    """Mean squared difference of probability and label; 0 to 1; NaN without examples."""
    return brier_score(task.counts)


def expected_calibration_error(task: LabelPredictions) -> float:
    """Expected calibration error: in 15 bins of equal width, the mean of |share of positives - mean probability|; 0 to
    1; NaN without examples."""
    return calibration_error(task.counts)


LABEL_SCORES: tuple[Score, ...] = (
    Score(
        "f1", "F1", "headline", f1, splits=("validation", "test"), threshold=True,
        draws=lambda drawn: f1_of(drawn.tp, drawn.fp, drawn.fn),
    ),
    Score("f1_at_half", "F1 at 0.5", "further", f1_at_half),
    Score("precision", "Precision", "further", precision, threshold=True),
    Score("recall", "Recall", "further", recall, threshold=True),
    Score("precision_at_half", "Precision at 0.5", "detail", precision_at_half),
    Score("recall_at_half", "Recall at 0.5", "detail", recall_at_half),
    Score(
        "auprc", "AUPRC", "shown", auprc, splits=("validation", "test"),
        draws=lambda drawn: average_precision_draws(drawn.probability, drawn.labels, drawn.blocks, drawn.weights),
    ),
    Score("auroc", "AUROC", "shown", auroc, splits=("validation", "test")),
    Score("log_loss", "Log loss", "detail", mean_log_loss, splits=("validation", "test"), higher_is_better=False),
    Score("base_rate", "Base rate", "data", base_rate),
    Score("brier", "Brier score", "further", brier, higher_is_better=False),
    Score("calibration_error", "Calibration error", "further", expected_calibration_error, higher_is_better=False),
)  # fmt: skip


def frozen_metrics(test: ScoreCounts, threshold: float) -> dict[str, float | int]:
    """Figures of test examples at a threshold frozen elsewhere, as columns of metrics.tsv: n_test, positives_test, and
    those of LABEL_SCORES that are of the test split."""
    counted = {"n_test": test.n, "positives_test": test.n_positive}
    return counted | score_columns(LABEL_SCORES, LabelPredictions(test, threshold), "test")


def task_metrics(validation: ScoreCounts, test: ScoreCounts, min_positives: int) -> dict[str, float | int]:
    """A task's row of metrics.tsv; the threshold comes from validation alone and stays for test."""
    threshold, flagged = choose_threshold(validation, min_positives)
    of_test = frozen_metrics(test, threshold)
    return {
        "n_validation": validation.n,
        "positives_validation": validation.n_positive,
        "n_test": of_test.pop("n_test"),
        "positives_test": of_test.pop("positives_test"),
        "threshold": threshold,
        "threshold_flag": int(flagged),
        **score_columns(LABEL_SCORES, LabelPredictions(validation, threshold), "validation"),
        **of_test,
    }


def half_metrics(first: ScoreCounts, second: ScoreCounts, min_positives: int) -> dict[str, float | int]:
    """What choices between strategies look at: the headline score, F1, on one half of the validation blocks at the
    threshold of the other half.

    first, second: the halves; of the positives that a threshold asks for, half are enough here. F1 is NaN
    without positives in the second half, which `positives_half` counts.
    """
    threshold, _ = choose_threshold(first, (min_positives + 1) // 2)
    headline = next(score for score in LABEL_SCORES if score.role == "headline")
    found = headline.of(LabelPredictions(second, threshold))
    return {"positives_half": second.n_positive, f"validation_{headline.name}_half": found}
