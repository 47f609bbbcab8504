"""The account of reads: each that is given is kept or dropped for one reason, and none is lost on the way."""

import json
import logging

import pysam
import pytest

from alignment_files import LENGTH
from epigroup.core.errors import InputError
from epigroup.reads.accounts import GIVEN, KEPT, account, read_accounts, write_account
from epigroup.reads.filter import dropped_before, reference_length
from given_reads import FRAGMENTS, given, passed_through

pytestmark = pytest.mark.needs("samtools")


def test_every_reason_is_counted_once(tmp_path, fasta):
    """Pairs r0, r10, ... each spoilt in one way; the reason of each is the one it was spoilt for."""
    spoilt = {
        0: ("mapping quality too low", lambda read: setattr(read, "mapping_quality", 3)),
        10: ("failed by the sequencer", lambda read: setattr(read, "flag", read.flag | 512)),
        20: ("no proper pair", lambda read: setattr(read, "flag", read.flag & ~2)),
    }

    def change(number, read):
        pair = int(read.query_name[1:])
        if pair in spoilt:
            spoilt[pair][1](read)
        if pair == 30:
            # A copy of a pair: its second mate and its first at the same places.
            other = pysam.AlignedSegment.fromstring(read.to_string(), read.header)
            other.query_name = "copy"
            return [read, other]
        if pair == 40 and read.is_read2:
            read.mapping_quality = 3
        return [read]

    path = given(tmp_path, paired=True, change=change)
    black = tmp_path / "black.bed"
    start = FRAGMENTS[50][2] - LENGTH
    black.write_text(f"chr{FRAGMENTS[50][0] + 1}\t{start + 10}\t{start + 12}\n")
    found, kept = passed_through(tmp_path, path, fasta, blacklist=black)
    black_pairs = {
        number
        for number, (contig, low, high) in enumerate(FRAGMENTS)
        if contig == FRAGMENTS[50][0]
        and any(first < start + 12 and first + LENGTH > start + 10 for first in (low, high - LENGTH))
    }
    assert found.pop(GIVEN) == 2 * len(FRAGMENTS) + 2
    assert found.pop(KEPT) == len(kept) == 2 * (len(FRAGMENTS) - 4 - len(black_pairs))
    assert found == {
        "mapping quality too low": 3, "mapping quality of the mate too low": 1, "failed by the sequencer": 2,
        "no proper pair": 2, "duplicate": 2, "in the blacklist": 2 * len(black_pairs),
    }  # fmt: skip


def test_contigs_left_out_are_told_from_the_mitochondrion(tmp_path, fasta):
    path = given(tmp_path, paired=True)
    on_second = 2 * sum(contig for contig, *_ in FRAGMENTS)
    for mitochondrion, reason in (("chr2", "on the mitochondrion"), (None, "on a contig not chosen")):
        found, _ = passed_through(tmp_path, path, fasta, sizes={"chr1": 30_000}, mitochondrion=mitochondrion)
        assert found[reason] == on_second == found[GIVEN] - found[KEPT]


def test_reads_that_are_lost_on_the_way_are_not_passed_over(tmp_path):
    before = {GIVEN: 100, "secondary alignment": 10}
    with pytest.raises(InputError, match="p: 90 reads should be among the marked alignments and 89 are"):
        account("p", before, {KEPT: 80, "duplicate": 9})
    with pytest.raises(InputError, match="none of 100 reads is kept: 10 secondary alignment, 90 not aligned"):
        account("p", before, {KEPT: 0, "not aligned": 90})
    rows = account("p", before, {KEPT: 80, "duplicate": 10})
    assert rows[GIVEN] == sum(rows.values()) - rows[GIVEN] == 100
    write_account(tmp_path / "t.tsv", "p", 1, rows | {"duplicate": 9})
    with pytest.raises(InputError, match="reads kept and dropped are not those given"):
        read_accounts([tmp_path / "t.tsv"])


def test_most_reads_dropped_for_one_reason_is_warned_of_unless_libraries_are_like_that(caplog):
    account("p", {GIVEN: 100}, {KEPT: 30, "duplicate": 70})
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
    account("p", {GIVEN: 100}, {KEPT: 30, "no proper pair": 70})
    assert "p: 70 % of the reads are dropped: no proper pair" in caplog.text


def test_reads_of_fastq_files_are_counted_from_the_first_step(tmp_path):
    (tmp_path / "checked.json").write_text(json.dumps([{"records": 500}, {"records": 500}]))
    (tmp_path / "fastp.json").write_text(json.dumps({"summary": {"after_filtering": {"total_reads": 990}}}))
    before = dropped_before(tmp_path / "checked.json", tmp_path / "fastp.json")
    assert before == {GIVEN: 1000, "trimmed away": 10}
    assert dropped_before(tmp_path / "checked.json", None) == {GIVEN: 1000}


@pytest.mark.parametrize(
    "cigar, bases", [("50M", 50), ("5S40M5H", 40), ("10M2D10M3I10M", 32), ("3=1X100N4=", 108), ("*", 0)]
)
def test_bases_of_the_reference_under_a_read(cigar, bases):
    assert reference_length(cigar) == bases
