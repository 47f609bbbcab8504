"""A choice: for each task one of several trained strategies, by validation alone; nothing is trained.

The rule and its shrinkage are this project's own (`rescue` is another). It takes the best of several candidates, so its
fair rival is the same choice among as many others, such as networks on random groups.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from epigroup.comparison.rescue import rescue_table
from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.hdf5 import new_hdf5, open_hdf5, write_arrays
from epigroup.core.settings import read_settings
from epigroup.core.tables import read_table
from epigroup.evaluation.bootstrap import AUPRC_DRAWS, check_same_blocks, read_blocks
from epigroup.evaluation.score_names import SCORE_NAMES, ScoreNames

log = logging.getLogger(__name__)

LABELS = SCORE_NAMES["labels"]


def shrunk_scores(
    f1: np.ndarray, positives: np.ndarray, modality: Sequence[str], shrink: float
) -> tuple[np.ndarray, np.ndarray]:
    """Scores (T, S) to choose by, and the weight (T,) that a task's own figures have in them.

    f1: float (T, S), validation F1 (Pearson's r) of task and candidate, NaN where a candidate does not learn
    the task or it has no positives (never changes); positives: (T,), the n that its F1 rests on; modality:
    (T,). Let d be a task's F1 less the mean over the candidates that learn it, so that a candidate of few, easy
    tasks has no advantage. The score is w d + (1 - w) D with w = n / (n + shrink) and D the mean of d over the
    tasks of the modality; where none of these has a figure, over all tasks. shrink 0: each task's own best;
    infinite: one candidate for a modality. NaN where nothing is known.
    """
    d = f1 - _mean(f1, axis=1)[:, None]
    overall = _mean(d, axis=0)
    expected = np.empty_like(d)
    names = np.asarray(modality)
    for name in dict.fromkeys(modality):
        mean = _mean(d[names == name], axis=0)
        expected[names == name] = np.where(np.isnan(mean), overall, mean)
    n = np.asarray(positives, np.float64)
    known = (n > 0) & ~np.isnan(f1).all(axis=1)
    weight = np.where(known, n / np.where(known, n + shrink, 1), 0.0)
    own = np.where(known[:, None], d, 0.0)
    # a candidate without a figure for this task keeps what is expected of it
    scores = np.where(np.isnan(own), expected, weight[:, None] * own + (1 - weight[:, None]) * expected)
    return scores, weight


def _mean(values: np.ndarray, axis: int) -> np.ndarray:
    """Mean along an axis without NaN; NaN where there is nothing else."""
    known = ~np.isnan(values)
    n = known.sum(axis=axis)
    return np.where(n > 0, np.where(known, values, 0).sum(axis=axis) / np.maximum(n, 1), np.nan)


def choose(scores: np.ndarray, covers: np.ndarray) -> np.ndarray:
    """int (T,): the candidate of the highest score (T, S) among those that learn the task, `covers` bool
    (T, S); of equals, or with nothing known, the first."""
    return np.where(covers, np.where(np.isnan(scores), -1e9, scores), -np.inf).argmax(axis=1)


def choice_table(
    tasks: pd.DataFrame,
    candidates: Sequence[str],
    metrics: list[str],
    shrink: float,
    names: ScoreNames = LABELS,
) -> pd.DataFrame:
    """choice.tsv: task_id, modality, positives_half, weight, chosen, and of each candidate
    `{name}:validation_f1_half` and `{name}:score`; of signals positives_validation and validation_pearson.

    tasks: task_id and modality of the tasks that some candidate learns; metrics: a metrics.tsv a candidate,
    of which no other column than task_id and these two is read. InputError: a lacking column, candidates that
    differ in a task's positives.
    """
    seen = {name: _read_seen(path, names) for name, path in zip(candidates, metrics, strict=True)}
    ids = tasks["task_id"].tolist()
    covers = np.stack([[task in frame.index for task in ids] for frame in seen.values()], axis=1)
    f1 = np.stack([frame[names.chosen_by].reindex(ids) for frame in seen.values()], axis=1)
    counts = np.stack([frame[names.counted_by].reindex(ids) for frame in seen.values()], axis=1)
    positives = np.nanmax(counts, axis=1)
    odd = ~(np.isnan(counts) | (counts == positives[:, None])).all(axis=1)
    if odd.any():
        raise InputError(
            f"{', '.join(map(str, metrics))}: task '{ids[int(odd.argmax())]}' has another number of"
            " validation positives under one strategy than under another; evaluate them on one data set"
        )
    modality = tasks["modality"].astype(str).tolist()
    scores, weight = shrunk_scores(f1, positives, modality, shrink)
    table = pd.DataFrame(
        {
            "task_id": ids,
            "modality": modality,
            names.counted_by: positives.astype(np.int64),
            "weight": weight,
            "chosen": [candidates[i] for i in choose(scores, covers)],
        }
    )
    own = [
        pd.DataFrame({f"{name}:{names.chosen_by}": f1[:, i], f"{name}:score": scores[:, i]})
        for i, name in enumerate(candidates)
    ]
    return pd.concat([table, *own], axis=1)


def _read_seen(path: str | Path, names: ScoreNames) -> pd.DataFrame:
    seen = ["task_id", names.counted_by, names.chosen_by]
    table = read_table(
        path, usecols=seen.__contains__, dtype={"task_id": str}, keep_default_na=False, na_values=["NaN"]
    )
    lacking = [name for name in seen if name not in table]
    if lacking:
        raise InputError(f"{path}: no column {', '.join(lacking)}; evaluate the strategy again")
    return table.set_index("task_id")


def take_metrics(choice: pd.DataFrame, candidates: Sequence[str], metrics: list[str]) -> pd.DataFrame:
    """metrics.tsv of the choice: each task's row from the strategy chosen for it, its frozen threshold and
    all, with that strategy's name in the column `chosen`."""
    tables = {
        name: read_table(path, dtype={"task_id": str}, keep_default_na=False, na_values=["NaN"]).set_index(
            "task_id", drop=False
        )
        for name, path in zip(candidates, metrics, strict=True)
    }
    rows = [
        tables[chosen].loc[[task]] for task, chosen in zip(choice["task_id"], choice["chosen"], strict=True)
    ]
    table = pd.concat(rows, ignore_index=True)
    table.insert(1, "chosen", choice["chosen"].to_numpy())
    return table


def take_blocks(choice: pd.DataFrame, candidates: Sequence[str], blocks: list[str], out: str | Path) -> None:
    """blocks.h5 of the choice: each task's column from the strategy chosen for it. InputError: strategies
    that were counted over different blocks."""
    chosen = choice["chosen"].to_numpy()
    tasks = choice["task_id"].tolist()
    whole_columns: dict[str, np.ndarray] = {}
    first = None
    with whole(out) as partial, new_hdf5(partial) as target:
        for name, path in zip(candidates, blocks, strict=True):
            counts = read_blocks(path)
            first = first or counts
            check_same_blocks(first, counts)
            place = {task: i for i, task in enumerate(counts.task_ids)}
            here = np.flatnonzero(chosen == name)
            with open_hdf5(path) as source:
                if counts is first:
                    for key in ("n", "chrom", "start"):
                        source.copy(key, target)
                    target.attrs.update(source.attrs)
                for key in (*counts.by_task, *({AUPRC_DRAWS} & set(source))):
                    values = source[key][:]
                    column = whole_columns.setdefault(key, np.zeros((len(values), len(tasks)), values.dtype))
                    column[:, here] = values[:, [place[tasks[i]] for i in here]]
        write_arrays(target, whole_columns, compression="gzip", shuffle=True)
        write_arrays(target, {"task_id": tasks})


@dataclass(frozen=True)
class ChoiceSettings:
    """combine: "best" or "rescue"; candidates: names, in the order of metrics and blocks; tasks: task_id and modality
    of each; targets: "labels" or "signal"; shrink: of `shrunk_scores`; bootstrap, bootstrap_seed: draws of `rescue`."""

    combine: str
    candidates: tuple[str, ...]
    shrink: float
    tasks: tuple[Mapping[str, Any], ...]
    targets: str
    bootstrap: int
    bootstrap_seed: int


def choose_strategies(
    metrics: list[str], blocks: list[str], outputs: Mapping[str, str], cfg: Mapping[str, Any]
) -> None:
    """Write choice.tsv, and metrics.tsv and blocks.h5 as if the choice were a strategy.

    cfg: `ChoiceSettings`. outputs: paths by choice, metrics, blocks.
    """
    told = read_settings(ChoiceSettings, cfg, "choices")
    candidates, names = told.candidates, SCORE_NAMES[told.targets]
    tasks = pd.DataFrame(told.tasks)
    if told.combine == "rescue":
        choice = rescue_table(tasks, candidates, blocks, told.bootstrap, told.bootstrap_seed)
    else:
        choice = choice_table(tasks, candidates, metrics, told.shrink, names)
    table = take_metrics(choice, candidates, metrics)
    counts = choice["chosen"].value_counts()
    log.info(
        "of %d tasks %s; mean test %s %.4f",
        len(choice),
        ", ".join(f"{counts.get(name, 0)} by {name}" for name in candidates),
        names.label,
        table[names.test].mean(),
    )
    for name, frame in (("choice", choice), ("metrics", table)):
        with whole(outputs[name]) as path:
            frame.to_csv(path, sep="\t", index=False, na_rep="NaN")
    take_blocks(choice, candidates, blocks, outputs["blocks"])
