"""A control may be a file: one input a file, never a file of a treatment, under whatever name."""

import re

import pytest

from epigroup.core.errors import InputError
from sheet_examples import ATAC, FACTOR, GIVEN, INPUT, MARK


def test_a_control_may_be_a_file(read):
    """One input a file, whoever names it, as if it had a row; the file of an input stands for that input."""
    paired = FACTOR | {
        "profile_id": "max",
        "fastq_1": "m_1.fq",
        "fastq_2": "m_2.fq",
        "control": "x/b_1.fq;x/b_2.fq",
    }
    second = {"replicate": "2", "fastq_1": "d.fq.gz"}
    sheet = read(
        FACTOR | {"replicate": "1", "control": "x/bg.bam"},
        FACTOR | second | {"control": "./x/bg.bam"},
        paired,
        MARK | {"control": "y/bg.fastq.gz"},
        GIVEN | {"peaks": "", "bam": "g.bam", "control": "i.fq.gz"},
        INPUT,
    )
    control = {name: sheet.profiles[name].control for name in sheet.tasks}
    assert control["given"] == "bg" and control["max"] == "control_b_1"
    assert re.fullmatch("control_bg_[0-9a-f]{8}", control["ctcf"]) and control["mark"] != control["ctcf"]
    assert sheet.inputs == ["bg", control["ctcf"], "control_b_1", control["mark"]]
    made = sheet.profiles["control_b_1"]
    assert made.paired and (made.replicates[0].fastq_1, made.replicates[0].fastq_2) == (
        "x/b_1.fq",
        "x/b_2.fq",
    )
    assert sheet.profiles[control["ctcf"]].replicates[0].bam == "x/bg.bam"
    assert [sheet.profiles[name].kind for name in sheet.inputs] == ["fastq", "bam", "fastq", "fastq"]
    assert read(FACTOR | {"control": "x/bg.bam"}).profiles["ctcf"].control == "control_bg"


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (
            [FACTOR | {"control": "./c.fq.gz"}],
            "column control: './c.fq.gz' is a file of profile 'ctcf' on line 2",
        ),
        ([FACTOR | {"control": "m.bam"}, MARK], "'m.bam' is a file of profile 'mark' on line 3"),
        ([FACTOR | {"control": "a.fq;./a.fq"}], "the mates are one file"),
        ([FACTOR | {"control": "gone.bam"}], "there is no file 'gone.bam'"),
        ([FACTOR | {"control": "a b.bam"}], "must be a path of letters"),
        ([FACTOR | {"control": "x/bg.sam"}], "no profile of this sheet, nor a file"),
        ([FACTOR | {"control": "a_1.fq;a_2.fq"}], "must both be single-end or both be paired"),
        (
            [FACTOR, INPUT, INPUT | {"replicate": "2", "fastq_1": "j.fq"}, MARK | {"control": "j.fq"}],
            "whose rows are",
        ),
    ],
)
def test_a_control_file_that_cannot_be_one_is_refused(read, rows, says):
    with pytest.raises(InputError, match="column control") as error:
        read(*rows, exist=lambda path: path != "gone.bam")
    assert says in str(error.value)


@pytest.mark.parametrize("how", ["dots", "through a folder", "symbolic link", "hard link", "results"])
def test_a_control_that_is_the_treatment_under_another_name_is_refused(read, tmp_path, monkeypatch, how):
    """Files are compared, not their paths: also mates of one file, and one file as two replicates."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "reads").mkdir()
    (tmp_path / "reads/c.fq.gz").write_text("x")
    other = {
        "dots": "./reads/c.fq.gz",
        "through a folder": "reads/../reads//c.fq.gz",
        "results": "<results>/c.fq.gz",
    }
    if how == "symbolic link":
        (tmp_path / "linked.fq.gz").symlink_to("reads/c.fq.gz")
    elif how == "hard link":
        (tmp_path / "linked.fq.gz").hardlink_to("reads/c.fq.gz")
    path, again = "reads/c.fq.gz", other.get(how, "linked.fq.gz")
    for rows, where in (
        (
            [FACTOR | {"fastq_1": path}, INPUT | {"fastq_1": again}],
            "line 3, column fastq_1: .* line 2 already, called",
        ),
        (
            [ATAC | {"fastq_1": path, "fastq_2": again}],
            "line 2, column fastq_2: .*is the same file as fastq_1",
        ),
        ([MARK | {"bam": path}, MARK | {"bam": again, "replicate": "2"}], "line 3, column bam"),
    ):
        with pytest.raises(InputError, match=where):
            read(*rows, results="reads")
