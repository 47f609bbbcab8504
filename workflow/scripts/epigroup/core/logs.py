"""Log files of jobs, and the progress line of long steps."""

import logging
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from epigroup.core.errors import InputError
from epigroup.core.text_files import first_line

# For the code digest. What `duration` gives may stand in a table.
CHANGES_NO_RESULT = (
    "log_to", "log_handlers", "Brief", "Progress", "rule_of", "name_of_log", "machine_fault", "MACHINE"
)  # fmt: skip
# What the machine says: what the user can do.
MACHINE = {
    "No space left on device": "the disk is full: make room and run again",
    "Disk quota exceeded": "the quota is used up: make room and run again",
    "File too large": "the file system or a limit of this shell (ulimit -f) forbids a file of this size",
    "Read-only file system": "give the key `results` a folder that can be written",
    "Permission denied": "check the rights of this file and its folder",
    "Operation not permitted": "check the rights of this file and its folder",
    "Input/output error": "the disk or the network file system fails: look at the machine, then run again",
    "Stale file handle": "the network file system lost the file: run again",
    "Cannot allocate memory": "give the job more memory: resources.mem_mb",
    "Too many open files": "raise the limit of open files: ulimit -n",
}


@contextmanager
def log_to(path: str) -> Iterator[logging.Logger]:
    """Send this process's log to the file `path`, and its warnings and errors, a line each, to stderr too.

    An InputError ends the process with its message as the last line of both and exit status 1, without a
    traceback. So does what the machine refuses: a full disk, a read-only folder, memory that runs out. Any
    other exception is logged with its traceback, which the file alone holds, and a last line that names the
    rule and the log.
    """
    rule = rule_of(path)
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        handlers = log_handlers(path)
    except OSError as error:
        sys.exit(f"rule {rule}: the log cannot be written: {machine_fault(error) or error}")
    logging.raiseExceptions = False  # a log that can no longer be written must not hide why
    for handler in handlers:
        root.addHandler(handler)
    logging.captureWarnings(True)
    try:
        yield root
    except InputError as error:
        root.error("%s", error)
        sys.exit(1)
    except (SystemExit, KeyboardInterrupt):
        root.error("rule %s did not finish", rule)
        raise
    except Exception as error:  # noqa: BLE001 (whatever it is, the last line says where)
        says = machine_fault(error)
        if says is None:
            root.exception("rule %s did not finish", rule)
            says = f"{type(error).__name__}: {first_line(error)}; a fault of the program: the traceback is in {path}"
        root.error("rule %s: %s", rule, says)
        sys.exit(1)
    finally:
        logging.captureWarnings(False)  # a warning at the end of the process goes to stderr and not nowhere
        for handler in handlers:
            root.removeHandler(handler)
            handler.close()


def log_handlers(path: str) -> list[logging.Handler]:
    """Of a job's log: all of it in the file, in the terminal what a user must see. OSError where the file cannot be
    written."""
    file = logging.FileHandler(path, mode="w", encoding="utf-8")
    file.setFormatter(
        logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%d %H:%M:%S")
    )
    terminal = logging.StreamHandler(sys.stderr)
    terminal.setLevel(logging.WARNING)
    terminal.setFormatter(Brief(name_of_log(path)))
    # What Python warns of speaks to programmers: its place is the file.
    terminal.addFilter(lambda record: record.name != "py.warnings")
    return [file, terminal]


class Brief(logging.Formatter):
    """`WARNING train_pack/SMTL/seed1: message`, without a traceback."""

    def __init__(self, job: str):
        super().__init__()
        self.job = job

    def format(self, record: logging.LogRecord) -> str:
        return f"{record.levelname} {self.job}: {record.getMessage()}"


def name_of_log(log: str | os.PathLike) -> str:
    """What a job is called where its log names it: the log's path below `logs`, without `.log`."""
    parts = Path(log).parts
    below = parts[parts.index("logs") + 1 :] if "logs" in parts[:-1] else parts[-1:]
    return "/".join(below).removesuffix(".log")


def rule_of(log: str | os.PathLike) -> str:
    """The rule whose log this is: logs lie at `.../logs/RULE/...` or `.../logs/RULE.log`."""
    parts = Path(log).parts
    return parts[parts.index("logs") + 1].removesuffix(".log") if "logs" in parts[:-1] else Path(log).stem


def machine_fault(error: BaseException) -> str | None:
    """What the machine refused, with what to do; None for any other error. Libraries wrap such errors, so
    their
    texts are looked at too.
    """
    texts: list[str] = []
    at: BaseException | None = error
    while at is not None and len(texts) < 5:
        texts.append(first_line(at, 500))
        if isinstance(at, MemoryError):
            return f"not enough memory ({texts[0]}); give the job more: resources.mem_mb"
        at = at.__cause__ or at.__context__
    for words, remedy in MACHINE.items():
        for text in texts:
            if words.lower() in text.lower():
                return f"{text}; {remedy}"
    return None


class Progress:
    """Say at intervals how far a long step is: done of total, units a second, time left.

    `total` may be None when the end is not known.
    """

    def __init__(
        self, logger: logging.Logger, what: str, total: int | None, unit: str, every_seconds: float = 30.0
    ):
        self.logger, self.what, self.total, self.unit = logger, what, total, unit
        self.every = every_seconds
        self.done = 0
        self.start = self.last = time.monotonic()

    def advance(self, n: int = 1, note: str = "") -> None:
        """Count `n` more units; log a line when the interval has passed or the end is reached."""
        self.done += n
        now = time.monotonic()
        if now - self.last >= self.every or (self.total is not None and self.done >= self.total):
            self.last = now
            rate = self.done / max(now - self.start, 1e-9)
            left = (
                "" if self.total is None else f", {duration((self.total - self.done) / max(rate, 1e-9))} left"
            )
            of = "" if self.total is None else f" of {self.total:,}"
            self.logger.info(
                "%s: %s%s %s, %.4g %s/s%s%s",
                self.what,
                f"{self.done:,}",
                of,
                self.unit,
                rate,
                self.unit,
                left,
                f"; {note}" if note else "",
            )


def duration(seconds: float) -> str:
    """Seconds as text: 12 s, 3 min 05 s, 2 h 10 min."""
    seconds = max(0, round(seconds))
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60:02d} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60:02d} min"
