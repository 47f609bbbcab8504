"""A chromosome's shard from the standard peaks of all tasks, in memory of bins x tasks / 8 bytes."""

import logging
import os
import zlib
from collections.abc import Sequence

import numpy as np

from epigroup.genome import open_genome
from epigroup.intervals import fetch_standard, read_regions
from epigroup.labels import label_bins, packed_width
from epigroup.logs import Progress
from epigroup.shards import Shard, write_shard
from epigroup.tiling import count_bins, other_share, touched_bins

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
    negatives_share: float = 0.0,
    max_n_fraction: float = 1.0,
    seed: int = 1,
    blacklist: str | os.PathLike | None = None,
) -> None:
    """Label the bins of one chromosome for all tasks and write its shard; `peaks` are in the order of
    `task_ids`.

    Left out, and counted in this order: bins that touch a blacklisted region; bins whose window has a share
    of other letters than A, C, G, T (with the padding beyond the chromosome) above `max_n_fraction`; bins
    that are negative in every task, but for `negatives_share` of them, chosen by `seed`.
    Raises InputError as the readers of genome, peaks and blacklist do.
    """
    opened = open_genome(genome)
    codes = opened.codes(chrom)
    n_bins = count_bins(len(codes), bin_size)
    starts = np.arange(n_bins, dtype=np.int64) * bin_size
    planes, n_peaks = label_tasks(peaks, chrom, n_bins, bin_size, min_overlap)
    positive = planes.any(axis=0)

    listed = np.zeros(n_bins, bool)
    if blacklist:
        regions = read_regions(blacklist, opened.sizes)
        if chrom in regions:
            listed = touched_bins(*regions[chrom], n_bins, bin_size)
    spoilt = ~listed
    if max_n_fraction < 1:
        spoilt &= other_share(starts, codes, window, bin_size) > max_n_fraction
    else:
        spoilt[:] = False
    usable = ~(listed | spoilt)
    kept = positive & usable
    negatives = np.flatnonzero(usable & ~positive)
    n_kept_negatives = round(negatives_share * len(negatives))
    if n_kept_negatives:
        rng = np.random.default_rng([seed, zlib.crc32(chrom.encode())])
        kept[rng.choice(negatives, n_kept_negatives, replace=False)] = True
    counts = {
        "n_bins": n_bins,
        "n_blacklisted": int(listed.sum()),
        "n_too_many_n": int(spoilt.sum()),
        "n_positive_lost": int((positive & ~usable).sum()),
        "n_negative_left_out": len(negatives) - n_kept_negatives,
        "n_negative_kept": n_kept_negatives,
        "n_examples": int(kept.sum()),
    }
    write_shard(out, Shard(
        chrom=chrom, size=len(codes), bin_size=bin_size, window=window, min_overlap=min_overlap,
        assembly=opened.assembly, genome_sha256=opened.fasta_sha256, task_ids=tuple(task_ids), counts=counts,
        start=starts[kept].astype(np.int32), labels=np.ascontiguousarray(planes[:, kept].T), n_peaks=n_peaks,
    ))  # fmt: skip
    log.info(
        "%s: %d bins; dropped: %d blacklisted, %d with too many N (of these %d had a positive label), "
        "%d negative in every task; kept: %d examples, %d of them negative in every task",
        chrom, n_bins, counts["n_blacklisted"],
        counts["n_too_many_n"], counts["n_positive_lost"],
        counts["n_negative_left_out"], counts["n_examples"],
        n_kept_negatives,
    )  # fmt: skip
    if not kept.any():
        log.warning("%s: no example", chrom)


def label_tasks(
    peaks: Sequence[str | os.PathLike], chrom: str, n_bins: int, bin_size: int, min_overlap: int
) -> tuple[np.ndarray, np.ndarray]:
    """Packed labels by plane, uint8 (ceil(T/8), n_bins), and the number of peaks of each task, int64 (T,).

    Planes lie the other way round than rows of a shard, so that a task writes one contiguous stretch.
    """
    planes = np.zeros((packed_width(len(peaks)), n_bins), np.uint8)
    n_peaks = np.zeros(len(peaks), np.int64)
    progress = Progress(log, f"labels of {chrom}", len(peaks), "tasks")
    for task, path in enumerate(peaks):
        start, end = fetch_standard(path, chrom)
        n_peaks[task] = len(start)
        planes[task >> 3] |= label_bins(start, end, n_bins, bin_size, min_overlap).view(np.uint8) << (
            task & 7
        )
        progress.advance()
    return planes, n_peaks
