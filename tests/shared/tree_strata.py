"""Scores by stratum and marks against baselines, beside what the small results tree has."""

from pathlib import Path

import numpy as np
import pandas as pd

from report_settings import STRATEGIES
from result_files import file_of, write_tsv


def with_strata(root: Path, inputs: dict) -> dict:
    """The inputs with strata and baseline marks of every task under every strategy."""
    rng = np.random.default_rng(6)
    strata = [("all", "", 0, "all regions")]
    strata += [
        ("specificity", "cell types with a peak", i, name) for i, name in enumerate(("[1, 2)", "[2, 9)"))
    ]
    strata += [("gc", "GC share of the window", i, name) for i, name in enumerate(("[0, 0.5)", "[0.5, 1)"))]
    ids = pd.read_csv(inputs["tasks"], sep="\t")["task_id"]
    found, marks, means = [], [], []
    for strategy in STRATEGIES:
        tables = []
        for by, counted, rank, stratum in strata:
            auroc, above = rng.uniform(0.6, 0.9, len(ids)), rng.uniform(-0.05, 0.4, len(ids))
            facts = {"by": by, "counted": counted, "rank": rank, "stratum": stratum}
            table = pd.DataFrame(
                {"task_id": ids, **facts, "test_auroc": auroc, "test_auprc_above_base": above}
            )
            table.loc[0, ["test_auroc", "test_auprc_above_base"]] = np.nan
            tables.append(table)
            facts |= {"strategy": strategy, "seed": "all", "level": "All", "n_tasks": len(ids), "n_nan": 1}
            means.append(facts | {"mean_auroc": auroc[1:].mean(), "mean_auprc_above_base": above[1:].mean()})
            means[-1]["mean_base_rate"] = 0.1
        found.append(write_tsv(pd.concat(tables), file_of(root, "task_strata", strategy, 1)))
        apart = rng.normal(0.05, 0.05, len(ids))
        word = np.where(apart <= 0, "no better", np.where(apart < 0.03, "not shown", ""))
        table = pd.DataFrame({"strategy": strategy, "task_id": ids, "baseline": "gc", "difference": apart})
        table = table.assign(difference_low=apart - 0.03, difference_high=apart + 0.03, mark=word)
        marks.append(table)
    against = [
        {
            "strategy": strategy,
            "baseline": "kmer",
            "n_tasks": len(ids) - 1,
            "difference": 0.1,
            "f1_difference": 0.1,
        }
        | {"difference_low": 0.05, "difference_high": 0.15, "mean_auprc": 0.35, "baseline_mean_auprc": 0.25}
        | {"verdict": "beats"}
        for strategy in STRATEGIES
    ]
    simple = {"name": "gc", "kind": "baseline", "uses_test_labels": 0, "level": "All", "n_tasks": len(ids)}
    simple |= {"n_nan": 1, "mean_f1": 0.3, "mean_auprc": 0.25, "mean_auroc": 0.6}
    tables = {
        "strata": pd.DataFrame(means),
        "marks": pd.concat(marks),
        "red_line": pd.DataFrame(against),
        "simple_scores": pd.DataFrame([simple]),
    }
    return inputs | {
        "task_strata": found,
        **{name: write_tsv(table, file_of(root, name)) for name, table in tables.items()},
    }
