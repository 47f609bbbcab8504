"""Reading what the workflow itself has written: whole and undamaged, or refused by name."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np

from epigroup.errors import InputError

# What h5py and its users raise when a file is cut or its bytes have changed.
DAMAGE = (OSError, KeyError, ValueError, RuntimeError, TypeError, AttributeError, IndexError)
REMEDY = "delete it, and it will be made again"


def first_line(error: BaseException, longest: int = 200) -> str:
    """The first line of an error's message, or its name."""
    text = str(error).strip().split("\n", 1)[0] or type(error).__name__
    return text if len(text) <= longest else text[: longest - 3] + "..."


def read_text(path: str | os.PathLike) -> str:
    """The text of a file that ends with its last line's end. Raises InputError for one that is cut or no UTF-8."""
    try:
        text = Path(path).read_bytes().decode()
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is damaged ({error.reason} at byte {error.start}); {REMEDY}") from None
    if not text.endswith("\n"):
        raise InputError(f"{path}: is cut short: its last line has no end; {REMEDY}")
    return text


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


def write_arrays(store: h5py.Group, arrays: Mapping[str, np.ndarray], **options) -> None:
    """Write arrays as datasets with checksums, texts (a list of str) at a fixed length."""
    for name, values in arrays.items():
        values = np.asarray(values)
        if values.dtype.kind in "UO":
            values = np.array([str(value).encode() for value in values], "S")
        if values.size:
            chunks = options.get("chunks") or values.shape
            store.create_dataset(name, data=values, **{**options, "fletcher32": True, "chunks": chunks})
        else:
            store.create_dataset(name, data=values)
