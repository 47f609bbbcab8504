"""The sheet of new profiles beside that of the run."""

import pytest

from epigroup.config.adopted import with_adopted
from epigroup.config.sheet import read_sheet
from epigroup.core.errors import InputError
from sheet_examples import ATAC, COLUMNS, FACTOR, GIVEN, INPUT, MARK, write_sheet

ADDRESS = "https://lab.example.org/i.fq.gz"
ONE, OTHER = "md5:" + "0a" * 16, "sha256:" + "0b" * 32
NEW = FACTOR | {"profile_id": "new", "fastq_1": "n.fq.gz"}


def sheet(path, *rows):
    write_sheet(path, rows, [*COLUMNS, "checksum"])
    return read_sheet(path, exist=lambda path: True)


@pytest.fixture
def run(tmp_path):
    return sheet(tmp_path / "run.tsv", ATAC, MARK, FACTOR, INPUT)


def test_new_profiles_are_profiles_and_no_tasks(run, tmp_path):
    new = sheet(tmp_path / "new.tsv", GIVEN, FACTOR | {"profile_id": "new", "fastq_1": "n.fq.gz"}, INPUT)
    both = with_adopted(run, new)
    assert both.tasks == run.tasks == ["atac", "mark", "ctcf"]
    assert list(both.profiles) == ["atac", "mark", "ctcf", "bg", "given", "new"]
    assert both.adopted == {"given", "new"} and both.profiles["new"].control == "bg"
    assert both.without(["mark"]).tasks == ["atac", "ctcf"]


def test_what_the_run_has_already_is_refused_by_name_and_by_file_all_at_once(run, tmp_path):
    again = MARK | {"profile_id": "other_name"}
    new = sheet(tmp_path / "new.tsv", ATAC | {"fastq_1": "x_1.fq.gz", "fastq_2": "x_2.fq.gz"}, again, GIVEN)
    with pytest.raises(InputError) as refused:
        with_adopted(run, new)
    said = str(refused.value)
    assert said.startswith(f"adopt.samples: {tmp_path / 'new.tsv'}: atac: is a profile of the run already")
    assert "other_name: its file m.bam is that of mark" in said and "given" not in said


def test_an_input_that_differs_from_the_runs_is_refused(run, tmp_path):
    new = sheet(tmp_path / "new.tsv", GIVEN, INPUT | {"fastq_1": "another.fq.gz"})
    with pytest.raises(InputError, match="bg: is a profile of the run already"):
        with_adopted(run, new)


@pytest.mark.parametrize("file", [ADDRESS, "i.fq.gz"])
def test_what_the_runs_sheet_says_of_a_file_of_both_counts(tmp_path, file):
    """Else a finished tree would fetch and check the file anew, or no longer check it."""
    bg = INPUT | {"fastq_1": file}

    def known(both):
        return [one.checksum for one in both.downloads.values()] or [
            sum for sum, _ in both.checksums.values()
        ]

    run = sheet(tmp_path / "run.tsv", FACTOR, bg | {"checksum": ONE})
    for checksum in ({}, {"checksum": ONE}):
        both = with_adopted(run, sheet(tmp_path / "new.tsv", NEW, bg | checksum))
        assert known(both) == [ONE] and both.downloads == run.downloads and not both.notes
    plain = sheet(tmp_path / "run.tsv", FACTOR, bg)
    both = with_adopted(plain, sheet(tmp_path / "new.tsv", NEW, bg | {"checksum": ONE}))
    assert (both.downloads, both.checksums) == (plain.downloads, plain.checksums)
    [note] = both.notes
    assert (
        "new.tsv: profile bg, replicate 1, column " in note
        and f"the checksum of {file} is not compared" in note
    )


@pytest.mark.parametrize("file", [ADDRESS, "i.fq.gz"])
def test_two_checksums_of_one_file_are_refused_by_both_rows(tmp_path, file):
    bg = INPUT | {"fastq_1": file}
    run = sheet(tmp_path / "run.tsv", FACTOR, bg | {"checksum": ONE})
    with pytest.raises(InputError) as refused:
        with_adopted(run, sheet(tmp_path / "new.tsv", NEW, bg | {"checksum": OTHER}))
    column = "fastq_1" if file == ADDRESS else "checksum"
    row = f"profile bg, replicate 1, column {column}"
    said = f"{row}: {OTHER} is given for {file}, and {ONE} in {tmp_path / 'run.tsv'}, {row}"
    assert said in str(refused.value)


def test_checksums_of_new_files_are_taken(run, tmp_path):
    both = with_adopted(run, sheet(tmp_path / "new.tsv", NEW | {"checksum": ONE}, INPUT))
    assert [sum for sum, _ in both.checksums.values()] == [ONE] and not both.notes
