"""Columns of a peak file by arithmetic on its bytes, for files in which nothing is unusual."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from epigroup.formats.peak_forms import NARROWPEAK, PeakForm, usual_form

MIN_COLUMNS = 3
_DEFAULTS = (b".", b"0", b".", b"0", b"-1", b"-1")
_MAX_NAME = 64
_TAB, _NEWLINE, _ZERO, _MINUS = b"\t\n0-"
_WORD = 8
_ZEROS = np.uint64(0x3030303030303030)
_TO_TOP_BIT, _TOP_BITS = np.uint64(0x7676767676767676), np.uint64(0x8080808080808080)
# What two neighbours are joined with, how far apart they lie, and where the result stands.
_JOIN = [
    (np.uint64(10), np.uint64(8), np.uint64(0x00FF00FF00FF00FF)),
    (np.uint64(100), np.uint64(16), np.uint64(0x0000FFFF0000FFFF)),
    (np.uint64(10_000), np.uint64(32), np.uint64(0x00000000FFFFFFFF)),
]


@dataclass(frozen=True)
class Columns:
    """What the rows of a file say.

    code int32 (n,) index into the names asked for; start, end int64 (n,) bp; offset int64 (n,) of the summit,
    -1 for none, or None where there is no such column; text: bytes into which the bounds int64 (2, n) point:
    rest_at columns 4 to 9 (`suffix` to be added), row_at whole rows with their newline, None unless they are
    narrowPeak as it is written here; form: the format; n_columns: of each row.
    """

    code: np.ndarray
    start: np.ndarray
    end: np.ndarray
    offset: np.ndarray | None
    text: bytes = field(repr=False)
    rest_at: np.ndarray
    suffix: bytes
    row_at: np.ndarray | None
    form: PeakForm
    n_columns: int


def is_passed_over(line: bytes) -> bool:
    """Whether a line is empty, a comment, or a `track` or `browser` line."""
    if not line.strip() or line.startswith(b"#"):
        return True
    return line.startswith((b"track", b"browser")) and line.split(None, 1)[0] in (b"track", b"browser")


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
    are no plain digits, leading zeros, contigs not in `names`, rows of different width, columns whose meaning only
    all rows together can tell.
    """
    found = _body(text)
    if found is None:
        return None
    text, width, form = found
    letters = np.frombuffer(text, np.uint8)
    cut = letters <= _NEWLINE
    every_cut = np.flatnonzero(cut)
    if len(every_cut) % width or cut[0] or (cut[1:] & cut[:-1]).any() or len(text) < _WORD:
        return None
    cuts = every_cut.reshape(-1, width)
    # As many line feeds as rows, all of them at the ends of rows; and nothing but tabs otherwise.
    stops = cuts[:, -1]
    if (letters[stops] != _NEWLINE).any() or np.count_nonzero(letters == _TAB) != len(stops) * (width - 1):
        return None
    first = np.concatenate([[0], stops[:-1] + 1])
    code = _codes(text, first, cuts[:, 0], names)
    start = _whole_numbers(text, cuts[:, 0] + 1, cuts[:, 1])
    end = _whole_numbers(text, cuts[:, 1] + 1, cuts[:, 2])
    if code is None or start is None or end is None:
        return None
    offset = None
    if width == NARROWPEAK:
        offset = _whole_numbers(text, cuts[:, 8] + 1, stops, may_lack=True)
        if offset is None:
            return None
    given = len(form.rest)
    rest_at = np.stack([cuts[:, 2] + 1, cuts[:, 2 + given]]) if given else np.zeros((2, len(first)), np.int64)
    row_at = np.stack([first, stops + 1]) if width == NARROWPEAK else None
    return Columns(code, start, end, offset, text, rest_at, rest_suffix(given), row_at, form, width)


def _body(text: bytes) -> tuple[bytes, int, PeakForm] | None:
    """The rows below the header, each ended by one LF, the width of the first, and the form that it tells."""
    at = 0
    while True:
        stop = text.find(b"\n", at)
        line = text[at : stop if stop >= 0 else len(text)]
        if not is_passed_over(line):
            break
        if stop < 0:
            return None
        at = stop + 1
    cells = line.rstrip(b"\r").split(b"\t")
    form = usual_form(len(cells), cells) if len(cells) >= MIN_COLUMNS else None
    if form is None:
        return None
    if at:
        text = text[at:]
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n")
        if b"\r" in text:
            return None
    return (text if text.endswith(b"\n") else text + b"\n"), len(cells), form


def _codes(text: bytes, first: np.ndarray, stop: np.ndarray, names: Sequence[str]) -> np.ndarray | None:
    """int32 (n,): which of `names` stands at [first, stop): by a hash, then word by word."""
    length = stop - first
    longest = int(length.max())
    usable = [(i, n.encode()) for i, n in enumerate(names) if len(n.encode()) <= longest]
    # Such a row may be a header line between rows.
    headed = any(is_passed_over(n) for _, n in usable)
    if longest > _MAX_NAME or not usable or headed:
        return None
    spelt = []
    for back in range(0, longest, _WORD):
        left = length - back
        word = _word_before(text, np.maximum(stop - back, 0)) >> _bits(_WORD - np.clip(left, 1, _WORD))
        spelt.append(np.where(left > 0, word, 0) if back else word)
    known = [
        np.array([_as_word(n[: len(n) - back][-_WORD:] if back < len(n) else b"") for _, n in usable])
        for back in range(0, longest, _WORD)
    ]
    keys = _hash(known)
    order = np.argsort(keys)
    place = order[np.minimum(np.searchsorted(keys[order], _hash(spelt)), len(order) - 1)]
    if any((k[place] != s).any() for k, s in zip(known, spelt, strict=True)):
        return None
    return np.array([i for i, _ in usable], np.int32)[place]


def _hash(words: Sequence[np.ndarray]) -> np.ndarray:
    value = words[0]
    for word in words[1:]:
        value = value * np.uint64(0x9E3779B97F4A7C15) + word
    return value


def _as_word(letters: bytes) -> np.uint64:
    return np.uint64(int.from_bytes(letters, "little"))


def _bits(n_bytes: np.ndarray) -> np.ndarray:
    return n_bytes.astype(np.uint64) << np.uint64(3)


def _word_before(text: bytes, stop: np.ndarray) -> np.ndarray:
    """uint64 (n,): the eight bytes before each `stop` as a little-endian word, so that the last one is its
    highest; bytes before the text are 0."""
    words = np.ndarray(len(text) - _WORD + 1, "<u8", text, 0, (1,))  # one at every byte, overlapping
    found = words[np.maximum(stop - _WORD, 0)]
    for row in np.flatnonzero(stop < _WORD):
        found[row] = _as_word(text[: stop[row]].rjust(_WORD, b"\0"))
    return found


def _whole_numbers(
    text: bytes, first: np.ndarray, stop: np.ndarray, may_lack: bool = False
) -> np.ndarray | None:
    """int64 (n,) of the digits at [first, stop), without leading zeros; `may_lack` lets -1 stand for none.

    Eight digits are one word: checked together, then joined by twos, fours and eights.
    """
    letters = np.frombuffer(text, np.uint8)
    length = stop - first
    if length.max() > _WORD + 1:
        return None
    lead = letters[first]
    if ((lead == _ZERO) & (length > 1)).any():
        return None
    unused = _bits(_WORD - np.minimum(length, _WORD))
    value = ((_word_before(text, stop) ^ _ZEROS) >> unused) << unused
    lacks = None
    if may_lack and (lead == _MINUS).any():
        lacks = (lead == _MINUS) & (length == 2) & (letters[first + 1] == _ZERO + 1)
        value[lacks] = 0
    if (((value + _TO_TOP_BIT) | value) & _TOP_BITS).any():  # a byte above 9
        return None
    for base, bits, lanes in _JOIN:
        value = (value * base + (value >> bits)) & lanes
    value = value.view(np.int64)
    long = length > _WORD
    if long.any():
        ninth = np.where(long, lead - np.uint8(_ZERO), 0)
        if (ninth > 9).any():
            return None
        value += ninth * np.int64(10**_WORD)
    return value if lacks is None else np.where(lacks, -1, value)
