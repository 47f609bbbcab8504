"""Sorted intervals as bgzip text with a tabix index, whose arithmetic is done for all rows at once.

The index is that of the tabix specification (Li 2011, doi:10.1093/bioinformatics/btq671; hts-specs): bins of
16 kb to 512 Mb, each with the stretches of file in which its rows lie, and for every 16 kb the first row that
reaches into it.
"""

import os
import struct
from collections.abc import Sequence

import numpy as np
import pysam

from epigroup.errors import InputError

LONGEST = 1 << 29
_SHIFT = 14
_FIRST_BIN = ((4681, 14), (585, 17), (73, 20), (9, 23), (1, 26))
_ZERO_BASED = 0x10000


def write_bgzip(text: bytes, path: str | os.PathLike) -> tuple[np.ndarray, np.ndarray]:
    """Write bgzip; where its blocks begin in the file and in the text, both int64 and with the end."""
    # Level 1: a higher one costs more time than reading, checking and sorting the peaks.
    with pysam.BGZFile(str(path), "w1") as handle:
        handle.write(text)
    with open(path, "rb") as handle:
        packed = handle.read()
    at, size, blocks, lengths = 0, 0, [], []
    while at < len(packed):
        blocks.append(at)
        lengths.append(size)
        at += struct.unpack_from("<H", packed, at + 16)[0] + 1
        size += struct.unpack_from("<I", packed, at - 4)[0]
    return np.array([*blocks, at]), np.array([*lengths, size])


def write_index(
    path: str | os.PathLike, text: bytes, blocks: tuple[np.ndarray, np.ndarray], names: Sequence[str],
    code: np.ndarray, start: np.ndarray, end: np.ndarray,
) -> None:  # fmt: skip
    """Write the `.tbi` of rows whose contig (int (n,) into names), start and end (bp, 0-based, half-open) are
    given in the order of `text`, by contig and start. `blocks`: what `write_bgzip` gave.

    Raises InputError for an end beyond 512 Mb, which no tabix index can hold.
    """
    if end.max() > LONGEST:
        raise InputError(
            f"{path}: a peak ends at {end.max()}, but a tabix index holds {LONGEST} bp of a contig at most; "
            "cut the chromosome"
        )
    in_file, in_text = blocks
    bound = np.concatenate([[0], np.flatnonzero(np.frombuffer(text, np.uint8) == ord("\n")) + 1])
    block = np.searchsorted(in_text[:-1], bound, side="right") - 1
    offset = (in_file[block] << 16) | (bound - in_text[block])
    used, first = np.unique(code, return_index=True)
    spelt = b"".join(names[i].encode() + b"\0" for i in used)
    parts = [b"TBI\1", struct.pack("<8i", len(used), _ZERO_BASED, 1, 2, 3, ord("#"), 0, len(spelt)), spelt]
    for low, high in zip(first, [*first[1:], len(code)]):
        rows = slice(low, high)
        parts.append(_bins(start[rows], end[rows], offset[low : high + 1]))
        parts.append(_windows(start[rows], end[rows], offset[low:high]))
    with pysam.BGZFile(str(path), "w1") as handle:
        handle.write(b"".join(parts))


def _bins(start: np.ndarray, end: np.ndarray, offset: np.ndarray) -> bytes:
    """n_bin, then by bin its number, n_chunk and the chunks' first and last offset."""
    number = np.zeros(len(start), np.int64)
    for base, shift in reversed(_FIRST_BIN):
        same = start >> shift == (end - 1) >> shift
        number[same] = base + (start[same] >> shift)
    row = np.argsort(number, kind="stable")
    number = number[row]
    opens = np.concatenate([[True], (number[1:] != number[:-1]) | (row[1:] != row[:-1] + 1)])
    chunk = np.flatnonzero(opens)
    last = np.concatenate([chunk[1:], [len(row)]]) - 1
    pairs = np.stack([offset[row[chunk]], offset[row[last] + 1]], axis=1)
    value, at, count = np.unique(number[chunk], return_index=True, return_counts=True)
    words = np.empty(2 * len(value) + 4 * len(chunk), "<u4")
    head = 2 * np.arange(len(value)) + 4 * at
    words[head], words[head + 1] = value, count
    body = np.ones(len(words), bool)
    body[head] = body[head + 1] = False
    words[body] = pairs.astype("<u8").view("<u4").ravel()
    return struct.pack("<i", len(value)) + words.tobytes()


def _windows(start: np.ndarray, end: np.ndarray, offset: np.ndarray) -> bytes:
    """n_intv, then by window of 16 kb the offset of the first row in it; of an empty one, the one before."""
    low, high = start >> _SHIFT, (end - 1) >> _SHIFT
    length = high - low + 1
    window = np.repeat(low - (np.cumsum(length) - length), length) + np.arange(length.sum())
    first = np.zeros(int(high.max()) + 1, "<u8")
    first[window[::-1]] = np.repeat(offset, length)[::-1]
    return struct.pack("<i", len(first)) + np.maximum.accumulate(first).tobytes()
