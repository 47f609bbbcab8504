"""Predictions of signals, planted and written."""

import numpy as np

from epigroup.core.files import whole
from epigroup.core.hdf5 import write_arrays
from epigroup.dataset.labels import pack

TASKS, HASH = ["a", "b", "c", "d"], "d" * 64


def write_predictions(path, split, noise, seed, n=400):
    import h5py

    truth = np.random.default_rng({"validation": 1, "test": 2}[split])
    signal = truth.gamma(0.7, 4, (n, 4)).astype(np.float16)
    signal[:, 3] = 1
    labels = signal > 2
    predicted = signal + np.random.default_rng(seed).normal(0, noise, signal.shape)
    arrays = {
        "predicted": predicted.astype(np.float32), "signal": signal, "labels": pack(labels),
        "chrom": np.zeros(n, np.int16), "start": (10_000 * np.arange(n)).astype(np.int32),
    }  # fmt: skip
    with whole(path) as partial, h5py.File(partial, "w") as store:
        write_arrays(store, arrays)
        store.attrs.update(dataset_hash=HASH, split=split, task_ids=TASKS, chromosomes=["chr1"])
    return arrays, labels
