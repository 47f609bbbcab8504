"""The filter of alignments: what lies in the blacklist goes, and a pair goes whole."""

import subprocess
from functools import partial

import numpy as np
import pysam
import pytest

from alignment_files import write_bam
from epigroup.core.errors import InputError
from epigroup.reads.filter import filter_alignments

SIZES = {"chr1": 30_000, "chr2": 10_000}


def kept(folder, fragments, *, paired, blacklist):
    """(name, start) of each read that the rule keeps."""
    write_bam(folder / "m.bam", fragments, paired=paired, sizes=SIZES)
    black = None
    if blacklist is not None:
        black = folder / "black.bed"
        black.write_text("".join(f"{c}\t{s}\t{e}\n" for c, s, e in blacklist))
    counts = filter_alignments(
        folder / "m.bam",
        folder / "f.bam",
        folder / "f.bam.bai",
        SIZES,
        mapq=30,
        mitochondrion=None,
        blacklist=black,
    )
    assert not list(folder.glob(".partial*"))
    with pysam.AlignmentFile(str(folder / "f.bam")) as handle:
        found = [(read.query_name, read.reference_start) for read in handle.fetch()]
    assert counts["kept"] == len(found)
    assert sum(counts.values()) == len(fragments) * (2 if paired else 1)
    return found


def test_a_pair_with_one_mate_in_the_blacklist_goes_whole(tmp_path):
    """Fragments of 300 bp, mates of 50 bp: the region holds the first mate of r1 and the second of r2, and lies
    between the mates of r3."""
    fragments = [(0, 100, 400), (0, 1000, 1300), (0, 700, 1000), (0, 900, 1200), (1, 1000, 1300)]
    found = kept(tmp_path, fragments, paired=True, blacklist=[("chr1", 990, 1020)])
    assert sorted(found) == [("r0", 100), ("r0", 350), ("r3", 900), ("r3", 1150), ("r4", 1000), ("r4", 1250)]


@pytest.mark.parametrize("blacklist", [None, [("chr2", 9_000, 9_500)]])
def test_without_reads_in_a_blacklist_all_stay(tmp_path, blacklist):
    fragments = [(0, at, at + 200) for at in range(100, 5_000, 301)]
    assert len(kept(tmp_path, fragments, paired=True, blacklist=blacklist)) == 2 * len(fragments)


def test_a_pair_that_does_not_tell_where_its_mate_ends_is_refused_where_it_matters(tmp_path):
    write_bam(tmp_path / "full.bam", [(0, 100, 400)], paired=True, sizes=SIZES)
    with (
        pysam.AlignmentFile(str(tmp_path / "full.bam")) as full,
        pysam.AlignmentFile(str(tmp_path / "m.bam"), "wb", template=full) as handle,
    ):
        for read in full:
            read.set_tag("MC", None)
            handle.write(read)
    (tmp_path / "black.bed").write_text("chr1\t5000\t5100\n")
    keep = partial(
        filter_alignments, tmp_path / "m.bam", tmp_path / "f.bam", tmp_path / "f.bam.bai", SIZES, mapq=30,
        mitochondrion=None,
    )  # fmt: skip
    assert keep(blacklist=None)["kept"] == 2
    with pytest.raises(InputError, match=r"m\.bam: read 'r0' does not tell where its mate ends"):
        keep(blacklist=tmp_path / "black.bed")


@pytest.mark.needs("bedtools")
def test_single_reads_go_as_bedtools_drops_them(tmp_path):
    random = np.random.default_rng(4)
    fragments = [(0, int(s), int(s) + 200) for s in random.integers(0, 29_000, 800)]
    regions = [("chr1", int(s), int(s) + int(w)) for s, w in random.integers(1, 25_000, (30, 2)) // (1, 100)]
    found = kept(tmp_path, fragments, paired=False, blacklist=regions)
    command = "bedtools intersect -v -abam m.bam -b black.bed | samtools view -c -"
    theirs = subprocess.run(
        command, shell=True, check=True, capture_output=True, text=True, cwd=tmp_path
    ).stdout
    assert 0 < len(found) < len(fragments) and len(found) == int(theirs)
