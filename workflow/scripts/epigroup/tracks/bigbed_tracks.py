"""Peaks as bigBed files that the UCSC browser shows as narrowPeak (its type bigNarrowPeak)."""

import logging
import math
import os
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

import pybigtools

from epigroup.core.compressed import open_text
from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.logs import Progress
from epigroup.core.text_files import REMEDY

log = logging.getLogger(__name__)

FIELDS = 10  # of narrowPeak, of which the first six are those of BED
# Mark, version, zoom levels, places of contigs, data and index, fields, fields of BED, place of the description
# (Kent et al. 2010, supplement).
_HEADER = struct.Struct("<IHHQQQHHQ")
MOST = 1000  # the highest score that BED knows; macs2 writes higher ones
# UCSC's description of the format, without which a reader takes the file for plain BED. As short as it can be: it must
# fit where the library's own stands.
AUTOSQL = b"""table bigNarrowPeak
"Peaks"
(
string chrom;""
uint chromStart;""
uint chromEnd;""
string name;""
uint score;""
char[1] strand;""
float signalValue;""
float pValue;""
float qValue;""
int peak;"summit"
)
"""


def write_peak_tracks(
    paths: Sequence[str | os.PathLike], outs: Sequence[str | os.PathLike], sizes: Mapping[str, int]
) -> None:
    """`write_peak_track` of many profiles, one after the other."""
    progress = Progress(log, "peaks", len(paths), "profiles")
    for path, out in zip(paths, outs, strict=True):
        log.info("%s: %d peaks written", out, write_peak_track(path, out, sizes))
        progress.advance()


def write_peak_track(peaks: str | os.PathLike, out: str | os.PathLike, sizes: Mapping[str, int]) -> int:
    """Write sorted narrowPeak (plain, gzip or bgzip) as bigBed, its contigs in the order of their names; the number
    of peaks.

    sizes: length in bp of every contig that may be named. Given peaks may hold what the browser cannot read: a score
    becomes a whole number from 0 to 1000, what is no number or strand becomes narrowPeak's mark of none; the log
    counts such rows. Raises InputError for a row that is no narrowPeak, lies on no contig of `sizes` or beyond its
    end, or starts before the one above it, and for a file without a row.
    """
    rows, n_changed = _rows_by_contig(peaks, sizes)
    if n_changed:
        log.info(
            "%s: %d rows with a score, strand or value that browsers do not take, changed", out, n_changed
        )
    if not rows:
        raise InputError(f"{peaks}: holds no peak; {REMEDY}")
    names = sorted(rows)
    with whole(out) as partial:
        # The library chooses the format by the end of the name.
        pybigtools.open(str(partial), "w").write(
            {name: sizes[name] for name in names}, (row for name in names for row in rows[name])
        )
        _describe(partial)
    return sum(map(len, rows.values()))


def _rows_by_contig(
    path: str | os.PathLike, sizes: Mapping[str, int]
) -> tuple[dict[str, list[tuple[str, int, int, str]]], int]:
    """(contig, start, end, the other fields as one text) by contig, as the library takes them, and how many of them
    stand otherwise in the file."""
    rows: dict[str, list[tuple[str, int, int, str]]] = {}
    n_changed = 0
    with open_text(path) as handle:
        for number, line in enumerate(handle, start=1):
            try:
                name, start, end, *rest = line.decode().rstrip("\n").split("\t")
                place = (name, int(start), int(end))
                good = len(rest) == FIELDS - 3 and 0 <= place[1] < place[2] <= sizes[name]
            except (ValueError, KeyError):
                good = False
            if not good or (name in rows and rows[name][-1][1] > place[1]):
                raise InputError(
                    f"{path}, line {number}: {line[:60]!r} is no sorted narrowPeak of this genome; {REMEDY}"
                )
            shown = _shown(*rest)
            n_changed += shown != rest
            rows.setdefault(name, []).append((*place, "\t".join(shown)))
    return rows, n_changed


def _shown(
    label: str, score: str, strand: str, signal: str, pvalue: str, qvalue: str, summit: str
) -> list[str]:
    """The fields after a peak's place as the browser reads them."""
    if not (score.isdecimal() and int(score) <= MOST):
        score = str(min(max(round(float(_number(score, "0"))), 0), MOST))
    strand = strand if strand in ("+", "-", ".") else "."
    return [label, score, strand, _number(signal, "0"), _number(pvalue, "-1"), _number(qvalue, "-1"), summit]


def _number(text: str, none: str) -> str:
    """The text of a finite number, or `none`."""
    try:
        return text if math.isfinite(float(text)) else none
    except ValueError:
        return none


def _describe(path: Path) -> None:
    """Say in a bigBed's header that its rows are narrowPeak: the library has no argument for that, and says BED of
    three fields.

    Raises RuntimeError when the library's own description is too short to hold that of narrowPeak.
    """
    with open(path, "r+b") as handle:
        header = handle.read(_HEADER.size)
        *_, at = _HEADER.unpack(header)
        handle.seek(at)
        room = handle.read(1000).index(b"\0")
        if room < len(AUTOSQL):
            raise RuntimeError(f"{path}: the bigBed library left {room} bytes for {len(AUTOSQL)}")
        handle.seek(at)
        handle.write(AUTOSQL.ljust(room, b"\n"))
        handle.seek(_HEADER.size - 12)
        handle.write(struct.pack("<HH", FIELDS, 6))
