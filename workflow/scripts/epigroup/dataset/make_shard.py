"""A chromosome's shard from the standard peaks of all tasks, in memory of bins x tasks / 8 bytes."""

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from epigroup.core.errors import InputError
from epigroup.core.logs import Progress
from epigroup.core.text_files import REMEDY, read_json
from epigroup.dataset.bin_sets import evaluation_bins, evaluation_sets, training_bins
from epigroup.dataset.label_settings import LabelSettings
from epigroup.dataset.labels import packed_width, positive_bins
from epigroup.dataset.shards import SCORED, TRAINS, Shard, write_shard
from epigroup.dataset.signals import read_signals
from epigroup.formats.peak_files import read_regions
from epigroup.genome.bins import count_bins, other_share, touched_bins
from epigroup.genome.codes import open_genome
from epigroup.peaks.standard import fetch_standard

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ShardSources:
    """What a shard is made of: genome.h5; for each task, in the order of `task_ids`, the interval file of its
    standard peaks and, where there are any, the bigWig of its signal; the index of the peaks' checksums (None: they
    are not compared)."""

    genome: str | os.PathLike
    task_ids: Sequence[str]
    peaks: Sequence[str | os.PathLike]
    index: str | os.PathLike | None = None
    signals: Sequence[str | os.PathLike] = ()


@dataclass(frozen=True)
class ChromosomeBins:
    """The bins of one chromosome, bool (n_bins,) each: with a peak of any task; touched by the blacklist; else with too
    many other letters than A, C, G, T; of the training regions; of the evaluation regions. role uint8 (n_bins,): as
    in a shard, 0 for bins that are no example."""

    positive: np.ndarray
    blacklisted: np.ndarray
    too_many_n: np.ndarray
    trains: np.ndarray
    scored: np.ndarray
    role: np.ndarray

    @property
    def kept(self) -> np.ndarray:
        """bool (n_bins,): the examples."""
        return self.role > 0

    def counts(self) -> dict[str, int]:
        """How many bins there are, why some are no example, and what the others are for."""
        usable = ~(self.blacklisted | self.too_many_n)
        counted = {
            "n_blacklisted": self.blacklisted,
            "n_too_many_n": self.too_many_n,
            "n_positive_lost": self.positive & ~usable,
            "n_negative_left_out": usable & ~self.kept,
            "n_examples": self.kept,
            "n_training_positive": self.trains & self.positive,
            "n_training_negative": self.trains & ~self.positive,
            "n_evaluation_positive": self.scored & self.positive,
            "n_evaluation_negative": self.scored & ~self.positive,
        }
        return {"n_bins": len(self.positive), **{name: int(bins.sum()) for name, bins in counted.items()}}


def make_shard(sources: ShardSources, out: str | os.PathLike, chrom: str, settings: LabelSettings) -> None:
    """Label the bins of one chromosome for all tasks and write its shard.

    Left out, and counted in this order: bins that touch a blacklisted region; bins whose window has a share
    of other letters than A, C, G, T (with the padding beyond the chromosome) above `max_n_fraction`; the rest
    is mappable, and of it bins that neither `training_regions` (with `negatives_share` and `seed`) nor
    `evaluation_regions` take (see epigroup.dataset.bin_sets).
    With signals the shard holds their means over its bins too (see epigroup.dataset.signals); peaks decide all else
    as without.
    Raises InputError as the readers of genome, peaks, blacklist and signals do.
    """
    genome = open_genome(sources.genome)
    codes = genome.codes(chrom)
    n_bins = count_bins(len(codes), settings.bin_size)
    planes, n_peaks = label_tasks(
        sources.peaks, chrom, n_bins, settings.bin_size, settings.min_overlap, sources.index
    )
    positive = np.logical_or.reduce(planes, axis=0)
    bins = assign_bins(positive, codes, chrom, genome.sizes, settings)
    kept, counts = bins.kept, bins.counts()
    start = np.arange(n_bins, dtype=np.int64)[kept] * settings.bin_size
    signal = None
    if sources.signals:
        signal = read_signals(
            sources.signals, chrom, start // settings.bin_size, settings.bin_size, settings.signal_transform,
            task_ids=sources.task_ids, size=len(codes),
        )  # fmt: skip
    write_shard(out, Shard(
        chrom=chrom, size=len(codes), bin_size=settings.bin_size, window=settings.window,
        min_overlap=settings.min_overlap, assembly=genome.assembly, genome_sha256=genome.fasta_sha256,
        task_ids=tuple(sources.task_ids), counts=counts,
        start=start.astype(np.int32), labels=np.ascontiguousarray(planes[:, kept].T), n_peaks=n_peaks,
        role=bins.role[kept], signal=signal,
        signal_transform=settings.signal_transform if sources.signals else None,
    ))  # fmt: skip
    _log_counts(chrom, counts, settings)


def assign_bins(
    positive: np.ndarray, codes: np.ndarray, chrom: str, sizes: Mapping[str, int], settings: LabelSettings
) -> ChromosomeBins:
    """What each bin of a chromosome is for. `positive` bool (n_bins,): bins with a peak of any task; `codes` uint8:
    the chromosome's; `sizes`: the genome's chromosomes, bp. Raises InputError for a blacklist that cannot be read and
    where `training_bins` does."""
    listed, spoilt = unusable_bins(len(positive), codes, chrom, sizes, settings)
    usable = ~(listed | spoilt)
    trains = training_bins(positive, usable, codes, chrom, settings)
    sets = {
        name: evaluation_bins(positive, usable, name) for name in evaluation_sets(settings.evaluation_regions)
    }
    role = TRAINS * trains.astype(np.uint8)
    for name, bins in sets.items():
        role[bins] |= SCORED[name]
    *_, scored = sets.values()  # the last one holds the others
    return ChromosomeBins(positive, listed, spoilt, trains, scored, role)


def unusable_bins(
    n_bins: int, codes: np.ndarray, chrom: str, sizes: Mapping[str, int], settings: LabelSettings
) -> tuple[np.ndarray, np.ndarray]:
    """The bins of a chromosome that can be no example, bool (n_bins,) each: touched by the blacklist; else with too
    many other letters than A, C, G, T. The rest as `assign_bins`."""
    bin_size = settings.bin_size
    listed = np.zeros(n_bins, bool)
    if settings.blacklist:
        regions = read_regions(settings.blacklist, sizes, contig_names=settings.contig_names)
        if chrom in regions:
            listed = touched_bins(*regions[chrom], n_bins, bin_size)
    spoilt = np.zeros(n_bins, bool)
    if settings.max_n_fraction < 1:
        starts = np.arange(n_bins, dtype=np.int64) * bin_size
        spoilt = ~listed & (other_share(starts, codes, settings.window, bin_size) > settings.max_n_fraction)
    return listed, spoilt


def _log_counts(chrom: str, counts: Mapping[str, int], settings: LabelSettings) -> None:
    log.info(
        "%s: %d bins; dropped: %d blacklisted, %d with too many N (of these %d had a positive label), "
        "%d negative in every task; kept: %d. Training regions (%s): %d bins with a peak, %d without; "
        "evaluation regions (%s): %d with, %d without",
        chrom, counts["n_bins"], counts["n_blacklisted"], counts["n_too_many_n"], counts["n_positive_lost"],
        counts["n_negative_left_out"], counts["n_examples"],
        settings.training_regions, counts["n_training_positive"], counts["n_training_negative"],
        settings.evaluation_regions, counts["n_evaluation_positive"], counts["n_evaluation_negative"],
    )  # fmt: skip
    if settings.training_regions == "gc_matched":
        share = settings.negatives_share
        wanted = round(share / (1 - share) * counts["n_training_positive"])
        if counts["n_training_negative"] < 0.99 * wanted:
            log.warning(
                "%s: %d of %d bins without a peak found at the GC share of those with one",
                chrom, counts["n_training_negative"], wanted,
            )  # fmt: skip
    if not counts["n_examples"]:
        log.warning("%s: no example", chrom)


def label_tasks(
    peaks: Sequence[str | os.PathLike], chrom: str, n_bins: int, bin_size: int, min_overlap: int,
    index: str | os.PathLike | None = None,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Packed labels by plane, uint8 (ceil(T/8), n_bins), and the number of peaks of each task, int64 (T,).

    Planes lie the other way round than rows of a shard, so that a task writes one contiguous stretch.
    """
    planes = np.zeros((packed_width(len(peaks)), n_bins), np.uint8)
    n_peaks = np.zeros(len(peaks), np.int64)
    progress = Progress(log, f"labels of {chrom}", len(peaks), "tasks")
    checks = dict.fromkeys(Path(path).name for path in peaks) if index is None else read_json(index)
    for task, path in enumerate(peaks):
        if Path(path).name not in checks:
            raise InputError(f"{index}: does not list {Path(path).name}; {REMEDY}")
        try:
            start, end = fetch_standard(path, chrom, checks[Path(path).name])
        except InputError as error:
            if index is None:
                raise
            raise InputError(f"{error}: delete {index} and run again") from error
        n_peaks[task] = len(start)
        planes[task >> 3, positive_bins(start, end, n_bins, bin_size, min_overlap)] |= np.uint8(
            1 << (task & 7)
        )
        progress.advance()
    return planes, n_peaks
