"""genome.h5 as it is read: one uint8 code a base, A 0, C 1, G 2, T 3, any other 4.

What only reads the codes imports nothing of what writes them: an edit of `fasta` or `build` reruns none of it.
"""

import json
import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from epigroup.core.errors import InputError
from epigroup.core.hdf5 import DAMAGE, read_hdf5
from epigroup.core.text_files import first_line
from epigroup.genome.contigs import spelling_hint

FORMAT_VERSION = 2
OTHER = 4
_BLOCK = 1 << 24


class Bases(Protocol):
    """Sequences by name, wherever they come from: what scoring asks of a genome.h5 or of a FASTA in memory."""

    @property
    def sizes(self) -> Mapping[str, int]:
        """Lengths (bp) of the sequences."""

    def codes(self, chrom: str) -> np.ndarray:
        """Codes of one sequence: uint8 (size,)."""


@dataclass(frozen=True)
class Genome:
    """An opened genome.h5: assembly, sha256 of its FASTA text, chromosome lengths (bp) in config order."""

    path: Path
    assembly: str
    fasta_sha256: str
    sizes: dict[str, int]
    offsets: dict[str, int]
    checks: dict[str, int]

    def codes(self, chrom: str) -> np.ndarray:
        """Codes of a chromosome: uint8 (size,), read-only, memory-mapped, held against their checksum. Raises
        InputError for an unknown name and for damaged codes."""
        if chrom not in self.sizes:
            raise InputError(f"{self.path} has no chromosome {chrom}; {spelling_hint(chrom, self.sizes)}")
        if _crc32(self.path, self.offsets[chrom], self.sizes[chrom]) != self.checks[chrom]:
            raise InputError(
                f"{self.path}: chromosome {chrom} is damaged: it does not match its checksum; delete the file and "
                "build it again: snakemake --cores 1 genome"
            )
        return np.memmap(self.path, np.uint8, "r", offset=self.offsets[chrom], shape=(self.sizes[chrom],))


def _crc32(path: Path, offset: int, size: int) -> int:
    """CRC-32 of a stretch of a file, read in blocks: mapped pages would count as this process's memory."""
    check = 0
    with open(path, "rb") as handle:
        handle.seek(offset)
        while size and (block := handle.read(min(size, _BLOCK))):
            check = zlib.crc32(block, check)
            size -= len(block)
    return check


def open_genome(path: str | os.PathLike) -> Genome:
    """Open a genome.h5. Raises InputError when it is damaged or of another format version."""
    try:
        with read_hdf5(path) as store:
            version = int(store.attrs["format_version"])
            if version != FORMAT_VERSION:
                raise InputError(
                    f"{path}: format version {version}, this release reads {FORMAT_VERSION}; delete it and build it "
                    "again: snakemake --cores 1 genome"
                )
            names = json.loads(store.attrs["chromosomes"])
            genome = Genome(
                Path(path), store.attrs["assembly"].decode(), store.attrs["fasta_sha256"].decode(),
                {c: store[c].shape[0] for c in names}, {c: store[c].id.get_offset() for c in names},
                json.loads(store.attrs["crc32"]),
            )  # fmt: skip
    except DAMAGE as error:
        raise InputError(
            f"{path}: not a whole genome file ({first_line(error)}); delete it and build it again: snakemake "
            "genome"
        ) from error
    size = Path(path).stat().st_size
    for chrom, offset in genome.offsets.items():
        if offset is None or offset + genome.sizes[chrom] > size or chrom not in genome.checks:
            raise InputError(
                f"{path}: not a whole genome file (chromosome {chrom} is cut); delete it and build it again: snakemake "
                "genome"
            )
    return genome
