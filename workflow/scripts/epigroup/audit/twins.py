"""Tasks whose labels, or signals, are the same in every example: most often one file under two names."""

from collections.abc import Iterator, Mapping
from functools import partial

import numpy as np

from epigroup.audit.finding import PASS, WARN, Finding
from epigroup.audit.windows import read_dataset
from epigroup.dataset.dataset import Dataset
from epigroup.dataset.labels import unpack_columns
from epigroup.dataset.splits import SPLITS
from epigroup.dataset.twins import Columns, shown_sets, twin_sets


def target_columns(dataset: Dataset) -> Iterator[Columns]:
    """What networks learn of all examples of train, validation and test, the latter of the widest evaluation
    regions, at most 65,536 at a time."""
    for name in SPLITS:
        for part in dataset.blocks(name, dataset.evaluation_regions[-1]):
            if part.signal is not None:
                yield partial(_signal_columns, part.signal)
            else:
                yield partial(unpack_columns, part.labels)


def _signal_columns(signal: np.ndarray, tasks: np.ndarray) -> np.ndarray:
    return signal[:, tasks] + np.float16(0)  # -0 becomes 0, whose bytes are others


def check(inputs: Mapping, cfg: Mapping) -> Finding:
    """Name the sets of tasks whose targets are equal in every example. A warning where there are any.

    inputs: dataset, shards. Labels are compared, or signals where these are the targets; nearly equal ones are not
    looked for. Tasks that are 0 in every example are left out.
    """
    dataset = read_dataset(inputs)
    found = twin_sets(target_columns(dataset), [range(len(dataset.task_ids))])
    sets = [[dataset.task_ids[task] for task in one] for one in found]
    details = {"targets": dataset.targets, "sets": sets}
    noun, n_tasks = dataset.targets, len(dataset.task_ids)
    if not sets:
        figure = f"No two of {n_tasks} tasks have the same {noun} in every example."
        return Finding(PASS, figure, "Nothing to do.", details)
    figure = (
        f"{sum(map(len, sets))} of {n_tasks} tasks have the same {noun} in every example as another: "
        f"{shown_sets(sets)}."
    )
    advice = (
        "Twins teach each other nothing that one alone does not hold: a gain of a group that holds both is not one "
        "from relatedness, and every mean over tasks counts their profile more than once. Keep one row of each set in "
        "the sheet; where they are replicates, give their reads as replicates of one profile."
    )
    return Finding(WARN, figure, advice, details)
