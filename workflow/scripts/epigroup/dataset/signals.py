"""Quantitative targets: each task's mean signal over the bins, as it is, as log(1 + mean) or as its arcsinh."""

import json
import logging
import os
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.logs import Progress
from epigroup.formats.bigwig import bin_means, check_chromosomes, open_bigwig

log = logging.getLogger(__name__)

HIGHEST = float(np.finfo(np.float16).max)  # 65,504: targets are stored as float16
TRANSFORMS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "none": lambda mean: mean,
    "log1p": np.log1p,
    "arcsinh": np.arcsinh,
}


def read_signals(
    paths: Sequence[str | os.PathLike],
    chrom: str,
    bins: np.ndarray,
    bin_size: int,
    transform: str,
    *,
    task_ids: Sequence[str],
    size: int,
) -> np.ndarray:
    """float16 (len(bins), T): the transformed mean of each task's signal over the bins with these numbers of
    a chromosome of `size` bp. A base without a value counts as 0.

    float16 keeps three significant digits, and loses what is nearer to 0 than 6e-8. InputError: as
    `bigwig.bin_means` and `check_chromosomes`; a mean beyond 65,504; a mean below 0 under log1p. One task's
    means at a time are in memory beside the result.
    """
    found = np.empty((len(bins), len(paths)), np.float16)
    progress = Progress(log, f"signals of {chrom}", len(paths), "tasks")
    for task, path in enumerate(paths):
        bigwig = open_bigwig(path)
        check_chromosomes(bigwig, {chrom: size})
        mean = bin_means(bigwig, chrom, size // bin_size, bin_size)[bins]
        where = f"{path} (signal of {task_ids[task]})"
        if transform == "log1p" and len(mean) and mean.min() < 0:
            raise InputError(
                f"{where}: {_place(chrom, bins, bin_size, mean.argmin())} has the mean {mean.min():.6g}, and "
                "dataset.signal_transform log1p is for signals from 0; use arcsinh or none"
            )
        values = TRANSFORMS[transform](mean)
        if len(values) and np.abs(values).max() > HIGHEST:
            remedy = (
                "use dataset.signal_transform log1p or arcsinh" if transform == "none" else "scale the signal"
            )
            worst = np.abs(values).argmax()
            raise InputError(
                f"{where}: {_place(chrom, bins, bin_size, worst)} has the mean {mean[worst]:.6g}, beyond what "
                f"is stored (float16, up to {HIGHEST:,.0f}); {remedy}"
            )
        found[:, task] = values
        progress.advance()
    return found


def _place(chrom: str, bins: np.ndarray, bin_size: int, at: int) -> str:
    start = int(bins[at]) * bin_size
    return f"{chrom}:{start:,}-{start + bin_size:,}"


def check_signals(
    paths: Mapping[str, str], sizes: Mapping[str, int], chromosomes: Sequence[str], out: str | os.PathLike
) -> None:
    """Hold the bigWig of each task (task -> path) against the lengths of the genome's `chromosomes` and write
    which were looked at. InputError, naming the task too: as `open_bigwig` and `check_chromosomes`.
    """
    for task, path in paths.items():
        try:
            check_chromosomes(open_bigwig(path), {chrom: sizes[chrom] for chrom in chromosomes})
        except InputError as error:
            raise InputError(f"column signal of {task}: {error}") from None
    with whole(out) as partial:
        partial.write_text(json.dumps({"signals": dict(paths)}, indent=1) + "\n", encoding="utf-8")
    log.info("%d signals have the genome's chromosomes", len(paths))
