"""The filter of alignments: what lies in the blacklist goes, and a pair goes whole."""

import shutil
import subprocess
from types import SimpleNamespace

import numpy as np
import pysam
import pytest

from alignment_files import write_bam
from shell_rules import run_shell

SIZES = {"chr1": 30_000, "chr2": 10_000}
pytestmark = pytest.mark.skipif(shutil.which("samtools") is None, reason="samtools is not on PATH")
KEEP = "(!flag.paired && !flag.read1 && !flag.read2) || (flag.proper_pair && [MQ] >= 30)"


def kept(folder, fragments, *, paired, blacklist):
    """(name, start) of each read that the rule keeps."""
    write_bam(folder / "m.bam", fragments, paired=paired, sizes=SIZES)
    (folder / "sizes").write_text("".join(f"{name}\t{size}\n" for name, size in SIZES.items()))
    if blacklist is not None:
        (folder / "black.bed").write_text("".join(f"{c}\t{s}\t{e}\n" for c, s, e in blacklist))
    run = run_shell(
        "filter_alignments",
        folder,
        input={"bam": "m.bam", "sizes": "sizes"},
        output={"bam": "f.bam", "bai": "f.bam.bai", "flagstat": "flag", "idxstats": "idx", "stats": "stats"},
        wildcards=SimpleNamespace(profile="p", replicate="1"),
        log=["filter.log"],
        params={
            "cfg": {
                "mapq": 30,
                "keep": KEEP,
                "chromosomes": 2,
                "mitochondrion": "",
                "blacklist": "" if blacklist is None else "black.bed",
            }
        },
    )
    assert run.returncode == 0, (folder / "filter.log").read_text()
    assert not list(folder.glob("*.blacklisted")) and not list(folder.glob(".partial*"))
    with pysam.AlignmentFile(str(folder / "f.bam")) as handle:
        return [(read.query_name, read.reference_start) for read in handle.fetch()]


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
