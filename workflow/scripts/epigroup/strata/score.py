"""Predictions of one strategy and seed, judged stratum by stratum at the thresholds frozen on validation."""

import logging
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from epigroup.comparison.scores import check_tasks, read_metrics
from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.hdf5 import new_hdf5, write_arrays
from epigroup.core.logs import Progress
from epigroup.core.text_files import read_json
from epigroup.evaluation.label_scores import frozen_metrics
from epigroup.evaluation.metrics import N_SCORES, SCORES, ScoreCounts, TaskCounts
from epigroup.evaluation.predictions import Predictions, check_bins, open_predictions
from epigroup.evaluation.score_names import COUNTS, SCORE_NAMES
from epigroup.strata.bins import StratifiedBins, read_strata
from epigroup.strata.definitions import NONE, Partition

log = logging.getLogger(__name__)

WHOLE = [*COUNTS, *SCORE_NAMES["labels"].metrics]  # held against metrics.tsv
_AT_ONCE = 1 << 13  # bins whose scores are multiplied at a time


class StrataCounts:
    """Running counts by task, stratum and float16 score: positives and total, uint32 (T, S, 15361)."""

    def __init__(self, n_tasks: int, n_strata: int):
        self.positives = np.zeros((n_tasks, n_strata, N_SCORES), np.uint32)
        self.total = np.zeros((n_tasks, n_strata, N_SCORES), np.uint32)

    def add(self, scores: np.ndarray, labels: np.ndarray, stratum: np.ndarray) -> None:
        """Add float16 scores (n, T) in [0, 1] and bool labels (n, T) of bins in `stratum` uint8 (n,)."""
        n_strata = self.total.shape[1]
        rows = stratum != NONE
        offset = stratum[rows].astype(np.int64) * N_SCORES
        bits = np.ascontiguousarray(np.abs(scores[rows].T)).view(np.uint16)
        marks = np.ascontiguousarray(labels[rows].T)
        for task, (row, mark) in enumerate(zip(bits, marks, strict=True)):
            key = offset + row
            size = n_strata * N_SCORES
            self.total[task] += np.bincount(key, minlength=size).reshape(n_strata, -1).astype(np.uint32)
            self.positives[task] += (
                np.bincount(key[mark], minlength=size).reshape(n_strata, -1).astype(np.uint32)
            )

    def of(self, task: int, stratum: int) -> ScoreCounts:
        """Counts of one task in one stratum."""
        total = self.total[task, stratum].astype(np.int64)
        seen = np.flatnonzero(total)[::-1]
        return ScoreCounts(SCORES[seen], self.positives[task, stratum].astype(np.int64)[seen], total[seen])


def stratum_metrics(counts: ScoreCounts, threshold: float) -> dict[str, float | int]:
    """Scores of a task in a stratum, as `label_scores.frozen_metrics`, and AUPRC less the base rate; AUROC is NaN also
    without negatives.

    Strata differ in their base rate, which moves all others by itself: across strata only AUROC and
    `test_auprc_above_base` can be compared.
    """
    found = frozen_metrics(counts, threshold)
    return found | {"test_auprc_above_base": found["test_auprc"] - found["test_base_rate"]}


class Moments:
    """Running sums by stratum of predictions and labels, for the correlation of every pair of t tasks."""

    def __init__(self, n_tasks: int, n_strata: int):
        self.n = np.zeros(n_strata, np.int64)
        self.sums = np.zeros((2, n_strata, n_tasks))
        self.products = np.zeros((2, n_strata, n_tasks, n_tasks))

    def add(self, scores: np.ndarray, labels: np.ndarray, stratum: np.ndarray) -> None:
        """Add scores and labels (n, t) of bins in `stratum` (n,)."""
        for one in range(len(self.n)):
            rows = np.flatnonzero(stratum == one)
            self.n[one] += len(rows)
            for at in range(0, len(rows), _AT_ONCE):
                here = rows[at : at + _AT_ONCE]
                for kind, values in enumerate((scores, labels)):
                    block = values[here].astype(np.float64)
                    self.sums[kind, one] += block.sum(axis=0)
                    self.products[kind, one] += block.T @ block

    def correlations(self, kind: int, stratum: int) -> np.ndarray:
        """float64 (t, t): Pearson correlations over the bins of a stratum, of predictions (0) or labels (1); NaN
        for what does not vary there."""
        n = self.n[stratum]
        if n < 2:
            return np.full(self.products.shape[2:], np.nan)
        mean = self.sums[kind, stratum] / n
        covariance = self.products[kind, stratum] / n - np.outer(mean, mean)
        variance = np.diag(covariance).copy()
        variance[variance < 1e-12] = np.nan
        return covariance / np.sqrt(np.outer(variance, variance))


def correlation_rows(
    moments: Moments, partition: Partition, names: list[str], modalities: list[str]
) -> list[dict]:
    """A row a (stratum, modality): how alike predictions and labels of two tasks are, on average over the pairs
    whose four series vary. `pairs` "all": any two tasks; else two of one modality."""
    modality = np.array(modalities, object)
    upper = np.triu(np.ones((len(modality), len(modality)), bool), 1)
    kinds = {"all": upper}
    kinds |= {
        one: upper & (modality[:, None] == one) & (modality[None, :] == one)
        for one in dict.fromkeys(modalities)
    }
    rows = []
    for rank, name in enumerate(names):
        predicted, observed = (moments.correlations(kind, rank) for kind in (0, 1))
        known = np.isfinite(predicted) & np.isfinite(observed)
        for kind, pairs in kinds.items():
            chosen = pairs & known
            if chosen.any():
                rows.append(
                    {
                        "counted": partition.counted,
                        "target": partition.target,
                        "rank": rank,
                        "stratum": name,
                        "pairs": kind,
                        "n_bins": int(moments.n[rank]),
                        "n_pairs": int(chosen.sum()),
                        "predicted": predicted[chosen].mean(),
                        "observed": observed[chosen].mean(),
                    }
                )
    return rows


CORRELATION_COLUMNS = [
    "counted", "target", "rank", "stratum", "pairs", "n_bins", "n_pairs", "predicted", "observed",
]  # fmt: skip


def score_strata(
    test: str | Path,
    metrics: str | Path,
    strata: str | Path,
    dataset_json: str | Path,
    outputs: Mapping[str, str | Path],
    cfg: Mapping,
) -> None:
    """Write the scores by stratum of one strategy and seed (`table`), the correlations between its tasks
    (`correlation`), and its predictions of the sampled bins (`sample`).

    cfg: tasks (rows with task_id and modality of the tasks it learns, sheet order). InputError: as
    `predictions.open_predictions` and `check_bins`, bins that are not those of the strata, metrics of other tasks or of
    another run.
    """
    task_ids = [row["task_id"] for row in cfg["tasks"]]
    modality = {row["task_id"]: row["modality"] for row in cfg["tasks"]}
    dataset = read_json(dataset_json)
    bins = read_strata(strata, dataset)
    known = read_metrics(metrics, [*WHOLE, "threshold"])
    check_tasks(known, task_ids, metrics)
    with open_predictions(test, task_ids, dataset, bins.regions, "test") as predictions:
        check_places(predictions, bins)
        rows, correlated, sample = _pass(
            predictions, bins, dataset, known["threshold"].to_numpy(float), modality
        )
    table = pd.DataFrame(rows)
    check_same_scores(table[table["by"] == "all"].set_index("task_id"), known, test, metrics)
    with whole(outputs["table"]) as path:
        table.to_csv(path, sep="\t", index=False, na_rep="NaN")
    with whole(outputs["correlation"]) as path:
        pd.DataFrame(correlated, columns=CORRELATION_COLUMNS).to_csv(
            path, sep="\t", index=False, na_rep="NaN"
        )
    with whole(outputs["sample"]) as path, new_hdf5(path) as store:
        write_arrays(store, {"probability": sample, "task_id": np.array(task_ids)}, compression="gzip")
        store.attrs["dataset_hash"] = bins.dataset_hash
    log.info(
        "%d tasks in %d partitions of %d test bins", len(task_ids), len(bins.partitions), len(predictions)
    )


def check_same_scores(
    found: pd.DataFrame, known: pd.DataFrame, test: str | Path, metrics: str | Path
) -> None:
    """InputError, by task and score, unless all regions have the scores (WHOLE) that metrics.tsv says."""
    for name in WHOLE:
        here, there = found[name].to_numpy(float), known[name].to_numpy(float)
        same = np.isclose(here, there, rtol=0, atol=1e-6, equal_nan=True)
        if not same.all():
            i = int(np.argmin(same))
            raise InputError(
                f"{metrics}: {name} of task '{known.index[i]}' is {there[i]:.6g}, but {here[i]:.6g} in {test}: they "
                "are of different runs; evaluate the strategy again"
            )


def check_places(predictions: Predictions, bins: StratifiedBins) -> None:
    """InputError unless the predictions are of the strata's bins, in their order."""
    chrom, start = predictions.places()
    if not (np.array_equal(chrom, bins.chrom) and np.array_equal(start, bins.start)):
        raise InputError(
            f"{predictions.path}: its {len(chrom):,} test bins are not the {len(bins.chrom):,} of {bins.path}; "
            "predict again"
        )


def _pass(
    predictions: Predictions, bins: StratifiedBins, dataset: Mapping, threshold: np.ndarray, modality: Mapping
) -> tuple[list[dict], list[dict], np.ndarray]:
    """One reading of the predictions: rows of scores, rows of correlations, float16 (sampled, T) predictions."""
    task_ids = predictions.task_ids
    place = {int(column): i for i, column in enumerate(predictions.columns)}
    mine = [np.array([place[t] for t in one.tasks if t in place], np.int64) for one in bins.partitions]
    parts = [
        (one, tasks, StrataCounts(len(tasks), len(one.names)))
        for one, tasks in zip(bins.partitions, mine, strict=True)
        if len(tasks)
    ]
    moments = [
        Moments(len(tasks), len(one.names)) if one.by == "specificity" and len(tasks) > 1 else None
        for one, tasks, _ in parts
    ]
    everything = TaskCounts(task_ids)
    sample = np.full((len(bins.sampled), len(task_ids)), np.nan, np.float16)
    progress = Progress(log, f"strata of {predictions.path}", len(predictions), "examples")
    for here, scores, labels in predictions.rows():
        everything.add(scores, labels, predictions.path)
        for (one, tasks, counts), sums in zip(parts, moments, strict=True):
            counts.add(scores[:, tasks], labels[:, tasks], one.stratum[here])
            if sums is not None:
                sums.add(scores[:, tasks], labels[:, tasks], one.stratum[here])
        first, last = np.searchsorted(bins.sampled, [here.start, here.stop])
        sample[first:last] = scores[bins.sampled[first:last] - here.start]
        progress.advance(here.stop - here.start)
    check_bins(predictions, [everything], dict(dataset), "test", bins.regions)
    rows = [
        {"task_id": task, "by": "all", "counted": "", "target": "", "rank": 0, "stratum": "all regions"}
        | {"threshold": threshold[i], **stratum_metrics(everything.of(i), threshold[i])}
        for i, task in enumerate(task_ids)
    ]
    for one, tasks, counts in parts:
        rows += [
            {
                "task_id": task_ids[task],
                "by": one.by,
                "counted": one.counted,
                "target": one.target,
                "rank": rank,
                "stratum": name,
                "threshold": threshold[task],
                **stratum_metrics(counts.of(i, rank), threshold[task]),
            }
            for i, task in enumerate(tasks)
            for rank, name in enumerate(one.names)
        ]
    correlated = [
        row
        for (one, tasks, _), sums in zip(parts, moments, strict=True)
        if sums is not None
        for row in correlation_rows(sums, one, list(one.names), [modality[task_ids[t]] for t in tasks])
    ]
    return rows, correlated, sample
