"""Clocks that jump and disks that are slow: the same files, and no job again without need."""

import os

import pytest

from checkouts import EVERYTHING, run_snakemake
from trees import assert_same, copy_tree

DAY = 86_400
# Made anew on a finished tree: peaks, shards and one training.
TARGETS = ("results/dataset/dataset.json", "results/models/SMTL/seed1/pack0.safetensors")
AGAIN = ("standardise_peaks", "make_shard", "train_pack")


@pytest.fixture
def tree(tmp_path, finished_run):
    return copy_tree(finished_run, tmp_path / "run")


def shift(folder, seconds):
    """Dates of all results as a clock would have given them that was so many seconds off."""
    for path in (folder / "results").rglob("*"):
        if path.is_file():
            date = path.stat().st_mtime + seconds
            os.utime(path, (date, date))


@pytest.mark.parametrize("seconds", [-50 * 365 * DAY, 10 * 365 * DAY], ids=["past", "future"])
def test_a_tree_made_with_a_wrong_clock_is_finished(tree, seconds):
    shift(tree, seconds)
    run = run_snakemake(tree, "-n", "--configfile", *EVERYTHING)
    assert "Nothing to be done" in run.stdout + run.stderr


@pytest.mark.parametrize("seconds", [DAY, -DAY], ids=["forwards", "backwards"])
def test_a_clock_that_jumped_between_two_jobs(tree, finished_run, seconds):
    """Forwards: an input is dated after what was made of it. Backwards: a result before its input."""
    name = "evaluation/STL/seed1/metrics.tsv" if seconds > 0 else "comparison/strategies.tsv"
    path = tree / "results" / name
    date = path.stat().st_mtime + seconds
    os.utime(path, (date, date))
    run = run_snakemake(tree, "-c2", "results/comparison/strategies.tsv", "--configfile", *EVERYTHING)
    assert "Nothing to be done" in run.stdout + run.stderr, "Snakemake knows small files by their checksums"
    assert_same(tree / "results", finished_run / "results")


def run_with(tree, shim, monkeypatch, **variables):
    monkeypatch.setenv("LD_PRELOAD", str(shim))
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    run_snakemake(tree, "-c2", *TARGETS, "--forcerun", *AGAIN, "--configfile", *EVERYTHING)


def test_a_clock_that_jumps_a_day_with_every_reading(tree, finished_run, shim, monkeypatch):
    before = (tree / TARGETS[1]).stat().st_mtime_ns
    run_with(tree, shim, monkeypatch, FAULT_CLOCK_JUMP=str(-DAY))
    assert (tree / TARGETS[1]).stat().st_mtime_ns > before, "it was made anew"
    assert_same(tree / "results", finished_run / "results")


def test_a_slow_file_system(tree, finished_run, shim, monkeypatch):
    """Ten milliseconds more for every file made, written, renamed or flushed."""
    before = (tree / TARGETS[1]).stat().st_mtime_ns
    run_with(tree, shim, monkeypatch, FAULT_SLOW_MICROSECONDS="10000")
    assert (tree / TARGETS[1]).stat().st_mtime_ns > before, "it was made anew"
    assert_same(tree / "results", finished_run / "results")


def test_the_shim_does_what_these_tests_trust(shim, monkeypatch, tmp_path):
    import subprocess
    import sys

    monkeypatch.setenv("LD_PRELOAD", str(shim))
    monkeypatch.setenv("FAULT_CLOCK_JUMP", "-86400")
    monkeypatch.setenv("FAULT_SLOW_MICROSECONDS", "10000")
    script = (
        "import os, sys, time\n"
        "print(max(abs(time.time() - time.time()) for _ in range(3)))\n"
        "start = time.monotonic()\n"
        "with open(sys.argv[1], 'wb', buffering=0) as handle:\n"
        "    for _ in range(20): handle.write(b'x')\n"
        "print(time.monotonic() - start)\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", script, tmp_path / "x"], capture_output=True, text=True, check=True
    )
    jump, slow = map(float, said.stdout.split())
    assert jump > DAY - 60 and slow > 0.2
