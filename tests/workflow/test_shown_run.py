"""What a user sees of a run: few lines on a pipe, one screen on a terminal, and last lines that say what came of it."""

import fcntl
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import termios
import time
from pathlib import Path

import pytest

from checkouts import MINI, run_snakemake, snakemake_environment
from snakemake_logger_plugin_epigroup.screen import width_of

COLUMNS, LINES = 80, 24
# What the display may tell a terminal: up, clear the line, below, all. No mode that a killed run would leave behind.
CODES = re.compile(r"\x1b\[(?:\d+A|K|J|2J|H)")


# As a user has it: without the warnings of what Snakemake itself leaves open at its end, and not below another make,
# whose level this one would write into its messages.
ENVIRONMENT = {
    key: value
    for key, value in snakemake_environment().items()
    if key not in ("PYTHONWARNINGS", "MAKELEVEL", "MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES")
}


@pytest.fixture(scope="module")
def finished(finished_mini, tmp_path_factory) -> Path:
    """A finished tree that these tests may change."""
    return shutil.copytree(finished_mini, tmp_path_factory.mktemp("shown") / "mini", symlinks=True)


def make_run(folder: Path, *words: str) -> list[str]:
    """`make run`, in which set-up counts as done."""
    return [
        "make",
        "--no-print-directory",
        "--old-file=setup",
        "-C",
        str(folder),
        "run",
        f"CONFIG={MINI}",
        "CORES=2",
        *words,
    ]


def assert_ends_with_the_result(lines: list[str], report: str = "results/report/report.html") -> None:
    [first] = [
        number for number, line in enumerate(lines) if line.startswith("mini: ") and line.endswith(".")
    ]
    ending = [line for line in lines[first:] if not line.startswith("   ")]
    assert re.fullmatch(r"mini: (finished in .*, \d+ jobs|nothing was to be done)\.", ending[0])
    assert ending[1].startswith("Result: KMTL ") and "mean test F1" in ending[1]
    assert re.match(r"Warnings: \d+ of \d+ checks of the audit", ending[2])
    assert all(line.startswith(("  fail, ", "  warn, ")) for line in ending[3:5])
    assert ending[5] == f"Open: {report}"


def test_on_a_pipe_a_run_takes_few_lines_and_ends_with_its_result(finished):
    (finished / "results/report/report.html").unlink()
    run = subprocess.run(make_run(finished), capture_output=True, text=True, env=ENVIRONMENT, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout == f"snakemake --cores 2 --configfile {MINI}\n"
    lines = run.stderr.splitlines()
    assert len(lines) < 20 and any(
        re.fullmatch(r" +\d:\d\d  report done; \d of \d jobs in all", line) for line in lines
    )
    assert_ends_with_the_result(lines)
    assert lines[-1] == "Open: results/report/report.html"
    whole = (finished / re.search(r"full log: (\S+)", run.stderr)[1]).read_text()
    assert "rule make_report:" in whole and "Open: results/report/report.html" in whole


def test_typed_by_hand_where_nothing_is_to_be_done_the_result_is_said_too(finished):
    run = run_snakemake(finished, "-c1", "--configfile", MINI)
    assert_ends_with_the_result(run.stderr.splitlines())
    # A dry run and a part say theirs.
    part = run_snakemake(
        finished, "-c1", "--configfile", MINI, "--", "results/groupings/all/seed1/groups.tsv"
    )
    assert "\nMade: results/groupings/all/seed1/groups.tsv" in part.stderr
    assert "Result: " not in part.stderr


def test_a_failure_ends_with_job_cause_and_log(finished):
    audit = finished / "results/audit/audit.json"
    text, dates = audit.read_text(), audit.stat()
    shutil.move(finished / "results/report/report.html", finished / "kept.html")
    audit.write_text("{")
    os.utime(audit, ns=(dates.st_atime_ns, dates.st_mtime_ns))
    try:
        run = subprocess.run(make_run(finished), capture_output=True, text=True, env=ENVIRONMENT, check=False)
    finally:
        audit.write_text(text)
        os.utime(audit, ns=(dates.st_atime_ns, dates.st_mtime_ns))
        (finished / "results/report").mkdir(exist_ok=True)  # Snakemake takes an empty folder away
        shutil.move(finished / "kept.html", finished / "results/report/report.html")
    said = run.stderr.splitlines()
    lines = [line for line in said if not line.startswith("make: ")]
    assert run.returncode != 0 and len(lines) < 20
    *_, failed, cause, log, after = lines
    assert failed in ("Failed: make_report", "Failed: draw_figures")
    assert cause.startswith("  Cause: results/audit/audit.json: is no whole JSON file")
    assert (finished / log.removeprefix("  Log: ")).is_file()
    assert re.match(r"\d of \d jobs are done\. Next: mend the cause and type the same command again: ", after)


def on_terminal(words: list[str], until: bytes, keys: bytes) -> tuple[int, str, bool]:
    """The exit status of a program on a terminal of COLUMNS x LINES, where `keys` are typed once it has shown `until`;
    all that it wrote; and whether the terminal is in the modes in which it was."""
    child, terminal = pty.fork()
    if child == 0:
        # Tests that were themselves begun in the background have been told to pass over Ctrl-C.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.execvpe(words[0], words, ENVIRONMENT | {"TERM": "xterm", "COLUMNS": "", "LINES": ""})
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    before, said, typed, begin = termios.tcgetattr(terminal), b"", False, time.monotonic()
    after = before
    while True:
        if not typed and (until in said or time.monotonic() - begin > 300):
            os.write(terminal, keys)
            typed = True
        try:
            after = termios.tcgetattr(terminal)
            data = os.read(terminal, 65536)
        except OSError:  # all who had the terminal have ended
            break
        if not data:
            break
        said += data
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), said.decode(), before == after


def test_on_a_terminal_one_screen_is_drawn_and_ctrl_c_leaves_it_sane(finished):
    words = make_run(finished, "SNAKEMAKE_ARGS=--forcerun train_pack")
    status, said, same_modes = on_terminal(words, b"train_pack SMTL", b"\x03")
    assert status != 0 and same_modes
    assert "\x1b" not in CODES.sub("", said)
    drawn = CODES.sub("\r\n", said).replace("^C", "")
    lines = [
        line
        for line in re.split(r"[\r\n]+", drawn)
        if not line.startswith(("Using workflow specific", "make:"))
    ]
    assert max(map(width_of, lines)) < COLUMNS
    assert any(re.fullmatch(r"mini: 0 of \d+ jobs done, \d:\d\d", line) for line in lines)
    assert any(line.startswith("  train_pack SMTL, seed 1") for line in lines)
    ups = [int(n) for n in re.findall(r"\x1b\[(\d+)A", said)]
    assert max(ups) < LINES
    assert re.search(r"Stopped before its end: \d+ of \d+ jobs", said)
    assert "Next: type the same command again" in said
    # The rest of what was run is as if nothing had been: the lock is gone.
    assert "locked" not in run_snakemake(finished, "-n", "--configfile", MINI).stderr
