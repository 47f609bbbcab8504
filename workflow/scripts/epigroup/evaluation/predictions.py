"""Predictions of the validation and test examples -> a table of scores by task, and counts by block for the
bootstrap."""

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.hdf5 import new_hdf5, open_hdf5, write_arrays, write_attributes
from epigroup.core.logs import Progress
from epigroup.core.settings import read_settings
from epigroup.core.text_files import read_json
from epigroup.dataset.dataset import targets_of
from epigroup.dataset.groups import read_groups
from epigroup.dataset.labels import packed_width, unpack_columns
from epigroup.evaluation.block_losses import count_losses
from epigroup.evaluation.bootstrap import AUPRC_DRAWS, draw_blocks, percentile_interval
from epigroup.evaluation.label_scores import LABEL_SCORES, LabelDraws, half_metrics, task_metrics
from epigroup.evaluation.metrics import TaskCounts
from epigroup.evaluation.score import means_in_words
from epigroup.evaluation.score_points import score_points, write_points
from epigroup.evaluation.settings import EvaluationSettings

log = logging.getLogger(__name__)

BLOCK_SIZES = (1_000_000, 200_000, 50_000, 10_000)  # bp, tried from the largest
MIN_BLOCKS = 50
ROWS = 1 << 16  # examples read at a time
AT_ONCE = 1 << 26  # scores and labels in memory at a time, 3 bytes each, where tasks are taken in runs


@dataclass(frozen=True)
class Predictions:
    """An open predictions file, of which N examples (those of one set of evaluation regions) and the T tasks
    that the strategy learns are read.

    file: `probability` float16 (N, tasks of the data set; NaN for those not learnt), or of a data set of
    signals `predicted` float32 and `signal` float16 of that shape; `labels` packed, `chrom`, `start`; kept:
    bool, the rows that are read; task_ids: the learnt tasks; columns: their places in the data set.
    """

    path: str
    file: h5py.File
    kept: np.ndarray
    task_ids: list[str]
    columns: np.ndarray

    def __len__(self) -> int:
        return int(self.kept.sum())

    @property
    def precision(self) -> str:
        """That of the networks; empty where none made these predictions."""
        return str(self.file.attrs.get("precision", ""))

    def places(self) -> tuple[np.ndarray, np.ndarray]:
        """(chrom (N,), start (N,)) int64: chromosome's index in the data set, and start of the bin in bp."""
        return tuple(self.file[name][:][self.kept].astype(np.int64) for name in ("chrom", "start"))

    def rows(self, tasks: slice = slice(None)) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
        """(slice, probability float16 (n, T), labels bool (n, T)) for one run of examples after the other, of
        some of the tasks.
        """
        first, columns = 0, self.columns[tasks]
        for at in range(0, len(self.kept), ROWS):
            rows = slice(at, at + ROWS)
            kept = self.kept[rows]
            here = slice(first, first + int(kept.sum()))
            first = here.stop
            scores = self.file["probability"][rows][kept][:, columns]
            yield here, scores, unpack_columns(self.file["labels"][rows][kept], columns)

    def signal_rows(self, tasks: slice) -> Iterator[tuple[slice, np.ndarray, np.ndarray, np.ndarray]]:
        """(slice, predicted float32 (n, T), signal float16 (n, T), labels bool (n, T)) as `rows`."""
        first, columns = 0, self.columns[tasks]
        for at in range(0, len(self.kept), ROWS):
            rows = slice(at, at + ROWS)
            kept = self.kept[rows]
            here = slice(first, first + int(kept.sum()))
            first = here.stop
            predicted, signal = (self.file[name][rows][kept][:, columns] for name in ("predicted", "signal"))
            yield here, predicted, signal, unpack_columns(self.file["labels"][rows][kept], columns)


@contextmanager
def open_predictions(
    path: str | os.PathLike, task_ids: list[str], dataset: dict, regions: str, split: str
) -> Iterator[Predictions]:
    """Predictions of the tasks `task_ids` on the data set that dataset.json describes, for the bins of one
    split and set of evaluation regions: "any_peak", those with a peak of any task of the data set, or
    "all_mappable".

    InputError: regions that the data set does not evaluate, another split, another data set, other tasks than
    the data set's or in another order, scores of a task that is not among `task_ids`, parts of different
    lengths, predictions of another type.
    """
    if regions not in dataset["n_evaluation"]:
        raise InputError(
            f"{path}: evaluation regions {regions} where the data set has "
            f"{', '.join(dataset['n_evaluation'])}; see dataset.evaluation_regions"
        )
    known, expected_hash = list(dataset["task_ids"]), dataset["dataset_hash"]
    with open_hdf5(path) as file:
        found, found_hash = list(map(str, file.attrs["task_ids"])), str(file.attrs["dataset_hash"])
        if found_hash != expected_hash:
            raise InputError(
                f"{path}: predictions of data set {found_hash[:12]}, but the data set is"
                f" {expected_hash[:12]}; predict again"
            )
        if file.attrs["split"] != split:
            raise InputError(
                f"{path}: predictions of the {file.attrs['split']} split where {split} belongs; predict again"
            )
        if found != known:
            differ = sorted(set(found) ^ set(known))
            what = f"task '{differ[0]}' is in one of them only" if differ else "their order differs"
            raise InputError(
                f"{path}: {len(found)} tasks where the data set has {len(known)}; {what}; predict again"
            )
        n, t = len(file["start"]), len(known)
        signal = targets_of(dataset) == "signal"
        name, kind = ("predicted", np.float32) if signal else ("probability", np.float16)
        expected = {name: (n, t), "labels": (n, packed_width(t)), "chrom": (n,), "start": (n,)}
        expected |= {"signal": (n, t)} if signal else {}
        shapes = {one: file[one].shape for one in expected}
        if shapes != expected or file[name].dtype != kind:
            raise InputError(
                f"{path}: shapes {shapes} and {file[name].dtype} where {expected} and {np.dtype(kind)} belong; predict "
                "again"
            )
        place = {task: i for i, task in enumerate(known)}
        columns = np.array([place[task] for task in task_ids], np.int64)
        others = np.setdiff1d(np.arange(t), columns)
        if n and not np.isnan(file[name][0][others]).all():
            strange = others[~np.isnan(file[name][0][others])][0]
            raise InputError(
                f"{path}: scores of task '{known[strange]}', which the strategy does not learn; predict again"
            )
        kept = np.ones(n, bool)
        if regions == "any_peak":
            for at in range(0, n, ROWS):
                kept[at : at + ROWS] = file["labels"][at : at + ROWS].any(axis=1)
        yield Predictions(str(path), file, kept, task_ids, columns)


def count_predictions(predictions: Predictions, part: np.ndarray | None = None) -> list[TaskCounts]:
    """Counts by task and score over all examples; with `part` (N,) of 0 and 1 those of each part."""
    counts = [TaskCounts(predictions.task_ids) for _ in range(1 if part is None else 2)]
    progress = Progress(log, f"scores of {predictions.path}", len(predictions), "examples")
    for here, scores, labels in predictions.rows():
        if part is None:
            counts[0].add(scores, labels, predictions.path)
        else:
            for i, of_part in enumerate(counts):
                rows = part[here] == i
                of_part.add(scores[rows], labels[rows], predictions.path)
        progress.advance(here.stop - here.start)
    return counts


@dataclass(frozen=True)
class Blocks:
    """Stretches of the test chromosomes, the unit that the bootstrap draws.

    size: bp; chrom, start: int64 (B,) of each block; of: int64 (N,) block of each example; enough: at least
    50 blocks.
    """

    size: int
    chrom: np.ndarray
    start: np.ndarray
    of: np.ndarray
    enough: bool


def choose_blocks(chrom: np.ndarray, start: np.ndarray) -> Blocks:
    """Blocks of the largest size out of 1 Mb, 200, 50 and 10 kb that gives at least 50 blocks with examples.

    Block edges are multiples of the size, so that they are the same for every strategy. Where even 10 kb
    gives fewer, `enough` is False.
    """
    for size in BLOCK_SIZES:
        keys, of = np.unique(np.stack([chrom, start // size]), axis=1, return_inverse=True)
        if keys.shape[1] >= MIN_BLOCKS:
            break
    return Blocks(size, keys[0], keys[1] * size, of.reshape(-1), keys.shape[1] >= MIN_BLOCKS)


def count_blocks(predictions: Predictions, thresholds: np.ndarray, blocks: Blocks) -> dict[str, np.ndarray]:
    """uint32 counts by block: tp, fp, fn, positives (B, T) at thresholds (T,), and n (B,) examples."""
    n_blocks, n_tasks = len(blocks.chrom), len(predictions.task_ids)
    sums = {name: np.zeros((n_blocks, n_tasks), np.uint32) for name in ("tp", "called", "positives")}
    for here, scores, labels in predictions.rows():
        called = scores.astype(np.float32) >= thresholds.astype(np.float32)
        of = blocks.of[here]
        member = csr_matrix(
            (np.ones(len(of), np.uint32), (of, np.arange(len(of)))), shape=(n_blocks, len(of))
        )
        for name, marks in (("tp", called & labels), ("called", called), ("positives", labels)):
            sums[name] += member @ marks.astype(np.uint32)
    return {
        "tp": sums["tp"],
        "fp": sums["called"] - sums["tp"],
        "fn": sums["positives"] - sums["tp"],
        "positives": sums["positives"],
        "n": np.bincount(blocks.of, minlength=n_blocks).astype(np.uint32),
    }


def task_intervals(
    predictions: Predictions, counts: Mapping[str, np.ndarray], blocks: Blocks, draws: int, seed: int
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """(columns of metrics.tsv, float64 (T,): the 95 % intervals of each task's scores that have one, over `draws` of
    the blocks; average precision, float32 (draws, T), for differences draw by draw). `counts`: by block, of
    `count_blocks`. Draws without a positive of the task are NaN and left out of its intervals, which are NaN where
    these are more than 5 %; all columns NaN, and no draws, where blocks are too few or `draws` is 0.

    The scores of one run of tasks at a time are in memory.
    """
    n_tasks, n = len(predictions.task_ids), len(predictions)
    drawable = [(score.name, score.draws) for score in LABEL_SCORES if score.draws is not None]
    found = {
        f"test_{name}_{end}": np.full(n_tasks, np.nan) for name, _ in drawable for end in ("low", "high")
    }
    if not blocks.enough or draws == 0:
        return found, np.empty((0, n_tasks), np.float32)
    kept = np.empty((draws, n_tasks), np.float32)
    weights = draw_blocks(len(blocks.chrom), draws, seed)
    called = [weights @ counts[name].astype(np.float64) for name in ("tp", "fp", "fn")]
    progress = Progress(log, "intervals", n_tasks, "tasks")
    run = max(1, AT_ONCE // max(n, 1))
    for at in range(0, n_tasks, run):
        tasks = slice(at, min(at + run, n_tasks))
        scores = np.empty((tasks.stop - at, n), np.float16)
        labels = np.empty(scores.shape, bool)
        for here, some, truth in predictions.rows(tasks):
            scores[:, here], labels[:, here] = some.T, truth.T
        for task, (of_task, truth) in enumerate(zip(scores, labels, strict=True), at):
            drawn = LabelDraws(of_task, truth, blocks.of, weights, *(part[:, task] for part in called))
            for name, values_of in drawable:
                values = values_of(drawn)
                found[f"test_{name}_low"][task], found[f"test_{name}_high"][task] = percentile_interval(
                    values
                )
                if name == "auprc":
                    kept[:, task] = values
        progress.advance(tasks.stop - at)
    return found, kept


def check_bins(
    predictions: Predictions, parts: list[TaskCounts], dataset: dict, split: str, regions: str
) -> None:
    """InputError unless the examples, counted in `parts`, are as many as the data set has in this split and
    set of evaluation regions, and each task's positives among them too.
    """
    found = sum(part.positives.sum(axis=1, dtype=np.int64) for part in parts)
    check_positives(predictions, found, dataset, split, regions)


def check_positives(
    predictions: Predictions, found: np.ndarray, dataset: dict, split: str, regions: str
) -> None:
    """As `check_bins`, from each task's positives `found` int64 (T,)."""
    n, expected = len(predictions), dataset["n_evaluation"][regions][split]
    if n != expected:
        raise InputError(
            f"{predictions.path}: {n:,} {split} examples where the data set has {expected:,}; predict again"
        )
    known = np.array(dataset["positives"][split], np.int64)[predictions.columns]
    if (found != known).any():
        task = int((found != known).argmax())
        raise InputError(
            f"{predictions.path}: task '{predictions.task_ids[task]}' has {found[task]:,} positives where "
            f"the data set has {known[task]:,}: these are other bins; predict again"
        )


def evaluate_strategy(
    validation: str | os.PathLike,
    test: str | os.PathLike,
    groups: str | Path,
    dataset_json: str | os.PathLike,
    metrics_out: str | os.PathLike,
    blocks_out: str | os.PathLike,
    cfg: Mapping[str, Any],
    points_out: str | os.PathLike | None = None,
) -> None:
    """Write metrics.tsv (a row a task) and blocks.h5 of one strategy and seed, and where asked points.tsv
    with points of the curves of every task (`score_points`).

    cfg: `EvaluationSettings`. The validation blocks, sized as those of the test, are
    halved by turns for `half_metrics`. InputError: as `open_predictions` and `check_bins`, no test
    examples.
    """
    told = read_settings(EvaluationSettings, cfg, "evaluation")
    task_ids, regions, least = list(told.tasks), told.regions, told.min_validation_positives
    dataset = read_json(dataset_json)
    number = read_groups(groups, task_ids, numbered=True).numbers()
    with open_predictions(validation, task_ids, dataset, regions, "validation") as predictions:
        of_validation = choose_blocks(*predictions.places())
        halves = count_predictions(predictions, of_validation.of % 2)
        check_bins(predictions, halves, dataset, "validation", regions)
        losses = count_losses(predictions, of_validation)
    first, second = halves
    with open_predictions(test, task_ids, dataset, regions, "test") as predictions:
        if len(predictions) == 0:
            raise InputError(f"{test}: no test examples; give splits.test a region with peaks")
        (on_test,) = count_predictions(predictions)
        check_bins(predictions, [on_test], dataset, "test", regions)
        table = pd.DataFrame(
            [
                {"task_id": task, "group": int(number[i]), "regions": regions}
                | task_metrics(first.of(i, second), on_test.of(i), least)
                | half_metrics(first.of(i), second.of(i), least)
                for i, task in enumerate(task_ids)
            ]
        )
        blocks = choose_blocks(*predictions.places())
        counts = count_blocks(predictions, table["threshold"].to_numpy(), blocks)
        intervals, drawn = task_intervals(predictions, counts, blocks, told.interval_draws, told.seed)
        precision = predictions.precision
    table = table.assign(**intervals)
    report(table, blocks, regions)
    if points_out is not None:
        thresholds = table["threshold"]
        write_points(
            points_out,
            {task: score_points(on_test.of(i), thresholds[i]) for i, task in enumerate(task_ids)},
        )
    with whole(metrics_out) as path:
        table.to_csv(path, sep="\t", index=False, na_rep="NaN")
    counts = counts | losses | {AUPRC_DRAWS: drawn}
    write_blocks(blocks_out, task_ids, dataset["dataset_hash"], regions, blocks, counts, precision)


def report(table: pd.DataFrame, blocks: Blocks, regions: str) -> None:
    """Log what a reader should know of an evaluation."""
    log.info(
        "%d tasks over %s bins: mean test %s; %d without test positives"
        " (left out), %d with the threshold 0.5"
        " for want of validation positives",
        len(table),
        regions,
        means_in_words(LABEL_SCORES, table),
        int((table["positives_test"] == 0).sum()),
        int(table["threshold_flag"].sum()),
    )
    if blocks.enough:
        log.info("%d test blocks of %d bp", len(blocks.chrom), blocks.size)
    else:
        log.warning("only %d test blocks of %d bp: intervals are withheld", len(blocks.chrom), blocks.size)


def write_blocks(
    path: str | os.PathLike,
    task_ids: list[str],
    dataset_hash: str,
    regions: str,
    blocks: Blocks,
    counts: dict,
    precision: str,
    targets: str = "labels",
) -> None:
    """blocks.h5: tp, fp, fn, positives (B, T), n (B,) uint32, auprc_draws float32 (draws, T), and, but for choices, of
    the validation blocks what `count_losses` gives; or, where the targets are a signal, n and x, y, xx, yy, xy float64
    (B, T); chrom, start (B,); task_id (T,).

    Attributes: dataset_hash, regions, block_size (bp), interval (False: too few blocks for one), precision of
    the networks where it is known, targets where these are a signal, crc32 of the others.
    """
    with whole(path) as partial, new_hdf5(partial) as file:
        write_arrays(file, counts, compression="gzip", shuffle=True)
        write_arrays(
            file,
            {"chrom": blocks.chrom.astype(np.int32), "start": blocks.start, "task_id": np.array(task_ids)},
        )
        more = {"precision": precision} if precision else {}
        more |= {} if targets == "labels" else {"targets": targets}
        attributes: dict[str, str | int | bool] = {
            "dataset_hash": dataset_hash,
            "regions": regions,
            "block_size": int(blocks.size),
            "interval": bool(blocks.enough),
            **more,
        }
        write_attributes(file, attributes)
