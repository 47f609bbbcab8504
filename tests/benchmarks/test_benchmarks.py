"""Every benchmark can be started: what it imports of the library is there."""

import subprocess
import sys

import pytest

from checkouts import REPOSITORY

FOLDER = REPOSITORY / "benchmarks"
PROGRAMS = sorted(path.name for path in FOLDER.glob("*.py") if "__main__" in path.read_text())


@pytest.mark.parametrize("name", PROGRAMS)
def test_it_starts(name):
    run = subprocess.run(
        [sys.executable, FOLDER / name, "--help"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert "--out" in run.stdout
