"""Which files a profile's peaks and quality are made of, and what their jobs are told."""

from pathlib import Path

import pytest

from epigroup.run.data import peaks, reads
from everything_config import run_of

# A control; two replicates of single-end ChIP-seq; paired DNase-seq; broad marks with the control; given peaks.
SHEET = """
profile_id modality assay target cell_type cell_group replicate fastq_1 fastq_2 bam peaks control peak_mode assembly
INPUT - input - K562 blood 1 i.fq.gz - - - - - mini1
CTCF TFB ChIP CTCF K562 blood 1 c1.fq.gz - - - INPUT narrow mini1
CTCF TFB ChIP CTCF K562 blood 2 c2.fq.gz - - - INPUT narrow mini1
DNASE CA DNase - K562 blood 1 - - d.bam - - narrow mini1
BROAD HM ChIP H3K27me3 K562 blood 1 b.fq.gz - - - INPUT broad mini1
GIVEN TFB ChIP REST K562 blood 1 - - - g.bed - narrow mini1
"""


@pytest.fixture
def profiles(config):
    """The config with that sheet, in a folder in which its files lie."""
    rows = [["" if word == "-" else word for word in row.split()] for row in SHEET.strip().splitlines()]
    Path("sheet.tsv").write_text("".join("\t".join(row) + "\n" for row in rows))
    for name in ["i.fq.gz", "c1.fq.gz", "c2.fq.gz", "d.bam", "b.fq.gz", "g.bed", "genes.gtf", "genome.fa"]:
        Path(name).touch()
    for section in ("simulation", "sweep", "affinities"):
        del config[section]
    config["genome"] |= {"fasta": "genome.fa", "gtf": "genes.gtf"}
    return config | {
        "samples": "sheet.tsv",
        "groupings": {"all": {"method": "all"}},
        "strategies": {"SMTL": {"grouping": "all"}},
    }


def test_peaks_that_replicates_must_support_are_those_of_several_replicates(profiles):
    pooled = run_of(profiles)
    assert peaks.supported(pooled) == []
    assert peaks.peaks_of(pooled, "CTCF") == "results/peaks/called/CTCF_peaks.narrowPeak.gz"
    for how in ("overlap", "idr"):
        run = run_of(profiles, peaks={"replicates": how})
        assert peaks.supported(run) == ["CTCF"]
        assert peaks.peaks_of(run, "CTCF") == "results/peaks/supported/CTCF_peaks.narrowPeak.gz"
        assert peaks.peaks_of(run, "BROAD") == "results/peaks/called/BROAD_peaks.narrowPeak.gz"
        assert peaks.peaks_of(run, "GIVEN") == "g.bed"


def test_idr_is_asked_for_narrow_peaks_alone(profiles):
    run = run_of(profiles, peaks={"replicates": "idr"})
    assert peaks.idr_program(run, "CTCF") == {"idr": "results/checks/idr.txt"}
    assert peaks.idr_program(run, "BROAD") == peaks.idr_program(run_of(profiles), "CTCF") == {}


def test_a_control_comes_with_its_index_where_a_row_names_it(profiles):
    run = run_of(profiles)
    control = {"control": "results/alignments/INPUT.bam", "control_index": "results/alignments/INPUT.bam.bai"}
    assert peaks.control(run, "CTCF") == control and peaks.control(run, "DNASE") == {}
    strands = {"strands": "results/quality/strands/CTCF.json"}
    assert peaks.background(run, "CTCF") == control | strands, "single reads are drawn out to the fragment"
    assert peaks.background(run, "DNASE") == {}, "cuts of accessibility are not"


def test_quality_reads_what_a_profile_has(profiles):
    run = run_of(profiles, peaks={"replicates": "overlap"})
    ctcf, dnase, control = (peaks.quality_inputs(run, name) for name in ("CTCF", "DNASE", "INPUT"))
    assert ctcf["facts"] == [f"results/quality/fastq/CTCF.rep{i}.json" for i in (1, 2)]
    assert ctcf["ratios"] == "results/quality/replicates/CTCF.json" and "gtf" not in ctcf
    assert dnase == {"facts": [], "gtf": "genes.gtf", "peaks": peaks.peaks_of(run, "DNASE")}
    assert control == {"facts": ["results/quality/fastq/INPUT.rep1.json"]}


def test_how_the_annotation_spells_contigs_matters_to_accessibility_alone(profiles):
    run = run_of(profiles, peaks={"contig_names": "spelling"})
    assert peaks.quality_settings(run, "DNASE")["contig_names"] == "spelling"
    assert "contig_names" not in peaks.quality_settings(run, "CTCF")
    assert peaks.quality_settings(run, "CTCF")["replicates"] == [1, 2]


def test_a_call_is_told_the_profile_and_the_settings_of_peaks(profiles):
    run = run_of(profiles, peaks={"replicates": "overlap", "lax_pvalue": 0.02})
    call = peaks.calling_settings(run, "BROAD")
    assert (call["profile_id"], call["assay"], call["peak_mode"], call["options"]) == (
        "BROAD",
        "ChIP",
        "broad",
        "",
    )
    lax = peaks.comparing_settings(run, "CTCF")
    assert lax == peaks.calling_settings(run, "CTCF") | {"lax_pvalue": 0.02, "by": "overlap"}


def test_pileups_are_made_of_reads(profiles):
    run = run_of(profiles)
    made = peaks.all_pileups(run)
    assert len(made) == 6 and not any("GIVEN" in path or "INPUT" in path for path in made)


def test_what_a_profile_has_not_is_named(profiles):
    run = run_of(profiles)
    assert reads.given_alignments(run, "DNASE", "1") == "d.bam"
    with pytest.raises(ValueError, match="the sheet gives no alignments of CTCF"):
        reads.given_alignments(run, "CTCF", "1")
