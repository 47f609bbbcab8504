"""Snakemake's records and jobs' own warnings, turned into what is shown."""

import logging
import os
import re
import threading
import time
from contextlib import suppress
from typing import Any

from snakemake_interface_logger_plugins.common import LogEvent

from snakemake_logger_plugin_epigroup.capture import Capture
from snakemake_logger_plugin_epigroup.plain import Plain
from snakemake_logger_plugin_epigroup.run_state import Job, RunState
from snakemake_logger_plugin_epigroup.screen import Screen

# Seconds between two looks at the logs of running jobs.
INTERVAL = 1.0
# What `epigroup.core.logs` writes to the terminal.
FROM_JOB = re.compile(r"(?P<level>WARNING|ERROR|CRITICAL) (?P<job>[^\s:]+): (?P<message>.*)")
# What Snakemake says at the end of a run and the last lines say better, or not at all.
SAID_OTHERWISE = (
    "At least one job did not complete successfully",
    "Exiting because a job execution failed",
    "RuleException:\nCalledProcessError",
    "CalledProcessError",
)
# What it says without asking and is told, and what is told at its beginning to no end.
ALWAYS_SAID = ("Nothing to be done", "Terminating processes", "Will exit after finishing")
NOISE = (
    "Assuming unrestricted shared filesystem", "Using shell:", "Using workflow specific profile", "Using profile",
    "Provided cores", "Provided resources", "Rules claiming more threads", "Job stats", "Select jobs to execute",
    "Building DAG of jobs", "host:", "Config file", "Singularity containers", "Conda environments: ignored",
)  # fmt: skip
# Told once at the end: so many warnings, so many lines of what Snakemake itself complains of.
LAST_WARNINGS, LAST_ERROR_LINES = 5, 12


class Display:
    """Before the first job and after the last, lines as they come; between them a screen, or few lines where there is
    no terminal. Threads: Snakemake's of the log, the reader of what jobs write, and the clock's."""

    def __init__(self) -> None:
        self.state = RunState()
        self.lock = threading.RLock()
        self.capture: Capture | None = None
        self.view: Screen | Plain = self.viewed(2)
        self.ending: list[str] = []
        self.noise: list[str] = []
        self.known: dict[str, tuple[tuple[int, int], str]] = {}
        self.closed = threading.Event()
        self.clock: threading.Thread | None = None

    def viewed(self, terminal: int) -> "Screen | Plain":
        screen = os.isatty(terminal) and os.environ.get("TERM", "dumb") != "dumb"
        return Screen(terminal) if screen else Plain(terminal)

    def describe(self, title: str, stages: dict[str, str]) -> None:
        with self.lock:
            self.state.title, self.state.stages = title, stages

    def take(self, record: logging.LogRecord) -> None:
        """One record of Snakemake's log."""
        event, known = getattr(record, "event", None), record.__dict__
        with self.lock:
            if getattr(record, "ending", False):
                self.ending.append(str(record.msg))
            elif event == LogEvent.RUN_INFO:
                self.begin(known["stats"])
            elif event == LogEvent.JOB_INFO:
                name = in_words(known["rule_name"], known["wildcards"])
                job = Job(known["rule_name"], name, tuple(known["log"]), time.monotonic())
                self.state.started(known["jobid"], job)
            elif event == LogEvent.JOB_FINISHED:
                stage = self.state.finished(known["job_id"])
                if stage and isinstance(self.view, Plain):
                    self.view.stage(self.state, stage)
            elif event == LogEvent.JOB_ERROR:
                self.tell_failed(self.state.gave_up(known["jobid"]))
            elif event == LogEvent.GROUP_ERROR:
                numbers = [one["jobid"] for one in known["job_error_info"]]
                self.tell_failed(self.state.gave_up_together(numbers))
            elif event in (None, LogEvent.ERROR) and record.levelno >= logging.WARNING:
                self.complain(record)
            elif event is None and self.is_said(str(record.msg)):
                self.view.say(str(record.msg).splitlines()[0])
            else:
                return
            if self.clock and event != LogEvent.JOB_FINISHED:
                self.view.draw(self.state, self.progress)

    def begin(self, stats: dict[str, int]) -> None:
        """The jobs are known and start now."""
        self.state.begin(stats)
        self.state.log = log_file()
        if self.capture is None:
            self.capture = Capture(self.take_line)
            self.view = self.viewed(self.capture.terminal)
            self.clock = threading.Thread(target=self.tick, name="epigroup-clock", daemon=True)
            self.clock.start()
        if isinstance(self.view, Plain):
            self.view.say(f"{self.state.title}: {self.state.n_wanted} jobs; the full log: {self.state.log}")

    def tick(self) -> None:
        while not self.closed.wait(INTERVAL):
            with suppress(Exception), self.lock:
                self.view.draw(self.state, self.progress)

    def complain(self, record: logging.LogRecord) -> None:
        """A warning or an error of Snakemake itself, or a refusal."""
        text = str(record.msg).strip()
        if not text or text.removeprefix("WorkflowError:").lstrip().startswith(SAID_OTHERWISE):
            return
        if self.clock is None:
            self.view.say(text)
        elif record.levelno >= logging.ERROR:
            self.state.errors.append(text)
        else:
            self.warn(text)

    def is_said(self, text: str) -> bool:
        """What Snakemake tells before the first job is an answer to a command (--unlock) or takes its time
        (environments of conda); from then on the display tells it better."""
        return (
            text.startswith(ALWAYS_SAID) or bool(text) and self.clock is None and not text.startswith(NOISE)
        )

    def tell_failed(self, job: Job | None) -> None:
        if job and isinstance(self.view, Plain):
            self.view.failure(f"failed: {job.name}")

    def warn(self, text: str) -> None:
        self.state.warnings[text] += 1
        if isinstance(self.view, Plain) and self.state.warnings[text] == 1:
            self.view.warning(text)

    def take_line(self, line: str) -> None:
        """What a job wrote to its standard output or error: a warning is shown, and all is put into Snakemake's log."""
        with self.lock:
            found = FROM_JOB.fullmatch(line)
            if found and found["level"] == "WARNING":
                # Of jobs of one rule that warn of the same it is told once.
                self.warn(f"{found['job'].split('/')[0]}: {found['message']}")
            if line.strip() and self.state.log:
                with suppress(OSError), open(self.state.log, "a", encoding="utf-8") as log:
                    log.write(f"{line}\n")

    def progress(self, job: Job) -> str:
        """What the last line of a running job's log says; it is read again only where the file has changed."""
        # The library is looked at no sooner than a job runs: by then the Snakefile has said whose it is.
        from epigroup.core import job_logs

        for log in job.logs:
            try:
                found = os.stat(log)
            except OSError:
                continue
            if found.st_mtime < time.time() - (time.monotonic() - job.start) - 2:
                continue  # of an earlier attempt
            state = (found.st_mtime_ns, found.st_size)
            if self.known.get(log, (None, ""))[0] != state:
                self.known[log] = (state, job_logs.progress(job_logs.last_message(log)))
            return self.known[log][1]
        return ""

    def close(self) -> None:
        """The end: the terminal is the shell's again, and the last lines stand on it."""
        if self.closed.is_set():
            return
        self.closed.set()
        if self.capture is not None:
            if self.clock is not None:
                self.clock.join(timeout=5)
            capture, self.capture = self.capture, None
            with self.lock:
                self.view.clear()
            capture.end()
            self.view.terminal = 2
        for text in [*self.last_words(), *self.ending]:
            self.view.say(text)

    def last_words(self) -> list[str]:
        """What the run has said on its way and the screen no longer shows."""
        lines = []
        for error in dict.fromkeys(self.state.errors):
            shown = error.splitlines()
            lines += shown[:LAST_ERROR_LINES]
        if self.state.warnings and not isinstance(self.view, Plain):
            many = self.state.warnings
            lines.append(f"Jobs warned {many.total()} times, in their logs too:")
            for text, times in list(many.items())[:LAST_WARNINGS]:
                lines.append(f"  {text}" + (f" ({times} times)" if times > 1 else ""))
            if len(many) > LAST_WARNINGS:
                lines.append(f"  and {len(many) - LAST_WARNINGS} others")
        elif isinstance(self.view, Plain) and self.view.untold:
            lines.append(f"{self.view.untold} further warnings stand in the log: {self.state.log}")
        if self.state.log and not isinstance(self.view, Plain):
            lines.append(f"Full log: {self.state.log}")
        return lines


def in_words(rule: str, wildcards: Any) -> str:
    from epigroup.core.job_logs import job_words

    return job_words(rule, dict(wildcards or {}))


def log_file() -> str:
    """Snakemake's log of this run, relative to here; empty without one."""
    for handler in logging.getLogger("snakemake.logging").handlers:
        if isinstance(handler, logging.FileHandler):
            return os.path.relpath(handler.baseFilename)
    return ""
