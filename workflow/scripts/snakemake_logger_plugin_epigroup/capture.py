"""What jobs and programs write to the terminal by themselves, taken line by line: it would mar the display."""

import os
import select
import sys
import threading
from collections.abc import Callable
from contextlib import suppress


class Capture:
    """From now on standard output and error of this process, and of all that it starts, go to `take`, line by line;
    `terminal` is a descriptor of the standard error as it was. `end` puts both back. A reader that stopped would stop
    the jobs: what `take` raises is passed over."""

    def __init__(self, take: Callable[[str], None]):
        self.take = take
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        self.kept = (os.dup(1), os.dup(2))
        self.terminal = self.kept[1]
        self.source, sink = os.pipe()
        for standard in (1, 2):
            os.dup2(sink, standard)
        os.close(sink)
        self.stopped = threading.Event()
        self.reader = threading.Thread(target=self.read, name="epigroup-capture", daemon=True)
        self.reader.start()

    def read(self) -> None:
        rest = b""
        while True:
            ready, _, _ = select.select([self.source], [], [], 0.1)
            if not ready:
                if self.stopped.is_set():
                    break
                continue
            data = os.read(self.source, 65536)
            if not data:
                break
            *lines, rest = (rest + data).replace(b"\r\n", b"\n").split(b"\n")
            for line in lines:
                self.pass_on(line)
        if rest:
            self.pass_on(rest)

    def pass_on(self, line: bytes) -> None:
        with suppress(Exception):
            self.take(line.decode("utf-8", "replace"))

    def end(self) -> None:
        """Jobs that still run may hold the other end, so the reader ends when nothing has come for a moment."""
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        for standard, kept in zip((1, 2), self.kept, strict=True):
            os.dup2(kept, standard)
        self.stopped.set()
        self.reader.join(timeout=5)
        for descriptor in (self.source, *self.kept):
            with suppress(OSError):
                os.close(descriptor)
