"""The scores of all strategies and seeds, side by side, with their bootstrap draws."""

import os
from collections.abc import Mapping

import numpy as np
import pandas as pd

from epigroup.core.errors import InputError
from epigroup.core.tables import read_figures
from epigroup.evaluation.bootstrap import (
    BlockCounts,
    check_same_blocks,
    column_intervals,
    draw_blocks,
    mean_known,
    read_blocks,
)
from epigroup.evaluation.score_names import SCORE_NAMES, ScoreNames
from epigroup.evaluation.signal_scores import BlockSums

SCORES = SCORE_NAMES["labels"].columns


def read_metrics(path: str | os.PathLike, columns: list[str] = SCORES) -> pd.DataFrame:
    """A metrics.tsv, indexed by task_id. InputError: one of the `columns` is missing."""
    table = read_figures(path)
    lacking = [name for name in ("task_id", *columns) if name not in table]
    if lacking:
        raise InputError(f"{path}: no column {', '.join(lacking)}; evaluate the strategy again")
    return table.set_index("task_id")


def check_tasks(table: pd.DataFrame, task_ids: list[str], path: str | os.PathLike) -> None:
    """InputError, by task, unless a table of `read_metrics` holds these tasks in this order."""
    found = table.index.tolist()
    if found == task_ids:
        return
    lacking = [task for task in task_ids if task not in set(found)]
    strange = [task for task in found if task not in set(task_ids)]
    twice = [task for task in set(found) if found.count(task) > 1]
    if lacking:
        what = f"it lacks the task '{lacking[0]}'"
    elif strange or twice:
        what = f"task '{(strange or twice)[0]}' is unknown or comes twice"
    else:
        what = f"task '{next(a for a, b in zip(found, task_ids, strict=True) if a != b)}' is out of order"
    raise InputError(f"{path}: its tasks are not those of the strategy: {what}; evaluate the strategy again")


def check_same_run(scores: pd.Series, counts: BlockCounts | BlockSums, path: str | os.PathLike) -> None:
    """InputError unless the counts by block are of the table's tasks, and F1 (Pearson's r) of each from these is what
    the table says."""
    if counts.task_ids != scores.index.tolist():
        raise InputError(f"{counts.path}: its tasks are not those of {path}; evaluate the strategy again")
    (found,) = counts.scores(np.ones((1, len(counts.start))))
    same = np.isclose(found, scores.to_numpy(np.float64), rtol=0, atol=1e-6, equal_nan=True)
    if not same.all():
        task = int(np.argmin(same))
        raise InputError(
            f"{path}: {scores.name} of task '{counts.task_ids[task]}' is {scores.iloc[task]:.6g}, but "
            f"{found[task]:.6g} in {counts.path}: they are of different runs; evaluate the strategy again"
        )


class Results:
    """The scores of all runs over the sheet's T tasks, on one set of evaluation regions.

    regions: its name; names: what the strategies are compared by, F1 or Pearson's r; sheet: DataFrame, a row
    a task; seeds: strategy -> its seeds; scores: (strategy, seed) -> float64 (T, columns) in the order of
    names.columns; tables: (strategy, seed) -> metrics.tsv, a row a task of the sheet; covers: strategy -> bool (T,),
    tasks that it learns; draws: (strategy, seed) -> float32 (draws, T) of that score, no entry where the
    interval is withheld; precisions: (strategy, seed) -> that of its networks, or "". NaN: not covered, or no test
    positives (a signal that never changes). pools: name -> strategies that count as one rival beside themselves; its
    score is their mean, taken within a draw too.
    """

    def __init__(
        self,
        sheet: pd.DataFrame,
        runs: list[dict],
        bootstrap: int,
        seed: int,
        pools: Mapping[str, list[str]] | None = None,
    ):
        """runs: dicts of strategy, seed, metrics (path), blocks (path). InputError: tasks or blocks that do
        not fit, a pool without a common seed."""
        self.sheet = sheet.reset_index(drop=True)
        self.task_ids = self.sheet["task_id"].tolist()
        self.seeds: dict[str, list[int]] = {}
        self.scores: dict[tuple[str, int], np.ndarray] = {}
        self.covers: dict[str, np.ndarray] = {}
        self.draws: dict[tuple[str, int], np.ndarray] = {}
        self.tables: dict[tuple[str, int], pd.DataFrame] = {}
        self.precisions: dict[tuple[str, int], str] = {}
        self.block_size = self.n_blocks = 0
        self.regions = ""
        self.names: ScoreNames = SCORE_NAMES["labels"]
        self.n_draws = bootstrap
        self.withheld: str | None = None
        self.pools: dict[str, list[str]] = {}
        self._means: dict[tuple, np.ndarray] = {}
        self._intervals: dict[tuple, tuple[np.ndarray, np.ndarray]] = {}
        first: BlockCounts | BlockSums | None = None
        weights = np.empty((0, 0))
        for run in runs:
            key = run["strategy"], int(run["seed"])
            counts = read_blocks(run["blocks"])
            self.names = SCORE_NAMES[counts.targets] if first is None else self.names
            table = read_metrics(run["metrics"], self.names.columns)
            place = self._places(table.index.tolist(), run["metrics"])
            if counts.targets == self.names.targets:
                check_same_run(table[self.names.test], counts, run["metrics"])
            if first is None:
                first, weights = counts, draw_blocks(len(counts.start), bootstrap, seed)
                self.block_size, self.n_blocks = counts.size, len(counts.start)
                self.regions = counts.regions
                if not counts.interval:
                    self.withheld = f"only {len(counts.start)} test blocks of {counts.size} bp"
            check_same_blocks(first, counts)
            self.precisions[key] = counts.precision
            self.seeds.setdefault(key[0], []).append(key[1])
            self.scores[key] = np.full((len(self.task_ids), len(self.names.columns)), np.nan)
            self.scores[key][place] = table[self.names.columns].to_numpy(np.float64)
            self.tables[key] = table.reindex(self.task_ids)
            covers = np.zeros(len(self.task_ids), bool)
            covers[place] = True
            if not np.array_equal(self.covers.setdefault(key[0], covers), covers):
                raise InputError(
                    f"{run['metrics']}: other tasks than the strategy's other seeds; evaluate it again"
                )
            if not self.withheld:
                self.draws[key] = np.full((bootstrap, len(self.task_ids)), np.nan, np.float32)
                self.draws[key][:, place] = counts.scores(weights)
        for name, members in (pools or {}).items():
            self._add_pool(name, members)

    def _add_pool(self, name: str, members: list[str]) -> None:
        seeds = [s for s in self.seeds[members[0]] if all(s in self.seeds[one] for one in members)]
        if not seeds:
            raise InputError(f"comparison.pools.{name}: {', '.join(members)} share no seed")
        self.pools[name], self.seeds[name] = list(members), seeds
        self.covers[name] = np.all([self.covers[one] for one in members], axis=0)
        for seed in seeds:
            self.scores[name, seed] = np.mean([self.scores[one, seed] for one in members], axis=0)
            tables = [self.tables[one, seed].select_dtypes("number") for one in members]
            self.tables[name, seed] = sum(tables) / len(tables)

    def _places(self, tasks: list[str], path: str) -> list[int]:
        known = {task: i for i, task in enumerate(self.task_ids)}
        strange = [task for task in tasks if task not in known]
        if strange or len(set(tasks)) != len(tasks):
            raise InputError(
                f"{path}: task '{(strange or tasks)[0]}' is unknown or comes twice; evaluate the"
                " strategy again"
            )
        return [known[task] for task in tasks]

    @property
    def strategies(self) -> list[str]:
        """Names in the order of the runs."""
        return list(self.seeds)

    def levels(self) -> list[tuple[str, str, np.ndarray]]:
        """(by, level, bool (T,)): all tasks, then each modality, then each cell group of the sheet."""
        levels = [("all", "All", np.ones(len(self.task_ids), bool))]
        for by in ("modality", "cell_group"):
            if by in self.sheet:
                values = self.sheet[by].fillna("").astype(str)
                levels += [
                    (by, value, (values == value).to_numpy()) for value in dict.fromkeys(values) if value
                ]
        return levels

    def score(self, strategy: str, seeds: list[int], name: str) -> np.ndarray:
        """float64 (T,): a score of each task, its mean over the seeds."""
        column = self.names.columns.index(name)
        return np.mean([self.scores[strategy, seed][:, column] for seed in seeds], axis=0)

    def members(self, strategy: str) -> list[str]:
        """The strategies of a pool, or the strategy itself."""
        return self.pools.get(strategy, [strategy])

    def mean_draws(self, strategy: str, seed: int, mask: np.ndarray) -> np.ndarray:
        """float64 (draws,): mean score over the tasks of the mask in each draw; empty where the interval is
        withheld."""
        key = (strategy, seed, mask.tobytes())
        if key not in self._means:
            if self.withheld:
                self._means[key] = np.empty(0)
            elif strategy in self.pools:
                means = [self.mean_draws(one, seed, mask) for one in self.pools[strategy]]
                self._means[key] = np.mean(means, axis=0)
            else:
                self._means[key] = mean_known(self.draws[strategy, seed][:, mask])
        return self._means[key]

    def task_intervals(
        self, strategy: str, baseline: str, seeds: list[int], other_seeds: list[int] | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """(low, high) float64 (T,): 95 % interval of each task's difference in score, seeds and members of a
        pool averaged within a draw; the baseline's seeds are the same ones, or `other_seeds`.

        Of draws without a positive of the task nothing is known; NaN where these are more than 5 %.
        """
        theirs = seeds if other_seeds is None else other_seeds
        if self.withheld:
            return np.full(len(self.task_ids), np.nan), np.full(len(self.task_ids), np.nan)
        key, back = (strategy, baseline, *seeds, "-", *theirs), (baseline, strategy, *theirs, "-", *seeds)
        if back in self._intervals:
            low, high = self._intervals[back]
            return -high, -low
        if key not in self._intervals:
            drawn = self._task_draws(strategy, seeds) - self._task_draws(baseline, theirs)
            self._intervals[key] = column_intervals(drawn)
        return self._intervals[key]

    def _task_draws(self, strategy: str, seeds: list[int]) -> np.ndarray:
        drawn = [self.draws[one, seed] for one in self.members(strategy) for seed in seeds]
        return drawn[0] if len(drawn) == 1 else np.mean(drawn, axis=0)


def shared_seeds(results: Results, strategy: str, baseline: str) -> list[int]:
    """Seeds that both have."""
    return [seed for seed in results.seeds[strategy] if seed in results.seeds[baseline]]
