"""The number of groups, K, by stability and validation: what a run knows of every K that it clustered or trained.

Nothing here reads a score of the test split, and nothing trains by what is found: it says what K to write into a
config.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.settings import read_settings
from epigroup.core.tables import read_table
from epigroup.core.text_files import read_json

log = logging.getLogger(__name__)

MEASURES = ("stability", "silhouette", "inertia", "label_agreement")
RULES = ("validation, then stability", "stability alone")


@dataclass(frozen=True)
class Family:
    """Ways of grouping that differ in K alone, as `config.k_families.families` finds them.

    family: in words; vectors: "" for an affinity; swept: whether the sweep clusters so; strategies: [name, grouping,
    K], ascending by K.
    """

    family: str
    method: str
    vectors: str
    swept: bool
    strategies: tuple[Sequence[Any], ...]


@dataclass(frozen=True)
class KSettings:
    """families: fields of `Family`; grouped: [grouping, seed], as the measures; runs: [strategy, seed], as the
    metrics; score: the column of these that K is chosen by, of the validation split."""

    families: tuple[Mapping[str, Any], ...]
    grouped: tuple[Sequence[Any], ...]
    runs: tuple[Sequence[Any], ...]
    score: str


def choose_k(
    sweep: Sequence[str | Path],
    measures: Sequence[str | Path],
    metrics: Sequence[str | Path],
    out: str | Path,
    cfg: Mapping[str, Any],
) -> pd.DataFrame:
    """Write k.tsv, a row a (family, K).

    sweep: sweep.tsv of every seed; measures: measures.json of groupings; metrics: metrics.tsv of runs, of which no
    other score is read than that of the settings. cfg: `KSettings`.

    Columns: family, method, vectors, k; the MEASURES, means over the seeds that were clustered, of the sweep where
    it has this K, else of the grouping that was trained; most_stable; strategy, seeds, n_tasks, mean_{score}: of
    the K that were trained, over the seeds and tasks that all of them have; behind, standard_error: how far the
    mean lies behind the best one, and the standard error over tasks of this paired difference; chosen, rule.
    The rule is of one standard error (Breiman et al. 1984, of pruning): of two or more trained K those count as
    equal to the best on validation that lie behind it by a standard error at most; the most stable of these is
    chosen, the least of equally stable ones. With fewer trained, the most stable K is.
    """
    told = read_settings(KSettings, cfg, "choose_k")
    swept = pd.concat([read_table(path) for path in sweep], ignore_index=True) if sweep else pd.DataFrame()
    grouped: dict[tuple[str, int], dict] = {
        (name, int(seed)): read_json(path) for (name, seed), path in zip(told.grouped, measures, strict=True)
    }
    scores = {
        (name, int(seed)): validation_scores(path, told.score)
        for (name, seed), path in zip(told.runs, metrics, strict=True)
    }
    tables = []
    for family in (read_settings(Family, one, "choose_k.families") for one in told.families):
        table = _measures(family, swept, grouped)
        head = {"family": family.family, "method": family.method, "vectors": family.vectors}
        table = table.assign(**head, most_stable=False)
        if table["stability"].notna().any():
            table.loc[_most_stable(table), "most_stable"] = True
        table = _with_validation(table, family, scores, told.score)
        tables.append(table)
        chosen = table[table["chosen"]]
        log.info("%s: K = %s, by %s", family.family, chosen["k"].tolist(), chosen["rule"].tolist())
    mean = f"mean_{told.score}"
    columns = [
        "family", "method", "vectors", "k", *MEASURES, "most_stable", "strategy", "seeds", "n_tasks", mean, "behind",
        "standard_error", "chosen", "rule",
    ]  # fmt: skip
    table = pd.concat(tables, ignore_index=True)[columns]
    with whole(out) as path:
        table.to_csv(path, sep="\t", index=False, na_rep="NaN", float_format="%.6g")
    return table


def validation_scores(path: str | Path, score: str) -> pd.Series:
    """A score of the validation split by task; no other column is read. InputError: a score of the test split."""
    if not score.startswith("validation_"):
        raise InputError(f"K is chosen by validation, and {score} is no score of it")
    return read_table(path, usecols=["task_id", score], dtype={"task_id": str}).set_index("task_id")[score]


def _measures(family: Family, swept: pd.DataFrame, grouped: Mapping) -> pd.DataFrame:
    """k and the MEASURES, a row a K of the family, ascending."""
    rows = {}
    for _, grouping, k in family.strategies:
        found = pd.DataFrame([values for (name, _), values in grouped.items() if name == grouping])
        rows[k] = found.reindex(columns=list(MEASURES)).astype(float).mean()
    if family.swept and len(swept):
        mine = swept[(swept["method"] == family.method) & (swept["vectors"] == family.vectors)]
        for k, part in mine.groupby("k"):
            rows[int(k)] = part.reindex(columns=list(MEASURES)).astype(float).mean()
    table = pd.DataFrame.from_dict(rows, orient="index").sort_index().rename_axis("k").reset_index()
    return table.reindex(columns=["k", *MEASURES])


def _most_stable(table: pd.DataFrame) -> int:
    """Index of the row of the highest stability, the least K of equals; of the least K where none is known."""
    stability = table["stability"].fillna(-np.inf)
    return int(table.loc[stability == stability.max(), "k"].idxmin())


def _with_validation(table: pd.DataFrame, family: Family, scores: Mapping, score: str) -> pd.DataFrame:
    trained = {k: name for name, _, k in family.strategies}
    seeds = {k: [seed for strategy, seed in scores if strategy == name] for k, name in trained.items()}
    common = set.intersection(*map(set, seeds.values())) if seeds else set()
    used = {k: [seed for seed in mine if not common or seed in common] for k, mine in seeds.items()}
    by_task = pd.DataFrame(
        {
            k: pd.concat([scores[trained[k], seed] for seed in mine], axis=1).mean(axis=1, skipna=False)
            for k, mine in used.items()
        }
    ).dropna()
    table = table.set_index("k")
    for column in ("n_tasks", f"mean_{score}", "behind", "standard_error"):
        table[column] = np.nan
    table = table.assign(strategy="", seeds="")
    candidates = list(table.index)
    if len(by_task):
        mean = by_task.mean()
        best = mean.idxmax()
        for k in by_task:
            apart = by_task[best] - by_task[k]
            error = float(apart.std(ddof=1) / np.sqrt(len(apart))) if len(apart) > 1 else 0.0
            table.loc[k, ["n_tasks", f"mean_{score}", "behind", "standard_error"]] = (
                len(by_task), mean[k], mean[best] - mean[k], error,
            )  # fmt: skip
            table.loc[k, ["strategy", "seeds"]] = trained[k], ",".join(map(str, used[k]))
        if len(mean) > 1:
            candidates = [k for k in mean.index if table.loc[k, "behind"] <= table.loc[k, "standard_error"]]
    table = table.reset_index()
    able = table[table["k"].isin(candidates)]
    by_validation = by_task.shape[1] > 1 and len(by_task) > 0
    known = by_validation or able["stability"].notna().any()
    return table.assign(
        chosen=(table.index == _most_stable(able)) & bool(known), rule=RULES[0] if by_validation else RULES[1]
    )
