"""`snakemake --profile slurm` on a real Slurm: the whole run, and what is killed or cut off on it."""

import csv
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from cluster import Cluster, missing_commands

from conftest import MINI, copy_checkout

# What a site would put into its profile; the waits are those of a test.
SITE = (
    "--default-resources", "slurm_account=lab", "slurm_partition=main", "mem_mb=2000", "runtime=60",
    "slurm_extra=\"'--signal=TERM@120'\"", "--latency-wait", "10", "--max-jobs-per-timespan", "100/1s",
    "--slurm-init-seconds-before-status-checks", "5", "--seconds-between-status-checks", "2",
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
    return {
        **cluster.environment,
        "PATH": f"{Path(sys.executable).parent}:{cluster.environment['PATH']}",
        "OMP_NUM_THREADS": "1",
    }


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
