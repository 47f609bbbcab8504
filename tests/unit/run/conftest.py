"""The config of everything that tests/mini knows, and the run that it means."""

import shutil

import pytest

from checkouts import REPOSITORY
from epigroup.run.facts import Run
from everything_config import everything_config, run_of


@pytest.fixture
def config(tmp_path, monkeypatch):
    """Everything that tests/mini knows, read in a folder of its own."""
    shutil.copytree(REPOSITORY / "tests/mini", tmp_path / "tests/mini")
    monkeypatch.chdir(tmp_path)
    return everything_config()


@pytest.fixture
def run(config) -> Run:
    return run_of(config)
