"""The tables that a run has left, read with the columns that they must have, and put below one another."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from epigroup.core.errors import InputError
from epigroup.core.hdf5 import open_hdf5
from epigroup.core.tables import read_figures
from epigroup.dataset.groups import read_groups

# The columns that each kind of table must have.
NEEDED = {
    "tasks": [
        "task_id",
        "modality",
        "cell_group",
        "positives_train",
        "positives_validation",
        "positives_test",
    ],
    "metrics": ["task_id", "positives_test", "test_base_rate"],
    "strategies": ["strategy", "seed", "by", "level", "n_tasks", "n_nan", "low", "high"],
    "gains": [
        "strategy",
        "baseline",
        "seed",
        "by",
        "level",
        "gain_percent",
        "difference",
        "low",
        "high",
        "n_tasks",
    ],
    "groups": ["task_id", "group"],
    "curves": ["group", "step", "train_loss", "validation_loss"],
    "differences": [
        "task_id",
        "strategy",
        "baseline",
        "headline",
        "difference",
        "low",
        "high",
        "excludes_zero",
    ],
    "transfer": [
        "strategy",
        "baseline",
        "by",
        "level",
        "share_below",
        "share_down",
        "floor_share_down",
        "note",
    ],
    "costs": ["strategy", "seed", "device", "hours", "flop", "needs", "hours_in_all", "flop_in_all"],
    "confounders": ["grouping", "seed", "property", "n_tasks", "nmi", "ami"],
    "k": [
        "family",
        "method",
        "k",
        "stability",
        "most_stable",
        "strategy",
        "seeds",
        "n_tasks",
        "chosen",
        "rule",
    ],
    "known_sets": ["grouping", "seed", "k", "set", "n_tasks", "n_pairs", "together", "expected", "p_value"],
    "strata": [
        "strategy",
        "seed",
        "by",
        "counted",
        "rank",
        "stratum",
        "level",
        "mean_auroc",
        "mean_auprc_above_base",
    ],
    "task_strata": [
        "task_id",
        "by",
        "counted",
        "rank",
        "stratum",
        "test_auroc",
        "test_auprc_above_base",
    ],
    "seed_variation": ["strategy", "task_id", "n_seeds", "share_above", "p_value", "q_value"],
    "over_correlation": [
        "strategy",
        "seed",
        "counted",
        "rank",
        "stratum",
        "pairs",
        "n_pairs",
        "predicted",
        "observed",
    ],
    "simple_scores": ["name", "kind", "uses_test_labels", "level", "mean_f1", "mean_auprc", "mean_auroc"],
    "marks": ["strategy", "task_id", "baseline", "difference", "mark"],
    "choices": ["task_id", "chosen", "weight"],
    "agreement": ["grouping", "seed", "k", "ari_planted"],
    "ceiling": ["task_id", "test_auprc"],
    "trials": [
        "group",
        "phase",
        "learning_rate",
        "steps",
        "validation_loss",
        "networks",
        "mean_loss",
        "chosen",
    ],
    "study": ["task_id", "modality", "share_train", "best_step", "best_loss", "safe_patience", "best_at_end"],
    "points": ["task_id", "score", "tp", "fp"],
    "regret": ["patience", "task_id", "loss", "regret", "steps_share"],
}


def one(inputs: Mapping, key: str) -> str:
    """The path under a key, given plainly or as a list of one."""
    value = inputs[key]
    return value if isinstance(value, str | Path) else value[0]


def many(inputs: Mapping, key: str) -> list[str]:
    """The paths under a key; none when the key is absent."""
    value = inputs.get(key) or []
    return [value] if isinstance(value, str | Path) else list(value)


def place(path: str) -> tuple[str, int]:
    """(name, seed) of a file at `.../{name}/seed{seed}/FILE`."""
    parts = Path(path).parts
    return parts[-3], int(parts[-2].removeprefix("seed"))


def table(path: str, kind: str, scores: Sequence[str] = ()) -> pd.DataFrame:
    """A tab-separated table with at least the columns of its kind, and those of the `scores`."""
    frame = read_figures(path, unknown=["", "NaN"])
    lacking = [name for name in (*NEEDED[kind], *scores) if name not in frame]
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
        return pd.DataFrame(columns=[what, "seed", *NEEDED[kind], *scores])
    return pd.concat(frames, ignore_index=True)


def gather_strata(paths: list[str], known: pd.Index) -> pd.DataFrame | None:
    """Scores by stratum of each task, of one seed of each strategy; the strategy is the folder's name."""
    frames = []
    for path in paths:
        frame = table(path, "task_strata")[NEEDED["task_strata"]]
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
