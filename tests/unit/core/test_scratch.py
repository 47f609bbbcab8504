"""The look for room in the temporary folder, and what each stage asks for by the sizes of its files."""

import re
import shutil
import tempfile

import pytest

from epigroup.core.errors import InputError
from epigroup.core.scratch import room_for
from epigroup.peaks.call_request import CallRequest, FragmentLength
from epigroup.peaks.scratch import CALLING, room_to_call
from epigroup.reads.scratch import MARKING, MARKING_GIVEN, room_to_mark, room_to_mark_given


@pytest.fixture
def temporary_folder(tmp_path, monkeypatch):
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)  # what it found before
    return folder


def file_of(path, n_bytes):
    path.write_bytes(b"")
    with open(path, "r+b") as handle:
        handle.truncate(n_bytes)  # a hole: it takes no room
    return path


def test_the_message_names_folder_bytes_and_remedy(temporary_folder):
    free = shutil.disk_usage(temporary_folder).free
    with pytest.raises(InputError) as caught:
        room_for(free + 10**12, "sorting")
    said = str(caught.value)
    assert said.startswith(f"{temporary_folder}: sorting takes up to ")
    told = [float(number.replace(",", "")) for number in re.findall(r"([\d,.]+) MB", said)]
    assert told[0] * 1e6 == pytest.approx(free + 10**12, abs=1e6)
    assert told[1] * 1e6 == pytest.approx(free, rel=0.05)
    assert "TMPDIR=/PATH snakemake" in said and "TMPDIR" in said


def test_where_there_is_room_the_log_says_how_much(temporary_folder):
    assert room_for(5e6, "sorting").startswith(f"{temporary_folder}: ")
    assert room_for(5e6, "sorting").endswith("sorting takes up to 5.0 MB")


def test_what_is_asked_goes_by_the_sizes_of_the_files(temporary_folder, tmp_path):
    free = shutil.disk_usage(temporary_folder).free
    halves = [file_of(tmp_path / f"{mate}.fastq.gz", int(free / MARKING * 0.4)) for mate in (1, 2)]
    assert str(temporary_folder) in room_to_mark(*halves)
    more = file_of(tmp_path / "2.fastq.gz", int(free / MARKING * 0.8))
    with pytest.raises(InputError, match="sorting the reads of .*1.fastq.gz takes up to"):
        room_to_mark(halves[0], more)
    n_bytes = int(free / MARKING_GIVEN[".cram"] * 1.5)
    assert n_bytes * MARKING_GIVEN[".bam"] < free * 0.9
    assert room_to_mark_given(file_of(tmp_path / "a.bam", n_bytes))
    with pytest.raises(InputError, match="a.CRAM takes up to"):
        room_to_mark_given(file_of(tmp_path / "a.CRAM", n_bytes))


def test_a_control_counts_too(temporary_folder, tmp_path):
    free = shutil.disk_usage(temporary_folder).free
    bam = str(file_of(tmp_path / "a.bam", int(free / CALLING * 0.7)))
    parts = (
        "K562",
        "ChIP",
        "narrow",
        bam,
        1000,
        {"chr1": 1000},
        0.05,
        0.1,
        FragmentLength(200, "peaks.extsize"),
    )
    assert room_to_call(CallRequest(*parts), CALLING)
    with pytest.raises(InputError, match="calling the peaks of K562 takes up to"):
        room_to_call(CallRequest(*parts, control=bam), CALLING)
