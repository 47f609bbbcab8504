"""Disks that are full or read-only: an error that says so, nothing under a final name, and a rerun that ends well."""

import contextlib
import os
import re
import resource
import shutil
import signal
import subprocess
import sys

import pytest

from checkouts import EVERYTHING, LIBRARY, SHARED, copy_checkout, run_snakemake
from trees import copy_tree, left_over


def mounted(folder, options):
    words = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


@contextlib.contextmanager
def small_disk(folder, n_bytes):
    """A file system of `n_bytes` at the folder, whose contents are kept; skipped where mounting is not allowed."""
    keep = folder.with_name(f"{folder.name}.kept")
    folder.mkdir(exist_ok=True)
    shutil.copytree(folder, keep)
    if not mounted(folder, f"size={n_bytes}"):
        shutil.rmtree(keep)
        pytest.skip("this user may not mount a file system")
    try:
        for path in sorted(keep.rglob("*")):
            if path.is_dir():
                (folder / path.relative_to(keep)).mkdir(exist_ok=True)
            else:
                shutil.copy2(path, folder / path.relative_to(keep))
        for path in sorted(keep.rglob("*"), reverse=True):
            shutil.copystat(path, folder / path.relative_to(keep))
        yield
        shutil.rmtree(keep)
        shutil.copytree(folder, keep)
    finally:
        subprocess.run(["umount", str(folder)], check=True)
        for path in keep.iterdir():
            if path.is_dir():
                shutil.copytree(path, folder / path.name, dirs_exist_ok=True)
            else:
                shutil.copy2(path, folder / path.name)
        shutil.rmtree(keep)


def size_of(folder):
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


# What is made on the full disk; half of its size finds room.
FULL = {
    "alignments": (["alignments/K562_ATAC*"], "alignments/K562_ATAC.rep1.marked.bam"),
    "shards": (["dataset/shards/chr1.h5"], "dataset/shards/chr1.h5"),
    "genome": (["genome/genome.h5"], "genome/genome.h5"),
    "models": (["models/SMTL/seed1/*"], "models/SMTL/seed1/pack0.safetensors"),
}


@pytest.mark.parametrize("stage", FULL)
def test_a_full_disk(tmp_path, kept, stage):
    missing, target = FULL[stage]
    folder = copy_tree(kept, tmp_path / "run")
    results = folder / "results"
    for path in (path for pattern in missing for path in results.glob(pattern)):
        path.unlink()
    room = (kept / "results" / target).stat().st_size // 2
    with small_disk(results, size_of(results) + room):
        run = run_snakemake(
            folder, "-c2", "--notemp", f"results/{target}", "--configfile", *EVERYTHING, check=False
        )
        said = run.stdout + run.stderr
        # samtools says no more than that it could not write
        assert run.returncode != 0, said
        assert "No space left on device" in said or "File write failed" in said, said
        assert not (results / target).exists()
        if not target.endswith(
            ".h5"
        ):  # the HDF5 library crashes when it cannot close a file for want of room
            assert not [line for line in said.splitlines() if line.startswith("Traceback")], said
            assert not left_over(results)
    # There is room again, as after tidying.
    run_snakemake(folder, "-c2", "--notemp", f"results/{target}", "--configfile", *EVERYTHING)
    assert_same_file(results / target, kept / "results" / target)


def assert_same_file(path, other):
    """The same bytes, or, of alignments, the same reads: reads of one place stand as threads left them."""
    if path.suffix == ".bam":
        views = [
            subprocess.run(["samtools", "view", one], capture_output=True, check=True)
            for one in (path, other)
        ]
        reads = [sorted(view.stdout.splitlines()) for view in views]
        assert reads[0] == reads[1] and reads[0]
    else:
        assert path.read_bytes() == other.read_bytes()


def test_a_temporary_folder_without_room_is_seen_before_the_work(tmp_path, kept):
    """By the first step of what is done to the reads of a profile, and by the calling of peaks; with room they run."""
    folder = copy_tree(kept, tmp_path / "run")
    results, scratch = folder / "results", tmp_path / "scratch"
    reads = sum(path.stat().st_size for path in (results / "simulation/reads").glob("K562_ATAC.rep1_*"))
    for target, known in (
        ("quality/fastq/K562_ATAC.rep1.json", "sorting the reads of"),
        ("quality/given/SKNSH_REST.rep1.json", "sorting the reads of"),
        ("peaks/called/K562_ATAC_peaks.narrowPeak.gz", "calling the peaks of K562_ATAC"),
    ):
        (results / target).unlink()
        words = (
            "-c2",
            "--notemp",
            f"results/{target}",
            "--default-resources",
            f"tmpdir='{scratch}'",
            "--configfile",
            *EVERYTHING,
        )
        with small_disk(scratch, 65_536):
            run = run_snakemake(folder, *words, check=False)
        said = run.stdout + run.stderr
        assert run.returncode != 0 and re.search(rf"{scratch}: {known}.* takes up to [\d.]+ MB", said), said
        assert "TMPDIR=/PATH snakemake" in said and "Traceback" not in said
        assert not (results / target).exists()
        assert reads > 65_536  # it could not have been enough
        with small_disk(scratch, 64_000_000):
            run_snakemake(folder, *words)
        assert_same_file(results / target, kept / "results" / target)


TRAIN = """
import resource, sys
sys.path[:0] = sys.argv[1:3]
from planted_examples import SETTINGS, pack_arguments, train_pack
from pathlib import Path
from epigroup.core.logs import log_to
folder = Path(sys.argv[3])
files = {"genome_h5": folder / "genome.h5", "dataset_json": folder / "dataset.json",
         "shard_paths": [folder / f"{c}.h5" for c in ("chrTrain", "chrVal", "chrTest")]}
with log_to(str(folder / "logs/train_pack/x.log")):
    train_pack(**pack_arguments(folder, files, name=sys.argv[4], cfg=SETTINGS | {"checkpoint_seconds": 0}) |
               {"checkpoint_dir": sys.argv[5]})
"""


def test_a_full_disk_while_a_checkpoint_is_written(tmp_path):
    """Training ends and says why; with room again it ends with the weights of a run that was never disturbed."""
    from planted_examples import write_files, write_groups

    write_files(tmp_path)
    write_groups(tmp_path / "groups.tsv", {0: ["task0", "task1", "task2", "task3"]})
    checkpoints = tmp_path / "checkpoints"

    def train(name):
        return subprocess.run(
            [sys.executable, "-c", TRAIN, *map(str, (LIBRARY, SHARED, tmp_path, name, checkpoints))],
            capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}, check=False,
        )  # fmt: skip

    checkpoints.mkdir()
    with small_disk(checkpoints, 16_384):
        run = train("full")
        assert run.returncode == 1 and "No space left on device" in run.stderr.splitlines()[-1], run.stderr
        assert "train_pack" in run.stderr.splitlines()[-1] and not (tmp_path / "full.safetensors").exists()
    assert train("full").returncode == 0
    assert train("undisturbed").returncode == 0
    assert (tmp_path / "full.safetensors").read_bytes() == (tmp_path / "undisturbed.safetensors").read_bytes()


def test_files_that_may_not_grow(tmp_path):
    """A limit on the size of files (ulimit -f), for those who may not mount: the writer is told, nothing stays."""
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); import numpy as np, h5py\n"
        "from epigroup.core.logs import log_to; from epigroup.core.files import whole\n"
        "from epigroup.core.hdf5 import write_arrays\n"
        "with log_to(sys.argv[2] + '/logs/predict_splits/x.log'):\n"
        "    with whole(sys.argv[2] + '/out.h5') as path, h5py.File(path, 'w') as store:\n"
        "        write_arrays(store, {'a': np.arange(200000)})\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script, str(LIBRARY), str(tmp_path)], capture_output=True, text=True, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
    )  # fmt: skip
    # The HDF5 library crashes (SIGSEGV) when it cannot close a file; it has said why, and the name stays free.
    assert run.returncode in (1, -signal.SIGSEGV) and "File too large" in run.stderr, run.stderr
    assert not (tmp_path / "out.h5").exists()


def test_a_results_folder_that_cannot_be_written(tmp_path):
    """A read-only file system: the run ends at once and says so."""
    folder = copy_checkout(tmp_path / "run")
    results = folder / "results"
    results.mkdir()
    if not mounted(results, "ro,size=65536"):
        if os.geteuid() == 0:
            pytest.skip("this user may not mount a file system")
        results.chmod(0o555)
    try:
        run = run_snakemake(
            folder, "-c2", "results/genome/genome.h5", "--configfile", *EVERYTHING, check=False
        )
        said = run.stdout + run.stderr
        assert run.returncode != 0
        assert "Read-only file system" in said or "Permission denied" in said
        assert not list(results.iterdir())
        assert "Traceback" not in said, said
    finally:
        subprocess.run(["umount", str(results)], check=False, capture_output=True)
