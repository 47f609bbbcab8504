"""Given BAM and CRAM files: of every kind, what is kept and what is dropped by reason is what was given; or a refusal
before any work."""

import json
import logging
import shutil
import subprocess

import numpy as np
import pysam
import pytest

from alignment_files import LENGTH, write_bam
from epigroup.core.errors import InputError
from epigroup.quality.complexity import measure_complexity
from epigroup.quality.cross_correlation import read_ends
from epigroup.reads.accounts import (
    GIVEN,
    KEPT,
    REASONS,
    account,
    read_accounts,
    write_account,
)
from epigroup.reads.alignments import write_cut_sites
from epigroup.reads.filter import dropped_before, filter_alignments, reference_length
from epigroup.reads.given_alignments import check_alignments, write_given
from shell_rules import run_shell

SIZES = {"chr1": 30_000, "chr2": 10_000}
pytestmark = pytest.mark.skipif(shutil.which("samtools") is None, reason="samtools is not on PATH")
FRAGMENTS = [(at % 2, at, at + 180) for at in range(101, 9_000, 37)]


@pytest.fixture(scope="module")
def fasta(tmp_path_factory):
    path = tmp_path_factory.mktemp("genome") / "genome.fa"
    letters = np.random.default_rng(3).choice(list("ACGT"), max(SIZES.values()))
    path.write_text("".join(f">{name}\n{''.join(letters[:size])}\n" for name, size in SIZES.items()))
    pysam.faidx(str(path))
    return path


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


def renamed(name):
    def change(number, read):
        read.query_name = name(read)
        return [read]

    return change


SHARED_NAMES = {
    "pooled lanes": lambda read: f"r{int(read.query_name[1:]) % 60}",
    "stripped": lambda read: "read",
    "numbered anew on each contig": lambda read: f"r{read.reference_start}",
}


@pytest.mark.parametrize("kind", SHARED_NAMES)
def test_single_reads_of_one_name_are_all_kept(tmp_path, fasta, kind):
    path = given(tmp_path, paired=False, change=renamed(SHARED_NAMES[kind]))
    found, _ = passed_through(tmp_path, path, fasta)
    assert found == {GIVEN: len(FRAGMENTS), KEPT: len(FRAGMENTS)}


@pytest.mark.parametrize("kind", ["pooled lanes", "stripped"])
def test_pairs_of_one_name_are_refused_before_any_work(tmp_path, fasta, kind):
    path = given(tmp_path, paired=True, change=renamed(SHARED_NAMES[kind]))
    with pytest.raises(
        InputError, match=r"given\.bam: names of reads repeat.*: [0-9,]+ reads have the name of"
    ):
        checked(path, fasta)


def test_two_names_that_repeat_among_many_are_found(tmp_path, fasta):
    path = given(
        tmp_path, paired=True, change=renamed(lambda r: "r7" if r.query_name == "r8" else r.query_name)
    )
    with pytest.raises(
        InputError, match=r"2 reads have the name of another one that is the same mate, such as 'r7'"
    ):
        checked(path, fasta)


def test_single_reads_that_say_which_mate_they_were_are_single_reads(tmp_path, fasta):
    def change(number, read):
        read.flag |= 64 if number % 2 else 128
        return [read]

    found, _ = passed_through(tmp_path, given(tmp_path, paired=False, change=change), fasta)
    assert found == {GIVEN: len(FRAGMENTS), KEPT: len(FRAGMENTS)}


@pytest.mark.parametrize("paired", [False, True])
@pytest.mark.parametrize("flag, reason", [(2048, "supplementary alignment"), (256, "secondary alignment")])
def test_further_alignments_are_dropped_and_counted(tmp_path, fasta, paired, flag, reason):
    """Every third read has a second alignment elsewhere, as of a read that spans two places."""

    def change(number, read):
        if number % 3:
            return [read]
        other = pysam.AlignedSegment.fromstring(read.to_string(), read.header)
        other.flag |= flag
        other.reference_start = 9_500
        return [read, other]

    reads = len(FRAGMENTS) * (2 if paired else 1)
    found, kept = passed_through(tmp_path, given(tmp_path, paired=paired, change=change), fasta)
    more = -(-reads // 3)
    assert found == {GIVEN: reads + more, KEPT: reads, reason: more}
    assert not any(start == 9_500 for *_, start in kept)


@pytest.mark.parametrize("ending", ["/", ".", "_"])
def test_names_that_end_in_the_number_of_the_mate(tmp_path, fasta, ending):
    """Refused with a command, whose result is taken whole."""
    change = renamed(lambda read: f"{read.query_name}{ending}{1 if read.is_read1 else 2}")
    path = given(tmp_path, paired=True, change=change)
    wanted = (
        r"are flagged as paired, but no mate of the same name is there: names end in the number of the mate"
    )
    with pytest.raises(InputError, match=wanted) as caught:
        checked(path, fasta)
    command = str(caught.value).split("take it away with: ")[1]
    subprocess.run(["bash", "-c", command], cwd=tmp_path, check=True)
    found, _ = passed_through(tmp_path, tmp_path / "RENAMED.bam", fasta)
    assert found == {GIVEN: 2 * len(FRAGMENTS), KEPT: 2 * len(FRAGMENTS)}


def test_a_lane_with_other_names_in_a_pooled_file_is_seen(tmp_path, fasta):
    def change(number, read):
        if int(read.query_name[1:]) % 5 == 0:
            read.query_name += "/1" if read.is_read1 else "/2"
        return [read]

    with pytest.raises(InputError, match=r"names end in the number of the mate, such as 'r\d+/[12]'"):
        checked(given(tmp_path, paired=True, change=change), fasta)


@pytest.mark.parametrize("mate, words", [(64, "first"), (128, "second")])
def test_one_mate_alone(tmp_path, fasta, mate, words):
    """Refused with the flags to take away, after which they are single reads."""
    path = given(tmp_path, paired=True, change=lambda number, read: [read] if read.flag & mate else [])
    with pytest.raises(
        InputError, match=rf"no mate of the same name is there: all \d+ are {words} mates"
    ) as caught:
        checked(path, fasta)
    command = str(caught.value).split("single-end with: ")[1]
    subprocess.run(f"{command} -o single.bam given.bam", shell=True, cwd=tmp_path, check=True)
    found, _ = passed_through(tmp_path, tmp_path / "single.bam", fasta)
    assert found == {GIVEN: len(FRAGMENTS), KEPT: len(FRAGMENTS)}


def test_a_file_of_which_half_the_mates_are_missing_is_refused_and_a_few_are_counted(tmp_path, fasta, caplog):
    few = given(tmp_path, paired=True, change=lambda number, read: [read] if number % 20 else [])
    lost = -(-2 * len(FRAGMENTS) // 20)
    with caplog.at_level(logging.WARNING):
        found, _ = passed_through(tmp_path, few, fasta)
    assert "no mate of the same name is there; they are dropped" in caplog.text
    assert found["mate missing"] == lost and found[KEPT] == 2 * (len(FRAGMENTS) - lost)

    def most(number, read):
        gone = int(read.query_name[1:]) % 9 and read.is_read2
        return [] if gone else [read]

    with pytest.raises(InputError, match="no mate of the same name is there; the file was cut, or filtered"):
        checked(given(tmp_path, paired=True, change=most), fasta)


def test_pairs_that_are_never_marked_proper(tmp_path, fasta):
    def change(number, read):
        read.flag &= ~2
        return [read]

    with pytest.raises(
        InputError, match=r"none of \d+ aligned reads with an aligned mate is marked as a proper pair"
    ):
        checked(given(tmp_path, paired=True, change=change), fasta)


def test_single_reads_and_pairs_in_one_file(tmp_path, fasta):
    def change(number, read):
        if int(read.query_name[1:]) > 200:
            read.flag &= 16
        return [read]

    with pytest.raises(InputError, match=r"holds \d+ single-end and \d+ paired reads; part them"):
        checked(given(tmp_path, paired=True, change=change), fasta)


def test_pairs_that_do_not_say_which_mate_is_first(tmp_path, fasta):
    def change(number, read):
        read.flag &= ~(64 + 128)
        return [read]

    with pytest.raises(InputError, match="not as the first or the second of their pair"):
        checked(given(tmp_path, paired=True, change=change), fasta)


@pytest.mark.parametrize("quality", [0, 29, 255])
def test_mapping_qualities_that_say_nothing(tmp_path, fasta, quality, caplog):
    def change(number, read):
        read.mapping_quality = quality
        return [read]

    path = given(tmp_path, paired=False, change=change)
    if quality == 255:
        with caplog.at_level(logging.WARNING):
            found, _ = passed_through(tmp_path, path, fasta)
        assert found[KEPT] == len(FRAGMENTS) and "mapping qualities are all 255" in caplog.text
    else:
        with pytest.raises(InputError, match=rf"is {quality}, and reads\.mapq is 30: none would be left"):
            checked(path, fasta)


def test_reads_that_are_not_aligned_are_sent_to_fastq(tmp_path, fasta):
    def change(number, read):
        read.flag, read.cigarstring, read.mapping_quality = 4, None, 0
        return [read]

    with pytest.raises(
        InputError, match="its reads are not aligned .all 241 have flag 4.: give them as FASTQ"
    ):
        checked(given(tmp_path, paired=False, change=change), fasta)
    with pysam.AlignmentFile(
        str(tmp_path / "u.bam"), "wb", header={"HD": {"VN": "1.6", "SO": "unsorted"}}
    ) as out:
        read = pysam.AlignedSegment(out.header)
        read.query_name, read.query_sequence, read.flag = "r", "ACGT", 4
        out.write(read)
    with pytest.raises(
        InputError, match="its reads are not aligned .its header names no contig.: give them as FASTQ"
    ):
        checked(tmp_path / "u.bam", fasta)
    with pysam.AlignmentFile(str(tmp_path / "none.bam"), "wb", reference_names=list(SIZES),
                             reference_lengths=list(SIZES.values())):  # fmt: skip
        pass
    with pytest.raises(InputError, match="holds no read"):
        checked(tmp_path / "none.bam", fasta)
    (tmp_path / "empty.cram").touch()
    with pytest.raises(InputError, match=r"empty\.cram: is empty"):
        checked(tmp_path / "empty.cram", fasta)


@pytest.mark.parametrize("paired", [False, True])
def test_cram_is_read_as_the_bam_it_was_made_of(tmp_path, fasta, paired):
    path = given(tmp_path, paired=paired)
    pysam.view("-C", "-T", str(fasta), "-o", str(tmp_path / "given.cram"), str(path), catch_stdout=False)
    (tmp_path / "a").mkdir(), (tmp_path / "b").mkdir()
    assert checked(tmp_path / "given.cram", fasta)[1].format == "CRAM"
    assert passed_through(tmp_path / "a", tmp_path / "given.cram", fasta) == passed_through(
        tmp_path / "b", path, fasta
    )


def test_cram_of_another_sequence_is_refused_before_any_work(tmp_path, fasta, monkeypatch):
    monkeypatch.setenv("REF_PATH", ".")
    other = tmp_path / "other.fa"
    other.write_text(fasta.read_text().translate(str.maketrans("AC", "CA")))
    path = given(tmp_path, paired=False)
    pysam.view("-C", "-T", str(other), "-o", str(tmp_path / "given.cram"), str(path), catch_stdout=False)
    with pytest.raises(InputError, match="is CRAM that was not made with the sequence of genome.fasta"):
        checked(tmp_path / "given.cram", fasta)
    whole = (tmp_path / "given.cram").read_bytes()
    (tmp_path / "cut.cram").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"cut\.cram: is not a whole BAM or CRAM file"):
        checked(tmp_path / "cut.cram", fasta)


def without_cigar(path, names, out):
    """The reads of a BAM file, those of these (name, reverse) flagged as aligned as before but without a CIGAR."""
    with (
        pysam.AlignmentFile(str(path)) as handle,
        pysam.AlignmentFile(str(out), "wb", template=handle) as made,
    ):
        for read in handle:
            if (read.query_name, read.is_reverse) in names:
                read.cigartuples = None
            made.write(read)
    return out


@pytest.mark.parametrize("paired", [False, True])
def test_aligned_reads_without_a_cigar_are_not_aligned_as_in_samtools(tmp_path, fasta, paired, caplog):
    """BAM may hold such reads, and pysam and samtools write them; nothing says where they end. Forward and reverse
    ones."""
    whole_file = given(tmp_path, paired=paired)
    names = {("r4", False), ("r7", True), ("r8", False)}
    path = without_cigar(whole_file, names, tmp_path / "spoilt.bam")
    with caplog.at_level(logging.WARNING):
        found, kept = passed_through(tmp_path, path, fasta)
    reads = len(FRAGMENTS) * (2 if paired else 1)
    lost = {"not aligned": 3, **({"mate not aligned": 3} if paired else {})}
    assert found == {GIVEN: reads, KEPT: reads - sum(lost.values()), **lost}
    assert not {"r4", "r7", "r8"} & {name for name, *_ in kept}
    assert "marked.bam: 3 reads are flagged as aligned and have no CIGAR, such as 'r" in caplog.text
    text = pysam.view("-h", str(path))
    (tmp_path / "text.sam").write_text(text)
    assert int(pysam.view("-c", "-f", "4", str(tmp_path / "text.sam"))) == 3
    # What comes behind the filter, and what looks at the reads before it.
    assert write_cut_sites(tmp_path / "kept.bam", tmp_path / "cuts.bed.gz", tn5=True) == found[KEPT]
    fragments = measure_complexity(tmp_path / "marked.bam", mapq=30, mitochondrion=None).fragments
    assert fragments == len(FRAGMENTS) - 3
    refused = r"spoilt\.bam: read 'r[478]' is not aligned, or is flagged so and has no CIGAR"
    with pytest.raises(InputError, match=refused):
        write_cut_sites(path, tmp_path / "cuts.bed.gz", tn5=True)
    with pytest.raises(InputError, match=refused):
        read_ends(path, both_mates=True)


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
