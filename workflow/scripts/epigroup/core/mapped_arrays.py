"""Arrays whose memory is that of files: the system takes it back when it is short, and reads it again."""

import ctypes
import mmap
import os
import tempfile
from collections.abc import Iterable

import numpy as np

from epigroup.core.errors import InputError

_FIXED = 0x10  # MAP_FIXED, which the module mmap does not name
PAGE = mmap.PAGESIZE


def unnamed_array(shape: tuple[int, ...], dtype: np.dtype | type) -> np.ndarray:
    """Zeros in a file without a name in the temporary folder (TMPDIR): it is gone with the process, however
    that ends.

    Raises InputError when the folder has no room.
    """
    n_bytes = int(np.prod(shape)) * np.dtype(dtype).itemsize
    if n_bytes == 0:
        return np.zeros(shape, dtype)
    with tempfile.TemporaryFile() as handle:
        try:
            os.posix_fallocate(handle.fileno(), 0, n_bytes)  # now, and not as a crash while it is filled
        except OSError as error:
            raise InputError(
                f"{tempfile.gettempdir()}: no room for {n_bytes / 1e6:,.0f} MB of labels ({error.strerror}); "
                "make room, name another folder (TMPDIR; on a cluster the resource tmpdir in the profile), or set "
                "running.data to memory"
            ) from error
        return np.asarray(np.memmap(handle, dtype, "r+", shape=shape))


def next_place(at: int, offset: int) -> int:
    """First place from byte `at` on, in a page of its own, for the piece at byte `offset` of a file."""
    return -(-at // PAGE) * PAGE + offset % PAGE


def map_pieces(
    path: str | os.PathLike, pieces: Iterable[tuple[int, int, int]], size: int, between: int
) -> np.ndarray:
    """uint8 (size,): pieces (place, offset in the file, bytes) of a file as they lie there, at places in
    rising order as from `next_place`; `between` stands between them.

    Processes that map the same file share its pages. What is written to the array stays with it.
    """
    memory = mmap.mmap(-1, size + PAGE)  # a page for the last piece's
    array = np.frombuffer(memory, np.uint8)[:size]
    call = ctypes.CDLL(None, use_errno=True).mmap
    call.restype = ctypes.c_void_p
    call.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_ssize_t]
    end = 0
    with open(path, "rb") as handle:
        for place, offset, n_bytes in pieces:
            lead = place % PAGE
            wanted = array.ctypes.data + place - lead
            kinds = mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_PRIVATE | _FIXED
            if call(wanted, lead + n_bytes, *kinds, handle.fileno(), offset - lead) != wanted:
                number = ctypes.get_errno()
                raise OSError(number, os.strerror(number), str(path))
            array[end:place] = between
            end = place + n_bytes
    array[end:] = between
    return array
