"""Whether tasks that are known to belong together (subunits of a complex, say) fall into one group more often than
chance, tasks with about as many peaks being exchangeable."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.settings import read_settings
from epigroup.core.tables import read_table
from epigroup.dataset.groups import read_groups
from epigroup.dataset.tasks import read_tasks

log = logging.getLogger(__name__)

ALL = "all sets"
COLUMNS = ["grouping", "seed", "k", "set", "n_tasks", "n_pairs", "together", "expected", "p_value"]


def read_known_sets(path: str, tasks: list[str]) -> dict[str, list[str]]:
    """Set -> its tasks, from a TSV of task_id and set; sets of one task are left out, a task may be in several.

    Raises InputError for other columns, a task that the run does not have, a pair that stands there twice, and
    a file without a single pair of tasks.
    """
    table = read_table(path, dtype=str, keep_default_na=False)
    if list(table.columns) != ["task_id", "set"]:
        raise InputError(f"{path}: its columns are {list(table.columns)}; they must be task_id and set")
    known = set(tasks)
    for line, (task, name) in enumerate(table.itertuples(index=False), start=2):
        if task not in known:
            raise InputError(f"{path}, line {line}: {task!r} is no task of this run; take the row out")
        if not isinstance(name, str) or not name:
            raise InputError(f"{path}, line {line}: task {task!r} has no set; name one, or take the row out")
    twice = table[table.duplicated()]
    if len(twice):
        row = twice.iloc[0]
        raise InputError(
            f"{path}, line {twice.index[0] + 2}: {row.task_id!r} is in set {row.set!r} twice; take the row out"
        )
    sets = {name: list(part["task_id"]) for name, part in table.groupby("set", sort=False)}
    sets = {name: members for name, members in sets.items() if len(members) > 1}
    if not sets:
        raise InputError(f"{path}: no set has two tasks; there is nothing to test")
    return sets


def count_bins(n_peaks: np.ndarray, n_bins: int) -> np.ndarray:
    """Bin of each task, int (T,): tasks in order of `n_peaks` (T,), cut into `n_bins` runs of equal length, one task
    more or less."""
    rank = np.argsort(np.argsort(n_peaks, kind="stable"), kind="stable")
    return rank * min(n_bins, len(n_peaks)) // len(n_peaks)


def permute_groups(
    group: np.ndarray, n_peaks: np.ndarray, sets: dict[str, np.ndarray],
    *, n_bins: int, permutations: int, rng: np.random.Generator,
) -> pd.DataFrame:  # fmt: skip
    """A row a set, and one for all sets together: n_tasks, n_pairs, together, expected, p_value.

    group: number of each task's group, int (T,); sets: name -> indices of tasks. `together` counts the pairs of a set
    whose two tasks are in one group; groups are then dealt anew among the tasks of each bin of `n_peaks`.
    expected: the mean count over these deals; p_value: (1 + deals with as many or more) / (1 + deals).
    """
    pairs = {name: np.array(list(combinations(members, 2))) for name, members in sets.items()}
    pairs[ALL] = np.unique(np.sort(np.concatenate(list(pairs.values())), axis=1), axis=0)

    def together(of: np.ndarray) -> np.ndarray:
        return np.array([(of[p[:, 0]] == of[p[:, 1]]).sum() for p in pairs.values()])

    places = [np.flatnonzero(count_bins(n_peaks, n_bins) == b) for b in range(n_bins)]
    observed = together(group)
    total, as_many = np.zeros(len(pairs)), np.zeros(len(pairs), int)
    dealt = group.copy()
    for _ in range(permutations):
        for place in places:
            dealt[place] = rng.permutation(group[place])
        count = together(dealt)
        total += count
        as_many += count >= observed
    tasks = {**sets, ALL: np.unique(np.concatenate([*sets.values()]))}
    return pd.DataFrame(
        {
            "set": list(pairs),
            "n_tasks": [len(tasks[name]) for name in pairs],
            "n_pairs": [len(p) for p in pairs.values()],
            "together": observed,
            "expected": total / permutations,
            "p_value": (1 + as_many) / (1 + permutations),
        }
    )


@dataclass(frozen=True)
class KnownSetSettings:
    """groupings: [grouping, seed, task ids], as the groups.tsv; bins: of the number of peaks; permutations; seed."""

    groupings: tuple[Sequence[Any], ...]
    bins: int
    permutations: int
    seed: int


def find_known_sets(groups: list[str], tasks: str, known: str, out: str, cfg: Mapping[str, Any]) -> None:
    """Write known_sets.tsv. cfg: `KnownSetSettings`.

    A set is tested in a grouping by those of its tasks that the grouping has; one with fewer than two of them is
    left out there, as is a grouping of one group, of groups of one task, or with overlap.
    """
    told = read_settings(KnownSetSettings, cfg, "known_sets")
    table = read_tasks(tasks).set_index("task_id")
    sets = read_known_sets(known, list(table.index))
    parts = []
    for (name, seed, _), path in zip(told.groupings, groups, strict=True):
        found = read_groups(path, overlap=True)
        k = len(found.names)
        if k in (1, len(found.rows)) or found.overlap:
            continue
        place = {task: i for i, task in enumerate(found.task_ids)}
        here = {s: np.array([place[t] for t in members if t in place]) for s, members in sets.items()}
        here = {s: members for s, members in here.items() if len(members) > 1}
        if not here:
            continue
        rows = permute_groups(
            pd.factorize(found.joined())[0], table.loc[list(found.task_ids), "n_peaks"].to_numpy(), here,
            n_bins=told.bins, permutations=told.permutations, rng=np.random.default_rng([told.seed, seed]),
        )  # fmt: skip
        rows.insert(0, "k", k)
        rows.insert(0, "seed", seed)
        rows.insert(0, "grouping", name)
        parts.append(rows)
        last = rows.iloc[-1]
        log.info(
            "grouping %s, seed %d: %d of %d pairs together, %.1f expected, p = %.4g",
            name, seed, last.together, last.n_pairs, last.expected, last.p_value,
        )  # fmt: skip
    result = pd.concat(parts)[COLUMNS] if parts else pd.DataFrame(columns=COLUMNS)
    with whole(out) as partial:
        result.to_csv(partial, sep="\t", index=False, float_format="%.6g")
