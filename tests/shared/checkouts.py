"""The checkout under test, copies of it that a test may edit, and Snakemake run in one as a user types it."""

import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
WORKFLOW = REPOSITORY / "workflow"
# Folders on the path of Python: what the package lies in, and what tests share.
LIBRARY, SHARED = WORKFLOW / "scripts", REPOSITORY / "tests" / "shared"

MINI = "tests/mini/config.yaml"
EVERYTHING = (MINI, "tests/mini/everything.yaml")


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
    return take_digests(target)


def take_digests(folder: Path) -> Path:
    """Spare the runs in a folder the seconds that digests of code take: those that runs in this checkout worked out are
    believed for the very bytes that they were made from."""
    known = REPOSITORY / ".snakemake" / "code_digests.json"
    with suppress(FileNotFoundError):
        (folder / ".snakemake").mkdir(exist_ok=True)
        shutil.copyfile(known, folder / ".snakemake" / known.name)
    return folder


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


def job_counts(said: str) -> dict[str, int]:
    """Jobs by rule, `total` too, of the first table in what a run or a dry run said; empty without a table."""
    table = re.search(r"^Job stats:\n.*?\n\n", said, re.MULTILINE | re.DOTALL)
    return {
        name: int(n) for name, n in re.findall(r"^(\w+) +(\d+)$", table[0] if table else "", re.MULTILINE)
    }


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
