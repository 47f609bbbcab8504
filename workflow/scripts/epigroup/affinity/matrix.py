"""What a measure gives back, its file, and the figures that every affinity gets."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.hdf5 import new_hdf5, open_hdf5, write_arrays


@dataclass(frozen=True)
class Affinity:
    """kind: "distance" (0 for the like) or "similarity" (the higher the better together); matrix: float64 (T,
    T), row i is task i's effect on, or distance to, the others.

    pieces: float64 (P, T, T), the same from part of the examples or of the training; at: int64 (P,), where
    (`axis`: "samples" or "step") each was taken; measures: JSON-ready figures.
    """

    kind: str
    matrix: np.ndarray
    pieces: np.ndarray
    at: np.ndarray
    axis: str
    measures: dict = field(default_factory=dict)


def check_finite(affinity: Affinity, name: str, task_ids: Sequence[str]) -> None:
    """InputError that names the first task with a score that is NaN or infinite."""
    bad = ~np.isfinite(affinity.matrix)
    if bad.any():
        # a column is a task's own loss or logit; a single bad one says more than the row it spoils
        task = task_ids[int(np.argmax(bad.sum(0) + bad.sum(1)))]
        raise InputError(
            f"affinity {name}: {int(bad.sum())} of {bad.size} scores are NaN or infinite, most of them"
            f" with task '{task}'; its weights or its loss are not finite, or its loss is 0: look at its"
            " training curve, or leave it out (groupings.NAME.tasks)"
        )


def write_affinity(path: str | Path, affinity: Affinity, task_ids: Sequence[str], about: Mapping) -> None:
    """The file of a measure: `distance` or `similarity` float64 (T, T), `pieces` float32 (P, T, T), `at`
    int64 (P,), `task_id` (T,); attributes: `axis` and `about` (data set hash, strategy, seed, code,
    settings)."""
    with whole(path) as partial, new_hdf5(partial) as file:
        arrays = {affinity.kind: affinity.matrix.astype(np.float64), "at": affinity.at.astype(np.int64)}
        write_arrays(file, arrays | {"task_id": np.array(task_ids)})
        write_arrays(file, {"pieces": affinity.pieces.astype(np.float32)}, compression="gzip", shuffle=True)
        file.attrs["axis"] = affinity.axis
        file.attrs.update(
            {key: value if _plain(value) else json.dumps(value) for key, value in about.items()}
        )


def _plain(value: object) -> bool:
    return isinstance(value, str | int | float)


def read_pieces(path: str | Path) -> tuple[Affinity, list[str]]:
    """The affinity of a file and its task ids; measures are empty. InputError: no affinity in it."""
    with open_hdf5(path) as file:
        kind = next((name for name in ("distance", "similarity") if name in file), None)
        if kind is None:
            raise InputError(f"{path}: holds neither distance nor similarity; measure it again")
        return Affinity(
            kind,
            file[kind][:],
            file["pieces"][:].astype(np.float64),
            file["at"][:],
            str(file.attrs["axis"]),
        ), file["task_id"].asstr()[:].tolist()


def pair_scores(affinity: np.ndarray, kind: str) -> np.ndarray:
    """float64 (T (T - 1) / 2,): a score a pair of tasks, the higher the more alike; the two directions are
    averaged."""
    upper = np.triu_indices(len(affinity), 1)
    both = (affinity + affinity.T)[upper] / 2
    return -both if kind == "distance" else both


def same_group_auc(affinity: np.ndarray, kind: str, groups: Sequence) -> float | None:
    """Chance that a pair of one group scores higher than a pair of two groups, ties half (the area under the
    ROC curve); None where all pairs are of one sort."""
    of = np.asarray(groups)
    upper = np.triu_indices(len(of), 1)
    same = of[upper[0]] == of[upper[1]]
    n_same, n_other = int(same.sum()), int((~same).sum())
    if n_same == 0 or n_other == 0:
        return None
    ranks = pd.Series(pair_scores(affinity, kind)).rank().to_numpy()
    return float((ranks[same].sum() - n_same * (n_same + 1) / 2) / (n_same * n_other))


def spearman(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's rank correlation; NaN where one side is constant."""
    ranks = [pd.Series(values).rank().to_numpy() for values in (a, b)]
    if any(np.ptp(rank) == 0 for rank in ranks):
        return float("nan")
    return float(np.corrcoef(*ranks)[0, 1])
