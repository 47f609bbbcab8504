"""Peaks left out by q-value, and peaks merged: against a definition by bases, and bedtools."""

import logging

import numpy as np
import pybedtools
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epigroup.core.errors import InputError
from epigroup.formats.peak_files import read_peaks
from epigroup.peaks.standard import chosen_peaks, fetch_standard, index_peaks, standardise_peaks

SIZES = {"chr1": 5000, "chr2": 3000}


def narrow(rows):
    """(contig, start, end, signal, q, summit) rows as narrowPeak."""
    return "".join(f"{c}\t{s}\t{e}\t.\t0\t.\t{v}\t-1\t{q}\t{p}\n" for c, s, e, v, q, p in rows)


def places(peaks):
    return [(peaks.names[c], s, e) for c, s, e in zip(peaks.code, peaks.start.tolist(), peaks.end.tolist())]


@pytest.mark.needs("bedtools")
@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(list(SIZES)), st.integers(0, 2500), st.integers(1, 400)),
        min_size=1,
        max_size=30,
    ),
    st.integers(0, 300),
)
def test_merging_is_that_of_bedtools(tmp_path_factory, rows, gap):
    folder = tmp_path_factory.mktemp("m")
    text = "".join(f"{c}\t{s}\t{s + w}\n" for c, s, w in rows)
    (folder / "p.bed").write_text(text)
    found = chosen_peaks(folder / "p.bed", SIZES, SIZES, min_overlap=1, merge_gap=gap)
    merged = pybedtools.BedTool(text, from_string=True).sort().merge(d=gap)
    assert places(found) == [(row.chrom, row.start, row.end) for row in merged]


def test_a_merged_peak_has_the_columns_and_summit_of_its_strongest_member(tmp_path):
    rows = [
        ("chr2", 0, 100, 9, 3, 50),
        ("chr1", 150, 400, 7.5, 2, 10),
        ("chr1", 100, 200, 3, 8, 30),
        ("chr1", 600, 700, 1, 1, 5),
    ]
    (tmp_path / "p.narrowPeak").write_text(narrow(rows))
    found = chosen_peaks(tmp_path / "p.narrowPeak", SIZES, SIZES, merge_gap=0)
    assert places(found) == [("chr1", 100, 400), ("chr1", 600, 700), ("chr2", 0, 100)]
    assert found.summit.tolist() == [160, 605, 50]
    assert [rest.split(b"\t")[3] for rest in found.rest] == [b"7.5", b"1", b"9"]
    index_peaks(tmp_path / "p.narrowPeak", tmp_path / "out.gz", SIZES, SIZES, merge_gap=0)
    again = read_peaks(tmp_path / "out.gz", SIZES)
    assert places(again) == places(found) and again.summit.tolist() == found.summit.tolist()


def test_peaks_above_the_q_value_are_left_out(tmp_path, caplog):
    rows = [("chr1", 100 * i, 100 * i + 80, 5, q, 3) for i, q in enumerate((0.5, 1.3, 2, 1.30103, 40))]
    (tmp_path / "p.narrowPeak").write_text(narrow(rows))
    with caplog.at_level(logging.INFO):
        found = chosen_peaks(tmp_path / "p.narrowPeak", SIZES, SIZES, max_qvalue=0.05)
    # 10^-1.3 is 0.0501, and 10^-1.30103 a little below 0.05
    assert found.start.tolist() == [200, 300, 400]
    assert "2 of 5 peaks have a q-value above 0.05" in caplog.text
    standardise_peaks(tmp_path / "p.narrowPeak", tmp_path / "p.s", SIZES, SIZES, max_qvalue=0.05)
    assert fetch_standard(tmp_path / "p.s", "chr1")[0].tolist() == [200, 300, 400]
    with pytest.raises(
        InputError, match=r"none of the 5 peaks has a q-value of at most 1e-60 .*best is 1e-40"
    ):
        chosen_peaks(tmp_path / "p.narrowPeak", SIZES, SIZES, max_qvalue=1e-60)


def test_files_without_q_values_keep_their_peaks_and_say_so(tmp_path, caplog):
    (tmp_path / "p.bed").write_text("chr1\t10\t100\nchr1\t300\t380\n")
    assert len(chosen_peaks(tmp_path / "p.bed", SIZES, SIZES, max_qvalue=0.01)) == 2
    assert "p.bed: gives no q-values (column 9)" in caplog.text


@pytest.mark.parametrize(
    ("q", "says"),
    [
        ("-1", r"1 of 2 peaks have no q-value .*chr1:300-380"),
        ("high", r"q-value \(column 9\) 'high' of the peak at chr1:300-380 is no number"),
        ("nan", r"q-value \(column 9\) 'nan' of the peak at chr1:300-380 is no number"),
    ],
)
def test_a_wrong_q_value_is_named(tmp_path, q, says):
    (tmp_path / "p.bed").write_text(narrow([("chr1", 10, 100, 1, 4, 2), ("chr1", 300, 380, 1, q, 2)]))
    with pytest.raises(InputError, match=rf"p\.bed: {says}"):
        chosen_peaks(tmp_path / "p.bed", SIZES, SIZES, max_qvalue=0.01)


def test_without_them_peaks_stay_as_they_are(tmp_path):
    rows = [("chr1", 150, 400, "x", "y", 10), ("chr1", 100, 200, 3, 8, 30)]
    (tmp_path / "p.bed").write_text(narrow(rows))
    found = chosen_peaks(tmp_path / "p.bed", SIZES, SIZES)
    np.testing.assert_array_equal(found.start, [150, 100])
