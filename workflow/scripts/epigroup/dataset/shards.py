"""The HDF5 form of a chromosome's examples: one writer, one reader, and the data set over all of them.

A shard holds `start` int32 (N,), `role` uint8 (N,), `labels` uint8 (N, ceil(T / 8)) with task t at bit t % 8
(from the lowest) of byte t // 8, `n_peaks` int64 (T,) and `task_ids` (T,), in compressed chunks with
checksums, and attributes. Where the targets are signals it holds these too: `signal` float16 (N, T).
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import hdf5plugin
import numpy as np

from epigroup.core.errors import InputError
from epigroup.core.files import sha256_file, whole
from epigroup.core.hdf5 import new_hdf5, read_hdf5
from epigroup.core.mapped_arrays import unnamed_array
from epigroup.core.text_files import read_json
from epigroup.dataset.labels import packed_width, unpack_columns
from epigroup.dataset.splits import NONE, SPLITS, assign

FORMAT_VERSION = 3
# Bits of `role`: of the training regions, of each set of evaluation regions (each holds the one before).
TRAINS, SCORED = 1, {"any_peak": 2, "all_mappable": 4}
_ROWS = 1 << 16
_DAMAGE = (OSError, KeyError, ValueError, RuntimeError, TypeError)
_DESCRIBED = ("bin_size", "window", "min_overlap", "genome_sha256", "task_ids", "signal_transform")


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

    def described(self) -> dict:
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
                chunks=(min(_ROWS, max(n, 1)), *values.shape[1:]),
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


def read_shard(path: str | os.PathLike, rows: bool = True) -> Shard:
    """Read a shard and check all of it; with `rows` False only what describes it, with empty start, labels
    and role.

    Raises InputError when the file is damaged, cut, or of another format version.
    """
    try:
        with read_hdf5(path) as store:
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
                raise InputError(
                    f"{path}: the shard is damaged: it holds {kinds}; delete it and make it again"
                )
            if rows and shard.content_sha256() != text["content_sha256"]:
                raise InputError(
                    f"{path}: the shard is damaged: its content does not match its sha256; make it again"
                )
            return shard
    except _DAMAGE as error:
        raise InputError(
            f"{path}: the shard is damaged or cut ({error}); delete it and make it again"
        ) from error


def read_role(path: str | os.PathLike) -> np.ndarray:
    """uint8 (N,): what the examples of a shard are for. Raises InputError when the file is damaged or cut."""
    try:
        with read_hdf5(path) as store:
            return store["role"][()]
    except _DAMAGE as error:
        raise InputError(
            f"{path}: the shard is damaged or cut ({error}); delete it and make it again"
        ) from error


def served(where: np.ndarray, role: np.ndarray, regions: str) -> np.ndarray:
    """int8 (N,): the split of each bin that takes part in it, else -1.

    Training takes the bins of the training regions; validation and test those of the evaluation regions
    `regions`, a key of SCORED. `where` int8 (N,) as from `splits.assign`, `role` uint8 (N,).
    """
    taken = (role & np.where(where == SPLITS.index("train"), TRAINS, SCORED[regions])) > 0
    return np.where(taken, where, np.int8(NONE))


@dataclass(frozen=True)
class Examples:
    """Examples of one split: chrom int16 (N,) index into the data set's chromosomes, start int32 (N,) bp of
    the bin, labels packed uint8 (N, ceil(T/8)), signal float16 (N, T) where that is the target."""

    chrom: np.ndarray
    start: np.ndarray
    labels: np.ndarray
    signal: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.start)


@dataclass(frozen=True)
class Dataset:
    """A checked data set. chromosomes: names that Examples.chrom counts; sizes: their lengths in bp; splits:
    resolved; n_evaluation: examples of validation and test by set of evaluation regions. The first set stops
    training and heads the report; the last one holds the others. targets: "labels", or "signal"."""

    assembly: str
    genome_sha256: str
    dataset_hash: str
    bin_size: int
    window: int
    min_overlap: int
    task_ids: tuple[str, ...]
    chromosomes: tuple[str, ...]
    sizes: dict[str, int]
    splits: dict
    n_train: int
    n_evaluation: dict[str, dict[str, int]]
    paths: dict[str, Path]
    targets: str = "labels"

    @property
    def evaluation_regions(self) -> tuple[str, ...]:
        """Names of the sets of evaluation regions, each of which holds the one before."""
        return tuple(self.n_evaluation)

    def split(self, name: str, regions: str | None = None, data: str = "memory") -> Examples:
        """The examples of "train" (the training regions), or of "validation" or "test" (the evaluation
        regions: those called `regions`, the first when None), by chromosome and position; only these are in
        memory, with `data` "disk" their labels in a file of the temporary folder."""
        regions = regions or self.evaluation_regions[0]
        n = self.n_train if name == "train" else self.n_evaluation[regions][name]
        width = packed_width(len(self.task_ids))
        chrom, start = np.empty(n, np.int16), np.empty(n, np.int32)
        empty = unnamed_array if data == "disk" else np.empty
        labels = empty((n, width), np.uint8)
        signal = empty((n, len(self.task_ids)), np.float16) if self.targets == "signal" else None
        at = 0
        for part in self.blocks(name, regions):
            here = slice(at, at + len(part))
            at += len(part)
            if at <= n:
                chrom[here], start[here], labels[here] = part.chrom, part.start, part.labels
                if signal is not None:
                    signal[here] = part.signal
        if at != n:
            raise InputError(
                f"the shards hold {at} {name} examples where dataset.json counts {n}; make dataset.json again"
            )
        return Examples(chrom, start, labels, signal)

    def blocks(self, name: str, regions: str | None = None) -> Iterator[Examples]:
        """The examples of a `split` in its order, at most 65,536 of one chromosome at a time: for a pass over
        more than the memory holds."""
        regions = regions or self.evaluation_regions[0]
        for i, chromosome in enumerate(self.chromosomes):
            path = self.paths[chromosome]
            try:
                with read_hdf5(path) as store:
                    starts = store["start"][()]
                    where = served(self.split_of(chromosome, starts), store["role"][()], regions)
                    for row in range(0, len(starts), _ROWS):
                        here = slice(row, row + _ROWS)
                        mine = where[here] == SPLITS.index(name)
                        if mine.any():
                            start = starts[here][mine]
                            signal = store["signal"][here][mine] if self.targets == "signal" else None
                            yield Examples(
                                np.full(len(start), i, np.int16), start, store["labels"][here][mine], signal
                            )
            except _DAMAGE as error:
                raise InputError(
                    f"{path}: the shard is damaged or cut ({error}); delete it and make it again"
                ) from error

    def split_of(self, chromosome: str, starts: np.ndarray) -> np.ndarray:
        """int8 (N,): index into SPLITS or -1, for bins of a chromosome at `starts` (bp)."""
        return assign(chromosome, starts, self.splits, self.window, self.bin_size, self.sizes[chromosome])

    def task_indices(self, task_ids: Sequence[str]) -> np.ndarray:
        """int64: columns of these tasks. Raises InputError for one that the data set lacks."""
        place = {task: i for i, task in enumerate(self.task_ids)}
        missing = [t for t in task_ids if t not in place]
        if missing:
            raise InputError(f"the data set has no task {', '.join(missing[:5])}")
        return np.array([place[t] for t in task_ids], np.int64)

    @staticmethod
    def labels(
        examples: Examples, task_indices: np.ndarray, rows: np.ndarray | slice = slice(None)
    ) -> np.ndarray:
        """bool (n, len(task_indices)): labels of these tasks for the examples, or for some `rows` of them."""
        return unpack_columns(examples.labels[rows], task_indices)


def open_dataset(dataset_json: str | os.PathLike, shard_paths: Iterable[str | os.PathLike]) -> Dataset:
    """Open a data set from its dataset.json and the shards of all its chromosomes, after checking every byte
    of them.

    Raises InputError that names the shard when it is missing, damaged, cut, of another version, genome,
    window or tasks, or not the one that dataset.json was made from.
    """
    about = read_json(dataset_json)
    if about["format_version"] != FORMAT_VERSION:
        raise InputError(
            f"{dataset_json}: format version {about['format_version']}, this release reads {FORMAT_VERSION}; "
            "make it again"
        )
    paths: dict[str, Path] = {}
    for path in map(Path, shard_paths):
        described = read_shard(path, rows=False).described()
        chrom = described["chrom"]
        if chrom not in about["chromosomes"]:
            raise InputError(f"{path}: chromosome {chrom} is not in {dataset_json}")
        for key in _DESCRIBED:
            if described.get(key) != about.get(key):
                raise InputError(
                    f"{path}: {key} is {_short(described.get(key))}, in {dataset_json} "
                    f"{_short(about.get(key))}; make the shards and dataset.json from the same genome and sheet"
                )
        if sha256_file(path) != about["chromosomes"][chrom]["file_sha256"]:
            raise InputError(
                f"{path}: the shard is damaged, or was made again after {dataset_json} (its sha256 differs); "
                "delete both and make them again"
            )
        paths[chrom] = path
    missing = [c for c in about["chromosomes"] if c not in paths]
    if missing:
        raise InputError(f"{dataset_json}: no shard was given for chromosome {', '.join(missing)}")
    chromosomes = tuple(about["chromosomes"])
    return Dataset(
        assembly=about["assembly"], genome_sha256=about["genome_sha256"], dataset_hash=about["dataset_hash"],
        bin_size=about["bin_size"], window=about["window"], min_overlap=about["min_overlap"],
        task_ids=tuple(about["task_ids"]), chromosomes=chromosomes,
        sizes={c: about["chromosomes"][c]["size"] for c in chromosomes}, splits=about["splits"],
        n_train=about["n_examples"]["train"], n_evaluation=about["n_evaluation"],
        paths=paths, targets=targets_of(about),
    )  # fmt: skip


def targets_of(about: Mapping) -> str:
    """What the networks of a data set learn, from its dataset.json: "labels", or "signal"."""
    return "signal" if "signal_transform" in about else "labels"


def _short(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 100 else f"{text[:97]}..."
