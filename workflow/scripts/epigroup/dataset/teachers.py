"""What a teacher says of the training examples, for a network that learns its scores (Hinton et al. 2015).

The teacher's file is that of predictions, of the split train. Where it averages networks, its mean has gone through the
average's map to probabilities.
"""

import os
from collections.abc import Sequence

import numpy as np

from epigroup.core.errors import InputError
from epigroup.core.hdf5 import open_hdf5
from epigroup.dataset.dataset import Dataset

# Examples read at once.
ROWS = 65536


def read_teacher(path: str | os.PathLike, dataset: Dataset, tasks: Sequence[str]) -> np.ndarray:
    """float16 (N, t): the scores of all training examples, in the data set's order, for `tasks`. They are read in
    pieces, so that what a pack does not learn takes no memory.

    Raises InputError for predictions of another split, data set, order or form, and for one of these tasks without
    scores.
    """
    with open_hdf5(path) as store:
        if store.attrs["split"] != "train" or str(store.attrs["dataset_hash"]) != dataset.dataset_hash:
            raise InputError(
                f"{path}: is not of the training examples of this data set; delete it and run again"
            )
        stored = store["probability"]
        places = store["chrom"][()], store["start"][()]
        examples = dataset.split("train")
        same = all(np.array_equal(one, other) for one, other in zip(places, (examples.chrom, examples.start)))
        if stored.dtype != np.float16 or stored.shape != (len(examples), len(dataset.task_ids)) or not same:
            raise InputError(f"{path}: is of other examples than the data set's; delete it and run again")
        columns = dataset.task_indices(tasks)
        scores = np.empty((len(examples), len(columns)), np.float16)
        outside = np.zeros(len(columns), bool)
        for start in range(0, len(scores), ROWS):
            known = scores[start : start + ROWS]
            known[:] = stored[start : start + ROWS][:, columns]
            outside |= ~((known >= 0) & (known <= 1)).all(axis=0)
    if outside.any():
        raise InputError(
            f"{path}: the teacher has no score between 0 and 1 of every training example of the task "
            f"'{tasks[int(outside.argmax())]}'; let a strategy that learns it be among the teachers"
        )
    return scores
