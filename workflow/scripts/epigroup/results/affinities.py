"""The affinities of a run for its figures and its report: what was measured of each, and the matrices of one seed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from epigroup.core.errors import InputError
from epigroup.core.hdf5 import open_hdf5
from epigroup.core.tables import read_table
from epigroup.core.text_files import read_json
from epigroup.results.catalogue import FILES


@dataclass(frozen=True)
class AffinityFindings:
    """figures: the JSON of each affinity, strategy and seed. stability: the study's table. planted: chance that a pair
    of one planted group scores higher than another pair by (affinity, strategy, seed), empty where nothing was
    planted. matrices: (affinity, strategy, seed) -> kind, float64 (T, T), its T task ids; one seed of each."""

    figures: list[dict]
    stability: pd.DataFrame
    planted: Mapping[tuple[str, str, int], float]
    matrices: Mapping[tuple[str, str, int], tuple[str, np.ndarray, list[str]]]


def read_matrix(path: str | Path) -> tuple[str, np.ndarray, list[str]]:
    """("distance" or "similarity", float64 (T, T), task ids) of an affinity's file. InputError: neither in it."""
    with open_hdf5(path) as file:
        kind = next((name for name in ("distance", "similarity") if name in file), None)
        if kind is None:
            raise InputError(f"{path}: holds neither distance nor similarity; measure it again")
        return kind, file[kind][:].astype(np.float64), file["task_id"].asstr()[:].tolist()


def load_affinities(
    figures: Sequence[str], stability: str, matrices: Sequence[str], planted: str | None
) -> AffinityFindings:
    """Read them. figures: JSON files; stability: stability.tsv; matrices: `.../{affinity}/{strategy}/seed{seed}.h5`;
    planted: comparison/affinities.tsv of a simulation. InputError: a column that is missing."""
    table = read_table(stability, dtype={"at": str, "with": str})
    lacking = [name for name in FILES["affinity_stability"].needed if name not in table]
    if lacking:
        raise InputError(f"{stability}: lacks the column(s) {', '.join(lacking)}; study the affinities again")
    truth = (
        read_table(planted)
        if planted
        else pd.DataFrame(columns=["affinity", "strategy", "seed", "auc_planted"])
    )
    keys = zip(truth["affinity"], truth["strategy"], truth["seed"], strict=True)
    return AffinityFindings(
        [read_json(path) for path in figures],
        table,
        dict(zip(keys, truth["auc_planted"].astype(float), strict=True)),
        {_run(path): read_matrix(path) for path in matrices},
    )


def _run(path: str) -> tuple[str, str, int]:
    parts = Path(path).parts
    return parts[-3], parts[-2], int(Path(path).stem.removeprefix("seed"))


def matrix_table(found: AffinityFindings | None, groups: Mapping[int, pd.Series]) -> pd.DataFrame:
    """The numbers of the heat maps: affinity, strategy, seed, kind, task_id, group (from 1; 0: none) and a column a
    task; a row a task of each affinity, tasks by group, then in the file's order.

    groups: seed -> group in words (`Group n`, empty for none) by task. Tasks that an affinity was not measured on
    have no row of it and NaN as columns.
    """
    tables = []
    for (affinity, strategy, seed), (kind, matrix, tasks) in found.matrices.items() if found else []:
        of = groups[seed].reindex(tasks).fillna("") if seed in groups else pd.Series("", tasks)
        number = of.str.removeprefix("Group ").replace("", "0").astype(int).to_numpy()
        order = np.argsort(number, kind="stable")
        ids = [tasks[i] for i in order]
        head = {"affinity": affinity, "strategy": strategy, "seed": seed, "kind": kind}
        about = pd.DataFrame({"task_id": ids, "group": number[order]}).assign(**head)
        values = pd.DataFrame(matrix[np.ix_(order, order)], columns=ids)
        tables.append(pd.concat([about[[*head, "task_id", "group"]], values], axis=1))
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
