"""Four strategies, evaluated and compared."""

import json

import pandas as pd
import pytest

from epigroup.comparison.strategies import compare_strategies
from scored_examples import (
    LEARNS,
    SHEET,
    STRATEGIES,
    TASKS,
    evaluate,
    files_of,
)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Evaluations of STRATEGIES: `folder`, and the test split of each."""
    folder = tmp_path_factory.mktemp("evaluation")
    noise = {"GOOD": 0.02, "PLAIN": 0.15, "ONE": 0.15, "PART": 0.3}
    return folder, {
        (strategy, seed): evaluate(folder, strategy, seed, noise[strategy], LEARNS.get(strategy, TASKS))
        for strategy, seed in STRATEGIES
    }


@pytest.fixture(scope="module")
def compared(runs, tmp_path_factory):
    """All four outputs of a comparison, read back."""
    folder, _ = runs
    out = tmp_path_factory.mktemp("comparison")
    names = ("strategies", "gains", "differences", "transfer", "tasks", "scores")
    outputs = {name: out / f"{name}.tsv" for name in names}
    outputs["headline"] = out / "headline.json"
    groups = out / "groups.tsv"
    groups.write_text("task_id\tgroup\nb\t0\na\t1\nc\t1\nd\t0\n")
    compare_strategies(
        files_of(folder, "metrics.tsv"),
        files_of(folder, "blocks.h5"),
        [groups],
        outputs,
        {
            "tasks": SHEET,
            "runs": STRATEGIES,
            "groupings": [["kmeans", 1, TASKS]],
            "headline": [["GOOD", "PLAIN"], ["GOOD", "PART"], ["PLAIN", "ONE"]],
            "matched": [["GOOD", "PLAIN"]],
            "pools": {"BOTH": ["PLAIN", "PART"]},
            "alone": "PLAIN",
            "precisions": {},
            "bootstrap": 300,
            "seed": 1,
        },
    )
    tables = {name: pd.read_csv(outputs[name], sep="\t") for name in outputs if name != "headline"}
    headline = json.loads(outputs["headline"].read_text(), parse_constant=pytest.fail)
    return tables | {"headline": headline}
