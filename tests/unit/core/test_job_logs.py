"""What is read back of jobs' logs: how far a job is, and why it failed, in a line."""

import subprocess
import sys

import pytest

from checkouts import LIBRARY
from epigroup.core.errors import InputError
from epigroup.core.job_logs import cause, failed_log, job_words, last_message, progress, tail_lines
from epigroup.core.logs import Progress, log_to

STAMP = "2026-11-30 21:16:44"


def test_a_job_is_called_by_its_rule_and_wildcards():
    wildcards = {"strategy": "SMTL", "seed": "1", "pack": "0"}
    assert job_words("train_pack", wildcards) == "train_pack SMTL, seed 1, pack 0"
    assert job_words("gather_quality", {}) == "gather_quality"


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (
            "SMTL seed 1: step 554 of at most 20,000, 1,234 examples/s, train loss 0.3, at most 23 min 05 s left",
            "554 of 20,000 (2 %), at most 23 min 05 s left",
        ),
        ("scores: 393 of 393 examples, 3303 examples/s, 0 s left", "393 of 393 (100 %), 0 s left"),
        (
            "bins: 5,000 of 10,000 bins, 2e+04 bins/s, 2 h 10 min left; chr1",
            "5,000 of 10,000 (50 %), 2 h 10 min left",
        ),
        (
            "drew results/figures/examples.svg (4 of 5 rows)",
            "drew results/figures/examples.svg (4 of 5 rows)",
        ),
    ],
)
def test_a_line_of_progress_is_made_short_and_others_stay(message, shown):
    assert progress(message) == shown


def test_what_the_progress_of_a_job_writes_is_read_back(tmp_path, caplog):
    path = tmp_path / "logs" / "count_places.log"
    with log_to(str(path)) as log:
        counted = Progress(log, "reads", 4000, "reads", every_seconds=0)
        counted.advance(1000)
        assert progress(last_message(path)).startswith("1,000 of 4,000 (25 %), ")


def test_the_end_of_a_long_log_is_read_and_no_more(tmp_path):
    path = tmp_path / "long.log"
    path.write_text("".join(f"line {i}\n" for i in range(100_000)) + "12 %\r  34 %\r\n\n")
    assert tail_lines(path)[-3:] == ["line 99999", "12 %", "34 %"] and len(tail_lines(path)) < 1000
    assert tail_lines(path)[0].startswith("line ")
    assert tail_lines(tmp_path / "none.log") == [] and last_message(tmp_path / "none.log") == ""


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"{STAMP} INFO root: begun\n{STAMP} ERROR root: x.bed: line 3 is wrong\n", "x.bed: line 3 is wrong"),
        (
            f"{STAMP} ERROR root: the first\nTraceback\n{STAMP} ERROR root: rule a: the last\n",
            "rule a: the last",
        ),
        (f"{STAMP} INFO a.b: step 5\n", "it was ended from outside, as where memory or time ran out"),
        (
            "Warning: skipped\nError: reads file does not look like a FASTQ file\nterminate called\n",
            "Error: reads file",
        ),
        ("10 reads\n9 pairs\n", "9 pairs"),
        ("", "it left no word in its log"),
    ],
)
def test_the_cause_is_the_last_error(tmp_path, text, why):
    path = tmp_path / "job.log"
    path.write_text(text)
    assert cause([path]).startswith(why)
    assert cause([tmp_path / "none.log"]) == "it left no word in its log"
    assert cause([path], since=path.stat().st_mtime + 60) == "it left no word in its log"
    assert failed_log([str(tmp_path / "none.log"), str(path)]) == str(path) and failed_log([]) == ""


def test_the_cause_of_a_job_that_refuses_its_input_is_its_message(tmp_path):
    path = tmp_path / "logs" / "train_pack" / "SMTL.log"
    with pytest.raises(SystemExit), log_to(str(path)):
        raise InputError("sheet.tsv: row 3: assay: 'x'")
    assert cause([path]) == "sheet.tsv: row 3: assay: 'x'"


def test_a_job_writes_its_log_to_the_file_and_warnings_alone_to_the_terminal(tmp_path):
    program = (
        "import logging, warnings\nfrom epigroup.core.logs import log_to\n"
        "with log_to('r/logs/train_pack/SMTL/seed1.log'):\n"
        "    logging.getLogger('a').info('step 1')\n    logging.getLogger('a').warning('no control')\n"
        "    warnings.warn('of a library')\n    raise ValueError('odd')\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PYTHONPATH": str(LIBRARY)},
        capture_output=True,
        text=True,
        check=False,
    )
    log = (tmp_path / "r/logs/train_pack/SMTL/seed1.log").read_text()
    assert run.returncode == 1 and run.stdout == ""
    assert run.stderr.splitlines() == [
        "WARNING train_pack/SMTL/seed1: no control",
        "ERROR train_pack/SMTL/seed1: rule train_pack did not finish",
        "ERROR train_pack/SMTL/seed1: rule train_pack: ValueError: odd; a fault of the program: the traceback is in "
        "r/logs/train_pack/SMTL/seed1.log",
    ]
    assert all(
        word in log
        for word in ("INFO a: step 1", "no control", "of a library", "Traceback", "ValueError: odd")
    )
