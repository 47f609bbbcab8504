"""What the plan says of disk and files, against what lies in finished trees."""

import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
import yaml

from checkouts import MINI, run_snakemake, snakemake_environment
from epigroup.config.settings import complete_config
from epigroup.plan.plan import make_plan
from epigroup.run.facts import Run, open_run
from everything_config import laid_over

# Of what is kept: where it lies, and how many times as much the plan may say.
KEPT = {
    "genome": (["genome/genome.h5", "genome/genome.fa"], 1.1),
    "bowtie2 index": (["genome/index/*"], 1.1),
    # the pool of one replicate is a link to it, where the tree was not copied
    "alignments": (["alignments/*.rep*.bam"], 1.6),
    "labels": (["dataset/shards/*.h5"], 5),
    "models": (["models/*/*/*.safetensors"], 3),
    "scores": (["evaluation/*/*/blocks.h5", "baselines/*/blocks.h5"], 20),  # of few blocks
}
# Of what goes in passing: all jobs together.
PASSING = {
    "trimmed reads": (["reads/*.fastq.gz"], 1.6),
    "marked alignments": (["alignments/*.marked.bam"], 1.6),
    "signals": (["signals/*.bedGraph"], 3),
    "predictions": (["predictions/*/*/*.h5", "baselines/*/validation.h5", "baselines/*/test.h5"], 5),
}


def run_of(folder: Path, monkeypatch, **changed) -> Run:
    """The run of the tests' one-minute config in a folder, with changes; its plan looks at the files that are there."""
    monkeypatch.chdir(folder)
    return open_run(complete_config(laid_over(yaml.safe_load(Path(MINI).read_text()), changed)))


def bytes_of(results: Path, patterns: Iterable[str]) -> int:
    """Bytes of files together."""
    files = [path for one in patterns for path in results.glob(one)]
    assert files, patterns
    return sum(path.stat().st_size for path in files)


def files_in(folder: Path) -> int:
    return sum(path.is_file() for path in folder.rglob("*"))


def test_a_finished_tree_has_the_files_of_the_plan(finished_mini, monkeypatch):
    plan = make_plan(run_of(finished_mini, monkeypatch))
    results = finished_mini / "results"
    measured = files_in(results / "calibration/processors")
    assert files_in(results) == plan.files.outputs + plan.files.logs + measured + 1
    assert measured <= plan.files.measured
    assert (finished_mini / "results/provenance.jsonl.gz").is_file()
    assert sum(one.kept + one.passing for one in plan.rules) == files_in(
        finished_mini / ".snakemake/metadata"
    )
    logs = files_in(finished_mini / ".snakemake/log")
    assert (
        plan.files.snakemake - 2
        <= files_in(finished_mini / ".snakemake") - (logs - 1)
        <= plan.files.snakemake
    )


@pytest.mark.parametrize("what", KEPT)
def test_what_is_kept_is_bounded_and_not_by_far(finished_mini, monkeypatch, what):
    plan = make_plan(run_of(finished_mini, monkeypatch))
    patterns, times = KEPT[what]
    there = bytes_of(finished_mini / "results", patterns)
    planned = next(one.kept for one in plan.disk.rows if one.what == what)
    assert there <= planned <= times * there


def test_what_goes_in_passing_is_bounded_and_not_by_far(finished_mini, monkeypatch, tmp_path):
    folder = shutil.copytree(finished_mini, tmp_path / "run", symlinks=True)
    (folder / "more.yaml").write_text("peaks: {signal: true}\n")
    run = run_of(folder, monkeypatch, peaks={"signal": True})
    plan = make_plan(run)
    wanted = [f"results/predictions/{name}/seed{seed}/test.h5" for name, seed in run.trained_runs()]
    wanted += [f"results/baselines/{name}/test.h5" for name in run.baselines]
    wanted += [f"results/alignments/{name}.rep1.marked.bam" for name in run.from_reads]
    run_snakemake(folder, "-c2", "--notemp", *wanted, "--configfile", MINI, "more.yaml")
    # MACS leaves files open, which is not ours to mend: without the warnings that run_snakemake asks for.
    command = [
        sys.executable,
        "-m",
        "snakemake",
        "-c2",
        "--notemp",
        "--configfile",
        MINI,
        "more.yaml",
        "--",
        "signals",
    ]
    environment = {**snakemake_environment(), "PYTHONWARNINGS": "ignore"}
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    for what, (patterns, times) in PASSING.items():
        there = bytes_of(folder / "results", patterns)
        planned = next(one.at_once for one in plan.disk.rows if one.what == what)
        assert there <= planned <= times * there, what
    assert plan.disk.largest < plan.disk.passing
