"""Which contigs of real assemblies a first run uses, and how their chromosomes are split."""

import numpy as np
import pytest

from epigroup.begin.chromosomes import as_ranges, choose_chromosomes, fasta_lengths
from epigroup.begin.peak_counts import TILES, PeakCounts
from epigroup.begin.splits import choose_splits
from epigroup.config.schema import fill_schema
from epigroup.core.errors import InputError
from epigroup.genome.assemblies import known_lengths
from minimal_config import with_change

UNPLACED = {"chrUn_KI270302v1": 2_274, "chr1_KI270706v1_random": 175_055, "chr19_GL949746v1_alt": 987_716}


def lengths_of(assembly: str) -> dict[str, int]:
    return dict(known_lengths(assembly)[1])


def test_human_without_what_no_first_run_wants():
    chosen = choose_chromosomes(lengths_of("hg38") | UNPLACED | {"chrM": 16_569})
    assert list(chosen.sizes) == [*(f"chr{i}" for i in range(1, 23)), "chrX"]
    assert chosen.mitochondrion == "chrM"
    assert set(chosen.left_out["unplaced or alternative"]) == set(UNPLACED)
    assert chosen.left_out["Y, which not all cells have"] == ["chrY"]
    assert as_ranges(list(chosen.sizes)) == ["chr1..chr22", "chrX"]


@pytest.mark.parametrize(
    ("names", "out"),
    [
        (["I", "II", "III", "IV", "X", "MtDNA", "Mito"], {"Mito"}),
        (
            ["2L", "2R", "3L", "3R", "4", "X", "Y", "Un", "2LHet", "mitochondrion"],
            {"Un", "2LHet", "mitochondrion", "Y"},
        ),
        (["1", "2", "3", "4", "5", "Mt", "Pt"], {"Mt", "Pt"}),
        (["Chr1", "Chr2", "ChrC", "ChrM"], {"ChrC", "ChrM"}),
        (["scaffold_1", "scaffold_2", "scaffold_3"], set()),
        (["chrM"], set()),
    ],
)
def test_names_of_other_genomes(names, out):
    chosen = choose_chromosomes(dict.fromkeys(names, 1000000))
    assert set(names) - set(chosen.sizes) == out


def test_tiny_contigs_are_told_by_the_longest():
    chosen = choose_chromosomes({"chr1": 10_000_000, "chr2": 60_000, "odd": 40_000})
    assert list(chosen.sizes) == ["chr1", "chr2"] and chosen.left_out["tiny"] == ["odd"]


def test_ranges_stand_for_the_same_names_in_the_config():
    names = ["chr1", "chr2", "chr3", "chr5", "chr6", "chr08", "chr09", "X"]
    written = as_ranges(names)
    assert written == ["chr1..chr3", "chr5", "chr6", "chr08", "chr09", "X"]
    assert fill_schema(with_change(["genome", "chromosomes"], written), "c")["genome"]["chromosomes"] == names


def test_lengths_by_index_and_by_sequence_are_the_same(tmp_path):
    fasta = tmp_path / "g.fa"
    fasta.write_text(">a one\nACGT\nAC\n>b\nNNNNNNNNNN\n")
    assert fasta_lengths(fasta) == {"a": 6, "b": 10}
    (tmp_path / "g.fa.fai").write_text("a\t6\t7\t4\t5\nb\t10\t18\t10\t11\n")
    assert fasta_lengths(fasta) == {"a": 6, "b": 10}
    (tmp_path / "g.fa.fai").write_text("a\tsix\n")
    with pytest.raises(InputError, match="no row of a FASTA index"):
        fasta_lengths(fasta)
    (tmp_path / "g.fa.fai").write_text("")
    with pytest.raises(
        InputError, match=r"g\.fa\.fai: is empty; delete the file, or .*: samtools faidx .*g\.fa$"
    ):
        fasta_lengths(fasta)


@pytest.mark.parametrize("assembly", ["hg38", "mm10", "sacCer3", "dm6"])
def test_a_tenth_of_the_bases_is_held_out_twice(assembly):
    sizes = choose_chromosomes(lengths_of(assembly)).sizes
    nothing = PeakCounts([], np.zeros((0, len(sizes), TILES), np.int64), [], False)
    splits = choose_splits(sizes, nothing)
    assert not {span["chrom"] for span in splits.test} & {span["chrom"] for span in splits.validation}
    if assembly == "dm6":  # five arms of a fifth each
        assert splits.shares["train"] > 0.55
    else:
        assert splits.shares["train"] >= 0.7
        assert min(splits.shares["validation"], splits.shares["test"]) >= 0.07
    assert {"chrX"}.isdisjoint(
        {span["chrom"] for span in [*splits.test, *splits.validation]}
    ) or "chrIX" in sizes


def test_a_draft_of_many_scaffolds_is_split_too():
    sizes = {f"s{i}": 100_000 + i for i in range(300)}
    splits = choose_splits(sizes, PeakCounts([], np.zeros((0, 300, TILES), np.int64), [], False))
    assert len(splits.test) == len(splits.validation) == 30


def test_three_chromosomes_are_split_by_spans_lest_a_third_alone_trains():
    sizes = dict.fromkeys(("a", "b", "c"), 1_000_000)
    splits = choose_splits(sizes, PeakCounts([], np.zeros((0, 3, TILES), np.int64), [], False))
    assert splits.shares["train"] == 0.8 and [span["chrom"] for span in splits.test] == ["a", "b", "c"]
    five = dict.fromkeys(("a", "b", "c", "d", "e"), 1_000_000)
    splits = choose_splits(five, PeakCounts([], np.zeros((0, 5, TILES), np.int64), [], False))
    assert len(splits.test) == len(splits.validation) == 1 and set(splits.test[0]) == {"chrom"}
