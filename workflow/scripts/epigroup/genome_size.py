"""Sizes of the genome as peak calling needs them."""

import os
from collections.abc import Iterable
from pathlib import Path

from epigroup.files import whole


def read_sizes(path: str | os.PathLike) -> dict[str, int]:
    """Chromosome lengths (bp) of a two-column table, in file order."""
    with open(path) as handle:
        return {name: int(size) for name, size in (line.split("\t")[:2] for line in handle)}


def count_bases(codes: Iterable) -> int:
    """Bases that are not N in arrays of base codes (uint8, A0 C1 G2 T3 other 4): the effective size, bp."""
    chunk = 1 << 24
    return sum(int((part[i : i + chunk] < 4).sum()) for part in codes for i in range(0, len(part), chunk))


def write_size(out: str | os.PathLike, bases: int) -> None:
    """Write the effective genome size (bp) as one line of text."""
    with whole(out) as partial:
        partial.write_text(f"{bases}\n")


def read_size(path: str | os.PathLike) -> int:
    """Effective genome size (bp) as write_size left it."""
    return int(Path(path).read_text())
