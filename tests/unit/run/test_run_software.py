"""Which archives and programs a run asks: what the report says of them follows."""

from pathlib import Path

import pytest

from epigroup.run.report import software
from everything_config import run_of

COLUMNS = (
    "profile_id modality assay target cell_type cell_group replicate "
    "fastq_1 bam peaks accession format layout control"
)
PEAKS = "GIVEN TFB ChIP REST K562 blood 1 - - g.bed - - - -"
ALIGNED = "DNASE CA DNase - K562 blood 1 - d.bam - - - - -"
READS = "CTCF TFB ChIP CTCF K562 blood {0} c{0}.fq.gz - - - - - -"
OF_RUN = "ATAC CA ATAC - K562 blood 1 - - - SRR10169160 - paired -"
OF_ENCODE = "MAX TFB ChIP MAX K562 blood 1 - - - ENCFF000AAC peaks - -"
CONTROLLED = "MYC TFB ChIP MYC K562 blood 1 - m.bam - - - - INPUT"
CONTROL = "INPUT - input - K562 blood 1 i.fq.gz - - - - - -"


@pytest.fixture
def used(config):
    """What the run of a sheet of these rows uses, with changes of its config."""

    def of_rows(*rows, **changed):
        table = [[*COLUMNS.split(), "assembly"]]
        table += [["" if word == "-" else word for word in row.split()] + ["mini1"] for row in rows]
        Path("sheet.tsv").write_text("".join("\t".join(row) + "\n" for row in table))
        for name in ["g.bed", "d.bam", "c1.fq.gz", "c2.fq.gz", "m.bam", "i.fq.gz", "genes.gtf", "genome.fa"]:
            Path(name).touch()
        for section in ("simulation", "sweep", "affinities"):
            config.pop(section, None)
        config["genome"] |= {"fasta": "genome.fa", "gtf": "genes.gtf"}
        own = {
            "samples": "sheet.tsv",
            "groupings": {"all": {"method": "all"}},
            "strategies": {"SMTL": {"grouping": "all"}},
        }
        return software(run_of(config | own, **changed))

    return of_rows


def test_given_peaks_take_no_program_for_reads(used):
    assert used(PEAKS) == []


def test_given_alignments_are_filtered_and_called_and_not_aligned(used):
    assert used(PEAKS, ALIGNED) == ["macs", "samtools"]


def test_reads_are_trimmed_where_the_config_says_so(used):
    assert used(READS.format(1)) == ["bowtie2", "fastp", "macs", "samtools"]
    assert used(READS.format(1), reads={"trim": False}) == ["bowtie2", "macs", "samtools"]


def test_reads_of_a_control_alone_are_aligned_too(used):
    assert used(CONTROLLED, CONTROL) == ["bowtie2", "fastp", "macs", "samtools"]


def test_files_of_accessions_come_from_their_archives(used):
    assert used(OF_ENCODE, PEAKS) == ["encode"]
    assert used(OF_RUN) == ["bowtie2", "ena", "fastp", "macs", "samtools"]


def test_idr_compares_narrow_peaks_of_several_replicates(used):
    two = [READS.format(1), READS.format(2)]
    by_idr = {"replicates": "idr"}
    assert "idr" not in used(*two) and "idr" not in used(READS.format(1), peaks=by_idr)
    assert "idr" in used(*two, peaks=by_idr)


def test_of_a_simulation_what_its_reads_go_through(run):
    assert software(run) == ["bowtie2", "fastp", "macs", "samtools"]


def test_multiqc_shows_reads_where_the_config_says_so(used):
    assert "multiqc" in used(PEAKS, ALIGNED, qc={"multiqc": True})
    assert "multiqc" not in used(PEAKS, ALIGNED, qc={"multiqc": False})
    assert "multiqc" not in used(PEAKS, qc={"multiqc": True})
