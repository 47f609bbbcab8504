"""Gains that count their units: each fold is a study of its own, with its seeds and random groupings in it, and every
score is held against the same tasks of the rival."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from epigroup.comparison.differences import compared_pairs
from epigroup.comparison.scores import Results, shared_seeds
from epigroup.comparison.unit_intervals import FoldScores, Side, nested_draws, t_interval
from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.settings import read_settings
from epigroup.evaluation.bootstrap import mean_known, percentile_interval, read_auprc_draws, read_blocks
from epigroup.evaluation.score import Score
from epigroup.evaluation.score_names import validation_column

N_DROPPED = 5  # tasks that a gain should not hang on
UNIT_COLUMNS = [
    "regions", "strategy", "fold", "seed", "score", "n_tasks", "n_nan", "mean", "mean_validation",
]  # fmt: skip
GAIN_COLUMNS = [
    "regions", "strategy", "baseline", "headline", "score", "by", "level", "n_folds", "n_seeds", "n_members", "n_tasks",
    "mean", "baseline_mean", "gain", "gain_percent", "units", "low", "high", "resampled_low", "resampled_high",
    "excludes_zero", "share_up", "gain_without_best", "gain_trimmed",
]  # fmt: skip


@dataclass(frozen=True)
class UnitSettings:
    """What a comparison of units is told.

    folds: their numbers; tasks: task_id and modality of each; runs: [strategy, seed], as metrics and blocks of each
    fold; headline: pairs [strategy, baseline]; pools: name -> strategies; bootstrap: draws.
    """

    folds: tuple[int, ...]
    tasks: tuple[Mapping[str, Any], ...]
    runs: tuple[Sequence[Any], ...]
    headline: tuple[Sequence[str], ...]
    pools: Mapping[str, list[str]]
    bootstrap: int
    seed: int


@dataclass(frozen=True)
class Fold:
    """The scores of a fold; `draws`: (score, strategy, seed) -> float32 (D, T) of the scores that have draws of the
    test blocks."""

    name: int
    results: Results
    draws: Mapping[tuple[str, str, int], np.ndarray]


@dataclass(frozen=True)
class PairOfFold:
    """A pair in one fold, for one score and level: `scores`, and the difference of each of T tasks, higher being
    better, NaN where one side has none: on `test` and on `validation`."""

    scores: FoldScores
    test: np.ndarray
    validation: np.ndarray


def compared_scores(results: Results) -> list[Score]:
    """The scores that gains are named in: the headline's, those shown beside it with an interval, and the log loss."""
    names = results.names
    return [
        score
        for score in names.scores
        if score.role in ("headline", "shown") and score.interval or score.name == "log_loss"
    ]


def read_fold(
    name: int,
    metrics: Sequence[str | os.PathLike],
    blocks: Sequence[str | os.PathLike],
    told: UnitSettings,
) -> Fold:
    """The scores of all runs of a fold, with what draws there are.

    InputError: as `Results`, and metrics without a column that is needed here.
    """
    runs = [
        {"strategy": strategy, "seed": seed, "metrics": m, "blocks": b}
        for (strategy, seed), m, b in zip(told.runs, metrics, blocks, strict=True)
    ]
    results = Results(
        pd.DataFrame(told.tasks)[["task_id", "modality"]], runs, told.bootstrap, told.seed, told.pools
    )
    needed = {
        column
        for score in compared_scores(results)
        for column in (f"test_{score.name}", validation_column(score))
    }
    draws = {}
    for run, path in zip(runs, blocks, strict=True):
        key = run["strategy"], int(run["seed"])
        lacking = sorted(needed - {*results.tables[key]})
        if lacking:
            raise InputError(f"{run['metrics']}: no column {', '.join(lacking)}; evaluate the strategy again")
        if key in results.draws:
            draws[results.names.score, *key] = results.draws[key]
        if results.names.targets == "labels" and len(drawn := read_auprc_draws(path)):
            place = [results.task_ids.index(task) for task in read_blocks(path).task_ids]
            draws["auprc", *key] = np.full((len(drawn), len(results.task_ids)), np.nan, np.float32)
            draws["auprc", *key][:, place] = drawn
    return Fold(name, results, draws)


def pair_of_fold(fold: Fold, pair: Sequence[str], score: Score, level: np.ndarray) -> PairOfFold | None:
    """A pair on the tasks of a level (bool (T,)) that both have in this fold; None where there is none, or no seed."""
    results, sign = fold.results, 1 if score.higher_is_better else -1
    seeds = shared_seeds(results, *pair)
    if not seeds:
        return None

    def values(column: str) -> list[np.ndarray]:
        """float64 (M, S, T) of each side."""
        return [
            np.array(
                [
                    [results.tables[one, s][column].to_numpy(np.float64) for s in seeds]
                    for one in results.members(name)
                ]
            )
            for name in pair
        ]

    test, validation = values(f"test_{score.name}"), values(validation_column(score))
    known = level & ~np.isnan(test[0]).any(axis=(0, 1)) & ~np.isnan(test[1]).any(axis=(0, 1))
    if not known.any():
        return None
    sides = []
    for name, of_side in zip(pair, test, strict=True):
        keys = [[(score.name, one, s) for s in seeds] for one in results.members(name)]
        drawn = None
        if all(key in fold.draws for row in keys for key in row):
            drawn = np.array([[mean_known(fold.draws[key][:, known]) for key in row] for row in keys])
        sides.append(Side(of_side[..., known].mean(axis=2), drawn))
    apart = [np.where(known, sign * (a.mean((0, 1)) - b.mean((0, 1))), np.nan) for a, b in (test, validation)]
    return PairOfFold(FoldScores(*sides), *apart)


def mean_over_folds(of_folds: Sequence[np.ndarray]) -> np.ndarray:
    """float64 (T,): mean of each task over the folds in which it has a value; NaN where there is none."""
    return mean_known(np.array(of_folds).T)


def dropped_gains(test: np.ndarray, validation: np.ndarray) -> tuple[float, float]:
    """(without the five tasks that gained most on validation, with the five highest and the five lowest of test left
    out): mean gain over the other tasks; NaN where fewer than 11 tasks have both. test, validation: (T,)."""
    known = ~np.isnan(test) & ~np.isnan(validation)
    test, validation = test[known], validation[known]
    if len(test) <= 2 * N_DROPPED:
        return float("nan"), float("nan")
    kept = np.argsort(-validation, kind="stable")[N_DROPPED:]
    return float(test[kept].mean()), float(np.sort(test)[N_DROPPED:-N_DROPPED].mean())


def gain_row(
    folds: Sequence[PairOfFold], score: Score, n_tasks: int, told: UnitSettings
) -> dict[str, float | int | str]:
    """The figures of a pair over its folds, as columns of unit_gains.tsv; a gain above 0 is for the better, of a score
    of which less is better too.

    units: what low and high, Student's interval, take as independent: `folds`, where there is one the `seeds`, unless
    all of them are the same, as of predictions from elsewhere. The resampled interval of one fold needs draws of its
    blocks. excludes_zero: whether both intervals do; empty without one of them.
    """
    sign = 1 if score.higher_is_better else -1
    scores = [fold.scores for fold in folds]
    ours, base = (
        float(np.mean([side.mean.mean() for side in sides]))
        for sides in ([one.mine for one in scores], [one.theirs for one in scores])
    )
    by_fold = [sign * one.difference for one in scores]
    over, units = ("folds", by_fold) if len(folds) > 1 else ("seeds", list(sign * scores[0].by_seed))
    units = units if np.ptp(units) > 0 else units[:1]
    low, high = t_interval(units)
    drawable = len(folds) > 1 or all(side.drawn is not None for side in (scores[0].mine, scores[0].theirs))
    ends = (np.nan, np.nan)
    if drawable:
        ends = percentile_interval(sign * nested_draws(scores, told.bootstrap, told.seed))
    clear = [a > 0 or b < 0 for a, b in ((low, high), ends)]
    unknown = np.isnan([low, *ends]).any()
    test, validation = (mean_over_folds([getattr(one, of) for one in folds]) for of in ("test", "validation"))
    without, trimmed = dropped_gains(test, validation)
    up = test[~np.isnan(test)] > 0
    return {
        "score": score.name,
        "n_folds": len(folds),
        "n_seeds": min(one.mine.mean.shape[1] for one in scores),
        "n_members": max(len(side.mean) for one in scores for side in (one.mine, one.theirs)),
        "n_tasks": n_tasks,
        "mean": ours,
        "baseline_mean": base,
        "gain": float(np.mean(by_fold)),
        "gain_percent": 100 * float(np.mean(by_fold)) / base if base > 0 else np.nan,
        "units": over if len(units) > 1 else "none",
        "low": low,
        "high": high,
        "resampled_low": ends[0],
        "resampled_high": ends[1],
        "excludes_zero": np.nan if unknown else int(all(clear)),
        "share_up": float(up.mean()) if len(up) else np.nan,
        "gain_without_best": without,
        "gain_trimmed": trimmed,
    }


def gain_table(folds: Sequence[Fold], told: UnitSettings) -> pd.DataFrame:
    """unit_gains.tsv: a row a (pair, score, level): all tasks, and each modality."""
    results, rows = folds[0].results, []
    for strategy, baseline, leads in compared_pairs(results, told.headline):
        for score in compared_scores(results):
            for by, level, mask in results.levels():
                found = [pair_of_fold(fold, (strategy, baseline), score, mask) for fold in folds]
                there = [one for one in found if one is not None]
                if not there:
                    continue
                n_tasks = int((~np.isnan(mean_over_folds([one.test for one in there]))).sum())
                head: dict[str, float | int | str] = {
                    "regions": results.regions,
                    "strategy": strategy,
                    "baseline": baseline,
                }
                head |= {"headline": int(leads), "by": by, "level": level}
                rows.append(head | gain_row(there, score, n_tasks, told))
    table = pd.DataFrame(rows, columns=GAIN_COLUMNS)
    return table.assign(excludes_zero=table["excludes_zero"].astype("Int64"))


def unit_table(folds: Sequence[Fold]) -> pd.DataFrame:
    """units.tsv: a row a (strategy or pool, fold, seed, score), over all tasks that the strategy learns; means leave
    out the `n_nan` tasks without the score."""
    rows = []
    for fold in folds:
        results = fold.results
        for strategy in results.strategies:
            covers = results.covers[strategy]
            for seed in results.seeds[strategy]:
                table = results.tables[strategy, seed][covers]
                for score in compared_scores(results):
                    test = table[f"test_{score.name}"].to_numpy(np.float64)
                    seen = table[validation_column(score)].to_numpy(np.float64)
                    counts = len(test), int(np.isnan(test).sum())
                    means = float(mean_known(test)), float(mean_known(seen))
                    rows.append([results.regions, strategy, fold.name, seed, score.name, *counts, *means])
    return pd.DataFrame(rows, columns=UNIT_COLUMNS)


def compare_units(
    files: Mapping[int, tuple[Sequence[str], Sequence[str]]],
    units_out: str | os.PathLike,
    gains_out: str | os.PathLike,
    cfg: Mapping[str, Any],
) -> None:
    """Write units.tsv and unit_gains.tsv.

    files: fold -> (metrics.tsv, blocks.h5) of every run, in the order of `UnitSettings.runs`. cfg: `UnitSettings`.
    InputError: as `read_fold`.
    """
    told = read_settings(UnitSettings, cfg, "comparison")
    folds = [read_fold(name, *paths, told) for name, paths in files.items()]
    for table, out in ((unit_table(folds), units_out), (gain_table(folds, told), gains_out)):
        with whole(out) as path:
            table.to_csv(path, sep="\t", index=False, na_rep="NaN", float_format="%.6g")
