"""Sheets guessed from file names as sequencing centres, pipelines and archives give them."""

import csv
import io
import subprocess
import sys

import pytest

from checkouts import REPOSITORY
from epigroup.begin.file_names import guessed_rows
from epigroup.config.sheet import read_sheet
from sheet_examples import write_sheet

CELLS = {"astrocyte": "Glial cell", "SK-N-SH": "Cancer", "bipolar neuron": "Neuron", "neuron": "Neuron"}


def rows_of(*names):
    rows, said = guessed_rows(names, CELLS, "hg38")
    return {(row["profile_id"], row["replicate"]): row for row in rows}, said


def test_lanes_of_bcl2fastq_are_parts_of_one_file_in_the_same_order_for_both_mates():
    names = [
        f"run/CTCF-SK-N-SH-rep{r}_S{r}_L00{lane}_R{mate}_001.fastq.gz"
        for r in (1, 2)
        for mate in (2, 1)
        for lane in (2, 1)
    ]
    rows, said = rows_of(*names, "run/CTCF-SK-N-SH-rep1_S1_L001_I1_001.fastq.gz")
    assert set(rows) == {("CTCF-SK-N-SH", "1"), ("CTCF-SK-N-SH", "2")}
    for number in ("1", "2"):
        row = rows["CTCF-SK-N-SH", number]
        stem = f"run/CTCF-SK-N-SH-rep{number}_S{number}_L00"
        assert row["fastq_1"] == f"{stem}1_R1_001.fastq.gz;{stem}2_R1_001.fastq.gz"
        assert row["fastq_2"] == f"{stem}1_R2_001.fastq.gz;{stem}2_R2_001.fastq.gz"
        assert (row["target"], row["modality"], row["cell_type"], row["cell_group"]) == (
            "CTCF", "TFB", "SK-N-SH", "Cancer",
        )  # fmt: skip
    assert sum("2 lanes" in line for line in said) == 2 and any("index reads" in line for line in said)


def test_replicates_of_nf_core_and_their_technical_runs():
    names = [f"WT_ATAC_REP{r}_T{t}_{mate}.fastq.gz" for r in (1, 2) for t in (1, 2) for mate in (1, 2)]
    rows, _ = rows_of(*names)
    assert set(rows) == {("WT_ATAC", "1"), ("WT_ATAC", "2")}
    assert rows["WT_ATAC", "2"]["fastq_2"] == "WT_ATAC_REP2_T1_2.fastq.gz;WT_ATAC_REP2_T2_2.fastq.gz"


def test_time_points_are_profiles_and_no_lanes():
    rows, _ = rows_of("H3K4me3_T1.fastq.gz", "H3K4me3_T2.fastq.gz")
    assert set(rows) == {("H3K4me3_T1", "1"), ("H3K4me3_T2", "1")}


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("k562_h3k27ac.bam", {"assay": "ChIP", "modality": "HM", "target": "H3K27ac"}),
        ("H2A.Z_liver.bam", {"assay": "ChIP", "modality": "HM", "target": "H2A.Z"}),
        ("liver_CUTnRUN_CTCF.bam", {"assay": "CUTRUN", "modality": "TFB", "target": "CTCF"}),
        (
            "cuttag-H3K27me3-astrocyte.bam",
            {"assay": "CUTRUN", "target": "H3K27me3", "cell_type": "astrocyte"},
        ),
        ("ATACseq_bipolar_neuron.bam", {"assay": "ATAC", "modality": "CA", "cell_type": "bipolar neuron"}),
        ("DNase_liver.narrowPeak.gz", {"assay": "DNase", "modality": "CA"}),
        ("IgG_astrocyte.bam", {"assay": "input", "cell_type": "astrocyte"}),
        ("control_2.fastq.gz", {"assay": "input"}),
        ("H3K27ac_control_mouse.bam", {"assay": "ChIP", "target": "H3K27ac"}),
    ],
)
def test_what_a_name_tells(name, told):
    [row], [said] = guessed_rows([name], CELLS, "hg38")
    assert told.items() <= row.items()
    for value in told.values():
        assert value.lower() in said.lower() or (value == "input" and "a control" in said)


def test_what_is_not_known_stays_empty_and_is_to_be_completed():
    rows, said = rows_of("PatientA.bed", "H3K9ac.bb")
    assert not {"assay", "modality", "target", "cell_type"} & set(rows["PatientA", "1"])
    lines = {line.split(",")[1].strip(): line for line in said}
    assert lines["PatientA"].endswith("TO COMPLETE: assay, modality, cell_type, cell_group, target")
    assert lines["H3K9ac"].endswith("TO COMPLETE: cell_type, cell_group")


def test_a_profile_there_as_reads_alignments_and_peaks_enters_once_by_its_reads():
    names = ["a/ATAC_x_R1.fq.gz", "a/ATAC_x_R2.fq.gz", "b/ATAC_x.sorted.bam", "c/ATAC_x_peaks.narrowPeak"]
    rows, said = rows_of(*names, "c/ATAC_x_summits.bed", "b/ATAC_x.sorted.bam.bai")
    assert list(rows) == [("ATAC_x", "1")] and rows["ATAC_x", "1"]["fastq_1"] == names[0]
    assert sum(line.startswith("left out") for line in said) == 4


def test_a_mate_that_is_not_there_and_lanes_that_differ_are_named():
    _, said = rows_of("ATAC_a_R1.fq.gz")
    assert "R2 IS NOT THERE" in said[0]
    _, said = rows_of("x_L001_R1.fq.gz", "x_L001_R2.fq.gz", "x_L002_R1.fq.gz")
    assert "left out: x_L002_R1.fq.gz: has no mate, where x has pairs" in said
    _, said = rows_of("x_L002_R1.fq.gz", "x_L002_R2.fq.gz", "x_L001_R1.fq.gz")
    assert any("MATES DIFFER: 2 first and 1 second" in line for line in said)


def test_controls_are_named_where_one_is_of_the_cell_type_and_the_layout():
    rows, said = rows_of(
        "CTCF_SK-N-SH.bam", "input_SK-N-SH.bam", "MAX_astrocyte.bam", "input_astrocyte.bam", "YY1_liver.bam",
        "ATAC_astrocyte.bam",
    )  # fmt: skip
    assert rows["CTCF_SK-N-SH", "1"]["control"] == "input_SK-N-SH"
    assert rows["MAX_astrocyte", "1"]["control"] == "input_astrocyte"
    assert "control" not in rows["YY1_liver", "1"] and "control" not in rows["ATAC_astrocyte", "1"]
    assert any("YY1_liver" in line and "no control is named" in line for line in said)


def test_a_folder_becomes_a_sheet_that_passes_when_it_is_completed(tmp_path):
    folder = tmp_path / "files"
    for name in (
        "p/CTCF_SK-N-SH_rep1.bam",
        "p/CTCF_SK-N-SH_rep2.bam",
        "input_SK-N-SH.bam",
        "peaks/ATAC_neuron.bed.gz",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    command = [sys.executable, REPOSITORY / "config/make_sheet.py", "files", "--called", "hg38"]
    made = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    rows = list(csv.DictReader(io.StringIO(made.stdout), delimiter="\t"))
    assert {row["bam"] or row["peaks"] for row in rows} == {
        str(path.relative_to(tmp_path)) for path in folder.rglob("*") if path.is_file()
    }
    for row in rows:
        if row["assay"] != "input":
            row |= {"cell_type": row["cell_type"] or "x", "cell_group": row["cell_group"] or "y"}
    path = write_sheet(tmp_path / "mine.tsv", rows)
    sheet = read_sheet(path, assembly="hg38", exist=lambda name: (tmp_path / name).exists())
    assert sheet.tasks == ["ATAC_neuron", "CTCF_SK-N-SH"] or set(sheet.tasks) == {
        "ATAC_neuron",
        "CTCF_SK-N-SH",
    }
    assert sheet.profiles["CTCF_SK-N-SH"].control == "input_SK-N-SH"
    assert made.stderr.count("line ") == 4
    refused = subprocess.run(command[:-2], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert refused.returncode and "--called" in refused.stderr
