"""Well-known assemblies: their names and how long their chromosomes are.

The tables are data, not code: an assembly more, or a name more, changes no rule's code digest and reruns nothing. They
decide what is refused and never what is written.
"""

import re
from functools import cache
from pathlib import Path

from epigroup.core.errors import InputError

SIZES = Path(__file__).with_name("assemblies.tsv")
NAMES = Path(__file__).with_name("assembly_names.tsv")
# A patch adds scaffolds and leaves the chromosomes as they are: GRCh38.p14, GRCm38.p6.
_PATCH = re.compile(r"\.p\d+$")


@cache
def assemblies() -> dict[str, dict[str, int]]:
    """Assembly -> its chromosomes' lengths, bp; mitochondria and scaffolds are left out. Read once.

    Raises InputError for a table that is damaged.
    """
    found: dict[str, dict[str, int]] = {}
    for line, (assembly, contig, size) in _rows(SIZES, ("assembly", "contig", "size")):
        sizes = found.setdefault(assembly, {})
        if not size.isdecimal() or not int(size) or contig in sizes:
            raise _damaged(SIZES, line)
        sizes[contig] = int(size)
    return found


@cache
def assembly_names() -> dict[str, str]:
    """Every name of an assembly in small letters -> its name in `assemblies`. Read once.

    Raises InputError for a table that is damaged.
    """
    found = {assembly.lower(): assembly for assembly in assemblies()}
    for line, (name, assembly) in _rows(NAMES, ("name", "assembly")):
        if assembly not in assemblies() or name.lower() in found:
            raise _damaged(NAMES, line)
        found[name.lower()] = assembly
    return found


def known_lengths(assembly: str) -> tuple[str, dict[str, int]]:
    """Name and chromosome lengths (bp) of a well-known assembly, by any of its names, letter case and patch (.p14)
    aside; the name as given and no lengths when it is unknown."""
    key = assembly.lower()
    name = assembly_names().get(key) or assembly_names().get(_PATCH.sub("", key))
    return (name, assemblies()[name]) if name else (assembly, {})


def _rows(path: Path, columns: tuple[str, ...]) -> list[tuple[int, list[str]]]:
    """Line (from 1) and cells of each row below the comments and the header."""
    rows = [
        (line, text.split("\t"))
        for line, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if not text.startswith("#")
    ]
    if not rows or tuple(rows[0][1]) != columns:
        raise _damaged(path, 1)
    for line, cells in rows:
        if len(cells) != len(columns) or not all(cells):
            raise _damaged(path, line)
    return rows[1:]


def _damaged(path: Path, line: int) -> InputError:
    return InputError(f"{path}, line {line}: the table is damaged; check the workflow out anew")
