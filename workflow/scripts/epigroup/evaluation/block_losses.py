"""Log loss by stretches of the validation chromosomes: how sure it is that one network fits a task better than
another, before a test bin is looked at."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix

from epigroup.core.errors import InputError
from epigroup.core.hdf5 import open_hdf5, read_numbers
from epigroup.evaluation.metrics import HIGHEST, LOWEST

if TYPE_CHECKING:
    from epigroup.evaluation.predictions import Blocks, Predictions

LOSS, NUMBER = "validation_loss", "validation_n"  # in a blocks.h5


@dataclass(frozen=True)
class BlockLosses:
    """Of a blocks.h5: loss float64 (B, T), nats, summed over the `n` (B,) examples of each validation block."""

    path: str
    task_ids: list[str]
    loss: np.ndarray
    n: np.ndarray


def count_losses(predictions: Predictions, blocks: Blocks) -> dict[str, np.ndarray]:
    """float64 (B, T) sums of binary cross-entropy in nats by block, scores kept off 0 and 1 as in `metrics.log_loss`,
    and uint32 (B,) numbers of examples."""
    n_blocks = len(blocks.chrom)
    loss = np.zeros((n_blocks, len(predictions.task_ids)))
    for here, scores, labels in predictions.rows():
        of = blocks.of[here]
        member = csr_matrix((np.ones(len(of)), (of, np.arange(len(of)))), shape=(n_blocks, len(of)))
        kept = np.clip(scores.astype(np.float64), LOWEST, HIGHEST)
        loss += member @ -np.log(np.where(labels, kept, 1 - kept))
    return {LOSS: loss, NUMBER: np.bincount(blocks.of, minlength=n_blocks).astype(np.uint32)}


def read_losses(path: str | os.PathLike) -> BlockLosses:
    """InputError: a file without them."""
    with open_hdf5(path) as file:
        if LOSS not in file:
            raise InputError(f"{path}: holds no {LOSS}; evaluate the strategy again")
        return BlockLosses(
            str(path),
            file["task_id"].asstr()[:].tolist(),
            read_numbers(file, LOSS, 2).astype(np.float64),
            read_numbers(file, NUMBER, 1).astype(np.int64),
        )
