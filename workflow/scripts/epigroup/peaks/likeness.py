"""Whether the rows given as peaks lie as peaks do: reads pile up, signals and segmentations tile, peaks do neither."""

import logging
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from epigroup.core.errors import InputError
from epigroup.formats.foreign_contents import CALL_PEAKS, FRAGMENTS, TAGS
from epigroup.formats.peak_files import PeakTable, sort_places

log = logging.getLogger(__name__)

# Fewer rows say too little: a few dozen peaks of a small genome may lie in any way.
MIN_ROWS = 300
# Peaks that touch are one to a caller; rows of a signal, of states or of bins begin where the one before ends.
MOST_ABUTTING = 0.5
# Peaks that were called with overlaps, 109 sets of them, never lie in stacks of five, nor do two or three such sets
# behind one another in a tenth of their rows (at most 6 %); of 50,000 tags with three tenths of them in peaks 7 to 24 %
# do. Rows of one width are windows around summits, which may stack as reads do, where they are longer than fragments.
STACK, MOST_STACKED, MOST_STACKED_OF_ONE_WIDTH = 5, 0.1, 0.05
LEAST_READ, LONGEST_READ, LONGEST_FRAGMENT = 15, 160, 300
SAME_WIDTH = 0.8
# Stranded rows as long as reads: peaks have no strand, and of a motif's sites few lie by threes.
LEAST_STRAND, PILE, MOST_PILED = 0.3, 3, 0.05
# A row every 167 bp: nucleosomes are no closer, and no assay resolves more over whole chromosomes.
MOST_PER_MB = 6000
# Broad marks cover up to two fifths of a small genome.
MOST_COVERED = 0.5
_SAMPLED = 1000  # rows whose columns 4 to 6 are looked at
_READ_NAME = re.compile(rb"[SED]RR[0-9]+\.[0-9]+.*|[^ ]+(:[0-9]+){3,}([/ #_].*)?|[^ ]+/[12]")
_SEQUENCE = re.compile(rb"[ACGTNacgtn]{25,}")  # longer than the site of a motif
_BARCODE = re.compile(rb"[ACGTN]{10,}")


@dataclass(frozen=True)
class Layout:
    """How intervals lie. rows: given; intervals: distinct ones; per_mb: rows per Mb of the chromosomes that have any;
    covered: share of the bases of all chosen chromosomes; the other shares are of the distinct intervals: abutting
    (start where another ends), piled (in stacks of `PILE` or more), stacked (of `STACK` or more), alike (of the width
    that most have, `width` bp)."""

    rows: int
    intervals: int
    per_mb: float
    covered: float
    abutting: float
    piled: float
    stacked: float
    alike: float
    width: int


def likeness_check(
    path: str | os.PathLike, chosen: Mapping[str, int], unlikely: str
) -> Callable[[PeakTable], None]:
    """What `read_peaks` is to call with the rows of a file: with `unlikely` "refuse" it raises InputError with the
    numbers that say that they are no peaks, with "take" it logs them as a warning.

    chosen: length in bp of the chromosomes whose rows count.
    """
    if unlikely not in ("refuse", "take"):
        raise ValueError(f"unlikely is {unlikely!r}, not refuse or take")

    def look(peaks: PeakTable) -> None:
        found = unlikeness(peaks, chosen)
        if found is None:
            return
        says, do = found
        if unlikely == "refuse":
            raise InputError(
                f"{path}: {says}; {do}, or set peaks.unlikely to take where they are peaks after all"
            )
        log.warning(
            "%s: %s; they are taken as peaks (peaks.unlikely, or called by this workflow)", path, says
        )

    return look


def unlikeness(peaks: PeakTable, chosen: Mapping[str, int]) -> tuple[str, str] | None:
    """(what says that the rows on the `chosen` chromosomes are no peaks, what to give in their place), or None."""
    used = np.array([name in chosen for name in peaks.names])[peaks.code]
    if used.sum() < MIN_ROWS:
        return None
    if not used.all():
        peaks = peaks.take(np.flatnonzero(used))
    lies = _layout(peaks, chosen)
    cells = _cells(peaks)
    return (
        _tiling(peaks, cells, lies)
        or (_reads(cells, lies) if peaks.form.startswith("BED") else None)
        or _too_much(lies)
    )


def _layout(peaks: PeakTable, chosen: Mapping[str, int]) -> Layout:
    lengths = np.array([chosen.get(name, 0) for name in peaks.names], np.int64)
    code, start, end = sort_places(peaks.code, peaks.start, peaks.end)
    distinct = np.ones(len(code), bool)
    distinct[1:] = (code[1:] != code[:-1]) | (start[1:] != start[:-1]) | (end[1:] != end[:-1])
    code, start, end = code[distinct], start[distinct], end[distinct]
    # Contigs are laid end to end, a base apart, so that nothing overlaps or touches across them.
    offset = np.concatenate([[0], np.cumsum(lengths + 1)[:-1]])[code]
    start, end = start + offset, end + offset
    reached = np.maximum.accumulate(end)
    depth = np.searchsorted(start, end, "left") - np.searchsorted(np.sort(end), start, "right")
    widths, counts = np.unique(end - start, return_counts=True)
    new = end - np.maximum(start, np.concatenate([[0], reached[:-1]]))
    used = np.unique(code)
    return Layout(
        rows=len(peaks),
        intervals=len(code),
        per_mb=len(peaks) / lengths[used].sum() * 1e6,
        covered=np.maximum(new, 0).sum() / sum(chosen.values()),
        abutting=float((start[1:] == end[:-1]).sum()) / len(code),
        piled=float((depth >= PILE).mean()),
        stacked=float((depth >= STACK).mean()),
        alike=float(counts.max()) / len(code),
        width=int(widths[counts.argmax()]),
    )


def _cells(peaks: PeakTable) -> list[list[bytes]]:
    """Columns 4 to 6, as far as the file has them, of rows all over it."""
    rows = np.unique(np.linspace(0, len(peaks) - 1, _SAMPLED).astype(np.int64))
    given = max(min(peaks.n_columns, 6) - 3, 0)
    return [
        peaks.text[a:b].split(b"\t")[:given] for a, b in zip(*peaks.rest_at[:, rows].tolist(), strict=True)
    ]


def _tiling(peaks: PeakTable, cells: list[list[bytes]], lies: Layout) -> tuple[str, str] | None:
    if lies.abutting < MOST_ABUTTING:
        return None
    touch = f"{lies.abutting:.0%} of {lies.intervals:,} intervals start where another ends"
    if peaks.n_columns == 4 and all(_is_number(row[0]) for row in cells):
        return f"looks like a bedGraph, a signal: {touch}, and column 4 is a number", CALL_PEAKS
    return (
        f"looks like a segmentation, a signal or bins, not peaks: {touch}",
        "give peaks called from it, or join bins that are peaks (bedtools merge)",
    )


def _reads(cells: list[list[bytes]], lies: Layout) -> tuple[str, str] | None:
    """Rows of BED, without the columns that callers of peaks add."""
    names = [row[0] for row in cells] if len(cells[0]) else []
    strands = [row[2] for row in cells] if len(cells[0]) == 3 else []
    plus, minus = (strands.count(one) / len(cells) for one in (b"+", b"-"))
    stranded = min(plus, minus) >= LEAST_STRAND
    if stranded:
        named: dict[bytes | re.Pattern[bytes], str] = {
            b"N": "N",
            _SEQUENCE: "a sequence",
            _READ_NAME: "like a read",
        }
        for pattern, how in named.items():
            if all(
                name == pattern if isinstance(pattern, bytes) else pattern.fullmatch(name) for name in names
            ):
                return (
                    f"looks like reads (tagAlign or BED of tags): every one of its {lies.rows:,} rows is named {how} "
                    f"(column 4) and has a strand ({plus:.0%} +, {minus:.0%} -)",
                    TAGS,
                )
    if len(cells[0]) in (1, 2) and len(set(names)) < len(names) and all(map(_BARCODE.fullmatch, names)):
        shown = names[0][:40].decode(errors="replace")
        return f"looks like fragments of single cells: column 4 holds barcodes such as {shown!r}", FRAGMENTS
    one_width = lies.alike >= SAME_WIDTH
    of_reads = one_width and LEAST_READ <= lies.width <= LONGEST_FRAGMENT
    if stranded and of_reads and lies.width <= LONGEST_READ and lies.piled >= MOST_PILED:
        return (
            f"looks like reads: {lies.alike:.0%} of {lies.intervals:,} intervals are {lies.width} bp wide, both "
            f"strands have their share ({plus:.0%} +, {minus:.0%} -), and {lies.piled:.0%} lie in stacks of {PILE} or "
            "more",
            TAGS,
        )
    most = MOST_STACKED_OF_ONE_WIDTH if of_reads else MOST_STACKED
    if lies.stacked >= most and not (one_width and lies.width > LONGEST_FRAGMENT):
        return (
            f"looks like reads or fragments: {lies.stacked:.0%} of {lies.intervals:,} intervals lie in stacks of "
            f"{STACK} or more, and peaks hardly overlap (where several sets stand in one file: bedtools merge)",
            TAGS if of_reads else FRAGMENTS,
        )
    return None


def _too_much(lies: Layout) -> tuple[str, str] | None:
    if lies.per_mb > MOST_PER_MB:
        return (
            f"looks like reads or fragments: {lies.rows:,} rows are {lies.per_mb:,.0f} per Mb, more than peaks of any "
            f"assay ({MOST_PER_MB:,})",
            CALL_PEAKS,
        )
    if lies.covered > MOST_COVERED:
        return (
            f"looks like no peaks: its {lies.rows:,} rows cover {lies.covered:.0%} of the bases of genome.chromosomes",
            CALL_PEAKS,
        )
    return None


def _is_number(cell: bytes) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
