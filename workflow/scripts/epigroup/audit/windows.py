"""The windows of each split, as the shards' bins give them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from epigroup.dataset.dataset import Dataset, open_dataset
from epigroup.dataset.splits import SPLITS
from epigroup.genome.bins import window_bounds

# (asked, held against): each pair of splits once, what was learnt from last.
PAIRS = (("test", "train"), ("validation", "train"), ("test", "validation"))


@dataclass(frozen=True)
class Windows:
    """Windows of one split, by chromosome and position. chrom: int16 (N,) index into the data set's
    chromosomes; left, right: int64 (N,), bp, cut at the chromosome's ends."""

    chrom: np.ndarray
    left: np.ndarray
    right: np.ndarray

    def __len__(self) -> int:
        return len(self.left)


def read_dataset(inputs: Mapping) -> Dataset:
    """The data set of inputs `dataset` and `shards`."""
    return open_dataset(inputs["dataset"], inputs["shards"])


def split_windows(dataset: Dataset) -> dict[str, Windows]:
    """The windows of train, validation and test; those of the widest evaluation regions, and those of training
    with `max_jitter` bases on either side, as far as training may shift them."""
    jitter = dataset.splits.get("max_jitter", 0)
    sizes = np.array([dataset.sizes[name] for name in dataset.chromosomes], np.int64)
    found = {}
    for name in SPLITS:
        parts = list(dataset.blocks(name, dataset.evaluation_regions[-1]))
        chrom = np.concatenate([part.chrom for part in parts]) if parts else np.empty(0, np.int16)
        start = np.concatenate([part.start for part in parts]) if parts else np.empty(0, np.int64)
        left, right = window_bounds(start, dataset.window, dataset.bin_size)
        reach = jitter if name == "train" else 0
        found[name] = Windows(chrom, np.maximum(left - reach, 0), np.minimum(right + reach, sizes[chrom]))
    return found


def touching(asked: Windows, other: Windows, n_chromosomes: int) -> np.ndarray:
    """bool (N,): windows of `asked` that share at least one base with a window of `other`."""
    found = np.zeros(len(asked), bool)
    for chrom in range(n_chromosomes):
        mine, theirs = np.flatnonzero(asked.chrom == chrom), other.chrom == chrom
        if not len(mine) or not theirs.any():
            continue
        left, right = other.left[theirs], other.right[theirs]
        order = np.argsort(left, kind="stable")
        # of the windows that begin before mine ends, the one that reaches furthest
        reach = np.maximum.accumulate(right[order])
        before = np.searchsorted(left[order], asked.right[mine], side="left")
        found[mine] = (before > 0) & (reach[np.maximum(before - 1, 0)] > asked.left[mine])
    return found
