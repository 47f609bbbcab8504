"""What is to be trained: the groups of a pack, their learning rates, and whether they have something to learn."""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Iterable, Mapping, Sequence

import torch

from epigroup.core.errors import InputError
from epigroup.core.tables import table_rows
from epigroup.networks.losses import find_loss
from epigroup.training.batches import Batches

logger = logging.getLogger(__name__)


def pack_groups(groups: Mapping[int, list[str]], pack: int, n_packs: int) -> dict[int, list[str]]:
    """The groups that pack number `pack` of `n_packs` trains: sorted(groups)[pack::n_packs]."""
    return {group: groups[group] for group in sorted(groups)[pack::n_packs]}


def read_rates(path: str | os.PathLike, groups: Iterable[int]) -> dict[int, float]:
    """Group number -> learning rate, from a table with columns group and learning_rate.

    Raises InputError for a missing column, a rate that is no number above 0, a group that is not among
    `groups`, stands twice or is missing.
    """
    wanted, rates = set(groups), {}
    for line, row in table_rows(path, ("group", "learning_rate")):
        where = f"{path}:{line}"
        group = int(row["group"]) if row["group"].isascii() and row["group"].isdecimal() else None
        if group not in wanted:
            raise InputError(
                f"{where}: group {row['group']!r} is not in the grouping; make the table of rates again"
            )
        if group in rates:
            raise InputError(f"{where}: group {group} stands twice; leave one rate a group")
        rates[group] = _rate(row["learning_rate"], where)
    if lacking := sorted(wanted - set(rates)):
        raise InputError(
            f"{path}: no learning rate for group {', '.join(map(str, lacking[:10]))}"
            f"{', ...' if len(lacking) > 10 else ''}; make the table of rates again"
        )
    return rates


def _rate(text: str | None, where: str) -> float:
    try:
        rate = float(text or "")
    except ValueError:
        rate = math.nan
    if not (math.isfinite(rate) and rate > 0):
        raise InputError(f"{where}: learning_rate {text!r} is not a number above 0")
    return rate


def check_groups(
    groups: Mapping[int, Sequence[str]], splits: Mapping[str, Batches], task_ids: Sequence[str], loss: str
) -> None:
    """InputError for a split (by the names training and validation) without examples, and for a group that has
    nothing to learn from: `check_positives`, of signals `check_signals`.
    """
    number = {task: i for i, task in enumerate(task_ids)}
    wanted = sorted({task for tasks in groups.values() for task in tasks}, key=number.__getitem__)
    for name, split in splits.items():
        if len(split) == 0:
            raise InputError(f"the {name} split holds no example; check the config's section splits")
        columns = torch.tensor([number[task] for task in wanted], device=split.sequences.device)
        if split.signal is not None:
            ranges = dict(zip(wanted, split.signal_ranges(columns).T.tolist(), strict=True))
            check_signals(groups, ranges, name, negative=find_loss(loss).negative)
        else:
            counts = dict(zip(wanted, split.positives(columns).tolist(), strict=True))
            check_positives(groups, counts, len(split), name)


def check_signals(
    groups: Mapping[int, Sequence[str]],
    ranges: Mapping[str, tuple[float, float]],
    split: str,
    *,
    negative: bool,
) -> None:
    """Refuse a signal below 0 unless `negative`, and a group of several tasks whose signals never change
    (InputError); warn of one task of that kind.

    Parameters: `ranges`, task -> lowest and highest signal in the `split`.
    """
    for group, tasks in groups.items():
        for task in tasks:
            if ranges[task][0] < 0 and not negative:
                raise InputError(
                    f"group {group}: the signal of task {task!r} is as low as {ranges[task][0]:.6g} in the "
                    f"{split} examples, and training.loss poisson and poisson_multinomial need signals from 0; use "
                    "loss mse"
                )
        flat = [task for task in tasks if ranges[task][0] == ranges[task][1]]
        if len(flat) == len(tasks) > 1:
            raise InputError(
                f"group {group} ({', '.join(tasks[:5])}{', ...' if len(tasks) > 5 else ''}): the signal of "
                f"each of its tasks is the same in all {split} examples; check the sheet's column signal and "
                "the config's section splits"
            )
        for task in flat:
            logger.warning(
                "group %d: the signal of task %s is %g in all %s examples",
                group,
                task,
                ranges[task][0],
                split,
            )


def check_positives(
    groups: Mapping[int, Sequence[str]], counts: Mapping[str, int], n_examples: int, split: str = "training"
) -> None:
    """Refuse a group of several tasks that has nothing to learn from, or to be stopped by (InputError); warn
    of a task without a positive.

    Parameters: `counts`, task -> its positives among the `n_examples` of the `split`, training or validation.
    """
    ends = {"training": "will learn nothing", "validation": "cannot be validated"}
    for group, tasks in groups.items():
        empty = [task for task in tasks if counts[task] == 0]
        if len(empty) == len(tasks) > 1:
            raise InputError(
                f"group {group} ({', '.join(tasks[:5])}{', ...' if len(tasks) > 5 else ''}): none of its "
                f"tasks has a positive among the {n_examples:,} {split} examples; check their peaks and the "
                "config's section splits, or take them out of the sheet"
            )
        for task in empty:
            logger.warning(
                "group %d: task %s has no positive %s example and %s", group, task, split, ends[split]
            )
