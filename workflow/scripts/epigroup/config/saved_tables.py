"""Tables as spreadsheet programs save them: the text that their bytes stand for, and what parts its cells.

Excel's "Unicode Text" is UTF-16 with tabs, its "CSV UTF-8" begins with a byte-order mark and has commas or, by the
computer's region, semicolons; all of its texts have Windows line ends, and quotes around cells that hold what parts
them (RFC 4180).
"""

import codecs
import csv
import io
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from epigroup.core.errors import InputError

SAVE_AS = (
    "save it as text in the spreadsheet program: Excel's “Unicode Text” or “CSV UTF-8” (Save As), “Text CSV” with the "
    "character set UTF-8 in LibreOffice, “Tab-separated values” in Google Sheets (Download)"
)
# The first bytes of what is no text, what a part of the file must hold as well, and what it is called.
NO_TEXT = (
    (b"PK\x03\x04", b"opendocument", "an OpenDocument spreadsheet (.ods)"),
    (b"PK\x03\x04", b"xl/", "an Excel workbook (.xlsx)"),
    (b"PK\x03\x04", b"Index/", "a Numbers document (.numbers)"),
    (b"PK\x03\x04", b"", "a zip archive"),
    (b"\xd0\xcf\x11\xe0", b"", "an old Excel workbook (.xls)"),
    (b"\x1f\x8b", b"", "a gzip file"),
    (b"{\\rtf", b"", "a formatted text (.rtf)"),
    (b"<", b"", "a page (HTML or XML)"),
)
# UTF-32 first: its mark begins with that of UTF-16.
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8 with a byte-order mark"),
)
SEPARATORS = {"\t": "tabs", ",": "commas", ";": "semicolons"}
QUOTED = re.compile(r'"((?:[^"]|"")*)"')


@dataclass(frozen=True)
class SavedTable:
    """header: names of the columns; rows: (line in the file, cells) of each further line, of any number of cells, a
    blank one without any; separator: a key of SEPARATORS; form: how it was read, in words, "" for UTF-8 text with tabs
    and Unix line ends."""

    header: list[str]
    rows: list[tuple[int, list[str]]]
    separator: str
    form: str


def read_saved(path: Path, needed: Sequence[str]) -> SavedTable:
    """The table of a file that can be read. `needed`: columns by which commas or semicolons are told to part the
    cells of the first line; a first line with a tab is parted by tabs.

    Raises OSError, and InputError, naming the file, for what is no text, no UTF-8 or UTF-16, has no line, or has a
    first line that several of SEPARATORS, or none, part into these columns.
    """
    text, form = _text(path)
    kinds = [form] if form else []
    if "\r\n" in text:
        kinds.append("Windows line ends")
        text = text.replace("\r\n", "\n")
    if "\r" in text:
        line = text[: text.index("\r")].count("\n") + 1
        raise InputError(
            f"{path}, line {line}: has a carriage return (\\r) that ends no line, as in texts of old Macs; {SAVE_AS}"
        )
    lines = text.split("\n")
    separator = _separator(path, lines[0], needed)
    while lines and not lines[-1].replace(separator, "").strip():
        lines.pop()
    if not lines:
        raise InputError(f"{path}: is empty; its first line must name the columns")
    if separator != "\t":
        kinds.insert(1 if form else 0, f"{SEPARATORS[separator]} between the columns")
    parted = _by_tabs(lines) if separator == "\t" else _by_quotes(path, lines, separator)
    (_, header), *rows = parted
    return SavedTable(*_without_empty_columns(header, rows), separator, " and ".join(kinds))


def refuse_other_forms(path: str | os.PathLike) -> None:
    """InputError, with how to save it, for a file that is to be UTF-8 text with tabs and is none. One that cannot be
    read is left to who reads it."""
    try:
        raw = Path(path).read_bytes()
    except OSError:
        return
    _check_is_text(Path(path), raw)
    first = raw.partition(b"\n")[0]
    marked = next((words for mark, _, words in MARKS[:-1] if raw.startswith(mark)), None)
    code = marked or ("UTF-16" if b"\0" in first else None)
    if code is not None:
        raise InputError(f"{path}: is {code} text; save it as UTF-8: iconv -f {code} -t UTF-8 {path} > NEW")
    if b"\t" not in first and (b"," in first or b";" in first):
        found = "commas" if b"," in first else "semicolons"
        raise InputError(
            f"{path}, line 1: has {found} between the columns; save it as text with tabs between them: "
            "“Unicode Text” in Excel, then as UTF-8, or “Tab-separated values”"
        )


def _text(path: Path) -> tuple[str, str]:
    """The text of a file and how it is coded, "" for UTF-8."""
    raw = path.read_bytes()
    _check_is_text(path, raw)
    codec, form = next(
        ((codec, words) for mark, codec, words in MARKS if raw.startswith(mark)), ("utf-8", "")
    )
    if not form and b"\0" in raw[:4]:
        raise InputError(
            f"{path}, line 1: holds bytes of 0, as UTF-16 text has, and no byte-order mark says which; {SAVE_AS}"
        )
    try:
        return raw.decode(codec), form
    except UnicodeDecodeError as error:
        # Of `object`: of a text with a mark it is the bytes behind that, which `start` counts.
        line = error.object[: error.start].count(b"\n") + 1
        byte, code = error.object[error.start], codec.upper().removesuffix("-SIG")
        raise InputError(f"{path}, line {line}: byte {byte:#04x} is not {code}; {SAVE_AS}") from None


def _check_is_text(path: Path, raw: bytes) -> None:
    for start, within, what in NO_TEXT:
        if raw.startswith(start) and within in raw:
            remedy = "unpack it: gunzip" if start == b"\x1f\x8b" else SAVE_AS
            raise InputError(f"{path}: is {what} and no text; {remedy}")


def _separator(path: Path, first: str, needed: Sequence[str]) -> str:
    """What parts the cells of the first line."""
    if "\t" in first:
        return "\t"
    fitting = [one for one in ",;" if set(needed) <= {cell.strip('"') for cell in first.split(one)}]
    if len(fitting) == 1 and not set(",;") - set(fitting) & set(first):
        return fitting[0]
    if fitting or {",", ";", " "} & set(first):
        raise InputError(
            f"{path}, line 1: columns must be parted by tabs, or all by commas, or all by semicolons, and "
            f"{', '.join(needed)} be among them; found {first[:60]!r}"
        )
    return "\t"


def _by_tabs(lines: Sequence[str]) -> list[tuple[int, list[str]]]:
    return [
        (number, [_unquoted(cell) for cell in line.split("\t")] if line.strip() else [])
        for number, line in enumerate(lines, start=1)
    ]


def _unquoted(cell: str) -> str:
    """A cell without the quotes that a spreadsheet program puts around one with a comma or a quote in it."""
    found = QUOTED.fullmatch(cell)
    return found[1].replace('""', '"') if found else cell


def _by_quotes(path: Path, lines: Sequence[str], separator: str) -> list[tuple[int, list[str]]]:
    return list(_rows(path, csv.reader(io.StringIO("\n".join(lines)), delimiter=separator, strict=True)))


def _rows(path: Path, reader) -> Iterator[tuple[int, list[str]]]:
    """(first line of a row, its cells): a quoted cell may go over several lines."""
    line = 1
    try:
        for cells in reader:
            yield line, cells if "".join(cells).strip() else []
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"{path}, line {line}: its quotes are no pairs around cells ({error})") from None


def _without_empty_columns(
    header: list[str], rows: list[tuple[int, list[str]]]
) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Without the columns behind the last that have neither a name nor a cell, which spreadsheet programs leave."""
    width = len(header)
    while width and not header[width - 1] and not any("".join(cells[width - 1 :]) for _, cells in rows):
        width -= 1
    return header[:width], [
        (line, cells[:width] if len(cells) == len(header) else cells) for line, cells in rows
    ]
