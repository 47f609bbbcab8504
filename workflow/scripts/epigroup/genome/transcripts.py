"""Transcription starts, from a GTF or a BED file, and how far a place is from the nearest."""

import logging
import os
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from epigroup.core.compressed import open_text
from epigroup.core.errors import InputError
from epigroup.genome.contigs import accepted_names, called_otherwise, spelling_hint, spellings, told_otherwise

log = logging.getLogger(__name__)
FEATURES = ("transcript", "mRNA", "gene")


def read_starts(
    path: str | os.PathLike, sizes: Mapping[str, int], *, contig_names: str = "as_given"
) -> dict[str, np.ndarray]:
    """Distinct transcription starts by chromosome of `sizes`, ascending, int64 (n, 2): place (bp, 0-based) and 1
    for the forward, 0 for the reverse strand.

    Of a GTF or GFF its transcripts (mRNAs; its genes where it has none): the first base on their strand. Of a BED
    file (by its name: .bed or .bed.gz) `start` of a record, or `end` - 1 where column 6 is a minus. All may be
    gzipped. Rows of unknown strand (`?` or `.`) have no start; they are counted in the log. `##FASTA` ends the rows.
    contig_names: as for `peak_files.read_peaks`. InputError: a row that cannot be read, a chromosome under another
    usual name, a start beyond its chromosome's end, and a file without a start on any of the chromosomes.
    """
    is_bed = str(path).removesuffix(".gz").removesuffix(".bgz").endswith(".bed")
    found: dict[str, dict[str, set[tuple[int, int]]]] = {}
    seen: dict[str, int] = {}
    meant = accepted_names(sizes, contig_names)
    unknown = 0
    for line, chrom, kind, at, forward in _bed_rows(path) if is_bed else _gtf_rows(path):
        seen.setdefault(chrom, line)
        chrom = meant.get(chrom, chrom)
        if chrom not in sizes:
            continue
        if forward is None:
            unknown += 1
            continue
        if not 0 <= at < sizes[chrom]:
            raise InputError(
                f"genome.gtf: {path}, line {line}: {chrom}:{at + 1} lies beyond the end of {chrom} "
                f"({sizes[chrom]:,} bp); the annotation is of another assembly"
            )
        found.setdefault(kind, {}).setdefault(chrom, set()).add((at, forward))
    spelt = spellings(sizes)
    for chrom, line in seen.items():
        called = None if chrom in meant else called_otherwise(chrom, spelt)
        if called:
            raise InputError(
                f"genome.gtf: {path}, line {line}: {told_otherwise(chrom, called, contig_names)}"
            )
    if unknown:
        log.warning("genome.gtf: %s: %d rows of unknown strand have no transcription start", path, unknown)
    starts = next((found[kind] for kind in FEATURES if kind in found), {})
    if not starts:
        names = list(sizes)
        hint = spelling_hint(names[0], list(seen)) if seen else f"it has no {' and no '.join(FEATURES)}"
        raise InputError(f"genome.gtf: {path} has no transcription start on {', '.join(names[:5])}; {hint}")
    return {chrom: np.array(sorted(places), np.int64) for chrom, places in starts.items()}


def _rows(path: str | os.PathLike, least: int) -> Iterator[tuple[int, list[str]]]:
    with open_text(path) as lines:
        for number, raw in enumerate(lines, 1):
            text = raw.decode("utf-8", "replace").rstrip("\r\n")
            if text.startswith("##FASTA"):
                return
            if not text.strip() or text.startswith(("#", "track", "browser")):
                continue
            cells = text.split("\t")
            if len(cells) < least:
                raise InputError(
                    f"genome.gtf: {path}, line {number}: {len(cells)} columns where {least} belong, tab separated"
                )
            yield number, cells


def _gtf_rows(path: str | os.PathLike) -> Iterator[tuple[int, str, str, int, int | None]]:
    for number, cells in _rows(path, 8):
        if cells[2] in FEATURES:
            start, end = _numbers(path, number, cells[3], cells[4])
            if cells[6] not in ("+", "-", "?", "."):
                raise InputError(
                    f"genome.gtf: {path}, line {number}: a {cells[2]} of strand {cells[6]!r}, not + or -"
                )
            forward = None if cells[6] in ("?", ".") else int(cells[6] == "+")
            yield number, cells[0], cells[2], end - 1 if forward == 0 else start - 1, forward


def _bed_rows(path: str | os.PathLike) -> Iterator[tuple[int, str, str, int, int]]:
    for number, cells in _rows(path, 3):
        start, end = _numbers(path, number, cells[1], cells[2])
        forward = len(cells) < 6 or cells[5] != "-"
        yield number, cells[0], "transcript", start if forward else end - 1, int(forward)


def _numbers(path: str | os.PathLike, number: int, *words: str) -> list[int]:
    if not all(word.isascii() and word.isdigit() for word in words):
        raise InputError(
            f"genome.gtf: {path}, line {number}: {' and '.join(words)} are no places on a chromosome"
        )
    return [int(word) for word in words]


def nearest_distance(places: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """float64 (N,): bp from each place to the nearest of the ascending starts; infinite where there are none."""
    if not len(starts):
        return np.full(len(places), np.inf)
    after = np.searchsorted(starts, places)
    right = np.abs(starts[np.minimum(after, len(starts) - 1)] - places)
    left = np.abs(starts[np.maximum(after - 1, 0)] - places)
    return np.minimum(left, right).astype(np.float64)


def distances(
    chrom: np.ndarray, centre: np.ndarray, names: Sequence[str], starts: Mapping[str, np.ndarray]
) -> np.ndarray:
    """float64 (N,): distances of bins at `centre` (bp) of the chromosomes that `chrom` counts in `names`."""
    found = np.full(len(chrom), np.inf)
    for i, name in enumerate(names):
        here = chrom == i
        found[here] = nearest_distance(centre[here], starts.get(name, np.empty(0, np.int64)))
    return found
