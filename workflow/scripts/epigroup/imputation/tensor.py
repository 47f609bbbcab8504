"""The binned tracks of one chromosome, or what a model imputes of them: one HDF5 file, one writer, one reader.

It holds `values` float16 (T, B), NaN where a track has no data, and `bins` int64 (B,), the number of each bin on the
chromosome's grid (start // bin_size), rising. Chunks hold one track, so that a track is read without the others.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import h5py
import hdf5plugin
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
from epigroup.core.text_files import REMEDY

HIGHEST = float(np.finfo(np.float16).max)  # 65,504
_CHUNK = 1 << 16  # bins


@dataclass(frozen=True)
class TensorFile:
    """An open tensor's description. length: of the chromosome, bp; transform: a key of `TRANSFORMS`; tasks: the task
    id (or the name `CELL|ASSAY` of what is imputed) of each row; bins: int64 (B,)."""

    path: str
    chrom: str
    length: int
    bin_size: int
    transform: str
    tasks: tuple[str, ...]
    bins: np.ndarray = field(repr=False, compare=False)

    @property
    def n_bins(self) -> int:
        return len(self.bins)

    def read(self, rows: Sequence[int] | None = None, start: int = 0, stop: int | None = None) -> np.ndarray:
        """float32 (rows, stop - start): values of some rows (all when None), in the order asked for, of the bins with
        the places start to stop in `bins`. InputError: a cut or damaged file; IndexError: no such row."""
        wanted = list(range(len(self.tasks)) if rows is None else map(int, rows))
        if wanted and not 0 <= min(wanted) <= max(wanted) < len(self.tasks):
            raise IndexError(f"{self.path}: rows {wanted} of {len(self.tasks)}")
        start, stop, _ = slice(start, stop).indices(self.n_bins)
        found = np.empty((len(wanted), max(stop - start, 0)), np.float32)
        if found.size:
            with open_hdf5(self.path) as store:
                values = store["values"]
                for into, row in zip(found, wanted, strict=True):
                    into[:] = values[row, start:stop]
        return found

    def rows_of(self, task_ids: Iterable[str]) -> list[int]:
        """The rows of tracks by id. InputError: one is not there."""
        row = {task: i for i, task in enumerate(self.tasks)}
        wanted = list(task_ids)
        lacking = [task for task in wanted if task not in row]
        if lacking:
            raise InputError(f"{self.path}: has no track {lacking[0]!r}; {REMEDY}")
        return [row[task] for task in wanted]


def open_tensor(path: str | os.PathLike) -> TensorFile:
    """Read what describes a tensor, and its bins. InputError: a damaged file, or one that is no tensor."""
    with open_hdf5(path) as store:
        check_attributes(store)
        told = store.attrs
        tasks = tuple(str(told["tracks"]).split("\t"))
        found = TensorFile(
            str(path), str(told["chrom"]), int(told["length"]), int(told["bin_size"]), str(told["transform"]), tasks,
            read_numbers(store, "bins", 1),
        )  # fmt: skip
        shape, kind = store["values"].shape, store["values"].dtype
    if shape != (len(tasks), found.n_bins) or kind != np.float16 or found.bins.dtype != np.int64:
        raise InputError(
            f"{path}: values {kind} {shape} and bins {found.bins.dtype} where float16 "
            f"{(len(tasks), found.n_bins)} and int64 belong; {REMEDY}"
        )
    return found


def write_tensor(
    path: str | os.PathLike,
    values_of_track: Iterable[np.ndarray],
    bins: np.ndarray,
    *,
    chrom: str,
    length: int,
    bin_size: int,
    transform: str,
    tasks: Sequence[str],
) -> None:
    """Write a tensor, track by track: of `values_of_track`, float (B,) each and one a task, no two need be in memory.

    bins: int64 (B,), rising, each whole on a chromosome of `length` bp. NaN is no data. InputError: a value that is
    infinite or beyond what float16 holds, with its task and place; ValueError: bins, tasks or values that do not fit.
    """
    bins = np.asarray(bins, np.int64)
    if not len(bins) or bins[0] < 0 or (np.diff(bins) <= 0).any() or (bins[-1] + 1) * bin_size > length:
        raise ValueError(f"{len(bins)} bins do not rise within {length} bp of {chrom}")
    if not tasks or len(set(tasks)) < len(tasks) or any("\t" in task or not task for task in tasks):
        raise ValueError(f"{len(tasks)} tasks are not named apart, or one has a tab in its name")
    with whole(path) as partial, new_hdf5(partial) as store:
        values = store.create_dataset(
            "values", (len(tasks), len(bins)), np.float16, chunks=(1, min(_CHUNK, len(bins))), fletcher32=True,
            compression=hdf5plugin.Blosc2(cname="zstd", clevel=1, filters=hdf5plugin.Blosc2.SHUFFLE),
        )  # fmt: skip
        for row, (task, track) in enumerate(zip(tasks, values_of_track, strict=True)):
            if track.shape != bins.shape:
                raise ValueError(f"{task}: values of shape {track.shape} for {len(bins)} bins")
            _check_range(track, bins, f"{task}: {chrom}", bin_size)
            values[row] = track.astype(np.float16)
        write_arrays(store, {"bins": bins}, rows=_CHUNK, compression="gzip", shuffle=True)
        _describe(store, chrom, length, bin_size, transform, tasks)


def _describe(
    store: h5py.File, chrom: str, length: int, bin_size: int, transform: str, tasks: Sequence[str]
) -> None:
    write_attributes(
        store,
        {"chrom": chrom, "length": length, "bin_size": bin_size, "transform": transform, "tracks": "\t".join(tasks)},
    )  # fmt: skip


def _check_range(track: np.ndarray, bins: np.ndarray, where: str, bin_size: int) -> None:
    # Half a step beyond the highest still rounds to it; NaN compares as False.
    beyond = np.abs(track) > HIGHEST
    if beyond.any():
        at = int(np.argmax(beyond))
        start = int(bins[at]) * bin_size
        raise InputError(
            f"{where}:{start:,}-{start + bin_size:,} has the value {track[at]:.6g}, beyond what is stored (float16, up "
            f"to {HIGHEST:,.0f}); use imputation.transform arcsinh or log1p, or scale the signal"
        )


def write_predictions(
    path: str | os.PathLike, values: Iterable[np.ndarray], targets: Sequence[str], like: TensorFile
) -> None:
    """Write what a model imputes on the bins of the tensor `like`, in its transform: values, float (M, B) or its rows
    one after the other, of the targets with these names (task ids, or `places.place_name`).

    `open_tensor` opens it. InputError and ValueError as `write_tensor`.
    """
    write_tensor(
        path, values, like.bins, chrom=like.chrom, length=like.length, bin_size=like.bin_size,
        transform=like.transform, tasks=targets,
    )  # fmt: skip
