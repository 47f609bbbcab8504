"""Sheets as spreadsheet programs save them: the same profiles whatever the form, or a refusal that says how to save."""

import codecs
import csv
import io
import re
import zipfile

import pytest

from epigroup.config.saved_tables import refuse_other_forms
from epigroup.config.sheet import read_sheet
from epigroup.core.errors import InputError
from sheet_examples import ATAC, COLUMNS, FACTOR, MARK

# A comma, a semicolon and two scripts within cells.
ROWS = [
    ATAC | {"cell_type": "Jurkat, Müller"},
    FACTOR | {"control": "i_1.fq.gz"},
    MARK | {"cell_type": "細胞"},
]


def saved(separator="\t", ends="\n", codec="utf-8", rows=ROWS, empty=0):
    """The sheet as Python's csv module writes it; `empty`: nameless columns and blank rows behind it."""
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=separator, lineterminator=ends)
    full = [{"cell_type": "liver", "cell_group": "organ", "assembly": "hg38"} | row for row in rows]
    for cells in [COLUMNS, *([row.get(column, "") for column in COLUMNS] for row in full)]:
        writer.writerow([*cells, *[""] * empty])
    for _ in range(empty):
        writer.writerow([""] * (len(COLUMNS) + empty))
    return written.getvalue().encode(codec)


FORMS = {
    "Excel's Unicode Text": (("\t", "\r\n", "utf-16"), "UTF-16 and Windows line ends"),
    "big endian": (("\t", "\n"), "UTF-16"),
    "Excel's CSV UTF-8": (
        (",", "\r\n", "utf-8-sig"),
        "UTF-8 with a byte-order mark and commas between the columns and Windows line ends",
    ),
    "the same in Germany": (
        (";", "\r\n", "utf-8-sig"),
        "UTF-8 with a byte-order mark and semicolons between the columns and Windows line ends",
    ),
    "LibreOffice's Text CSV": ((",",), "commas between the columns"),
    "a text of Windows": (("\t", "\r\n"), "Windows line ends"),
    "UTF-8 with a mark": (("\t", "\n", "utf-8-sig"), "UTF-8 with a byte-order mark"),
}


@pytest.mark.parametrize("empty", [0, 2])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_means_the_same_and_is_said(read, tmp_path, form, empty):
    (how, words) = FORMS[form]
    text = saved(*how, empty=empty)
    if form == "big endian":
        text = codecs.BOM_UTF16_BE + text.decode().encode("utf-16-be")
    plain = read(text=saved())
    sheet = read(text=text)
    assert sheet.profiles == plain.profiles and sheet.profiles["atac"].cell_type == "Jurkat, Müller"
    assert sheet.notes == (f"{tmp_path}/samples.tsv: read as a table with {words}",)


def test_tabs_without_more_are_read_without_a_word(read):
    sheet = read(text=write_and_read(*ROWS))
    assert sheet.notes == () and sheet.profiles["atac"].cell_type == "Jurkat, Müller"


def write_and_read(*rows):
    text = ["\t".join(COLUMNS)]
    for row in rows:
        full = {"cell_type": "liver", "cell_group": "organ", "assembly": "hg38"} | row
        text.append("\t".join(full.get(column, "") for column in COLUMNS))
    return ("\n".join(text) + "\n").encode()


def zipped(name, content=b""):
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        archive.writestr("mimetype", content)
        archive.writestr(name, "x")
    return raw.getvalue()


REFUSED = {
    ".xlsx": (zipped("xl/workbook.xml"), "is an Excel workbook (.xlsx) and no text; save it as text"),
    ".ods": (
        zipped("content.xml", b"application/vnd.oasis.opendocument.spreadsheet"),
        "is an OpenDocument spreadsheet (.ods) and no text",
    ),
    ".numbers": (zipped("Index/Document.iwa"), "is a Numbers document (.numbers)"),
    ".xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "is an old Excel workbook (.xls)"),
    ".rtf": (b"{\\rtf1\\ansi profile_id}", "is a formatted text (.rtf)"),
    ".html": (b"<table><tr><td>profile_id", "is a page (HTML or XML)"),
    ".gz": (b"\x1f\x8b\x08\x00", "is a gzip file and no text; unpack it"),
    "UTF-16 without its mark": (saved(codec="utf-16-le"), "no byte-order mark says which"),
    "Windows-1252": (saved(codec="cp1252", rows=ROWS[:1]), "line 2: byte 0xfc is not UTF-8; save it as text"),
    # the first byte of line 3: counted without the three of the mark it would stand on line 2
    "Windows-1252 with a mark": (
        codecs.BOM_UTF8 + saved(codec="cp1252", rows=[ATAC, ATAC | {"profile_id": "\u00fc"}]),
        "line 3: byte 0xfc is not UTF-8; save it as text",
    ),
    "commas and semicolons": (
        saved(",").replace(b"cell_type,", b"cell_type;"),
        "line 1: columns must be parted by tabs, or all by commas, or all by semicolons",
    ),
    "spaces": (saved().replace(b"\t", b" "), "line 1: columns must be parted by tabs"),
    "a comma too many": (
        saved(",").replace(b"atac,", b"atac,,", 1),
        "line 2: has 15 columns where the header has 14, parted by commas",
    ),
    "a quote too many": (saved(",").replace(b"atac,", b'"atac,', 1), "line 2: its quotes are no pairs"),
    "a cell behind the header": (
        saved(",", empty=1).replace(b"hg38,", b"hg38,x", 1),
        "line 1: column 15 has no name",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_table_is_refused_with_how_to_save_it(read, what):
    text, says = REFUSED[what]
    with pytest.raises(InputError, match=re.escape(says)):
        read(text=text)


def test_lines_are_those_of_the_file_also_behind_a_cell_of_two_lines(tmp_path):
    text = saved(
        ",",
        rows=[MARK | {"cell_type": "two\nlines"}, MARK | {"profile_id": "b", "bam": "b.bam", "assay": "X"}],
    )
    (tmp_path / "samples.csv").write_bytes(text)
    with pytest.raises(InputError) as error:
        read_sheet(tmp_path / "samples.csv", exist=lambda _: True)
    message = str(error.value)
    assert r"line 2, column cell_type: 'two\nlines' must not hold a control character" in message
    assert "line 4, column assay: unknown value 'X'" in message


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (REFUSED[".xlsx"][0], "is an Excel workbook"),
        ("task_id\tgroup\n".encode("utf-16"), "is UTF-16 text; save it as UTF-8: iconv -f UTF-16"),
        ("task_id\tgroup\n".encode("utf-16-le"), "is UTF-16 text"),
        (b"task_id,group\n", "line 1: has commas between the columns; save it as text with tabs"),
        (b"task_id;group\n", "line 1: has semicolons between the columns"),
    ],
)
def test_other_tables_must_be_plain(tmp_path, content, says):
    (tmp_path / "groups.tsv").write_bytes(content)
    with pytest.raises(InputError, match=re.escape(says)):
        refuse_other_forms(tmp_path / "groups.tsv")


@pytest.mark.parametrize(
    "content", [b"task_id\tgroup, of three\n", b"\xef\xbb\xbftask_id\tgroup\r\n", b"", b"one\n"]
)
def test_plain_tables_and_what_their_readers_refuse_pass(tmp_path, content):
    (tmp_path / "groups.tsv").write_bytes(content)
    refuse_other_forms(tmp_path / "groups.tsv")
    refuse_other_forms(tmp_path / "none.tsv")
