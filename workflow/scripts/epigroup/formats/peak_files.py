"""narrowPeak, broadPeak, BED and bigBed files: strict reading, whatever wrote them."""

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from epigroup.core.compressed import open_text
from epigroup.core.errors import InputError
from epigroup.formats.bbi import kind_of
from epigroup.formats.bigbed import bigbed_text
from epigroup.formats.foreign_contents import HEAD, refuse_foreign, refuse_tracks
from epigroup.formats.peak_columns import (
    MIN_COLUMNS,
    fill_rest,
    is_passed_over,
    rest_suffix,
    scan_columns,
)
from epigroup.formats.peak_contigs import ANYWHERE, PAST_END, cut_ends, on_contigs, other_contigs, respell
from epigroup.formats.peak_forms import form_of, without_empty_ends
from epigroup.genome.contigs import accepted_names, called_otherwise, spelling_hint, spellings, told_otherwise

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PeakTable:
    """Peaks in the order of their file.

    names: contig names; code int32 (n,) index into them; start, end int64 (n,) bp, 0-based, half-open; summit
    int64 (n,) absolute bp, -1 where the file tells none; n_widened: peaks widened by `point_flank`; n_narrow:
    peaks narrower than `min_overlap` bp (after widening), which can make no bin positive. text, rest_at,
    suffix, row_at: see `peak_columns.Columns`. form: name of the file's format; n_columns: of each of its rows.
    """

    names: tuple[str, ...]
    code: np.ndarray
    start: np.ndarray
    end: np.ndarray
    summit: np.ndarray
    text: bytes = field(repr=False)
    rest_at: np.ndarray
    suffix: bytes = b""
    row_at: np.ndarray | None = None
    n_widened: int = 0
    n_narrow: int = 0
    form: str = "BED"
    n_columns: int = 3

    def __len__(self) -> int:
        return len(self.start)

    @property
    def chrom(self) -> np.ndarray:
        """Contig name of each peak, object (n,)."""
        return np.array(self.names, object)[self.code]

    @cached_property
    def rest(self) -> list[bytes]:
        """Columns 4 to 9 of narrowPeak, tab-separated, of each peak."""
        return [self.text[a:b] + self.suffix for a, b in zip(*self.rest_at.tolist())]

    def take(self, rows: np.ndarray) -> "PeakTable":
        """The peaks at these indices, in this order."""
        return replace(
            self, code=self.code[rows], start=self.start[rows], end=self.end[rows], summit=self.summit[rows],
            rest_at=self.rest_at[:, rows], row_at=None if self.row_at is None else self.row_at[:, rows],
        )  # fmt: skip


def read_peaks(
    path: str | os.PathLike, sizes: Mapping[str, int],
    *, point_flank: int = 0, min_overlap: int = 50, contig_names: str = "as_given",
    look: Callable[[PeakTable], None] = lambda _: None, every_row: bool = False,
) -> PeakTable:  # fmt: skip
    """Read narrowPeak, broadPeak, gappedPeak or BED (see `peak_forms`), plain or gzipped, sorted or not, LF or CRLF;
    or a bigBed of such rows, which is told by its first bytes and whose records count as lines.

    `sizes`: length in bp of every contig of the genome's FASTA. Lines that are empty or begin with `#`,
    `track` or `browser` are passed over. With `point_flank` > 0, peaks narrower than `min_overlap` bp become
    [c - flank, c + 1 + flank) around their summit (else their middle base) c, kept within the contig and
    never narrower than they were. `contig_names`: "as_given", or "spelling" to take another usual spelling of a
    contig (chr1, 1, chrI) for it; see `contigs.spellings`. `look` is called with the rows as they stand in the file,
    before any is widened. Rows on contigs that are not in `sizes` are passed over, and ends at most PAST_END bp
    beyond their contig's are cut there; both are counted in the log, or refused with `every_row`.
    Raises InputError with file, line and value: fewer than 3 columns or another number of columns than
    before, more than 10 that are no known format, a contig that is in `sizes` under another usual name, or of another
    length in a bigBed, no row on any of `sizes`, coordinates that are no whole numbers, negative, reversed or empty
    intervals, a peak further beyond the contig's end, a summit outside its peak, an empty or truncated file, a bigWig
    or other contents (see `foreign_contents`).
    """
    meant = accepted_names(sizes, contig_names)
    with open_text(path) as handle:
        text = handle.read(HEAD)
        kind = kind_of(text)
        if kind is None:
            # Before the rest is read: alignments would fill the memory.
            refuse_foreign(path, text, meant)
        text += handle.read()
    if kind == "bigWig":
        raise InputError(f"{path}: is a bigWig, which holds a signal and no peaks; give its peaks")
    if kind == "bigBed":
        text = bigbed_text(path, sizes)
        refuse_foreign(path, text[:HEAD], meant)
    refuse_tracks(path, text)
    names = tuple(meant)
    limits = np.array([sizes[name] for name in meant.values()], np.int64)
    past = 0 if every_row else PAST_END
    peaks = _read_columns(path, text, names, limits, past)
    if peaks is None:
        others = other_contigs(text, names)
        every = (*names, *others)
        # What is passed over may end anywhere.
        ends = np.concatenate([limits, np.full(len(others), ANYWHERE)])
        peaks = _read_columns(path, text, every, ends, past) if others else None
        if peaks is None:
            peaks = _read_rows(path, text, every, ends, past)
        peaks = on_contigs(path, text, peaks, names, tuple(sizes), contig_names, every_row)
    if len(names) > len(sizes):
        peaks = respell(path, peaks, meant, tuple(sizes))
    look(peaks)
    return _widen(path, peaks, limits[peaks.code], point_flank, min_overlap)


def _read_columns(
    path: str | os.PathLike, text: bytes, names: tuple[str, ...], limits: np.ndarray, past: int
) -> PeakTable | None:
    """All rows at once; None when a row is unusual or wrong, for `_read_rows` to find and name."""
    found = scan_columns(text, names)
    if found is None or (found.end <= found.start).any():
        return None
    end, far = cut_ends(path, found.start, found.end, limits[found.code], past)
    if far.any():
        return None
    summit = np.full(len(found.start), -1, np.int64)
    if found.offset is not None:
        if (found.offset > found.end - found.start).any():
            return None
        summit = np.where(found.offset >= 0, found.start + found.offset, -1)
        summit = np.where(end < found.end, np.minimum(summit, end - 1), summit)
    as_written = found.row_at if end is found.end else None
    return PeakTable(
        names, found.code, found.start, end, summit, found.text, found.rest_at, found.suffix,
        as_written, form=found.form.name, n_columns=found.n_columns,
    )  # fmt: skip


def _read_rows(
    path: str | os.PathLike, text: bytes, names: tuple[str, ...], limits: np.ndarray, past: int
) -> PeakTable:
    """Row by row, with the line and the value of whatever is wrong."""
    lines, rows = _split(path, text)
    if not rows:
        raise InputError(f"{path}: the peak file is empty; a profile needs at least one peak")
    rows = without_empty_ends(path, rows)
    start = _integers(path, lines, [r[1] for r in rows], "start")
    end = _integers(path, lines, [r[2] for r in rows], "end")
    place = {name.encode(): i for i, name in enumerate(names)}
    code = np.fromiter((place.get(r[0], -1) for r in rows), np.int32, len(rows))

    def refuse(bad: np.ndarray, says) -> None:
        if bad.any():
            i = int(np.argmax(bad))
            raise InputError(f"{path}, line {lines[i]}: {says(i)}")

    # Of such a name not all letters can be seen.
    refuse(code < 0, lambda i: f"{rows[i][0].decode(errors='replace')!r} is no name of a contig")
    refuse(end < start, lambda i: f"reversed interval, start {start[i]} is beyond end {end[i]}")
    refuse(end == start, lambda i: f"zero-length interval, start and end are both {start[i]}")
    limit = limits[code]
    cut, far = cut_ends(path, start, end, limit, past)
    refuse(far, lambda i: (
        f"end {end[i]} is beyond the end of {names[code[i]]} ({limit[i]} bp); "
        "are the peaks of another assembly?"
    ))  # fmt: skip
    summit = np.full(len(rows), -1, np.int64)
    form = form_of(path, lines, rows, start, end)
    if form.summit is not None:
        offset = _integers(path, lines, [r[form.summit] for r in rows], "summit (column 10)", may_lack=True)
        # ENCODE's IDR peaks have summits that rounding put one base past the last.
        refuse(
            offset > end - start,
            lambda i: f"summit {offset[i]} lies outside its peak of {end[i] - start[i]} bp",
        )
        summit = np.where(offset >= 0, start + offset, -1)
        summit = np.where(cut < end, np.minimum(summit, cut - 1), summit)
    rest = [fill_rest([r[i] for i in form.rest]) for r in rows]
    stop = np.cumsum([len(r) for r in rest])
    rest_at = np.stack([np.concatenate([[0], stop[:-1]]), stop])
    return PeakTable(
        names, code, start, cut, summit, b"".join(rest), rest_at, rest_suffix(len(form.rest)), form=form.name,
        n_columns=len(rows[0]),
    )  # fmt: skip


def _split(path: str | os.PathLike, text: bytes) -> tuple[list[int], list[list[bytes]]]:
    """Line numbers (from 1) and fields of the data lines."""
    lines: list[int] = []
    rows: list[list[bytes]] = []
    separator, width, first = None, 0, 0
    for number, line in enumerate(text.split(b"\n"), 1):
        line = line.rstrip(b"\r")
        if is_passed_over(line):
            continue
        if not rows:
            separator = b"\t" if b"\t" in line else None
        fields = line.split(separator)
        if not rows:
            width, first = len(fields), number
            if width < MIN_COLUMNS:
                raise InputError(
                    f"{path}, line {number}: {width} column(s); peak files have {MIN_COLUMNS} or more: "
                    f"{line[:80].decode(errors='replace')!r}"
                )
        elif len(fields) != width:
            ends = " (one of the two ends with a tab)" if not (fields[-1] and rows[0][-1]) else ""
            raise InputError(
                f"{path}, line {number}: {len(fields)} column(s) where line {first} has {width}{ends}: "
                f"{line[:80].decode(errors='replace')!r}"
            )
        lines.append(number)
        rows.append(fields)
    return lines, rows


def _integers(path, lines: list[int], values: list[bytes], what: str, may_lack: bool = False) -> np.ndarray:
    """int64 (n,); `may_lack` lets -1 stand for none."""
    if not all(map(bytes.isdigit, values)) or max(map(len, values)) > 18:
        for line, value in zip(lines, values, strict=True):
            if value.isdigit() and len(value) <= 18 or may_lack and value == b"-1":
                continue
            shown = value[:40].decode(errors="replace")
            kind = "negative" if value[:1] == b"-" and value[1:].isdigit() else "not a whole number"
            raise InputError(f"{path}, line {line}: {what} {shown!r} is {kind}")
    return np.fromiter(map(int, values), np.int64, len(values))


def _widen(path, peaks: PeakTable, limit: np.ndarray, flank: int, min_overlap: int) -> PeakTable:
    narrow = peaks.end - peaks.start < min_overlap
    n_widened = int(narrow.sum()) if flank > 0 else 0
    if n_widened:
        centre = np.where(peaks.summit >= 0, peaks.summit, (peaks.start + peaks.end) // 2)
        start = np.where(narrow, np.minimum(peaks.start, np.maximum(centre - flank, 0)), peaks.start)
        end = np.where(narrow, np.maximum(peaks.end, np.minimum(centre + 1 + flank, limit)), peaks.end)
        peaks = replace(peaks, start=start, end=end, row_at=None)
        log.info("%s: %d of %d peaks are narrower than %d bp and were widened by %d bp a side of the summit",
                 path, n_widened, len(peaks), min_overlap, flank)  # fmt: skip
        narrow = end - start < min_overlap
    n_narrow = int(narrow.sum())
    if n_narrow == len(peaks):
        raise InputError(
            f"{path}: all {n_narrow} peaks are narrower than dataset.min_overlap ({min_overlap} bp) and can "
            f"make no bin positive; set peaks.point_flank (now {flank}) to widen them: {min_overlap} suffices"
        )
    if n_narrow:
        log.warning(
            "%s: %d of %d peaks are narrower than %d bp and make no bin positive; see peaks.point_flank",
            path, n_narrow, len(peaks), min_overlap,
        )  # fmt: skip
    return replace(peaks, n_widened=n_widened, n_narrow=n_narrow)


def sort_places(
    code: np.ndarray, start: np.ndarray, end: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Intervals by contig number, start and end, each int64 (n,)."""
    columns = [code.astype(np.int64), start, end - start]
    bits = [int(column.max()).bit_length() for column in columns]
    if sum(bits) > 63:
        order = np.lexsort((end, start, code))
        return columns[0][order], start[order], end[order]
    # Joined to one number they sort without an order to follow; `stable` is quick where much is in order.
    key = ((columns[0] << bits[1] | start) << bits[2]) | columns[2]
    key.sort(kind="stable")
    width = key & ((1 << bits[2]) - 1)
    key >>= bits[2]
    start = key & ((1 << bits[1]) - 1)
    return key >> bits[1], start, start + width


def read_regions(
    path: str | os.PathLike, sizes: Mapping[str, int], *, contig_names: str = "as_given"
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Starts and ends (int64, bp) of a BED's regions by chromosome of `sizes`; rows on other contigs are
    passed over, ends at most PAST_END bp beyond a chromosome's cut. contig_names: as for `read_peaks`.

    Meant for blacklists, which cover whole assemblies. Raises InputError for bad rows on these chromosomes, a
    region beyond a chromosome's end, a chromosome under another usual name, other contents (see `foreign_contents`),
    and a file without a single row on any of them.
    """
    meant = accepted_names(sizes, contig_names)
    lines, rows = _region_rows(path)
    places: dict[str, list[int]] = {}
    for i, row in enumerate(rows):
        name = row[0].decode(errors="replace")
        places.setdefault(meant.get(name, name), []).append(i)
    spelt = spellings(sizes)
    for name in places.keys() - meant.keys():
        called = called_otherwise(name, spelt)
        if called:
            raise InputError(
                f"{path}, line {lines[places[name][0]]}: {told_otherwise(name, called, contig_names)}"
            )
    regions = {}
    for chrom in set(places) & set(sizes):
        at = [lines[i] for i in places[chrom]]
        start = _integers(path, at, [rows[i][1] for i in places[chrom]], "start")
        end = _integers(path, at, [rows[i][2] for i in places[chrom]], "end")
        cut, far = cut_ends(path, start, end, sizes[chrom], PAST_END)
        bad = np.flatnonzero((end <= start) | far)
        if len(bad):
            i = bad[0]
            raise InputError(
                f"{path}, line {at[i]}: region {start[i]} to {end[i]} is empty, reversed or beyond the "
                f"end of {chrom} ({sizes[chrom]} bp)"
            )
        regions[chrom] = (start, cut)
    if not regions:
        hint = spelling_hint(next(iter(sizes)), places)
        raise InputError(f"{path}: no region lies on a chromosome of genome.chromosomes; {hint}")
    return regions


def read_region_rows(
    path: str | os.PathLike,
) -> tuple[list[int], list[str], np.ndarray, np.ndarray]:
    """Every region of a BED, in its order: line (from 1), contig as the file names it, start and end (int64, bp).

    Meant for regions that are all to be used. InputError: other contents, bad rows, reversed or empty regions, none.
    """
    lines, rows = _region_rows(path)
    if not rows:
        raise InputError(f"{path}: holds no region; give a BED with one or more")
    start = _integers(path, lines, [row[1] for row in rows], "start")
    end = _integers(path, lines, [row[2] for row in rows], "end")
    bad = np.flatnonzero(end <= start)
    if len(bad):
        i = bad[0]
        raise InputError(f"{path}, line {lines[i]}: region {start[i]} to {end[i]} is empty or reversed")
    return lines, [row[0].decode(errors="replace") for row in rows], start, end


def _region_rows(path: str | os.PathLike) -> tuple[list[int], list[list[bytes]]]:
    with open_text(path) as handle:
        text = handle.read(HEAD)
        if kind_of(text) is not None:
            raise InputError(f"{path}: is a {kind_of(text)}; give a BED")
        refuse_foreign(path, text, what="regions")
        return _split(path, text + handle.read())
