"""Columns of a peak file by arithmetic on its bytes, for files in which nothing is unusual."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

MAX_COLUMNS = 12
NARROWPEAK = 10
_DEFAULTS = (b".", b"0", b".", b"0", b"-1", b"-1")
_MAX_DIGITS = 9
_MAX_NAME = 64
_TAB, _NEWLINE, _ZERO, _MINUS = b"\t\n0-"


@dataclass(frozen=True)
class Columns:
    """What the rows of a file say.

    code int32 (n,) index into the names asked for; start, end int64 (n,) bp; offset int64 (n,) of the summit,
    -1 for none, or None where there is no such column; text: bytes into which the bounds int64 (2, n) point:
    rest_at columns 4 to 9 (`suffix` to be added), row_at whole rows with their newline, None unless they are
    narrowPeak as it is written here.
    """

    code: np.ndarray
    start: np.ndarray
    end: np.ndarray
    offset: np.ndarray | None
    text: bytes = field(repr=False)
    rest_at: np.ndarray
    suffix: bytes
    row_at: np.ndarray | None


def is_passed_over(line: bytes) -> bool:
    """Whether a line is empty, a comment, or a `track` or `browser` line."""
    if not line.strip() or line.startswith(b"#"):
        return True
    return line.startswith((b"track", b"browser")) and line.split(None, 1)[0] in (b"track", b"browser")


def rest_columns(width: int) -> int:
    """How many of narrowPeak's columns 4 to 9 a file of `width` columns has; BED's 7 to 12 mean other
    things."""
    return min(width, 9) - 3 if width <= NARROWPEAK else 3


def rest_suffix(given: int) -> bytes:
    """What stands for the columns of narrowPeak's 4 to 9 after the first `given`."""
    missing = b"\t".join(_DEFAULTS[given:])
    return b"\t" + missing if given and missing else missing


def fill_rest(fields: Sequence[bytes]) -> bytes:
    """The given ones of columns 4 to 9, tab-separated, a default in place of an empty one."""
    return b"\t".join(value or default for value, default in zip(fields, _DEFAULTS))


def scan_columns(text: bytes, names: Sequence[str]) -> Columns | None:
    """Parse tab-separated rows below any header lines; None when any of it is out of the ordinary.

    None says only that rows must be looked at one by one: comments between them, empty cells, numbers that
    are no plain digits, leading zeros, contigs not in `names`, rows of different width.
    """
    found = _body(text)
    if found is None:
        return None
    text, width = found
    letters = np.frombuffer(text, np.uint8)
    cuts = np.flatnonzero(letters <= _NEWLINE)
    if len(cuts) % width or cuts[0] == 0 or (cuts[1:] - cuts[:-1] == 1).any():
        return None
    cuts = cuts.reshape(-1, width)
    kinds = letters[cuts]
    if (kinds[:, :-1] != _TAB).any() or (kinds[:, -1] != _NEWLINE).any():
        return None
    first = np.concatenate([[0], cuts[:-1, -1] + 1])
    code = _codes(letters, first, cuts[:, 0], names)
    start = _whole_numbers(letters, cuts[:, 0] + 1, cuts[:, 1])
    end = _whole_numbers(letters, cuts[:, 1] + 1, cuts[:, 2])
    if code is None or start is None or end is None:
        return None
    offset = None
    if width == NARROWPEAK:
        offset = _whole_numbers(letters, cuts[:, 8] + 1, cuts[:, 9], may_lack=True)
        if offset is None:
            return None
    given = rest_columns(width)
    rest_at = np.stack([cuts[:, 2] + 1, cuts[:, 2 + given]]) if given else np.zeros((2, len(first)), np.int64)
    row_at = np.stack([first, cuts[:, -1] + 1]) if width == NARROWPEAK else None
    return Columns(code, start, end, offset, text, rest_at, rest_suffix(given), row_at)


def _body(text: bytes) -> tuple[bytes, int] | None:
    """The rows below the header, each ended by one LF, and the width of the first."""
    at = 0
    while True:
        stop = text.find(b"\n", at)
        line = text[at : stop if stop >= 0 else len(text)]
        if not is_passed_over(line):
            break
        if stop < 0:
            return None
        at = stop + 1
    width = line.count(b"\t") + 1
    if not 3 <= width <= MAX_COLUMNS:
        return None
    if at:
        text = text[at:]
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n")
        if b"\r" in text:
            return None
    return (text if text.endswith(b"\n") else text + b"\n"), width


def _codes(
    letters: np.ndarray, first: np.ndarray, stop: np.ndarray, names: Sequence[str]
) -> np.ndarray | None:
    """int32 (n,): which of `names` stands at [first, stop): by a hash, then letter by letter."""
    longest = int((stop - first).max())
    usable = [(i, n.encode()) for i, n in enumerate(names) if len(n.encode()) <= longest]
    # Such a row may be a header line between rows.
    headed = any(is_passed_over(n) for _, n in usable)
    if longest > _MAX_NAME or not usable or headed:
        return None
    spelt = np.zeros((len(first), longest), np.uint8)
    for j in range(longest):
        at = first + j
        spelt[:, j] = np.where(at < stop, letters[np.minimum(at, len(letters) - 1)], 0)
    known = np.zeros((len(usable), longest), np.uint8)
    for row, (_, name) in zip(known, usable):
        row[: len(name)] = np.frombuffer(name, np.uint8)
    keys = _hash(known)
    order = np.argsort(keys)
    place = order[np.minimum(np.searchsorted(keys[order], _hash(spelt)), len(order) - 1)]
    if not np.array_equal(known[place], spelt):
        return None
    return np.array([i for i, _ in usable], np.int32)[place]


def _hash(spelt: np.ndarray) -> np.ndarray:
    value = np.zeros(len(spelt), np.uint64)
    for column in spelt.T:
        value = value * np.uint64(0x9E3779B97F4A7C15) + column
    return value


def _whole_numbers(
    letters: np.ndarray, first: np.ndarray, stop: np.ndarray, may_lack: bool = False
) -> np.ndarray | None:
    """int64 (n,) of the digits at [first, stop), without leading zeros; `may_lack` lets -1 stand for none."""
    length = stop - first
    longest = int(length.max())
    if longest > _MAX_DIGITS:
        return None
    lead = letters[first]
    if ((lead == _ZERO) & (length > 1)).any():
        return None
    lacks = None
    if may_lack and (lead == _MINUS).any():
        lacks = (lead == _MINUS) & (length == 2) & (letters[first + 1] == _ZERO + 1)
    value = np.zeros(len(first), np.int64)
    for j in range(longest):
        digit = letters[stop - 1 - j] - np.uint8(_ZERO)
        inside = length > j
        wrong = inside & (digit > 9)
        if lacks is not None:
            wrong &= ~lacks
        if wrong.any():
            return None
        value += np.where(inside, digit, 0).astype(np.int64) * 10**j
    return value if lacks is None else np.where(lacks, -1, value)
