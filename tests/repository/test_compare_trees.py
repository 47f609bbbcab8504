"""The comparison of two results trees sees every change of a result and no more."""

import gzip
import json
import shutil

import h5py
import numpy as np
import pysam
import pytest
from compare_trees import differences
from safetensors.numpy import save_file


def write_bam(path, start, command="bowtie2 -p 2"):
    header = {"SQ": [{"SN": "chr1", "LN": 1000}], "PG": [{"ID": "bowtie2", "CL": command}]}
    with pysam.AlignmentFile(path, "wb", header=header) as bam:
        read = pysam.AlignedSegment(bam.header)
        read.query_name, read.query_sequence, read.reference_id, read.reference_start = "r", "ACGT", 0, start
        read.cigarstring, read.mapping_quality = "4M", 40
        bam.write(read)


def fill(folder):
    for name in ("models/STL/seed1", "groups", "alignments", "figures", "logs", "benchmarks"):
        (folder / name).mkdir(parents=True)
    (folder / "groups/all.tsv").write_text("task_id\tgroup\na\t0\nb\t1\n")
    (folder / "groups/curves.tsv").write_text("step\tseconds\tloss\n1\t0.5\t0.25\n")
    (folder / "groups/dataset.json").write_text(
        json.dumps({"n": 3, "code": "abc", "splits": {"test": [1, None]}})
    )
    with h5py.File(folder / "groups/heads.h5", "w") as file:
        file.create_dataset("weights", data=np.arange(6, dtype=np.float32).reshape(2, 3))
        file.attrs["precision"], file.attrs["code"] = "fp32", "abc"
    about = {"epigroup": json.dumps({"step": 3, "code": "abc", "crc32": {"about": 1, "w": 2}})}
    save_file({"w": np.ones(3, np.float32)}, folder / "models/STL/seed1/pack0.safetensors", about)
    write_bam(folder / "alignments/a.bam", 10)
    with gzip.open(folder / "groups/peaks.bed.gz", "wt") as out:
        out.write("chr1\t1\t2\n")
    (folder / "figures/gains.png").write_bytes(b"\x89PNG1")
    (folder / "logs/train.log").write_text("at 12:00\n")
    (folder / "benchmarks/train.tsv").write_text("s\n1.5\n")


@pytest.fixture
def trees(tmp_path):
    fill(tmp_path / "one")
    shutil.copytree(tmp_path / "one", tmp_path / "other")
    return tmp_path / "one", tmp_path / "other"


def test_what_tells_of_the_run_is_no_difference(trees):
    other = trees[1]
    (other / "groups/curves.tsv").write_text("step\tseconds\tloss\n1\t0.75\t0.25\n")
    (other / "groups/dataset.json").write_text(
        json.dumps({"splits": {"test": [1, None]}, "n": 3, "code": "xyz"})
    )
    with h5py.File(other / "groups/heads.h5", "r+") as file:
        file.attrs["code"] = "xyz"
    about = {"epigroup": json.dumps({"step": 3, "code": "xyz", "crc32": {"about": 9, "w": 2}})}
    save_file({"w": np.ones(3, np.float32)}, other / "models/STL/seed1/pack0.safetensors", about)
    write_bam(other / "alignments/a.bam", 10, "bowtie2 -p 4")
    with gzip.open(other / "groups/peaks.bed.gz", "wt", compresslevel=1) as out:
        out.write("chr1\t1\t2\n")
    (other / "logs/train.log").write_text("at 13:00\n")
    (other / "benchmarks/train.tsv").unlink()
    assert differences(*trees) == []


def change_hdf5(path):
    with h5py.File(path, "r+") as file:
        file["weights"][1, 2] = np.nextafter(np.float32(5), np.float32(6))


def change_attribute(path):
    with h5py.File(path, "r+") as file:
        file.attrs["precision"] = "bf16"


def change_model(path, w=1, step=3, crc=2):
    about = {"epigroup": json.dumps({"step": step, "code": "abc", "crc32": {"about": 1, "w": crc}})}
    save_file({"w": np.array([1, 1, w], np.float32)}, path, about)


MODEL = "models/STL/seed1/pack0.safetensors"
CHANGES = {
    "a group": ("groups/all.tsv", lambda p: p.write_text("task_id\tgroup\na\t0\nb\t0\n"), "rows differ"),
    "a row more": ("groups/all.tsv", lambda p: p.write_text("task_id\tgroup\na\t0\nb\t1\nc\t1\n"), "rows differ"),
    "a column's name": ("groups/all.tsv", lambda p: p.write_text("task\tgroup\na\t0\nb\t1\n"), "columns"),
    "a loss": ("groups/curves.tsv", lambda p: p.write_text("step\tseconds\tloss\n1\t0.5\t0.2500001\n"), "0.2500001"),
    "a value in JSON": ("groups/dataset.json", lambda p: p.write_text(p.read_text().replace("3", "4")), ".n: 3 and 4"),
    "a key in JSON": ("groups/dataset.json", lambda p: p.write_text(p.read_text().replace("splits", "s")), ".s"),
    "the last bit of a weight": ("groups/heads.h5", change_hdf5, "weights values differs"),
    "an attribute": ("groups/heads.h5", change_attribute, "precision differs"),
    "a model's weight": (MODEL, lambda p: change_model(p, w=1.0000001), "weights differ"),
    "a model's step": (MODEL, lambda p: change_model(p, step=4), ".step: 3 and 4"),
    "a model's checksum": (MODEL, lambda p: change_model(p, crc=3), "crc32.w: 2 and 3"),
    "a read": ("alignments/a.bam", lambda p: write_bam(p, 11), "differs"),
    "a peak": ("groups/peaks.bed.gz", lambda p: p.write_bytes(gzip.compress(b"chr1\t1\t3\n")), "differs"),
    "a figure": ("figures/gains.png", lambda p: p.write_bytes(b"\x89PNG2"), "differs"),
    "no file": ("figures/gains.png", lambda p: p.unlink(), "only in"),
}  # fmt: skip


@pytest.mark.parametrize("what", CHANGES)
def test_a_changed_result_is_said(trees, what):
    name, change, says = CHANGES[what]
    change(trees[1] / name)
    found = differences(*trees)
    assert found and all(line.startswith(f"{name}: ") for line in found)
    assert any(says in line for line in found), found
