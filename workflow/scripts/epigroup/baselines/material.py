"""What a baseline is given, and what it gives."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from epigroup.dataset.dataset import Dataset, Examples
from epigroup.dataset.labels import unpack
from epigroup.genome.bins import window_bounds
from epigroup.genome.codes import Genome

OTHER = 4


@dataclass(frozen=True)
class Bins:
    """N bins: chrom int64 (N,) index into the data set's chromosomes, start int64 (N,) bp, labels bool (N, T), and,
    where the baseline asks for them, predictions of the joint network float16 (N, T)."""

    chrom: np.ndarray
    start: np.ndarray
    labels: np.ndarray
    predictions: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.start)

    def part(self, rows: slice) -> "Bins":
        """Some of them."""
        beside = None if self.predictions is None else self.predictions[rows]
        return Bins(self.chrom[rows], self.start[rows], self.labels[rows], beside)


# scores (n, T) in [0, 1] of bins
Predictor = Callable[[Bins], np.ndarray]


@dataclass(frozen=True)
class Material:
    """What a baseline may learn from: the data set, its genome, a sample of training bins and one of validation, and
    what it tries: penalties of logistic and of ridge regressions, and ranks."""

    dataset: Dataset
    genome: Genome
    train: Bins
    validation: Bins
    n_positive: np.ndarray
    n_train: int
    l2: tuple[float, ...]
    ridge: tuple[float, ...] = ()
    ranks: tuple[int, ...] = ()

    @property
    def windows(self) -> "Windows":
        """The sequences of bins."""
        return Windows(self.genome, self.dataset)


class Windows:
    """Base codes of the windows of bins; a chromosome is opened when it is first asked for."""

    def __init__(self, genome: Genome, dataset: Dataset):
        self.genome, self.dataset = genome, dataset
        self.codes: dict[int, np.ndarray] = {}

    def __call__(self, bins: Bins) -> np.ndarray:
        """uint8 (n, window): codes 0 to 3, 4 for what is unknown or beyond the chromosome."""
        window = self.dataset.window
        found = np.full((len(bins), window), OTHER, np.uint8)
        left, _ = window_bounds(bins.start, window, self.dataset.bin_size)
        offset = np.arange(window)
        for chrom in np.unique(bins.chrom):
            name = self.dataset.chromosomes[chrom]
            if chrom not in self.codes:
                self.codes[chrom] = self.genome.codes(name)
            codes = self.codes[chrom]
            here = np.flatnonzero(bins.chrom == chrom)
            whole = (left[here] >= 0) & (left[here] + window <= len(codes))
            if whole.any():
                found[here[whole]] = sliding_window_view(codes, window)[left[here[whole]]]
            for row in here[~whole]:
                at = left[row] + offset
                inside = (at >= 0) & (at < len(codes))
                found[row] = np.where(inside, codes[np.clip(at, 0, len(codes) - 1)], OTHER)
        return found


def as_bins(examples: Examples, n_tasks: int, predictions: np.ndarray | None = None) -> Bins:
    """Bins of examples with packed labels."""
    return Bins(
        examples.chrom.astype(np.int64),
        examples.start.astype(np.int64),
        unpack(examples.labels, n_tasks),
        predictions,
    )
