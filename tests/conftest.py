"""Fixtures that several test folders share."""

import os
import shutil
from pathlib import Path

import pytest

from checkouts import EVERYTHING, MINI, REPOSITORY, copy_checkout, made_once, run_snakemake
from needed_tools import lacking


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test marked as one that `needs` programs runs where they are on PATH."""
    named = [tool for mark in item.iter_markers("needs") for tool in mark.args]
    missing = [tool for tool in named if shutil.which(tool) is None]
    if missing:
        lacking(f"not on PATH: {', '.join(missing)}")


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout under test."""
    return REPOSITORY


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of real data, named by the variable EPIGROUP_DATA; tests that need it are skipped without it."""
    folder = os.environ.get("EPIGROUP_DATA", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("EPIGROUP_DATA names no folder of real data")
    return Path(folder).resolve()


@pytest.fixture(scope="module")
def one_thread():
    """PyTorch computes on one thread, so that sums are made in one order."""
    import torch  # which most tests need not wait for

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def finished_mini(tmp_path_factory) -> Path:
    """A checkout in which the one-minute config has run to its report; tests leave it as they find it."""
    return made_once(
        tmp_path_factory, "mini", lambda at: run_snakemake(copy_checkout(at), "-c2", "--configfile", MINI)
    )


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory) -> Path:
    """A checkout in which everything that tests/mini knows has run to its report; tests leave it as they find it."""
    return made_once(
        tmp_path_factory,
        "run",
        lambda at: run_snakemake(copy_checkout(at), "-c2", "--configfile", *EVERYTHING),
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with whole runs first, for they take longest, and those that share one before others."""
    shares = {item.path for item in items if "finished_run" in getattr(item, "fixturenames", ())}
    items.sort(key=lambda item: (item.path not in shares, "workflow" not in item.path.parts))
