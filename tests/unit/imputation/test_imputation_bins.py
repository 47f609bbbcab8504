"""Which bins are kept, against bases written out, and regions that are refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epigroup.core.errors import InputError
from epigroup.imputation.bins import keep_bins
from epigroup.imputation.settings import TensorSettings

SIZES = {"chr1": 60_013, "chr2": 9_000}


def write_bed(path, rows):
    path.write_text("".join("\t".join(map(str, row)) + "\n" for row in rows))
    return str(path)


def kept_by_base(length, bin_size, regions, black):
    """The definition: of each base the region that it is of, and whether it is blacklisted."""
    of, listed = np.full(length, -1), np.zeros(length, bool)
    for number, (start, end) in enumerate(regions):
        of[start:end] = number
    for start, end in black:
        listed[start:end] = True
    found = []
    for bin_ in range(length // bin_size):
        here = slice(bin_ * bin_size, (bin_ + 1) * bin_size)
        if (of[here] == of[here][0]).all() and of[here][0] >= 0 and not listed[here].any():
            found.append(bin_)
    return found


@st.composite
def regions_of(draw):
    """Regions that do not overlap, some of which touch."""
    at, found = 0, []
    for _ in range(draw(st.integers(1, 4))):
        start = at + draw(st.sampled_from([0, 1, 13, 3000]))
        at = start + draw(st.integers(5000, 9000))
        found.append((start, at))
    return found


@settings(max_examples=60, deadline=None)
@given(
    regions=regions_of(),
    black=st.lists(st.tuples(st.integers(0, 50_000), st.integers(1, 3000)), min_size=1, max_size=4),
    bin_size=st.sampled_from([1, 25, 200, 333]),
)
def test_kept_bins_are_those_of_the_definition(tmp_path_factory, regions, black, bin_size):
    folder = tmp_path_factory.mktemp("beds")
    black = [(start, start + n) for start, n in black]
    told = TensorSettings(
        bin_size=bin_size,
        regions=write_bed(folder / "regions.bed", [("chr1", *one) for one in regions[::-1]]),
        blacklist=write_bed(folder / "black.bed", [("chr1", *one) for one in black]),
    )
    expected = kept_by_base(SIZES["chr1"], bin_size, regions, black)
    if not expected:
        with pytest.raises(InputError, match="black.bed: leaves none"):
            keep_bins("chr1", SIZES, told)
        return
    found = keep_bins("chr1", SIZES, told)
    assert found.dtype == np.int64
    np.testing.assert_array_equal(found, expected)


def test_without_regions_every_whole_bin_is_kept_and_the_rest_is_told(caplog):
    caplog.set_level("INFO")
    np.testing.assert_array_equal(keep_bins("chr1", SIZES, TensorSettings()), np.arange(60_013 // 25))
    assert "13 bp at its end" in caplog.text and "kept: 2400" in caplog.text


@pytest.mark.parametrize(
    "rows, says",
    [
        ([("chr1", 0, 4999)], "line 1: region 0 to 4,999 of chr1 is 4,999 bp"),
        (
            [("chr1", 0, 6000), ("chr2", 0, 6000), ("chr1", 5999, 20_000)],
            "line 3: region 5,999 to 20,000 of chr1 overlaps that of line 1",
        ),
        ([("chr1", 50_000, 60_014)], "line 1: .* 60,014 of chr1 is beyond the chromosome's end"),
        ([("chr1", 0, 6000), ("chr7", 0, 6000)], "line 2: .* of chr7: no signal has this chromosome"),
        ([("1", 0, 6000)], "line 1: .* of 1: .* is called chr1"),
        ([("chr1", 7000, 6000)], "line 1: region 7000 to 6000 is empty or reversed"),
        ([("chr1", "x", 6000)], "line 1: start 'x' is not a whole number"),
        ([("chr2", 0, 6000)], "no bin of chr1 lies in a region"),
        ([], "holds no region"),
    ],
)
def test_regions_that_cannot_be_are_refused_by_line_and_value(tmp_path, rows, says):
    path = write_bed(tmp_path / "regions.bed", rows)
    with pytest.raises(InputError, match=f"^{path}.*{says}"):
        keep_bins("chr1", SIZES, TensorSettings(regions=path))


def test_faults_of_regions_are_told_together_in_the_order_of_lines(tmp_path):
    path = write_bed(tmp_path / "r.bed", [("chr9", 0, 6000), ("chr1", 0, 100), ("chr1", 50, 9000)])
    with pytest.raises(InputError) as told:
        keep_bins("chr1", SIZES, TensorSettings(regions=path))
    assert [line.split(":")[0][-1] for line in str(told.value).split("\n")] == ["1", "2", "3"]


def test_other_spellings_are_taken_where_the_config_says_so(tmp_path):
    path = write_bed(tmp_path / "r.bed", [("1", 25, 6000)])
    found = keep_bins("chr1", SIZES, TensorSettings(regions=path, contig_names="spelling"))
    np.testing.assert_array_equal(found, np.arange(1, 240))


def test_a_chromosome_shorter_than_a_bin_is_refused():
    with pytest.raises(InputError, match="shorter than imputation.bin_size"):
        keep_bins("chrM", {"chrM": 24}, TensorSettings())
