"""Fixtures that several test folders share."""

import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]


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


def copy_checkout(target: Path) -> Path:
    """A copy of what a clone would hold, so that a test can edit it."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        check=True,
        text=True,
    ).stdout.split("\0")
    for name in filter(None, names):
        source = REPOSITORY / name
        if source.exists() or source.is_symlink():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name, follow_symlinks=False)
    return target


def snakemake_environment(outer: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Variables of a run: the interpreter's own folder first on PATH, and files that a job leaves open are said."""
    return {
        **outer,
        "PATH": f"{Path(sys.executable).parent}:{outer['PATH']}",
        "OMP_NUM_THREADS": "1",
        "PYTHONWARNINGS": "always::ResourceWarning",
    }


# Snakemake itself leaves files open, and a folder of its cache for the end of the process: not ours to mend.
SNAKEMAKES_OWN = ("/site-packages/snakemake", "/snakemake-runtime-cache/")


OURS = ("/workflow/scripts/", "/.snakemake/scripts/")


def assert_nothing_left_open(folder: Path, said: str, *, failed: bool = False) -> None:
    """No ResourceWarning in what a run said, nor in the logs of its jobs; of a run that failed, none of our own code:
    libraries that fail on a full disk may leave theirs."""
    texts = {"the output": said}
    texts |= {path: path.read_text(errors="replace") for path in folder.glob("results/**/logs/**/*.log")}
    left = [
        f"{place}: {line}"
        for place, text in texts.items()
        for line in text.splitlines()
        if ": ResourceWarning: " in line
        and not any(own in line for own in SNAKEMAKES_OWN)
        and (not failed or any(own in line for own in OURS))
    ]
    if left:
        raise AssertionError("left open:\n" + "\n".join(left))


def run_snakemake(folder: Path, *words: str, check: bool = True) -> subprocess.CompletedProcess:
    """Snakemake as a user types it, in `folder`. AssertionError where something is left open, and with `check` where
    the run fails."""
    run = subprocess.run(
        [sys.executable, "-m", "snakemake", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        env=snakemake_environment(),
        check=False,
    )
    if check and run.returncode:
        raise AssertionError(
            f"snakemake {' '.join(words)} ended with {run.returncode}:\n{run.stdout}\n{run.stderr}"
        )
    assert_nothing_left_open(folder, run.stdout + run.stderr, failed=run.returncode != 0)
    return run


MINI = "tests/mini/config.yaml"
EVERYTHING = (MINI, "tests/mini/everything.yaml")


def made_once(tmp_path_factory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that `make` filled, once for all processes of `pytest -n`, each of which gets a copy: Snakemake locks
    the folder that it runs in."""
    root = tmp_path_factory.getbasetemp()
    root = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root
    folder, done = root / name, root / f"{name}.done"
    with open(root / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            done.touch()
    if root == tmp_path_factory.getbasetemp():
        return folder
    return shutil.copytree(folder, tmp_path_factory.mktemp(name) / name, symlinks=True)


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


def pytest_terminal_summary(terminalreporter, config):
    """How many malformed inputs the tests of tests/fuzz have tried."""
    tried = getattr(config, "malformed_inputs", None)
    if tried is not None and tried.inputs:
        terminalreporter.write_line(f"{tried.inputs:,} malformed inputs, {tried.refused:,} of them refused")


@pytest.fixture(scope="session")
def tried(request):
    """The count of malformed inputs of this session (see tests/fuzz/mutation.py)."""
    from mutation import Tried

    if not hasattr(request.config, "malformed_inputs"):
        request.config.malformed_inputs = Tried()
    return request.config.malformed_inputs


@pytest.fixture(scope="session")
def kept(tmp_path_factory, finished_run):
    """A finished tree that still has its temporary files; tests leave it as they find it."""
    from trees import TEMPORARY, copy_tree

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
