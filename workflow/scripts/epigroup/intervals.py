"""narrowPeak, broadPeak and BED files: strict reading, one standard form, fast reading of that form."""

import io
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pysam

from epigroup.compressed import open_text
from epigroup.contigs import spelling_hint
from epigroup.errors import InputError
from epigroup.files import whole

log = logging.getLogger(__name__)

_MAX_COLUMNS = 12
_NARROWPEAK, _BROADPEAK = 10, 9


@dataclass(frozen=True)
class PeakTable:
    """Peaks in the order of their file.

    names: contig names; code int32 (n,) index into them; start, end int64 (n,) bp, 0-based, half-open; summit
    int64 (n,) absolute bp, -1 where the file tells none; rest: columns 4 to 9 of narrowPeak as tab-separated
    bytes; n_duplicates: rows that repeat an earlier interval; n_widened: peaks widened by `point_flank`;
    n_narrow: peaks narrower than `min_overlap` bp (after widening), which can make no bin positive.
    """

    names: tuple[str, ...]
    code: np.ndarray
    start: np.ndarray
    end: np.ndarray
    summit: np.ndarray
    rest: list[bytes]
    n_duplicates: int = 0
    n_widened: int = 0
    n_narrow: int = 0

    def __len__(self) -> int:
        return len(self.start)

    @property
    def chrom(self) -> np.ndarray:
        """Contig name of each peak, object (n,)."""
        return np.array(self.names, object)[self.code]

    def take(self, rows: np.ndarray) -> "PeakTable":
        """The peaks at these indices, in this order."""
        return replace(
            self, code=self.code[rows], start=self.start[rows], end=self.end[rows], summit=self.summit[rows],
            rest=[self.rest[i] for i in rows],
        )  # fmt: skip


def read_peaks(
    path: str | os.PathLike, sizes: Mapping[str, int], *, point_flank: int = 0, min_overlap: int = 50
) -> PeakTable:
    """Read narrowPeak, broadPeak or BED (3 to 12 columns), plain or gzipped, sorted or not, LF or CRLF.

    `sizes`: length in bp of every contig of the genome's FASTA. Lines that are empty or begin with `#`,
    `track` or `browser` are passed over. With `point_flank` > 0, peaks narrower than `min_overlap` bp become
    [c - flank, c + 1 + flank) around their summit (else their middle base) c, kept within the contig and
    never narrower than they were.
    Raises InputError with file, line and value: fewer than 3 columns or another number of columns than
    before, a contig not in `sizes`, coordinates that are no whole numbers, negative, reversed or empty
    intervals, a peak beyond the contig's end, a summit outside its peak, an empty or truncated file.
    """
    with open_text(path) as handle:
        text = handle.read()
    lines, rows = _split(path, text)
    if not rows:
        raise InputError(f"{path}: the peak file is empty; a profile needs at least one peak")
    start = _integers(path, lines, [r[1] for r in rows], "start")
    end = _integers(path, lines, [r[2] for r in rows], "end")
    names = tuple(sizes)
    place = {name.encode(): i for i, name in enumerate(names)}
    code = np.fromiter((place.get(r[0], -1) for r in rows), np.int32, len(rows))

    def refuse(bad: np.ndarray, says) -> None:
        if bad.any():
            i = int(np.argmax(bad))
            raise InputError(f"{path}, line {lines[i]}: {says(i)}")

    def unknown(i: int) -> str:
        name = rows[i][0].decode(errors="replace")
        return f"contig {name!r} is not in the genome's FASTA; {spelling_hint(name, names)}"

    refuse(code < 0, unknown)
    refuse(end < start, lambda i: f"reversed interval, start {start[i]} is beyond end {end[i]}")
    refuse(end == start, lambda i: f"zero-length interval, start and end are both {start[i]}")
    limit = np.fromiter(sizes.values(), np.int64, len(names))[code]
    refuse(end > limit, lambda i: (
        f"end {end[i]} is beyond the end of {names[code[i]]} ({limit[i]} bp); "
        "are the peaks of another assembly?"
    ))  # fmt: skip
    summit = np.full(len(rows), -1, np.int64)
    width = len(rows[0])
    if width == _NARROWPEAK:
        offset = _integers(path, lines, [r[9] for r in rows], "summit (column 10)", may_lack=True)
        # ENCODE's IDR peaks have summits that rounding put one base past the last.
        refuse(
            offset > end - start,
            lambda i: f"summit {offset[i]} lies outside its peak of {end[i] - start[i]} bp",
        )
        summit = np.where(offset >= 0, start + offset, -1)
    rest = [_rest(r[3 : min(width, 9) if width <= _NARROWPEAK else 6]) for r in rows]
    intervals = pd.DataFrame({"code": code, "start": start, "end": end})
    n_duplicates = int(intervals.duplicated().sum())
    if n_duplicates:
        log.warning("%s: %d peaks repeat the interval of another one", path, n_duplicates)
    table = PeakTable(names, code, start, end, summit, rest, n_duplicates)
    return _widen(path, table, limit, point_flank, min_overlap)


def _split(path: str | os.PathLike, text: bytes) -> tuple[list[int], list[list[bytes]]]:
    """Line numbers (from 1) and fields of the data lines."""
    lines, rows = [], []
    separator, width, first = None, 0, 0
    for number, line in enumerate(text.split(b"\n"), 1):
        line = line.rstrip(b"\r")
        if not line.strip() or line.startswith(b"#"):
            continue
        if line.startswith((b"track", b"browser")) and line.split(None, 1)[0] in (b"track", b"browser"):
            continue
        if not rows:
            separator = b"\t" if b"\t" in line else None
        fields = line.split(separator)
        if not rows:
            width, first = len(fields), number
            if not 3 <= width <= _MAX_COLUMNS:
                raise InputError(
                    f"{path}, line {number}: {width} column(s); peak files have 3 to {_MAX_COLUMNS}: "
                    f"{line[:80].decode(errors='replace')!r}"
                )
        elif len(fields) != width:
            raise InputError(
                f"{path}, line {number}: {len(fields)} column(s) where line {first} has {width}: "
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


_DEFAULTS = (b".", b"0", b".", b"0", b"-1", b"-1")


def _rest(fields: list[bytes]) -> bytes:
    filled = [given or default for given, default in zip(fields, _DEFAULTS, strict=False)]
    return b"\t".join([*filled, *_DEFAULTS[len(fields) :]])


def _widen(path, peaks: PeakTable, limit: np.ndarray, flank: int, min_overlap: int) -> PeakTable:
    narrow = peaks.end - peaks.start < min_overlap
    n_widened = int(narrow.sum()) if flank > 0 else 0
    if n_widened:
        centre = np.where(peaks.summit >= 0, peaks.summit, (peaks.start + peaks.end) // 2)
        start = np.where(narrow, np.minimum(peaks.start, np.maximum(centre - flank, 0)), peaks.start)
        end = np.where(narrow, np.maximum(peaks.end, np.minimum(centre + 1 + flank, limit)), peaks.end)
        peaks = replace(peaks, start=start, end=end)
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


def standardise_peaks(
    path: str | os.PathLike,
    out: str | os.PathLike,
    sizes: Mapping[str, int],
    chosen: Mapping[str, int],
    *,
    point_flank: int = 0,
    min_overlap: int = 50,
) -> None:
    """Read any peak file and write its standard form, with the peaks on the `chosen` chromosomes only.

    Peaks on other contigs of the FASTA are counted in the log. Raises InputError as `read_peaks` does, and
    when no peak is left.
    """
    peaks = read_peaks(path, sizes, point_flank=point_flank, min_overlap=min_overlap)
    used = np.array([name in chosen for name in peaks.names])[peaks.code]
    if not used.all():
        outside = sorted(set(peaks.chrom[~used]))
        shown = ", ".join(outside[:10]) + (", ..." if len(outside) > 10 else "")
        log.info(
            "%s: %d of %d peaks dropped, on contigs that genome.chromosomes leaves out (%s)",
            path, (~used).sum(), len(peaks), shown,
        )  # fmt: skip
    if not used.any():
        raise InputError(f"{path}: none of the {len(peaks)} peaks lies on a chromosome of genome.chromosomes")
    kept = peaks.take(np.flatnonzero(used))
    write_standard_peaks(kept, out)
    log.info("%s: %d peaks written", out, len(kept))


def read_regions(
    path: str | os.PathLike, sizes: Mapping[str, int]
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Starts and ends (int64, bp) of a BED's regions by chromosome of `sizes`; rows on other contigs are
    passed over.

    Meant for blacklists, which cover whole assemblies. Raises InputError for bad rows on these chromosomes, a
    region beyond a chromosome's end, and a file without a single row on any of them.
    """
    with open_text(path) as handle:
        lines, rows = _split(path, handle.read())
    places: dict[str, list[int]] = {}
    for i, row in enumerate(rows):
        places.setdefault(row[0].decode(errors="replace"), []).append(i)
    regions = {}
    for chrom in set(places) & set(sizes):
        at = [lines[i] for i in places[chrom]]
        start = _integers(path, at, [rows[i][1] for i in places[chrom]], "start")
        end = _integers(path, at, [rows[i][2] for i in places[chrom]], "end")
        bad = np.flatnonzero((end <= start) | (end > sizes[chrom]))
        if len(bad):
            i = bad[0]
            raise InputError(
                f"{path}, line {at[i]}: region {start[i]} to {end[i]} is empty, reversed or beyond the "
                f"end of {chrom} ({sizes[chrom]} bp)"
            )
        regions[chrom] = (start, end)
    if not regions:
        hint = spelling_hint(next(iter(sizes)), places)
        raise InputError(f"{path}: no region lies on a chromosome of genome.chromosomes; {hint}")
    return regions


def write_standard_peaks(peaks: PeakTable, out: str | os.PathLike) -> None:
    """Write peaks as narrowPeak, sorted by contig (in the order of `peaks.names`) and position, bgzipped,
    with `.tbi`."""
    order = np.lexsort((peaks.end, peaks.start, peaks.code))
    offset = np.where(peaks.summit >= 0, peaks.summit - peaks.start, -1)
    names = [n.encode() for n in peaks.names]
    with whole(f"{out}.tbi") as index, whole(out) as partial:
        with pysam.BGZFile(str(partial), "wb") as handle:
            columns = (peaks.code[order], peaks.start[order], peaks.end[order], order, offset[order])
            handle.write(b"".join(
                b"%s\t%d\t%d\t%s\t%d\n" % (names[code], start, end, peaks.rest[row], summit)
                for code, start, end, row, summit in zip(*map(np.ndarray.tolist, columns))
            ))  # fmt: skip
        pysam.tabix_index(
            str(partial), force=True, seq_col=0, start_col=1, end_col=2, zerobased=True, index=str(index),
            keep_original=True,
        )  # fmt: skip


def fetch_standard(path: str | os.PathLike, chrom: str) -> tuple[np.ndarray, np.ndarray]:
    """Starts and ends (int64, bp, sorted by start) of a standard file's peaks on one chromosome, through its
    index."""
    try:
        with pysam.TabixFile(str(path)) as table:
            if chrom not in table.contigs:
                return np.empty(0, np.int64), np.empty(0, np.int64)
            text = "\n".join(table.fetch(chrom))
    except OSError as error:
        raise InputError(
            f"{path}: not a whole standard peak file with its .tbi ({error}); make it again"
        ) from error
    columns = pd.read_csv(io.StringIO(text), sep="\t", header=None, usecols=[1, 2], dtype=np.int64).to_numpy()
    return columns[:, 0], columns[:, 1]
