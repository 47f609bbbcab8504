"""bedGraph to bigWig."""

import logging
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pyBigWig

from epigroup.core.errors import InputError
from epigroup.core.files import whole

log = logging.getLogger(__name__)
AT_ONCE = 1 << 16


def read_bedgraph(path: str | os.PathLike, sizes: Mapping[str, int]) -> Iterator[tuple[str, int, int, float]]:
    """Rows of a bedGraph, cut at the end of their chromosome; rows beyond it are left out.

    Raises InputError for a row that is none, and for a contig that is not in `sizes`.
    """
    with open(path, encoding="utf-8") as handle:
        for line, text in enumerate(handle, start=1):
            cells = text.split()
            if len(cells) != 4 or cells[0] not in sizes:
                raise InputError(f"{path}, line {line}: {text[:60]!r} is no bedGraph row of this genome")
            start, end = int(cells[1]), min(int(cells[2]), sizes[cells[0]])
            if start < end:
                yield cells[0], start, end, float(cells[3])


def write_bigwig(bedgraph: str | os.PathLike, out: str | os.PathLike, sizes: Mapping[str, int]) -> None:
    """A bedGraph whose chromosomes stand together as bigWig, all chromosomes of `sizes` (bp) in its header.

    Raises InputError as `read_bedgraph` does, and for a bedGraph without rows.
    """
    order = list(dict.fromkeys(row[0] for row in read_bedgraph(bedgraph, sizes)))
    if not order:
        raise InputError(f"{bedgraph}: holds no value; the profile has no reads")
    order += [name for name in sizes if name not in order]
    with whole(out) as partial, pyBigWig.open(str(partial), "w") as handle:
        handle.addHeader([(name, sizes[name]) for name in order])
        rows: list[tuple[str, int, int, float]] = []
        for row in read_bedgraph(bedgraph, sizes):
            rows.append(row)
            if len(rows) == AT_ONCE:
                _add(handle, rows)
        _add(handle, rows)
    log.info("%s: %.1f MB", out, Path(out).stat().st_size / 1e6)


def _add(handle, rows: list[tuple[str, int, int, float]]) -> None:
    if rows:
        chroms, starts, ends, values = map(list, zip(*rows, strict=True))
        handle.addEntries(chroms, starts, ends=ends, values=values)
        rows.clear()
