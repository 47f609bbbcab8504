"""A small results tree in the form of a real run's, for tests of the report and of what reads a run."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from quality_files import write_reads
from report_settings import STRATEGIES
from result_files import file_of, write_tsv
from tree_comparison import write_comparison
from tree_scores import LIFT, points_of, scores
from tree_tasks import agreement, dataset_summary, groupings_of, task_table
from tree_training import loss_curves, sweep_of_k, write_heads


def build(
    root: Path,
    n_tasks: int = 24,
    seeds: tuple = (1, 2),
    validations: int = 20,
    strategies: tuple = tuple(STRATEGIES),
) -> dict:
    """Write the tree under `root`; returns inputs as `results.run.load` takes them.

    The first task has no test positives; the second a target with markup in it.
    """
    rng = np.random.default_rng(5)
    tasks = task_table(rng, n_tasks)
    file_of(root, "dataset").write_text(json.dumps(dataset_summary(list(tasks["task_id"]))))
    lists = {key: [] for key in ("metrics", "groups", "curves", "heads", "sweep", "points")}
    base = rng.uniform(0.2, 0.6, n_tasks)
    kept = {name: STRATEGIES[name] for name in strategies}
    for seed in seeds:
        groupings = groupings_of(rng, tasks)
        for strategy, grouping in kept.items():
            groups = groupings[grouping]
            table = pd.DataFrame({"task_id": tasks["task_id"], "group": groups})
            lists["groups"].append(write_tsv(table, file_of(root, "groups", grouping, seed)))
            f1 = np.clip(base + LIFT[strategy] + rng.normal(0, 0.03, n_tasks), 0, 1)
            table = scores(tasks, groups, f1, seed)
            if seed == seeds[0]:
                found = points_of(table, f1)
                lists["points"].append(write_tsv(found, file_of(root, "points", strategy, seed)))
            lists["metrics"].append(write_tsv(table, file_of(root, "metrics", strategy, seed)))
            table = loss_curves(rng, groups, validations)
            lists["curves"].append(write_tsv(table, file_of(root, "curves", strategy, seed, 0)))
        if "SMTL" in kept:
            path = file_of(root, "heads", "SMTL", seed)
            lists["heads"].append(write_heads(path, rng, list(tasks["task_id"])))
            lists["sweep"].append(write_tsv(sweep_of_k(), file_of(root, "sweep", seed)))
    ceiling = tasks[["task_id"]].assign(test_auprc=np.where(np.arange(n_tasks) == 0, np.nan, 0.7))
    return {
        "dataset": str(file_of(root, "dataset")),
        "tasks": write_tsv(tasks, file_of(root, "tasks")),
        **write_comparison(root, tasks, lists["metrics"], kept, seeds),
        "agreement": write_tsv(agreement(seeds), file_of(root, "agreement")),
        "ceiling": write_tsv(ceiling, file_of(root, "ceiling")),
        **write_reads(root),
        **lists,
    }
