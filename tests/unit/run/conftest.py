"""The config of tests/mini in a folder of its own, and its run."""

import pytest

from epigroup.run.facts import Run
from mini_runs import everything, opened


@pytest.fixture
def config(tmp_path, monkeypatch) -> dict:
    """Everything that tests/mini knows; the working folder is one in which its sheet lies."""
    monkeypatch.chdir(tmp_path)
    return everything(tmp_path)


@pytest.fixture
def run(config) -> Run:
    return opened(config)
