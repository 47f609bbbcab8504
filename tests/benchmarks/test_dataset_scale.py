"""The benchmark of the dataset stage runs small, and its labels agree with bedtools."""

import json
import subprocess
import sys

import pytest


@pytest.mark.needs("bedtools")
def test_a_small_run(repository, tmp_path):
    words = ["--profiles", "3", "--peaks", "400", "--subset", "1", "--cores", "1", "--chromosomes", "3"]
    words += ["--scratch", str(tmp_path / "s")]
    out = tmp_path / "figures.json"
    run = subprocess.run(
        [sys.executable, repository / "benchmarks" / "dataset_scale.py", *words, "--out", out],
        capture_output=True, check=True, text=True,
    )  # fmt: skip
    figures = json.loads(out.read_text())
    assert figures["profiles"] == {"value": 3, "unit": "tasks"}
    assert 700 < figures["peaks"]["value"] < 1700
    assert figures["labels equal to bedtools bit by bit"]["value"] > 300
    examples = figures["examples (a positive in some profile)"]["value"]
    assert figures["peaks"]["value"] < examples < 4 * figures["peaks"]["value"]
    assert len(run.stdout.splitlines()) == len(figures)
