"""The signals of all tracks over the bins of one chromosome: bigWigs -> a tensor, one track in memory at a time."""

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import numpy as np

from epigroup.core.errors import InputError, refuse_together
from epigroup.core.logs import Progress
from epigroup.formats.bbi import IndexedFile
from epigroup.formats.bigwig import bin_means, check_chromosomes, known_bin_means, open_bigwig
from epigroup.genome.bins import count_bins
from epigroup.imputation.bins import keep_bins
from epigroup.imputation.places import Places
from epigroup.imputation.settings import TensorSettings
from epigroup.imputation.tensor import write_tensor
from epigroup.imputation.transforms import TRANSFORMS

log = logging.getLogger(__name__)

Path = str | os.PathLike
# What -log10 p look like, measured on 20 tracks of Roadmap over 28 Mb at 25 bp: their maxima are 10.1 to 415, those of
# their arcsinh 3.0 to 6.7; their medians .04 to .28, and 2 to 21 % of their bins lie within .5 to 1.5.
_LOWEST_MAXIMUM, _LONG = 10.0, 10_000_000
_NEAR_ONE, _MEDIANS_NEAR_ONE, _ENOUGH = (0.5, 1.5), (0.7, 1.3), 1_000_000


def make_tensor(
    signal_paths: Mapping[str, Path],
    places: Places,
    chrom: str,
    length: int,
    settings: TensorSettings,
    out: Path,
) -> None:
    """Write the tensor of a chromosome of `length` bp: of each track the transformed mean signal of the kept bins.

    signal_paths: bigWig by task id. One track of the chromosome is in memory at a time. InputError, of all tracks
    together: a track without a bigWig, one without the chromosome or with another length of it, and what
    `read_track` refuses; as `keep_bins`; a value beyond what float16 holds.
    """
    lacking = [task for task in places.task_ids if task not in signal_paths]
    if lacking:
        raise InputError(f"no signal is given for the track {lacking[0]}; give a bigWig of each track")
    paths = {task: signal_paths[task] for task in places.task_ids}
    refuse_together(partial(_check_chromosome, path, task, {chrom: length}) for task, path in paths.items())
    bins = keep_bins(chrom, _contigs(paths) | {chrom: length}, settings)
    write_tensor(
        out, _tracks(paths, chrom, length, bins, settings), bins, chrom=chrom, length=length,
        bin_size=settings.bin_size, transform=settings.transform, tasks=places.task_ids,
    )  # fmt: skip


def _tracks(
    paths: Mapping[str, Path], chrom: str, length: int, bins: np.ndarray, settings: TensorSettings
) -> Iterator[np.ndarray]:
    progress = Progress(log, f"signals of {chrom}", len(paths), "tracks")
    faults = []
    for task, path in paths.items():
        try:
            yield read_track(path, task, chrom, length, bins, settings)
        except InputError as error:
            faults.append(str(error))
            yield np.full(len(bins), np.nan)
        progress.advance()
    if faults:  # nothing is kept: the tensor's file is not whole yet
        raise InputError("\n".join(faults))


def read_track(
    path: Path, task: str, chrom: str, length: int, bins: np.ndarray, settings: TensorSettings
) -> np.ndarray:
    """float64 (B,): the transformed mean signal of a bigWig over the bins with these numbers of a chromosome of
    `length` bp; NaN where no base has a value and `no_data` is "missing".

    InputError, naming task, file and place: as `bigwig.bin_means`; no data at all; the same value in every bin; below 0
    where values are log10_p or the transform is log1p; where values are log10_p (told they are "other", nothing of this
    is asked), fold changes: over 1 Mb and more, a median within .7 to 1.3 and most bins within .5 to 1.5. A maximum
    below 10 over 10 Mb and more looks like -log10 p that are transformed already, but some weak tracks come near it:
    that is a warning.
    """
    where = f"{path} (track {task})"
    n_bins = count_bins(length, settings.bin_size)
    try:
        mean = _means(open_bigwig(path), chrom, n_bins, settings)[bins]
    except InputError as error:
        raise InputError(f"track {task}: {error}") from None
    known = mean[~np.isnan(mean)]
    if not len(known):
        raise InputError(f"{where}: has no data in the bins of {chrom}; leave it or the chromosome out")
    if len(known) < len(mean):
        log.info("%s: %d of %d bins of %s have no data", where, len(mean) - len(known), len(mean), chrom)
    if known.min() == known.max():
        raise InputError(
            f"{where}: has the value {known[0]:.6g} in every bin of {chrom}; leave it or the chromosome out"
        )
    if known.min() < 0 and (settings.values == "log10_p" or settings.transform == "log1p"):
        start = int(bins[np.nanargmin(mean)]) * settings.bin_size
        what = (
            "no -log10 p is below 0: give those, or set imputation.values to other"
            if settings.values == "log10_p"
            else "imputation.transform log1p is for signals from 0: use arcsinh or none"
        )
        raise InputError(
            f"{where}: {chrom}:{start:,}-{start + settings.bin_size:,} has the mean {known.min():.6g} "
            f"({int((known < 0).sum()):,} bins are below 0), and {what}"
        )
    if settings.values == "log10_p":
        _look_at(known, where, chrom, settings.bin_size)
    return TRANSFORMS[settings.transform][0](mean)


def _means(bigwig: IndexedFile, chrom: str, n_bins: int, settings: TensorSettings) -> np.ndarray:
    if settings.no_data == "zero":
        return bin_means(bigwig, chrom, n_bins, settings.bin_size)
    return known_bin_means(bigwig, chrom, n_bins, settings.bin_size)[0]


def _look_at(known: np.ndarray, where: str, chrom: str, bin_size: int) -> None:
    """Whether what is said to be -log10 p looks like it."""
    covered = len(known) * bin_size
    if covered >= _ENOUGH:
        median = float(np.median(known))
        near = float(((known > _NEAR_ONE[0]) & (known < _NEAR_ONE[1])).mean())
        if _MEDIANS_NEAR_ONE[0] <= median <= _MEDIANS_NEAR_ONE[1] and near > 0.5:
            raise InputError(
                f"{where}: looks like fold change and not like -log10 p: its median on {chrom} is {median:.3g}, and "
                f"{near:.0%} of the bins lie within .5 to 1.5; give -log10 p, or set imputation.values to other"
            )
    if covered >= _LONG and known.max() < _LOWEST_MAXIMUM:
        log.warning(
            "%s: its highest mean in %d Mb of %s is %.3g, where that of -log10 p is mostly beyond 10; if the file is "
            "transformed already (arcsinh, logarithm), set imputation.values to other and imputation.transform to none",
            where, covered // 1_000_000, chrom, known.max(),
        )  # fmt: skip


def chromosome_sizes(signal_paths: Mapping[str, Path], chromosomes: Sequence[str]) -> dict[str, int]:
    """Lengths (bp) of chromosomes as the bigWigs (by task id) have them, where there is no genome. InputError, of all
    files together: one without a chromosome, or with another length of it than the first."""
    if not signal_paths:
        raise InputError("no signal is given; give a bigWig of each track")
    first = next(iter(signal_paths))
    found = open_bigwig(signal_paths[first]).chromosomes
    lacking = [chrom for chrom in chromosomes if chrom not in found]
    if lacking:
        _check_chromosome(signal_paths[first], first, {lacking[0]: 0})
    sizes = {chrom: found[chrom][1] for chrom in chromosomes}
    refuse_together(
        partial(_check_agrees, path, task, sizes, signal_paths[first]) for task, path in signal_paths.items()
    )
    return sizes


def _check_agrees(path: Path, task: str, sizes: Mapping[str, int], first: Path) -> None:
    found = open_bigwig(path).chromosomes
    for chrom, length in sizes.items():
        if chrom in found and found[chrom][1] != length:
            raise InputError(
                f"signal of {task}: {path}: its {chrom} is {found[chrom][1]:,} bp long, that of {first} {length:,}; "
                "they are of different assemblies"
            )
    _check_chromosome(path, task, sizes)


def _check_chromosome(path: Path, task: str, sizes: Mapping[str, int]) -> None:
    try:
        check_chromosomes(open_bigwig(path), sizes)
    except InputError as error:
        raise InputError(f"signal of {task}: {error}") from None


def _contigs(paths: Mapping[str, Path]) -> dict[str, int]:
    """Every contig of any bigWig with its length (bp) in the first that has it: regions may name them."""
    found: dict[str, int] = {}
    for path in paths.values():
        for name, (_, length) in open_bigwig(path).chromosomes.items():
            found.setdefault(name, length)
    return found
