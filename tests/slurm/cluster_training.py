"""A training of some seconds as a job of the cluster, which tests disturb, and what must come of it."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from checkouts import MINI, assert_nothing_left_open
from cluster import Cluster
from slurm_profile import take_away_marks

# The waits of a test, and the processors of a node.
WAITS = (
    "--latency-wait", "10", "--max-jobs-per-timespan", "100/1s",
    "--slurm-init-seconds-before-status-checks", "1", "--cores", "2",
)  # fmt: skip
# A checkpoint every second.
LONG = """\
training: {max_steps: 2000, validate_every: 500}
running: {checkpoint_seconds: 1}
"""
MODEL = "results/models/SMTL/seed1/pack0.safetensors"
TRAINING = (MODEL, "--configfile", MINI, "long.yaml")


def copy_finished(finished: Path, target: Path) -> Path:
    """A finished tree in which the networks are to be trained again, for longer."""
    shutil.copytree(finished, target, symlinks=True)
    (target / "long.yaml").write_text(LONG)
    return target


def wait_until(ready: Callable[[], object], process: subprocess.Popen, seconds: float = 300) -> None:
    """Wait until something is so; fail when the run ends before, or nothing happens for long."""
    end = time.monotonic() + seconds
    while not ready():
        assert process.poll() is None, "the run ended before"
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)


def submitted(log: str) -> int:
    """How many jobs a run has sent to the cluster, by what it said."""
    return len(re.findall(r"has been submitted with SLURM jobid \d+", log))


class Training:
    """The long training of a tree copied from a finished one, by a Snakemake that sends it to the cluster."""

    def __init__(self, cluster: Cluster, environment: dict[str, str], folder: Path) -> None:
        self.cluster, self.environment, self.folder = cluster, environment, folder
        self.command = [sys.executable, "-m", "snakemake", "--profile", "slurm", *WAITS, *TRAINING]
        self.start()

    def start(self) -> None:
        with open(self.folder / "said.txt", "w") as said:
            self.process = subprocess.Popen(
                self.command, cwd=self.folder, env=self.environment, stdout=said, stderr=subprocess.STDOUT
            )

    def said(self) -> str:
        return (self.folder / "said.txt").read_text(errors="replace")

    def wait_for_checkpoint(self) -> None:
        """Until a checkpoint is there, newer than the training's log."""
        checkpoints = self.folder / "results/checkpoints"
        wait_until(lambda: list(checkpoints.glob("[!.]*.pt")), self.process)

    def name(self) -> str:
        """Name of all the run's jobs in Slurm."""
        return re.findall(r"^SLURM run ID: (\S+)$", self.said(), re.MULTILINE)[-1]

    def job(self) -> str:
        """Number that Slurm gave the job."""
        return re.findall(r"SLURM jobid (\d+)", self.said())[-1]

    def node(self) -> str:
        """The node that the job runs on."""
        return self.cluster.run("squeue", "--noheader", f"--job={self.job()}", "--format=%N").strip()

    def pid(self) -> int:
        """The python that trains."""
        script, here = b".train_pack.py", str(self.folder).encode()
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                words = (folder / "cmdline").read_bytes()
                if script in words and os.readlink(folder / "cwd").encode() == here:
                    return int(folder.name)
            except (FileNotFoundError, ProcessLookupError):
                continue
        raise AssertionError("no training runs")

    def finish(self) -> str:
        """The end of the run: the log of the training that made the model."""
        assert self.process.wait() == 0, self.said()[-6000:]
        assert_nothing_left_open(self.folder, self.said())
        return (self.folder / "results/logs/train_pack/SMTL.seed1.pack0.log").read_text()


@contextmanager
def training(
    cluster: Cluster,
    environment: dict[str, str],
    finished: Path,
    target: Path,
    shown: Collection[str] = (),
    instead: Mapping[str, tuple[str, str]] | None = None,
) -> Iterator[Training]:
    """The long training, started as a job of the cluster in a copy of a finished tree; `shown` and `instead` as in
    `take_away_marks`, beside account and partition."""
    folder = copy_finished(finished, target)
    take_away_marks(folder, ["slurm_account", "slurm_partition", *shown], instead)
    run = Training(cluster, environment, folder)
    try:
        yield run
    finally:
        run.process.terminate()
        run.process.wait()


def assert_gone_on(log: str, folder: Path, undisturbed: bytes) -> None:
    """The last training went on from a checkpoint, and made the bits of one that nothing happened to."""
    gone_on = re.search(r"goes on from step ([\d,]+) of the checkpoint", log)
    assert gone_on and int(gone_on[1].replace(",", "")) > 0, log
    assert (folder / MODEL).read_bytes() == undisturbed
    assert not list((folder / "results/checkpoints").glob("*.pt"))
