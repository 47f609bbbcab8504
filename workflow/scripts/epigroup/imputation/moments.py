"""Means and covariances of all tracks over the bins: all that models which are linear in the tracks need.

Such a model imputes x @ w + b of the tracks' values x. Its mean squared error on a track y is, exactly,
(w - e_y)' C (w - e_y) + ((w - e_y)' m + b)^2 with the covariance C, the mean m and the unit vector e_y.
"""

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.hdf5 import (
    check_attributes,
    new_hdf5,
    open_hdf5,
    read_numbers,
    write_arrays,
    write_attributes,
)
from epigroup.core.logs import Progress
from epigroup.core.text_files import REMEDY
from epigroup.imputation.tensor import TensorFile

log = logging.getLogger(__name__)

_AT_ONCE = 1 << 23  # values in memory at a time, 64 MB in float64


@dataclass(frozen=True)
class Moments:
    """Over the n bins in which every track has data: mean float64 (T,); covariance float64 (T, T), divided by n.

    n_left_out: bins in which a track has none. tasks: ids of the tracks, empty where nobody says.
    """

    n: int
    mean: np.ndarray = field(repr=False)
    covariance: np.ndarray = field(repr=False)
    n_left_out: int = 0
    tasks: tuple[str, ...] = ()

    def squared_error(self, weights: np.ndarray, intercept: float, target: int) -> float:
        """The mean over the bins of (x @ weights + intercept - x[target])^2, exactly; weights: float64 (T,)."""
        off = np.array(weights, np.float64)
        off[target] -= 1
        return max(float(off @ self.covariance @ off), 0.0) + float(off @ self.mean + intercept) ** 2

    def correlation(self) -> np.ndarray:
        """float64 (T, T): Pearson correlations; NaN in row and column of a track that is constant."""
        deviation = np.sqrt(np.diag(self.covariance))
        deviation = np.where(deviation > 0, deviation, np.nan)
        return self.covariance / np.outer(deviation, deviation)


def measure_moments(tensors: Sequence[TensorFile]) -> Moments:
    """The moments of the tracks over the tensors of some chromosomes; a stretch of bins is in memory at a time.

    Stretches are joined by their means and centred sums (Chan, Golub and LeVeque 1983), which loses no digits where
    means are large. InputError: tensors of other tracks, bins or transforms than the first's, a chromosome that is
    there twice, no bin in which every track has data.
    """
    _check_alike(tensors)
    n_tasks = len(tensors[0].tasks)
    n, mean, squares = 0, np.zeros(n_tasks), np.zeros((n_tasks, n_tasks))
    n_bins, lacks = 0, np.zeros(n_tasks, np.int64)
    step = max(_AT_ONCE // n_tasks, 1)
    progress = Progress(log, "moments of the tracks", sum(one.n_bins for one in tensors), "bins")
    for tensor in tensors:
        for start in range(0, tensor.n_bins, step):
            values = tensor.read(start=start, stop=start + step).astype(np.float64)
            n_bins += values.shape[1]
            progress.advance(values.shape[1])
            no_data = np.isnan(values)
            if no_data.any():
                lacks += no_data.sum(axis=1)
                values = values[:, ~no_data.any(axis=0)]
            here = values.shape[1]
            if not here:
                continue
            centre = values.mean(axis=1)
            values -= centre[:, None]
            step_off = centre - mean
            squares += values @ values.T + np.outer(step_off, step_off) * (n * here / (n + here))
            mean += step_off * (here / (n + here))
            n += here
    _tell_lacking(tensors[0].tasks, n, n_bins, lacks)
    return Moments(n, mean, (squares + squares.T) / 2 / n, n_bins - n, tensors[0].tasks)


def _check_alike(tensors: Sequence[TensorFile]) -> None:
    if not tensors:
        raise ValueError("no tensor to measure")
    first, chromosomes = tensors[0], set()
    for one in tensors:
        for what in ("tasks", "bin_size", "transform"):
            if getattr(one, what) != getattr(first, what):
                raise InputError(f"{one.path}: its {what} are not those of {first.path}; {REMEDY}")
        if one.chrom in chromosomes:
            raise InputError(f"{one.path}: {one.chrom} is there twice; give each chromosome once")
        chromosomes.add(one.chrom)


def _tell_lacking(tasks: Sequence[str], n: int, n_bins: int, lacks: np.ndarray) -> None:
    worst = int(lacks.argmax())
    if not n:
        raise InputError(
            f"no bin of {n_bins:,} has data of every one of the {len(tasks)} tracks; {tasks[worst]} lacks most "
            f"({lacks[worst]:,} bins): leave it out, or set imputation.no_data to zero where no data means no signal"
        )
    if n < n_bins:
        tell = log.warning if n < n_bins / 2 else log.info
        tell(
            "%d of %d bins have data of every track, and models are fitted to these; %s lacks most (%d bins)",
            n, n_bins, tasks[worst], lacks[worst],
        )  # fmt: skip


def write_moments(path: str | os.PathLike, moments: Moments) -> None:
    """Write the moments as HDF5: `mean`, `covariance`, and attributes n, n_left_out, tracks."""
    with whole(path) as partial, new_hdf5(partial) as store:
        write_arrays(store, {"mean": moments.mean, "covariance": moments.covariance})
        write_attributes(
            store,
            {"n": moments.n, "n_left_out": moments.n_left_out, "tracks": "\t".join(moments.tasks)},
        )


def read_moments(path: str | os.PathLike) -> Moments:
    """The moments as written. InputError: a damaged file."""
    with open_hdf5(path) as store:
        check_attributes(store)
        tracks = str(store.attrs["tracks"])
        found = Moments(
            int(store.attrs["n"]), read_numbers(store, "mean", 1), read_numbers(store, "covariance", 2),
            int(store.attrs["n_left_out"]), tuple(tracks.split("\t")) if tracks else (),
        )  # fmt: skip
    n_tasks = len(found.mean)
    if found.covariance.shape != (n_tasks, n_tasks) or len(found.tasks) not in (0, n_tasks):
        raise InputError(
            f"{path}: a covariance {found.covariance.shape} of {n_tasks} means and {len(found.tasks)} tracks; {REMEDY}"
        )
    return found
