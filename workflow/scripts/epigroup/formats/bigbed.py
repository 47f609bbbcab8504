"""Peaks from bigBed files, as the rows of text that they were made of."""

import os
import struct
from collections.abc import Mapping

from epigroup.core.errors import InputError
from epigroup.formats.bbi import Damaged, open_indexed


def bigbed_text(path: str | os.PathLike, sizes: Mapping[str, int]) -> bytes:
    """The records of a bigBed as tab-separated rows: contig, start, end and what else it stores, contigs in the
    order of the file, a line a record.

    Raises InputError when it is no bigBed, cut or damaged, or a contig of `sizes` has another length there: the
    file is of another assembly.
    """
    bigbed = open_indexed(path, "bigBed")
    rows: list[bytes] = []
    for name, (number, length) in bigbed.chromosomes.items():
        if sizes.get(name, length) != length:
            raise InputError(
                f"{path}: its {name} is {length:,} bp long, the genome's {sizes[name]:,}; it belongs to another "
                "assembly"
            )
        reached = 0
        for block in bigbed.blocks(name):
            try:
                reached = _add_rows(rows, block, bigbed.order, number, name.encode(), reached)
            except Damaged as error:
                raise bigbed.refused(error) from error
    return b"".join(rows)


def _add_rows(rows: list[bytes], block: bytes, order: str, number: int, name: bytes, reached: int) -> int:
    """Add a block's records of one contig; the start of the last one, below which none may follow."""
    place = struct.Struct(f"{order}III")
    at = 0
    while at < len(block):
        stop = block.find(b"\0", at + place.size)
        if stop < 0:
            raise Damaged("a record is cut")
        of, start, end = place.unpack_from(block, at)
        if of == number:
            if start < reached:
                raise Damaged("its records are out of order")
            rest = block[at + place.size : stop]
            rows.append(b"%s\t%d\t%d%s%s\n" % (name, start, end, b"\t" if rest else b"", rest))
            reached = start
        at = stop + 1
    return reached
