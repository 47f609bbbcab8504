"""Results trees that faults are tried on: what must be equal, running jobs found by their logs, damage done."""

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

MINI = "tests/mini/config.yaml"
# Whatever depends on nothing but the inputs; not logs, pages with dates, tables with seconds.
RESULTS_OF_A_RUN = (
    "genome/genome.h5", "genome/chrom.sizes", "genome/contigs.tsv", "peaks/called/*", "peaks/standard/*", "dataset/**/*",
    "models/**/*.safetensors", "heads/**/*", "groupings/**/groups.tsv", "evaluation/**/*", "comparison/*",
    "all_mappable/**/*",
)  # fmt: skip


WITH_SECONDS = ("costs.tsv", "measures.json")


def contents(results: Path) -> dict[str, bytes]:
    """Path below the results: bytes, of all files that an undisturbed run always makes the same."""
    found = {path for pattern in RESULTS_OF_A_RUN for path in results.glob(pattern) if path.is_file()}
    found = {path for path in found if path.name not in WITH_SECONDS and ".partial" not in path.name}
    return {str(path.relative_to(results)): path.read_bytes() for path in sorted(found)}


def assert_same(results: Path, undisturbed: Path) -> None:
    """The same files with the same bytes."""
    here, there = contents(results), contents(undisturbed)
    assert sorted(here) == sorted(there)
    assert [name for name in here if here[name] != there[name]] == []
    assert len(here) > 40


def left_over(results: Path) -> list[Path]:
    """Files of a name that says they are half-written."""
    return [path for path in results.rglob("*") if ".partial" in path.name]


def start_snakemake(folder: Path, *words: str, **options) -> subprocess.Popen:
    """Snakemake as a user types it, in a process group of its own, its words in `said.txt`."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    with open(folder / "said.txt", "w") as said:
        return subprocess.Popen(
            [sys.executable, "-m", "snakemake", *words, "--configfile", MINI],
            cwd=folder, stdout=said, stderr=subprocess.STDOUT, env=environment, start_new_session=True, **options,
        )  # fmt: skip


def said(folder: Path) -> str:
    return (folder / "said.txt").read_text(errors="replace")


def children(pid: int) -> Iterator[int]:
    """All processes below one."""
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield int(child)
                yield from children(int(child))
    except OSError:
        return


def holders(pid: int, path: Path) -> list[int]:
    """Processes below `pid` that hold a file open."""
    found = []
    for child in children(pid):
        try:
            if any(os.readlink(one) == str(path) for one in Path(f"/proc/{child}/fd").iterdir()):
                found.append(child)
        except OSError:
            continue
    return found


class Killer(threading.Thread):
    """Kill with SIGKILL a process of the first job of every rule, a moment after its log appears."""

    def __init__(self, folder: Path, pid: int, seed: int) -> None:
        super().__init__(daemon=True)
        self.logs, self.pid = folder.resolve() / "results" / "logs", pid
        self.random = random.Random(seed)
        self.killed: dict[str, str] = {}
        self.seen = {path: path.stat().st_mtime_ns for path in self.logs.rglob("*.log")}
        self.done = threading.Event()

    def run(self) -> None:
        while not self.done.is_set():
            for log in self.logs.rglob("*.log"):
                rule = log.relative_to(self.logs).parts[0].removesuffix(".log")
                try:
                    date = log.stat().st_mtime_ns
                except FileNotFoundError:
                    continue
                if rule in self.killed or self.seen.get(log) == date:
                    continue
                time.sleep(self.random.choice([0, 0, 0.02, 0.1]))
                running = holders(self.pid, log)
                if not running:
                    self.seen[log] = date
                    continue
                victim = self.random.choice(running)
                try:
                    os.kill(victim, signal.SIGKILL)
                    self.killed[rule] = log.name
                except ProcessLookupError:
                    continue
            time.sleep(0.03)


def wait_for(condition: Callable[[], bool], process: subprocess.Popen | None = None, seconds: float = 300) -> None:
    """Wait until something is so; fail when the process ends before, or nothing happens for long."""
    end = time.monotonic() + seconds
    while not condition():
        assert process is None or process.poll() is None, "the process ended before"
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.01)


@contextmanager
def damaged(path: Path, change: Callable[[bytes], bytes]) -> Iterator[None]:
    """The file with other bytes under its own name and date; as it was again afterwards."""
    kept, dates = path.with_name(f"kept.{path.name}"), path.stat()
    data = path.read_bytes()
    path.rename(kept)
    try:
        path.write_bytes(change(data))
        os.utime(path, ns=(dates.st_atime_ns, dates.st_mtime_ns))
        yield
    finally:
        path.unlink(missing_ok=True)
        kept.rename(path)


@contextmanager
def restored(folder: Path) -> Iterator[None]:
    """Results and Snakemake's own records as they are now, again afterwards."""
    spare = folder.with_name(f"{folder.name}.spare")
    for name in ("results", ".snakemake"):
        copy_tree(folder / name, spare / name)
    try:
        yield
    finally:
        for name in ("results", ".snakemake"):
            shutil.rmtree(folder / name)
            (spare / name).rename(folder / name)
        shutil.rmtree(spare)


def copy_tree(source: Path, target: Path) -> Path:
    """A copy of a finished checkout with all dates."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(source, target, symlinks=True, copy_function=shutil.copy2)
    return target
