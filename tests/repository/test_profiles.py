"""Examples of profiles: YAML whose commands name nothing that a job does not have."""

import re
import subprocess
import sys

import pytest
import yaml
from snakemake_executor_plugin_slurm.partitions import read_partition_file

from checkouts import EVERYTHING, MINI, REPOSITORY, copy_checkout, run_snakemake
from slurm_profile import take_away_marks

EXAMPLES = re.findall(r"```yaml\n(.*?)```", (REPOSITORY / "docs/guide/cluster.md").read_text(), re.DOTALL)


def rules():
    """Text of each rule by its name."""
    found = {}
    for path in (REPOSITORY / "workflow/rules").glob("*.smk"):
        parts = re.split(r"^ *rule (\w+):$", path.read_text(), flags=re.MULTILINE)
        found |= dict(zip(parts[1::2], parts[2::2], strict=True))
    return found


def test_memory_and_time_grow_with_each_attempt():
    """Time not where a job goes on from where it was: a day is the most that many partitions give."""
    constant = {}
    working = {name: body for name, body in rules().items() if "    resources:\n" in body}
    for what in ("mem_mb", "runtime"):
        stated = rf"^ +(?:{what}=|\*\*by_attempt\(.*\b{what}=).*$"
        lines = {name: re.findall(stated, body, re.MULTILINE) for name, body in working.items()}
        assert {name for name, found in lines.items() if len(found) != 1} == set(), what
        constant[what] = {name for name, (line,) in lines.items() if "attempt" not in line}
    assert len(working) > 60
    assert constant == {
        "mem_mb": set(),
        "runtime": {"train_pack", "run_trials", "train_full_length", "fetch_file"},
    }


def test_there_is_one_of_each():
    executors = [yaml.safe_load(text)["executor"] for text in EXAMPLES]
    assert executors == ["cluster-generic", "cluster-generic", "kubernetes"]


@pytest.mark.parametrize("text", EXAMPLES, ids=["PBS", "LSF", "Kubernetes"])
def test_every_field_of_a_command_is_had_by_every_job(text):
    profile = yaml.safe_load(text)
    defaults = dict(entry.split("=") for entry in profile["default-resources"])
    fields = set(re.findall(r"\{([\w.]+)\}", profile.get("cluster-generic-submit-cmd", "")))
    assert fields <= {"rule", "threads"} | {f"resources.{name}" for name in defaults}
    assert defaults.keys() >= {"mem_mb", "runtime"}


def test_rules_of_the_gpu_that_the_profiles_name_are_those_that_ask_for_one():
    """The block of the Slurm profile that gives them a partition."""
    asking = {name for name, body in rules().items() if re.search(r"^ +gpu=", body, re.MULTILINE)}
    slurm = (REPOSITORY / "profiles/slurm/config.yaml").read_text()
    block = slurm[slurm.index("# set-resources:") :]
    named = set(re.findall(r"^#   (\w+): [&*]gpu", block, re.MULTILINE))
    assert named == asking


def test_what_the_slurm_profile_shows_is_taken_by_snakemake(tmp_path):
    """All lines at once but for the block of GPUs."""
    folder = copy_checkout(tmp_path)
    shown = re.findall(r"^ *# ([\w-]+): ", (folder / "profiles/slurm/config.yaml").read_text(), re.MULTILINE)
    assert {"slurm_account", "tmpdir", "slurm-qos", "slurm-partition-config"} <= set(shown)
    take_away_marks(folder, shown)
    run = run_snakemake(folder, "-n", "--profile", "slurm", "--configfile", MINI)
    asked = re.findall(r"^    resources: (.*)$", run.stdout, re.MULTILINE)
    assert asked and all("slurm_account=my_account" in line for line in asked)


def test_only_the_partition_with_gpus_takes_jobs_that_ask_for_one():
    """The example of `slurm-partition-config`, as Snakemake's plugin reads it."""
    partitions = read_partition_file(REPOSITORY / "profiles/slurm/partitions.yaml")
    assert {one.name: one.limits.max_gpu > 0 for one in partitions} == {"cpu": False, "gpu": True}
    assert {one.limits.max_runtime for one in partitions} == {24 * 60}, "minutes"


def test_gpus_in_a_partition_of_their_own_do_not_part_a_group(tmp_path):
    """Jobs that travel as one to the cluster must ask for the same partition."""
    folder = copy_checkout(tmp_path)
    (folder / "gpu.yaml").write_text("training: {device: cuda}\n")
    block = (folder / "profiles/slurm/config.yaml").read_text().split("# set-resources:")[1]
    on_gpu = re.findall(r"^#   (\w+): [&*]gpu", block, re.MULTILINE)
    run = run_snakemake(
        folder, "-n", "--profile", "slurm", "--configfile", *EVERYTHING, "gpu.yaml",
        "--default-resources", "slurm_partition=cpu", "mem_mb=2000", "runtime=60",
        "--set-resources", *(f"{rule}:slurm_partition=gpu" for rule in on_gpu),
    )  # fmt: skip
    groups = re.findall(r"Group job (\w+)", run.stdout)
    # Six strategies and an average; without their predictions the scores of the second evaluation regions stand alone.
    assert [groups.count(name) for name in ("report", "evaluation", "predictions")] == [1, 14, 6]


# Snakemake itself, which writes down what each group of jobs asks for.
GROUPS = """
import sys
from snakemake.cli import main
from snakemake.executors import dryrun
from snakemake.jobs import GroupJob

printed = dryrun.Executor.run_job
def run_job(self, job):
    if isinstance(job, GroupJob):
        print("asks", job.groupid, job.resources["runtime"], *sorted({one.rule.name for one in job}))
    printed(self, job)
dryrun.Executor.run_job = run_job
main(sys.argv[1:])
"""


@pytest.mark.parametrize("threads", [2, 8])
def test_what_travels_as_one_job_asks_for_a_day_at_most(tmp_path, threads):
    """Snakemake adds up the time of the stages of a group; a partition with a day's limit takes no more."""
    folder = copy_checkout(tmp_path)
    (folder / "threads.yaml").write_text(f"reads: {{threads: {threads}}}\n")
    run = subprocess.run(
        [sys.executable, "-c", GROUPS, "-n", "--profile", "slurm", "--configfile", *EVERYTHING, "threads.yaml"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    asked = [line.split()[1:] for line in run.stdout.splitlines() if line.startswith("asks ")]
    longest = {name: max(int(minutes) for group, minutes, *_ in asked if group == name) for name, *_ in asked}
    assert longest.keys() == {"reads", "peaks", "evaluation", "report"}, run.stdout + run.stderr
    assert max(longest.values()) <= 24 * 60, longest
    reads = max((one for one in asked if one[0] == "reads"), key=len)
    assert {"check_fastq", "trim_reads", "align_reads", "filter_alignments", "pool_replicates"} <= set(reads)
    # Jobs of several replicates that have no room side by side come one after the other.
    assert longest["reads"] >= 30 + 120 + {2: 960, 8: 300}[threads] + 120 + 60 + 60
