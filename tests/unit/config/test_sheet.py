"""What a sample sheet means: its profiles and replicates, their files, modes of peaks and controls."""

import pytest

from epigroup.config.sheet import read_sheet
from sheet_examples import ATAC, COLUMNS, FACTOR, GIVEN, INPUT, MARK, write_sheet


def test_profiles_keep_the_order_of_the_sheet_and_inputs_are_no_tasks(read):
    sheet = read(FACTOR, INPUT, ATAC, MARK, GIVEN)
    assert list(sheet.profiles) == ["ctcf", "bg", "atac", "mark", "given"]
    assert sheet.tasks == ["ctcf", "atac", "mark", "given"]
    assert sheet.inputs == ["bg"]
    assert [sheet.profiles[name].kind for name in sheet.tasks] == ["fastq", "fastq", "bam", "peaks"]
    assert [sheet.profiles[name].paired for name in sheet.tasks] == [False, True, None, None]
    assert sheet.profiles["ctcf"].control == "bg"
    assert sheet.profiles["atac"].control is None
    table = sheet.table()
    assert table["task_id"].tolist() == sheet.tasks
    assert table["target"].tolist() == ["CTCF", "", "H3K27me3", "MAX"]


def test_columns_may_come_in_any_order(tmp_path):
    path = write_sheet(tmp_path / "samples.tsv", [ATAC, MARK], columns=COLUMNS[::-1])
    sheet = read_sheet(path, exist=lambda _: True)
    assert sheet.tasks == ["atac", "mark"]
    assert sheet.profiles["mark"].replicates[0].bam == "m.bam"


@pytest.mark.parametrize("target", ["H3K27me3", "H3K36me3", "H3K9me3", "H3K9me2", "H3K79me2", "H4K20me1"])
def test_broad_marks_are_broad_by_default_only(read, target):
    row = MARK | {"target": target}
    assert read(row).profiles["mark"].peak_mode == "broad"
    assert read(row | {"peak_mode": "narrow"}).profiles["mark"].peak_mode == "narrow"
    assert read(row, peak_mode_default="narrow").profiles["mark"].peak_mode == "narrow"
    assert (
        read(row | {"peak_mode": "broad"}, peak_mode_default="narrow").profiles["mark"].peak_mode == "broad"
    )


def test_other_targets_are_narrow(read):
    assert read(MARK | {"target": "H3K4me3"}).profiles["mark"].peak_mode == "narrow"
    assert read(ATAC).profiles["atac"].peak_mode == "narrow"


def test_rows_of_one_profile_are_replicates(read):
    second = ATAC | {"replicate": "2", "fastq_1": "b_1.fq.gz", "fastq_2": "b_2.fq.gz"}
    profile = read(second, ATAC | {"replicate": "1"}).profiles["atac"]
    assert [(one.number, one.fastq_1) for one in profile.replicates] == [(1, "a_1.fq.gz"), (2, "b_1.fq.gz")]
    assert profile.replicate("2").fastq_2 == "b_2.fq.gz"
    with pytest.raises(KeyError):
        profile.replicate(3)


def test_results_in_a_path_is_replaced_and_asked_for(read):
    asked = []
    row = GIVEN | {"peaks": "<results>/simulation/peaks/g.narrowPeak.gz"}
    sheet = read(row, results="out/run", exist=lambda path: asked.append(path) or True)
    assert sheet.profiles["given"].replicates[0].peaks == "out/run/simulation/peaks/g.narrowPeak.gz"
    assert asked == ["out/run/simulation/peaks/g.narrowPeak.gz"]


@pytest.mark.parametrize(
    "name", ["α-synuclein⁺", "Jurkat (Müller)", "OCT4", "H3K4me3", "10-3", "Dec1", "細胞"]
)
def test_letters_of_other_scripts_are_letters(read, name):
    assert read(MARK | {"target": name, "cell_type": name}).profiles["mark"].target == name


def test_trailing_blank_lines_are_ignored(read, tmp_path):
    text = write_sheet(tmp_path / "plain.tsv", [ATAC]).read_bytes()
    assert read(text=text + b"\n\t\t\n\n").tasks == ["atac"]
