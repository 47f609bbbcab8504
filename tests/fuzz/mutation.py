"""Seeded ways to spoil a file, and the one thing that every reader must do with what comes out."""

import random
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from epigroup.core.errors import InputError

Mutator = Callable[[random.Random, bytes], bytes]

# In place of a number.
NUMBERS = [
    b"", b"-1", b"+1", b"1.5", b"1e3", b"1E400", b"nan", b"NaN", b"inf", b"-0", b"007", b"0x10", b"1_000", b"1,000",
    b"99999999999999999999", b"9223372036854775808", b"2147483648", b"4294967296", b"18446744073709551617",
    b"one", b"None", b"true", b" 5", b"5 ", "٣".encode(), "５".encode(), "²".encode(), b"1" * 400,
]  # fmt: skip
# In place of a word.
WORDS = [
    b"", b" ", b".", b"..", b"-", b"--help", b"-rf", b"/dev/null", b"/etc/passwd", b"../../../../etc/passwd", b"~",
    b"~root", b"a/../../b", b"C:\\\\x", b"$(touch pwned)", b"`touch pwned`", b"; touch pwned", b"| touch pwned",
    b"a && touch pwned", b"a b", b"'", b'"', b"a'b", b'a"b', b"*", b"?", b"{x}", b"{wildcards.profile}", b"%s",
    b"\\n", b"a\\\nb", b"NULL", b"NaN", b"nan", b"None", b"#", b"<results>/../x", "Größe".encode(),
    "\u202eabc".encode(), "\u200b".encode(), "a\u00a0b".encode(), "e\u0301".encode(), "\U0001f600".encode(), b"x" * 5000,
    b"\xff\xfe", b"\xc3", b"\x1b[31m", b"\x00", b"a\x00b", b"\x7f", b"\r", b"\x0b",
]  # fmt: skip


def _at(rng: random.Random, data: bytes) -> int:
    return rng.randrange(len(data)) if data else 0


def flip_bit(rng: random.Random, data: bytes) -> bytes:
    at = _at(rng, data)
    return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]


def change_bytes(rng: random.Random, data: bytes) -> bytes:
    spoilt = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        spoilt[_at(rng, data)] = rng.randrange(256)
    return bytes(spoilt)


def cut(rng: random.Random, data: bytes) -> bytes:
    return data[: _at(rng, data)]


def cut_a_little(rng: random.Random, data: bytes) -> bytes:
    return data[: -rng.randint(1, min(40, len(data)))]


def cut_in_front(rng: random.Random, data: bytes) -> bytes:
    return data[_at(rng, data) or 1 :]


def remove_stretch(rng: random.Random, data: bytes) -> bytes:
    at = _at(rng, data)
    return data[:at] + data[at + rng.randint(1, 50) :]


def repeat_stretch(rng: random.Random, data: bytes) -> bytes:
    at = _at(rng, data)
    return data[:at] + data[at : at + rng.randint(1, 50)] * 2 + data[at:]


def zero_stretch(rng: random.Random, data: bytes) -> bytes:
    at = _at(rng, data)
    size = min(rng.choice([1, 16, 512]), len(data) - at)
    return data[:at] + bytes(size) + data[at + size :]


def append_garbage(rng: random.Random, data: bytes) -> bytes:
    return data + rng.randbytes(rng.randint(1, 64))


def insert_control(rng: random.Random, data: bytes) -> bytes:
    at = _at(rng, data)
    return data[:at] + bytes([rng.choice([0, 1, 7, 8, 11, 12, 13, 27, 127])]) + data[at:]


def insert_unicode(rng: random.Random, data: bytes) -> bytes:
    at = _at(rng, data)
    return data[:at] + rng.choice(["é", "\u200b", "\u202e", "\U0001f600", "ﬁ", "\u2028"]).encode() + data[at:]


def insert_no_utf8(rng: random.Random, data: bytes) -> bytes:
    at = _at(rng, data)
    return data[:at] + rng.choice([b"\xff", b"\xc3\x28", b"\xed\xa0\x80", b"\xe9"]) + data[at:]


def mark_byte_order(rng: random.Random, data: bytes) -> bytes:
    return rng.choice([b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"]) + data


def write_utf16(rng: random.Random, data: bytes) -> bytes:
    return data.decode("latin-1").encode(rng.choice(["utf-16", "utf-16-le", "utf-32"]))


def _lines(data: bytes) -> list[bytes]:
    return data.split(b"\n")


def windows_ends(rng: random.Random, data: bytes) -> bytes:
    lines = _lines(data)
    some = range(len(lines) - 1) if rng.random() < 0.5 else [rng.randrange(max(len(lines) - 1, 1))]
    return b"\n".join(line + b"\r" * (i in some) for i, line in enumerate(lines))


def old_mac_ends(rng: random.Random, data: bytes) -> bytes:
    return data.replace(b"\n", b"\r")


def repeat_line(rng: random.Random, data: bytes) -> bytes:
    lines = _lines(data)
    at = rng.randrange(len(lines))
    return b"\n".join([*lines[: at + 1], *lines[at:]])


def remove_line(rng: random.Random, data: bytes) -> bytes:
    lines = _lines(data)
    del lines[rng.randrange(len(lines))]
    return b"\n".join(lines)


def swap_lines(rng: random.Random, data: bytes) -> bytes:
    lines = _lines(data)
    one, two = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[one], lines[two] = lines[two], lines[one]
    return b"\n".join(lines)


def insert_blank_line(rng: random.Random, data: bytes) -> bytes:
    lines = _lines(data)
    lines.insert(rng.randrange(len(lines)), rng.choice([b"", b" ", b"\t", b"\t\t\t"]))
    return b"\n".join(lines)


def insert_comment(rng: random.Random, data: bytes) -> bytes:
    lines = _lines(data)
    lines.insert(rng.randrange(len(lines)), rng.choice([b"# a comment", b"#", b"track name=x", b"//"]))
    return b"\n".join(lines)


def _cell(rng: random.Random, data: bytes, new: Callable[[bytes], bytes]) -> bytes:
    lines = _lines(data)
    rows = [i for i, line in enumerate(lines) if b"\t" in line] or [0]
    at = rng.choice(rows)
    cells = lines[at].split(b"\t")
    which = rng.randrange(len(cells))
    cells[which] = new(cells[which])
    lines[at] = b"\t".join(cells)
    return b"\n".join(lines)


def put_number(rng: random.Random, data: bytes) -> bytes:
    return _cell(rng, data, lambda _: rng.choice(NUMBERS))


def put_word(rng: random.Random, data: bytes) -> bytes:
    return _cell(rng, data, lambda _: rng.choice(WORDS))


def add_to_cell(rng: random.Random, data: bytes) -> bytes:
    return _cell(
        rng, data, lambda cell: cell + rng.choice(WORDS) if rng.random() < 0.5 else rng.choice(WORDS) + cell
    )


def change_case(rng: random.Random, data: bytes) -> bytes:
    return _cell(rng, data, bytes.swapcase)


def _columns(rng: random.Random, data: bytes, change: Callable[[list[bytes], int, int], None]) -> bytes:
    """Change columns: of every line, or of one."""
    lines = _lines(data)
    width = max(line.count(b"\t") + 1 for line in lines)
    one, two = rng.randrange(width), rng.randrange(width)
    only = rng.randrange(len(lines)) if rng.random() < 0.5 else None
    for i, line in enumerate(lines):
        cells = line.split(b"\t")
        if len(cells) > max(one, two) and only in (None, i):
            change(cells, one, two)
            lines[i] = b"\t".join(cells)
    return b"\n".join(lines)


def drop_column(rng: random.Random, data: bytes) -> bytes:
    return _columns(rng, data, lambda cells, one, two: cells.pop(one))


def repeat_column(rng: random.Random, data: bytes) -> bytes:
    return _columns(rng, data, lambda cells, one, two: cells.insert(one, cells[one]))


def swap_columns(rng: random.Random, data: bytes) -> bytes:
    def swap(cells: list[bytes], one: int, two: int) -> None:
        cells[one], cells[two] = cells[two], cells[one]

    return _columns(rng, data, swap)


def other_separator(rng: random.Random, data: bytes) -> bytes:
    return data.replace(b"\t", rng.choice([b" ", b",", b";", b"  ", b"\t\t", b" \t"]))


def nothing(rng: random.Random, data: bytes) -> bytes:
    return rng.choice([b"", b"\n", b" ", b"\n\n\n", b"\x00", b"\t\n"])


def noise(rng: random.Random, data: bytes) -> bytes:
    return rng.randbytes(rng.randint(1, 300))


def another_format(rng: random.Random, data: bytes) -> bytes:
    return rng.choice([
        b"%PDF-1.4\n", b"PK\x03\x04" + bytes(26), b"BZh91AY&SY", b"\x89PNG\r\n\x1a\n", b"\x89HDF\r\n\x1a\n", b"\x1f\x8b",
        b"<!DOCTYPE html><html><body>404 Not Found</body></html>\n", b'{"error": "not found"}\n', b"SQLite format 3\x00",
        b"\x7fELF" + bytes(60), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"version https://git-lfs.github.com/spec/v1\n",
    ])  # fmt: skip


BYTES: list[Mutator] = [
    flip_bit, change_bytes, cut, cut_a_little, cut_in_front, remove_stretch, repeat_stretch, zero_stretch,
    append_garbage, nothing, noise, another_format,
]  # fmt: skip
TEXT: list[Mutator] = [
    *BYTES, insert_control, insert_unicode, insert_no_utf8, mark_byte_order, write_utf16, windows_ends, old_mac_ends,
    repeat_line, remove_line, swap_lines, insert_blank_line, insert_comment,
]  # fmt: skip
TABLE: list[Mutator] = [
    *TEXT, put_number, put_word, add_to_cell, change_case, drop_column, repeat_column, swap_columns, other_separator,
]  # fmt: skip


def spoilt(good: bytes, mutators: list[Mutator], each: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """(name of what was done, spoilt bytes), `each` times with every mutator; those that changed nothing
    left out."""
    for mutator in mutators:
        for number in range(each):
            rng = random.Random(zlib.crc32(f"{mutator.__name__} {seed} {number}".encode()))
            bad = mutator(rng, good)
            if rng.random() < 0.1:
                bad = rng.choice(mutators)(rng, bad or b"\n")
            if bad != good:
                yield f"{mutator.__name__} {number}", bad


def outcome(read: Callable[[], Any]) -> tuple[Any, str | None]:
    """(value, None) or (None, message of the InputError); any other exception passes."""
    try:
        return read(), None
    except InputError as error:
        return None, str(error)


class Tried:
    """Malformed inputs handed to readers; counts them, and checks every refusal."""

    def __init__(self) -> None:
        self.inputs = self.refused = 0

    def read(self, path: Path, what: str, bad: bytes, read: Callable[[], Any], place: str = "") -> Any:
        """Write `bad` to `path` and read it: the value, or None for a refusal.

        The refusal must name the file, match the expression `place` and be fit to be shown on a terminal.
        """
        path.write_bytes(bad)
        self.inputs += 1
        try:
            value, message = outcome(read)
        except Exception as error:
            raise AssertionError(f"{what}: {type(error).__name__}: {error}; input {bad[:300]!r}") from error
        if message is not None:
            self.refused += 1
            assert str(path) in message, f"{what}: the file is not named in: {message}"
            assert re.search(place, message), f"{what}: no place is named in: {message}"
            assert message.replace("\n", "").isprintable(), f"{what}: control characters in: {message!r}"
        return value
