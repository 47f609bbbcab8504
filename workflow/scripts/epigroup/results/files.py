"""The tables that a run has left, read with the columns that they must have, and put below one another."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from epigroup.core.errors import InputError
from epigroup.core.hdf5 import open_hdf5
from epigroup.core.tables import read_figures
from epigroup.dataset.groups import read_groups
from epigroup.results.catalogue import FILES

# What `epigroup.run.report.findings` gives, or Snakemake's inputs: a path, or several, by key.
Inputs = Mapping[str, str | Sequence[str]]


def one(inputs: Inputs, key: str) -> str:
    """The path under a key, given plainly or as a list of one."""
    value = inputs[key]
    return str(value) if isinstance(value, str | Path) else value[0]


def many(inputs: Inputs, key: str) -> list[str]:
    """The paths under a key; none when the key is absent."""
    value = inputs.get(key) or []
    return [str(value)] if isinstance(value, str | Path) else list(value)


def place(path: str) -> tuple[str, int]:
    """(name, seed) of a file at `.../{name}/seed{seed}/FILE`."""
    parts = Path(path).parts
    return parts[-3], int(parts[-2].removeprefix("seed"))


def table(path: str, kind: str, scores: Sequence[str] = ()) -> pd.DataFrame:
    """A tab-separated table with at least the needed columns of its kind, a key of the catalogue, and those of the
    `scores`. InputError: a column that is missing."""
    frame = read_figures(path, unknown=["", "NaN"])
    lacking = [name for name in (*FILES[kind].needed, *scores) if name not in frame]
    if lacking:
        raise InputError(
            f"{path}: lacks the column(s) {', '.join(lacking)}; it has {', '.join(frame.columns)}"
        )
    return frame


def tagged(path: str, frame: pd.DataFrame, what: str) -> pd.DataFrame:
    """The table with two columns in front: what it belongs to, and its seed."""
    name, seed = place(path)
    frame = frame.drop(columns=[c for c in (what, "seed") if c in frame])
    frame.insert(0, "seed", seed)
    frame.insert(0, what, name)
    return frame


def gather(
    paths: list[str], kind: str, what: str, known: pd.Index | None, scores: Sequence[str] = ()
) -> pd.DataFrame:
    """Tables of one kind below one another, with the columns of the `scores` too."""
    frames = []
    for path in paths:
        if kind == "groups":
            frame = tagged(path, read_groups(path, overlap=True, numbered=True).table(), what)
        else:
            frame = tagged(path, table(path, kind, scores), what)
        if known is not None:
            strange = frame.loc[~frame["task_id"].isin(known), "task_id"]
            if len(strange):
                raise InputError(
                    f"{path}: task {strange.iloc[0]!r} is not in tasks.tsv; the file is of another run"
                )
        if len(frame):  # a pack without groups has a table without rows, whose columns have no types
            frames.append(frame)
    if not frames:
        return pd.DataFrame(columns=[what, "seed", *FILES[kind].needed, *scores])
    return pd.concat(frames, ignore_index=True)


def gather_strata(paths: list[str], known: pd.Index) -> pd.DataFrame | None:
    """Scores by stratum of each task, of one seed of each strategy; the strategy is the folder's name."""
    frames = []
    for path in paths:
        frame = table(path, "task_strata")
        strange = frame.loc[~frame["task_id"].isin(known), "task_id"]
        if len(strange):
            raise InputError(
                f"{path}: task {strange.iloc[0]!r} is not in tasks.tsv; the file is of another run"
            )
        frames.append(frame.assign(strategy=Path(path).parent.name))
    return pd.concat(frames, ignore_index=True) if frames else None


def read_embedding(path: str, task_ids: list[str]) -> np.ndarray:
    """E of a heads.h5 as (T, d) float64, rows in the order of `task_ids`; NaN for tasks that the network
    does not learn.
    """
    with open_hdf5(path) as handle:
        rows = handle["task_id"].asstr()[:].tolist()
        weights = handle["E"][:].astype(np.float64)
    strange = sorted(set(rows) - set(task_ids))
    if strange:
        raise InputError(f"{path}: task {strange[0]!r} is not in tasks.tsv; the file is of another run")
    if not np.isfinite(weights).all():
        bad = rows[int(np.flatnonzero(~np.isfinite(weights).all(axis=1))[0])]
        raise InputError(f"{path}: the head weights of task {bad!r} are not finite; its training diverged")
    found = np.full((len(task_ids), weights.shape[1]), np.nan)
    at = {task: row for row, task in enumerate(task_ids)}
    found[[at[task] for task in rows]] = weights
    return found
