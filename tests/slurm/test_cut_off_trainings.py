"""Trainings on a real Slurm that Slurm cuts off, or a power cut, or their users: all go on from a checkpoint."""

import os
import re
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from cluster_training import assert_gone_on, submitted, training, wait_until


def test_a_requeued_training_goes_on_from_its_checkpoint(
    cluster, slurm_environment, finished_mini, undisturbed, tmp_path
):
    """In a temporary folder of its own on the node, which both starts of the job have."""
    scratch = tmp_path / "scratch"
    with training(
        cluster,
        slurm_environment,
        finished_mini,
        tmp_path / "run",
        ["tmpdir"],
        {"tmpdir": ("/scratch", str(scratch))},
    ) as run:
        run.wait_for_checkpoint()
        own = scratch / run.job()
        assert f"TMPDIR={own}" in Path(f"/proc/{run.pid()}/environ").read_text().split("\0")
        assert own.is_dir()
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


def test_a_training_that_outlived_its_snakemake_is_cancelled_and_gone_on_with(
    cluster, slurm_environment, finished_mini, undisturbed, tmp_path
):
    """SIGKILL of Snakemake on the login node, then what docs/guide/cluster.md tells to do."""
    with training(cluster, slurm_environment, finished_mini, tmp_path / "run") as run:
        run.wait_for_checkpoint()
        pid = run.pid()
        os.kill(pid, signal.SIGSTOP)  # however fast the machine is, it still trains when it is cancelled
        run.process.kill()
        run.process.wait()

        orphan = ("squeue", "--me", f"--name={run.name()}", "--noheader", "--format=%T %k")
        assert cluster.run(*orphan).strip() == "RUNNING rule_train_pack_wildcards_SMTL_1_0"
        again = subprocess.run(
            run.command, cwd=run.folder, env=run.environment, capture_output=True, text=True, check=False
        )
        assert again.returncode != 0 and "LockException" in again.stderr and "--unlock" in again.stderr
        assert cluster.run(*orphan).startswith("RUNNING"), "nothing ends it by itself"

        cluster.run("scancel", "--me", f"--name={run.name()}")
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
        cluster.until("the job's end", lambda: not cluster.run(*orphan))
        subprocess.run([*run.command, "--unlock"], cwd=run.folder, env=run.environment, check=True)
        run.start()
        log = run.finish()
        assert submitted(run.said()) == 1
        assert_gone_on(log, run.folder, undisturbed)
