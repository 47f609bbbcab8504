"""Transcription starts of BED, GTF and GFF files, and distances to them against a naive search."""

import subprocess

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epigroup.core.errors import InputError
from epigroup.genome.transcripts import distances, read_starts


@pytest.mark.parametrize(
    ("name", "text", "starts"),
    [
        ("a.bed", "chr1\t10\t20\nchr1\t30\t40\tn\t0\t-\n", [[10, 1], [39, 0]]),
        ("a.gtf", "chr1\tx\tgene\t11\t20\t.\t-\t.\tid\n", [[19, 0]]),
        ("q.gff", "chr1\tx\tmRNA\t1\t9\t.\t?\t.\ti\nchr1\tx\tmRNA\t11\t20\t.\t-\t.\ti\n", [[19, 0]]),
        ("f.gff", "chr1\tx\tmRNA\t11\t20\t.\t+\t.\ti\n##FASTA\n>chr1\nACGT\n", [[10, 1]]),
        ("b.gtf", "chr1\tx\tgene\t11\t20\t.\t-\t.\ti\nchr1\tx\ttranscript\t5\t9\t.\t+\t.\ti\n", [[4, 1]]),
    ],
)
def test_transcription_starts_are_the_first_base_of_the_strand(tmp_path, name, text, starts):
    (tmp_path / name).write_text(text)
    assert read_starts(tmp_path / name, {"chr1": 100})["chr1"].tolist() == starts
    respelt = read_starts(tmp_path / name, {"1": 100, "2": 100}, contig_names="spelling")
    assert respelt["1"].tolist() == starts


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1\tx\tgene\t11\t20\t.\t-\t.\tid\n", "line 1: contig '1' is called chr1 in the genome's FASTA"),
        ("chr1\tx\tgene\televen\t20\t.\t-\t.\tid\n", "line 1: eleven and 20"),
        ("chr1\tx\tgene\n", "line 1: 3 columns where 8"),
        ("chr1\tx\tgene\t1\t20\t.\t*\t.\tid\n", "line 1: a gene of strand '\\*', not"),
        ("", "no transcript and no mRNA and no gene"),
    ],
)
def test_a_wrong_file_of_genes_is_named(tmp_path, text, message):
    (tmp_path / "x.gtf").write_text(text)
    with pytest.raises(InputError, match=message):
        read_starts(tmp_path / "x.gtf", {"chr1": 100})


@given(st.lists(st.integers(0, 500), max_size=8), st.lists(st.integers(0, 500), min_size=1, max_size=20))
@settings(deadline=None)
def test_distances_are_those_of_a_naive_search(starts, places):
    given_ = {"chr1": np.unique(np.array(starts, np.int64))} if starts else {}
    found = distances(np.zeros(len(places), int), np.array(places), ["chr1"], given_)
    assert found.tolist() == [min((abs(p - s) for s in starts), default=np.inf) for p in places]


@pytest.mark.needs("bedtools")
def test_distances_are_those_of_bedtools(tmp_path):
    """`closest -d` counts 1 for bases that lie side by side, as the difference of their places does."""
    rng = np.random.default_rng(3)
    starts = {f"chr{i}": np.unique(rng.integers(0, 9000, 40)) for i in (1, 2)}
    chrom, centre = np.sort(rng.integers(0, 2, 600)), rng.integers(0, 9000, 600)
    centre = centre[np.lexsort((centre, chrom))]
    bases = [f"chr{i + 1}\t{at}\t{at + 1}\n" for i, at in zip(chrom, centre, strict=True)]
    (tmp_path / "a.bed").write_text("".join(bases))
    found = "".join(f"{name}\t{at}\t{at + 1}\n" for name, all_of in starts.items() for at in all_of)
    (tmp_path / "b.bed").write_text(found)
    command = ["bedtools", "closest", "-d", "-t", "first", "-a", tmp_path / "a.bed", "-b", tmp_path / "b.bed"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    theirs = [int(line.split("\t")[-1]) for line in text.splitlines()]
    assert distances(chrom, centre, ["chr1", "chr2"], starts).tolist() == theirs
    assert 0 in theirs and max(theirs) > 100
