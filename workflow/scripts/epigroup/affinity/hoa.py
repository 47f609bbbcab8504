"""How well tasks do that were trained in pairs: the measurements of the higher-order approximation (HOA;
Standley et al. 2020, section 5), on a pilot of a dozen tasks.

The approximation says: a task in a group does as well as the mean over the group's others of how it did in
the pair with each. That is the sum that the grouping method `tag` maximises. All pairs of T tasks are the T -
1 rounds of a tournament (`epigroup.grouping.pairs`), each an ordinary strategy of T / 2 groups.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from epigroup.affinity import check_pilot
from epigroup.affinity.matrix import Affinity
from epigroup.core.errors import InputError
from epigroup.core.tables import read_table


@dataclass(frozen=True)
class PairInputs:
    """What was scored, on validation alone: `pairs`, for each strategy of pairs a table (task_id, group,
    validation_auprc), `joint`, the same of one network of all tasks; task_ids: those of the joint network."""

    name: str
    task_ids: list[str]
    pairs: Mapping[str, pd.DataFrame]
    joint: pd.DataFrame
    options: Mapping[str, Any]


def read_validation(path: str) -> pd.DataFrame:
    """task_id, group, validation_auprc of a metrics.tsv; nothing of its test columns is read."""
    return read_table(
        path, usecols=["task_id", "group", "validation_auprc"], dtype={"task_id": str}, keep_default_na=False,
        na_values=["", "NaN"],
    )  # fmt: skip


def measure(inputs: PairInputs) -> Affinity:
    """similarity[i, j]: validation AUPRC of task j in the network of i and j alone, less that in the network
    of all tasks; 0 on the diagonal, NaN for tasks outside the pilot.

    measures: pilot (its tasks), pairs, better_in_pairs (share of ordered pairs above 0). InputError: a pair
    of the pilot that no strategy trains, or a group that is no pair; a task without a score.
    """
    scores = _pair_scores(inputs.pairs)
    pilot = [task for task in inputs.task_ids if any(task == one for one, _ in scores)]
    check_pilot(f"affinity {inputs.name}", len(pilot))
    lacking = [pair for pair in combinations(pilot, 2) if pair not in scores]
    if lacking or not pilot:
        first = " and ".join(lacking[0]) if lacking else "any two tasks"
        raise InputError(
            f"affinity {inputs.name}: no strategy of {', '.join(inputs.pairs)} trains {first} together"
            f" ({len(lacking)} pairs of {len(pilot)} tasks lack); pairs_from must name all rounds of the"
            " tournament"
        )
    joint = inputs.joint.set_index("task_id")["validation_auprc"]
    matrix = np.full((len(inputs.task_ids),) * 2, np.nan)
    place = {task: i for i, task in enumerate(inputs.task_ids)}
    for (one, other), score in scores.items():
        matrix[place[one], place[other]] = score - joint[other]
    for task in pilot:
        matrix[place[task], place[task]] = 0.0
    here = [place[task] for task in pilot]
    inner = matrix[np.ix_(here, here)]
    if not np.isfinite(inner).all():
        task = pilot[int(np.argmax((~np.isfinite(inner)).sum(axis=0)))]
        raise InputError(
            f"affinity {inputs.name}: task '{task}' has no validation AUPRC; leave out of the pilot tasks"
            " without validation positives"
        )
    measures = {
        "pilot": pilot,
        "pairs": len(pilot) * (len(pilot) - 1) // 2,
        "better_in_pairs": float((inner[~np.eye(len(pilot), dtype=bool)] > 0).mean()),
    }
    return Affinity("similarity", matrix, matrix[None], np.array([0]), "step", measures)


def _pair_scores(strategies: Mapping[str, pd.DataFrame]) -> dict[tuple[str, str], float]:
    """(i, j) -> AUPRC of j beside i, both orders."""
    scores: dict[tuple[str, str], float] = {}
    for strategy, table in strategies.items():
        for group, rows in table.groupby("group"):
            tasks: Sequence[str] = rows["task_id"].tolist()
            if len(tasks) != 2:
                raise InputError(
                    f"strategy {strategy}: group {group} has {len(tasks)} tasks; pairs_from must name"
                    " strategies on groupings of the method 'pairs'"
                )
            found = rows["validation_auprc"].tolist()
            scores[tasks[0], tasks[1]], scores[tasks[1], tasks[0]] = found[1], found[0]
    return scores
