"""Predictions of signals -> a table of scores by task, and sums by block for the bootstrap."""

import logging
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.logs import Progress
from epigroup.core.settings import read_settings
from epigroup.core.text_files import read_json
from epigroup.dataset.groups import read_groups
from epigroup.evaluation.bootstrap import draw_blocks, percentile_interval
from epigroup.evaluation.predictions import (
    AT_ONCE,
    Blocks,
    Predictions,
    check_positives,
    choose_blocks,
    open_predictions,
    write_blocks,
)
from epigroup.evaluation.score import means_in_words, score_columns
from epigroup.evaluation.settings import EvaluationSettings
from epigroup.evaluation.signal_scores import (
    SIGNAL_SCORES,
    BlockSums,
    SignalDraws,
    SignalPredictions,
    block_sums,
)

log = logging.getLogger(__name__)


def tasks_of(predictions: Predictions) -> Iterator[tuple[int, SignalPredictions]]:
    """(task, its targets and predictions) one after another; those of a run of tasks are in memory, so that the
    file is read few times. InputError: a prediction that is not finite.
    """
    n, n_tasks = len(predictions), len(predictions.task_ids)
    run = max(1, AT_ONCE // max(n, 1))
    progress = Progress(log, f"scores of {predictions.path}", n_tasks, "tasks")
    for at in range(0, n_tasks, run):
        tasks = slice(at, min(at + run, n_tasks))
        predicted = np.empty((tasks.stop - at, n), np.float32)
        signal = np.empty(predicted.shape, np.float16)
        positives = np.zeros(tasks.stop - at, np.int64)
        for here, some, truth, labels in predictions.signal_rows(tasks):
            predicted[:, here], signal[:, here] = some.T, truth.T
            positives += labels.sum(axis=0)
        for i, (mine, truth) in enumerate(zip(predicted, signal, strict=True)):
            if not np.isfinite(mine).all():
                raise InputError(
                    f"{predictions.path}: task '{predictions.task_ids[at + i]}': the prediction "
                    f"{mine[~np.isfinite(mine)][0]} is no finite number; predict again"
                )
            yield (
                at + i,
                SignalPredictions(truth.astype(np.float64), mine.astype(np.float64), int(positives[i])),
            )
        progress.advance(tasks.stop - at)


def evaluate_signals(
    validation: str | os.PathLike,
    test: str | os.PathLike,
    groups: str | Path,
    dataset_json: str | os.PathLike,
    metrics_out: str | os.PathLike,
    blocks_out: str | os.PathLike,
    cfg: Mapping[str, Any],
) -> None:
    """Write metrics.tsv (a row a task) and blocks.h5 of one strategy and seed whose targets are signals.

    cfg: `EvaluationSettings`. There is no threshold: nothing is chosen on validation, whose scores
    serve choices between strategies alone. InputError: as `open_predictions`, `check_positives` and
    `tasks_of`, no test examples.
    """
    told = read_settings(EvaluationSettings, cfg, "evaluation")
    task_ids, regions = list(told.tasks), told.regions
    dataset = read_json(dataset_json)
    number = read_groups(groups, task_ids, numbered=True).numbers()
    table = pd.DataFrame({"task_id": task_ids, "group": number.astype(int), "regions": regions})
    with open_predictions(validation, task_ids, dataset, regions, "validation") as predictions:
        rows = [
            {"n_validation": len(task.target), "positives_validation": task.positives}
            | score_columns(SIGNAL_SCORES, task, "validation")
            for _, task in tasks_of(predictions)
        ]
        table = pd.concat([table, pd.DataFrame(rows)], axis=1)
        check_positives(predictions, table["positives_validation"].to_numpy(), dataset, "validation", regions)
    with open_predictions(test, task_ids, dataset, regions, "test") as predictions:
        if len(predictions) == 0:
            raise InputError(f"{test}: no test examples; give splits.test a region with peaks")
        blocks = choose_blocks(*predictions.places())
        n_blocks = len(blocks.chrom)
        sums = np.empty((5, n_blocks, len(task_ids)))
        rows = []
        for i, task in tasks_of(predictions):
            sums[:, :, i] = block_sums(task.target, task.predicted, blocks.of, n_blocks)
            rows.append(
                {"n_test": len(task.target), "positives_test": task.positives}
                | score_columns(SIGNAL_SCORES, task, "test")
            )
        table = pd.concat([table, pd.DataFrame(rows)], axis=1)
        check_positives(predictions, table["positives_test"].to_numpy(), dataset, "test", regions)
        precision = predictions.precision
    n = np.bincount(blocks.of, minlength=n_blocks).astype(np.uint32)
    table = table.assign(**intervals(n, sums, blocks, told.interval_draws, told.seed))
    report(table, blocks, regions)
    with whole(metrics_out) as path:
        table.to_csv(path, sep="\t", index=False, na_rep="NaN")
    counts = dict(zip(BlockSums.by_task, sums, strict=True)) | {"n": n}
    write_blocks(
        blocks_out, task_ids, dataset["dataset_hash"], regions, blocks, counts, precision, targets="signal"
    )


def intervals(
    n: np.ndarray, sums: np.ndarray, blocks: Blocks, draws: int, seed: int
) -> dict[str, np.ndarray]:
    """Columns of metrics.tsv, float64 (T,): the 95 % interval of each task's scores that have one, Pearson's r, over
    `draws` of the blocks, from `sums` (5, B, T) of `block_sums`. NaN where blocks are too few, `draws` is 0 or the
    signal never changes within more than 5 % of the draws.
    """
    drawable = [(score.name, score.draws) for score in SIGNAL_SCORES if score.draws is not None]
    ends = {name: np.full((2, sums.shape[2]), np.nan) for name, _ in drawable}
    if blocks.enough and draws:
        weights = draw_blocks(len(n), draws, seed)
        n_drawn, of_sums = weights @ n.astype(np.float64), [weights @ part for part in sums]
        for task in range(sums.shape[2]):
            drawn = SignalDraws(n_drawn, *(part[:, task] for part in of_sums))
            for name, values in drawable:
                ends[name][:, task] = percentile_interval(values(drawn))
    return {
        f"test_{name}_{end}": found[i]
        for name, found in ends.items()
        for i, end in enumerate(("low", "high"))
    }


def report(table: pd.DataFrame, blocks: Blocks, regions: str) -> None:
    """Log what a reader should know of an evaluation."""
    means = means_in_words(SIGNAL_SCORES, table)
    flat = int(table["test_pearson"].isna().sum())
    log.info("%d tasks over %s bins: mean test %s; %d without a Pearson r", len(table), regions, means, flat)
    if blocks.enough:
        log.info("%d test blocks of %d bp", len(blocks.chrom), blocks.size)
    else:
        log.warning("only %d test blocks of %d bp: intervals are withheld", len(blocks.chrom), blocks.size)
