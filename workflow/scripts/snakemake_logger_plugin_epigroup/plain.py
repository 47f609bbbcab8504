"""A run on a pipe or in a file: a line a stage that is done, warnings as they come, and now and then what runs."""

import os
import time
from collections.abc import Callable

from snakemake_logger_plugin_epigroup.run_state import Job, RunState
from snakemake_logger_plugin_epigroup.screen import clipped, clock

# Seconds without a line after which what runs is told: at least QUIET, and a share of the time that the run has taken,
# so that an hour has thirty such lines and a day some sixty.
QUIET, SHARE = 60.0, 0.1
# So many warnings, and so many failures, are told as they come.
MOST = 20
# Letters of a line that says what runs: logs of programs have lines without end.
LETTERS = 160


class Plain:
    """Writes lines to the descriptor `terminal`. It has what `Screen` has."""

    def __init__(self, terminal: int):
        self.terminal = terminal
        self.last = time.monotonic()
        self.warnings, self.failures = 0, 0

    def draw(self, state: RunState, progress: Callable[[Job], str]) -> None:
        now = time.monotonic()
        if now - self.last < max(QUIET, SHARE * (now - state.start)) or not state.running:
            return
        oldest = min(state.running.values(), key=lambda job: job.start)
        more = f", and {len(state.running) - 1} more" if len(state.running) > 1 else ""
        said = f": {progress(oldest)}" if progress(oldest) else ""
        done = f"{clock(now - state.start):>7}  {state.n_done} of {state.n_wanted} jobs done"
        self.say(clipped(f"{done}; running {oldest.name}{more}{said}", LETTERS))

    def stage(self, state: RunState, stage: str) -> None:
        """The last job of a stage is done."""
        now = time.monotonic()
        self.say(
            f"{clock(now - state.start):>7}  {stage} done; {state.n_done} of {state.n_wanted} jobs in all"
        )

    @property
    def untold(self) -> int:
        """Warnings that were not told."""
        return max(0, self.warnings - MOST)

    def warning(self, text: str) -> None:
        self.warnings += 1
        self.tell(self.warnings, text, "further warnings are counted at the end, and stand in the logs")

    def failure(self, text: str) -> None:
        self.failures += 1
        self.tell(self.failures, text, "further jobs failed")

    def tell(self, number: int, text: str, beyond: str) -> None:
        """The first MOST of a kind as they come, and once that there are more."""
        if number <= MOST + 1:
            self.say(f"{'':9}{text if number <= MOST else beyond}")

    def say(self, text: str) -> None:
        self.last = time.monotonic()
        data = f"{text}\n".encode("utf-8", "replace")
        while data:
            data = data[os.write(self.terminal, data) :]

    def clear(self) -> None:
        """There is nothing that could be taken back."""
