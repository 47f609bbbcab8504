"""Profiles left out by grade: settled when a run starts, on a cluster too, where each job reads the grades anew."""

import pytest
import yaml

from alignment_files import write_bam
from checkouts import copy_checkout, run_snakemake
from sequence_files import write_fasta
from shell_rules import rules

SIZES = {"chr1": 40_000, "chr2": 40_000, "chr3": 40_000}
COLUMNS = (
    "profile_id",
    "modality",
    "assay",
    "target",
    "cell_type",
    "cell_group",
    "bam",
    "control",
    "assembly",
)
ROWS = [
    ("ctcf", "TFB", "ChIP", "CTCF", "K562", "Cancer", "ctcf.bam", "input", "toy"),
    ("max", "TFB", "ChIP", "MAX", "K562", "Cancer", "max.bam", "input", "toy"),
    ("input", "", "input", "", "", "", "input.bam", "", "toy"),
]
CONFIG = {
    "samples": "samples.tsv",
    "genome": {"fasta": "genome.fa", "assembly": "toy", "chromosomes": list(SIZES)},
    "qc": {"min_grade": "warn"},
    "dataset": {"window": 301},
    "splits": {"validation": [{"chrom": "chr2"}], "test": [{"chrom": "chr3"}]},
    "groupings": {"all": {"method": "all"}},
    "strategies": {"SMTL": {"grouping": "all"}},
}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    folder = copy_checkout(tmp_path_factory.mktemp("grades") / "run")
    write_fasta(folder / "genome.fa", {name: "ACGT" * (size // 4) for name, size in SIZES.items()})
    (folder / "samples.tsv").write_text("".join("\t".join(row) + "\n" for row in (COLUMNS, *ROWS)))
    (folder / "config.yaml").write_text(yaml.safe_dump(CONFIG))
    for name in ("ctcf", "max", "input"):
        fragments = [(0, at, at + 200) for at in range(0, 30_000, 97)]
        write_bam(folder / f"{name}.bam", fragments, paired=False, sizes=SIZES)
    return folder


def test_what_is_learnt_waits_for_the_check_beside_the_scheduler(checkout):
    """A job of a cluster reads the table of grades of this very run, the scheduler that of the run before."""
    assert "localrule: True" in next(rule.text for rule in rules() if rule.name == "check_grades")
    run = run_snakemake(checkout, "-n", "-p", "--configfile", "config.yaml", "--", "dataset", "tracks")
    blocks = [block.split() for block in run.stdout.split("\n\n")]
    waiting = {
        block[block.index("rule") + 1].rstrip(":")
        for block in blocks
        if "rule" in block and any(word.rstrip(",").endswith("checks/left_out.tsv") for word in block)
    }
    # All others that read labels or standard peaks come after these two; what comes before takes every profile.
    assert waiting == {"check_grades", "standardise_peaks", "index_peaks"}
