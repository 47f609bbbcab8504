"""The network `dilated` learns how far apart two motifs lie, which is all that tells the labels apart."""

import numpy as np
import pytest

from epigroup.networks.architecture import network_cost
from epigroup.networks.settings import read_network
from epigroup.training.batches import Batches, Sequences
from planted_examples import DILATED, SETTINGS, Examples, Genome, make_trainer, pack

WINDOW, ROOM, NEAR, FAR = 301, 400, 60, 100
MOTIFS = np.array([[0, 1, 2, 3, 3, 2, 1, 0, 0, 2], [3, 3, 1, 0, 2, 0, 1, 1, 3, 0]], np.uint8)
NETWORKS = {
    "dilated": DILATED | {"channels": [24], "dropout": [0.0], "dilated_blocks": 5},
    "small": SETTINGS["network"] | {"channels": [24, 24, 24], "dropout": [0.0, 0.0, 0.0]},
}

pytestmark = pytest.mark.usefixtures("one_thread")


def planted(n: int, seed: int) -> list[Batches]:
    """Training (3/4) and validation: both motifs in each window, at one of 180 places, NEAR bp apart or FAR."""
    rng = np.random.default_rng(seed)
    codes, labels = rng.integers(0, 4, (n, ROOM), dtype=np.uint8), rng.random((n, 1)) < 0.5
    for row, positive in zip(codes, labels[:, 0], strict=True):
        first = 60 + rng.integers(180)
        second = first + (FAR if positive else NEAR)
        row[first : first + 10], row[second : second + 10] = MOTIFS
    sequences = Sequences(Genome({"chrA": codes.ravel()}), ["chrA"], WINDOW)
    starts = (ROOM * np.arange(n) + 50).astype(np.int32)
    return [
        Batches(sequences, Examples(np.zeros(len(part), np.int16), starts[part], pack(labels[part])), 0)
        for part in np.split(np.arange(n), [n * 3 // 4])
    ]


def lowest_loss(name: str, seed: int) -> float:
    cfg = SETTINGS | {"network": NETWORKS[name], "batch_size": 32, "max_steps": 300, "validate_every": 100}
    cfg |= {"patience": 9, "reverse_complement": False}
    trainer = make_trainer(["a"], [0], *planted(6000, seed), cfg, seed)
    while not trainer.finished:
        trainer.advance()
    return trainer.state.best_loss


def test_dilated_learns_a_distance_that_small_does_not():
    """The better of two starts each, after 300 steps. A guess has a loss of ln 2 = 0.693; how far a start gets in
    so few steps hangs on the processor: 0.27 to 0.61."""
    sizes = [network_cost(read_network(network), WINDOW, 1).weights for network in NETWORKS.values()]
    assert max(sizes) < 1.3 * min(sizes)
    found = {name: min(lowest_loss(name, seed) for seed in (2, 4)) for name in NETWORKS}
    print(found)
    assert found["dilated"] < 0.65
    assert found["small"] > 0.68
