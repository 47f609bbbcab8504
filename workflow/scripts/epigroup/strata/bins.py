"""Which stratum each test bin is in: computed once, before any prediction, for every strategy and seed."""

import json
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.hdf5 import new_hdf5, open_hdf5, write_arrays
from epigroup.core.settings import read_settings
from epigroup.core.text_files import REMEDY
from epigroup.dataset.bin_sets import gc_share
from epigroup.dataset.dataset import Dataset
from epigroup.dataset.with_genome import open_with_genome
from epigroup.genome.bins import count_bins
from epigroup.genome.codes import Genome
from epigroup.genome.transcripts import distances, read_starts
from epigroup.strata.definitions import (
    GC,
    NONE,
    PRESETS,
    TSS,
    Basis,
    Partition,
    plain_partition,
    quantile_edges,
    specificity_partitions,
)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class StratifiedBins:
    """The test bins of one set of evaluation regions, in the order of a predictions file of these bins.

    chrom, start: int64 (N,); sampled: int64, ascending, the bins of which single predictions are kept.
    """

    path: str
    dataset_hash: str
    regions: str
    chrom: np.ndarray
    start: np.ndarray
    sampled: np.ndarray
    partitions: list[Partition]


def window_gc(genome: Genome, dataset: Dataset, chrom: np.ndarray, start: np.ndarray) -> np.ndarray:
    """float64 (N,): share of G and C among the known bases of each bin's window."""
    found = np.zeros(len(chrom))
    for i, name in enumerate(dataset.chromosomes):
        here = chrom == i
        if here.any():
            n_bins = count_bins(dataset.sizes[name], dataset.bin_size)
            shares = gc_share(genome.codes(name), n_bins, dataset.bin_size, dataset.window)
            found[here] = shares[start[here] // dataset.bin_size]
    return found


def sample_extremes(partitions: Sequence[Partition], n: int, seed: int) -> np.ndarray:
    """int64, ascending: up to n bins of the most specific and of the most ubiquitous stratum that hold any, for
    each partition by specificity."""
    rng = np.random.default_rng([seed])
    rows = [np.empty(0, np.int64)]
    for partition in partitions:
        if partition.by == "specificity":
            for stratum in extremes(partition):
                members = np.flatnonzero(partition.stratum == stratum)
                rows.append(rng.choice(members, min(n, len(members)), replace=False))
    return np.unique(np.concatenate(rows))


def extremes(partition: Partition) -> tuple[int, ...]:
    """The first and the last stratum that hold a bin; none where there are fewer than two."""
    held = np.unique(partition.stratum[partition.stratum != NONE])
    return (int(held[0]), int(held[-1])) if len(held) > 1 else ()


@dataclass(frozen=True)
class StrataSettings:
    """The config's section `strata`, and task_ids (in the data set's order) and bases (`Basis` as mappings, what
    `choose_bases` finds in the sheet)."""

    preset: str | None
    edges: tuple[int, ...] | None
    quantiles: int
    gc_quantiles: int
    tss_edges: tuple[int, ...]
    sample: int
    seed: int
    task_ids: tuple[str, ...]
    bases: tuple[Mapping[str, Any], ...]


def stratify_bins(
    dataset_json: str | os.PathLike,
    shard_paths: Sequence[str | os.PathLike],
    genome_h5: str | os.PathLike,
    gtf: str | os.PathLike | None,
    out: str | os.PathLike,
    cfg: Mapping[str, Any],
    *,
    contig_names: str = "as_given",
) -> None:
    """Write the strata of the test bins of the first set of evaluation regions.

    cfg: `StrataSettings`. Quantiles are of these very bins: they describe the test
    set, and nothing is trained or chosen by them. InputError: shards, genome or sheet that do not belong together,
    a file of transcription starts that names none.
    """
    told = read_settings(StrataSettings, cfg, "strata")
    dataset, genome = open_with_genome(genome_h5, dataset_json, shard_paths)
    if told.task_ids != tuple(dataset.task_ids):
        raise InputError(f"{dataset_json}: its tasks are not those of the sheet; make it again")
    regions = dataset.evaluation_regions[0]
    bins = dataset.split("test", regions)
    chrom, start = bins.chrom.astype(np.int64), bins.start.astype(np.int64)
    n_tasks = len(dataset.task_ids)
    edges = told.edges or (PRESETS[told.preset] if told.preset else None)
    bases = [Basis(**one) for one in told.bases]
    partitions = specificity_partitions(bins.labels, bases, edges, told.quantiles)
    gc = window_gc(genome, dataset, chrom, start)
    partitions.append(plain_partition("gc", GC, gc, quantile_edges(gc, told.gc_quantiles), n_tasks))
    if gtf:
        starts = {
            chrom: np.unique(found[:, 0])
            for chrom, found in read_starts(gtf, dataset.sizes, contig_names=contig_names).items()
        }
        far = distances(chrom, start + dataset.bin_size // 2, dataset.chromosomes, starts)
        partitions.append(plain_partition("tss", TSS, far, [*told.tss_edges, np.inf], n_tasks))
    for one in partitions:
        held = np.bincount(one.stratum, minlength=NONE + 1)
        log.info(
            "by %s%s: %s; in none: %d",
            one.counted,
            f" ({one.target})" if one.target else "",
            ", ".join(f"{name} {n:,}" for name, n in zip(one.names, held, strict=False)) or "no stratum",
            held[NONE],
        )
    write_strata(
        out,
        StratifiedBins(
            str(out),
            dataset.dataset_hash,
            regions,
            chrom,
            start,
            sample_extremes(partitions, told.sample, told.seed),
            partitions,
        ),
        dataset.task_ids,
    )


def write_strata(path: str | os.PathLike, bins: StratifiedBins, task_ids: Sequence[str]) -> None:
    """bins.h5: chrom int16, start int32 (N,), stratum uint8 (P, N), sampled int64; the partitions as JSON."""
    described = [
        {
            "by": one.by,
            "counted": one.counted,
            "target": one.target,
            "tasks": list(one.tasks),
            "names": list(one.names),
        }
        for one in bins.partitions
    ]
    with whole(path) as partial, new_hdf5(partial) as store:
        arrays: dict[str, np.ndarray] = {
            "chrom": bins.chrom.astype(np.int16),
            "start": bins.start.astype(np.int32),
            "sampled": bins.sampled,
            "stratum": np.stack([one.stratum for one in bins.partitions]),
            "partitions": np.frombuffer(json.dumps(described).encode(), np.uint8),
            "task_ids": np.array(task_ids),
        }
        write_arrays(store, arrays, compression="gzip", shuffle=True)
        store.attrs.update(dataset_hash=bins.dataset_hash, regions=bins.regions)


def read_strata(path: str | os.PathLike, dataset: Mapping) -> StratifiedBins:
    """The strata of a data set that dataset.json describes. InputError: damaged, or of another data set."""
    with open_hdf5(path) as store:
        found = str(store.attrs["dataset_hash"])
        if found != dataset["dataset_hash"]:
            raise InputError(
                f"{path}: strata of data set {found[:12]}, but the data set is "
                f"{str(dataset['dataset_hash'])[:12]}; {REMEDY}"
            )
        described = json.loads(store["partitions"][()].tobytes())
        stratum = store["stratum"][()]
        return StratifiedBins(
            path=str(path),
            dataset_hash=found,
            regions=str(store.attrs["regions"]),
            chrom=store["chrom"][()].astype(np.int64),
            start=store["start"][()].astype(np.int64),
            sampled=store["sampled"][()],
            partitions=[
                Partition(
                    one["by"],
                    one["counted"],
                    one["target"],
                    tuple(one["tasks"]),
                    tuple(one["names"]),
                    mine,
                )
                for one, mine in zip(described, stratum, strict=True)
            ],
        )
