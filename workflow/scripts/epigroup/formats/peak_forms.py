"""Which of the formats of peaks the columns after the third are, told by what stands in all rows of them."""

import logging
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from epigroup.core.errors import InputError

log = logging.getLogger(__name__)

BROADPEAK, NARROWPEAK, BED12, GAPPEDPEAK = 9, 10, 12, 15
_WHOLE = re.compile(rb"-?[0-9]{1,18}")
_COLOUR = re.compile(rb"0|\.|[0-9]{1,3}(,[0-9]{1,3}){2}")
Rows = Sequence[Sequence[bytes]]


@dataclass(frozen=True)
class PeakForm:
    """name: the format; rest: indices of the columns that are narrowPeak's 4 to 9, as far as they are given; summit:
    index of the column of summits, or None; beyond: columns that follow those of the format."""

    name: str
    rest: tuple[int, ...]
    summit: int | None = None
    beyond: int = 0


def usual_form(width: int, first: Sequence[bytes]) -> PeakForm | None:
    """The form of a file whose width, with the `first` row's cells, leaves no choice; None where all rows must be
    looked at."""
    if width <= 6:
        return PeakForm("BED", tuple(range(3, width)))
    if width == NARROWPEAK:
        return PeakForm("narrowPeak", tuple(range(3, BROADPEAK)), NARROWPEAK - 1)
    if width < NARROWPEAK and not _is_thick(first):
        return PeakForm("broadPeak", tuple(range(3, width)))
    return None


def without_empty_ends(path: str | os.PathLike, rows: list[list[bytes]]) -> list[list[bytes]]:
    """Rows without the last cells that are empty in every one of them: tabs at the ends of lines."""
    n_empty = 0
    while len(rows[0]) - n_empty > 3 and not any(row[-1 - n_empty] for row in rows):
        n_empty += 1
    if not n_empty:
        return rows
    log.info(
        "%s: all %d rows end with %d empty cell(s), which were taken off; %d columns are left",
        path, len(rows), n_empty, len(rows[0]) - n_empty,
    )  # fmt: skip
    return [row[:-n_empty] for row in rows]


def form_of(
    path: str | os.PathLike, lines: Sequence[int], rows: Rows, start: np.ndarray, end: np.ndarray
) -> PeakForm:
    """The format of rows of one width, with what is passed over in the log.

    lines: their numbers; start, end: int64 (n,) bp, sound. Raises InputError, with the line and the cell that speaks
    against narrowPeak, for more than ten columns that are none of narrowPeak or broadPeak with others behind them,
    BED12 or gappedPeak. Summits are left to the caller where there are ten columns.
    """
    width = len(rows[0])
    form = usual_form(width, rows[0]) or _form_of_rows(path, lines, rows, start, end)
    if form.summit is not None and width == NARROWPEAK and _has_no_summit(rows) and _numbers_at(rows, 6):
        form = PeakForm("broadPeak", form.rest, beyond=1)
    if form.beyond:
        log.info(
            "%s: %d column(s) after those of %s were passed over in all %d rows",
            path, form.beyond, form.name, len(rows),
        )  # fmt: skip
    elif len(form.rest) + 3 + (form.summit is not None) < width:
        log.info(
            "%s: is %s, of which peaks have no use for columns %s", path, form.name, _unused(form, width)
        )
    return form


def _form_of_rows(path, lines, rows: Rows, start: np.ndarray, end: np.ndarray) -> PeakForm:
    width, plain, whole = len(rows[0]), (3, 4, 5), tuple(range(3, BROADPEAK))
    places = list(zip(start.tolist(), end.tolist(), strict=True))
    thick = all(_is_thick(row, place) for row, place in zip(rows, places, strict=True))
    if width < NARROWPEAK:
        return PeakForm(f"BED{width}", plain) if thick else PeakForm("broadPeak", tuple(range(3, width)))
    if width >= BED12 and thick and all(map(_has_blocks, rows)):
        if width == GAPPEDPEAK and _numbers_at(rows, BED12):
            return PeakForm("gappedPeak", (*plain, *range(BED12, GAPPEDPEAK)))
        return PeakForm("BED12", plain, beyond=width - BED12)
    bad, says = _against_narrowpeak(rows, places)
    if bad is None:
        return PeakForm("narrowPeak", whole, NARROWPEAK - 1, width - NARROWPEAK)
    if _has_no_summit(rows) and _numbers_at(rows, 6):
        return PeakForm("broadPeak", whole, beyond=width - BROADPEAK)
    raise InputError(
        f"{path}, line {lines[bad]}: {width} columns, of which {says}; more than ten are read where they are "
        "narrowPeak with others behind its ten (columns 7 to 9 numbers, column 10 the summit within the peak, or -1), "
        "broadPeak with others behind its nine, BED12 or gappedPeak: give one of these, or the first three columns "
        "alone (cut -f1-3)"
    )


def _is_thick(row: Sequence[bytes], place: tuple[int, int] | None = None) -> bool:
    """Whether columns 7 to 9 are those of BED: a part of the interval, or none (0 and 0), and a colour. place: start
    and end of the interval, where they are known."""
    if len(row) < 8 or not (row[6].isdigit() and row[7].isdigit() and max(len(row[6]), len(row[7])) < 19):
        return False
    if place is None:
        if not (row[1].isdigit() and row[2].isdigit() and max(len(row[1]), len(row[2])) < 19):
            return False
        place = int(row[1]), int(row[2])
    start, end = place
    first, last = int(row[6]), int(row[7])
    inside = start <= first <= last <= end or (first == last == 0 and len(row) >= BED12)
    return inside and (len(row) < 9 or bool(_COLOUR.fullmatch(row[8])))


def _has_blocks(row: Sequence[bytes]) -> bool:
    return all(
        row[9].isdigit() and cell and len(parts) == int(row[9][:9]) and all(map(bytes.isdigit, parts))
        for cell in row[10:12]
        for parts in [cell.rstrip(b",").split(b",")]
    )


def _against_narrowpeak(rows: Rows, places: list[tuple[int, int]]) -> tuple[int | None, str]:
    """(index of the first row that is no narrowPeak, what of it says so); (None, "") where there is none."""
    for i, (row, (start, end)) in enumerate(zip(rows, places, strict=True)):
        for column in (6, 7, 8):
            if not _is_number(row[column]):
                return (
                    i,
                    f"column {column + 1} is {row[column][:40].decode(errors='replace')!r} and no number",
                )
        cell = row[NARROWPEAK - 1]
        if not _WHOLE.fullmatch(cell) or not -1 <= int(cell) <= end - start:
            shown = cell[:40].decode(errors="replace")
            return i, f"column 10 is {shown!r} and no summit of a peak of {end - start} bp"
    return None, ""


def _has_no_summit(rows: Rows) -> bool:
    """Whether column 10 is a whole number in no row at all."""
    return not any(_WHOLE.fullmatch(row[NARROWPEAK - 1]) for row in rows)


def _numbers_at(rows: Rows, first: int) -> bool:
    return all(_is_number(cell) for row in rows for cell in row[first : first + 3])


def _is_number(cell: bytes) -> bool:
    try:
        return bool(np.isfinite(float(cell)))
    except ValueError:
        return False


def _unused(form: PeakForm, width: int) -> str:
    used = {0, 1, 2, *form.rest}
    left = [i + 1 for i in range(width) if i not in used]
    return f"{left[0]} to {left[-1]}"
