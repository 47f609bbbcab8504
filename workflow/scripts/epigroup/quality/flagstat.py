"""Counts of reads from samtools flagstat."""

import os

from epigroup.core.errors import InputError
from epigroup.core.text_files import REMEDY, read_text

FLAGSTAT = {
    "primary": "primary",
    "primary mapped": "mapped",
    "primary duplicates": "duplicates",
    "with itself and mate mapped": "mates",
}


def read_flagstat(path: str | os.PathLike) -> dict[str, int]:
    """primary, mapped, duplicates and mates (reads; mates: of pairs that both align) of samtools flagstat. Raises
    InputError for a file that is cut."""
    counts = {}
    for line in read_text(path).splitlines():
        number, _, what = line.partition(" + ")
        what = what.split(" ", 1)[-1].split(" (")[0]
        if what in FLAGSTAT:
            counts[FLAGSTAT[what]] = int(number)
    if len(counts) < len(FLAGSTAT):
        raise InputError(f"{path}: is cut: it does not count {', '.join(FLAGSTAT)} reads; {REMEDY}")
    return counts
