"""Which training examples an affinity is measured on."""

from collections.abc import Sequence

import numpy as np

from epigroup.dataset.labels import unpack_columns


def sample_examples(
    labels: np.ndarray, tasks: Sequence[int], n: int, sampling: str, seed: Sequence[int]
) -> np.ndarray:
    """int64 (m,), m <= n: indices of different examples, in an order whose every beginning is such a sample.

    labels: packed uint8 (N, ceil(T/8)); tasks: columns. sampling "random": each example with equal chance.
    "balanced": the tasks take turns, in the order given, and each draws one of its positives at random that
    no task has drawn; a task that has none left is passed over, and when all are, the rest is drawn at
    random. So each task has about n / T positives of its own drawing or all it has; Thakur et al. 2024 do not
    say how they sample, and with rare tasks most of a random sample tells nothing of them.
    """
    rng = np.random.default_rng(list(seed))
    n = min(n, len(labels))
    if sampling == "random":
        return rng.permutation(len(labels))[:n]
    queues = []
    for task in tasks:
        positive = np.flatnonzero(unpack_columns(labels, np.array([task]))[:, 0])
        queues.append(iter(rng.permutation(positive)))
    drawn: dict[int, None] = {}
    waiting = list(range(len(queues)))
    while waiting and len(drawn) < n:
        for task in list(waiting):
            fresh = next((int(i) for i in queues[task] if int(i) not in drawn), None)
            if fresh is None:
                waiting.remove(task)
            else:
                drawn[fresh] = None
            if len(drawn) == n:
                break
    if len(drawn) < n:
        drawn |= dict.fromkeys(int(i) for i in rng.permutation(len(labels)) if int(i) not in drawn)
    return np.fromiter(drawn, np.int64)[:n]
