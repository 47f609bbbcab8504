"""Peaks in standard form: sorted, indexed, on the chosen chromosomes; what is fetched is what was written."""

import gzip
import logging

import pysam
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epigroup.core.errors import InputError
from epigroup.peaks.standard import fetch_standard, for_each_profile, index_peaks, standardise_peaks

SIZES = {"chr1": 10_000, "chr2": 5_000, "chrUn": 800}
CHOSEN = {"chr1": 10_000, "chr2": 5_000}


def test_standard_form(tmp_path, caplog):
    text = "chr2\t7\t80\tb\nchr1\t900\t990\tc\nchrUn\t0\t100\td\nchr1\t20\t90\ta\nchr1\t20\t90\ta2\n"
    (tmp_path / "p.bed").write_text(text)
    out = tmp_path / "p.narrowPeak.gz"
    with caplog.at_level(logging.INFO):
        index_peaks(tmp_path / "p.bed", out, SIZES, CHOSEN)
        assert "1 of 5 peaks dropped" in caplog.text and "chrUn" in caplog.text
        standardise_peaks(tmp_path / "p.bed", tmp_path / "p.safetensors", SIZES, CHOSEN)
    assert "1 rows repeat the interval" in caplog.text
    rows = [line.split("\t") for line in gzip.decompress(out.read_bytes()).decode().splitlines()]
    assert rows == [
        ["chr1", "20", "90", "a", "0", ".", "0", "-1", "-1", "-1"],
        ["chr1", "20", "90", "a2", "0", ".", "0", "-1", "-1", "-1"],
        ["chr1", "900", "990", "c", "0", ".", "0", "-1", "-1", "-1"],
        ["chr2", "7", "80", "b", "0", ".", "0", "-1", "-1", "-1"],
    ]
    with pysam.TabixFile(str(out)) as index:
        assert list(index.contigs) == ["chr1", "chr2"] and len(list(index.fetch("chr1", 0, 100))) == 2
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "p.bed", "p.narrowPeak.gz", "p.narrowPeak.gz.tbi", "p.safetensors",
    ]  # fmt: skip


@pytest.mark.parametrize("threads", [1, 3])
def test_many_profiles_are_written_as_each_alone(tmp_path, threads):
    paths = [tmp_path / f"{i}.bed" for i in range(7)]
    for i, path in enumerate(paths):
        path.write_text("".join(f"chr1\t{s}\t{s + 90}\n" for s in range(10 * i, 9000, 100 + i)))
    for write, end in ((standardise_peaks, "safetensors"), (index_peaks, "gz")):
        outs = [tmp_path / f"{i}.{end}" for i in range(7)]
        for_each_profile(write, paths, outs, SIZES, CHOSEN, threads=threads)
        for path, out in zip(paths, outs, strict=True):
            write(path, tmp_path / f"alone.{end}", SIZES, CHOSEN)
            assert out.read_bytes() == (tmp_path / f"alone.{end}").read_bytes()


def test_all_that_is_wrong_is_said_at_once(tmp_path):
    paths = [tmp_path / f"{name}.bed" for name in ("good", "cut", "far", "fine")]
    for path, text in zip(
        paths, ("chr1\t5\t90\n", "chr1\t5\n", "chr2\t5\t6001\n", "chr1\t5\t90\n"), strict=True
    ):
        path.write_text(text)
    outs = [path.with_suffix(".out") for path in paths]
    with pytest.raises(InputError) as error:
        for_each_profile(standardise_peaks, paths, outs, SIZES, CHOSEN)
    lines = str(error.value).splitlines()
    assert lines[0] == "2 of 4 peak files are wrong:" and len(lines) == 3
    assert "cut.bed, line 1" in lines[1] and "far.bed, line 1: end 6001" in lines[2]
    with pytest.raises(InputError, match=r"^\S*cut\.bed, line 1"):
        for_each_profile(standardise_peaks, paths[:2], outs[:2], SIZES, CHOSEN)


def test_no_peak_on_the_chosen_chromosomes_is_refused(tmp_path):
    (tmp_path / "p.bed").write_text("chrUn\t0\t100\n")
    with pytest.raises(InputError, match="none of the 1 peaks"):
        standardise_peaks(tmp_path / "p.bed", tmp_path / "out.safetensors", SIZES, CHOSEN)
    assert [p.name for p in tmp_path.iterdir()] == ["p.bed"]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["chr1", "chr2"]), st.integers(0, 4900), st.integers(50, 100)),
                min_size=1, max_size=40))  # fmt: skip
def test_what_is_fetched_is_what_was_written(tmp_path_factory, peaks):
    folder = tmp_path_factory.mktemp("standard")
    (folder / "p.bed").write_text("".join(f"{c}\t{s}\t{s + w}\n" for c, s, w in peaks))
    standardise_peaks(folder / "p.bed", folder / "p.safetensors", SIZES, CHOSEN)
    for chrom in CHOSEN:
        start, end = fetch_standard(folder / "p.safetensors", chrom)
        assert list(zip(start.tolist(), end.tolist(), strict=True)) == sorted(
            {(s, s + w) for c, s, w in peaks if c == chrom}
        )
    with pytest.raises(InputError, match="made without chromosome chrX"):
        fetch_standard(folder / "p.safetensors", "chrX")
