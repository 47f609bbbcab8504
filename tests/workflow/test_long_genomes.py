"""Genomes that are large as a whole, or whose chromosomes are: the sizes made small by what stands for them."""

import random

import pysam
import pytest
import yaml

from checkouts import copy_checkout, run_snakemake
from edited_trees import edited
from sequence_files import write_fasta

SIZES = {"chr1": 30_000, "chr2": 20_000, "chr3": 20_000, "scaffold": 40_000}
CONFIG = {
    "samples": "sheet.tsv",
    "genome": {"fasta": "genome.fa", "assembly": "toy1", "chromosomes": ["chr1", "chr2", "chr3"]},
    "splits": {"validation": [{"chrom": "chr2"}], "test": [{"chrom": "chr3"}]},
    "dataset": {"window": 301},
    "training": {"max_steps": 4, "validate_every": 2, "network": {"channels": [4, 4, 4], "hidden": 4}},
    "groupings": {"all": {"method": "all"}},
    "strategies": {"SMTL": {"grouping": "all"}},
}
COLUMNS = [
    "profile_id",
    "modality",
    "assay",
    "target",
    "cell_type",
    "cell_group",
    "fastq_1",
    "peaks",
    "assembly",
]
READS = ["read", "CA", "ATAC", "", "neuron", "brain", "r.fastq", "", "toy1"]
PEAKS = [
    ["one", "CA", "ATAC", "", "neuron", "brain", "", "one.bed", "toy1"],
    ["two", "HM", "ChIP", "H3K4me3", "glia", "brain", "", "two.bed", "toy1"],
]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A checkout with a genome, reads that say in their names where they are from, and peaks."""
    folder, rng = copy_checkout(tmp_path_factory.mktemp("long")), random.Random(1)
    text = {name: "".join(rng.choices("ACGT", k=size)) for name, size in SIZES.items()}
    write_fasta(folder / "genome.fa", text)
    places = [(name, at) for name, size in SIZES.items() for at in range(100, size - 100, 400)]
    reads = (f"@{name}:{at}\n{text[name][at : at + 60]}\n+\n{'F' * 60}\n" for name, at in places)
    (folder / "r.fastq").write_text("".join(reads))
    rows = [f"{name}\t{at}\t{at + 300}\n" for name, at in places[::5] if name != "scaffold"]
    (folder / "one.bed").write_text("".join(rows))
    (folder / "two.bed").write_text("".join(rows[1:]))
    return folder


def run(folder, results, rows, *targets):
    (folder / "config.yaml").write_text(yaml.safe_dump(CONFIG | {"results": results}))
    (folder / "sheet.tsv").write_text("".join("\t".join(row) + "\n" for row in [COLUMNS, *rows]))
    paths = [f"{results}/{target}" for target in targets]
    done = run_snakemake(folder, "-c1", *paths, "--configfile", "config.yaml", check=False)
    return done.returncode, done.stdout + done.stderr


def test_a_large_index_is_used(checkout):
    """bowtie2-build makes files .bt2l by itself above 4 billion bases; here it is told to."""
    results, bam = checkout / "results/large", "alignments/read.rep1.bam"
    rule = "bowtie2-build --threads"
    with edited(checkout / "workflow/rules/reads.smk", (rule, f"{rule} 1 --large-index --threads")):
        code, said = run(checkout, "results/large", [READS, *PEAKS], bam)
    assert code == 0, said
    kinds = sorted(path.suffix for path in (results / "genome/index").glob("genome.*"))
    assert kinds == [".bt2l"] * 6 + [".cksum"]
    assert not list(results.rglob("*partial*"))
    with pysam.AlignmentFile(str(results / bam)) as reads:
        found = [(read.query_name, f"{read.reference_name}:{read.reference_start}") for read in reads]
    assert len(found) == 175 and all(name == place for name, place in found)


def test_a_chromosome_too_long_to_index_is_refused_before_any_read_is_aligned(checkout):
    """Without reads the genome is made, and peaks are refused where they lie too far."""
    limits = checkout / "workflow/scripts/epigroup/genome/index_limits.py"
    with edited(limits, ("1 << 29", "25_000")):
        code, said = run(checkout, "results/long", [READS, *PEAKS], "alignments/read.rep1.bam")
        assert code != 0 and "Traceback" not in said
        words = (
            "genome.fa: longer than the 25,000 bp that an index of alignments (.bai) holds of a contig: chr1"
        )
        assert f"{words} (30,000 bp); give a FASTA" in said, said
        assert "or leave them out of genome.chromosomes" in said, said
        assert not list((checkout / "results/long").glob("genome/*"))
        code, said = run(checkout, "results/peaks", PEAKS, "peaks/standard/one.narrowPeak.gz")
        assert code != 0 and (checkout / "results/peaks/genome/genome.h5").exists()
        assert "one.bed: a peak of contig chr1 ends at 28,400, but a tabix index holds 25,000 bp" in said, (
            said
        )
