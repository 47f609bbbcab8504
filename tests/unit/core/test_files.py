"""Nothing half-written under a final name; the log's last line is the message."""

import os
import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import save_file

from epigroup.core.files import sha256_file, whole


def test_whole_appears_only_when_the_block_ends_well(tmp_path):
    target = tmp_path / "deep" / "a.tsv"
    with whole(target) as path:
        path.write_text("one")
        assert not target.exists() and path.suffix == ".tsv"
    assert target.read_text() == "one"
    with pytest.raises(KeyError), whole(target) as path:
        path.write_text("two")
        raise KeyError
    assert target.read_text() == "one"
    assert [p.name for p in target.parent.iterdir()] == ["a.tsv"]


def test_a_full_disk_is_said_of_the_file(tmp_path):
    """The system's own message names no file."""
    target = tmp_path / "a.tsv"
    full = open("/dev/full", "wb", buffering=0)  # noqa: SIM115  closed below
    with full, pytest.raises(OSError, match=r"No space left on device: '.*a\.tsv'"), whole(target):
        full.write(b"x")
    assert not list(tmp_path.iterdir())


def test_nothing_written_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError), whole(tmp_path / "a"):
        pass


@pytest.mark.parametrize(("mask", "mode"), [(0o002, 0o664), (0o022, 0o644), (0o077, 0o600)])
def test_files_are_open_to_whom_the_umask_says_whatever_their_writer_thinks(tmp_path, mask, mode):
    """safetensors makes files for their owner alone."""
    before = os.umask(mask)
    try:
        with whole(tmp_path / "a.safetensors") as path:
            save_file({"x": np.zeros(3)}, path)
        with whole(tmp_path / "a.txt") as path:
            path.write_text("x")
    finally:
        os.umask(before)
    assert {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {
        "a.safetensors": mode,
        "a.txt": mode,
    }


def test_sha256(tmp_path):
    (tmp_path / "abc").write_bytes(b"abc")
    assert sha256_file(tmp_path / "abc").startswith("ba7816bf8f01cfea414140de5dae2223")


def test_input_error_is_the_last_line_and_no_traceback(tmp_path):
    log = tmp_path / "log.txt"
    code = (
        "from epigroup.core.logs import log_to\nfrom epigroup.core.errors import InputError\n"
        f"with log_to({str(log)!r}):\n    raise InputError('sheet.tsv: row 3: bad')\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd="workflow/scripts", check=False
    )
    assert run.returncode == 1
    for text in (run.stderr, log.read_text()):
        assert text.splitlines()[-1].endswith("sheet.tsv: row 3: bad") and "Traceback" not in text
