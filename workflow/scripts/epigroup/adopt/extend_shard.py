"""The examples of a chromosome with new profiles: the run's, and the bins in which only a new profile has a peak."""

import logging
import os
from collections.abc import Sequence

import numpy as np

from epigroup.core.errors import InputError
from epigroup.dataset.bin_sets import evaluation_sets
from epigroup.dataset.label_settings import LabelSettings
from epigroup.dataset.labels import pack, unpack
from epigroup.dataset.make_shard import label_tasks, unusable_bins
from epigroup.dataset.shards import SCORED, TRAINS, Shard, read_shard, write_shard
from epigroup.genome.bins import count_bins
from epigroup.genome.codes import open_genome

log = logging.getLogger(__name__)


def extend_shard(
    genome_h5: str | os.PathLike,
    shard_path: str | os.PathLike,
    task_ids: Sequence[str],
    peaks: Sequence[str | os.PathLike],
    index: str | os.PathLike,
    out: str | os.PathLike,
    settings: LabelSettings,
) -> None:
    """Write a shard of the run's tasks and, after them, the new profiles `task_ids`.

    Its bins are the examples of the run's shard, each for what it is there, and the usable bins in which a new profile
    is positive: these are for what a bin with a peak is for under `settings` (training, the sets of evaluation
    regions), whether the run had left them out or had them among its bins without a peak. No other bin is drawn.
    `peaks`: the interval file of each profile's standard peaks, whose checksums the index lists.
    Raises InputError for a shard of another genome, and as the readers of shard, genome, peaks and blacklist do.
    """
    genome, shard = open_genome(genome_h5), read_shard(shard_path)
    if shard.genome_sha256 != genome.fasta_sha256:
        raise InputError(f"{shard_path}: of another genome than {genome_h5}; make the shard again")
    codes = genome.codes(shard.chrom)
    n_bins = count_bins(len(codes), settings.bin_size)
    planes, n_peaks = label_tasks(peaks, shard.chrom, n_bins, settings.bin_size, settings.min_overlap, index)
    positive = np.logical_or.reduce(planes, axis=0)
    listed, spoilt = unusable_bins(n_bins, codes, shard.chrom, genome.sizes, settings)
    unusable = listed | spoilt
    role = np.zeros(n_bins, np.uint8)
    role[positive & ~unusable] = TRAINS + sum(
        SCORED[name] for name in evaluation_sets(settings.evaluation_regions)
    )
    old = np.zeros(n_bins, bool)
    old[shard.start // settings.bin_size] = True
    role[old] |= shard.role
    kept = role > 0
    counts = {
        "n_bins": n_bins,
        "n_examples": int(kept.sum()),
        "n_added": int((kept & ~old).sum()),
        "n_positive_lost": int((positive & unusable).sum()),
    }
    start = np.flatnonzero(kept) * settings.bin_size
    n_old = len(shard.task_ids)
    labels = np.zeros((len(start), n_old + len(task_ids)), bool)
    labels[old[kept], :n_old] = unpack(shard.labels, n_old)
    labels[:, n_old:] = unpack(np.ascontiguousarray(planes[:, kept].T), len(task_ids))
    write_shard(out, Shard(
        chrom=shard.chrom, size=shard.size, bin_size=settings.bin_size, window=settings.window,
        min_overlap=settings.min_overlap, assembly=shard.assembly, genome_sha256=shard.genome_sha256,
        task_ids=(*shard.task_ids, *task_ids), counts=counts, start=start.astype(np.int32),
        labels=pack(labels), n_peaks=np.concatenate([shard.n_peaks, n_peaks]), role=role[kept],
    ))  # fmt: skip
    log.info(
        "%s: %d bins of the run, %d more in which only a new profile has a peak; %d bins with such a peak cannot be "
        "used (blacklist, unknown bases)",
        shard.chrom, int(old.sum()), counts["n_added"], counts["n_positive_lost"],
    )  # fmt: skip
