"""Tests whose tools are not there are skipped, or fail where CI is set; `make test` keeps what a browser shows."""

import os
import subprocess
import sys

import pytest

from checkouts import REPOSITORY

# Where there are such tests, the name of one, and what is said of them.
WITHOUT = [
    ("tests/browser", "first_tab", "chromium and chromedriver are not on PATH"),
    ("tests/unit/reads/test_given_mates.py", "one_mate_alone", "not on PATH: samtools"),
    ("tests/unit/peaks/test_replicates.py", "by_idr", "not on PATH: macs2"),
]


@pytest.mark.parametrize(("ci", "outcome"), [("false", "skipped"), ("true", "error")])
@pytest.mark.parametrize(("place", "name", "says"), WITHOUT)
def test_without_their_tools_tests_are_skipped_but_where_they_decide_over_a_change(
    tmp_path, place, name, says, ci, outcome
):
    command = [sys.executable, "-m", "pytest", place, "-q", "-k", name, "-p", "no:cacheprovider"]
    env = os.environ | {"PATH": str(tmp_path), "CI": ci}
    run = subprocess.run(command, cwd=REPOSITORY, env=env, capture_output=True, text=True, check=False)
    last = run.stdout.splitlines()[-1]
    assert outcome in last and "passed" not in last and "failed" not in last, run.stdout + run.stderr
    assert says in run.stdout
    assert (run.returncode != 0) == (ci == "true")


def test_make_test_keeps_screenshots_in_a_folder_that_git_ignores():
    """A folder of one's own goes before."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    run = subprocess.run(
        ["make", "-n", "test"], cwd=REPOSITORY, env=env, capture_output=True, text=True, check=True
    )
    line = next(line for line in run.stdout.splitlines() if "pytest" in line)
    shown = line.replace("python -m pytest", 'echo "$EPIGROUP_ARTEFACTS" #')
    for given, folder in ((None, REPOSITORY / "artefacts"), ("/elsewhere", "/elsewhere")):
        env = {key: value for key, value in os.environ.items() if key != "EPIGROUP_ARTEFACTS"}
        env |= {} if given is None else {"EPIGROUP_ARTEFACTS": given}
        # a variable set before a command is the command's own: have a shell say it
        said = subprocess.run(
            ["bash", "-c", shown.replace("echo", "bash -c 'echo $EPIGROUP_ARTEFACTS' #")],
            env=env, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert said.stdout.strip() == str(folder)
    if (REPOSITORY / ".git").exists():
        ignored = subprocess.run(
            ["git", "check-ignore", "-q", "artefacts/report.png"], cwd=REPOSITORY, check=False
        )
        assert ignored.returncode == 0
