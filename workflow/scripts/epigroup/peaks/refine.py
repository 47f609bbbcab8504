"""Peaks left out by their q-value, and peaks that lie close together made one."""

import logging
import os
from dataclasses import replace

import numpy as np

from epigroup.core.errors import InputError
from epigroup.formats.peak_files import PeakTable

log = logging.getLogger(__name__)

_SIGNAL, _QVALUE = 3, 5  # among the columns 4 to 9 of narrowPeak
_NOT_GIVEN = -1.0


def significant_peaks(path: str | os.PathLike, peaks: PeakTable, max_qvalue: float) -> PeakTable:
    """The peaks whose q-value (-log10; column 9, in gappedPeak 15) is at most `max_qvalue`; all of them, with a
    warning, where the file has no such column or -1 in all rows of it.

    InputError: a column 9 that is no number, or -1 (not given) in some rows only; no peak left.
    """
    given = _numbers(path, peaks, _QVALUE, "q-value (column 9)")
    lacks = given == _NOT_GIVEN
    if lacks.all():
        log.warning(
            "%s: gives no q-values (column 9), so peaks.max_qvalue leaves none of its peaks out", path
        )
        return peaks
    if lacks.any():
        raise InputError(
            f"{path}: {lacks.sum()} of {len(peaks)} peaks have no q-value (column 9 is -1), the first of them at "
            f"{_place(peaks, int(np.argmax(lacks)))}; give all, or none, or set peaks.max_qvalue to null"
        )
    kept = given >= -np.log10(max_qvalue)
    if not kept.any():
        raise InputError(
            f"{path}: none of the {len(peaks)} peaks has a q-value of at most {max_qvalue:g} "
            f"(peaks.max_qvalue); the best is {10 ** -given.max():.3g}"
        )
    log.info(
        "%s: %d of %d peaks have a q-value above %g and are left out",
        path,
        (~kept).sum(),
        len(peaks),
        max_qvalue,
    )
    return peaks.take(np.flatnonzero(kept))


def merged_peaks(path: str | os.PathLike, peaks: PeakTable, gap: int) -> PeakTable:
    """Peaks with at most `gap` bp between them (0: that overlap or touch) made one, sorted; its columns and summit
    are those of the member with the highest signal (column 7), the first of equals.

    InputError: a column 7 that is no number.
    """
    order = np.lexsort((peaks.end, peaks.start, peaks.code))
    peaks = peaks.take(order)
    # the furthest end so far on the contig: contigs are laid end to end, so that a running maximum stays within one
    length = int(peaks.end.max()) + gap + 1
    offset = peaks.code.astype(np.int64) * length
    reached = np.maximum.accumulate(peaks.end + offset)
    first = np.concatenate([[True], peaks.start[1:] + offset[1:] > reached[:-1] + gap])
    begins = np.flatnonzero(first)
    if len(begins) == len(peaks):
        return peaks
    signal = _numbers(path, peaks, _SIGNAL, "signal (column 7)")
    of = np.cumsum(first) - 1
    best = np.lexsort((np.arange(len(peaks)), -signal, of))[begins]
    end = np.maximum.reduceat(peaks.end, begins)
    log.info("%s: %d peaks are %d once those at most %d bp apart are one", path, len(peaks), len(begins), gap)
    return replace(peaks.take(best), start=peaks.start[begins], end=end, row_at=None)


def _numbers(path: str | os.PathLike, peaks: PeakTable, column: int, what: str) -> np.ndarray:
    """float64 (n,) of one of the columns 4 to 9."""
    words = [rest.split(b"\t")[column] for rest in peaks.rest]
    try:
        found = np.array([float(word) for word in words])
    except ValueError:
        found = np.array([_number(word) for word in words])
    if not np.isfinite(found).all():
        row = int(np.argmax(~np.isfinite(found)))
        shown = words[row][:40].decode(errors="replace")
        raise InputError(f"{path}: {what} {shown!r} of the peak at {_place(peaks, row)} is no number")
    return found


def _number(word: bytes) -> float:
    try:
        return float(word)
    except ValueError:
        return np.nan


def _place(peaks: PeakTable, row: int) -> str:
    return f"{peaks.names[peaks.code[row]]}:{peaks.start[row]}-{peaks.end[row]}"
