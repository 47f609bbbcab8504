"""A choice that stays with its first strategy, and takes another for a task only where validation shows that it fits
the task better: rescue groups.

The rule is this project's own. The best of many candidates seems better than it is, so that each is chosen on one half
of the validation blocks and judged on the other. The fair rival is the same rule with as many random groupings.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from epigroup.core.errors import InputError
from epigroup.evaluation.block_losses import read_losses
from epigroup.evaluation.bootstrap import column_intervals, draw_blocks
from epigroup.evaluation.predictions import MIN_BLOCKS

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Rescue:
    """What the rule finds for T tasks. chosen: int (T,), the place of the candidate; gain: float64 (T,), cross-fitted
    fall of the mean log loss, nats an example, under the candidates that the halves chose; low, high: its interval over
    draws of validation blocks."""

    chosen: np.ndarray
    gain: np.ndarray
    low: np.ndarray
    high: np.ndarray


def rescue(loss: np.ndarray, n: np.ndarray, draws: int, seed: int) -> Rescue:
    """For each task the candidate of the least loss where its gain over the first is sure, else the first.

    loss: float64 (S, B, T), summed over the n (B,) examples of each validation block, of S candidates; inf where one
    does not learn the task, the first learns all. Blocks are halved by turns. On each half the candidate of the least
    loss is found, the first left out; the gain over the first is counted on the blocks of the other half. Where the
    95 % interval of this gain over all blocks lies above 0, the candidate of the least loss over all blocks is taken.
    Of fewer than 50 blocks nothing is known (NaN), and the first is taken.
    """
    _, n_blocks, n_tasks = loss.shape
    if n_blocks < MIN_BLOCKS:
        log.warning(
            "only %d validation blocks: all tasks stay; give splits.validation more of the genome", n_blocks
        )
        unknown = np.full(n_tasks, np.nan)
        return Rescue(np.zeros(n_tasks, np.int64), unknown, unknown, unknown)
    tasks = np.arange(n_tasks)
    half = np.arange(n_blocks) % 2
    fall = np.zeros((n_blocks, n_tasks))
    for here in (0, 1):
        sums = loss[1:, half == here].sum(axis=1)
        best = 1 + sums.argmin(axis=0)
        known = np.isfinite(sums.min(axis=0))
        of_other = loss[:, half != here]
        taken = of_other[np.where(known, best, 0), :, tasks].T
        fall[half != here] = of_other[0] - taken
    weights = draw_blocks(n_blocks, draws, seed)
    low, high = column_intervals((weights @ fall) / (weights @ n)[:, None])
    least = loss.sum(axis=1).argmin(axis=0)
    return Rescue(np.where(low > 0, least, 0), fall.sum(axis=0) / n.sum(), low, high)


def rescue_table(
    tasks: pd.DataFrame, candidates: Sequence[str], blocks: Sequence[str], draws: int, seed: int
) -> pd.DataFrame:
    """choice.tsv: task_id, modality, chosen, `gain`, `gain_low`, `gain_high`, and of each candidate
    `{name}:validation_log_loss`.

    tasks: task_id and modality of the tasks that the first candidate learns; blocks: a blocks.h5 a candidate.
    InputError: validation blocks that differ.
    """
    ids = tasks["task_id"].tolist()
    found = [read_losses(path) for path in blocks]
    loss = np.full((len(found), len(found[0].n), len(ids)), np.inf)
    for i, one in enumerate(found):
        if not np.array_equal(one.n, found[0].n):
            raise InputError(
                f"{one.path}: its validation blocks are not those of {found[0].path}; evaluate both on one data set"
            )
        place = {task: column for column, task in enumerate(one.task_ids)}
        learnt = [k for k, task in enumerate(ids) if task in place]
        loss[i][:, learnt] = one.loss[:, [place[ids[k]] for k in learnt]]
    result = rescue(loss, found[0].n, draws, seed)
    means = loss.sum(axis=1) / found[0].n.sum()
    table = pd.DataFrame(
        {
            "task_id": ids,
            "modality": tasks["modality"].astype(str).tolist(),
            "chosen": [candidates[i] for i in result.chosen],
            "gain": result.gain,
            "gain_low": result.low,
            "gain_high": result.high,
        }
    )
    own = {
        f"{name}:validation_log_loss": np.where(np.isinf(of), np.nan, of)
        for name, of in zip(candidates, means, strict=True)
    }
    return pd.concat([table, pd.DataFrame(own)], axis=1)
