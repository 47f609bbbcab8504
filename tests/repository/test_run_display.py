"""The display of `make run`: no line wider than the terminal, of jobs their warnings, the rest in the log."""

import logging
import os
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from snakemake_interface_logger_plugins.common import LogEvent

from checkouts import REPOSITORY
from snakemake_logger_plugin_epigroup.display import Display
from snakemake_logger_plugin_epigroup.plain import MOST
from snakemake_logger_plugin_epigroup.run_state import Job, RunState
from snakemake_logger_plugin_epigroup.screen import clipped, clock, frame, width_of, wrapped

STAGES = {"build_genome": "genome", "call_peaks": "peaks", "train_pack": "training", "make_report": "report"}


def busy(n_jobs=30, n_warnings=9):
    """A run in its middle."""
    state = RunState("a run", STAGES, start=0.0, log=".snakemake/log/of_this_run.snakemake.log")
    state.begin(
        {"build_genome": 1, "call_peaks": 4, "train_pack": n_jobs, "make_report": 1, "all": 1, "total": 99}
    )
    state.started(900, Job("build_genome", "build_genome", (), 0.0))
    state.finished(900)
    for i in range(n_jobs):
        state.started(
            i, Job("train_pack", f"train_pack STRATEGY_OF_A_LONG_NAME, seed {i}, pack 0", (), float(i))
        )
    state.started(901, Job("call_peaks", "call_peaks wide_好_name", (), 50.0))
    state.gave_up(901)
    for i in range(n_warnings):
        state.warnings[
            f"call_peaks: profile {i}: no control, so that the background comes from the profile"
        ] += 1
    return state


@pytest.mark.parametrize("size", [(79, 23), (119, 39), (199, 59), (40, 10), (10, 2), (300, 4)])
def test_the_screen_fits_the_terminal(size):
    width, height = size
    lines = frame(busy(), lambda job: "554 of 20,000 (2 %), at most 23 min left", width, height, 75.0)
    assert 0 < len(lines) <= height and all(width_of(line) <= width for line in lines)


def test_the_screen_says_stages_jobs_progress_warnings_and_log():
    lines = frame(busy(2), lambda job: "554 of 20,000 (2 %), at most 23 min left", 119, 39, 75.0)
    assert lines == [
        "a run: 1 of 9 jobs done, 1 failed, 1:15",
        "done  genome",
        "now   training 0/2",
        "next  peaks, report",
        "running",
        "  train_pack STRATEGY_OF_A_LONG_NAME, seed 0, pack 0     1:15  554 of 20,000 (2 %), at most 23 min left",
        "  train_pack STRATEGY_OF_A_LONG_NAME, seed 1, pack 0     1:14  554 of 20,000 (2 %), at most 23 min left",
        "  failed: call_peaks wide_好_name",
        "warnings: 9; the last:",
        *(
            f"  call_peaks: profile {i}: no control, so that the background comes from the profile"
            for i in (6, 7, 8)
        ),
        "log   .snakemake/log/of_this_run.snakemake.log",
    ]


def test_jobs_for_which_there_is_no_room_are_counted():
    lines = frame(busy(30, 0), lambda job: "", 79, 20, 75.0)
    shown = [line for line in lines if line.startswith("  train_pack")]
    assert f"  and {30 - len(shown)} more" in lines and len(lines) == 20


@settings(max_examples=40, deadline=None)
@given(st.text(), st.integers(1, 100))
def test_a_line_is_cut_to_its_width_and_moves_no_cursor(text, width):
    cut = clipped(text, width)
    assert width_of(cut) <= width and cut.isprintable()
    assert all(width_of(line) <= max(width, 20) for line in wrapped(text, width))


def test_a_job_that_is_tried_again_has_not_failed():
    state = busy(0, 0)
    assert len(state.failed) == 1
    state.started(901, Job("call_peaks", "call_peaks b", (), 60.0))
    assert not state.failed and state.finished(901) is None and state.counts()["peaks"] == (1, 4)
    assert [clock(seconds) for seconds in (5, 65, 3725)] == ["0:05", "1:05", "1:02:05"]


def record(event, **known):
    made = logging.LogRecord(
        "snakemake.logging", known.pop("level", logging.INFO), "", 0, known.pop("msg", ""), (), None
    )
    made.__dict__ |= known | ({"event": event} if event else {})
    return made


def job(number, rule, log):
    return record(
        LogEvent.JOB_INFO, jobid=number, rule_name=rule, wildcards={"profile": f"p{number}"}, log=[str(log)]
    )


def test_on_a_pipe_a_stage_takes_a_line_and_jobs_are_heard_when_they_warn(tmp_path, capfd, monkeypatch):
    monkeypatch.chdir(tmp_path)
    snakemakes = logging.FileHandler(tmp_path / "whole.log", mode="a")
    logging.getLogger("snakemake.logging").addHandler(snakemakes)
    display = Display()
    try:
        display.describe("toy", STAGES)
        display.take(record(LogEvent.RUN_INFO, stats={"build_genome": 1, "call_peaks": 30, "total": 31}))
        display.take(job(0, "build_genome", "none.log"))
        display.take(record(LogEvent.JOB_FINISHED, job_id=0))
        for i in range(1, 31):
            display.take(job(i, "call_peaks", "none.log"))
            os.write(2, f"WARNING call_peaks/p{i}: no control\nnoise {i}\n".encode())
            os.write(1, b"more noise\n")
            display.take(record(LogEvent.JOB_FINISHED, job_id=i))
        display.take(record(None, msg="toy: finished\nOpen: report.html", ending=True))
    finally:
        display.close()
        logging.getLogger("snakemake.logging").removeHandler(snakemakes)
        snakemakes.close()
    said = capfd.readouterr()
    lines = said.err.splitlines()
    warning = "         call_peaks: no control"  # it comes by a way of its own, so its place may differ
    assert said.out == "" and lines.count(warning) == 1
    assert [line for line in lines if line != warning] == [
        "toy: 31 jobs; the full log: whole.log",
        "   0:00  genome done; 1 of 31 jobs in all",
        "   0:00  peaks done; 31 of 31 jobs in all",
        "toy: finished",
        "Open: report.html",
    ]
    whole = (tmp_path / "whole.log").read_text().splitlines()
    assert (
        "noise 30" in whole
        and whole.count("more noise") == 30
        and "WARNING call_peaks/p30: no control" in whole
    )
    os.write(2, b"as before\n")
    assert capfd.readouterr().err == "as before\n"


def test_warnings_without_end_leave_the_rest_to_the_logs_and_hide_no_failure(capfd):
    display = Display()
    display.take(record(LogEvent.RUN_INFO, stats={"call_peaks": 3, "total": 3}))
    for i in range(3 * MOST):
        display.warn(f"profile {i}: no control")
    display.take(job(1, "call_peaks", "none.log"))
    display.take(record(LogEvent.JOB_ERROR, jobid=1, level=logging.ERROR))
    display.close()
    _, *warnings, failed, counted = capfd.readouterr().err.splitlines()
    assert len(warnings) == MOST + 1 and failed == "         failed: call_peaks p1"
    assert counted.startswith(f"{2 * MOST} further warnings stand in the log")


def test_jobs_that_were_sent_as_one_fail_as_one(capfd):
    display = Display()
    display.take(record(LogEvent.RUN_INFO, stats={"call_peaks": 4, "total": 4}))
    for i in range(4):
        display.take(job(i, "call_peaks", "none.log"))
    members = [{"jobid": i} for i in (0, 1, 2)]
    display.take(record(LogEvent.GROUP_ERROR, groupid="g", job_error_info=members, level=logging.ERROR))
    for i in (0, 1, 2):
        display.take(record(LogEvent.JOB_ERROR, jobid=i, level=logging.ERROR))
    assert [one.name for one in display.state.failed.values()] == [
        "call_peaks p0 or one of 2 jobs sent with it"
    ]
    assert list(display.state.running) == [3]
    display.take(job(1, "call_peaks", "none.log"))  # tried again
    assert not display.state.failed
    display.close()
    assert sum(line.lstrip().startswith("failed: ") for line in capfd.readouterr().err.splitlines()) == 1


def test_what_snakemake_answers_before_the_first_job_is_told(capfd):
    display = Display()
    for text in (
        "Unlocked working directory.",
        "Building DAG of jobs...",
        "Creating conda environment a.yaml...",
    ):
        display.take(record(None, msg=text))
    display.take(record(LogEvent.RUN_INFO, stats={"call_peaks": 1, "total": 1}))
    display.take(record(None, msg="Select jobs to execute..."))
    display.take(record(None, msg="Will exit after finishing currently running jobs (scheduler)."))
    display.close()
    lines = capfd.readouterr().err.splitlines()
    assert lines[:2] == ["Unlocked working directory.", "Creating conda environment a.yaml..."]
    assert lines[-1].startswith("Will exit after finishing") and len(lines) == 4


def test_a_refusal_before_the_first_job_is_said_whole(capfd):
    display = Display()
    display.take(record(None, msg="wrong.yaml: 2 faults\n  one\n  two", level=logging.ERROR))
    display.take(record(None, msg="Building DAG of jobs..."))
    display.close()
    assert capfd.readouterr().err == "wrong.yaml: 2 faults\n  one\n  two\n"


def test_what_snakemake_complains_of_is_told_at_the_end(capfd):
    display = Display()
    display.take(record(LogEvent.RUN_INFO, stats={"build_genome": 1, "total": 1}))
    display.take(
        record(LogEvent.ERROR, msg="MissingOutputException: a.bed is not there", level=logging.ERROR)
    )
    display.take(
        record(
            None, msg="WorkflowError:\nAt least one job did not complete successfully.", level=logging.ERROR
        )
    )
    display.close()
    assert capfd.readouterr().err.splitlines()[-1] == "MissingOutputException: a.bed is not there"


@pytest.mark.parametrize(("target", "shown"), [("plan", False), ("dataset", True)])
def test_the_plan_says_what_it_says_and_is_shown_on_no_screen(target, shown):
    """What jobs print is taken from the terminal where there is a screen, and the plan prints."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    command = ["make", "-n", "--old-file=setup", "run", f"TARGET={target}"]
    said = subprocess.run(command, cwd=REPOSITORY, env=env, capture_output=True, text=True, check=True).stdout
    assert ("--logger epigroup" in said) == shown and f"-- {target}" in said
