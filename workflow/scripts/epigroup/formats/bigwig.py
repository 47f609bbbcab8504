"""Signals from bigWig files: the values themselves, never the summaries of the zoom levels."""

import os
import struct
from collections.abc import Iterator, Mapping

import numpy as np

from epigroup.core.errors import InputError
from epigroup.formats.bbi import Damaged, IndexedFile, open_indexed

_BED_GRAPH, _VARIABLE_STEP, _FIXED_STEP = 1, 2, 3
_AT_ONCE = 1 << 20  # values in memory at a time


def open_bigwig(path: str | os.PathLike) -> IndexedFile:
    """Read the header and the chromosomes. Raises InputError when it is no bigWig, cut or damaged."""
    return open_indexed(path, "bigWig")


def check_chromosomes(bigwig: IndexedFile, sizes: Mapping[str, int]) -> None:
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


def bin_means(bigwig: IndexedFile, chrom: str, n_bins: int, bin_size: int) -> np.ndarray:
    """float64 (n_bins,): the mean value of the bases of each bin [i bin_size, (i + 1) bin_size) of a
    chromosome; a base without a value counts as 0.

    InputError: a value that is NaN or infinite, values that overlap or leave the chromosome, a cut or damaged
    file.
    """
    total = np.zeros(n_bins)
    for start, end, value in _checked_values(bigwig, chrom):
        kept = value != 0
        _add(start[kept], end[kept], bin_size, [(total, value[kept])])
    return total / bin_size


def known_bin_means(
    bigwig: IndexedFile, chrom: str, n_bins: int, bin_size: int
) -> tuple[np.ndarray, np.ndarray]:
    """Of each bin, as in `bin_means`: float64 (n_bins,), the mean value of those of its bases that have a value, NaN
    where none has; int64 (n_bins,), how many have one.

    InputError: as `bin_means`.
    """
    total, known = np.zeros(n_bins), np.zeros(n_bins)
    for start, end, value in _checked_values(bigwig, chrom):
        _add(start, end, bin_size, [(total, value), (known, None)])
    # The counts are sums of whole numbers below 2^53, and exact.
    return np.divide(total, known, out=np.full(n_bins, np.nan), where=known > 0), known.astype(np.int64)


def _checked_values(bigwig: IndexedFile, chrom: str) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """What `_values` gives, once it is known to be numbers, in order, apart and on the chromosome."""
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
        yield start, end, value


def _add(
    start: np.ndarray, end: np.ndarray, bin_size: int, sums: list[tuple[np.ndarray, np.ndarray | None]]
) -> None:
    """Add the sums over bases of intervals (n,) that do not overlap to the bins that they lie in. sums: of each, the
    bins' totals (n_bins,), and the value of the bases of each interval (n,), 1 where None."""
    n_bins = len(sums[0][0])
    end = np.minimum(end, n_bins * bin_size)
    kept = start < end
    start, end = start[kept], end[kept]
    if not len(start):
        return
    first = start // bin_size
    pieces = (end - 1) // bin_size - first + 1
    of = np.repeat(np.arange(len(start)), pieces)
    bins = first[of] + np.arange(len(of)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    bases = np.minimum(end[of], (bins + 1) * bin_size) - np.maximum(start[of], bins * bin_size)
    low = int(bins[0])
    for total, value in sums:
        added = np.bincount(bins - low, weights=bases if value is None else bases * value[kept][of])
        total[low : low + len(added)] += added


def _values(bigwig: IndexedFile, chrom: str) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """(start, end) int64 and value float64 of a chromosome's intervals, about a million at a time."""
    number = bigwig.chromosomes[chrom][0]
    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    n = 0
    for block in bigwig.blocks(chrom):
        try:
            parts += _intervals(block, bigwig.order, number)
        except (Damaged, struct.error) as error:
            raise bigwig.refused(error) from error
        n += len(parts[-1][0]) if parts else 0
        if n >= _AT_ONCE:
            yield _joined(parts)
            parts, n = [], 0
    if parts:
        yield _joined(parts)


def _joined(parts: list) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    start, end, value = (np.concatenate(column) for column in zip(*parts, strict=True))
    return start, end, value


def _intervals(block: bytes, order: str, number: int) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """(start, end, value) of a data block's intervals, in a list; empty where it is of another chromosome."""
    if len(block) < 24:
        raise Damaged("a block of values is cut")
    chrom, start, _, step, span, kind, _, n = struct.unpack_from(f"{order}IIIIIBBH", block)
    whole_number, real = f"{order}u4", f"{order}f4"
    fields = {
        _BED_GRAPH: [("start", whole_number), ("end", whole_number), ("value", real)],
        _VARIABLE_STEP: [("start", whole_number), ("value", real)],
        _FIXED_STEP: [("value", real)],
    }.get(kind)
    if fields is None or len(block) < 24 + n * np.dtype(fields).itemsize:
        raise Damaged("a block of values is of no known kind, or cut")
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
