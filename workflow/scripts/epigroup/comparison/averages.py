"""A choice that averages: the log-odds of several predictions, with weights found on validation; nothing is trained.

z = sum over the members of w_m logit p_m, w_m >= 0, of sum 1 and the same for all tasks; then a logistic map of two
numbers a task makes it a probability again. The form is stacking with non-negative weights (Breiman 1996, Machine
Learning 24), which are common to the tasks here so that rare ones do not choose their own; the rest is this project's
own.
"""

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import expit

from epigroup.comparison.log_odds import combine, log_odds
from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.hdf5 import new_hdf5, open_hdf5, write_arrays
from epigroup.core.settings import read_settings
from epigroup.core.tables import read_table
from epigroup.core.text_files import read_json
from epigroup.evaluation.logistic_map import FEWEST, logistic_map
from epigroup.evaluation.predictions import ROWS, choose_blocks, open_predictions

log = logging.getLogger(__name__)

# Of the bins that weights are fitted to: "all" for test; each half for the bins of the other one of validation.
PARTS = ("all", "half 0", "half 1")
CHUNK = 1 << 12
_AT_ONCE = 1 << 27  # log-odds in memory at a time


@dataclass(frozen=True)
class AverageSettings:
    """members: names, in the order of their predictions; member_tasks: the tasks that each predicts; tasks: of the
    average; weights: "fitted" or "equal"; regions: the evaluation regions that weights are fitted on; min_positives:
    validation positives below which a task has no part in the fit; seed: of the bins drawn where all are too many."""

    members: tuple[str, ...]
    member_tasks: tuple[Sequence[str], ...]
    tasks: tuple[str, ...]
    weights: str
    regions: str
    min_positives: int
    seed: int


def fit_weights(odds: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """float64 (M,) >= 0: weights of the least mean loss of log-odds float32 (M, n, T), labels bool (n, T).

    The loss of a task is its cross-entropy with an intercept of its own, over that of its share of positives: tasks
    count alike, rare ones too. L-BFGS-B from equal weights of sum 1.
    """
    n_members, n, n_tasks = odds.shape
    share = labels.mean(axis=0)
    scale = 1 / (n_tasks * -(share * np.log(share) + (1 - share) * np.log1p(-share)))
    start = np.concatenate([np.full(n_members, 1 / n_members), np.zeros(n_tasks)])

    def loss(point: np.ndarray) -> tuple[float, np.ndarray]:
        weights, intercepts = point[:n_members], point[n_members:]
        logit = np.einsum("m,mnt->nt", weights.astype(np.float32), odds) + intercepts.astype(np.float32)
        entropy = (np.logaddexp(0, logit) - np.where(labels, logit, 0)).mean(axis=0, dtype=np.float64)
        excess = (expit(logit) - labels) * scale.astype(np.float32)
        slopes = np.einsum("nt,mnt->m", excess, odds, dtype=np.float64) / n
        return float(entropy @ scale), np.concatenate([slopes, excess.mean(axis=0, dtype=np.float64)])

    bounds = [(0, None)] * n_members + [(None, None)] * n_tasks
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 200})
    weights = found.x[:n_members]
    return weights if weights.sum() > 0 else start[:n_members]


def read_odds(
    paths: Sequence[str], dataset: dict, told: AverageSettings
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(log-odds float32 (M, n, T), labels bool (n, T), half 0 or 1 of the blocks by turns (n,)) of validation bins,
    drawn where all are too many. InputError: as `open_predictions`, members of different bins."""
    with open_predictions(
        paths[0], list(told.member_tasks[0]), dataset, told.regions, "validation"
    ) as predictions:
        first = np.stack(predictions.places())
    n, most = first.shape[1], max(1, _AT_ONCE // (len(paths) * len(told.tasks)))
    rows = np.sort(np.random.default_rng([told.seed]).choice(n, min(n, most), replace=False))
    half = choose_blocks(*first).of[rows] % 2
    odds = np.full((len(paths), len(rows), len(told.tasks)), np.nan, np.float32)
    labels = np.zeros(odds.shape[1:], bool)
    for i, (path, tasks) in enumerate(zip(paths, told.member_tasks, strict=True)):
        mine = [task for task in told.tasks if task in set(tasks)]
        at, own = (
            np.array([told.tasks.index(task) for task in mine]),
            [list(tasks).index(task) for task in mine],
        )
        with open_predictions(path, list(tasks), dataset, told.regions, "validation") as predictions:
            if not np.array_equal(np.stack(predictions.places()), first):
                raise InputError(f"{path}: is of other bins than {paths[0]}; predict again")
            for here, scores, truth in predictions.rows():
                inside = np.flatnonzero((rows >= here.start) & (rows < here.stop))
                picked = rows[inside] - here.start
                odds[i, inside[:, None], at] = log_odds(scores[picked][:, own])
                labels[inside[:, None], at] = truth[picked][:, own]
    return odds, labels, half


def weigh(
    odds: np.ndarray, labels: np.ndarray, counted: np.ndarray, fitted: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(weights (M,) of sum 1, slope (T,), intercept (T,)) from bins with log-odds (M, n, T) and labels bool (n, T).

    counted: the tasks (T,) that weights are fitted on; not `fitted`: equal weights. A task with fewer than FEWEST
    positives or negatives, or whose sums do not rise with its labels, gets the common slope, and no intercept.
    """
    n_positive = labels.sum(axis=0)
    enough = np.minimum(n_positive, len(labels) - n_positive) >= FEWEST
    tasks, n_members = counted & enough, len(odds)
    found = (
        fit_weights(odds[:, :, tasks], labels[:, tasks])
        if fitted and tasks.any()
        else np.full(n_members, 1.0)
    )
    weights, scale = found / found.sum(), found.sum() if fitted and tasks.any() else 1.0
    slope, intercept = np.full(len(enough), scale), np.zeros(len(enough))
    if enough.any():
        own, at = logistic_map(combine(odds[:, :, enough], weights).astype(np.float64), labels[:, enough])
        slope[enough], intercept[enough] = np.where(own > 0, own, scale), np.where(own > 0, at, 0.0)
    return weights, slope, intercept


def weights_table(
    odds: np.ndarray, labels: np.ndarray, half: np.ndarray, told: AverageSettings
) -> pd.DataFrame:
    """A row a part and task: `fitted_on`, task_id, positives, `counted` (1: it had a part in the weights), slope and
    intercept of the map to a probability, and `weight:{member}` of each member.

    A task with fewer than `min_positives` validation positives, or that a member does not predict, has no part in the
    weights.
    """
    known = ~np.isnan(odds[:, 0]).any(axis=0) if odds.shape[1] else np.zeros(labels.shape[1], bool)
    counted = known & (labels.sum(axis=0) >= told.min_positives)
    tables = []
    for part, kept in zip(PARTS, (np.full(len(half), True), half == 0, half == 1), strict=True):
        truth = labels[kept]
        weights, slope, intercept = weigh(odds[:, kept], truth, counted, told.weights == "fitted")
        tables.append(
            pd.DataFrame(
                {
                    "fitted_on": part, "task_id": told.tasks, "positives": truth.sum(axis=0),
                    "counted": counted.astype(int), "slope": slope, "intercept": intercept,
                }
                | {f"weight:{name}": weight for name, weight in zip(told.members, weights, strict=True)}
            )
        )  # fmt: skip
    log.info(
        "weights on all validation bins: %s; %d of %d tasks had a part in them",
        ", ".join(f"{name} {tables[0][f'weight:{name}'].iloc[0]:.3f}" for name in told.members),
        counted.sum(), len(counted),
    )  # fmt: skip
    return pd.concat(tables, ignore_index=True)


def weigh_members(
    validation: Sequence[str], dataset_json: str | os.PathLike, out: str | os.PathLike, cfg: Mapping[str, Any]
) -> None:
    """Write weights.tsv (`weights_table`) from the members' validation predictions. cfg: `AverageSettings`."""
    told = read_settings(AverageSettings, cfg, "choices")
    table = weights_table(*read_odds(validation, read_json(dataset_json), told), told)
    with whole(out) as path:
        table.to_csv(path, sep="\t", index=False, float_format="%.10g")


@dataclass(frozen=True)
class Averaging:
    """Weights and maps of one part, as `weights_table` has them: weights (M,), slope and intercept (T,)."""

    weights: np.ndarray
    slope: np.ndarray
    intercept: np.ndarray

    def __call__(self, odds: np.ndarray) -> np.ndarray:
        """Probabilities float16 (n, T) of log-odds float32 (M, n, T)."""
        return expit(combine(odds, self.weights) * self.slope + self.intercept).astype(np.float16)


def read_averaging(table: pd.DataFrame, part: str, told: AverageSettings) -> Averaging:
    """That of a part of weights.tsv. InputError: other tasks or members."""
    mine = table[table["fitted_on"] == part]
    columns = [f"weight:{name}" for name in told.members]
    if (
        mine["task_id"].tolist() != list(told.tasks)
        or [c for c in table if c.startswith("weight:")] != columns
    ):
        raise InputError("weights.tsv: is of other tasks or members than the choice; weigh them again")
    numbers = [mine[name].to_numpy(np.float64) for name in ("slope", "intercept")]
    return Averaging(mine[columns].iloc[0].to_numpy(np.float64), *numbers)


def _runs(stores: Sequence[Any], columns: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Log-odds float32 (M, n, T) of one run of bins after the other."""
    n = len(stores[0]["start"])
    step = max(CHUNK, min(ROWS, _AT_ONCE // (len(stores) * max(1, len(columns)))))
    for at in range(0, n, step):
        here = slice(at, min(n, at + step))
        yield here, np.stack([log_odds(store["probability"][here][:, columns]) for store in stores])


def average_split(
    paths: Sequence[str], split: str, table: pd.DataFrame, out: str | os.PathLike, told: AverageSettings
) -> None:
    """Write the average of the members' predictions of a split, in their form: with the weights of all bins that they
    are fitted on, but of such a bin with those of the half of the blocks that it is not in. InputError: members of
    different bins, weights of other members."""
    with ExitStack() as stack:
        stores = [stack.enter_context(open_hdf5(path)) for path in paths]
        first = stores[0]
        chrom, start = first["chrom"][:], first["start"][:]
        for path, store in zip(paths, stores, strict=True):
            if not (np.array_equal(store["chrom"][:], chrom) and np.array_equal(store["start"][:], start)):
                raise InputError(f"{path}: is of other bins than {paths[0]}; predict again")
        known = list(map(str, first.attrs["task_ids"]))
        columns = np.array([known.index(task) for task in told.tasks])
        scores = np.full((len(start), len(known)), np.nan, np.float16)
        half = np.full(len(start), -1)
        if split == "validation" and len(start):
            kept = first["labels"][:].any(axis=1) if told.regions == "any_peak" else np.full(len(start), True)
            half[kept] = choose_blocks(chrom[kept].astype(np.int64), start[kept].astype(np.int64)).of % 2
        of_part = {-1: read_averaging(table, PARTS[0], told), 0: read_averaging(table, PARTS[2], told)}
        of_part[1] = read_averaging(table, PARTS[1], told)
        for here, odds in _runs(stores, columns):
            for part in np.unique(half[here]):
                rows = np.flatnonzero(half[here] == part)
                scores[here.start + rows[:, None], columns] = of_part[int(part)](odds[:, rows])
        with whole(out) as partial, new_hdf5(partial) as store:
            arrays = {"probability": scores, "labels": first["labels"][:], "chrom": chrom, "start": start}
            write_arrays(store, arrays, rows=CHUNK)
            store.attrs.update({key: first.attrs[key] for key in ("dataset_hash", "split", "chromosomes")})
            store.attrs["task_ids"] = known


def average_members(
    validation: Sequence[str],
    test: Sequence[str],
    weights: str | os.PathLike,
    outputs: Mapping[str, str],
    cfg: Mapping[str, Any],
) -> None:
    """Write the average's predictions of validation and test, and groups.tsv (task_id, group 0), as a strategy has
    them. cfg: `AverageSettings`; outputs: paths by validation, test, groups."""
    told = read_settings(AverageSettings, cfg, "choices")
    table = read_table(weights, dtype={"task_id": str}, keep_default_na=False, na_values=[""])
    for split, paths in (("validation", validation), ("test", test)):
        average_split(paths, split, table, outputs[split], told)
    with whole(outputs["groups"]) as path:
        pd.DataFrame({"task_id": told.tasks, "group": 0}).to_csv(path, sep="\t", index=False)


def average_training(
    train: Sequence[str], weights: str | os.PathLike, out: str | os.PathLike, cfg: Mapping[str, Any]
) -> None:
    """Write the average's predictions of the training examples, with the weights that were fitted on all of validation:
    what a network is taught. cfg: `AverageSettings`."""
    told = read_settings(AverageSettings, cfg, "choices")
    table = read_table(weights, dtype={"task_id": str}, keep_default_na=False, na_values=[""])
    average_split(train, "train", table, out, told)
