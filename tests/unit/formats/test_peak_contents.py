"""Files given as peaks whose columns or contents are others: read for what they are, or called by their name."""

import bz2
import gzip
import io
import logging
import zipfile

import numpy as np
import pysam
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epigroup.core.errors import InputError
from epigroup.formats import peak_files as intervals
from epigroup.formats.peak_files import read_peaks, read_regions
from epigroup.peaks.standard import chosen_peaks, index_peaks
from sequence_files import write_fasta

SIZES = {"chr1": 100_000, "chr2": 50_000}
PLACES = [("chr1", 1000 * i + 200, 1000 * i + 500) for i in range(20)] + [("chr2", 5000, 5400)]
# q-values of 0, 2, 4, ...: five of 21 are below 8
NARROW = [[c, s, e, f"p{i}", 10 * i, ".", 7.5, 3.25, 2 * i, 100] for i, (c, s, e) in enumerate(PLACES)]


def text_of(rows, end="\n"):
    return "".join("\t".join(map(str, row)) + end for row in rows)


def read(folder, rows, **options):
    (folder / "p.bed").write_text(rows if isinstance(rows, str) else text_of(rows))
    return chosen_peaks(folder / "p.bed", SIZES, SIZES, **options)


def appended(rows, *cells):
    return [[*row, *cells] for row in rows]


@pytest.fixture
def said(caplog):
    caplog.set_level(logging.INFO)
    return caplog


@pytest.mark.parametrize("cells", [[""], ["", ""], [3], [3, "gene"], [1, 2, 3], list(range(9))])
def test_q_values_stay_whatever_follows_narrowpeak(tmp_path, said, cells):
    plain = read(tmp_path, NARROW, max_qvalue=1e-8)
    other = read(tmp_path, appended(NARROW, *cells), max_qvalue=1e-8)
    assert len(plain) == 17 and other.rest == plain.rest and other.form == "narrowPeak"
    np.testing.assert_array_equal(other.summit, plain.summit)
    np.testing.assert_array_equal(other.start, plain.start)
    assert "gives no q-values" not in said.text
    taken_off = "empty cell(s), which were taken off; 10 columns"
    what = taken_off if cells[0] == "" else "column(s) after those of narrowPeak"
    assert f"{len(cells)} {what}" in said.text


@pytest.mark.parametrize("width", range(3, 10))
@pytest.mark.parametrize("end", ["\t\n", "\t\t\r\n"])
def test_tabs_at_the_ends_of_all_lines_are_taken_off(tmp_path, said, width, end):
    """Not taken for a summit behind broadPeak, nor for a signal behind BED6."""
    rows = [row[:width] for row in NARROW]
    plain, other = read(tmp_path, rows), read(tmp_path, text_of(rows, end))
    assert other.n_columns == width and other.form == plain.form and other.rest == plain.rest
    assert (other.summit == -1).all() and "taken off" in said.text


def test_tabs_at_the_ends_of_some_lines_are_refused(tmp_path):
    lines = text_of(NARROW).splitlines()
    lines[7] += "\t"
    with pytest.raises(
        InputError, match=r"p\.bed, line 8: 11 column\(s\) where line 1 has 10 \(one .* ends with a tab\)"
    ):
        read(tmp_path, "\n".join(lines))
    with pytest.raises(
        InputError, match=r"line 2: 10 column\(s\) where line 1 has 11 \(one .* ends with a tab\)"
    ):
        read(tmp_path, "\n".join(lines[7:]))


BED12 = [
    [c, s, e, "n", 5, "+", s + 20, e - 20, "255,0,0", 2, "40,30,", f"0,{e - s - 30}"] for c, s, e in PLACES
]


def test_bed12_and_bed9_give_no_q_values_and_say_so(tmp_path, said):
    for rows, form in ((BED12, "BED12"), ([row[:9] for row in BED12], "BED9")):
        said.clear()
        table = read(tmp_path, rows, max_qvalue=0.01)
        assert table.form == form and len(table) == 21 and (table.summit == -1).all()
        assert table.rest[0] == b"n\t5\t+\t0\t-1\t-1" and "gives no q-values" in said.text
        assert f"p.bed: is {form}, of which peaks have no use for columns 7 to {len(rows[0])}" in said.text


def test_gappedpeak_gives_the_q_values_of_its_last_columns(tmp_path, said):
    rows = [[*row, 7.5, 3.25, q] for row, (*_, q, _) in zip(BED12, NARROW, strict=True)]
    table = read(tmp_path, rows, max_qvalue=1e-8)
    assert table.form == "gappedPeak" and len(table) == 17
    assert table.rest[0] == b"n\t5\t+\t7.5\t3.25\t8" and "gives no q-values" not in said.text


@pytest.mark.parametrize("cells", [["geneA"], ["1.5"], ["geneA", "3", "x"]])
def test_broadpeak_with_other_columns_behind_its_nine(tmp_path, said, cells):
    table = read(tmp_path, appended([row[:9] for row in NARROW], *cells), max_qvalue=1e-8)
    assert table.form == "broadPeak" and len(table) == 17 and (table.summit == -1).all()
    assert f"{len(cells)} column(s) after those of broadPeak were passed over in all 21 rows" in said.text


@pytest.mark.parametrize(
    ("at", "value", "says"),
    [
        (6, "chr1", "column 7 is 'chr1' and no number"),
        (8, "nan", "column 9 is 'nan' and no number"),
        (9, "301", "column 10 is '301' and no summit of a peak of 300 bp"),
        (9, "-2", "column 10 is '-2' and no summit"),
    ],
)
def test_more_than_ten_columns_of_nothing_known_are_refused(tmp_path, at, value, says):
    rows = appended(NARROW, 3)
    rows[4][at] = value
    with pytest.raises(InputError, match=r"p\.bed, line 5: 11 columns, of which .*cut -f1-3") as error:
        read(tmp_path, rows)
    assert says in str(error.value)


def test_q_values_are_missing_only_where_they_are(tmp_path, said):
    read(tmp_path, [[*row[:8], -1, 5] for row in NARROW], max_qvalue=0.01)
    assert "gives no q-values" in said.text


CELL = st.sampled_from(["", "0", "5", "-1", "1.5", "x", "0,20", "900", "10,20,"])


@settings(max_examples=150, deadline=None)
@given(st.integers(7, 16), st.data())
def test_both_ways_of_reading_find_the_same_form(tmp_path_factory, width, data):
    n = data.draw(st.integers(1, 4))
    tails = data.draw(
        st.lists(st.lists(CELL, min_size=width - 3, max_size=width - 3), min_size=n, max_size=n)
    )
    if data.draw(st.booleans()):
        tails = [[*tail[:3], "7", "3.5", "2", *tail[6:]][: width - 3] for tail in tails]
    folder = tmp_path_factory.mktemp("forms")
    rows = [["chr1", 100 * i, 100 * i + 60, *tail] for i, tail in enumerate(tails)]
    (folder / "p.bed").write_text(text_of(rows))

    def outcome():
        try:
            table = read_peaks(folder / "p.bed", SIZES)
            return table.form, table.n_columns, table.rest, table.summit.tolist()
        except InputError as error:
            return str(error)

    usual, fast = intervals.scan_columns, outcome()
    try:
        intervals.scan_columns = lambda text, names: None
        assert fast == outcome()
    finally:
        intervals.scan_columns = usual


def test_more_columns_are_written_as_narrowpeak(tmp_path):
    read(tmp_path, appended(NARROW, 3))
    index_peaks(tmp_path / "p.bed", tmp_path / "more.gz", SIZES, SIZES)
    read(tmp_path, NARROW)
    index_peaks(tmp_path / "p.bed", tmp_path / "plain.gz", SIZES, SIZES)
    one, other = (gzip.decompress((tmp_path / f"{name}.gz").read_bytes()) for name in ("more", "plain"))
    assert one == other


BED = text_of([row[:3] for row in NARROW])
ENCODED = {
    "UTF-16 text; convert it: gzip -cdf {} | iconv -f UTF-16 -t UTF-8": [
        b"\xff\xfe" + BED.encode("utf-16-le"), b"\xfe\xff" + BED.encode("utf-16-be"),
    ],
    "UTF-16 (little-endian, without a byte-order mark) text; convert it: gzip -cdf {} | iconv -f UTF-16LE": [
        BED.encode("utf-16-le"),
    ],
    "UTF-16 (big-endian, without a byte-order mark) text; convert it: gzip -cdf {} | iconv -f UTF-16BE": [
        BED.encode("utf-16-be"),
    ],
    "UTF-32 text": [BED.encode("utf-32")],
    "UTF-8 text that begins with a byte-order mark; take its three bytes off: gzip -cdf {} | tail -c +4": [
        b"\xef\xbb\xbf" + BED.encode(), b"\xef\xbb\xbf# comment\n" + BED.encode(),
    ],
    "its lines end as on an old Mac": [BED.replace("\n", "\r").encode()],
}  # fmt: skip


@pytest.mark.parametrize("reader", [read_peaks, read_regions])
@pytest.mark.parametrize("packed", [False, True])
def test_encodings_are_called_by_their_name(tmp_path, reader, packed):
    path = tmp_path / "p.bed"
    for says, contents in ENCODED.items():
        for content in contents:
            path.write_bytes(gzip.compress(content) if packed else content)
            with pytest.raises(InputError) as error:
                reader(path, SIZES)
            assert says.format(path) in str(error.value)


def alignments(folder, form):
    header = {"SQ": [{"SN": name, "LN": size} for name, size in SIZES.items()]}
    path = folder / f"a.{form}"
    write_fasta(folder / "g.fa", {name: "A" * size for name, size in SIZES.items()})
    mode = {"bam": "wb", "cram": "wc", "sam": "w"}[form]
    with pysam.AlignmentFile(path, mode, header=header, reference_filename=str(folder / "g.fa")):
        pass
    return path.read_bytes()


def workbook():
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return made.getvalue()


SAM = "r1\t0\tchr1\t101\t37\t36M\t*\t0\t0\t" + "ACGT" * 9 + "\t" + "I" * 36 + "\n"
FOREIGN = {
    "BAM": lambda folder: alignments(folder, "bam"),
    "CRAM": lambda folder: alignments(folder, "cram"),
    "SAM": lambda folder: alignments(folder, "sam"),
    "SAM (by its columns)": lambda _: SAM * 3,
    "FASTA": lambda _: ">chr1\nACGT\n",
    "FASTQ": lambda _: "@r1\nACGT\n+\nIIII\n",
    "GFF": lambda _: "##gff-version 3\nchr1\tx\tgene\t5\t90\t.\t+\t.\tID=g\n",
    "GFF (by its columns)": lambda _: '# made by hand\nchr1\tx\texon\t5\t90\t.\t+\t.\tgene_id "g";\n',
    "VCF": lambda _: "##fileformat=VCFv4.2\n#CHROM\tPOS\n",
    "VCF (by its columns)": lambda _: "chr1\t15\trs1\tA\tG\t50\tPASS\t.\n",
    "zip": lambda _: workbook(),
    "packed with bzip2": lambda _: bz2.compress(BED.encode()),
    "HTML": lambda _: "\n<!DOCTYPE html>\n<html><body>404</body></html>\n",
    "JSON": lambda _: '{"status": "error", "code": 403}\n',
    "a pointer of Git LFS": lambda _: "version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
    "wiggle": lambda _: "fixedStep chrom=chr1 start=1 step=10\n1\n2\n",
    "bedGraph": lambda _: "browser position chr1\ntrack name=x type=bedGraph\n" + BED.replace("\n", "\t1.5\n"),
    "the table (xls) that MACS writes": lambda _: "# MACS\nchr\tstart\tend\tlength\nchr1\t5\t90\t86\n",
}  # fmt: skip


@pytest.mark.parametrize("name", FOREIGN)
def test_other_contents_are_called_by_their_name(tmp_path, name):
    path, content = tmp_path / "p.narrowPeak", FOREIGN[name](tmp_path)
    content = content if isinstance(content, bytes) else content.encode()
    path.write_bytes(content)
    for reader, what in ((read_peaks, "peaks"), (read_regions, "regions")):
        with pytest.raises(InputError) as error:
            reader(path, SIZES)
        assert f"p.narrowPeak: is {name}" in str(error.value), str(error.value)
        assert f"no {what}" in str(error.value) or "starts from 1" in str(error.value)


def test_a_track_of_a_signal_below_peaks_is_found(tmp_path):
    text = BED + 'track name=s type="wiggle_0"\n' + BED
    with pytest.raises(InputError, match="is wiggle, which holds a signal and no peaks"):
        read(tmp_path, text)
    assert len(read(tmp_path, BED + "track name=s type=bed\n")) == 21


def pairs(n):
    return [
        ["chr1", 10 * i, 10 * i + 36, "chr1", 10 * i + 200, 10 * i + 236, f"r{i}", 60, "+", "-"]
        for i in range(n)
    ]


@pytest.mark.parametrize("width", [6, 7, 10])
def test_bedpe_is_refused_however_few_rows_it_has(tmp_path, width):
    with pytest.raises(
        InputError, match=r"is bedpe .*column bam: bedtools bedpetobam -i FILE -g chrom.sizes > NEW.bam"
    ):
        read(tmp_path, [row[:width] for row in pairs(3)])
    one_end = [[*row[:3], "chr2", *row[4:width]] for row in pairs(2)]
    with pytest.raises(InputError, match="is bedpe"):
        read(tmp_path, one_end)


def test_fragments_of_single_cells_are_refused_however_few(tmp_path):
    rows = [["chr1", 10 * i, 10 * i + 90, "AAACGAAAGAACCATA-1", 1 + i] for i in range(3)]
    for width in (4, 5):
        with pytest.raises(
            InputError, match=r"fragments of single cells .*'AAACGAAAGAACCATA-1'.* bedtools bedpetobam -i -"
        ):
            read(tmp_path, [row[:width] for row in rows])
