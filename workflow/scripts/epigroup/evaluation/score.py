"""What a score is: one record says how it is named, how it is computed, what it means, and where it is seen.

The records stand in `label_scores.LABEL_SCORES` and `signal_scores.SIGNAL_SCORES`; their order is that of the columns
of metrics.tsv. A new score is a new record there, with its function: tables, comparison and report follow.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

Role = Literal["headline", "shown", "also", "further", "detail", "data"]
Split = Literal["validation", "test"]


@dataclass(frozen=True)
class Score:
    """One score of a task.

    name: the stem of its columns (`test_{name}`, `mean_{name}`); words: as people read it.
    role: where it is seen. "headline", what strategies are compared by, one a kind of targets; "shown", beside it in
    every figure and table; "also", in the table of strategies; "further", in the report's tables of all scores;
    "detail", in metrics.tsv and scores.tsv, the log loss in gains over units too; "data", as that, but it tells of the
    data and not of a network, is the same for every strategy, and comes last in scores.tsv.
    of: the score of a task from its targets and predictions of one split (`LabelPredictions`, `SignalPredictions`).
    Its docstring says what the score is, its range, and when it is NaN (`results.catalogue.scores.meaning_of`), so that
    another word reruns no job.
    draws: its values float64 (draws,) in draws of the test blocks (`LabelDraws`, `SignalDraws`), of which metrics.tsv
    has the 95 % interval; None: it gets no interval.
    splits: those of which metrics.tsv has it. threshold: whether it rests on the threshold that validation chose.
    averaged: whether scores.tsv has its means over tasks of the test split.
    """

    name: str
    words: str
    role: Role
    of: Callable[[Any], float]
    draws: Callable[[Any], np.ndarray] | None = None
    splits: tuple[Split, ...] = ("test",)
    higher_is_better: bool = True
    threshold: bool = False
    averaged: bool = True

    @property
    def interval(self) -> bool:
        """Whether metrics.tsv has an interval of it."""
        return self.draws is not None


def score_columns(scores: Iterable[Score], judged: Any, split: Split) -> dict[str, float]:
    """The scores of a task in one split, as columns of metrics.tsv, in the order of the records. judged: the task's
    `LabelPredictions` or `SignalPredictions`, as the records' functions take it."""
    return {f"{split}_{score.name}": score.of(judged) for score in scores if split in score.splits}


def means_in_words(scores: Iterable[Score], table: pd.DataFrame) -> str:
    """Means over the tasks of a metrics.tsv of the test scores that are shown: `F1 0.4213, AUPRC 0.3952`."""
    shown = [score for score in scores if score.role in ("headline", "shown")]
    return ", ".join(f"{score.words} {table[f'test_{score.name}'].mean():.4f}" for score in shown)
