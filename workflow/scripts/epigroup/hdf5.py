"""HDF5 files that are whole and undamaged, or refused by name."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np

from epigroup.errors import InputError
from epigroup.intact import REMEDY, first_line, text_check

# What h5py and its users raise when a file is cut or its bytes have changed.
DAMAGE = (OSError, KeyError, ValueError, RuntimeError, TypeError, AttributeError, IndexError)


@contextmanager
def open_hdf5(path: str | os.PathLike) -> Iterator[h5py.File]:
    """Open an HDF5 file for reading. Raises InputError, there or while the block reads from it, for a file
    that
    is cut, damaged, or lacks what the block asks it for; other errors of the block pass.
    """
    try:
        with h5py.File(path, "r", locking=False) as store:
            yield store
    except DAMAGE as error:
        if not _is_of_h5py(error):
            raise
        raise InputError(f"{path}: is damaged or cut ({first_line(error)}); {REMEDY}") from error


def _is_of_h5py(error: BaseException) -> bool:
    """Whether h5py raised it, and not the code that uses h5py."""
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    return at is not None and "h5py" in Path(at.tb_frame.f_code.co_filename).parts


def read_numbers(store: h5py.File, name: str, dimensions: int) -> np.ndarray:
    """An array of numbers. Raises InputError for one of text or of other dimensions."""
    values = store[name]
    if not isinstance(values, h5py.Dataset) or values.dtype.kind not in "iuf" or values.ndim != dimensions:
        raise InputError(
            f"{store.filename}: {name} is no array of numbers in {dimensions} dimensions; {REMEDY}"
        )
    return values[()]


def write_arrays(
    store: h5py.Group, arrays: Mapping[str, np.ndarray], *, rows: int | None = None, **options
) -> None:
    """Write arrays as datasets with checksums, `rows` to a chunk (all when None); texts at a fixed length,
    because
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


def write_attributes(store: h5py.Group, values: Mapping[str, str | int | bool]) -> None:
    """Write the attributes with their checksum, which `check_attributes` holds them against: HDF5's own covers
    arrays only."""
    for name, value in values.items():
        store.attrs[name] = value
    store.attrs["crc32"] = text_check(_as_json(store))


def check_attributes(store: h5py.File) -> None:
    """InputError unless the attributes are what `write_attributes` wrote."""
    if text_check(_as_json(store)) != store.attrs["crc32"]:
        raise InputError(
            f"{store.filename}: is damaged: its attributes do not match their checksum; {REMEDY}"
        )


def _as_json(store: h5py.Group) -> dict[str, str]:
    values = {name: value for name, value in store.attrs.items() if name != "crc32"}
    return {name: f"{np.asarray(value).dtype.kind} {value}" for name, value in values.items()}
