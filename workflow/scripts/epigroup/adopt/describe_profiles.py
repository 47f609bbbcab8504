"""How many examples each new profile has, and how many of them the run had left out."""

import logging
import os
from collections.abc import Sequence

import numpy as np

from epigroup.adopt.tables import write_rows
from epigroup.core.errors import InputError
from epigroup.dataset.dataset import Dataset, open_dataset
from epigroup.dataset.splits import SPLITS

log = logging.getLogger(__name__)

PROFILE_COLUMNS = ("task_id", "split", "n_examples", "n_positives", "n_added")


def positives_beside(
    dataset: Dataset, run: Dataset, split: str, tasks: Sequence[str]
) -> tuple[int, np.ndarray, np.ndarray]:
    """(examples of the split, int64 (T,) positives of each new profile, int64 (T,) those in bins that are no examples
    of this split in the run)."""
    columns = dataset.task_indices(tasks)
    examples, known = dataset.split(split), run.split(split)
    labels = dataset.labels(examples, columns)
    added = np.zeros(len(columns), np.int64)
    for number, chrom in enumerate(dataset.chromosomes):
        here = examples.chrom == number
        old = known.start[known.chrom == run.chromosomes.index(chrom)]
        added += labels[here][~np.isin(examples.start[here], old)].sum(axis=0)
    return len(examples), labels.sum(axis=0), added


def describe_profiles(
    run_dataset: str | os.PathLike,
    run_shards: Sequence[str | os.PathLike],
    dataset_json: str | os.PathLike,
    shards: Sequence[str | os.PathLike],
    out: str | os.PathLike,
    *,
    tasks: Sequence[str],
    least: dict[str, int],
) -> None:
    """Write a row a new profile (`tasks`) and split.

    Raises InputError that names every profile with fewer positives in a split than `least` says (by split).
    """
    run, dataset = open_dataset(run_dataset, run_shards), open_dataset(dataset_json, shards)
    rows, faults = [], []
    for split in SPLITS:
        n, positives, added = positives_beside(dataset, run, split, tasks)
        for task, found, more in zip(tasks, positives.tolist(), added.tolist(), strict=True):
            rows.append((task, split, n, found, more))
            log.info(
                "%s, %s: %d positives, %d of them in bins that the run left out", task, split, found, more
            )
            if found < least.get(split, 0):
                faults.append(
                    f"{task}: {found} positive {split} examples, and adopt.min_positives asks for {least[split]}"
                )
    if faults:
        raise InputError(
            "\n".join([*faults, "take these rows out of adopt.samples, or lower adopt.min_positives"])
        )
    write_rows(out, PROFILE_COLUMNS, rows)
