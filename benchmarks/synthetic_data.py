"""Random examples on a random chromosome, as the engine's batches and as plain arrays."""

from dataclasses import dataclass

import numpy as np
import torch
from plain_training import PlainWindows
from protocol import BIN, TASKS, WINDOW

from epigroup.dataset.dataset import Examples
from epigroup.training.batches import Batches, Sequences

LEFT = (WINDOW - BIN) // 2
SEED = 1


@dataclass
class SyntheticGenome:
    """What the loader reads of a genome."""

    chromosomes: dict[str, np.ndarray]

    @property
    def sizes(self) -> dict[str, int]:
        return {name: len(codes) for name, codes in self.chromosomes.items()}

    def codes(self, chrom: str) -> np.ndarray:
        return self.chromosomes[chrom]


@dataclass
class Data:
    """Random examples: as the engine's batches, and as arrays for the plain loop."""

    batches: Batches
    codes: np.ndarray
    start: np.ndarray
    labels: np.ndarray

    @property
    def window_start(self) -> np.ndarray:
        return self.start - LEFT

    def windows(self, n_tasks: int) -> PlainWindows:
        return PlainWindows(self.codes, self.window_start, self.labels, WINDOW, range(n_tasks))


def synthetic(megabases: int, n: int, device: torch.device | str) -> Data:
    """`n` examples anywhere on a chromosome of random bases, each of 367 tasks positive in one of 32."""
    rng = np.random.default_rng(SEED)
    codes = rng.integers(0, 4, megabases * 1_000_000, dtype=np.uint8)
    start = rng.integers(2, len(codes) // BIN - 8, n).astype(np.int32) * BIN
    labels = rng.integers(0, 256, (n, -(-TASKS // 8)), dtype=np.uint8)
    for _ in range(4):
        labels &= rng.integers(0, 256, labels.shape, dtype=np.uint8)
    sequences = Sequences(SyntheticGenome({"chr1": codes}), ["chr1"], WINDOW, device)
    return Data(
        Batches(sequences, Examples(np.zeros(n, np.int16), start, labels), LEFT), codes, start, labels
    )
