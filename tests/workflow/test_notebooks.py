"""The notebooks of the docs, run as they stand on the results of the one-minute config."""

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from checkouts import REPOSITORY

NOTEBOOKS = sorted((REPOSITORY / "docs/notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_cell_runs(finished_mini, tmp_path, monkeypatch, path):
    monkeypatch.setenv("EPIGROUP_RESULTS", str(finished_mini / "results"))
    monkeypatch.setenv("EPIGROUP_REPOSITORY", str(REPOSITORY))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    before = {file: os.stat(file).st_mtime_ns for file in finished_mini.rglob("results/**/*")}
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    ).execute()
    kept = os.environ.get("EPIGROUP_ARTEFACTS")
    if kept:
        Path(kept).mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, Path(kept) / path.name)
    # The results are as they were, and the notebook in the docs holds none of a run.
    assert {file: os.stat(file).st_mtime_ns for file in finished_mini.rglob("results/**/*")} == before
    source = nbformat.read(path, as_version=4)
    nbformat.validate(source)
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in source.cells)


def test_there_are_both():
    assert [path.stem for path in NOTEBOOKS] == ["pitfalls", "results"]
