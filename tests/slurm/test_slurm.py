"""`snakemake --profile slurm` on a real Slurm, with the lines of the profile that a site takes the # from: the whole
run, and a job that asks for a GPU. And arrays, which the profile warns of."""

import csv
import json
import re
import shutil
import subprocess
import sys

from checkouts import MINI, assert_nothing_left_open, copy_checkout
from cluster import QOS
from cluster_training import MODEL, WAITS
from slurm_profile import take_away_marks

SITE = (
    "slurm_account", "slurm-qos", "slurm-partition-config", "slurm-efficiency-report", "slurm-efficiency-report-path",
)  # fmt: skip
SAME = (
    "dataset/tasks.tsv",
    "comparison/strategies.tsv",
    "comparison/gains.tsv",
    "groupings/kmeans/seed1/groups.tsv",
)


def snakemake(folder, environment, *words):
    """`snakemake --profile slurm` of a checkout, whether it ends well or not, and what it said."""
    run = subprocess.run(
        [sys.executable, "-m", "snakemake", "--profile", "slurm", *WAITS, *words],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return run.returncode, run.stdout + run.stderr


def jobs_of(cluster, log):
    """What Slurm kept of the jobs of a run: by comment, which names rule and wildcards, QoS, partition and state."""
    name = re.search(r"^SLURM run ID: (\S+)$", log, re.MULTILINE)[1]
    rows = cluster.run(
        "sacct", "--allocations", "--noheader", "--parsable2", f"--name={name}",
        "--format=Comment,QOS,Partition,State",
    )  # fmt: skip
    return [row.split("|") for row in rows.splitlines()]


def test_the_whole_run_on_slurm_equals_the_local_one(cluster, slurm_environment, finished_mini, tmp_path):
    folder = copy_checkout(tmp_path / "checkout")
    take_away_marks(folder, SITE)
    code, log = snakemake(folder, slurm_environment, "--configfile", MINI)
    assert code == 0, log[-6000:]
    assert_nothing_left_open(folder, log)
    jobs = int(re.search(r"^total\s+(\d+)", log, re.MULTILINE)[1])
    sent = jobs_of(cluster, log)
    print(f"\n{jobs} jobs of the workflow in {len(sent)} jobs of the cluster")
    assert 0 < len(sent) < jobs
    assert {tuple(row) for _, *row in sent} == {(QOS, "cpu", "COMPLETED")}
    for name in SAME:
        assert (folder / "results" / name).read_bytes() == (finished_mini / "results" / name).read_bytes(), (
            name
        )
    assert (folder / "results/report/report.html").stat().st_size > 100_000

    (table,) = (folder / "logs/slurm").glob("efficiency_report_*.csv")
    with open(table, newline="") as handle:
        rows = list(csv.DictReader(handle))
    # What docs/guide/cluster.md says of it.
    assert sorted(row["RuleName"] for row in rows) == sorted(comment for comment, *_ in sent)
    assert all(float(row["MaxRSS_MB"]) > 0 for row in rows if float(row["Elapsed_sec"]) > 10)
    assert all(float(row["RequestedMem_MB"]) >= 500 and float(row["TotalCPU_sec"]) > 0 for row in rows)

    code, log = snakemake(folder, slurm_environment, "-n", "--configfile", MINI)
    assert code == 0 and "Nothing to be done" in log


def test_a_precision_left_open_is_measured_on_a_node_with_a_gpu_and_read_by_the_others(
    cluster, slurm_environment, finished_mini, tmp_path
):
    """The machine has no GPU: what asks for one measures on the processor of the node where Slurm counts one."""
    folder = tmp_path / "auto"
    shutil.copytree(finished_mini, folder, symlinks=True)
    shutil.rmtree(folder / "results/calibration")
    (folder / "auto.yaml").write_text("training: {precision: auto, layout: auto}\n")
    take_away_marks(folder, SITE)
    code, log = snakemake(
        folder, slurm_environment, MODEL, "--set-resources", "choose_precision:gpu=1",
        "--configfile", MINI, "auto.yaml",
    )  # fmt: skip
    assert code == 0, log[-6000:]
    partitions = {comment.split("_wildcards_")[0]: where for comment, _, where, _ in jobs_of(cluster, log)}
    assert partitions == {"rule_choose_precision": "gpu", "rule_train_pack": "cpu"}
    chosen = json.loads((folder / "results/calibration/cpu.json").read_text())["precision"]
    trained = (folder / "results/logs/train_pack/SMTL.seed1.pack0.log").read_text()
    assert f"device cpu, {chosen}, layout" in trained


# Two jobs, of which the first of the array takes longer.
ARRAY = """\
rule all:
    input: "a.txt", "b.txt"

rule work:
    output: "{name}.txt"
    resources: mem_mb=500, runtime=2, slurm_account="my_account"
    shell: '[ $SLURM_ARRAY_TASK_ID != 1 ] || sleep 15 ; touch {output} task$SLURM_ARRAY_TASK_ID'
"""


def test_an_array_calls_a_job_failed_that_did_its_work(cluster, slurm_environment, tmp_path):
    """Why the profile says not to set `slurm-array-jobs`. Once this fails, the plugin has been mended."""
    (tmp_path / "Snakefile").write_text(ARRAY)
    run = subprocess.run(
        [sys.executable, "-m", "snakemake", "--executor", "slurm", "--slurm-array-jobs", "work", "--jobs", "2",
         "--latency-wait", "2", "--slurm-init-seconds-before-status-checks", "1"],
        cwd=tmp_path, env=slurm_environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    log = run.stdout + run.stderr
    array = re.search(r"^Submitted array job .* SLURM job ID (\d+)", log, re.MULTILINE)[1]
    assert run.returncode != 0 and f"SLURM-job '{array}_2' failed" in log, log
    assert (tmp_path / "task2").exists(), "it ran to its end"
    said = (tmp_path / f".snakemake/slurm_logs/rule_work/{array}_2.log").read_text()
    assert "MissingOutputException" in said
