"""Splits of a data set on the device: sequences of its genome, and where the windows of examples lie in them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch

from epigroup.dataset.dataset import Dataset, Examples
from epigroup.genome.bins import window_left
from epigroup.genome.codes import Genome
from epigroup.training.batches import Batches, Sequences
from epigroup.training.memory import refuse_out_of_memory


def load_sequences(dataset: Dataset, genome: Genome, device: torch.device, data: str = "memory") -> Sequences:
    """The sequences of the data set's chromosomes. `data` as in `Sequences`."""
    return Sequences(genome, dataset.chromosomes, dataset.window, device, data)


def window_positions(sequences: Sequences, dataset: Dataset, examples: Examples) -> torch.Tensor:
    """Places of the windows of examples in `sequences`: int64 (N,)."""
    return sequences.positions(
        examples.chrom, examples.start.astype(np.int64) - window_left(dataset.window, dataset.bin_size)
    )


def load_splits(
    dataset: Dataset, genome: Genome, names: Iterable[str], device: torch.device, data: str = "memory"
) -> list[Batches]:
    """The splits of these names, which share their sequences; validation and test of the first set of evaluation
    regions. `data`: "memory", or "disk" for genome and labels as pages of files.

    Raises InputError where memory runs out.
    """
    with refuse_out_of_memory(lambda: f"memory ran out while {genome.path} and the labels were loaded"):
        sequences = load_sequences(dataset, genome, device, data)
        left = window_left(dataset.window, dataset.bin_size)
        return [Batches(sequences, dataset.split(name, data=data), left) for name in names]
