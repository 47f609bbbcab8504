"""What bigWig and bigBed files share: a header, a B+ tree of chromosomes, an R tree of data blocks, and blocks, most
often compressed.

The format is that of Kent et al. 2010 (Bioinformatics 26, 2204-2207, supplement). Every offset and count is held
against the file, so that a cut or damaged file is refused by name.
"""

import os
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from epigroup.core.errors import InputError

MAGIC = {"bigWig": 0x888FFC26, "bigBed": 0x8789F2EB}
_TREE_MAGIC, _INDEX_MAGIC = 0x78CA8C91, 0x2468ACE0
_DEEPEST = 32  # levels of a tree; more is a loop of a damaged file


class Damaged(Exception):
    """What the bytes of a file say cannot be."""


@dataclass(frozen=True)
class IndexedFile:
    """An open bigWig's or bigBed's description. chromosomes: name -> (number in the file, length in bp); order:
    "<" or ">", how `struct` calls the order of its bytes; index: place of the R tree."""

    path: str
    kind: str
    chromosomes: Mapping[str, tuple[int, int]]
    order: str
    index: int
    compressed: bool
    size: int = field(repr=False)

    def blocks(self, chrom: str) -> Iterator[bytes]:
        """The data blocks that hold something of a chromosome, unpacked, in the file's order. InputError: cut or
        damaged."""
        number = self.chromosomes[chrom][0]
        try:
            with open(self.path, "rb") as handle:
                reader = _Reader(handle, self.order, self.size)
                for at, n_bytes in _places(reader, self.index, number):
                    block = reader.bytes(at, n_bytes)
                    yield zlib.decompress(block) if self.compressed else block
        except (OSError, Damaged, zlib.error, struct.error) as error:
            raise self.refused(error) from error

    def refused(self, error: Exception) -> InputError:
        """The error of a file whose bytes cannot be."""
        return _refused(self.path, self.kind, error)


def kind_of(head: bytes) -> str | None:
    """ "bigWig", "bigBed" or None by the first bytes of a file."""
    for kind, magic in MAGIC.items():
        if head[:4] in (struct.pack("<I", magic), struct.pack(">I", magic)):
            return kind
    return None


def open_indexed(path: str | os.PathLike, kind: str) -> IndexedFile:
    """Read the header and the chromosomes. Raises InputError when it is none of this kind, cut or damaged."""
    try:
        with open(path, "rb") as handle:
            size = os.fstat(handle.fileno()).st_size
            head = handle.read(64)
            if kind_of(head) != kind:
                raise InputError(f"{path}: is no {kind} (its first bytes are {head[:4]!r}); give a {kind}")
            order = "<" if head[:4] == struct.pack("<I", MAGIC[kind]) else ">"
            if len(head) < 64:
                raise Damaged("its header is cut")
            tree, _, index = struct.unpack_from(f"{order}QQQ", head, 8)
            (buffer,) = struct.unpack_from(f"{order}I", head, 52)
            reader = _Reader(handle, order, size)
            chromosomes = _chromosomes(reader, tree)
            if reader.unpack("I", index)[0] != _INDEX_MAGIC:
                raise Damaged("its index is not where the header says")
    except (OSError, Damaged, UnicodeDecodeError) as error:
        raise _refused(path, kind, error) from error
    return IndexedFile(str(path), kind, chromosomes, order, index, buffer > 0, size)


class _Reader:
    """Numbers at places of a file; Damaged where the file has none."""

    def __init__(self, handle, order: str, size: int) -> None:
        self.handle, self.order, self.size = handle, order, size

    def bytes(self, at: int, n: int) -> bytes:
        if at + n > self.size:
            raise Damaged(f"it ends before byte {at + n:,}")
        self.handle.seek(at)
        return self.handle.read(n)

    def unpack(self, form: str, at: int) -> tuple:
        return struct.unpack(f"{self.order}{form}", self.bytes(at, struct.calcsize(f"{self.order}{form}")))


def _chromosomes(reader: _Reader, at: int) -> dict[str, tuple[int, int]]:
    """Name -> (number, length) from the B+ tree at byte `at`, in the order of the numbers."""
    magic, _, key_size, value_size, n_items, _ = reader.unpack("IIIIQQ", at)
    if magic != _TREE_MAGIC or value_size != 8 or not 0 < key_size < 1 << 16:
        raise Damaged("its list of chromosomes is not where the header says")
    found: dict[str, tuple[int, int]] = {}
    nodes = [(at + 32, 0)]
    while nodes:
        place, depth = nodes.pop()
        leaf, _, n = reader.unpack("BBH", place)
        if depth > _DEEPEST:
            raise Damaged("its list of chromosomes has no end")
        width = key_size + 8
        text = reader.bytes(place + 4, n * width)
        for i in range(n):
            key, rest = text[i * width : i * width + key_size], text[i * width + key_size : (i + 1) * width]
            if leaf:
                found[key.rstrip(b"\0").decode()] = struct.unpack(f"{reader.order}II", rest)
            else:
                nodes.append((struct.unpack(f"{reader.order}Q", rest)[0], depth + 1))
    if len(found) != n_items:
        raise Damaged(f"it lists {len(found)} chromosomes where it counts {n_items}")
    return dict(sorted(found.items(), key=lambda item: item[1]))


def _places(reader: _Reader, at: int, number: int) -> Iterator[tuple[int, int]]:
    """(place, bytes) of the data blocks that hold something of a chromosome, in the file's order."""
    leaf_item = np.dtype([("from", f"{reader.order}u4"), ("start", f"{reader.order}u4"),
                          ("to", f"{reader.order}u4"), ("end", f"{reader.order}u4"),
                          ("at", f"{reader.order}u8"), ("n", f"{reader.order}u8")])  # fmt: skip
    inner_item = np.dtype(leaf_item.descr[:-1])
    nodes = [(at + 48, 0)]
    while nodes:
        place, depth = nodes.pop()
        leaf, _, n = reader.unpack("BBH", place)
        if depth > _DEEPEST:
            raise Damaged("its index has no end")
        kind = leaf_item if leaf else inner_item
        items = np.frombuffer(reader.bytes(place + 4, n * kind.itemsize), kind)
        items = items[(items["from"] <= number) & (items["to"] >= number)]
        if leaf:
            yield from zip(items["at"].tolist(), items["n"].tolist(), strict=True)
        else:
            nodes += [(child, depth + 1) for child in items["at"].tolist()[::-1]]


def _refused(path: str | os.PathLike, kind: str, error: Exception) -> InputError:
    if isinstance(error, FileNotFoundError):
        return InputError(f"{path}: there is no such file; check the sheet")
    return InputError(f"{Path(path)}: the {kind} is damaged or cut ({error}); fetch or make it again")
