"""The sheet of new profiles beside that of the run."""

import pytest

from epigroup.config.adopted import with_adopted
from epigroup.config.sheet import read_sheet
from epigroup.core.errors import InputError
from sheet_examples import ATAC, FACTOR, GIVEN, INPUT, MARK, write_sheet


def sheet(path, *rows):
    write_sheet(path, rows)
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
