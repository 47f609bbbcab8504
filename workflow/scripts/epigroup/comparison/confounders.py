"""How far groups follow technique: assay, depth, number of peaks; beside modality and cell group."""

import logging

import numpy as np
import pandas as pd
from sklearn.metrics import adjusted_mutual_info_score, normalized_mutual_info_score

from epigroup.core.files import whole
from epigroup.dataset.groups import read_groups
from epigroup.dataset.tasks import read_tasks
from epigroup.quality.tables import read_counts

log = logging.getLogger(__name__)

MIN_TASKS = 10  # of fewer, groups and levels are mostly of one task, and fit one another
COLUMNS = ["grouping", "seed", "k", "property", "n_tasks", "n_values", "nmi", "ami"]


def terciles(values: pd.Series) -> pd.Series:
    """low, middle or high for each number, equal ones alike; empty where there is none (NaN)."""
    share = values.rank(method="average") / values.notna().sum()
    names = pd.cut(share, [0, 1 / 3, 2 / 3, np.inf], labels=["low", "middle", "high"])
    return names.astype(object).where(values.notna(), "")


def properties(tasks: pd.DataFrame, depth: pd.Series | None) -> pd.DataFrame:
    """Words by task: assay, depth and peaks (terciles), modality, cell_group; empty where not known.

    tasks: as tasks.tsv; depth: aligned fragments by task id, of the tasks that came as reads, or None.
    """
    tasks = tasks.set_index("task_id")
    reads = pd.Series(np.nan, index=tasks.index) if depth is None else depth.reindex(tasks.index)
    words = {name: tasks[name].astype(str) for name in ("assay", "modality", "cell_group")}
    return pd.DataFrame(
        {
            "assay": words["assay"],
            "depth": terciles(reads),
            "peaks": terciles(tasks["n_peaks"].astype(float)),
            "modality": words["modality"],
            "cell_group": words["cell_group"],
        }
    )


def read_depth(fastp: list[str], flagstat: list[str]) -> pd.Series | None:
    """Aligned fragments by profile, its replicates together, so that pairs and single reads count alike; None where no
    profile came as reads."""
    counts = read_counts(fastp, flagstat)
    if counts is None:
        return None
    profile = counts["Replicate"].str.replace(r"\.rep\d+$", "", regex=True)
    return counts.groupby(profile)["Aligned fragments"].sum().astype(float)


def confounder_table(words: pd.DataFrame, groupings: list[tuple[str, int, pd.DataFrame]]) -> pd.DataFrame:
    """confounders.tsv: a row a (grouping, seed, property): nmi, mutual information over the mean of both
    entropies; ami, the same less what groups of these sizes share by chance (0: chance, 1: the same).

    groupings: name, seed, DataFrame of task_id and group. Tasks without the property are left out; NaN where
    it, or the grouping, has one value, or fewer than 10 tasks have it.
    """
    rows = []
    for name, seed, table in groupings:
        groups = table["group"].astype(str)
        for kind in words:
            values = words[kind].reindex(table["task_id"]).reset_index(drop=True)
            known = (values != "").to_numpy()
            a, b = groups[known], values[known]
            row = {"grouping": name, "seed": seed, "k": groups.nunique(), "property": kind}
            row |= {"n_tasks": int(known.sum()), "n_values": b.nunique(), "nmi": np.nan, "ami": np.nan}
            if len(a) >= MIN_TASKS and a.nunique() > 1 and b.nunique() > 1:
                row |= {
                    "nmi": float(normalized_mutual_info_score(b, a)),
                    "ami": float(adjusted_mutual_info_score(b, a)),
                }
            rows.append(row)
    return pd.DataFrame(rows, columns=COLUMNS)


def find_confounders(
    groups: list[str], tasks: str, fastp: list[str], flagstat: list[str], out: str, cfg: dict
) -> None:
    """Write confounders.tsv. cfg: groupings ([grouping, seed, task ids], as groups)."""
    words = properties(read_tasks(tasks), read_depth(fastp, flagstat))
    found = [
        (name, seed, read_groups(path, overlap=True, numbered=True).table())
        for (name, seed, _), path in zip(cfg["groupings"], groups, strict=True)
    ]
    table = confounder_table(words, found)
    for (name, kind), part in table.groupby(["grouping", "property"], sort=False):
        log.info("grouping %s and %s: adjusted mutual information %.3f", name, kind, part["ami"].mean())
    with whole(out) as path:
        table.to_csv(path, sep="\t", index=False, na_rep="NaN", float_format="%.6g")
