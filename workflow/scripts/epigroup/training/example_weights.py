"""How often training shows an example: weights from its labels."""

import numpy as np

LIGHTEST, HEAVIEST = 1.0, 100.0


def example_weights(labels: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Weights of examples with these labels, 0 or 1 (n, t), for a group of t tasks: float32 (n,).

    `share` (t,): each task's share of positives among all training examples. The weight is the mean over
    tasks of label / share, which is 1 on average and large where rare tasks are positive; at least 1, so that
    an example without a positive counts too, and at most 100, so that none fills the batches. Tasks without a
    positive are left out of the mean. With one task whose positives are rare, though not below 1 %, positives
    and negatives come about equally often.
    """
    learnable = share > 0
    per_label = np.where(learnable, 1 / np.where(learnable, share, 1), 0) / max(learnable.sum(), 1)
    return np.clip(labels @ per_label, LIGHTEST, HEAVIEST).astype(np.float32)
