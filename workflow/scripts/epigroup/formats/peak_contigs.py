"""Contigs of peaks and regions against those of the FASTA: others passed over, other spellings taken or refused, ends
cut."""

import logging
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from epigroup.core.errors import InputError
from epigroup.formats.peak_columns import is_passed_over
from epigroup.genome.contigs import called_otherwise, shown_name, spelling_hint, spellings

if TYPE_CHECKING:
    from epigroup.formats.peak_files import PeakTable

log = logging.getLogger(__name__)

# Callers draw reads out to fragments, over the end of a contig too; what lies further out is of another assembly.
PAST_END = 1000
ANYWHERE = np.int64(1) << 60
_NAME = re.compile(rb"[!-~]+")
_FIRST_CELL = re.compile(rb"^[^\s]+", re.MULTILINE)


def other_contigs(text: bytes, names: tuple[str, ...]) -> tuple[str, ...]:
    """Contigs of a file that are none of `names`, in the order of the file; letters beyond ASCII make no contig."""
    found = dict.fromkeys(_FIRST_CELL.findall(text))
    known = {name.encode() for name in names}
    return tuple(
        name.decode()
        for name in found
        if name not in known and _NAME.fullmatch(name) and not is_passed_over(name)
    )


def on_contigs(
    path: str | os.PathLike,
    text: bytes,
    peaks: "PeakTable",
    names: tuple[str, ...],
    fasta: tuple[str, ...],
    how: str,
    every_row: bool,
) -> "PeakTable":
    """The peaks on contigs of `names`; others, whose codes are beyond those, are counted in the log.

    Raises InputError when the `fasta` has one of the others under another usual name, when none is left, and with
    `every_row` for the first of them.
    """
    there = peaks.code < len(names)
    if there.all():
        return replace(peaks, names=names)
    others = [peaks.names[code] for code in np.unique(peaks.code[~there])]
    spelt = spellings(fasta)
    for name in others:
        meant = called_otherwise(name, spelt)
        if meant or every_row:
            first = re.search(rb"^" + re.escape(name.encode()) + rb"\s", text, re.MULTILINE)
            assert first is not None, "other_contigs read the name there"
            number = text[: first.start()].count(b"\n") + 1
            told = f"{path}, line {number}: contig {name!r} is not in the genome's FASTA; {spelling_hint(name, fasta)}"
            remedy = ": rename it" if meant else ""
            remedy += (
                ", or set peaks.contig_names to spelling"
                if meant and how != "spelling" and not every_row
                else ""
            )
            raise InputError(told + remedy)
    if not there.any():
        raise InputError(
            f"{path}: none of its {len(peaks):,} rows lies on a contig of the genome's FASTA; it names "
            f"{_some(others)}, and {spelling_hint(others[0], fasta)}"
        )
    log.info(
        "%s: %d of %d rows passed over, on contigs that the genome's FASTA has not (%s)",
        path, (~there).sum(), len(peaks), _some(others),
    )  # fmt: skip
    return replace(peaks.take(np.flatnonzero(there)), names=names)


def _some(names: Sequence[str]) -> str:
    return ", ".join(shown_name(name) for name in names[:5]) + (", ..." if len(names) > 5 else "")


def cut_ends(
    path: str | os.PathLike, start: np.ndarray, end: np.ndarray, limit: np.ndarray | int, past: int
) -> tuple[np.ndarray, np.ndarray]:
    """(ends, those at most `past` bp beyond their contig's end cut there, counted in the log; which are further
    beyond it). start, end, limit: int64 (n,), bp."""
    over = end > limit
    if not over.any():
        return end, over
    far = over & ((start >= limit) | (end - limit > past))
    if not far.any():
        log.info(
            "%s: %d of %d rows reach over the end of their contig and end there", path, over.sum(), len(end)
        )
    return np.minimum(end, limit), far


def respell(
    path: str | os.PathLike, peaks: "PeakTable", meant: Mapping[str, str], names: tuple[str, ...]
) -> "PeakTable":
    """The peaks under the contigs' own `names`."""
    used = [peaks.names[code] for code in np.unique(peaks.code)]
    other = [name for name in used if meant[name] != name]
    if not other:
        return replace(peaks, names=names)
    for name in other:
        also = [one for one in used if meant[one] == meant[name] and one != name]
        if also:
            raise InputError(
                f"{path}: contig {meant[name]} is called {name} and {also[0]} there; give it one name"
            )
    place = {name: i for i, name in enumerate(names)}
    code = np.array([place[name] for name in meant.values()], np.int32)[peaks.code]
    shown = ", ".join(f"{name} for {meant[name]}" for name in other[:3]) + (", ..." if len(other) > 3 else "")
    log.info("%s: contigs are spelt otherwise than in the FASTA and were taken for its own: %s", path, shown)
    return replace(peaks, names=names, code=code, row_at=None)
