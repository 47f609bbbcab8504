"""What is read back of jobs' logs: how far a job is, and why it failed; and what a job is called."""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

# Bytes at the end of a log that are looked at: a line of a training's progress has some 200.
TAIL = 4096
# How a line of a log begins that `core.logs.log_to` writes: date, time, level, logger.
STAMPED = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (?P<level>[A-Z]+) [\w.]+: (?P<message>.*)")
# What progress lines say: `step 554 of at most 20,000`, `393 of 800 examples`, `at most 23 min left`.
AMOUNT = re.compile(r"(?P<done>\d[\d,]*) of (?:at most )?(?P<total>\d[\d,]*)")
LEFT = re.compile(r"(?:at most )?\d+ (?:s|min|h)(?: \d\d (?:s|min))? left")
# Words by which a line of a program's own log is taken for the cause of its end.
COMPLAINTS = re.compile(
    r"error|fail|cannot|can't|no such|not found|not on PATH|damaged|denied|killed", re.IGNORECASE
)
# Wildcards whose value says by itself what it is of.
SELF_EVIDENT = (
    "strategy",
    "profile",
    "grouping",
    "baseline",
    "affinity",
    "choice",
    "average",
    "external",
    "chrom",
)


def job_words(rule: str, wildcards: Mapping[str, object]) -> str:
    """`train_pack SMTL, seed 1, pack 0`: a rule and its wildcards."""
    values = [str(value) if key in SELF_EVIDENT else f"{key} {value}" for key, value in wildcards.items()]
    return f"{rule} {', '.join(values)}".strip()


def tail_lines(path: str | os.PathLike, size: int = TAIL) -> list[str]:
    """The last whole lines of a file, as far as `size` bytes hold them, without empty ones; none of a file that is not
    there. A program's counter that returns to the line's begin counts as lines."""
    try:
        with open(path, "rb") as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(0, end - size))
            found = file.read().decode("utf-8", "replace")
    except OSError:
        return []
    lines = [line.strip() for line in re.split(r"[\r\n]+", found)]
    return [line for line in (lines[1:] if end > size else lines) if line]


def last_message(path: str | os.PathLike) -> str:
    """The last line of a job's log, without date and logger; empty where it has none."""
    lines = tail_lines(path)
    return message_of(lines[-1]) if lines else ""


def message_of(line: str) -> str:
    """A line of a log without date and logger."""
    found = STAMPED.fullmatch(line)
    return found["message"] if found else line


def progress(message: str) -> str:
    """`554 of 20,000 (2 %), at most 23 min left` of a progress line; any other message as it is."""
    amount, left = AMOUNT.search(message), LEFT.search(message)
    if not (amount and left):
        return message
    done, total = (int(amount[side].replace(",", "")) for side in ("done", "total"))
    return f"{done:,} of {total:,} ({100 * done // max(total, 1)} %), {left[0]}"


def written(log: str | os.PathLike) -> float:
    """When a log was last written, seconds of the clock; 0 of one that is not there."""
    try:
        return os.stat(log).st_mtime
    except OSError:
        return 0.0


def lines_since(logs: Sequence[str | os.PathLike], since: float) -> list[str]:
    """The last lines of logs that were written at `since` (seconds of the clock) or later: those of an earlier run are
    nothing of this one's."""
    return [line for log in logs if written(log) >= since for line in tail_lines(log, 64 * TAIL)]


def last_error(lines: Sequence[str]) -> str:
    """The last error that `core.logs.log_to` wrote; empty without one."""
    stamped = [found for found in map(STAMPED.fullmatch, lines) if found]
    errors = [found["message"] for found in stamped if found["level"] in ("ERROR", "CRITICAL")]
    return errors[-1] if errors else ""


def cause(logs: Sequence[str | os.PathLike], since: float = 0.0) -> str:
    """Why a job failed, in a line: the last error of its log; of a program's own log the last line that complains, else
    its last. A log without an error is told as such. since: as in `lines_since`."""
    lines = lines_since(logs, since)
    if not lines:
        return "it left no word in its log"
    error = last_error(lines)
    if error:
        return error
    if any(map(STAMPED.fullmatch, lines)):
        return (
            "it was ended from outside, as where memory or time ran out, or it could not write; its last line: "
            f"{message_of(lines[-1])}"
        )
    return next((line for line in reversed(lines) if COMPLAINTS.search(line)), lines[-1])


def failed_log(logs: Sequence[str]) -> str:
    """The log to look at: the first that is there."""
    return next((log for log in logs if Path(log).is_file()), logs[0] if logs else "")
