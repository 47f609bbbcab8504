"""An ENCODE metadata.tsv becomes a sheet that the workflow's own check takes; what has no place is listed."""

import hashlib
import re
import subprocess
import sys

import pytest

from checkouts import REPOSITORY
from epigroup.config.sheet import read_sheet

HEADER = ["File accession", "File format", "Output type", "File assembly", "Experiment accession", "Assay",
          "Biosample term name", "Experiment target", "Biological replicate(s)", "Paired end", "Paired with",
          "Controlled by"]  # fmt: skip
CTCF = ("ENCSR1", "TF ChIP-seq", "SK-N-SH", "CTCF-human")
ATAC = ("ENCSR2", "ATAC-seq", "bipolar neuron", "")
INPUT = ("ENCSR3", "Control ChIP-seq", "SK-N-SH", "")
ROWS = [
    ["ENCFF01", "bed narrowPeak", "peaks", "GRCh38", *CTCF, "1", "", "", ""],
    ["ENCFF02", "bed narrowPeak", "IDR thresholded peaks", "GRCh38", *CTCF, "1, 2", "", "", ""],
    ["ENCFF03", "bed narrowPeak", "IDR thresholded peaks", "hg19", *CTCF, "1, 2", "", "", ""],
    ["ENCFF04", "bigBed narrowPeak", "IDR thresholded peaks", "GRCh38", *CTCF, "1, 2", "", "", ""],
    ["ENCFF05", "fastq", "reads", "", *CTCF, "2", "", "", "/files/ENCFF09/"],
    ["ENCFF06", "fastq", "reads", "", *CTCF, "1", "", "", "/files/ENCFF09/"],
    ["ENCFF07", "fastq", "reads", "", *ATAC, "1", "2", "/files/ENCFF08/", ""],
    ["ENCFF08", "fastq", "reads", "", *ATAC, "1", "1", "/files/ENCFF07/", ""],
    ["ENCFF09", "fastq", "reads", "", *INPUT, "1", "", "", ""],
    ["ENCFF10", "fastq", "reads", "", "ENCSR4", "RNA-seq", "H4", "", "1", "", "", ""],
    ["ENCFF11", "fastq", "reads", "", "ENCSR5", "DNase-seq", "liver", "", "1", "", "", ""],
]  # fmt: skip


@pytest.fixture
def make(tmp_path):
    def run(files, rows=ROWS, *words, header=HEADER):
        metadata = tmp_path / "metadata.tsv"
        metadata.write_text("".join("\t".join(row) + "\n" for row in [header, *rows]))
        command = [sys.executable, REPOSITORY / "config/make_sheet.py", metadata, "--files", files, *words]
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        (tmp_path / "sheet.tsv").write_text(made.stdout)
        return made, tmp_path / "sheet.tsv"

    return run


def test_reads_replicates_and_their_control(make):
    made, path = make("reads")
    sheet = read_sheet(path, assembly="GRCh38", exist=lambda _: True)
    assert sheet.tasks == ["CTCF_SK-N-SH_ENCSR1", "ATAC_bipolar_neuron_ENCSR2"]
    ctcf, atac = (sheet.profiles[name] for name in sheet.tasks)
    assert [one.fastq_1 for one in ctcf.replicates] == [
        f"resources/encode/ENCFF{n}.fastq.gz" for n in ("06", "05")
    ]
    assert (ctcf.control, ctcf.cell_group, ctcf.target) == ("input_SK-N-SH_ENCSR3", "Cancer", "CTCF")
    assert (atac.replicates[0].fastq_1[-11:], atac.replicates[0].fastq_2[-11:]) == (
        "08.fastq.gz",
        "07.fastq.gz",
    )
    assert "ENCSR4: assay 'RNA-seq'" in made.stderr and "ENCSR5: cell type 'liver'" in made.stderr
    assert len(made.stderr.splitlines()) == 2


def test_the_best_peaks_of_the_assembly(make):
    made, path = make("peaks")
    sheet = read_sheet(path, assembly="GRCh38", exist=lambda _: True)
    assert [sheet.profiles[name].replicates[0].peaks for name in sheet.tasks] == [
        "resources/encode/ENCFF02.bed.gz"
    ]
    assert "ENCSR2: no peaks of GRCh38 as bed" in made.stderr


def test_what_is_missing_is_said(make):
    made, _ = make("reads", [ROWS[6]])
    assert made.returncode != 0 and "nothing in it has a place" in made.stderr
    made, _ = make("reads", ROWS[4:6])
    assert "ENCSR1: its control (/files/ENCFF09/) is not in the metadata" in made.stderr
    made, _ = make("reads", [row[:3] for row in ROWS])
    assert made.returncode != 0


def test_a_sheet_to_fetch_names_accessions_and_checksums(make):
    rows = [[re.sub(r"ENCFF(\d\d)", r"ENCFF0\1AAA", cell) for cell in row] for row in ROWS]
    sums = [hashlib.md5(row[0].encode()).hexdigest() if row[0] != "ENCFF009AAA" else "" for row in rows]
    rows = [[*row, one] for row, one in zip(rows, sums)]
    _, path = make("reads", rows, "--fetch", header=[*HEADER, "md5sum"])
    sheet = read_sheet(path, results="out", assembly="GRCh38", exist=lambda _: False)
    atac = sheet.profiles["ATAC_bipolar_neuron_ENCSR2"]
    assert atac.paired and atac.replicates[0].fastq_2 == "out/downloads/ENCFF007AAA.fastq.gz"
    assert sheet.profiles["CTCF_SK-N-SH_ENCSR1"].control == "input_SK-N-SH_ENCSR3"
    assert sheet.inputs == ["input_SK-N-SH_ENCSR3"]
    assert {name: one.checksum for name, one in sheet.downloads.items()} == {
        f"{row[0]}.fastq.gz": f"md5:{one}" if one else None for row, one in zip(rows[4:9], sums[4:9])
    }
    _, path = make("peaks", rows, "--fetch", header=[*HEADER, "md5sum"])
    (one,) = read_sheet(path, assembly="GRCh38", exist=lambda _: False).downloads.values()
    assert (one.place, one.checksum) == ("ENCFF002AAA/@@download/ENCFF002AAA.bed.gz", f"md5:{sums[1]}")


def fastq(number, experiment, replicate, paired="", mate="", by=""):
    return [f"ENCFF{number}", "fastq", "reads", "", *experiment, replicate, paired, mate, by]


def test_lanes_of_a_replicate_are_one_replicate_and_replicates_sort_as_numbers(make):
    """Replicates 2 and 10, the latter in two pairs of files, given and fetched."""
    rows = [
        fastq(31, ATAC, "10", "1", "/files/ENCFF32/"),
        fastq(32, ATAC, "10", "2", "/files/ENCFF31/"),
        fastq(21, ATAC, "10", "1", "/files/ENCFF22/"),
        fastq(22, ATAC, "10", "2", "/files/ENCFF21/"),
        fastq(41, ATAC, "2", "1", "/files/ENCFF42/"),
        fastq(42, ATAC, "2", "2", "/files/ENCFF41/"),
    ]
    rows = [[re.sub(r"ENCFF(\d\d)", r"ENCFF0\1AAA", cell) for cell in row] for row in rows]
    for words, folder in (((), "resources/encode"), (("--fetch",), "results/downloads")):
        made, path = make("reads", rows, *words)
        assert made.stderr == ""
        (profile,) = read_sheet(path, assembly="GRCh38", exist=lambda _: True).profiles.values()
        assert [one.number for one in profile.replicates] == [2, 10]
        assert [
            [
                [file.removeprefix(f"{folder}/ENCFF0").removesuffix("AAA.fastq.gz") for file in mates]
                for mates in one.reads
            ]
            for one in profile.replicates
        ] == [[["41"], ["42"]], [["21", "31"], ["22", "32"]]]


def test_an_experiment_of_two_layouts_is_listed_and_the_others_stay(make):
    mixed = [
        fastq(51, ATAC, "1"),
        fastq(52, ATAC, "2", "1", "/files/ENCFF53/"),
        fastq(53, ATAC, "2", "2", "/files/ENCFF52/"),
    ]
    made, path = make("reads", [*mixed, ROWS[4], ROWS[8]])
    assert "ENCSR2: both paired files (ENCFF52) and single-end ones (ENCFF51)" in made.stderr
    assert read_sheet(path, assembly="GRCh38", exist=lambda _: True).tasks == ["CTCF_SK-N-SH_ENCSR1"]


def test_a_control_of_another_layout_is_listed_and_not_named(make):
    """The workflow would refuse the whole sheet for it."""
    control = [fastq("09", INPUT, "1", "1", "/files/ENCFF19/"), fastq(19, INPUT, "1", "2", "/files/ENCFF09/")]
    made, path = make("reads", [ROWS[4], *control])
    assert "ENCSR1: is single-end, its control input_SK-N-SH_ENCSR3 paired; none is named" in made.stderr
    sheet = read_sheet(path, assembly="GRCh38", exist=lambda _: True)
    assert (
        list(sheet.profiles) == ["CTCF_SK-N-SH_ENCSR1"]
        and sheet.profiles["CTCF_SK-N-SH_ENCSR1"].control is None
    )


def test_replicates_with_controls_of_their_own_are_listed(make):
    other = ("ENCSR6", *INPUT[1:])
    rows = [fastq(61, CTCF, "1", by="/files/ENCFF09/"), fastq(62, CTCF, "2", by="/files/ENCFF63/"), ROWS[8]]
    made, path = make("reads", [*rows, fastq(63, other, "1")])
    assert (
        "ENCSR1: replicate 2 has the control input_SK-N-SH_ENCSR6, the first replicate input_SK-N-SH_ENCSR3"
        in made.stderr
    )
    sheet = read_sheet(path, assembly="GRCh38", exist=lambda _: True)
    assert sheet.profiles["CTCF_SK-N-SH_ENCSR1"].control == "input_SK-N-SH_ENCSR3"


def test_the_assembly_is_called_in_the_sheet_as_the_config_calls_it(make):
    made, path = make("peaks", ROWS, "--assembly", "hg19", "--called", "b37")
    (profile,) = read_sheet(path, assembly="b37", exist=lambda _: True).profiles.values()
    assert profile.replicates[0].peaks == "resources/encode/ENCFF03.bed.gz"
