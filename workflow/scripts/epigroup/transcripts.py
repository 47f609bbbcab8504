"""Transcription starts, from a GTF or a BED file, and how far a place is from the nearest."""

import os
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from epigroup.compressed import open_text
from epigroup.contigs import spelling_hint
from epigroup.errors import InputError


def read_starts(path: str | os.PathLike, chromosomes: Sequence[str]) -> dict[str, np.ndarray]:
    """Transcription starts by chromosome: int64, ascending, each once, 0-based.

    A GTF's transcripts (its genes where it has no transcripts): the first base on their strand. A BED file (by
    its name: .bed or .bed.gz): `start` of a record, or `end` - 1 where column 6 is a minus. Both may be gzipped.
    InputError: a row that cannot be read, and a file without a start on any of the chromosomes.
    """
    is_bed = str(path).removesuffix(".gz").removesuffix(".bgz").endswith(".bed")
    found: dict[str, dict[str, list[int]]] = {}
    seen: dict[str, None] = {}
    wanted = set(chromosomes)
    for chrom, kind, at in _bed_rows(path) if is_bed else _gtf_rows(path):
        seen[chrom] = None
        if chrom in wanted:
            found.setdefault(kind, {}).setdefault(chrom, []).append(at)
    starts = found.get("transcript") or found.get("gene") or {}
    if not starts:
        hint = spelling_hint(chromosomes[0], list(seen)) if seen else "it has no transcript and no gene"
        raise InputError(
            f"genome.gtf: {path} has no transcription start on {', '.join(chromosomes[:5])}; {hint}"
        )
    return {chrom: np.unique(np.array(places, np.int64)) for chrom, places in starts.items()}


def _rows(path: str | os.PathLike, least: int) -> Iterator[tuple[int, list[str]]]:
    with open_text(path) as lines:
        for number, raw in enumerate(lines, 1):
            text = raw.decode("utf-8", "replace").rstrip("\r\n")
            if not text or text.startswith(("#", "track", "browser")):
                continue
            cells = text.split("\t")
            if len(cells) < least:
                raise InputError(
                    f"genome.gtf: {path}, line {number}: {len(cells)} columns where {least} belong, tab separated"
                )
            yield number, cells


def _gtf_rows(path: str | os.PathLike) -> Iterator[tuple[str, str, int]]:
    for number, cells in _rows(path, 8):
        if cells[2] in ("transcript", "gene"):
            start, end = _numbers(path, number, cells[3], cells[4])
            yield cells[0], cells[2], end - 1 if cells[6] == "-" else start - 1


def _bed_rows(path: str | os.PathLike) -> Iterator[tuple[str, str, int]]:
    for number, cells in _rows(path, 3):
        start, end = _numbers(path, number, cells[1], cells[2])
        yield cells[0], "transcript", end - 1 if len(cells) > 5 and cells[5] == "-" else start


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
