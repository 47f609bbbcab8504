"""Tasks in the report: a row of its table each, and what is known of one, as metrics.tsv says it."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd

import report_settings
from epigroup.report.sections.tasks import task_details
from report_pages import embedded


def test_table_of_tasks_has_every_task_and_strategy(page, results):
    rows = re.findall(r'<tr data-row="\d+">(.*?)</tr>', page, re.DOTALL)
    assert len(rows) == 24
    head = re.search(r'id="task-table">\s*<thead>(.*?)</thead>', page, re.DOTALL).group(1)
    labels = re.findall(r"<button[^>]*>(.*?)</button>", head)
    assert set(report_settings.STRATEGIES) <= set(labels)
    assert all(row.count("<td") + 1 == len(labels) for row in rows)
    data = embedded(page)
    assert len(data["scores"]["STL"]["test_f1"]) == 24
    assert data["scores"]["STL"]["test_f1"][0] is None


def test_what_is_known_of_a_task_is_of_one_seed_and_in_the_order_of_the_tasks(results, inputs):
    found = task_details(results)
    assert found["seed"] == dict.fromkeys(results.strategy_names, 1)
    path = next(p for p in inputs["metrics"] if "KMTL/seed1/" in p)
    metrics = pd.read_csv(path, sep="\t").set_index("task_id").loc[results.tasks.index]
    for fact, column in (("low", "test_f1_low"), ("recall", "test_recall"), ("group", "group")):
        assert np.allclose(found["facts"]["KMTL"][fact], metrics[column], equal_nan=True)
    points = found["points"]["KMTL"]
    assert points[0] is None and len(points) == 24
    assert [p[-2] for p in points[1:]] == list(metrics["positives_test"].iloc[1:])
    assert all((np.diff(p[side::2]) >= 0).all() for p in points[1:] for side in (0, 1))
    assert task_details(replace(results, points=None))["points"] == {}
    assert found["baseline"] == "STL"
