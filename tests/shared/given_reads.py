"""Given BAM files of known fragments, changed read by read, and what became of each read on its way to the filter."""

import pysam

from alignment_files import write_bam
from epigroup.reads.accounts import GIVEN, KEPT, REASONS, account, read_accounts, write_account
from epigroup.reads.filter import dropped_before, filter_alignments
from epigroup.reads.given_alignments import check_alignments, write_given
from shell_rules import run_shell

SIZES = {"chr1": 30_000, "chr2": 10_000}
FRAGMENTS = [(at % 2, at, at + 180) for at in range(101, 9_000, 37)]


def rewritten(path, change, out):
    """The reads of a BAM file, each put through `change`, which gives none, one or more of them, sorted."""
    with pysam.AlignmentFile(str(path)) as handle:
        header = handle.header.to_dict()
        reads = [made for number, read in enumerate(handle) for made in change(number, read)]
    reads.sort(key=lambda read: (read.reference_id, read.reference_start))
    with pysam.AlignmentFile(str(out), "wb", header=header) as handle:
        for read in reads:
            handle.write(pysam.AlignedSegment.fromstring(read.to_string(), handle.header))
    return out


def given(folder, *, paired, change=lambda number, read: [read], fragments=FRAGMENTS):
    write_bam(folder / "whole.bam", fragments, paired=paired, sizes=SIZES)
    return rewritten(folder / "whole.bam", change, folder / "given.bam")


def checked(path, fasta, mapq=30):
    return check_alignments(path, SIZES, "toy1", mapq=mapq, fasta=fasta)


def passed_through(folder, path, fasta, *, blacklist=None, sizes=SIZES, mitochondrion=None):
    """(what became of each read, the table of it as written and read; names and places of those kept)."""
    contigs, facts = checked(path, fasta)
    assert contigs == SIZES
    write_given(folder / "contigs.tsv", folder / "facts.json", contigs, facts)
    made = run_shell(
        "mark_alignments",
        folder,
        input={"bam": str(path), "checked": "facts.json", "fasta": str(fasta)},
        output={"bam": "marked.bam", "duplicates": "markdup.txt"},
        wildcards={"profile": "p", "replicate": "1"},
        log=["mark.log"],
        params={},
    )
    assert made.returncode == 0, (folder / "mark.log").read_text()
    counts = filter_alignments(
        folder / "marked.bam",
        folder / "kept.bam",
        folder / "kept.bam.bai",
        sizes,
        mapq=30,
        mitochondrion=mitochondrion,
        blacklist=blacklist,
    )
    rows = account("p, replicate 1", dropped_before(folder / "facts.json", None), counts)
    write_account(folder / "reads.tsv", "p", 1, rows)
    table = read_accounts([folder / "reads.tsv"]).set_index("what")["reads"]
    assert table[GIVEN] == table[KEPT] + sum(table[reason] for reason in REASONS)
    assert table[GIVEN] == int(pysam.view("-c", str(path), "-T", str(fasta)))
    with pysam.AlignmentFile(str(folder / "kept.bam")) as handle:
        reads = [(read.query_name, read.reference_name, read.reference_start) for read in handle.fetch()]
    assert len(reads) == table[KEPT]
    return {what: number for what, number in table.items() if number}, reads
