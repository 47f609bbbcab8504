"""Reading text that may be gzipped or bgzipped, told by its first bytes and not by its name."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from isal import igzip, isal_zlib

from epigroup.errors import InputError

BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


@contextmanager
def open_text(path: str | os.PathLike) -> Iterator[BinaryIO]:
    """Open a plain, gzip or bgzip file for reading bytes.

    Raises InputError, there or while the block reads, when the compressed data end early or are damaged. A
    bgzip file cut between two of its blocks is a valid gzip file; its missing end marker gives it away.
    """
    with open(path, "rb") as raw:
        head = raw.read(18)
        if head[:2] != b"\x1f\x8b":
            raw.seek(0)
            yield raw
            return
        if head[3:4] == b"\x04" and head[12:14] == b"BC":
            raw.seek(0, os.SEEK_END)
            raw.seek(max(0, raw.tell() - len(BGZF_END)))
            if raw.read() != BGZF_END:
                raise InputError(
                    f"{path}: the bgzip file is truncated (its end marker is missing); copy or make it again"
                )
    try:
        # Three times as fast as the standard library's gzip, with the same checks of header, CRC and length.
        with igzip.open(path, "rb") as handle:
            yield handle
    except (EOFError, isal_zlib.error, igzip.BadGzipFile) as error:
        raise InputError(
            f"{path}: the gzip file is truncated or damaged ({error}); copy or make it again"
        ) from error
