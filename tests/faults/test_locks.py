"""File systems without locks: HDF5 asks for them of itself; no file of the workflow needs one."""

import errno
import os
import re
import subprocess
import sys

import pytest

from checkouts import EVERYTHING, LIBRARY, SHARED, run_snakemake
from trees import assert_same, copy_tree

# Genome, shards and data set; a training; predictions; the counts of an evaluation. All read again.
STAGES = """
import sys
sys.path[:0] = sys.argv[1:3]
from pathlib import Path
from planted_examples import SETTINGS, run_pack, write_files, write_groups
from epigroup.networks.head_weights import write_heads
from epigroup.core.logs import log_to
from epigroup.prediction.predict import ScoringSettings, predict_split
folder = Path(sys.argv[3])
with log_to(str(folder / "logs/predict_splits/x.log")):
    files = write_files(folder)
    write_groups(folder / "groups.tsv", {0: ["task0", "task1", "task2", "task3"]})
    model = run_pack(folder, files, name="pack0", cfg=SETTINGS | {"max_steps": 4})
    write_heads([model], folder / "heads.h5")
    scoring = ScoringSettings(8, device="cpu")
    predict_split([model], **files, split="test", out=folder / "test.h5", scoring=scoring)
"""
NO_SUCH = {"ENOLCK": errno.ENOLCK, "EOPNOTSUPP": errno.EOPNOTSUPP}


def run_stages(folder, shim=None, **variables):
    folder.mkdir()
    environment = {**os.environ, "OMP_NUM_THREADS": "1", **variables}
    if shim is not None:
        environment["LD_PRELOAD"] = str(shim)
    return subprocess.run(
        [sys.executable, "-c", STAGES, str(LIBRARY), str(SHARED), str(folder)],
        capture_output=True, text=True, env=environment, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def with_locks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("locks") / "run"
    run = run_stages(folder)
    assert run.returncode == 0, run.stderr
    return {path.name: path.read_bytes() for path in folder.glob("*.h5")}


@pytest.mark.parametrize("number", NO_SUCH.values(), ids=NO_SUCH)
def test_files_are_written_and_read_where_no_locks_are(tmp_path, shim, with_locks, number):
    """The same files, byte by byte, as where locks are."""
    run = run_stages(tmp_path / "run", shim, FAULT_NO_LOCKS=str(number))
    assert run.returncode == 0, run.stderr
    assert {path.name: path.read_bytes() for path in (tmp_path / "run").glob("*.h5")} == with_locks
    assert {"genome.h5", "heads.h5", "test.h5"} < set(with_locks)


@pytest.mark.parametrize("number", NO_SUCH.values(), ids=NO_SUCH)
def test_a_variable_that_asks_for_locks_is_named(tmp_path, shim, number):
    """HDF5 heeds its variable before the program: nothing is called damaged, and nothing stays."""
    variables = {"FAULT_NO_LOCKS": str(number), "HDF5_USE_FILE_LOCKING": "TRUE"}
    run = run_stages(tmp_path / "run", shim, **variables)
    last = run.stderr.splitlines()[-1]
    assert run.returncode == 1 and "Traceback" not in run.stderr, run.stderr
    assert f"cannot be locked ({os.strerror(number)})" in last
    assert "set HDF5_USE_FILE_LOCKING=FALSE and run again" in last
    assert not [path for path in (tmp_path / "run").iterdir() if ".h5" in path.name]


def test_reading_says_so_too(tmp_path, shim, with_locks):
    path = tmp_path / "test.h5"
    path.write_bytes(with_locks["test.h5"])
    code = "import sys; sys.path.insert(0, sys.argv[1]); from epigroup.core.hdf5 import open_hdf5\n"
    code += "with open_hdf5(sys.argv[2]) as store: print(sorted(store))"
    words = [sys.executable, "-c", code, str(LIBRARY), str(path)]
    bare = {key: value for key, value in os.environ.items() if key != "HDF5_USE_FILE_LOCKING"}
    bare |= {"LD_PRELOAD": str(shim), "FAULT_NO_LOCKS": str(errno.ENOLCK)}
    run = subprocess.run(words, capture_output=True, text=True, env=bare, check=True)
    assert "probability" in run.stdout
    asked = bare | {"HDF5_USE_FILE_LOCKING": "BEST_EFFORT"}
    run = subprocess.run(words, capture_output=True, text=True, env=asked, check=False)
    assert "set HDF5_USE_FILE_LOCKING=FALSE" in run.stderr and "damaged" not in run.stderr


def test_every_file_is_opened_without_locks():
    """By one function for writers and one for readers."""
    opening = re.compile(r"\bh5py\.(File|h5f)\(|from h5py import")
    for path in sorted(LIBRARY.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        found = opening.findall(text)
        if path == LIBRARY / "epigroup" / "core" / "hdf5.py":
            assert len(found) == 1 and "locking=False" in text
        else:
            assert not found, (
                f"{path} opens HDF5 itself; epigroup.core.hdf5 has new_hdf5, read_hdf5 and open_hdf5"
            )


def test_a_run_on_a_file_system_without_locks(tmp_path, finished_run, shim, monkeypatch):
    """Snakemake's own locks are files, and ours are none."""
    tree = copy_tree(finished_run, tmp_path / "run")
    monkeypatch.setenv("LD_PRELOAD", str(shim))
    monkeypatch.setenv("FAULT_NO_LOCKS", str(errno.ENOLCK))
    again = ("build_genome", "make_shard", "predict_splits")
    run_snakemake(tree, "-c2", "results/evaluation/SMTL/seed1/metrics.tsv", "--forcerun", *again,
                  "--configfile", *EVERYTHING)  # fmt: skip
    assert_same(tree / "results", finished_run / "results")
