"""Sizes of the genome as peak calling needs them."""

import os
from collections.abc import Iterable

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.text_files import REMEDY, read_text


def read_sizes(path: str | os.PathLike) -> dict[str, int]:
    """Chromosome lengths (bp) of a two-column table, in file order. Raises InputError for one that is
    damaged."""
    sizes = {}
    for line, row in enumerate(read_text(path).splitlines(), start=1):
        cells = row.split("\t")
        if len(cells) != 2 or not cells[1].isdecimal() or cells[0] in sizes:
            raise InputError(f"{path}, line {line}: {row[:60]!r} is no contig and its length; {REMEDY}")
        sizes[cells[0]] = int(cells[1])
    return sizes


def count_bases(codes: Iterable) -> int:
    """Bases that are not N in arrays of base codes (uint8, A0 C1 G2 T3 other 4): the effective size, bp."""
    chunk = 1 << 24
    return sum(int((part[i : i + chunk] < 4).sum()) for part in codes for i in range(0, len(part), chunk))


def write_size(out: str | os.PathLike, bases: int) -> None:
    """Write the effective genome size (bp) as one line of text."""
    with whole(out) as partial:
        partial.write_text(f"{bases}\n", encoding="utf-8")


def read_size(path: str | os.PathLike) -> int:
    """Effective genome size (bp) as write_size left it. Raises InputError for a file that is damaged."""
    text = read_text(path).strip()
    if not text.isdecimal() or not int(text):
        raise InputError(f"{path}: {text[:60]!r} is no number of bases; {REMEDY}")
    return int(text)
