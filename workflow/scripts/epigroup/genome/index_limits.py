"""What an index of alignments or peaks can hold."""

import os
from collections.abc import Mapping

from epigroup.core.errors import InputError

# Of one contig, in bp: no .bai and no .tbi has a place for what ends beyond. A CSI index has room, but rules name their
# files before any length is known, and IGV takes what is called .bai for one.
LONGEST_INDEXED = 1 << 29


def check_indexable(fasta: str | os.PathLike, chosen: Mapping[str, int], longest: int) -> None:
    """Raise InputError that names the chromosomes of `chosen` (name -> bp) with more than `longest` bp."""
    too_long = [f"{name} ({length:,} bp)" for name, length in chosen.items() if length > longest]
    if too_long:
        raise InputError(
            f"{fasta}: longer than the {longest:,} bp that an index of alignments (.bai) holds of a contig: "
            f"{', '.join(too_long)}; give a FASTA that has them in parts (the authors of such assemblies often "
            "publish one), or leave them out of genome.chromosomes"
        )
