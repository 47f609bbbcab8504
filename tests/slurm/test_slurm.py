"""`snakemake --profile slurm` on a real Slurm: the whole run, and what is killed or cut off on it."""

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from checkouts import MINI, assert_nothing_left_open, copy_checkout, run_snakemake, snakemake_environment
from cluster import Cluster, missing_commands

# What a site would put into its profile; the waits are those of a test.
SITE = (
    "--default-resources", "slurm_account=lab", "slurm_partition=main", "mem_mb=2000", "runtime=60",
    "slurm_extra=\"'--signal=TERM@120'\"", "--latency-wait", "10", "--max-jobs-per-timespan", "100/1s",
    "--slurm-init-seconds-before-status-checks", "1", "--cores", "2",
)  # fmt: skip
SAME = (
    "dataset/tasks.tsv",
    "comparison/strategies.tsv",
    "comparison/gains.tsv",
    "groupings/kmeans/seed1/groups.tsv",
)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """Two nodes of two processors each."""
    if os.getuid() != 0:
        pytest.skip("Slurm's daemons need root")
    missing = missing_commands()
    if missing:
        pytest.skip(
            f"not installed: {', '.join(missing)}; setup/setup.sh slurm installs Slurm as root on Debian"
        )
    here = Cluster(tmp_path_factory.mktemp("slurm"))
    try:
        here.start()
        yield here
    finally:
        here.stop()


@pytest.fixture
def slurm_environment(cluster):
    """Environment of a login node of the cluster."""
    return snakemake_environment(cluster.environment)


def submitted(log: str) -> int:
    return len(re.findall(r"has been submitted with SLURM jobid \d+", log))


def test_the_whole_run_on_slurm_equals_the_local_one(cluster, slurm_environment, finished_mini, tmp_path):
    folder = copy_checkout(tmp_path / "checkout")
    report = tmp_path / "efficiency"  # a folder
    run = subprocess.run(
        [sys.executable, "-m", "snakemake", "--profile", "slurm", *SITE, "--slurm-efficiency-report",
         "--slurm-efficiency-report-path", str(report), "--configfile", MINI],
        cwd=folder, env=slurm_environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    log = run.stdout + run.stderr
    assert run.returncode == 0, log[-6000:]
    assert_nothing_left_open(folder, log)
    jobs = int(re.search(r"^total\s+(\d+)", log, re.MULTILINE)[1])
    sent = submitted(log)
    print(f"\n{jobs} jobs of the workflow in {sent} jobs of the cluster")
    assert 0 < sent < jobs
    for name in SAME:
        assert (folder / "results" / name).read_bytes() == (finished_mini / "results" / name).read_bytes(), (
            name
        )
    assert (folder / "results/report/report.html").stat().st_size > 100_000
    table = next(path for path in sorted(report.rglob("*.csv")) if path.is_file())
    with open(table, newline="") as handle:
        rows = list(csv.DictReader(handle))
    print(table.read_text())
    assert rows

    again = subprocess.run(
        [sys.executable, "-m", "snakemake", "--profile", "slurm", *SITE, "-n", "--configfile", MINI],
        cwd=folder, env=slurm_environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "Nothing to be done" in again.stdout + again.stderr


def test_a_precision_left_open_is_measured_on_a_node_and_read_by_the_others(
    cluster, slurm_environment, finished_mini, tmp_path
):
    folder = tmp_path / "auto"
    shutil.copytree(finished_mini, folder, symlinks=True)
    shutil.rmtree(folder / "results/calibration")
    (folder / "auto.yaml").write_text("training: {precision: auto, layout: auto}\n")
    run = subprocess.run(
        [sys.executable, "-m", "snakemake", "--profile", "slurm", *SITE, MODEL, "--configfile", MINI, "auto.yaml"],
        cwd=folder, env=slurm_environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    log = run.stdout + run.stderr
    assert run.returncode == 0, log[-6000:]
    chosen = json.loads((folder / "results/calibration/cpu.json").read_text())["precision"]
    trained = (folder / "results/logs/train_pack/SMTL.seed1.pack0.log").read_text()
    assert f"device cpu, {chosen}, layout" in trained


# A training that lasts for some seconds, with a checkpoint every second.
LONG = """\
training: {max_steps: 2000, validate_every: 500}
running: {checkpoint_seconds: 1}
"""
MODEL = "results/models/SMTL/seed1/pack0.safetensors"
TRAINING = (MODEL, "--configfile", MINI, "long.yaml")


def copy_finished(finished: Path, target: Path) -> Path:
    """A finished tree in which the network of all tasks is to be trained again, for longer."""
    shutil.copytree(finished, target, symlinks=True)
    (target / "long.yaml").write_text(LONG)
    return target


@pytest.fixture(scope="session")
def undisturbed(finished_mini, tmp_path_factory) -> bytes:
    """The model that the long training makes when nothing happens to it."""
    folder = copy_finished(finished_mini, tmp_path_factory.mktemp("undisturbed") / "run")
    run_snakemake(folder, "-c1", *TRAINING)
    return (folder / MODEL).read_bytes()


def wait_until(ready: Callable[[], object], process: subprocess.Popen, seconds: float = 300) -> None:
    """Wait until something is so; fail when the run ends before, or nothing happens for long."""
    end = time.monotonic() + seconds
    while not ready():
        assert process.poll() is None, "the run ended before"
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)


class Training:
    """The training of a tree copied from a finished one, as a job of the cluster."""

    def __init__(self, cluster: Cluster, folder: Path, process: subprocess.Popen) -> None:
        self.cluster, self.folder, self.process = cluster, folder, process

    def said(self) -> str:
        return (self.folder / "said.txt").read_text(errors="replace")

    def wait_for_checkpoint(self) -> None:
        """Until a checkpoint is there, newer than the training's log."""
        checkpoints = self.folder / "results/checkpoints"
        wait_until(lambda: list(checkpoints.glob("[!.]*.pt")), self.process)

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
        """The end of the run: what Snakemake said, and the log of the training that made the model."""
        assert self.process.wait() == 0, self.said()[-6000:]
        assert_nothing_left_open(self.folder, self.said())
        return (self.folder / "results/logs/train_pack/SMTL.seed1.pack0.log").read_text()


@contextmanager
def training(cluster: Cluster, environment: dict, finished: Path, target: Path):
    """The long training, started as a job of the cluster in a copy of a finished tree."""
    folder = copy_finished(finished, target)
    with open(folder / "said.txt", "w") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "snakemake", "--profile", "slurm", *SITE, *TRAINING],
            cwd=folder, env=environment, stdout=said, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        yield Training(cluster, folder, process)
    finally:
        process.terminate()
        process.wait()


def assert_gone_on(log: str, folder: Path, undisturbed: bytes) -> None:
    """The last training went on from a checkpoint, and made the bits of one that nothing happened to."""
    gone_on = re.search(r"goes on from step ([\d,]+) of the checkpoint", log)
    assert gone_on and int(gone_on[1].replace(",", "")) > 0, log
    assert (folder / MODEL).read_bytes() == undisturbed
    assert not list((folder / "results/checkpoints").glob("*.pt"))


def test_a_requeued_training_goes_on_from_its_checkpoint(
    cluster, slurm_environment, finished_mini, undisturbed, tmp_path
):
    with training(cluster, slurm_environment, finished_mini, tmp_path / "run") as run:
        run.wait_for_checkpoint()
        cluster.run("scontrol", "requeue", run.job())
        log = run.finish()
        assert submitted(run.said()) == 1
        assert_gone_on(log, run.folder, undisturbed)


def test_a_training_whose_time_is_over_goes_on_from_its_checkpoint(
    cluster, slurm_environment, finished_mini, undisturbed, tmp_path
):
    """Slurm sends SIGTERM ahead of the limit; the job writes a checkpoint and ends, and its next attempt goes on."""
    with training(cluster, slurm_environment, finished_mini, tmp_path / "run") as run:
        run.wait_for_checkpoint()
        pid = run.pid()
        os.kill(pid, signal.SIGSTOP)  # however fast the machine is, it still trains when the signal comes
        cluster.run("scontrol", "update", f"JobId={run.job()}", "TimeLimit=2")

        def warned() -> bool:
            try:
                status = Path(f"/proc/{pid}/status").read_text()
            except FileNotFoundError:
                return True  # Slurm let it go on to end in order
            bits = re.findall(r"^S[hi][dg]Pnd:\s+(\w+)$", status, re.MULTILINE)
            return any(int(mask, 16) >> (signal.SIGTERM - 1) & 1 for mask in bits)

        wait_until(warned, run.process)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
        log = run.finish()
        assert submitted(run.said()) == 2
        assert_gone_on(log, run.folder, undisturbed)


def test_a_training_whose_node_goes_down_goes_on_elsewhere(
    cluster, slurm_environment, finished_mini, undisturbed, tmp_path
):
    """A power cut: all that the node runs ends at once, and Slurm sees the node no more."""
    with training(cluster, slurm_environment, finished_mini, tmp_path / "run") as run:
        run.wait_for_checkpoint()
        node = run.node()
        cluster.kill_node(node)
        try:
            cluster.run("scontrol", "update", f"NodeName={node}", "State=DOWN", "Reason=test")
            log = run.finish()
        finally:
            cluster.bring_back(node)
        assert_gone_on(log, run.folder, undisturbed)
