"""The table of docs/reliability.md names tests that pytest collects."""

import re
import subprocess
import sys


def test_every_test_that_the_table_names_is_collected(repository):
    lines = (repository / "docs/reliability.md").read_text().splitlines()
    rows = [line for line in lines if line.startswith("| ") and not line.startswith("| fault |")]
    names = [re.search(r"\| `(tests/\S+\.py::test_\S+)` \|$", row) for row in rows]
    assert all(names), "each row ends with one test"
    found = [match[1] for match in names]
    assert len(found) == len(set(found)) >= 30
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "--quiet", "-p", "no:cacheprovider", *found],
        cwd=repository, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
