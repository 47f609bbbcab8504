"""Everything a run has found, read once for its figures and its report."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import numpy as np
import pandas as pd

from epigroup.core.tables import read_table
from epigroup.core.text_files import read_json
from epigroup.dataset.groups import read_groups
from epigroup.evaluation.score_names import ScoreNames, names_of
from epigroup.quality.tables import read_counts, read_summary
from epigroup.reads.accounts import read_accounts
from epigroup.results.affinities import AffinityFindings, load_affinities
from epigroup.results.files import (
    Inputs,
    gather,
    gather_strata,
    many,
    one,
    place,
    read_embedding,
    table,
    tagged,
)
from epigroup.results.training_record import TrainingRecord, read_training_record

T = TypeVar("T")


@dataclass(frozen=True)
class DataTables:
    """The data set of a run. dataset: dataset.json. tasks: row a task in sheet order, indexed by task_id."""

    dataset: dict
    tasks: pd.DataFrame

    @property
    def names(self) -> ScoreNames:
        """What the strategies are compared by: F1, or Pearson's r where the targets are signals."""
        return names_of(self.dataset)


@dataclass(frozen=True)
class Results(DataTables):
    """The tables of one run, and its data set.

    metrics: row a (strategy, seed, task). strategies, gains: the comparison's tables. headline: its summary.
    groups: row a (grouping, seed, task). curves: row a (strategy, seed, group, step). heads: seed -> (T, d)
    float32 in the order of `tasks`. sweep: row a (grouping, seed, k). agreement: row a (grouping, seed) with
    its adjusted Rand index with planted groups, or None. ceiling: row a task with the scores of the
    noise-free probability, or None. reads: row a profile with read counts, first column its name, or None.
    mappable_strategies, mappable_headline: the comparison over all mappable bins where the rest is of bins
    with a peak, or None. trials: row a (strategy, seed, trial) of the searches of learning rates, or None.
    study: row a profile of the patience study, course: row a (profile, step) of it, regret: row a (patience,
    profile), or None. differences, transfer, unit_gains, costs, confounders, k, known_sets, strata, seed_variation,
    over_correlation, simple_scores (of baselines and strategies), marks, red_line: tables of the comparison, or None.
    choices: row a (choice, seed, task). weights: row a (average, seed, part, task), NaN for a member of another
    average. audit: audit.json, paper: paper.json, or None. affinities: as in `results.affinities`, or None. points:
    of the curves of one seed of each strategy, row a (strategy, task,
    score), task_strata: scores of one seed of each, row a (strategy, task, stratum), or None. read_quality: row
    a profile from reads, its grade and figures, or None. trained:
    what the model files say of their making, or None.
    """

    metrics: pd.DataFrame
    strategies: pd.DataFrame
    gains: pd.DataFrame
    headline: dict
    groups: pd.DataFrame
    curves: pd.DataFrame
    heads: dict[int, np.ndarray] = field(default_factory=dict)
    sweep: pd.DataFrame | None = None
    agreement: pd.DataFrame | None = None
    ceiling: pd.DataFrame | None = None
    reads: pd.DataFrame | None = None
    mappable_strategies: pd.DataFrame | None = None
    mappable_headline: dict | None = None
    trials: pd.DataFrame | None = None
    study: pd.DataFrame | None = None
    course: pd.DataFrame | None = None
    regret: pd.DataFrame | None = None
    differences: pd.DataFrame | None = None
    transfer: pd.DataFrame | None = None
    unit_gains: pd.DataFrame | None = None
    costs: pd.DataFrame | None = None
    confounders: pd.DataFrame | None = None
    k: pd.DataFrame | None = None
    affinities: AffinityFindings | None = None
    known_sets: pd.DataFrame | None = None
    strata: pd.DataFrame | None = None
    seed_variation: pd.DataFrame | None = None
    over_correlation: pd.DataFrame | None = None
    simple_scores: pd.DataFrame | None = None
    marks: pd.DataFrame | None = None
    red_line: pd.DataFrame | None = None
    read_quality: pd.DataFrame | None = None
    read_accounts: pd.DataFrame | None = None
    choices: pd.DataFrame | None = None
    weights: pd.DataFrame | None = None
    audit: dict | None = None
    paper: dict | None = None
    points: pd.DataFrame | None = None
    task_strata: pd.DataFrame | None = None
    trained: TrainingRecord | None = None

    @property
    def pools(self) -> dict[str, list[str]]:
        """Pools of strategies that count as one rival."""
        return self.headline.get("pools", {})

    @property
    def strategy_names(self) -> list[str]:
        """Strategies, choices and pools in the headline's order, what it holds against the others first; then
        the rest. Those of a pool are not shown one by one."""
        members = {one for pool in self.pools.values() for one in pool}
        names = [name for name in dict.fromkeys(self.metrics["strategy"]) if name not in members]
        headed = [pair[side] for side in ("strategy", "baseline") for pair in self.headline.get("pairs", [])]
        return [name for name in dict.fromkeys([*headed, *names]) if name in names]

    @property
    def seeds(self) -> list[int]:
        """All seeds, ascending."""
        return sorted(int(seed) for seed in self.metrics["seed"].unique())


# Tables of which a run leaves one or none, read as they are.
SINGLE = (
    "agreement", "ceiling", "transfer", "unit_gains", "costs", "confounders", "known_sets", "strata", "seed_variation",
    "over_correlation", "simple_scores", "marks", "red_line", "differences", "k", "study", "regret",
)  # fmt: skip
# Files of JSON of which a run leaves one or none.
SUMMARIES = ("audit", "paper", "mappable_headline")


def load(inputs: Inputs) -> Results:
    """Read the files of a run.

    Keys: those of `epigroup.results.catalogue`, with one path where a run leaves one file, else a list; of scores over
    all mappable bins mappable_strategies and mappable_headline. dataset, tasks, metrics, strategies, gains and headline
    must be there; study, regret, study_groups and study_curves together or not at all, and so the affinities'. A pool's
    rows of metrics are the means of its strategies'. Strategy or grouping and seed of a listed file come from its
    place: `.../{name}/seed{seed}/FILE`.
    Raises InputError for a missing column, for tasks that differ from tasks.tsv and for head weights that
    are not finite.
    """
    data = load_data(inputs)
    tasks, names = data.tasks, data.names
    sweep = [tagged(path, read_table(path), "grouping") for path in many(inputs, "sweep")]
    headline = read_json(one(inputs, "headline"))
    metrics = gather(many(inputs, "metrics"), "metrics", "strategy", tasks.index, names.metrics)
    return Results(
        dataset=data.dataset,
        tasks=tasks,
        metrics=with_pools(metrics, headline.get("pools", {})),
        strategies=table(one(inputs, "strategies"), "strategies", [names.mean]),
        gains=table(one(inputs, "gains"), "gains"),
        headline=headline,
        groups=gather(many(inputs, "groups"), "groups", "grouping", tasks.index),
        curves=gather(many(inputs, "curves"), "curves", "strategy", None),
        heads={place(path)[1]: read_embedding(path, list(tasks.index)) for path in many(inputs, "heads")},
        sweep=pd.concat(sweep, ignore_index=True) if sweep else None,
        reads=read_counts(many(inputs, "fastp"), many(inputs, "flagstat")),
        mappable_strategies=_where(
            inputs, "mappable_strategies", lambda path: table(path, "strategies", [names.mean])
        ),
        choices=gather(many(inputs, "choices"), "choices", "choice", tasks.index),
        weights=gather(many(inputs, "weights"), "weights", "average", tasks.index),
        **{key: _where(inputs, key, partial(table, kind=key)) for key in SINGLE},
        **{key: _where(inputs, key, read_json) for key in SUMMARIES},
        read_quality=_where(inputs, "read_quality", read_summary),
        read_accounts=_where(inputs, "read_accounts", lambda path: read_accounts([path])),
        trials=_gathered(inputs, "trials", None),
        points=_gathered(inputs, "points", tasks.index),
        task_strata=gather_strata(many(inputs, "task_strata"), tasks.index),
        course=study_course(inputs),
        affinities=_affinities(inputs),
        trained=read_training_record(many(inputs, "models")),
    )


def _where(inputs: Inputs, key: str, read: Callable[[str], T]) -> T | None:
    """What is read of the one file under a key; None where there is none."""
    return read(one(inputs, key)) if inputs.get(key) else None


def _gathered(inputs: Inputs, key: str, known: pd.Index | None) -> pd.DataFrame | None:
    """The tables of strategies and seeds under a key; None where there are none."""
    return gather(many(inputs, key), key, "strategy", known) if inputs.get(key) else None


def study_course(inputs: Inputs) -> pd.DataFrame | None:
    """The curves of the patience study with the profile of each; None without a study."""
    courses = [table(path, "study_curves") for path in many(inputs, "study_curves")]
    if not courses:
        return None
    return pd.concat(courses).merge(
        read_groups(one(inputs, "study_groups"), numbered=True).table(), on="group"
    )


def _affinities(inputs: Inputs) -> AffinityFindings | None:
    if not inputs.get("affinity_stability"):
        return None
    return load_affinities(
        many(inputs, "affinity_figures"),
        one(inputs, "affinity_stability"),
        many(inputs, "affinity_matrices"),
        one(inputs, "affinity_truth") if inputs.get("affinity_truth") else None,
    )


def with_pools(metrics: pd.DataFrame, pools: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """metrics with rows for each pool: means of its strategies by seed and task, of seeds that all have; its
    tasks have no group."""
    found = [metrics]
    for name, members in pools.items():
        rows = metrics[metrics["strategy"].isin(members)]
        everyone = rows.groupby(["seed", "task_id"])["strategy"].transform("size") == len(members)
        mean = rows[everyone].groupby(["seed", "task_id"], sort=False).mean(numeric_only=True).reset_index()
        found.append(mean.assign(strategy=name).drop(columns="group", errors="ignore"))
    return pd.concat(found, ignore_index=True)


def load_data(inputs: Inputs) -> DataTables:
    """Read what a run knows of its data set before anything is trained; keys dataset, tasks."""
    tasks = table(one(inputs, "tasks"), "tasks").set_index("task_id", drop=False)
    for column in ("assay", "target", "cell_type", "flag"):
        if column not in tasks:
            tasks[column] = ""
    words = ["modality", "assay", "target", "cell_type", "cell_group", "flag"]
    tasks[words] = tasks[words].astype(object).where(tasks[words].notna(), "").astype(str)
    return DataTables(read_json(one(inputs, "dataset")), tasks)
