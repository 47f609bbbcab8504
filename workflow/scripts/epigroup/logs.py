"""Log files of jobs, and the progress line of long steps."""

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from epigroup.errors import InputError


@contextmanager
def log_to(path: str) -> Iterator[logging.Logger]:
    """Send this process's log to the file `path` and to stderr.

    An InputError ends the process with its message as the last line of both and exit status 1, without a
    traceback; any other exception is logged with its traceback and raised.
    """
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    form = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%d %H:%M:%S")
    handlers = [logging.FileHandler(path, mode="w"), logging.StreamHandler(sys.stderr)]
    for handler in handlers:
        handler.setFormatter(form)
        root.addHandler(handler)
    logging.captureWarnings(True)
    try:
        yield root
    except InputError as error:
        root.error("%s", error)
        sys.exit(1)
    except BaseException:
        root.exception("the job did not finish")
        raise
    finally:
        for handler in handlers:
            root.removeHandler(handler)
            handler.close()


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
