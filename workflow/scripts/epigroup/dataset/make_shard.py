"""A chromosome's shard from the standard peaks of all tasks, in memory of bins x tasks / 8 bytes."""

import logging
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from epigroup.core.errors import InputError
from epigroup.core.logs import Progress
from epigroup.core.text_files import REMEDY, read_json
from epigroup.dataset.bin_sets import evaluation_bins, evaluation_sets, training_bins
from epigroup.dataset.labels import packed_width, positive_bins
from epigroup.dataset.shards import SCORED, TRAINS, Shard, write_shard
from epigroup.dataset.signals import read_signals
from epigroup.formats.peak_files import read_regions
from epigroup.genome.bins import count_bins, other_share, touched_bins
from epigroup.genome.codes import open_genome
from epigroup.peaks.standard import fetch_standard

log = logging.getLogger(__name__)


def make_shard(
    genome: str | os.PathLike,
    peaks: Sequence[str | os.PathLike],
    out: str | os.PathLike,
    *,
    chrom: str,
    task_ids: Sequence[str],
    bin_size: int,
    window: int,
    min_overlap: int,
    training_regions: str = "any_peak",
    negatives_share: float = 0.5,
    evaluation_regions: str = "any_peak",
    max_n_fraction: float = 1.0,
    seed: int = 1,
    blacklist: str | os.PathLike | None = None,
    contig_names: str = "as_given",
    signals: Sequence[str | os.PathLike] | None = None,
    signal_transform: str = "none",
    index: str | os.PathLike | None = None,
) -> None:
    """Label the bins of one chromosome for all tasks and write its shard; `peaks` are the interval files of
    the standard peaks, in the order of `task_ids`, and `index` holds their checksums (None: not compared).

    Left out, and counted in this order: bins that touch a blacklisted region; bins whose window has a share
    of other letters than A, C, G, T (with the padding beyond the chromosome) above `max_n_fraction`; the rest
    is mappable, and of it bins that neither `training_regions` (with `negatives_share` and `seed`) nor
    `evaluation_regions` take (see epigroup.dataset.bin_sets).
    With `signals`, a bigWig a task, the shard holds their means over its bins too (see epigroup.dataset.signals);
    peaks decide all else as without.
    Raises InputError as the readers of genome, peaks, blacklist and signals do.
    """
    opened = open_genome(genome)
    codes = opened.codes(chrom)
    n_bins = count_bins(len(codes), bin_size)
    starts = np.arange(n_bins, dtype=np.int64) * bin_size
    planes, n_peaks = label_tasks(peaks, chrom, n_bins, bin_size, min_overlap, index)
    positive = planes.any(axis=0)

    listed = np.zeros(n_bins, bool)
    if blacklist:
        regions = read_regions(blacklist, opened.sizes, contig_names=contig_names)
        if chrom in regions:
            listed = touched_bins(*regions[chrom], n_bins, bin_size)
    spoilt = ~listed
    if max_n_fraction < 1:
        spoilt &= other_share(starts, codes, window, bin_size) > max_n_fraction
    else:
        spoilt[:] = False
    usable = ~(listed | spoilt)
    trains = training_bins(
        positive, usable, codes, chrom=chrom, regions=training_regions, negatives_share=negatives_share,
        bin_size=bin_size, window=window, seed=seed,
    )  # fmt: skip
    sets = {name: evaluation_bins(positive, usable, name) for name in evaluation_sets(evaluation_regions)}
    role = TRAINS * trains.astype(np.uint8)
    for name, bins in sets.items():
        role[bins] |= SCORED[name]
    *_, scored = sets.values()  # the last one holds the others
    kept = role > 0
    signal = None
    if signals:
        signal = read_signals(
            signals, chrom, starts[kept] // bin_size, bin_size, signal_transform,
            task_ids=task_ids, size=len(codes),
        )  # fmt: skip
    counts = {
        "n_bins": n_bins,
        "n_blacklisted": int(listed.sum()),
        "n_too_many_n": int(spoilt.sum()),
        "n_positive_lost": int((positive & ~usable).sum()),
        "n_negative_left_out": int((usable & ~kept).sum()),
        "n_examples": int(kept.sum()),
        "n_training_positive": int((trains & positive).sum()),
        "n_training_negative": int((trains & ~positive).sum()),
        "n_evaluation_positive": int((scored & positive).sum()),
        "n_evaluation_negative": int((scored & ~positive).sum()),
    }
    write_shard(out, Shard(
        chrom=chrom, size=len(codes), bin_size=bin_size, window=window, min_overlap=min_overlap,
        assembly=opened.assembly, genome_sha256=opened.fasta_sha256, task_ids=tuple(task_ids), counts=counts,
        start=starts[kept].astype(np.int32), labels=np.ascontiguousarray(planes[:, kept].T), n_peaks=n_peaks,
        role=role[kept], signal=signal, signal_transform=signal_transform if signals else None,
    ))  # fmt: skip
    log.info(
        "%s: %d bins; dropped: %d blacklisted, %d with too many N (of these %d had a positive label), "
        "%d negative in every task; kept: %d. Training regions (%s): %d bins with a peak, %d without; "
        "evaluation regions (%s): %d with, %d without",
        chrom, n_bins, counts["n_blacklisted"], counts["n_too_many_n"], counts["n_positive_lost"],
        counts["n_negative_left_out"], counts["n_examples"],
        training_regions, counts["n_training_positive"], counts["n_training_negative"],
        evaluation_regions, counts["n_evaluation_positive"], counts["n_evaluation_negative"],
    )  # fmt: skip
    if training_regions == "gc_matched":
        wanted = round(negatives_share / (1 - negatives_share) * counts["n_training_positive"])
        if counts["n_training_negative"] < 0.99 * wanted:
            log.warning(
                "%s: %d of %d bins without a peak found at the GC share of those with one",
                chrom, counts["n_training_negative"], wanted,
            )  # fmt: skip
    if not kept.any():
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
