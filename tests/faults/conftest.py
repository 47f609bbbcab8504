"""A finished tree to do damage to, and the library that plays clocks and disks."""

import os
import shutil
import subprocess
import time

import pytest

from checkouts import EVERYTHING, REPOSITORY, run_snakemake
from trees import TEMPORARY, copy_tree


@pytest.fixture(scope="session")
def kept(tmp_path_factory, finished_run):
    """A finished tree that still has its temporary files; tests leave it as they find it."""
    folder = copy_tree(finished_run, tmp_path_factory.mktemp("kept") / "run")
    results = folder / "results"
    for wanted, parents in TEMPORARY.items():
        date, start = max((results / parent).stat().st_mtime_ns for parent in parents), time.time_ns()
        names = [f"results/{name}" for name in wanted]
        run_snakemake(folder, "-c2", "--notemp", *names, "--configfile", *EVERYTHING)
        for path in results.rglob("*"):
            if path.is_file() and path.stat().st_mtime_ns > start:
                os.utime(path, ns=(date, date))
    run = run_snakemake(folder, "-n", "--notemp", "--configfile", *EVERYTHING)
    assert "Nothing to be done" in run.stdout + run.stderr
    return folder


@pytest.fixture(scope="session")
def shim(tmp_path_factory):
    """The compiled shim.c, to be loaded into every process of a run."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler: clocks that jump and slow disks are not tried")
    library = tmp_path_factory.mktemp("shim") / "shim.so"
    source = REPOSITORY / "tests/faults/shim.c"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    return library
