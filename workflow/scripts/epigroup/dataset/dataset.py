"""All shards of a data set as one: the examples that a stage takes."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from epigroup.core.errors import InputError
from epigroup.core.files import sha256_file
from epigroup.core.mapped_arrays import unnamed_array
from epigroup.core.text_files import read_json
from epigroup.dataset.labels import packed_width, unpack_columns
from epigroup.dataset.shards import CHUNK_ROWS, FORMAT_VERSION, SCORED, TRAINS, open_shard, read_shard
from epigroup.dataset.splits import NONE, SPLITS, assign

_DESCRIBED = ("bin_size", "window", "min_overlap", "genome_sha256", "task_ids", "signal_transform")


def read_role(path: str | os.PathLike) -> np.ndarray:
    """uint8 (N,): what the examples of a shard are for. Raises InputError when the file is damaged or cut."""
    with open_shard(path) as store:
        return store["role"][()]


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
    splits: dict[str, Any]
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
            with open_shard(self.paths[chromosome]) as store:
                starts = store["start"][()]
                where = served(self.split_of(chromosome, starts), store["role"][()], regions)
                for row in range(0, len(starts), CHUNK_ROWS):
                    here = slice(row, row + CHUNK_ROWS)
                    mine = where[here] == SPLITS.index(name)
                    if mine.any():
                        start = starts[here][mine]
                        signal = store["signal"][here][mine] if self.targets == "signal" else None
                        yield Examples(
                            np.full(len(start), i, np.int16), start, store["labels"][here][mine], signal
                        )

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


def targets_of(about: Mapping[str, Any]) -> str:
    """What the networks of a data set learn, from its dataset.json: "labels", or "signal"."""
    return "signal" if "signal_transform" in about else "labels"


def _short(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 100 else f"{text[:97]}..."
