"""bigBed files of peaks, written by another library and read as the text that they were made of."""

import numpy as np
import pybigtools
import pyBigWig
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epigroup.core.errors import InputError
from epigroup.formats.bigbed import bigbed_text
from epigroup.formats.peak_files import read_peaks
from epigroup.peaks.standard import fetch_standard, standardise_peaks

SIZES = {"chr1": 400_000, "chr10": 90_000, "chr2": 250_000}


def write_bigbed(path, rows, sizes=SIZES):
    """rows: (contig, start, end, rest) sorted by contig as in `sizes` and start."""
    pybigtools.open(str(path), "w").write(dict(sizes), iter(rows))
    return path


def many_rows(n, rng):
    rows = []
    for chrom, length in SIZES.items():
        for i, start in enumerate(np.sort(rng.integers(0, length - 700, n)).tolist()):
            rest = (
                f"p{i}\t{rng.integers(1000)}\t.\t{rng.random() * 9:.3f}\t-1\t{rng.random() * 5:.2f}\t{i % 90}"
            )
            rows.append((chrom, start, start + 100 + i % 500, rest))
    return rows


def test_rows_are_those_that_were_written_and_that_pybigwig_reads(tmp_path):
    rows = many_rows(5000, np.random.default_rng(1))
    path = write_bigbed(tmp_path / "p.bb", rows)
    text = bigbed_text(path, SIZES).decode()
    assert text == "".join(f"{c}\t{s}\t{e}\t{rest}\n" for c, s, e, rest in rows)
    with pyBigWig.open(str(path)) as reference:
        for chrom, length in SIZES.items():
            found = [line.split("\t", 3)[1:] for line in text.splitlines() if line.startswith(f"{chrom}\t")]
            assert found == [[str(s), str(e), rest] for s, e, rest in reference.entries(chrom, 0, length)]


def test_a_bigbed_gives_the_labels_of_its_bed(tmp_path):
    rows = many_rows(300, np.random.default_rng(2))
    (tmp_path / "p.bed").write_text("".join(f"{c}\t{s}\t{e}\t{rest}\n" for c, s, e, rest in rows))
    write_bigbed(tmp_path / "p.bigBed", rows)
    for name in ("p.bed", "p.bigBed"):
        standardise_peaks(tmp_path / name, tmp_path / f"{name}.safetensors", SIZES, SIZES)
    for chrom in SIZES:
        text, packed = (
            fetch_standard(tmp_path / f"{name}.safetensors", chrom) for name in ("p.bed", "p.bigBed")
        )
        assert len(text[0])
        np.testing.assert_array_equal(text, packed)
    one, other = (read_peaks(tmp_path / name, SIZES) for name in ("p.bed", "p.bigBed"))
    assert one.rest == other.rest
    np.testing.assert_array_equal(one.summit, other.summit)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(list(SIZES)), st.integers(0, 89_000), st.integers(60, 900)),
        min_size=1,
        max_size=40,
    )
)
def test_any_bed3(tmp_path_factory, places):
    order = {name: i for i, name in enumerate(SIZES)}
    rows = sorted({(c, s, s + w, "") for c, s, w in places}, key=lambda row: (order[row[0]], row[1], row[2]))
    path = write_bigbed(tmp_path_factory.mktemp("bb") / "p.bb", rows)
    assert bigbed_text(path, SIZES).decode() == "".join(f"{c}\t{s}\t{e}\n" for c, s, e, _ in rows)
    assert len(read_peaks(path, SIZES)) == len(rows)


def test_what_is_wrong_is_named(tmp_path):
    path = write_bigbed(tmp_path / "p.bb", [("chr1", 10, 200, ""), ("chr2", 249_900, 250_000, "")])
    with pytest.raises(
        InputError, match=r"p\.bb: its chr1 is 400,000 bp long, the genome's 300,000.*another assembly"
    ):
        read_peaks(path, SIZES | {"chr1": 300_000})
    assert len(read_peaks(path, {"chr1": 400_000})) == 1
    with pytest.raises(InputError, match=r"p\.bb: none of its 2 rows lies on a contig of the genome's FASTA"):
        read_peaks(path, {"chr7": 400_000})


def test_a_bigwig_is_no_peak_file(tmp_path):
    with pyBigWig.open(str(tmp_path / "p.bw"), "w") as signal:
        signal.addHeader(list(SIZES.items()))
        signal.addEntries(["chr1"], [0], ends=[500], values=[1.0])
    with pytest.raises(InputError, match=r"p\.bw: is a bigWig, which holds a signal and no peaks"):
        read_peaks(tmp_path / "p.bw", SIZES)


def test_cut_and_damaged_files_are_refused_or_read_without_a_crash(tmp_path):
    rows = many_rows(2000, np.random.default_rng(3))
    good = write_bigbed(tmp_path / "p.bb", rows).read_bytes()
    expected, bad = bigbed_text(tmp_path / "p.bb", SIZES), tmp_path / "bad.bb"
    for size in (8, 60, 300, 2000, len(good) // 4):
        bad.write_bytes(good[:size])
        with pytest.raises(InputError, match=r"bad\.bb: the bigBed is damaged or cut"):
            read_peaks(bad, SIZES)
    rng, refused = np.random.default_rng(4), 0
    for _ in range(200):
        spoilt = bytearray(good)
        at = int(rng.integers(4, len(good)))
        spoilt[at] ^= 1 << int(rng.integers(8))
        bad.write_bytes(spoilt)
        try:
            found = read_peaks(bad, SIZES)
        except InputError as error:
            assert "bad.bb" in str(error)
            refused += 1
            continue
        # bytes that are not read: zoom levels, the summary, how many records there are
        assert len(found) <= expected.count(b"\n")
    assert refused > 50
