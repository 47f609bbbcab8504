"""Contigs of all files of a run, held against the FASTA's before any job."""

import gzip
import os

import numpy as np
import pyBigWig
import pysam
import pytest

from epigroup.config.contig_faults import (
    HEADER_OF_BAM,
    HEADER_OF_BIGWIG,
    ROWS,
    ContigFile,
    contig_faults,
    fasta_contigs,
)
from epigroup.core.errors import InputError
from epigroup.genome.contigs import spellings

HUMAN = {f"chr{n}": 1000 + i for i, n in enumerate([*range(1, 23), "X", "Y"])}
YEAST = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII", "XIV", "XV", "XVI"]


def faults(files, contigs=HUMAN, **more):
    asked = {
        "assembly": "toy1",
        "chromosomes": list(contigs)[:2],
        "mitochondrion": None,
        "contig_names": "as_given",
    }
    return contig_faults("g.fa", contigs, files=files, **(asked | more))


@pytest.fixture
def at(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("packed", [False, True])
def test_names_of_a_fasta_come_from_its_headers_and_are_kept(at, packed):
    text = b">chr1 first\nACGT\n>chr2\nAC\n\n>X extra >not_one\nGG"
    (at / "g.fa").write_bytes(gzip.compress(text) if packed else text)
    assert fasta_contigs("g.fa", "no.tsv", "kept.json") == {"chr1": None, "chr2": None, "X": None}
    kept = (at / "kept.json").stat().st_mtime_ns
    assert list(fasta_contigs("g.fa", "no.tsv", "kept.json")) == ["chr1", "chr2", "X"]
    assert (at / "kept.json").stat().st_mtime_ns == kept  # the FASTA was not read again
    (at / "g.fa").write_bytes(b">1\nACGT\n")
    assert list(fasta_contigs("g.fa", "no.tsv", "kept.json")) == ["1"]


def test_a_header_on_the_edge_of_two_blocks_is_seen(at, monkeypatch):
    monkeypatch.setattr("epigroup.config.contig_faults._BLOCK", 16)
    text = b"".join(b">c%d\n%s\n" % (n, b"ACGT\n" * n) for n in range(30))
    (at / "g.fa").write_bytes(gzip.compress(text))
    assert list(fasta_contigs("g.fa", "no.tsv", "kept.json")) == [f"c{n}" for n in range(30)]


def test_an_index_beside_the_fasta_tells_lengths_unless_it_is_older(at):
    (at / "g.fa").write_text(">chr1\nACGT\n")
    pysam.faidx("g.fa")
    assert fasta_contigs("g.fa", "no.tsv", "kept.json") == {"chr1": 4}
    os.utime("g.fa.fai", (1, 1))
    assert fasta_contigs("g.fa", "no.tsv", "kept.json") == {"chr1": None}
    (at / "built.tsv").write_text("contig\tsize\trole\nchr1\t4\tchromosome\nchr9\t7\tunused\n")
    assert fasta_contigs("g.fa", "built.tsv", "kept.json") == {"chr1": 4, "chr9": 7}
    (at / "g.fa.fai").write_text("chr1 4\n")
    os.utime("built.tsv", (1, 1))
    with pytest.raises(InputError, match=r"g.fa.fai, line 1: 'chr1 4' is no row of a FASTA index"):
        fasta_contigs("g.fa", "built.tsv", "kept.json")


def test_names_of_the_config_that_the_fasta_has_not():
    said = faults([], {"X": None, "1": None}, chromosomes=["chrX"], mitochondrion="chrM")
    assert said == [
        "genome.chromosomes: chrX is not in genome.fasta, g.fa; chrX may be called X there",
        "genome.mitochondrion: chrM is not in genome.fasta, g.fa; the names there are X, 1",
    ]
    assert faults([], {}, chromosomes=["chr1"]) == []  # no FASTA: others say what it is


def test_another_assembly_is_named_where_lengths_are_known():
    (said,) = faults([], {"chr19": 61_431_566}, assembly="mm9", chromosomes=["chr19"])
    assert "61,431,566 bp is a chromosome of mm10" in said
    assert faults([], {"chr19": None}, assembly="mm9", chromosomes=["chr19"]) == []


@pytest.mark.parametrize(
    "text",
    [
        "1\t5\t9\n",
        "1 5 9\n",
        "# a comment\ntrack name=x\nchr1\t5\t9\n1\t5\t9\tname\n",
        "1\thavana\tgene\t5\t9\t.\t+\t.\tgene_id x\n",
        "1\t5\t9",
    ],
)
def test_rows_in_another_spelling(at, text):
    (at / "a.bed").write_text(text)
    one = ContigFile("genome.blacklist", "a.bed", ROWS, respelt=True)
    line = text[: ("\n" + text).index("\n1")].count("\n") + 1
    told = f"a.bed, line {line}: contig '1' is called chr1 in the genome's FASTA: rename it"
    assert faults([one]) == [f"genome.blacklist: {told}, or set peaks.contig_names to spelling"]
    assert faults([one], contig_names="spelling") == []
    regions = ContigFile("predict.regions", "a.bed", ROWS)
    assert faults([regions], contig_names="spelling") == [f"predict.regions: {told}"]


@pytest.mark.parametrize(
    "text", ["1\n2\n5\n", "chrUn_1\t5\t9\n", "chrM\t5\t9\nchr1\t1\t2\n", "1\tx\ty\n", "", "\0\1\t"]
)
def test_what_is_not_sure_is_left_to_the_jobs(at, text):
    (at / "a.bed").write_text(text)
    assert faults([ContigFile("peaks", "a.bed", ROWS)]) == []


def test_files_with_one_fault_are_one_line(at):
    files = []
    for n in range(7):
        (at / f"{n}.bed").write_text("chr1\t5\t9\n" * n + ("2\t5\t9\n" if n else "chr2\t5\t9\n"))
        files.append(ContigFile("peaks", f"{n}.bed", ROWS, who=f"p{n}", respelt=True))
    (said,) = faults(files)
    assert said.startswith("peaks of p1 and 5 more: 1.bed, line 2: contig '2' is called chr2 in")


def test_headers_of_alignments_and_signals(at):
    header = {"HD": {"VN": "1.6"}, "SQ": [{"SN": "1", "LN": 1000}, {"SN": "2", "LN": 1001}]}
    with pysam.AlignmentFile("a.bam", "wb", header=header):
        pass
    with pyBigWig.open("s.bw", "w") as signal:
        signal.addHeader([("chr1", 1000), ("chr2", 999)])
        signal.addEntries(["chr1"], [1], ends=[2], values=[1.0])
    alignments = ContigFile("alignments", "a.bam", HEADER_OF_BAM, who="p")
    signal = ContigFile("signal", "s.bw", HEADER_OF_BIGWIG, who="q")
    first, second = faults([alignments, signal])
    assert first.startswith("alignments of p: a.bam: its header has no chr1; chr1 may be called 1 there.")
    assert second == (
        "signal of q: s.bw: its chr2 is 999 bp long, the FASTA's 1,001; it is of another assembly"
    )
    assert faults([signal], dict.fromkeys(HUMAN)) == []  # lengths are not known yet


def test_a_file_that_cannot_be_read_is_left_to_the_jobs_which_name_all_such(at):
    (at / "a.bam").write_bytes(b"")
    (at / "b.bed").write_bytes(gzip.compress(b"1\t1\t2\n" * 99)[:-30])
    (at / "s.bw").write_bytes(b"no bigWig")
    files = [ContigFile("x", name, kind) for name, kind in
             (("a.bam", HEADER_OF_BAM), ("b.bed", ROWS), ("s.bw", HEADER_OF_BIGWIG))]  # fmt: skip
    assert faults(files) == []


def test_ten_is_no_x_where_numbers_are_not_roman():
    """A FASTA of some human chromosomes, and peaks of all."""
    assert "chr10" not in spellings(["chrX"]) and "10" not in spellings(["chrX", "chr1"])
    assert "chrX" not in spellings(["chr10"]) and "X" not in spellings([f"chr{n}" for n in range(1, 23)])
    assert spellings(["chrX"])["X"] == "chrX"
    assert spellings(["chr10"])["10"] == "chr10"
    roman, numbers = spellings([f"chr{n}" for n in YEAST]), spellings([str(n) for n in range(1, 17)])
    assert (roman["10"], roman["chr4"], roman["X"]) == ("chrX", "chrIV", "chrX")
    assert (numbers["chrX"], numbers["IV"], numbers["chr10"]) == ("10", "4", "10")


def test_the_names_are_found_quickly_in_a_long_line(at):
    text = b">chr1\n" + b"A" * 5_000_000 + b"\n>chr2\n" + np.random.default_rng(1).bytes(10).hex().encode()
    (at / "g.fa").write_bytes(text)
    assert list(fasta_contigs("g.fa", "no.tsv", "kept.json")) == ["chr1", "chr2"]
