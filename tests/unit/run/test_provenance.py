"""The file that keeps what made each result."""

import gzip
import os
import re

import pytest

from epigroup.core.errors import InputError
from epigroup.run.provenance import (
    FILE,
    Made,
    merged,
    put_back,
    read_provenance,
    state,
    without_record,
    write_provenance,
)


@pytest.fixture
def at(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def made(*outputs, **record):
    return Made(dict.fromkeys(outputs, 100.0), {"rule": "train_pack", "input": [], "params": [], **record})


def test_paths_go_with_the_results(at):
    os.mkdir("old")
    record = {
        "input": ["data/a.bed", "old/dataset/x.h5", "older/y", "their/old/z"],
        "params": ["'old/calibration/cpu.json'", "{'fasta': '<results>/genome.fa', 'name': 'old'}"],
        "shellcmd": "sort data/a.bed > old/b",
        "input_checksums": {"old/dataset/x.h5": "sha256:1"},
    }
    write_provenance("old", [made("old/models/a", "old/models/b", **record)])
    os.rename("old", "new place")
    (one,) = read_provenance("new place")
    assert set(one.outputs) == {"new place/models/a", "new place/models/b"}
    assert one.record["input"] == sorted(["data/a.bed", "new place/dataset/x.h5", "older/y", "their/old/z"])
    assert set(one.record["params"]) == {
        "'new place/calibration/cpu.json'",
        "{'fasta': '<results>/genome.fa', 'name': 'old'}",
    }
    assert one.record["shellcmd"] == "sort data/a.bed > new place/b"
    assert one.record["input_checksums"] == {"new place/dataset/x.h5": "sha256:1"}


def test_the_same_jobs_make_the_same_bytes(at):
    jobs = [made("r/a"), made("r/b", rule="other")]
    write_provenance("r", jobs)
    first = state("r")
    write_provenance("r", jobs[::-1])
    assert state("r") == first != ""
    assert state("nowhere") == ""


def test_a_new_job_replaces_those_of_its_outputs_and_what_is_gone_is_forgotten(at):
    os.mkdir("r")
    for name in "ab":
        open(f"r/{name}", "w").close()
    temporary = Made({"r/temporary": None}, {"rule": "align"})
    kept = [made("r/a", rule="old"), made("r/b"), made("r/gone"), temporary]
    new = [made("r/a", "r/c", rule="new")]
    assert merged(kept, new) == [kept[1], temporary, *new]


def test_only_what_has_the_date_of_its_making_is_recorded_anew(at):
    """A younger file is of a run that was killed before it could write what made it."""
    os.mkdir("r")
    for name, date in (("same", 100), ("rounded", 101), ("younger", 500)):
        open(f"r/{name}", "w").close()
        os.utime(f"r/{name}", (date, date))
    jobs = [
        made("r/same", "r/rounded", "r/younger", "r/gone"),
        Made({"r/temporary": None}, {"rule": "align"}),
    ]
    assert list(put_back([*jobs, made("r/gone")])) == [
        (["r/same", "r/rounded"], jobs[0].record),
        (["r/temporary"], jobs[1].record),
    ]


def test_results_without_a_record_are_found_by_the_rules_that_make_them(at):
    for name in (
        "models/A/seed1.h5",
        "models/A/notes.txt",
        "genome/genome.h5",
        "logs/models/A/seed1.h5",
        "index/x",
    ):
        os.makedirs(os.path.dirname(f"r/{name}"), exist_ok=True)
        open(f"r/{name}", "w").close()
    outputs = {
        "train": [re.compile(r"r/models/(?P<s>.+)/seed(?P<n>\d+)\.h5")],
        "build": ["r/genome/genome.h5"],
        "index": ["r/index"],
    }
    found = without_record("r", ["r/genome/genome.h5"], outputs)
    assert found == {"index": ["r/index"], "train": ["r/models/A/seed1.h5"]}


@pytest.mark.parametrize("spoil", ["cut", "text", "version", "line"])
def test_a_damaged_file_is_refused_by_name(at, spoil):
    write_provenance("r", [made(f"r/{n}", params=[str(n**9)]) for n in range(50)])
    path = at / "r" / FILE
    text = gzip.decompress(path.read_bytes())
    path.write_bytes({
        "cut": path.read_bytes()[:-30],
        "text": b"no gzip",
        "version": gzip.compress(text.replace(b'"format_version": 1', b'"format_version": 9')),
        "line": gzip.compress(text.replace(b'"outputs"', b'"output"')),
    }[spoil])  # fmt: skip
    with pytest.raises(InputError, match=re.escape(f"r/{FILE}: cannot be read")):
        read_provenance("r")
