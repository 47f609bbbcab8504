"""Given BAM and CRAM files by what their alignments are: read as what they hold, or refused before any work."""

import logging

import pysam
import pytest

from epigroup.core.errors import InputError
from epigroup.quality.complexity import measure_complexity
from epigroup.quality.cross_correlation import read_ends
from epigroup.reads.accounts import GIVEN, KEPT
from epigroup.reads.alignments import write_cut_sites
from given_reads import FRAGMENTS, SIZES, checked, given, passed_through

pytestmark = pytest.mark.needs("samtools")


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
