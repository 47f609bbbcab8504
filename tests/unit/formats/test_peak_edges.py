"""Peak files of every shape, from bytes to labels: against bedtools and against a slow reader."""

import gzip
import logging
import subprocess

import numpy as np
import pysam
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from epigroup.core.errors import InputError
from epigroup.dataset.labels import label_bins
from epigroup.formats import peak_files as intervals
from epigroup.formats.peak_columns import scan_columns
from epigroup.formats.peak_files import read_peaks
from epigroup.peaks.standard import fetch_standard, index_peaks, sort_places, standardise_peaks

SIZES = {"chr1": 60_000, "chr2": 20_110, "MT": 5_000, "chrUn_KI270742v1": 900}
BIN, OVERLAP = 200, 50
EDGES = [
    *(("chr1", 1000 + 600 * i, 1000 + 600 * i + width) for i, width in enumerate((49, 50, 51))),
    *(("chr1", 5000 + 600 * i + 200 - width, 5000 + 600 * i + 260) for i, width in enumerate((49, 50, 51))),
    *(("chr1", 9000 + 600 * i - 60, 9000 + 600 * i + width) for i, width in enumerate((49, 50, 51))),
    ("chr1", 20_000, 30_000), ("chr1", 21_000, 22_000), ("chr1", 21_500, 21_560), ("chr1", 20_000, 30_000),
    ("chr1", 40_020, 40_060), ("chr1", 40_060, 40_100), ("chr1", 0, 50), ("chr1", 59_950, 60_000),
    ("chr2", 19_900, 20_110), ("chr2", 20_050, 20_110), ("chr2", 3, 52), ("MT", 199, 451), ("MT", 199, 451),
]  # fmt: skip
TAIL = ["name", "500", "+", "7.5", "3.1", "-1", "20", "1", "1"]


def by_bedtools(folder, peaks, chrom):
    n_bins = SIZES[chrom] // BIN
    (folder / "bins.bed").write_text("".join(f"{chrom}\t{b * BIN}\t{(b + 1) * BIN}\n" for b in range(n_bins)))
    (folder / "bed.bed").write_text("".join(f"{c}\t{s}\t{e}\n" for c, s, e in peaks))
    found = subprocess.run(
        ["bedtools", "intersect", "-u", "-f", str(OVERLAP / BIN), "-a", folder / "bins.bed", "-b",
         folder / "bed.bed"], capture_output=True, check=True, text=True,
    ).stdout  # fmt: skip
    labels = np.zeros(n_bins, bool)
    labels[[int(line.split("\t")[1]) // BIN for line in found.splitlines()]] = True
    return labels


def labelled(folder, name, content, chrom, sizes=SIZES):
    (folder / name).write_bytes(content)
    standardise_peaks(folder / name, folder / "s.safetensors", sizes, sizes)
    return label_bins(*fetch_standard(folder / "s.safetensors", chrom), SIZES["chr1"] // BIN, BIN, OVERLAP)


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """bedtools' labels of EDGES on chr1."""
    labels = by_bedtools(tmp_path_factory.mktemp("bedtools"), EDGES, "chr1")
    assert labels[[5, 8, 11]].tolist() == [False, True, True]
    assert labels[[25, 28, 31]].tolist() == [False, True, True]
    assert labels[[45, 48, 51]].tolist() == [False, True, True]
    assert labels[[0, 299]].all() and not labels[200]
    return labels


def as_text(peaks, columns=10, end="\n", order=None, separator="\t"):
    order = range(len(peaks)) if order is None else order
    rows = [separator.join([*map(str, peaks[i]), *TAIL[: columns - 3]]) for i in order]
    return (end.join(rows) + end).encode()


@pytest.mark.needs("bedtools")
@pytest.mark.parametrize("columns", range(3, 13))
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_bedtools_agrees_whatever_the_columns(tmp_path, expected, columns, end):
    order = np.random.default_rng(columns).permutation(len(EDGES))
    text = as_text(EDGES, columns, end, order)
    assert np.array_equal(labelled(tmp_path, "p.bed", text, "chr1"), expected)
    head = f"browser position chr1{end}track type=narrowPeak name=x{end}# a comment{end}{end}".encode()
    assert np.array_equal(labelled(tmp_path, "headed.bed", head + text, "chr1"), expected)
    between = text[: text.index(b"\n") + 1] + head + text[text.index(b"\n") + 1 :]
    assert np.array_equal(labelled(tmp_path, "between.bed", between, "chr1"), expected)
    assert np.array_equal(labelled(tmp_path, "open.bed", text.rstrip(), "chr1"), expected)


@pytest.mark.needs("bedtools")
def test_bedtools_agrees_on_every_chromosome(tmp_path):
    (tmp_path / "p.bed").write_bytes(as_text(EDGES))
    standardise_peaks(tmp_path / "p.bed", tmp_path / "s.safetensors", SIZES, SIZES)
    for chrom, size in SIZES.items():
        ours = label_bins(*fetch_standard(tmp_path / "s.safetensors", chrom), size // BIN, BIN, OVERLAP)
        assert np.array_equal(ours, by_bedtools(tmp_path, EDGES, chrom)), chrom


@pytest.mark.needs("bedtools")
def test_plain_gzip_and_bgzip_are_told_by_their_bytes(tmp_path, expected):
    text = as_text(EDGES)
    with pysam.BGZFile(str(tmp_path / "b"), "wb") as handle:
        handle.write(text)
    in_two = gzip.compress(text[:300]) + gzip.compress(text[300:])
    for content in (text, gzip.compress(text), (tmp_path / "b").read_bytes(), in_two):
        assert np.array_equal(labelled(tmp_path, "p.bed", content, "chr1"), expected)


@pytest.mark.needs("bedtools")
def test_contigs_of_ucsc_and_ensembl(tmp_path, expected):
    ensembl = {"1": 60_000, "2": 20_110, "MT": 5_000, "KI270742.1": 900}
    text = as_text(EDGES)
    assert np.array_equal(labelled(tmp_path, "e.bed", text.replace(b"chr", b""), "1", ensembl), expected)
    (tmp_path / "u.bed").write_bytes(text)
    with pytest.raises(InputError, match=r"u\.bed, line 1: contig 'chr1' .*chr1 may be called 1 there"):
        read_peaks(tmp_path / "u.bed", ensembl)
    (tmp_path / "e.bed").write_bytes(b"1\t5\t90\n")
    with pytest.raises(InputError, match=r"e\.bed, line 1: contig '1' .*1 may be called chr1 there"):
        read_peaks(tmp_path / "e.bed", SIZES)


@pytest.mark.parametrize("plain", [True, False])
@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("chrI\t5\t90", "contig 'chrI' is not in the genome's FASTA; chrI may be called chr1 there"),
        ("chr2\t20000\t21111", "end 21111 is beyond the end of chr2 (20110 bp)"),
        ("chr1\t-7\t90", "start '-7' is negative"),
        ("chr1\t7\t-90", "end '-90' is negative"),
        ("chr1\t900\t90", "reversed interval, start 900 is beyond end 90"),
        ("chr1\t90\t90", "zero-length interval, start and end are both 90"),
        ("chr1\t90.0\t190", "start '90.0' is not a whole number"),
        ("chr1\t90\t1.9e2", "end '1.9e2' is not a whole number"),
        ("chr1\t90\t0x99", "end '0x99' is not a whole number"),
        ("chr1\t+90\t190", "start '+90' is not a whole number"),
        ("chr1\t 90\t190", "start ' 90' is not a whole number"),
        ("chr1\t\u0661\t190", "is not a whole number"),
    ],
)
def test_a_bad_row_is_named_after_thousands_of_good_ones(tmp_path, row, says, plain):
    good = b"".join(b"chr1\t%d\t%d\n" % (s, s + 70) for s in range(0, 50_000, 10))
    text = b"# made by hand\n" + good + row.encode() + b"\n" + good
    (tmp_path / "two.bed").write_bytes(text if plain else gzip.compress(text))
    with pytest.raises(InputError) as error:
        standardise_peaks(tmp_path / "two.bed", tmp_path / "s.safetensors", SIZES, SIZES)
    assert "two.bed, line 5002: " in str(error.value) and says in str(error.value)
    assert [p.name for p in tmp_path.iterdir()] == ["two.bed"]


@pytest.mark.parametrize("value", ["5.5", "101", "-2", "", "--1", "-11", "1-"])
def test_a_bad_summit_is_named(tmp_path, value):
    good = "chr1\t100\t200\tn\t9\t+\t7\t3\t2\t-1\n" * 3
    (tmp_path / "p.bed").write_text(good + good.splitlines()[0][:-2] + value + "\n" + good)
    with pytest.raises(InputError, match=r"p\.bed, line 4: summit"):
        read_peaks(tmp_path / "p.bed", SIZES)


def test_truncated_files_are_refused(tmp_path):
    text = as_text(EDGES * 200)
    with pysam.BGZFile(str(tmp_path / "b"), "wb") as handle:
        handle.write(text)
    blocked, zipped = (tmp_path / "b").read_bytes(), gzip.compress(text)
    damaged = bytearray(zipped)
    damaged[len(damaged) // 2] ^= 1
    for content in (zipped[:-1], zipped[:-9], zipped[:200], blocked[:-28], blocked[:-200], bytes(damaged)):
        (tmp_path / "cut.gz").write_bytes(content)
        with pytest.raises(InputError, match=r"cut\.gz: the (b?gzip) file is truncated"):
            read_peaks(tmp_path / "cut.gz", SIZES)


def test_damaged_intervals_are_never_labelled(tmp_path):
    """Cut, or a bit flipped (one in five is tried): refused, or nothing of what is read has changed."""
    few = {"chr1": 60_000, "chr2": 20_110}
    (tmp_path / "p.bed").write_bytes(as_text([p for p in EDGES if p[0] in few][-9:]))
    path = tmp_path / "s.safetensors"
    standardise_peaks(tmp_path / "p.bed", path, few, few)
    whole = path.read_bytes()
    sound = [np.array(fetch_standard(path, chrom)) for chrom in few]
    damaged = [whole[:keep] for keep in range(0, len(whole), 7)] + [whole[:-1], whole + b"x"]
    for at in range(0, 8 * len(whole), 5):
        flipped = bytearray(whole)
        flipped[at >> 3] ^= 1 << (at & 7)
        damaged.append(bytes(flipped))
    n_refused = 0
    for content in damaged:
        path.write_bytes(content)
        for chrom, places in zip(few, sound, strict=True):
            try:
                read = np.array(fetch_standard(path, chrom))
                assert read.dtype == places.dtype and np.array_equal(read, places)
            except InputError as error:
                assert str(error).startswith(f"{path}: ")
                n_refused += 1
    assert n_refused > 8 * sum(places.nbytes for places in sound) / 5


def test_intervals_sort_alike_whatever_their_size():
    """As one number each or, where that has no room, by their columns: contig, start and end."""
    rng = np.random.default_rng(8)
    for top in (50, 1 << 20, 1 << 30, 1 << 40):
        code = rng.integers(0, 30, 500).astype(np.int32)
        start = rng.integers(0, top, 500)
        end = start + rng.integers(1, top, 500)
        start[250:], end[250:], code[250:] = start[:250], end[:250], code[:250]
        found = sort_places(code, start, end)
        wanted = sorted(zip(code.tolist(), start.tolist(), end.tolist(), strict=True))
        assert list(zip(*map(np.ndarray.tolist, found), strict=True)) == wanted


def test_a_chromosome_may_be_called_file(tmp_path):
    sizes = {"file": 900, "allow_pickle": 900, "HLA:A*01/x": 900}
    (tmp_path / "p.bed").write_text("".join(f"{name}\t5\t{100 + i}\n" for i, name in enumerate(sizes)))
    standardise_peaks(tmp_path / "p.bed", tmp_path / "s.safetensors", sizes, sizes)
    for i, name in enumerate(sizes):
        assert [v.tolist() for v in fetch_standard(tmp_path / "s.safetensors", name)] == [[5], [100 + i]]


def test_a_peak_beyond_a_tabix_index(tmp_path):
    (tmp_path / "p.bed").write_text(f"long\t5\t{2**29 + 9}\n")
    sizes = {"long": 2**30}
    with pytest.raises(
        InputError, match="p.bed: a peak of contig long ends at 536,870,921, but a tabix index holds"
    ):
        index_peaks(tmp_path / "p.bed", tmp_path / "s.gz", sizes, sizes)


WORDS = st.sampled_from([*SIZES, "chr3", "track", "#x", "1", ""])
NUMBERS = st.one_of(
    st.integers(0, 900).map(str),
    st.sampled_from(["-1", "-5", "1.0", "", "007", "0", "1e2", "9" * 12, "899", "900", "901", " 5"]),
)
ROWS = st.tuples(WORDS, NUMBERS, NUMBERS, st.sampled_from(["n", "", "a b"]), NUMBERS)
GOOD = st.tuples(
    st.sampled_from([*SIZES]), st.integers(0, 700), st.integers(1, 200), st.sampled_from(["n", "a b"]),
    st.integers(-1, 260),
).map(lambda r: (r[0], str(r[1]), str(r[1] + r[2]), r[3], str(r[4])))  # fmt: skip


@settings(max_examples=250, deadline=None)
@given(
    rows=st.one_of(
        st.lists(GOOD, min_size=1, max_size=12),
        st.lists(st.one_of(GOOD, GOOD, GOOD, ROWS), min_size=1, max_size=6),
    ),
    columns=st.sampled_from([3, 4, 6, 9, 10, 10, 10, 12]),
    end=st.sampled_from(["\n", "\r\n"]),
    head=st.sampled_from(["", "track x\n", "#c\n\n", "browser\n"]),
    flank=st.sampled_from([0, 40]),
)
@example(rows=[("chr1", "007", "100", "n", "5")], columns=10, end="\n", head="", flank=0)
def test_all_rows_at_once_and_row_by_row_agree(tmp_path_factory, rows, columns, end, head, flank):
    """Whatever the file, both ways of reading give the same peaks and standard form, or the same error."""
    folder = tmp_path_factory.mktemp("wild")
    filled = [[c, s, e, n, *TAIL[1:6], o, "1", "1"][:columns] for c, s, e, n, o in rows]
    text = head + "".join("\t".join(row) + end for row in filled)
    (folder / "p.bed").write_text(text)

    def outcome(name):
        try:
            for write, end in ((standardise_peaks, "safetensors"), (index_peaks, "gz")):
                out = folder / f"{name}.{end}"
                write(folder / "p.bed", out, SIZES, SIZES, point_flank=flank, min_overlap=20)
        except InputError as error:
            return str(error).replace(name, "")
        table = read_peaks(folder / "p.bed", SIZES, point_flank=flank, min_overlap=20)
        return (
            gzip.decompress((folder / f"{name}.gz").read_bytes()),
            (folder / f"{name}.safetensors").read_bytes(),
            table.rest, table.summit.tolist(), table.n_widened, table.n_narrow,
        )  # fmt: skip

    logging.disable(logging.WARNING)
    usual = intervals.scan_columns
    try:
        fast = outcome("fast")
        intervals.scan_columns = lambda text, names: None
        assert fast == outcome("slow")
    finally:
        intervals.scan_columns = usual
        logging.disable(logging.NOTSET)


def test_plain_files_are_read_at_once(tmp_path):
    """The quick way is taken for files as callers write them, not only for the tests' own."""
    narrow = as_text([p for p in EDGES if p[2] - p[1] >= 20])
    for text in (narrow, narrow.replace(b"\n", b"\r\n"), b"track x\n" + as_text(EDGES, 3)):
        found = scan_columns(text, list(SIZES))
        assert found is not None and len(found.start) == len(EDGES)
    assert scan_columns(narrow.replace(b"chr2", b"chr3"), list(SIZES)) is None
