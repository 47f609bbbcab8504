"""Lanes through the rules' own commands: what is aligned is what `cat` of the lanes would have given."""

import gzip
import random
import subprocess
from dataclasses import asdict

import pysam
import pytest

from epigroup.core.errors import InputError
from epigroup.reads.fastq import check_lanes
from epigroup.reads.fastq_facts import write_facts
from epigroup.reads.lanes import join_lanes
from shell_rules import run_shell

pytestmark = pytest.mark.needs("samtools", "bowtie2", "fastp")

PAIRS = 900
LENGTH = 40
OTHER = str.maketrans("ACGT", "TGCA")


def write_lanes(folder):
    """A genome, and pairs of it with duplicates over lanes: bgzip, whose last block is empty, plain, and gzip."""
    draw = random.Random(11)
    genome = "".join(draw.choices("ACGT", k=20_000))
    (folder / "genome.fa").write_text(f">chr1\n{genome}\n")
    pysam.faidx(str(folder / "genome.fa"))
    starts = [draw.randrange(len(genome) - 300) for _ in range(PAIRS // 2)] * 2
    texts = ["", "", ""], ["", "", ""]
    for number, start in enumerate(starts):
        bases = genome[start : start + 200]
        mates = bases[:LENGTH], bases[::-1].translate(OTHER)[:LENGTH]
        for text, mate in zip(texts, mates, strict=True):
            text[3 * number // PAIRS] += f"@r{number}\n{mate}\n+\n{'I' * LENGTH}\n"
    for mate, (one, two, three) in enumerate(texts, start=1):
        with pysam.BGZFile(str(folder / f"a_{mate}.fq.gz"), "w") as handle:
            handle.write(one.encode())
        (folder / f"b_{mate}.fq").write_text(two)
        with gzip.open(folder / f"c_{mate}.fq.gz", "wt") as handle:
            handle.write(three)
        with gzip.open(folder / f"whole_{mate}.fq.gz", "wt") as handle:
            handle.write(one + two + three)


def command(name, folder, **parts):
    run = run_shell(name, folder, log=[f"{name}.log"], **parts)
    assert run.returncode == 0, run.stderr + (folder / f"{name}.log").read_text()


def aligned(folder, reads, trim):
    """SAM lines of a replicate's marked alignments, of the reads that are given or joined."""
    names = {"wildcards": {"profile": "p", "replicate": "1"}, "threads": 2}
    if trim:
        command(
            "trim_reads", folder, **names, input={"reads": reads, "checked": "checked.json"},
            output={"reads": "trimmed.fastq.gz", "json": "fastp.json", "html": "fastp.html"},
            params={"cfg": ["--in2", reads[1], "--detect_adapter_for_pe"]},
        )  # fmt: skip
        mates = ["--interleaved", "trimmed.fastq.gz"]
    else:
        mates = ["-1", reads[0], "-2", reads[1]]
    command(
        "align_reads", folder, **names,
        input={"reads": [word for word in mates if word[0] != "-"], "checked": "checked.json", "index": "index"},
        output={"bam": "marked.bam", "duplicates": "duplicates.txt"}, params={"cfg": ["--maxins", 500, *mates]},
    )  # fmt: skip
    return subprocess.run(
        ["samtools", "view", "marked.bam"], cwd=folder, capture_output=True, text=True, check=True
    ).stdout.splitlines()


def test_the_alignments_are_those_of_cat(tmp_path):
    write_lanes(tmp_path)
    lanes = [[name.format(mate) for name in ("a_{}.fq.gz", "b_{}.fq", "c_{}.fq.gz")] for mate in (1, 2)]
    facts = check_lanes(*([tmp_path / name for name in names] for names in lanes))
    write_facts(tmp_path / "checked.json", [asdict(one) for one in facts])
    assert sum(one.records for one in facts) == 2 * PAIRS
    command(
        "index_genome",
        tmp_path,
        input={"fasta": "genome.fa", "lengths": "genome.fa.fai"},
        output={"index": "index"},
    )
    for mate, names in enumerate(lanes, start=1):
        join_lanes([tmp_path / name for name in names], tmp_path / f"joined_{mate}.fastq.gz")
    for trim in (True, False):
        joined = aligned(tmp_path, ["joined_1.fastq.gz", "joined_2.fastq.gz"], trim)
        assert joined == aligned(tmp_path, ["whole_1.fq.gz", "whole_2.fq.gz"], trim)
        flags = [int(line.split("\t")[1]) for line in joined]
        # Each fragment is there twice, half a file apart: duplicates are found over lanes.
        assert len(flags) == 2 * PAIRS and sum(flag & 1024 != 0 for flag in flags) >= PAIRS


def test_a_lane_without_the_end_of_its_last_line_is_refused_where_another_follows(tmp_path):
    lanes = []
    for name in "ab":
        lanes.append(tmp_path / f"{name}.fq")
        lanes[-1].write_text("@r\nACGT\n+\nFFFF")
    with pytest.raises(InputError, match=r"a\.fq: its last line has no end"):
        check_lanes(lanes)
    assert [one.records for one in check_lanes(lanes[:1])] == [1]
