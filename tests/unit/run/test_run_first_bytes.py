"""What the first bytes of a run's files tell, before any job: contigs and layouts, all faults in one answer."""

from pathlib import Path

import pytest

from alignment_files import write_bam
from epigroup.core.errors import InputError
from epigroup.run.checks import check_files, faults_of_contigs, layout_of
from everything_config import run_of

SIZES = {f"chr{i}": 9_000 for i in (1, 2, 3, 4)}
ALIGNMENTS = "results/simulation/alignments/SKNSH_REST.bam"


@pytest.fixture
def made(config):
    """As if the simulation had made the FASTA and the alignments of SKNSH_REST."""
    Path(ALIGNMENTS).parent.mkdir(parents=True)
    Path("results/simulation/genome.fa").write_text(
        "".join(f">{name}\n{'A' * n}\n" for name, n in SIZES.items())
    )
    write_bam(ALIGNMENTS, [(0, 100, 300), (1, 500, 700)], paired=False, sizes=SIZES)
    return run_of(config)


def test_files_that_fit_together_have_no_faults(made):
    check_files(made, "config.yaml", "kept.json")
    assert layout_of(ALIGNMENTS) == "single-end" and layout_of("not/yet/there.bam") is None


def test_without_the_fasta_nothing_can_be_said(run):
    assert faults_of_contigs(run, "kept.json") == []


def test_what_is_no_alignment_file_has_no_layout(made):
    Path(ALIGNMENTS).write_text("no BAM file")
    assert layout_of(ALIGNMENTS) is None


def test_all_faults_come_in_one_answer(made, config):
    Path("black.bed").write_text("1\t0\t100\n")
    write_bam(ALIGNMENTS, [(0, 100, 300)], paired=False, sizes={"chr1": 8_000, "chr2": 9_000})
    run = run_of(config, genome={"blacklist": "black.bed"})
    with pytest.raises(InputError) as told:
        check_files(run, "config.yaml", "kept.json")
    head, *faults = str(told.value).splitlines()
    assert head.startswith("config.yaml: ") and "faults in the files that it names" in head
    assert any("black.bed" in line for line in faults) and any("SKNSH_REST" in line for line in faults)


def test_one_fault_stands_behind_the_name_of_the_config(made, config):
    Path("black.bed").write_text("1\t0\t100\n")
    with pytest.raises(InputError, match=r"^config\.yaml: genome\.blacklist"):
        check_files(run_of(config, genome={"blacklist": "black.bed"}), "config.yaml", "kept.json")
