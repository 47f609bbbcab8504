"""Single-end and paired reads that would be called together."""

import subprocess

import pysam
import pytest

from alignment_files import write_bam
from epigroup.config.layouts import layout_faults
from epigroup.config.sheet import Profile, Replicate
from epigroup.reads.given_alignments import check_alignments, first_layout


def profile(name, *replicates, control=None):
    kind = "bam" if replicates[0].bam else "fastq"
    return Profile(name, "TFB", "ChIP", "CTCF", "K562", "blood", control, "narrow", kind, replicates)


def bam(number, path):
    return Replicate(number, bam=path)


def told(*profiles, **layout):
    return layout_faults(
        {one.profile_id: one for one in profiles}, lambda path: layout.get(path.split(".")[0])
    )


def test_a_control_of_another_layout():
    chip, control = profile("chip", bam(1, "a.bam"), control="input"), profile("input", bam(1, "b.bam"))
    assert told(chip, control, a="paired", b="paired") == told(chip, control, a="paired") == []
    (said,) = told(chip, control, a="paired", b="single-end")
    assert said.startswith("profile chip is paired, its control input is single-end: peaks are called on")
    assert said.endswith("samtools view -b -f 64 --remove-flags 235 -o SINGLE.bam a.bam")
    (said,) = told(chip, control, a="single-end", b="paired")
    assert said.endswith("-o SINGLE.bam b.bam")
    reads = profile("input", Replicate(1, fastq_1="1.fq"))
    assert len(told(chip, reads, a="paired")) == 1
    pair = profile("input", Replicate(1, fastq_1="1.fq", fastq_2="2.fq"))
    (said,) = told(chip, pair, a="single-end")
    assert "leave fastq_2 of the paired one empty" in said


def test_replicates_of_two_layouts_are_told_once():
    chip = profile("chip", bam(1, "a.bam"), bam(2, "b.bam"), control="input")
    (said,) = told(chip, profile("input", bam(1, "c.bam")), a="single-end", b="paired", c="paired")
    assert said.startswith(
        "profile chip: replicate 2 is paired and replicate 1 is single-end; give the first mates"
    )
    assert said.endswith(" b.bam")


def test_the_command_that_is_given_makes_single_reads_of_pairs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pairs = [(0, at, at + 200) for at in range(0, 30_000, 100)]
    write_bam("pairs.bam", pairs, paired=True, sizes={"chr1": 100_000})
    (tmp_path / "g.fa").write_text(">chr1\n" + "A" * 100_000 + "\n")
    assert first_layout("pairs.bam") == "paired"
    (said,) = told(profile("c", bam(1, "pairs.bam"), control="i"), profile("i", bam(1, "one.bam")),
                   pairs="paired", one="single-end")  # fmt: skip
    command = said[said.index("samtools view") :]
    subprocess.run(command, shell=True, check=True)
    _, found = check_alignments("SINGLE.bam", {"chr1": 100_000}, "toy1", mapq=10, fasta="g.fa")
    assert (found.layout, found.primary) == ("single", 300)
    assert first_layout("SINGLE.bam") == "single-end"


@pytest.mark.parametrize("flags", [[0, 99], []])
def test_a_file_whose_first_reads_do_not_tell(tmp_path, flags):
    header = {"HD": {"VN": "1.6"}, "SQ": [{"SN": "chr1", "LN": 1000}]}
    with pysam.AlignmentFile(tmp_path / "a.bam", "wb", header=header) as out:
        for flag in flags:
            read = pysam.AlignedSegment(out.header)
            read.query_name, read.flag, read.reference_id, read.reference_start = "r", flag, 0, 5
            out.write(read)
    assert first_layout(tmp_path / "a.bam") is None
