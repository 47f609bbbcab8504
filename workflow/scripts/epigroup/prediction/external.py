"""Scores of the data set's bins from elsewhere -> predictions files, judged by the rules that judge strategies."""

import logging
import os
import zlib
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.hdf5 import DAMAGE, new_hdf5, read_hdf5, write_arrays
from epigroup.core.text_files import first_line
from epigroup.dataset.dataset import Dataset, Examples, open_dataset

log = logging.getLogger(__name__)

ROWS = 1 << 14
CHUNK = 1 << 12
PLACES = ("chrom", "start", "end")
SPLITS = ("validation", "test")
# Number of the first row; chrom object (n,), start and end int64 (n,), scores float64 (n, T).
ScoredRows = tuple[int, np.ndarray, np.ndarray, np.ndarray, np.ndarray]


@dataclass
class Target:
    """Where the scores of one split go: its bins, their keys ascending, and which of them have a score."""

    bins: Examples
    keys: np.ndarray
    order: np.ndarray
    scores: np.ndarray = field(repr=False)
    filled: np.ndarray = field(repr=False)


def import_predictions(
    file: str | os.PathLike,
    dataset_json: str | os.PathLike,
    shard_paths: Sequence[str | os.PathLike],
    outputs: Mapping[str, str | os.PathLike],
    name: str,
) -> None:
    """Write `validation` and `test` predictions as `predict.predict_split` does, and `groups` with all tasks in
    one, from a file of scores.

    The file: a TSV, gzipped or not, with the columns chrom, start, end and one for each task; or, where its name
    ends in .h5 or .hdf5, an HDF5 with `scores` (N, T), `chrom` (N) text, `start`, `end` (N) and `task_ids` (T) text.
    Rows and tasks in any order; rows of bins that are neither validation nor test are passed over. Scores are kept
    as float16, as those of networks are.
    InputError: a validation or test bin that has no row or two, rows that are not as wide as a bin, tasks that are
    not those of the data set, a score that is NaN or outside [0, 1], a file that cannot be read.
    """
    where = f"external.{name}.file: {file}"
    dataset = open_dataset(dataset_json, shard_paths)
    targets = {split: _target(dataset, split) for split in SPLITS}
    is_hdf5 = str(file).endswith((".h5", ".hdf5"))
    blocks = (
        _hdf5_blocks(file, where, dataset.task_ids)
        if is_hdf5
        else _table_blocks(file, where, dataset.task_ids)
    )
    number = {chrom: i for i, chrom in enumerate(dataset.chromosomes)}
    with closing(blocks):  # and with it the file, where a row is refused
        for first, chrom, start, end, scores in blocks:
            _check_rows(where, first, start, end, scores, dataset)
            chroms = pd.Series(chrom).map(number).fillna(-1).to_numpy(np.int64)
            keys = np.where(chroms < 0, -1, chroms * 2**40 + start)
            for target in targets.values():
                _take(where, first, keys, scores, target)
    for split, target in targets.items():
        _check_whole(where, split, target, dataset)
    for split, target in targets.items():
        _write(outputs[split], split, target, dataset)
    with whole(outputs["groups"]) as path:
        path.write_text(
            "task_id\tgroup\n" + "".join(f"{task}\t0\n" for task in dataset.task_ids), encoding="utf-8"
        )
    log.info("%s: scores of %d tasks", where, len(dataset.task_ids))


def _target(dataset: Dataset, split: str) -> Target:
    bins = dataset.split(split, dataset.evaluation_regions[-1])
    keys = bins.chrom.astype(np.int64) * 2**40 + bins.start
    order = np.argsort(keys, kind="stable")
    shape = len(bins), len(dataset.task_ids)
    return Target(bins, keys[order], order, np.zeros(shape, np.float16), np.zeros(len(bins), bool))


def _check_tasks(where: str, found: Sequence[str], known: Sequence[str]) -> np.ndarray:
    """int64 (T,): the column of each task of the data set."""
    place = {task: i for i, task in enumerate(found)}
    missing, strange = [t for t in known if t not in place], [t for t in found if t not in set(known)]
    if missing or strange or len(place) != len(found):
        what = (
            f"no scores of task '{missing[0]}' ({len(missing)} of {len(known)} are missing)"
            if missing
            else f"'{strange[0]}' is no task of the data set"
            if strange
            else "a task stands twice"
        )
        raise InputError(f"{where}: {what}; give every task of the sheet one column, and no others")
    return np.array([place[task] for task in known], np.int64)


def _table_blocks(
    file: str | os.PathLike, where: str, known: Sequence[str]
) -> Generator[ScoredRows, None, None]:
    """The rows of a TSV, run by run."""
    try:
        header = list(pd.read_csv(file, sep="\t", nrows=0).columns)
        lacking = [column for column in PLACES if column not in header]
        if lacking:
            raise InputError(
                f"{where}: no column {', '.join(lacking)}; it needs chrom, start, end and the tasks"
            )
        _check_tasks(where, [column for column in header if column not in PLACES], known)
        kinds = {"chrom": str, "start": np.int64, "end": np.int64} | dict.fromkeys(known, np.float64)
        first = 0
        with pd.read_csv(file, sep="\t", dtype=kinds, chunksize=ROWS) as parts:
            for part in parts:
                scores = part[list(known)].to_numpy(np.float64)
                start, end = part["start"].to_numpy(), part["end"].to_numpy()
                yield first, part["chrom"].to_numpy(object), start, end, scores
                first += len(part)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise InputError(f"{where}: cannot be read as a table of scores: {first_line(error)}") from error


def _hdf5_blocks(
    file: str | os.PathLike, where: str, known: Sequence[str]
) -> Generator[ScoredRows, None, None]:
    """As `_table_blocks`, of an HDF5."""
    try:
        with read_hdf5(file) as store:
            lacking = [name for name in ("scores", *PLACES, "task_ids") if name not in store]
            if lacking:
                raise InputError(
                    f"{where}: no data set {', '.join(lacking)}; see docs/guide/evaluation.md, external"
                )
            columns = _check_tasks(where, store["task_ids"].asstr()[:].tolist(), known)
            shape, n = store["scores"].shape, len(store["start"])
            if shape != (n, len(known)) or any(store[name].shape != (n,) for name in PLACES):
                raise InputError(
                    f"{where}: scores of shape {shape} for {n:,} starts and {len(known)} tasks; chrom, start and end "
                    "need a value for each row of scores"
                )
            for first in range(0, n, ROWS):
                rows = slice(first, first + ROWS)
                scores = store["scores"][rows].astype(np.float64)[:, columns]
                start, end = (store[name][rows].astype(np.int64) for name in ("start", "end"))
                yield first, store["chrom"].asstr()[rows].astype(object), start, end, scores
    except DAMAGE as error:
        raise InputError(f"{where}: cannot be read as HDF5 of scores: {first_line(error)}") from error


def _check_rows(
    where: str, first: int, start: np.ndarray, end: np.ndarray, scores: np.ndarray, dataset: Dataset
) -> None:
    wrong = np.flatnonzero(end - start != dataset.bin_size)
    if len(wrong):
        i = wrong[0]
        raise InputError(
            f"{where}: row {first + i + 1}: {start[i]} to {end[i]} is no bin of {dataset.bin_size} bp; score the bins "
            "of the data set (0-based, half-open)"
        )
    good = (scores >= 0) & (scores <= 1)
    if not good.all():
        row, task = np.argwhere(~good)[0]
        raise InputError(
            f"{where}: row {first + row + 1}: the score of task '{dataset.task_ids[task]}' is {scores[row, task]}; "
            "scores are chances from 0 to 1, none missing"
        )


def _take(where: str, first: int, keys: np.ndarray, scores: np.ndarray, target: Target) -> None:
    """Put the rows that are bins of this split to their places."""
    if not len(target.keys):
        return
    at = np.minimum(np.searchsorted(target.keys, keys), len(target.keys) - 1)
    mine = np.flatnonzero(target.keys[at] == keys)
    places = target.order[at[mine]]
    _, once = np.unique(places, return_index=True)
    again = np.setdiff1d(np.arange(len(places)), once)
    seen = np.concatenate([np.flatnonzero(target.filled[places]), again])
    if len(seen):
        raise InputError(
            f"{where}: row {first + mine[seen.min()] + 1}: this bin has a row already; leave one"
        )
    target.scores[places], target.filled[places] = scores[mine], True


def _check_whole(where: str, split: str, target: Target, dataset: Dataset) -> None:
    empty = np.flatnonzero(~target.filled)
    if len(empty):
        i = empty[0]
        chrom, start = dataset.chromosomes[target.bins.chrom[i]], target.bins.start[i]
        raise InputError(
            f"{where}: no row for {len(empty):,} of the {len(target.filled):,} {split} bins, the first of them "
            f"{chrom}:{start}-{start + dataset.bin_size}: this is another set of bins; score all bins of validation "
            "and test"
        )


def _write(path: str | os.PathLike, split: str, target: Target, dataset: Dataset) -> None:
    with whole(path) as partial, new_hdf5(partial) as store:
        arrays = {"probability": target.scores, "labels": target.bins.labels}
        arrays |= {"chrom": target.bins.chrom.astype(np.int16), "start": target.bins.start.astype(np.int32)}
        write_arrays(store, arrays, rows=CHUNK)
        store.attrs.update(
            dataset_hash=dataset.dataset_hash,
            split=split,
            task_ids=list(dataset.task_ids),
            chromosomes=list(dataset.chromosomes),
        )
