"""A file that a test leaves open fails the run: the warning filters of pyproject.toml do what they are there for."""

import os
import subprocess
import sys
import tomllib

import pytest

from checkouts import REPOSITORY

FILTERS = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"][
    "filterwarnings"
]
CLOSED = "with open(__file__) as file:\n        assert file"
OPEN = "assert open(__file__)"
CYCLE = "files = [open(__file__)]\n    files.append(files)"  # which the garbage collector alone finds


def run_test(folder, body):
    """pytest, under the filters of this project, on one test of this body."""
    (folder / "pytest.ini").write_text("[pytest]\nfilterwarnings =\n" + "".join(f"  {f}\n" for f in FILTERS))
    (folder / "test_one.py").write_text(f"def test_one():\n    {body}\n")
    words = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "test_one.py"]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_a_file_that_is_closed_passes(tmp_path):
    run = run_test(tmp_path, CLOSED)
    assert run.returncode == 0 and "1 passed" in run.stdout, run.stdout + run.stderr


@pytest.mark.parametrize("body", [OPEN, CYCLE], ids=["at once", "in a cycle"])
def test_a_file_that_is_left_open_fails(tmp_path, body):
    run = run_test(tmp_path, body)
    said = run.stdout + run.stderr
    assert run.returncode != 0, said
    assert "ResourceWarning: unclosed file" in said and "test_one.py" in said, said
