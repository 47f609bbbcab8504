"""What the heads say for other numbers of groups: clusters only, trains nothing (Shiri & Sun 2022, section
IV.A, K of 2 to 10)."""

import logging
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import adjusted_rand_score

from epigroup.files import whole
from epigroup.grouping.contract import GroupingInputs, check_k
from epigroup.grouping.group_table import read_groups
from epigroup.grouping.kmeans import fit_kmeans, silhouette, start_state
from epigroup.grouping.make import sheet_agreement
from epigroup.grouping.read_inputs import read_head_table
from epigroup.grouping.vectors import task_vectors
from epigroup.logs import Progress

log = logging.getLogger(__name__)

STABILITY_RUNS = 20


def sweep_k(
    heads: str | Path, out: str | Path, cfg: dict, *, seed: int, truth: str | Path | None = None
) -> pd.DataFrame:
    """Cluster the rows of E for each K and write sweep.tsv, a row a K.

    cfg: k (list), vectors, starts, tasks (sheet rows as dicts). Columns: k, inertia, silhouette, stability
    (mean adjusted Rand index over all pairs of 20 runs of one start each), ari_modality, ari_cell_group
    and, with a truth table, ari_planted. InputError: as k-means.
    """
    sheet = pd.DataFrame(cfg["tasks"])
    task_ids = sheet["task_id"].tolist()
    planted = read_groups(truth, task_ids) if truth else None
    options = {"vectors": cfg["vectors"]}
    rows = []
    everything = read_head_table(heads, task_ids)
    progress = Progress(log, "K sweep", len(cfg["k"]), "K")
    for k in cfg["k"]:
        inputs = GroupingInputs("sweep", task_ids, sheet, k, seed, heads=(everything,), options=options)
        check_k(inputs)
        vectors = task_vectors(inputs)
        fit = fit_kmeans(vectors, k, n_init=cfg["starts"], state=start_state(0, seed))
        row = {
            "k": k,
            "inertia": float(fit.inertia_),
            "silhouette": silhouette(vectors, fit.labels_),
            "stability": stability(vectors, k, seed),
        }
        row |= sheet_agreement(fit.labels_, sheet)
        if planted is not None:
            row["ari_planted"] = float(adjusted_rand_score(planted, fit.labels_))
        rows.append(row)
        progress.advance(
            note=f"K {k}: silhouette {row['silhouette'] or np.nan:.3f}, stability {row['stability']:.3f}"
        )
    table = pd.DataFrame(rows)
    with whole(out) as path:
        table.to_csv(path, sep="\t", index=False, na_rep="NaN")
    return table


def stability(vectors: np.ndarray, k: int, seed: int, runs: int = STABILITY_RUNS) -> float:
    """Mean adjusted Rand index over all pairs of `runs` k-means solutions, each from one start of its own."""
    labels = [
        fit_kmeans(vectors, k, n_init=1, state=start_state(1, seed, run)).labels_ for run in range(runs)
    ]
    return float(np.mean([adjusted_rand_score(a, b) for a, b in combinations(labels, 2)]))
