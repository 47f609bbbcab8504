"""The HDF5 form of a chromosome's examples: one writer, one reader.

A shard holds `start` int32 (N,), `role` uint8 (N,), `labels` uint8 (N, ceil(T / 8)) with task t at bit t % 8
(from the lowest) of byte t // 8, `n_peaks` int64 (T,) and `task_ids` (T,), in compressed chunks with
checksums, and attributes. Where the targets are signals it holds these too: `signal` float16 (N, T).
"""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import h5py
import hdf5plugin
import numpy as np

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.hdf5 import DAMAGE, is_of_h5py, new_hdf5, read_hdf5
from epigroup.dataset.labels import packed_width

FORMAT_VERSION = 3

# Bits of `role`: of the training regions, of each set of evaluation regions (each holds the one before).
TRAINS, SCORED = 1, {"any_peak": 2, "all_mappable": 4}
CHUNK_ROWS = 1 << 16


@dataclass(frozen=True)
class Shard:
    """Examples of one chromosome. start int32 (N,) bp, ascending; labels packed uint8 (N, ceil(T/8)); n_peaks
    int64 (T,); role uint8 (N,), TRAINS and those of SCORED added up; signal float16 (N, T), the quantitative
    targets, and how they are transformed, or None where the labels are the targets.

    size: chromosome length, bp; counts: how many bins there were and why some are no example.
    """

    chrom: str
    size: int
    bin_size: int
    window: int
    min_overlap: int
    assembly: str
    genome_sha256: str
    task_ids: tuple[str, ...]
    counts: dict[str, int]
    start: np.ndarray = field(repr=False)
    labels: np.ndarray = field(repr=False)
    n_peaks: np.ndarray = field(repr=False)
    role: np.ndarray = field(repr=False)
    signal: np.ndarray | None = field(default=None, repr=False)
    signal_transform: str | None = None

    def content_sha256(self) -> str:
        """sha256 over all that the shard says, independent of compression and of the HDF5 library."""
        digest = hashlib.sha256(
            json.dumps(self.described() | {"counts": self.counts}, sort_keys=True).encode()
        )
        for values, kind in (
            (self.start, "<i4"), (self.labels, "u1"), (self.n_peaks, "<i8"), (self.role, "u1"),
        ):  # fmt: skip
            digest.update(np.ascontiguousarray(values, kind).data)
        if self.signal is not None:
            digest.update(np.ascontiguousarray(self.signal, "<f2").data)
        return digest.hexdigest()

    def described(self) -> dict[str, Any]:
        """The attributes as plain values."""
        return {
            "format_version": FORMAT_VERSION, "chrom": self.chrom, "size": self.size,
            "bin_size": self.bin_size,
            "window": self.window, "min_overlap": self.min_overlap, "assembly": self.assembly,
            "genome_sha256": self.genome_sha256, "task_ids": list(self.task_ids),
            **({} if self.signal is None else {"signal_transform": self.signal_transform}),
        }  # fmt: skip


def write_shard(path: str | os.PathLike, shard: Shard) -> None:
    """Write a shard, whole or not at all."""
    n, width = shard.labels.shape
    if not n == len(shard.start) == len(shard.role) or width != packed_width(len(shard.task_ids)):
        raise ValueError(
            f"labels of shape {shard.labels.shape} for {len(shard.start)} starts, {len(shard.task_ids)} tasks"
        )
    if shard.signal is not None and shard.signal.shape != (n, len(shard.task_ids)):
        raise ValueError(f"signal of shape {shard.signal.shape} for {n} starts, {len(shard.task_ids)} tasks")
    # Higher levels take up to six times as long for a tenth less; shuffling helps numbers, not bits.
    plain, shuffled = (
        hdf5plugin.Blosc2(cname="zstd", clevel=1, filters=filters)
        for filters in (hdf5plugin.Blosc2.NOFILTER, hdf5plugin.Blosc2.SHUFFLE)
    )
    with whole(path) as partial, new_hdf5(partial) as store:
        for name, values, packing in (
            ("start", shard.start.astype("<i4"), shuffled),
            ("role", shard.role.astype("u1"), plain),
            ("labels", shard.labels, plain),
            *([] if shard.signal is None else [("signal", shard.signal.astype("<f2"), shuffled)]),
        ):
            store.create_dataset(
                name, data=values, maxshape=(None, *values.shape[1:]),
                chunks=(min(CHUNK_ROWS, max(n, 1)), *values.shape[1:]),
                fletcher32=True, compression=packing,
            )  # fmt: skip
        for name, values in (
            ("n_peaks", shard.n_peaks.astype("<i8")),
            ("task_ids", np.array(shard.task_ids, "S")),
        ):
            store.create_dataset(name, data=values, chunks=values.shape, fletcher32=True)
        # Strings of fixed length lie in the object header, which has a checksum; others in a heap without.
        for name, value in shard.described().items():
            if name != "task_ids":
                store.attrs[name] = np.bytes_(value.encode()) if isinstance(value, str) else value
        store.attrs["counts"] = np.bytes_(json.dumps(shard.counts, sort_keys=True).encode())
        store.attrs["content_sha256"] = np.bytes_(shard.content_sha256().encode())


@contextmanager
def open_shard(path: str | os.PathLike) -> Iterator[h5py.File]:
    """A shard as HDF5, open for reading. Raises InputError, there or while the block reads from it, for one that is
    damaged or cut; other errors of the block pass."""
    try:
        with read_hdf5(path) as store:
            yield store
    except DAMAGE as error:
        if not is_of_h5py(error):
            raise
        raise _damaged(path, error) from error


def _damaged(path: str | os.PathLike, error: Exception) -> InputError:
    return InputError(f"{path}: the shard is damaged or cut ({error}); delete it and make it again")


def read_shard(path: str | os.PathLike, rows: bool = True) -> Shard:
    """Read a shard and check all of it; with `rows` False only what describes it, with empty start, labels
    and role.

    Raises InputError when the file is damaged, cut, or of another format version.
    """
    try:
        with read_hdf5(path) as store:
            return _shard_in(path, store, rows)
    except DAMAGE as error:  # of what it says of itself, too: such a text may be whole and yet not JSON
        raise _damaged(path, error) from error


def _shard_in(path: str | os.PathLike, store: h5py.File, rows: bool) -> Shard:
    version = int(store.attrs["format_version"])
    if version != FORMAT_VERSION:
        raise InputError(
            f"{path}: format version {version}, this release reads {FORMAT_VERSION}; make it again"
        )
    text = {key: value.decode() for key, value in store.attrs.items() if isinstance(value, bytes)}
    ids = tuple(i.decode() for i in store["task_ids"][()])
    signal = None
    if "signal_transform" in text:
        signal = store["signal"][()] if rows else np.empty((0, len(ids)), np.float16)
    shard = Shard(
        chrom=text["chrom"], size=int(store.attrs["size"]), bin_size=int(store.attrs["bin_size"]),
        window=int(store.attrs["window"]), min_overlap=int(store.attrs["min_overlap"]),
        assembly=text["assembly"], genome_sha256=text["genome_sha256"], task_ids=ids,
        counts=json.loads(text["counts"]),
        start=store["start"][()] if rows else np.empty(0, np.int32),
        labels=store["labels"][()] if rows else np.empty((0, packed_width(len(ids))), np.uint8),
        n_peaks=store["n_peaks"][()],
        role=store["role"][()] if rows else np.empty(0, np.uint8),
        signal=signal, signal_transform=text.get("signal_transform"),
    )  # fmt: skip
    kinds = (shard.start.dtype, shard.labels.dtype, shard.role.dtype, shard.labels.shape[1])
    odd = signal is not None and (signal.dtype, signal.shape[1]) != (np.float16, len(ids))
    if odd or kinds != (np.int32, np.uint8, np.uint8, packed_width(len(ids))):
        raise InputError(f"{path}: the shard is damaged: it holds {kinds}; delete it and make it again")
    if rows and shard.content_sha256() != text["content_sha256"]:
        raise InputError(
            f"{path}: the shard is damaged: its content does not match its sha256; make it again"
        )
    return shard
