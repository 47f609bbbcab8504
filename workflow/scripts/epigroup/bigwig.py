"""Signals from bigWig files: the values themselves, never the summaries of the zoom levels.

The format is that of Kent et al. 2010 (Bioinformatics 26, 2204-2207, supplement): a header, a B+ tree of
chromosomes, an R tree of data blocks, and blocks of values, most often compressed. Every offset and count is
held against the file, so that a cut or damaged file is refused by name.
"""

import os
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from epigroup.errors import InputError

_MAGIC, _TREE_MAGIC, _INDEX_MAGIC = 0x888FFC26, 0x78CA8C91, 0x2468ACE0
_BED_GRAPH, _VARIABLE_STEP, _FIXED_STEP = 1, 2, 3
_AT_ONCE = 1 << 20  # values in memory at a time
_DEEPEST = 32  # levels of a tree; more is a loop of a damaged file


class _Damaged(Exception):
    """What the bytes of a file say cannot be."""


@dataclass(frozen=True)
class BigWig:
    """An open bigWig's description. chromosomes: name -> (number in the file, length in bp)."""

    path: str
    chromosomes: Mapping[str, tuple[int, int]]
    order: str
    index: int
    compressed: bool
    size: int = field(repr=False)


def open_bigwig(path: str | os.PathLike) -> BigWig:
    """Read the header and the chromosomes. Raises InputError when it is no bigWig, cut or damaged."""
    try:
        with open(path, "rb") as handle:
            size = os.fstat(handle.fileno()).st_size
            head = handle.read(64)
            magic = next((o for o in "<>" if head[:4] == struct.pack(f"{o}I", _MAGIC)), None)
            if magic is None:
                raise InputError(f"{path}: is no bigWig (its first bytes are {head[:4]!r}); give a bigWig")
            if len(head) < 64:
                raise _Damaged("its header is cut")
            tree, _, index = struct.unpack_from(f"{magic}QQQ", head, 8)
            (buffer,) = struct.unpack_from(f"{magic}I", head, 52)
            reader = _Reader(handle, magic, size)
            chromosomes = _chromosomes(reader, tree)
            if reader.unpack("I", index)[0] != _INDEX_MAGIC:
                raise _Damaged("its index is not where the header says")
    except (OSError, _Damaged, UnicodeDecodeError) as error:
        raise _refused(path, error) from error
    return BigWig(str(path), chromosomes, magic, index, buffer > 0, size)


def check_chromosomes(bigwig: BigWig, sizes: Mapping[str, int]) -> None:
    """InputError unless the bigWig has every chromosome of `sizes` (name -> bp), with that length."""
    for name, length in sizes.items():
        if name not in bigwig.chromosomes:
            other = name.removeprefix("chr") if name.startswith("chr") else f"chr{name}"
            hint = f"; it calls it {other}: rename them there" if other in bigwig.chromosomes else ""
            known = ", ".join(list(bigwig.chromosomes)[:5])
            raise InputError(
                f"{bigwig.path}: has no chromosome {name} of the genome (it has {known}"
                f"{', ...' if len(bigwig.chromosomes) > 5 else ''}){hint}"
            )
        found = bigwig.chromosomes[name][1]
        if found != length:
            raise InputError(
                f"{bigwig.path}: its {name} is {found:,} bp long, the genome's {length:,}; it belongs to "
                "another assembly"
            )


def bin_means(bigwig: BigWig, chrom: str, n_bins: int, bin_size: int) -> np.ndarray:
    """float64 (n_bins,): the mean value of the bases of each bin [i bin_size, (i + 1) bin_size) of a
    chromosome; a base without a value counts as 0.

    InputError: a value that is NaN or infinite, values that overlap or leave the chromosome, a cut or damaged
    file.
    """
    total = np.zeros(n_bins)
    reached = 0
    for start, end, value in _values(bigwig, chrom):
        where = f"{bigwig.path}: {chrom}"
        if not np.isfinite(value).all():
            bad = int(np.flatnonzero(~np.isfinite(value))[0])
            raise InputError(
                f"{where}:{start[bad]:,}-{end[bad]:,} has the value {value[bad]}; give a file of numbers"
            )
        if start[0] < reached or (start[1:] < end[:-1]).any() or (end <= start).any():
            raise InputError(f"{where} has two values for one base, or values out of order; make it again")
        reached = int(end[-1])
        if reached > bigwig.chromosomes[chrom][1]:
            raise InputError(f"{where} has values beyond its end; make it again")
        _add(total, start, end, value, bin_size)
    return total / bin_size


def _add(total: np.ndarray, start: np.ndarray, end: np.ndarray, value: np.ndarray, bin_size: int) -> None:
    """Add the sum over bases of intervals (n,) that do not overlap to the bins that they lie in."""
    end = np.minimum(end, len(total) * bin_size)
    kept = (value != 0) & (start < end)
    start, end, value = start[kept], end[kept], value[kept]
    if not len(start):
        return
    first = start // bin_size
    pieces = (end - 1) // bin_size - first + 1
    of = np.repeat(np.arange(len(start)), pieces)
    bins = first[of] + np.arange(len(of)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    bases = np.minimum(end[of], (bins + 1) * bin_size) - np.maximum(start[of], bins * bin_size)
    low = int(bins[0])
    sums = np.bincount(bins - low, weights=bases * value[of])
    total[low : low + len(sums)] += sums


class _Reader:
    """Numbers at places of a file; _Damaged where the file has none."""

    def __init__(self, handle, order: str, size: int) -> None:
        self.handle, self.order, self.size = handle, order, size

    def bytes(self, at: int, n: int) -> bytes:
        if at + n > self.size:
            raise _Damaged(f"it ends before byte {at + n:,}")
        self.handle.seek(at)
        return self.handle.read(n)

    def unpack(self, form: str, at: int) -> tuple:
        return struct.unpack(f"{self.order}{form}", self.bytes(at, struct.calcsize(f"{self.order}{form}")))


def _chromosomes(reader: _Reader, at: int) -> dict[str, tuple[int, int]]:
    """Name -> (number, length) from the B+ tree at byte `at`, in the order of the numbers."""
    magic, _, key_size, value_size, n_items, _ = reader.unpack("IIIIQQ", at)
    if magic != _TREE_MAGIC or value_size != 8 or not 0 < key_size < 1 << 16:
        raise _Damaged("its list of chromosomes is not where the header says")
    found: dict[str, tuple[int, int]] = {}
    nodes = [(at + 32, 0)]
    while nodes:
        place, depth = nodes.pop()
        leaf, _, n = reader.unpack("BBH", place)
        if depth > _DEEPEST:
            raise _Damaged("its list of chromosomes has no end")
        width = key_size + 8
        text = reader.bytes(place + 4, n * width)
        for i in range(n):
            key, rest = text[i * width : i * width + key_size], text[i * width + key_size : (i + 1) * width]
            if leaf:
                found[key.rstrip(b"\0").decode()] = struct.unpack(f"{reader.order}II", rest)
            else:
                nodes.append((struct.unpack(f"{reader.order}Q", rest)[0], depth + 1))
    if len(found) != n_items:
        raise _Damaged(f"it lists {len(found)} chromosomes where it counts {n_items}")
    return dict(sorted(found.items(), key=lambda item: item[1]))


def _blocks(reader: _Reader, at: int, number: int) -> Iterator[tuple[int, int]]:
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
            raise _Damaged("its index has no end")
        kind = leaf_item if leaf else inner_item
        items = np.frombuffer(reader.bytes(place + 4, n * kind.itemsize), kind)
        items = items[(items["from"] <= number) & (items["to"] >= number)]
        if leaf:
            yield from zip(items["at"].tolist(), items["n"].tolist(), strict=True)
        else:
            nodes += [(child, depth + 1) for child in items["at"].tolist()[::-1]]


def _values(bigwig: BigWig, chrom: str) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """(start, end) int64 and value float64 of a chromosome's intervals, about a million at a time."""
    number = bigwig.chromosomes[chrom][0]
    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    n = 0
    try:
        with open(bigwig.path, "rb") as handle:
            reader = _Reader(handle, bigwig.order, bigwig.size)
            for at, n_bytes in _blocks(reader, bigwig.index, number):
                block = reader.bytes(at, n_bytes)
                block = zlib.decompress(block) if bigwig.compressed else block
                parts += _intervals(block, bigwig.order, number)
                n += len(parts[-1][0]) if parts else 0
                if n >= _AT_ONCE:
                    yield _joined(parts)
                    parts, n = [], 0
    except (OSError, _Damaged, zlib.error, struct.error) as error:
        raise _refused(bigwig.path, error) from error
    if parts:
        yield _joined(parts)


def _joined(parts: list) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    start, end, value = (np.concatenate(column) for column in zip(*parts, strict=True))
    return start, end, value


def _intervals(block: bytes, order: str, number: int) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """(start, end, value) of a data block's intervals, in a list; empty where it is of another chromosome."""
    if len(block) < 24:
        raise _Damaged("a block of values is cut")
    chrom, start, _, step, span, kind, _, n = struct.unpack_from(f"{order}IIIIIBBH", block)
    whole_number, real = f"{order}u4", f"{order}f4"
    fields = {
        _BED_GRAPH: [("start", whole_number), ("end", whole_number), ("value", real)],
        _VARIABLE_STEP: [("start", whole_number), ("value", real)],
        _FIXED_STEP: [("value", real)],
    }.get(kind)
    if fields is None or len(block) < 24 + n * np.dtype(fields).itemsize:
        raise _Damaged("a block of values is of no known kind, or cut")
    if chrom != number or not n:
        return []
    items = np.frombuffer(block, np.dtype(fields), n, 24)
    value = items["value"].astype(np.float64)
    if kind == _FIXED_STEP:
        starts = start + step * np.arange(n, dtype=np.int64)
    else:
        starts = items["start"].astype(np.int64)
    ends = items["end"].astype(np.int64) if kind == _BED_GRAPH else starts + span
    return [(starts, ends, value)]


def _refused(path: str | os.PathLike, error: Exception) -> InputError:
    if isinstance(error, FileNotFoundError):
        return InputError(f"{path}: there is no such file; check the sheet's column signal")
    return InputError(f"{Path(path)}: the bigWig is damaged or cut ({error}); fetch or make it again")
