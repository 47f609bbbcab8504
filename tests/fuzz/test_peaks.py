"""Spoilt peak files and blacklists: refused by line, or read as an independent reader reads them."""

import gzip
import re

import numpy as np
import pysam
import pytest

from epigroup.formats.peak_files import read_peaks, read_regions
from epigroup.genome.contigs import other_spellings
from mutation import BYTES, TABLE, spoilt

SIZES = {"chr1": 5000, "chr2": 3000, "chrX": 900, "chr10": 2147483647}
ROWS = [
    ("chr1", 100, 400, "p1", "0", ".", "5.5", "-1", "2.25", "100"),
    ("chr1", 1200, 1450, "p2", "10", ".", "7.5", "3.1", "-1", "-1"),
    ("chr2", 0, 90, "p3", "1000", "+", "1", "2", "3", "0"),
    ("chr2", 2900, 3000, "p4", "3", "-", "1e-3", "2", "3", "99"),
    ("chrX", 10, 899, "p5", "3", ".", "1", "2", "3", "440"),
    ("chr10", 100000000, 100000500, "p6", "3", ".", "1", "2", "3", "250"),
]
NARROW = "".join("\t".join(map(str, row)) + "\n" for row in ROWS).encode()
BED3 = "".join("\t".join(map(str, row[:3])) + "\n" for row in ROWS).encode()
HEADED = (
    b'track type=narrowPeak name="x"\n# a comment\n\n'
    + "".join(" ".join(map(str, row[:6])) + "\r\n" for row in ROWS).encode()
)
PLACE = r"line \d+|is empty|truncated|damaged|narrower than|lies on a chromosome|: is [\w (]+.*(which|convert|mark)"
PLACE += "|lies on a contig|lines end as|bytes follow the end"


def lenient(data):
    """(contig, start, end, summit or -1) of each row; None for a file that no reader should take."""
    rows, width, tabs = [], None, None
    for line in re.split(rb"\r*\n", data):
        line = line.rstrip(b"\r")
        words = line.split()
        if not words or line.startswith(b"#") or words[0] in (b"track", b"browser") and line[:1] in b"tb":
            continue
        tabs = b"\t" in line if tabs is None else tabs
        cells = line.split(b"\t") if tabs else words
        width = width or len(cells)
        if len(cells) != width or not 3 <= width <= 12:
            return None
        numbers = [cells[1], cells[2], *([cells[9]] if width == 10 and cells[9] != b"-1" else [])]
        if not all(re.fullmatch(rb"[0-9]{1,18}", number) for number in numbers):
            return None
        name, start, end = cells[0].decode("latin-1"), int(cells[1]), int(cells[2])
        known = name in SIZES
        if not start < end or not re.fullmatch("[!-~]+", name):
            return None
        if known and (start >= SIZES[name] or end > SIZES[name] + 1000):
            return None
        if not known and set(other_spellings(name)) & set(SIZES):
            return None
        summit = -1
        if len(numbers) == 3:
            summit = start + int(cells[9])
            if summit > end:
                return None
        if known:
            if end > SIZES[name]:
                end = SIZES[name]
                summit = min(summit, end - 1)
            rows.append((name, start, end, summit))
    return rows or None


def check(peaks, data, what):
    expected = lenient(data)
    assert expected is not None, f"{what}: read, but it is no peak file: {data[:300]!r}"
    found = zip(peaks.chrom.tolist(), peaks.start.tolist(), peaks.end.tolist(), peaks.summit.tolist())
    assert list(found) == expected, what


@pytest.mark.parametrize("good", [NARROW, BED3, HEADED], ids=["narrowPeak", "bed3", "headed"])
def test_spoilt_peak_files(tmp_path, tried, good):
    path = tmp_path / "peaks.bed"
    for what, bad in spoilt(good, TABLE, 6, 3):
        peaks = tried.read(path, what, bad, lambda: read_peaks(path, SIZES), PLACE)
        if peaks is not None:
            check(peaks, bad, what)
        elif not bad.startswith(b"\x1f\x8b"):
            rows = lenient(bad)
            assert rows is None or all(end - start < 50 for _, start, end, _ in rows), (
                f"{what}: refused {bad!r}"
            )


@pytest.mark.parametrize("kind", ["gzip", "bgzip"])
def test_spoilt_compressed_peak_files(tmp_path, tried, kind):
    """What is left of a damaged archive is either all of it or nothing."""
    path = tmp_path / f"peaks.{kind}"
    if kind == "gzip":
        good = gzip.compress(NARROW, mtime=0)
    else:
        with pysam.BGZFile(str(path), "wb") as handle:
            for row in NARROW.splitlines(keepends=True):
                handle.write(row)
                handle.flush()
        good = path.read_bytes()
    for what, bad in spoilt(good, BYTES, 14, 5):
        peaks = tried.read(path, what, bad, lambda: read_peaks(path, SIZES), PLACE)
        if peaks is not None:
            check(peaks, NARROW, what)


def test_spoilt_blacklists(tmp_path, tried):
    path = tmp_path / "blacklist.bed"
    for what, bad in spoilt(BED3, TABLE, 4, 7):
        regions = tried.read(path, what, bad, lambda: read_regions(path, SIZES), PLACE)
        if regions is None:
            continue
        found = [(c, int(a), int(b)) for c, (starts, ends) in regions.items() for a, b in zip(starts, ends)]
        known = [line for line in bad.split(b"\n") if line.split(b"\t")[0].decode("latin-1") in SIZES]
        expected = lenient(b"\n".join(known)) if b"\t" in bad else lenient(bad)
        assert expected is not None and sorted(found) == sorted(row[:3] for row in expected), what
        assert all(isinstance(value, np.ndarray) for pair in regions.values() for value in pair)
