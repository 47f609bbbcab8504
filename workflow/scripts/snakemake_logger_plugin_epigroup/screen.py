"""The one screen of a run on a terminal: drawn over itself, never wider or higher than the terminal."""

import os
import textwrap
import time
import unicodedata
from collections.abc import Callable, Sequence

from snakemake_logger_plugin_epigroup.run_state import Job, RunState

UP, CLEAR_LINE, CLEAR_BELOW, CLEAR_ALL = "\x1b[{}A", "\x1b[K", "\x1b[J", "\x1b[2J\x1b[H"
# Warnings on the screen: the last ones.
SHOWN_WARNINGS = 3
# Running jobs that are shown before warnings and stages are.
LEAST_JOBS = 4


def width_of(text: str) -> int:
    """Columns that a text takes: 2 for wide letters, 0 for what is written over the letter before."""
    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1
        for one in text
    )


def clipped(text: str, width: int) -> str:
    """The text as one line of at most `width` columns, its end as … where it is longer."""
    text = "".join(one if one.isprintable() else " " for one in text)
    if width_of(text) <= width:
        return text
    kept, used = [], 0
    for one in text:
        used += width_of(one)
        if used > width - 1:
            break
        kept.append(one)
    return "".join(kept).rstrip() + "…" if width > 0 else ""


def wrapped(text: str, width: int, indent: str = "  ") -> list[str]:
    """The text in lines of at most `width` columns; further lines of a paragraph are set in."""
    lines = []
    for line in text.splitlines():
        begin = line[: len(line) - len(line.lstrip())]
        lines += textwrap.wrap(
            line.strip(), max(width, 20), initial_indent=begin, subsequent_indent=begin + indent
        ) or [""]
    return [clipped(line, width) for line in lines]


def clock(seconds: float) -> str:
    """Seconds as 4:05 or 1:02:03."""
    minutes, left = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"


def stage_lines(state: RunState, width: int) -> list[str]:
    """Stages that are done, begun and still to come, with their jobs."""
    parts: dict[str, list[str]] = {"done": [], "now": [], "next": []}
    busy = {state.stages.get(job.rule) for job in state.running.values()}
    for stage, (done, wanted) in state.counts().items():
        if done >= wanted:
            parts["done"].append(stage)
        elif done or stage in busy:
            parts["now"].append(f"{stage} {done}/{wanted}")
        else:
            parts["next"].append(stage)
    lines = []
    for word, stages in parts.items():
        if stages:
            lines += wrapped(f"{word:<6}{', '.join(stages)}", width, " " * 6)
    return lines


def job_lines(
    jobs: Sequence[Job], progress: Callable[[Job], str], room: int, width: int, now: float
) -> list[str]:
    """A line a running job, the oldest first, with how far its log says it is; at most `room` lines."""
    shown = jobs if len(jobs) <= room else jobs[: max(room - 1, 0)]
    names = max((width_of(job.name) for job in shown), default=0)
    names = min(names, max(3 * width // 5, 20))
    lines = [
        clipped(
            f"  {clipped(job.name, names):<{names}}  {clock(now - job.start):>7}  {progress(job)}".rstrip(),
            width,
        )
        for job in shown
    ]
    more = len(jobs) - len(shown)
    return lines + ([clipped(f"  and {more} more", width)] if more and room > 0 else [])


def frame(state: RunState, progress: Callable[[Job], str], width: int, height: int, now: float) -> list[str]:
    """The screen's lines: at most `height`, each of at most `width` columns."""
    failed = f", {len(state.failed)} failed" if state.failed else ""
    head = [
        f"{state.title}: {state.n_done} of {state.n_wanted} jobs done{failed}, {clock(now - state.start)}"
    ]
    head += stage_lines(state, width)
    tail = [f"  failed: {job.name}" for job in list(state.failed.values())[-SHOWN_WARNINGS:]]
    if state.warnings:
        tail.append(f"warnings: {state.warnings.total()}; the last:")
        tail += [f"  {text}" for text in list(state.warnings)[-SHOWN_WARNINGS:]]
    tail += [f"log   {state.log}"] if state.log else []
    # A terminal of few lines goes without warnings, then without stages.
    for above, below in ((head, tail), (head, []), (head[:1], [])):
        room = height - len(above) - len(below) - 1
        if room >= min(len(state.running), LEAST_JOBS):
            break
    jobs = sorted(state.running.values(), key=lambda job: job.start)
    lines = [*above, "running", *job_lines(jobs, progress, room, width, now), *below]
    return [clipped(line, width) for line in lines[:height]]


class Screen:
    """Draws on the terminal `terminal` (a file descriptor). The cursor stays visible, below what was drawn, and no mode
    of the terminal is changed: a run that is killed leaves nothing to put right."""

    def __init__(self, terminal: int):
        self.terminal = terminal
        self.drawn: list[str] = []
        self.fitted = (0, 0)

    def size(self) -> tuple[int, int]:
        """(columns, lines) that may be used: the last column would wrap, the last line holds the cursor."""
        try:
            columns, lines = os.get_terminal_size(self.terminal)
        except OSError:
            columns, lines = 80, 24
        return max((columns or 80) - 1, 10), max((lines or 24) - 1, 2)

    def draw(self, state: RunState, progress: Callable[[Job], str]) -> None:
        width, height = size = self.size()
        lines = frame(state, progress, width, height, time.monotonic())
        self.write(self.back(size) + "".join(f"{line}{CLEAR_LINE}\n" for line in lines) + CLEAR_BELOW)
        self.drawn, self.fitted = lines, size

    def back(self, size: tuple[int, int]) -> str:
        """To the first line that was drawn; in a terminal of another size, where lines have moved, to the top."""
        if self.drawn and size != self.fitted:
            return CLEAR_ALL
        return "\r" + (UP.format(len(self.drawn)) if self.drawn else "")

    def say(self, text: str) -> None:
        """Lines that stay, in the place of what was drawn."""
        size = self.size()
        lines = wrapped(text, size[0])
        self.write(self.back(size) + CLEAR_BELOW + "".join(f"{line}\n" for line in lines))
        self.drawn = []

    def clear(self) -> None:
        if self.drawn:
            self.write(self.back(self.size()) + CLEAR_BELOW)
            self.drawn = []

    def write(self, text: str) -> None:
        data = text.encode("utf-8", "replace")
        while data:
            data = data[os.write(self.terminal, data) :]
