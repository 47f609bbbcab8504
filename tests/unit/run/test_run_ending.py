"""The last lines of a run: what it made, or what failed, why, and what to do."""

import os
from types import SimpleNamespace

from epigroup.run.ending import FailedJob, failure_lines, success_lines

RUN = SimpleNamespace(config={"name": "toy"}, path=lambda *parts: "/".join(["gone", *parts]))


def test_a_failure_names_job_cause_log_and_what_to_do(tmp_path):
    log = tmp_path / "SMTL.log"
    log.write_text("2026-11-30 21:16:44 ERROR root: the disk is full: make room and run again\n")
    failed = FailedJob("train_pack", {"strategy": "SMTL", "seed": "1"}, [str(log)])
    assert failure_lines([failed], 3, 9, True) == [
        "Failed: train_pack SMTL, seed 1",
        "  Cause: the disk is full: make room and run again",
        f"  Log: {log}",
        "3 of 9 jobs are done. Next: mend the cause and type the same command again: what is done stays.",
    ]
    assert "type the same command again with --rerun-incomplete" in failure_lines([failed], 3, 9, False)[-1]


def test_of_many_failed_jobs_three_are_told():
    lines = failure_lines([FailedJob("call_peaks", {"profile": f"p{i}"}, []) for i in range(12)], 3, 90, True)
    assert sum(line.startswith("Failed: ") for line in lines) == 3 and "  and 9 more jobs failed" in lines
    assert len(lines) == 8


def test_of_jobs_sent_as_one_only_those_that_failed_by_themselves_are_told(tmp_path):
    """Snakemake counts all of a group as failed, and takes away what the others made."""

    def member(rule, text=None, at=0):
        log = tmp_path / f"{rule}.log"
        if text is not None:
            log.write_text(text)
            os.utime(log, (1000 + at, 1000 + at))
        return FailedJob(rule, {"profile": "a"}, [str(log)], group="g1")

    stamp = "2026-11-30 21:16:44"
    checked = member("check_fastq", f"{stamp} INFO root: 12 reads\n", 1)
    trimmed = member("trim_reads", "reads failed due to low quality: 0\n", 2)
    late = member("align_reads", f"{stamp} ERROR root: a.fq: line 3 is cut\n", 3)
    never = member("mark_duplicates")
    alone = FailedJob("build_genome", {}, [])
    lines = failure_lines([checked, trimmed, never, late, alone], 3, 9, True, since=999)
    assert [line for line in lines if line.startswith(("Failed", "  Cause"))] == [
        "Failed: align_reads a",
        "  Cause: a.fq: line 3 is cut",
        "Failed: build_genome",
        "  Cause: it left no word in its log",
    ]
    # Without an error the one that wrote last: it was ended from outside.
    assert failure_lines([never, checked, trimmed], 3, 9, True)[0] == "Failed: trim_reads a"
    # What an earlier run wrote is none of this one's.
    lines = failure_lines([checked, late, never], 3, 9, True, since=5000)
    assert (
        lines[0]
        == "Failed: one of 3 jobs that were sent together (check_fastq, align_reads, mark_duplicates)"
    )
    assert lines[1] == "  Cause: it left no word in its log"


def test_a_run_that_was_stopped_says_how_it_goes_on():
    assert failure_lines([], 3, 9, True) == [
        "Stopped before its end: 3 of 9 jobs are done.",
        "Next: type the same command again: what is done stays, and the rest goes on.",
    ]


def test_a_target_without_a_report_names_what_it_made():
    made = [f"results/peaks/{i}.bed" for i in range(5)]
    assert success_lines(RUN, made, 12, 125.0) == [
        "toy: finished in 2 min 05 s, 12 jobs.",
        "Made: results/peaks/0.bed, results/peaks/1.bed, results/peaks/2.bed and 2 more",
    ]
    assert success_lines(RUN, made[:1], 0, 1.0) == [
        "toy: nothing was to be done.",
        "Made: results/peaks/0.bed",
    ]


def test_a_target_that_makes_no_file_has_said_what_it_says():
    assert success_lines(RUN, [], 1, 1.0) == []
