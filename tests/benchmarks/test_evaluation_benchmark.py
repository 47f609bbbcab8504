"""The benchmark of evaluation runs small, and its scores agree with scikit-learn."""

import json
import subprocess
import sys


def test_a_small_run(repository, tmp_path):
    words = ["--test", "3000", "--validation", "800", "--tasks", "5", "--subset", "2", "--draws", "5"]
    out = tmp_path / "figures.json"
    run = subprocess.run(
        [sys.executable, repository / "benchmarks" / "evaluation.py", *words, "--out", out],
        capture_output=True, check=True, text=True,
    )  # fmt: skip
    figures = json.loads(out.read_text())
    assert figures["test examples"] == {"value": 3000, "unit": "examples"}
    assert float(figures["largest difference from scikit-learn"]["value"]) < 1e-9
    assert len(run.stdout.splitlines()) == len(figures)
