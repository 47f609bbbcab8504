"""Peaks as bigBed, read back by another library and by the reader of given peaks."""

import gzip
import struct

import numpy as np
import pyBigWig
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epigroup.core.errors import InputError
from epigroup.formats.bigbed import bigbed_text
from epigroup.peaks.standard import index_peaks
from epigroup.tracks.bigbed_tracks import write_peak_track

SIZES = {"chr2": 300_000, "chr10": 50_000, "chrX": 70_000}


def narrowpeak(rows):
    return "".join("\t".join(map(str, row)) + "\n" for row in rows)


def row(chrom, start, end, score=100, name="peak"):
    return (chrom, start, end, name, score, ".", 3.5, 12.25, -1, (end - start) // 2)


def read_back(path):
    with pyBigWig.open(str(path)) as bigbed:
        assert bigbed.isBigBed()
        return {
            chrom: [
                (start, end, *rest.split("\t")) for start, end, rest in bigbed.entries(chrom, 0, size) or []
            ]
            for chrom, size in bigbed.chroms().items()
        }


def test_every_field_is_read_back_and_the_header_says_narrowpeak(tmp_path):
    rows = [row("chr2", 5, 100, 999), row("chr2", 90, 400), row("chr10", 0, 50_000, 0, "a.b-c_1")]
    (tmp_path / "p.narrowPeak").write_text(narrowpeak(rows))
    assert write_peak_track(tmp_path / "p.narrowPeak", tmp_path / "p.bb", SIZES) == 3
    wanted = {}
    for chrom, start, end, *rest in rows:
        wanted.setdefault(chrom, []).append((start, end, *map(str, rest)))
    assert read_back(tmp_path / "p.bb") == wanted
    with pyBigWig.open(str(tmp_path / "p.bb")) as bigbed:
        assert bigbed.chroms() == {"chr10": 50_000, "chr2": 300_000}
        description = bigbed.SQL().decode()
    assert description.startswith("table bigNarrowPeak") and description.count(";") == 10
    assert struct.unpack_from("<HH", (tmp_path / "p.bb").read_bytes(), 32) == (10, 6)


def test_a_score_that_the_browser_does_not_know_is_its_highest(tmp_path):
    (tmp_path / "p").write_text(narrowpeak([row("chrX", 1, 9, 25_000), row("chrX", 2, 9, 1000)]))
    write_peak_track(tmp_path / "p", tmp_path / "p.bb", SIZES)
    assert [entry[3] for entry in read_back(tmp_path / "p.bb")["chrX"]] == ["1000", "1000"]


def test_given_peaks_with_fields_that_the_browser_cannot_read_are_shown(tmp_path, caplog):
    """As a peak file may hold them: fractions, numbers below 0, dots and words."""
    (tmp_path / "given.narrowPeak").write_text(
        "chrX\t10\t150\ta b\t12.6\t+\t1.5\t2\t3\t5\n"
        "chrX\t20\t390\tb\t-7\t*\tnan\t1e3\t.\t4\n"
        "chrX\t30\t390\tc\t.\t-\tx\tinf\t-1\t-1\n"
        "chrX\t40\t390\td\t7\t.\t0\t0\t0\t-1\n"
    )
    index_peaks(tmp_path / "given.narrowPeak", tmp_path / "s.narrowPeak.gz", SIZES, SIZES)
    with caplog.at_level("INFO"):
        write_peak_track(tmp_path / "s.narrowPeak.gz", tmp_path / "p.bb", SIZES)
    assert "3 rows with a score, strand or value" in caplog.text
    assert [list(entry[2:]) for entry in read_back(tmp_path / "p.bb")["chrX"]] == [
        ["a b", "13", "+", "1.5", "2", "3", "5"],
        ["b", "0", ".", "0", "1e3", "-1", "4"],
        ["c", "0", "-", "0", "-1", "-1", "-1"],
        ["d", "7", ".", "0", "0", "0", "-1"],
    ]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 3000))
def test_any_sorted_peaks_come_back_by_both_readers(tmp_path_factory, seed, n):
    rng = np.random.default_rng(seed)
    chroms = rng.choice(list(SIZES), n)
    rows = []
    for chrom in SIZES:
        for start in np.sort(rng.integers(0, SIZES[chrom] - 10, int((chroms == chrom).sum()))).tolist():
            rows.append(
                row(chrom, start, int(rng.integers(start + 1, SIZES[chrom] + 1)), int(rng.integers(1001)))
            )
    folder = tmp_path_factory.mktemp("any")
    with gzip.open(folder / "p.gz", "wt") as handle:
        handle.write(narrowpeak(rows))
    assert write_peak_track(folder / "p.gz", folder / "p.bb", SIZES) == n
    by_name = sorted(rows, key=lambda one: one[0])
    assert bigbed_text(folder / "p.bb", SIZES).decode() == narrowpeak(by_name)
    assert sum(map(len, read_back(folder / "p.bb").values())) == n


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (narrowpeak([row("chr2", 50, 60), row("chr2", 49, 60)]), "line 2"),
        (narrowpeak([row("chr3", 50, 60)]), "line 1"),
        (narrowpeak([row("chr10", 50, 50_001)]), "line 1"),
        (narrowpeak([row("chr10", 50, 50)]), "line 1"),
        (narrowpeak([row("chr10", 5, 50), ("chr10", "six", 50, "peak", 1, ".", 1, 1, 1, 1)]), "line 2"),
        ("chr2\t1\t9\n", "line 1"),
        ("", "no peak"),
    ],
)
def test_what_is_no_sorted_narrowpeak_is_refused_by_its_line(tmp_path, text, where):
    (tmp_path / "p").write_text(text)
    with pytest.raises(InputError, match=where) as error:
        write_peak_track(tmp_path / "p", tmp_path / "p.bb", SIZES)
    assert str(tmp_path / "p") in str(error.value)
    assert [path.name for path in tmp_path.iterdir()] == ["p"]
