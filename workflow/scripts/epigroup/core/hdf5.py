"""HDF5 files that are whole and undamaged, or refused by name."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import h5py
import numpy as np

from epigroup.core.errors import InputError
from epigroup.core.text_files import REMEDY, first_line, text_check

# What h5py and its users raise when a file is cut or its bytes have changed.
DAMAGE = (OSError, KeyError, ValueError, RuntimeError, TypeError, AttributeError, IndexError)


def new_hdf5(path: str | os.PathLike) -> h5py.File:
    """A new HDF5 file, open for writing, without a lock: it has a temporary name until it is whole.

    Raises InputError where the environment asks for locks that the file system refuses.
    """
    return _opened(path, "w", libver="v110")


def read_hdf5(file: str | os.PathLike | BinaryIO) -> h5py.File:
    """An HDF5 file, open for reading, without a lock; `open_hdf5` also says what is wrong with a damaged one.

    Raises InputError where the environment asks for locks that the file system refuses.
    """
    return _opened(file, "r")


def _opened(file: str | os.PathLike | BinaryIO, mode: str, **options) -> h5py.File:
    try:
        return h5py.File(file, mode, locking=False, **options)
    except OSError as error:
        # HDF5 heeds its variable before what it is asked here.
        asked = os.environ.get("HDF5_USE_FILE_LOCKING")
        if asked is None or "unable to lock file" not in str(error):
            raise
        raise InputError(
            f"{getattr(file, 'name', file)}: cannot be locked ({os.strerror(error.errno or 0)}), as the variable "
            f"HDF5_USE_FILE_LOCKING={asked} demands; set HDF5_USE_FILE_LOCKING=FALSE and run again: no file here "
            "needs a lock"
        ) from error


@contextmanager
def open_hdf5(path: str | os.PathLike) -> Iterator[h5py.File]:
    """Open an HDF5 file for reading. Raises InputError, there or while the block reads from it, for a file that is
    cut, damaged, or lacks what the block asks it for; other errors of the block pass."""
    try:
        with read_hdf5(path) as store:
            yield store
    except DAMAGE as error:
        if not is_of_h5py(error):
            raise
        raise InputError(f"{path}: is damaged or cut ({first_line(error)}); {REMEDY}") from error


def is_of_h5py(error: BaseException) -> bool:
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
