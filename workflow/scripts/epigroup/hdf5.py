"""HDF5 files that are whole and undamaged, or refused by name."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import h5py
import numpy as np

from epigroup.errors import InputError
from epigroup.intact import REMEDY, first_line

# What h5py and its users raise when a file is cut or its bytes have changed.
DAMAGE = (OSError, KeyError, ValueError, RuntimeError, TypeError, AttributeError, IndexError)


@contextmanager
def open_hdf5(path: str | os.PathLike) -> Iterator[h5py.File]:
    """Open an HDF5 file for reading. Raises InputError, there or while the block reads, for a file that is cut,
    damaged, or lacks what the block asks for.
    """
    try:
        with h5py.File(path, "r", locking=False) as store:
            yield store
    except DAMAGE as error:
        raise InputError(f"{path}: is damaged or cut ({first_line(error)}); {REMEDY}") from error


def write_arrays(
    store: h5py.Group, arrays: Mapping[str, np.ndarray], *, rows: int | None = None, **options
) -> None:
    """Write arrays as datasets with checksums, `rows` to a chunk (all when None); texts at a fixed length, because
    those of variable length lie in a heap without a checksum.
    """
    for name, values in arrays.items():
        values = np.asarray(values)
        if values.dtype.kind in "UO":
            values = np.array([str(value).encode() for value in values], "S")
        if not values.size:
            store.create_dataset(name, data=values)
            continue
        chunks = values.shape if rows is None else (min(rows, len(values)), *values.shape[1:])
        store.create_dataset(name, data=values, chunks=chunks, fletcher32=True, **options)
