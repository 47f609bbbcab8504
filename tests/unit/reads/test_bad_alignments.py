"""Alignments out of order, without an index, or without one read that maps: sorted anew, or refused in time."""

import json

import pysam
import pytest

from alignment_files import write_bam
from epigroup.core.errors import InputError
from epigroup.peaks.call_request import CallRequest, FragmentLength
from epigroup.peaks.macs import checked_layout
from epigroup.quality.complexity import measure_complexity
from epigroup.quality.strand_facts import measure_strands
from epigroup.reads.accounts import account
from epigroup.reads.filter import filter_alignments
from epigroup.reads.given_alignments import check_alignments
from shell_rules import run_shell

SIZES = {"chr1": 30_000, "chr2": 10_000}


def marked(folder, name, layout="single"):
    """What the workflow makes of a BAM file of the sheet, as text without the lines of the programs."""
    (folder / "facts.json").write_text(json.dumps({"layout": layout}, indent=1))
    made = run_shell(
        "mark_alignments",
        folder,
        input={"bam": name, "checked": "facts.json", "fasta": "unused.fa"},
        output={"bam": f"{name}.marked", "duplicates": f"{name}.txt"},
        wildcards={"profile": "p", "replicate": "1"},
        log=[f"{name}.log"],
        params={},
    )
    assert made.returncode == 0, (folder / f"{name}.log").read_text()
    with pysam.AlignmentFile(str(folder / f"{name}.marked")) as handle:
        return handle.header.to_dict()["HD"]["SO"], [str(read) for read in handle]


@pytest.mark.needs("samtools")
@pytest.mark.parametrize("paired", [False, True])
def test_an_unsorted_bam_without_index_is_taken_as_the_sorted_one(tmp_path, paired):
    fragments = [(number % 2, start, start + 180) for number, start in enumerate(range(100, 9_000, 37))]
    write_bam(tmp_path / "sorted.bam", fragments, paired=paired, sizes=SIZES)
    with pysam.AlignmentFile(str(tmp_path / "sorted.bam")) as handle:
        header, reads = handle.header.to_dict(), list(handle)
    del header["HD"]["SO"]
    reads = sorted(reads, key=lambda read: hash((int(read.query_name[1:]) * 7919 % 1013, read.flag)))
    with pysam.AlignmentFile(str(tmp_path / "unsorted.bam"), "wb", header=header) as handle:
        for read in reads:
            handle.write(read)
    assert not (tmp_path / "unsorted.bam.bai").exists()
    contigs, facts = check_alignments(tmp_path / "unsorted.bam", SIZES, "toy1", mapq=30, fasta="unused.fa")
    assert contigs == SIZES and facts.layout == ("paired" if paired else "single")
    order, found = marked(tmp_path, "unsorted.bam", facts.layout)
    wanted = marked(tmp_path, "sorted.bam", facts.layout)[1]
    assert order == "coordinate" and len(found) == len(reads)
    assert sorted(found) == sorted(wanted)


@pytest.mark.needs("samtools")
def test_reads_that_map_nowhere_are_refused_when_peaks_are_called_and_break_nothing_before(tmp_path):
    header = {"HD": {"VN": "1.6"}, "SQ": [{"SN": name, "LN": size} for name, size in SIZES.items()]}
    with pysam.AlignmentFile(str(tmp_path / "lost.bam"), "wb", header=header) as handle:
        for number in range(50):
            read = pysam.AlignedSegment()
            read.query_name, read.query_sequence, read.flag = f"r{number}", "ACGT" * 10, 4
            read.query_qualities = pysam.qualitystring_to_array("F" * 40)
            handle.write(read)
    _, found = marked(tmp_path, "lost.bam")
    assert len(found) == 50
    bam = str(tmp_path / "lost.bam.marked")
    places = measure_complexity(bam, mapq=30, mitochondrion=None)
    assert (places.fragments, places.places) == (0, 0)
    counts = filter_alignments(
        bam, tmp_path / "f.bam", tmp_path / "f.bam.bai", SIZES, mapq=30, mitochondrion=None, blacklist=None
    )
    assert counts["not aligned"] == sum(counts.values()) == 50
    with pytest.raises(
        InputError, match="lost: none of 50 reads is kept: 50 not aligned. Check that the reads are"
    ):
        account("lost", {"given": 50}, counts)
    bam = str(tmp_path / "f.bam")
    facts = measure_strands(bam, SIZES)
    assert facts.reads == 0 and facts.fragment is None
    request = CallRequest(
        "lost", "ChIP", "narrow", bam, 40_000, SIZES, 0.01, 0.1, FragmentLength(200, "known")
    )
    with pytest.raises(InputError, match=r"f\.bam: profile lost has no read left after filtering"):
        checked_layout(request)
