"""Results trees that faults are tried on: what must be equal, running jobs found by their logs, damage done."""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from checkouts import EVERYTHING, snakemake_environment

# Whatever depends on nothing but the inputs; not logs, pages with dates, tables with seconds.
RESULTS_OF_A_RUN = (
    "genome/genome.h5", "genome/chrom.sizes", "genome/contigs.tsv", "peaks/called/*", "peaks/standard/*",
    "dataset/**/*", "models/**/*.safetensors", "heads/**/*", "groupings/**/groups.tsv", "evaluation/**/*",
    "comparison/*", "all_mappable/**/*",
)  # fmt: skip
# Files that a run deletes when it needs them no more, and what they are made of: the newest date of it becomes theirs.
CHECKED = "quality/fastq/K562_ATAC.rep1.json"
TEMPORARY = {
    ("reads/K562_ATAC.rep1.fastq.gz",): [CHECKED],
    ("alignments/K562_ATAC.rep1.marked.bam",): [CHECKED, "genome/index/.snakemake_timestamp"],
    ("predictions/SMTL/seed1/test.h5", "predictions/SMTL/seed1/validation.h5"): [
        "models/SMTL/seed1/pack0.safetensors"
    ],
}
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
    with open(folder / "said.txt", "w") as said:
        return subprocess.Popen(
            [sys.executable, "-m", "snakemake", *words, "--configfile", *EVERYTHING],
            cwd=folder, stdout=said, stderr=subprocess.STDOUT, env=snakemake_environment(), process_group=0,
            **options,
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


def command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def rule_of(pid: int) -> str | None:
    """The rule that a process works for, by its script or by the log that its shell names."""
    words = command(pid)
    match = re.search(r"/scripts/tmp\w+\.(\w+)\.py", words) or re.search(r"results/logs/(\w+)[/.]", words)
    return match and match[1]


class Killer(threading.Thread):
    """Kill with SIGKILL a process of one job of every rule, some moments after it has started; within half a second
    of the rules `soon`, which have one short job each."""

    MOMENTS = (0.0, 0.2, 0.5, 1.0)

    def __init__(self, pid: int, seed: int, soon: Container[str] = ()) -> None:
        super().__init__(daemon=True)
        self.pid, self.random, self.soon = pid, random.Random(seed), soon
        self.killed: dict[str, float] = {}
        self.due: dict[int, tuple[str, float, float]] = {}
        self.done = threading.Event()

    def run(self) -> None:
        while not self.done.is_set():
            now = time.monotonic()
            there = list(children(self.pid))
            for pid in there:
                rule = rule_of(pid)
                if rule is None or rule in self.killed:
                    continue
                if pid not in self.due:
                    self.due[pid] = (rule, now, self.moment(rule, there))
                _, start, delay = self.due[pid]
                if now - start >= delay:
                    self.kill(self.random.choice([pid, *children(pid)]), rule, delay)
            time.sleep(0.02)

    def moment(self, rule: str, there: Sequence[int]) -> float:
        """Seconds after which a job is killed: fewer than those after which one of its rule had ended."""
        missed = [delay for pid, (of, _, delay) in self.due.items() if of == rule and pid not in there]
        most = min(missed, default=0.5 if rule in self.soon else 2.0)
        return self.random.choice([0.0, *(delay for delay in self.MOMENTS if 0 < delay < most)])

    def kill(self, pid: int, rule: str, delay: float) -> None:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        self.killed[rule] = delay


def wait_for(
    condition: Callable[[], bool], process: subprocess.Popen | None = None, seconds: float = 300
) -> None:
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
    """Results and Snakemake's own records as they are now, again afterwards.

    Results are kept as second names of the same files: jobs write new files and never into old ones.
    """
    spare = folder.with_name(f"{folder.name}.spare")
    copy_tree(folder / "results", spare / "results", os.link)
    copy_tree(folder / ".snakemake", spare / ".snakemake")
    try:
        yield
    finally:
        for name in ("results", ".snakemake"):
            shutil.rmtree(folder / name)
            (spare / name).rename(folder / name)
        spare.rmdir()


def copy_tree(source: Path, target: Path, copy: Callable = shutil.copy2) -> Path:
    """A copy of a finished checkout with all dates."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(source, target, symlinks=True, copy_function=copy)
    return target
