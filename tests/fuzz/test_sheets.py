"""Spoilt sample sheets: refused by line and column, or read as an independent reader reads them."""

import csv
import io
import re

import pytest

from epigroup.config.sheet import read_sheet
from mutation import TABLE, outcome, spoilt
from sheet_examples import COLUMNS
from sheet_rows import ROWS, sheet_row

GOOD = "".join("\t".join(row) + "\n" for row in [COLUMNS, *ROWS]).encode()
FILES = ("fastq_1", "fastq_2", "bam", "peaks")
# What may reach file names and commands.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
PATH = re.compile(r"[A-Za-z0-9_./+@%=:][A-Za-z0-9_./+@%=:-]*")
PLACE = r"line \d+|and no text|is empty; its first line|has a header and no rows|no task: every row has assay input"


def read(path):
    """No file exists whose name the good sheet does not have."""
    there = {cell for row in ROWS for cell in row if "/" in cell}
    return read_sheet(path, assembly="toy1", exist=there.__contains__)


def codec_of(text):
    """By its byte-order mark."""
    if text.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        return "utf-32"
    return "utf-16" if text.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8"


def check(sheet, text, what):
    """The sheet against the csv module's reading of the same text."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    text = re.sub(r"(\n[ \t\x0b\x0c]*)+\Z", "\n", text)  # blank lines at the end say nothing
    parted_by = next((one for one in "\t,;" if one in text.partition("\n")[0]), "\t")
    rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=parted_by, quoting=csv.QUOTE_NONE))
    assert rows and all(None not in row and None not in row.values() for row in rows), what
    assert list(sheet.profiles) == list(dict.fromkeys(row["profile_id"] for row in rows)), what
    seen = set()
    for row in rows:
        profile = sheet.profiles[row["profile_id"]]
        for column in ("modality", "assay", "target", "cell_type", "cell_group"):
            assert getattr(profile, column) == row.get(column, ""), what
        replicate = profile.replicate(row.get("replicate") or 1)
        for column in FILES:
            assert (getattr(replicate, column) or "") == row.get(column, ""), what
            assert not row.get(column) or PATH.fullmatch(row[column]), what
        assert NAME.fullmatch(profile.profile_id) and row["assembly"] == "toy1", what
        assert (profile.profile_id, replicate.number) not in seen, what
        seen.add((profile.profile_id, replicate.number))
        assert profile.control is None or sheet.profiles[profile.control].is_input, what
    files = [row[column] for row in rows for column in FILES if row.get(column)]
    assert len(files) == len(set(files)), what
    assert not re.search(r"[\x00-\x1f\x7f\"`$;<>]", "".join(v for row in rows for v in row.values())), what


def test_the_good_sheet_is_read(tmp_path):
    (tmp_path / "sheet.tsv").write_bytes(GOOD)
    check(read(tmp_path / "sheet.tsv"), GOOD.decode(), "good")


@pytest.mark.parametrize("seed", range(2))
def test_spoilt_sheets(tmp_path, tried, seed):
    path = tmp_path / "sheet.tsv"
    for what, bad in spoilt(GOOD, TABLE, 7, seed):
        sheet = tried.read(path, what, bad, lambda: read(path), PLACE)
        if sheet is not None:
            check(sheet, bad.decode(codec_of(bad)), what)


HOSTILE = [
    "a b", "a$(touch pwned)", "a`touch pwned`", "a;touch pwned", "a|b", "a&b", "a>b", "a'b", 'a"b', "a\\b", "-rf", "--x",
    "../a", "/etc/passwd", ".hidden", "a/b", "a\x07b", "a\x1b[31mb", "a\u202eb", "é", "a{x}b", "a*b", "a?b", "~", "a~b", "a,b", "a#b",
    "a!b", "a%b", "a.rep1", "", " a", "a ", "\u00a0a", "a" * 300, "..", "a\u2028b", "\u0000",
]  # fmt: skip


@pytest.mark.parametrize(
    "column", ["profile_id", *FILES, "assembly", "replicate", "control", "peak_mode", "modality", "assay"]
)
def test_no_shell_characters_in_what_names_files(tmp_path, tried, column):
    """Whatever the mutators draw: each of these is refused in each of the columns that reach names or
    commands."""
    path = tmp_path / "sheet.tsv"
    for value in HOSTILE:
        if (
            value == ""
            and column not in ("profile_id", "assembly", "assay", "modality")
            or "/" in value
            and column == "peaks"
        ):
            continue
        cells = sheet_row(**{column: value, **({"peaks": ""} if column in FILES[:3] else {})})
        if column == "fastq_2":
            cells[COLUMNS.index("fastq_1")] = "r/other.fq"
        bad = "".join("\t".join(r) + "\n" for r in [COLUMNS, cells]).encode()
        assert tried.read(path, f"{column} {value!r}", bad, lambda: read(path), PLACE) is None, value


@pytest.mark.parametrize("column", ["accession", "format", "layout", "checksum"])
def test_what_is_fetched_is_an_accession_and_nothing_else(tmp_path, tried, column):
    """It becomes a part of addresses and file names."""
    path = tmp_path / "sheet.tsv"
    details = {"accession": "ENCFF001ABC", "format": "peaks", "layout": "", "checksum": "md5:" + "0" * 32}
    for value in HOSTILE:
        if value == "" and column in ("layout", "checksum"):
            continue
        cells = [*sheet_row(peaks=""), *(details | {column: value}).values()]
        bad = "".join("\t".join(r) + "\n" for r in [[*COLUMNS, *details], cells]).encode()
        assert tried.read(path, f"{column} {value!r}", bad, lambda: read(path), PLACE) is None, value
    good = "".join(
        "\t".join(r) + "\n" for r in [[*COLUMNS, *details], [*sheet_row(peaks=""), *details.values()]]
    )
    assert tried.read(path, "good", good.encode(), lambda: read(path), PLACE).downloads.keys() == {
        "ENCFF001ABC.bed.gz"
    }


TEXTS = [
    "a$(touch pwned)",
    "a`touch pwned`",
    "a;b",
    "a\\b",
    'a"b',
    "a\x07b",
    "a\x00b",
    "a\x1b[31mb",
    "<b>",
    " a",
    "a ",
    "a\u00a0b",
]


@pytest.mark.parametrize("column", ["target", "cell_type", "cell_group"])
def test_texts_hold_nothing_that_a_shell_or_a_page_obeys(tmp_path, tried, column):
    path = tmp_path / "sheet.tsv"
    for value in TEXTS:
        bad = "".join("\t".join(r) + "\n" for r in [COLUMNS, sheet_row(**{column: value})]).encode()
        assert tried.read(path, f"{column} {value!r}", bad, lambda: read(path), PLACE) is None, value


def test_a_missing_sheet_is_named(tmp_path, tried):
    for path in (tmp_path / "none.tsv", tmp_path, tmp_path / "sheet.tsv" / "below"):
        (tmp_path / "sheet.tsv").write_bytes(GOOD)
        tried.inputs += 1
        assert str(path) in outcome(lambda path=path: read(path))[1]


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", ["\t", ",", ";"])
def test_spoilt_sheets_of_other_forms(tmp_path, tried, separator, codec):
    """Each is refused by its line, or holds no more than the good one: names and cells of it, and its own letters."""
    good = GOOD.decode().replace("\t", separator).replace("\n", "\r\n").encode(codec)
    path = tmp_path / "sheet.csv"
    path.write_bytes(good)
    assert list(read(path).profiles) == list(dict.fromkeys(row[0] for row in ROWS))
    for what, bad in spoilt(good, TABLE, 2, 1):
        sheet = tried.read(path, what, bad, lambda: read(path), PLACE)
        for name, profile in sheet.profiles.items() if sheet is not None else ():
            assert NAME.fullmatch(name), what
            for one in profile.replicates:
                assert all(PATH.fullmatch(getattr(one, column) or "a") for column in FILES), what
