"""Reading of peak files: every form that is accepted, every fault that is named."""

import gzip
import logging

import numpy as np
import pytest

from epigroup.core.errors import InputError
from epigroup.formats.peak_files import read_peaks, read_regions
from epigroup.genome.contigs import spellings
from epigroup.peaks.standard import index_peaks

SIZES = {"chr1": 10_000, "chr2": 5_000, "chrUn": 800}
CHOSEN = {"chr1": 10_000, "chr2": 5_000}


def peaks_in(tmp_path, text, name="p.bed", **options):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_peaks(path, SIZES, **options)


def intervals(table):
    return list(zip(table.chrom, table.start.tolist(), table.end.tolist(), strict=True))


EXPECTED = [("chr2", 100, 300), ("chr1", 50, 150)]


@pytest.mark.parametrize("columns", [3, 4, 5, 6, 9, 10, 12])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_form_gives_the_same_intervals(tmp_path, columns, end):
    tail = ["name", "5", "+", "7.5", "3.1", "2.2", "40", "1", "1"][: columns - 3]
    lines = ["track name=x", "browser position chr1", "# a comment", ""]
    lines += ["\t".join([c, str(s), str(e), *tail]) for c, s, e in EXPECTED]
    text = end.join(lines) + end
    assert intervals(peaks_in(tmp_path, text)) == EXPECTED
    assert intervals(peaks_in(tmp_path, text.rstrip(), "open_end.bed")) == EXPECTED
    assert intervals(peaks_in(tmp_path, gzip.compress(text.encode()), "p.bed.gz")) == EXPECTED
    assert intervals(peaks_in(tmp_path, text.replace("\t", " "), "spaces.bed")) == EXPECTED


def test_the_tenth_column_is_a_summit_only_in_narrowpeak(tmp_path):
    narrow = "chr1\t100\t200\tn\t9\t+\t7\t3\t2\t40\n"
    assert peaks_in(tmp_path, narrow).summit.tolist() == [140]
    assert peaks_in(tmp_path, narrow.replace("\t40\n", "\t-1\n")).summit.tolist() == [-1]
    bed12 = "chr1\t100\t200\tn\t9\t+\t100\t200\t0\t2\t40,30,\t0,70,\n"
    assert peaks_in(tmp_path, bed12).summit.tolist() == [-1]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("chr1\t5", "2 column"),
        ("chr\xb53\t5\t60", "is no name of a contig"),
        ("1\t5\t60", "called chr1"),
        ("chrII\t5\t60", "called chr2"),
        ("chr1\t-5\t60", "'-5' is negative"),
        ("chr1\t60\t5", "reversed"),
        ("chr1\t60\t60", "zero-length"),
        ("chr1\t60.0\t90", "'60.0' is not a whole number"),
        ("chr1\t60\t1e3", "'1e3' is not a whole number"),
        ("chr1\t60\t", "'' is not a whole number"),
        ("chr1\t1_0\t60", "'1_0' is not a whole number"),
        ("chr2\t4990\t6001", "beyond the end of chr2 (5000 bp)"),
        ("chr2\t5000\t5001", "beyond the end of chr2 (5000 bp)"),
        ("chr1\t60\t99999999999999999999", "'99999999999999999999'"),
        ("chr1\t60\t90\tx", "4 column(s) where line 2 has 3"),
    ],
)
def test_a_fault_is_named_with_file_line_and_value(tmp_path, line, says):
    text = f"# comment\nchr1\t1\t100\n\n{line}\nchr1\t7\t500\n"
    with pytest.raises(InputError) as error:
        peaks_in(tmp_path, text)
    assert "p.bed, line 4" in str(error.value) and says in str(error.value)


def test_a_summit_outside_its_peak_is_refused(tmp_path):
    with pytest.raises(InputError, match="line 1: summit 101 lies outside its peak of 100 bp"):
        peaks_in(tmp_path, "chr1\t100\t200\tn\t9\t+\t7\t3\t2\t101\n")


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\ntrack name=x\n"])
def test_an_empty_file_is_refused(tmp_path, text):
    with pytest.raises(InputError, match=r"p\.bed: the peak file is empty"):
        peaks_in(tmp_path, text)


def test_a_contig_may_be_called_track(tmp_path):
    (tmp_path / "p.bed").write_text("track1\t0\t100\n")
    assert len(read_peaks(tmp_path / "p.bed", {"track1": 200})) == 1


def test_a_cut_gzip_is_refused(tmp_path):
    rng = np.random.default_rng(3)
    text = "".join(f"chr1\t{s}\t{s + 60}\n" for s in rng.integers(0, 9000, 2000))
    packed = gzip.compress(text.encode())
    for keep in (len(packed) // 2, len(packed) - 1):
        with pytest.raises(InputError, match="truncated"):
            peaks_in(tmp_path, packed[:keep], "p.bed.gz")


def test_points_are_widened_around_their_summit_and_said(tmp_path, caplog):
    text = "chr1\t100\t101\nchr1\t5\t6\nchr2\t4998\t4999\nchr1\t300\t400\n"
    with caplog.at_level(logging.INFO):
        table = peaks_in(tmp_path, text, point_flank=30)
    assert intervals(table) == [("chr1", 70, 131), ("chr1", 0, 36), ("chr2", 4968, 5000), ("chr1", 300, 400)]
    assert table.n_widened == 3 and "3 of 4 peaks" in caplog.text
    assert table.n_narrow == 2 and "2 of 4 peaks are narrower than 50 bp" in caplog.text
    narrow = "chr1\t100\t140\tn\t9\t+\t7\t3\t2\t10\n"
    assert intervals(peaks_in(tmp_path, narrow, point_flank=60)) == [("chr1", 50, 171)]


def test_points_alone_without_a_flank_are_refused(tmp_path, caplog):
    points = "chr1\t100\t101\nchr1\t200\t249\n"
    with pytest.raises(InputError, match=r"all 2 peaks .*peaks\.point_flank"):
        peaks_in(tmp_path, points)
    assert peaks_in(tmp_path, points + "chr1\t300\t350\n").n_narrow == 2
    assert "2 of 3 peaks" in caplog.text


def test_regions_of_a_blacklist(tmp_path):
    path = tmp_path / "black.bed"
    path.write_text("chr1\t5\t10\nchrElse\t0\t99999999\nchr1\t0\t7\n")
    start, end = read_regions(path, CHOSEN)["chr1"]
    assert (start.tolist(), end.tolist()) == ([5, 0], [10, 7])
    path.write_text("1\t5\t10\n")
    with pytest.raises(
        InputError,
        match="line 1: contig '1' is called chr1 in the genome's FASTA: rename it, or set peaks.contig_names",
    ):
        read_regions(path, CHOSEN)
    path.write_text("1\t5\t10\nchr1\t0\t7\n10\t1\t2\n")
    start, end = read_regions(path, CHOSEN, contig_names="spelling")["chr1"]
    assert (start.tolist(), end.tolist()) == ([5, 0], [10, 7])
    path.write_text("chr2\t5\t10\nchr2\t5\t5900\n")
    assert read_regions(path, CHOSEN)["chr2"][1].tolist() == [10, 5000]
    path.write_text("chr2\t5\t10\nchr2\t5\t6001\n")
    with pytest.raises(InputError, match=r"black\.bed, line 2"):
        read_regions(path, CHOSEN)


def test_real_points_of_yeast(real_data, tmp_path):
    sizes = {}
    for line in (real_data / "yeast_genome" / "sacCer3.nuclear.sizes").read_text().splitlines():
        sizes[line.split()[0]] = int(line.split()[1])
    path = real_data / "yeast_chipexo" / "peaks" / "Abf1.bed.gz"
    with pytest.raises(InputError, match="line 1: contig 'chr9' .*called chrIX"):
        read_peaks(path, sizes)
    arabic = {f"chr{i}": size for i, size in enumerate(sizes.values(), 1)}
    with pytest.raises(InputError, match="point_flank"):
        read_peaks(path, arabic)
    table = read_peaks(path, arabic, point_flank=50)
    assert table.n_widened == len(table) and table.n_narrow == 0
    assert np.median(table.end - table.start) == 101
    respelt = read_peaks(path, sizes, point_flank=50, contig_names="spelling")
    assert [f"chr{list(sizes).index(name) + 1}" for name in respelt.chrom] == list(table.chrom)
    assert (respelt.start == table.start).all() and (respelt.end == table.end).all()


def test_other_spellings_are_taken_for_the_contig(tmp_path):
    text = "1\t100\t200\tn\nchrII\t300\t400\tm\nchrUn\t5\t60\to\n"
    with pytest.raises(InputError, match="line 1: contig '1'"):
        peaks_in(tmp_path, text)
    table = peaks_in(tmp_path, text, contig_names="spelling")
    assert intervals(table) == [("chr1", 100, 200), ("chr2", 300, 400), ("chrUn", 5, 60)]
    index_peaks(tmp_path / "p.bed", tmp_path / "p.narrowPeak.gz", SIZES, SIZES, contig_names="spelling")
    lines = gzip.decompress((tmp_path / "p.narrowPeak.gz").read_bytes()).decode().splitlines()
    assert [line.split("\t")[0] for line in lines] == ["chr1", "chr2", "chrUn"]
    with pytest.raises(
        InputError, match="none of its 1 rows lies on a contig of the genome's FASTA; it names chr7, and"
    ):
        peaks_in(tmp_path, "chr7\t5\t60\n", contig_names="spelling")
    with pytest.raises(InputError, match="line 2: end 11001 is beyond the end of 1 "):
        peaks_in(tmp_path, "chr1\t5\t60\n1\t5\t11001\n", contig_names="spelling")
    with pytest.raises(InputError, match=r"chr1 is called (1 and chr1|1 and chrI|chrI and 1) there"):
        peaks_in(tmp_path, "1\t5\t60\nchrI\t5\t60\n", contig_names="spelling")


WIDTHS = {"bed3": 3, "bed6": 6, "narrowPeak": 10, "more": 12}


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_rows_off_the_fasta_are_passed_over_and_ends_cut_and_both_counted(tmp_path, caplog, width):
    """As in a blacklist and in the peaks that this workflow calls."""
    places = [
        ("chr1", 5, 95),
        ("chrUn_KI270742v1", 5, 95),
        ("chr2", 4900, 5012),
        ("chrEBV", 7, 9999999),
        ("chr2", 7, 97),
    ]
    more = ["n", "9", ".", "7", "3", "2", "60", "a", "b"]
    text = "".join("\t".join([c, str(s), str(e), *more[: width - 3]]) + "\n" for c, s, e in places)
    with caplog.at_level(logging.INFO):
        table = peaks_in(tmp_path, text)
    assert intervals(table) == [("chr1", 5, 95), ("chr2", 4900, 5000), ("chr2", 7, 97)]
    assert (
        "2 of 5 rows passed over, on contigs that the genome's FASTA has not (chrUn_KI270742v1, chrEBV)"
        in caplog.text
    )
    assert "1 of 5 rows reach over the end of their contig and end there" in caplog.text
    assert table.summit.tolist() == ([65, 4960, 67] if width >= 10 else [-1, -1, -1])
    index_peaks(tmp_path / "p.bed", tmp_path / "o.gz", SIZES, SIZES)
    lines = gzip.decompress((tmp_path / "o.gz").read_bytes()).decode().splitlines()
    assert [line.split("\t")[:3] for line in lines] == [
        ["chr1", "5", "95"],
        ["chr2", "7", "97"],
        ["chr2", "4900", "5000"],
    ]


def test_a_summit_in_what_is_cut_off_lies_at_the_end(tmp_path):
    table = peaks_in(tmp_path, "chr2\t4900\t5100\tn\t9\t.\t7\t3\t2\t150\n")
    assert (table.end.tolist(), table.summit.tolist()) == ([5000], [4999])


def test_a_contig_spelt_otherwise_among_others_is_not_passed_over(tmp_path):
    with pytest.raises(
        InputError,
        match=r"line 3: contig '1' .* may be called chr1 there: rename it, or set peaks\.contig_names",
    ):
        peaks_in(tmp_path, "chr1\t5\t60\nchrEBV\t5\t60\n1\t7\t80\n")


def test_a_spelling_stands_for_one_contig_or_none():
    human = [f"chr{i}" for i in [*range(1, 23), "X", "Y", "M"]]
    found = spellings(human)
    assert found["X"] == "chrX" and found["10"] == "chr10" and found["MT"] == "chrM"
    assert "chrX" not in found and not set(found) & set(human)
    yeast = ["chrI", "chrV", "chrX"]
    assert spellings(yeast)["chr10"] == "chrX" and spellings(yeast)["5"] == "chrV"
    assert spellings(["chr1", "ChrI"])["1"] == "chr1"
    assert "1" not in spellings(["chr1", "Chr1"])  # either could be meant by it
