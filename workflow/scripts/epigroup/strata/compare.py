"""Scores by stratum of all strategies and seeds side by side; how far seeds differ; how alike tasks are predicted."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control, mannwhitneyu

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.hdf5 import open_hdf5
from epigroup.core.tables import read_table
from epigroup.core.text_files import read_json
from epigroup.strata.bins import StratifiedBins, extremes, read_strata
from epigroup.strata.definitions import Partition

log = logging.getLogger(__name__)

KEY = ["strategy", "seed", "by", "counted", "rank", "stratum", "of", "level"]
# The two scores that strata of different base rates can be compared by (Kathail et al. 2024).
COMPARABLE = {"test_auroc": "mean_auroc", "test_auprc_above_base": "mean_auprc_above_base"}
VARIATION_COLUMNS = [
    "strategy", "task_id", "counted", "target", "n_seeds", "specific", "ubiquitous", "n_specific", "n_ubiquitous",
    "median_cv_specific", "median_cv_ubiquitous", "share_above", "p_value", "q_value",
]  # fmt: skip


def read_run(path: str | Path, strategy: str, seed: int) -> pd.DataFrame:
    """A table of one run, with its strategy and seed in front."""
    table = read_table(path, dtype={"task_id": str}, keep_default_na=False, na_values=["NaN"])
    table.insert(0, "seed", seed)
    table.insert(0, "strategy", strategy)
    return table


def mean_scores(table: pd.DataFrame, tasks: Sequence[Mapping[str, str]]) -> pd.DataFrame:
    """Means over tasks, of all, of each modality and of each cell group (`of`: all, modality, cell_group), by strategy,
    seed and stratum, and over the seeds ("all").

    table: rows of runs. tasks: rows of the sheet with task_id, modality, cell_group; an empty cell group is no level.
    Columns: KEY, n_tasks, n_nan (tasks without a positive or a negative in the stratum, left out), mean_auroc,
    mean_auprc_above_base, mean_base_rate. The others are left out on purpose: they follow the base rate, in which
    strata differ.
    """
    known = table.assign(n_tasks=1, n_nan=table["test_auroc"].isna().astype(int))
    scored = [*COMPARABLE, "test_base_rate"]
    known[scored] = known[scored].where(known["n_nan"] == 0)
    found = []
    levels = [("all", "All", known.index == known.index)]
    for of in ("modality", "cell_group"):
        value = known["task_id"].map({row["task_id"]: row[of] for row in tasks})
        levels += [(of, one, value == one) for one in dict.fromkeys(row[of] for row in tasks) if one]
    for of, level, mine in levels:
        grouped = known[mine].assign(of=of, level=level).groupby(KEY, sort=False)
        found.append(
            grouped.agg(n_tasks=("n_tasks", "sum"), n_nan=("n_nan", "sum"), **{
                name: (column, "mean") for column, name in (*COMPARABLE.items(), ("test_base_rate", "mean_base_rate"))
            }).reset_index()
        )  # fmt: skip
    by_seed = pd.concat(found, ignore_index=True)
    over = (
        by_seed.drop(columns="seed").groupby([k for k in KEY if k != "seed"], sort=False).mean().reset_index()
    )
    over.insert(1, "seed", "all")
    over[["n_tasks", "n_nan"]] = over[["n_tasks", "n_nan"]].round().astype(int)
    return pd.concat([over, by_seed], ignore_index=True)


def seed_variation(
    samples: Mapping[str, Sequence[tuple[list[str], np.ndarray]]],
    bins: StratifiedBins,
    task_ids: Sequence[str],
) -> pd.DataFrame:
    """How much more the predictions of networks that differ in their seed alone vary where few cell types share a
    peak than where many do: a row a (strategy, task, partition), of strategies with two seeds or more.

    samples: strategy -> (task ids, float16 (sampled, T)) of each seed. A bin's variation is the standard deviation
    over the seeds by their mean (Kathail et al. 2024, Figure 3D); bins of mean 0 are left out. `share_above` is the
    chance that a specific bin varies more than a ubiquitous one (U / n m), p_value that of the two-sided
    Mann-Whitney test, q_value Benjamini and Hochberg's over the tasks of a strategy.
    """
    found = []
    for strategy, runs in samples.items():
        if len(runs) < 2:
            continue
        ids = runs[0][0]
        values = np.stack([sample.astype(np.float64) for _, sample in runs])
        mean, spread = values.mean(axis=0), values.std(axis=0, ddof=1)
        variation = np.divide(spread, mean, out=np.full(mean.shape, np.nan), where=mean > 0)
        place = {task: i for i, task in enumerate(ids)}
        rows = [
            row
            for one in bins.partitions
            if one.by == "specificity"
            for row in _variation_rows(one, bins.sampled, variation, place, task_ids)
        ]
        table = pd.DataFrame(rows)
        if len(table):
            p = table["p_value"].to_numpy(float)
            table["q_value"] = np.nan
            table.loc[np.isfinite(p), "q_value"] = adjusted(p[np.isfinite(p)])
            found.append(table.assign(strategy=strategy, n_seeds=len(runs)))
    if not found:
        log.info("no strategy has two seeds: how far seeds differ is not known")
        return pd.DataFrame(columns=VARIATION_COLUMNS)
    return pd.concat(found, ignore_index=True)[VARIATION_COLUMNS]


def adjusted(p_values: np.ndarray) -> np.ndarray:
    """Benjamini and Hochberg's adjusted p-values of (m,) p-values; empty for none."""
    return false_discovery_control(p_values, method="bh") if len(p_values) else p_values


def _variation_rows(
    partition: Partition,
    sampled: np.ndarray,
    variation: np.ndarray,
    place: Mapping[str, int],
    task_ids: Sequence[str],
) -> list[dict]:
    ends = extremes(partition)
    if not ends:
        return []
    in_first, in_last = (partition.stratum[sampled] == stratum for stratum in ends)
    rows = []
    for column in partition.tasks:
        task = task_ids[column]
        if task not in place:
            continue
        specific, ubiquitous = (
            mine[np.isfinite(mine)]
            for mine in (variation[rows_, place[task]] for rows_ in (in_first, in_last))
        )
        row: dict[str, object] = {"task_id": task, "counted": partition.counted, "target": partition.target}
        row |= {"specific": partition.names[ends[0]], "ubiquitous": partition.names[ends[1]]}
        row |= {"n_specific": len(specific), "n_ubiquitous": len(ubiquitous)}
        enough = len(specific) > 0 and len(ubiquitous) > 0
        test = mannwhitneyu(specific, ubiquitous, alternative="two-sided") if enough else None
        row |= {
            "median_cv_specific": np.median(specific) if enough else np.nan,
            "median_cv_ubiquitous": np.median(ubiquitous) if enough else np.nan,
            "share_above": test.statistic / (len(specific) * len(ubiquitous)) if test else np.nan,
            "p_value": test.pvalue if test else np.nan,
        }
        rows.append(row)
    return rows


def compare_strata(
    tables: Sequence[str | Path],
    correlations: Sequence[str | Path],
    samples: Sequence[str | Path],
    strata: str | Path,
    dataset_json: str | Path,
    outputs: Mapping[str, str | Path],
    cfg: Mapping,
) -> None:
    """Write the combined tables: `strata` (means over tasks), `variation` (across seeds) and `correlation`.

    cfg: runs ([strategy, seed] in the order of the files), tasks (rows with task_id, modality and
    cell_group). InputError: samples of other bins.
    """
    dataset = read_json(dataset_json)
    bins = read_strata(strata, dataset)
    runs = [(strategy, int(seed)) for strategy, seed in cfg["runs"]]
    scores = pd.concat(
        [read_run(path, *run) for path, run in zip(tables, runs, strict=True)], ignore_index=True
    )
    related = pd.concat(
        [read_run(path, *run) for path, run in zip(correlations, runs, strict=True)], ignore_index=True
    )
    related["excess"] = related["predicted"] - related["observed"]
    drawn: dict[str, list] = {}
    for path, (strategy, _) in zip(samples, runs, strict=True):
        drawn.setdefault(strategy, []).append(read_sample(path, bins))
    found = {
        "strata": mean_scores(scores, cfg["tasks"]),
        "variation": seed_variation(drawn, bins, dataset["task_ids"]),
        "correlation": related,
    }
    for name, table in found.items():
        with whole(outputs[name]) as path:
            table.to_csv(path, sep="\t", index=False, na_rep="NaN", float_format="%.8g")


def read_sample(path: str | Path, bins: StratifiedBins) -> tuple[list[str], np.ndarray]:
    """(task ids, float16 (sampled, T)). InputError: damaged, or not of the sampled bins."""
    with open_hdf5(path) as store:
        tasks, values = store["task_id"].asstr()[:].tolist(), store["probability"][()]
        same = str(store.attrs["dataset_hash"]) == bins.dataset_hash
    if not same or values.shape != (len(bins.sampled), len(tasks)):
        raise InputError(f"{path}: is not of the bins sampled in {bins.path}; delete it and run again")
    return tasks, values
