"""Scores of any regions by a trained strategy: a table, and a bigWig a task."""

from __future__ import annotations

import gzip
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyBigWig
import torch

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.formats.peak_files import PeakTable, read_peaks
from epigroup.genome.bins import window_left
from epigroup.genome.codes import Bases, open_genome
from epigroup.genome.fasta import read_fasta
from epigroup.networks.model_files import read_pack_infos
from epigroup.prediction.predict import ScoringSettings, score_tasks, serving_groups
from epigroup.training.batches import Sequences
from epigroup.training.devices import choose_device

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class FastaGenome:
    """Contigs of a FASTA in memory: `epigroup.genome.codes.Bases`."""

    contigs: dict[str, np.ndarray]

    @property
    def sizes(self) -> dict[str, int]:
        return {name: len(codes) for name, codes in self.contigs.items()}

    def codes(self, chrom: str) -> np.ndarray:
        return self.contigs[chrom]


def read_sequences(genome_h5: str | os.PathLike | None, fasta: str | os.PathLike | None) -> Bases:
    """The sequences of a FASTA where one is given, else those of genome.h5. Raises ValueError for neither."""
    if fasta is not None:
        return FastaGenome({c.name: np.frombuffer(c.codes, np.uint8) for c in read_fasta(fasta)})
    if genome_h5 is None:
        raise ValueError("neither a FASTA nor a genome.h5 to score regions of")
    return open_genome(genome_h5)


def window_starts(start: np.ndarray, end: np.ndarray, window: int, bin_size: int) -> np.ndarray:
    """Start of the window that reads a region [start, end): int64 (N,), bp.

    The window is laid as in training around a bin of `bin_size` bp whose middle is the region's: a region
    that is a bin gets the bin's own window. The window's width does not depend on the region's.
    """
    middle = (np.asarray(start, np.int64) + np.asarray(end, np.int64)) // 2
    return middle - bin_size // 2 - window_left(window, bin_size)


def mean_by_base(
    start: np.ndarray, end: np.ndarray, scores: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Regions of one chromosome and their scores (N,) -> starts, ends, values of intervals that do not
    overlap.

    Where regions overlap, a base gets the mean of the scores of those that cover it.
    """
    order = np.argsort(start, kind="stable")
    start, end, scores = start[order], end[order], scores[order].astype(np.float64)
    if (end[:-1] <= start[1:]).all():
        return start, end, scores
    edges = np.unique(np.concatenate([start, end]))
    first, last = np.searchsorted(edges, start), np.searchsorted(edges, end)
    total, count = np.zeros(len(edges)), np.zeros(len(edges), np.int64)
    np.add.at(total, first, scores)
    np.subtract.at(total, last, scores)
    np.add.at(count, first, 1)
    np.subtract.at(count, last, 1)
    total, count = np.cumsum(total)[:-1], np.cumsum(count)[:-1]
    covered = count > 0
    return edges[:-1][covered], edges[1:][covered], total[covered] / count[covered]


def write_bigwig(
    path: str | os.PathLike, sizes: Mapping[str, int], regions: PeakTable, scores: np.ndarray
) -> None:
    """One task's scores (N,) as bigWig over the regions; the mean where regions overlap."""
    with whole(path) as partial, pyBigWig.open(str(partial), "w") as track:
        track.addHeader(list(sizes.items()))
        for name in sizes:
            here = np.flatnonzero(regions.code == regions.names.index(name))
            if len(here):
                start, end, value = mean_by_base(regions.start[here], regions.end[here], scores[here])
                track.addEntries(
                    [name] * len(start), start.tolist(), ends=end.tolist(), values=value.tolist()
                )


def write_table(
    path: str | os.PathLike, regions: PeakTable, task_ids: Sequence[str], scores: np.ndarray
) -> None:
    """scores.tsv.gz: chrom, start, end, name, a column a task; rows in the order of the BED."""
    with (
        whole(path) as partial,
        open(partial, "wb") as raw,
        gzip.GzipFile("", "wb", 6, raw, mtime=0) as handle,
    ):
        handle.write(("\t".join(["chrom", "start", "end", "name", *task_ids]) + "\n").encode())
        for row in range(len(regions.start)):
            name = regions.rest[row].split(b"\t", 1)[0].decode(errors="replace")
            place = f"{regions.names[regions.code[row]]}\t{regions.start[row]}\t{regions.end[row]}\t{name}"
            handle.write((place + "".join(f"\t{value:.6g}" for value in scores[row]) + "\n").encode())


def predict_regions(
    model_paths: Sequence[str | os.PathLike],
    regions_bed: str | os.PathLike,
    *,
    genome_h5: str | os.PathLike | None = None,
    fasta: str | os.PathLike | None = None,
    table_out: str | os.PathLike,
    bigwig_out: Mapping[str, str | os.PathLike],
    scoring: ScoringSettings,
    serving: str | os.PathLike | None = None,
) -> None:
    """Score the regions of a BED with every task of a trained strategy.

    Parameters: `fasta` (plain or gzipped; it need not be the genome of the training) or else `genome_h5`;
    `bigwig_out` task -> path; `serving` as in `predict.serving_groups`. `scoring.data` decides nothing here. Raises
    InputError for bad regions, a task without a network, and models that do not belong together.
    """
    torch.set_num_threads(scoring.threads)
    chosen = choose_device(scoring.device)  # first: a missing GPU must not show after minutes of reading
    infos = read_pack_infos(model_paths)
    served = serving_groups(infos, serving)
    tasks = [task for task in infos[0].task_ids if task in served]
    unknown = sorted(set(bigwig_out) - set(tasks))
    if unknown:
        raise InputError(f"{model_paths[0]}: no network of the strategy has the task {unknown[0]!r}")
    genome = read_sequences(genome_h5, fasta)
    regions = read_peaks(regions_bed, genome.sizes, min_overlap=1, every_row=True)
    used = [
        name for name in genome.sizes if name in {regions.names[code] for code in np.unique(regions.code)}
    ]
    number = {name: i for i, name in enumerate(used)}
    chrom = np.array([number.get(name, -1) for name in regions.names])[regions.code]
    sequences = Sequences(genome, used, infos[0].window, chosen)
    start = window_starts(regions.start, regions.end, infos[0].window, infos[0].bin_size)
    positions = sequences.positions(chrom, start)
    scores = score_tasks(model_paths, sequences, positions, tasks, scoring, np.float32, serving)
    write_table(table_out, regions, tasks, scores)
    sizes = {name: genome.sizes[name] for name in used}
    for column, task in enumerate(tasks):
        if task in bigwig_out:
            write_bigwig(bigwig_out[task], sizes, regions, scores[:, column])
    logger.info("%s regions scored for %d tasks", f"{len(regions.start):,}", len(tasks))
