"""The whole audit of a run with its table, figure and place in the report; tasks with few positives, donors on both
sides, and tasks with odd names.
"""

import json

import numpy as np
import pandas as pd

import report_settings
import report_tree
import result_files
from audited_run import GRAPH, follow, run_cfg, run_inputs
from epigroup import audit
from epigroup.audit import class_balance, donors, ended, technique, thresholds
from epigroup.audit.run_checks import COLUMNS, audit_run
from epigroup.comparison.scores import read_metrics
from epigroup.core.text_files import sealed
from epigroup.report.figures.audit import draw_technique, technique_points
from epigroup.report.page import render
from epigroup.results.run import load


def test_tasks_may_be_called_as_what_is_not_known(tmp_path):
    """NA, NaN, nan and numbers are names that the sheet allows."""
    ids = ["NA", "NaN", "nan", "1e5", "007", "None", "true"]
    table = pd.DataFrame([[task, 0.5, 0.5, 0.1, 0.1, None, None, "validation", "any_peak"] for task in ids],
                         columns=thresholds.COLUMNS)  # fmt: skip
    path = result_files.write_tsv(
        table.assign(origin="elsewhere"), tmp_path / "S" / "seed1" / "thresholds.tsv"
    )
    odd = thresholds.check({"thresholds": [path]}, {}).details["odd"]
    assert [row["task_id"] for row in odd] == ids
    assert np.isnan(read_metrics(path, ["test_f1"])["test_f1"]).all()
    inputs = run_inputs(tmp_path, np.linspace(0.1, 0.5, 7), tasks=ids)
    cfg = run_cfg(7) | {
        "tasks": [{"task_id": task, "donors": [], "batches": []} for task in ids],
        "learnt": dict.fromkeys(["KMTL", "SMTL"], ids),
    }
    found = technique.check(inputs, cfg)
    assert [row["task_id"] for row in found.details["points"]] == ids
    assert {row["n_tasks"] for row in found.details["tests"]} == {7}


def test_class_balance_names_the_tasks(tmp_path):
    inputs = run_inputs(tmp_path, np.linspace(0.1, 0.5, 30))
    assert class_balance.check(inputs, {"targets": "labels", "min_positives": 90}).verdict == "pass"
    tasks = pd.read_csv(inputs["tasks"], sep="\t")
    tasks.loc[4, "positives_test"] = 3
    result_files.write_tsv(tasks, tmp_path / "tasks.tsv")
    found = class_balance.check(inputs, {"targets": "labels", "min_positives": 50})
    assert found.verdict == "warn" and found.details["few"] == {
        "train": [],
        "validation": [],
        "test": ["t04"],
    }
    assert class_balance.check(inputs, {"targets": "labels", "min_positives": 91}).verdict == "fail"


def test_cell_types_of_a_donor_on_both_sides(tmp_path):
    assert donors.check({}, run_cfg()).verdict == "not applicable"
    inputs = run_inputs(tmp_path, np.linspace(0.1, 0.5, 6))
    tasks = pd.read_csv(inputs["tasks"], sep="\t").assign(cell_type=["T", "B", "T", "B", "T", "T"])
    tasks["positives_test"] = [90, 0, 10, 0, 0, 7]
    result_files.write_tsv(tasks, tmp_path / "tasks.tsv")
    cfg = run_cfg(6, ["d1", "d1", "d1", "d2", "d2"])
    cfg["tasks"][2]["donors"] = ["d1", "d3"]  # replicates of two donors
    found = donors.check(inputs, cfg)
    pairs = {(row["donor"], row["cell_type"]): (row["n_tasks"], row["train"], row["test"])
             for row in found.details["pairs"]}  # fmt: skip
    assert pairs == {
        ("d1", "T"): (2, 1800, 100), ("d1", "B"): (1, 900, 0), ("d3", "T"): (1, 900, 10),
        ("d2", "B"): (1, 900, 0), ("d2", "T"): (1, 900, 0),
    }  # fmt: skip
    assert found.verdict == "warn" and found.figure.startswith(
        "2 of 3 donors have positives of the same cell type"
    )
    assert "(2 of 5 pairs" in found.figure and "of 1 tasks the donor is not known" in found.figure
    assert "by position" in found.advice and "never for a new donor" in found.advice
    result_files.write_tsv(tasks.assign(positives_test=0), tmp_path / "tasks.tsv")
    assert donors.check(inputs, cfg).verdict == "pass"


def test_the_whole_audit_its_table_its_figure_and_its_place_in_the_report(tmp_path):
    depth = np.linspace(1e6, 4e7, 30)
    inputs = run_inputs(tmp_path, np.linspace(0.2, 0.5, 30), depth)
    found = [
        {"check": name, "title": title, "verdict": "pass", "figure": "none", "advice": "", "pitfall": pitfall,
         "details": {"sets": []}}
        for name, (_, title, pitfall) in audit.DATASET.items()
    ]  # fmt: skip
    (tmp_path / "found.json").write_text(json.dumps(sealed({"findings": found})))
    (tmp_path / "thresholds/SMTL/seed1").mkdir(parents=True)
    empty = pd.DataFrame(
        [["t00", 0.5, 0.5, 0.1, 0.1, None, None, "validation", "any_peak"]], columns=thresholds.COLUMNS
    )
    made = result_files.write_tsv(empty, tmp_path / "thresholds/SMTL/seed1/thresholds.tsv")
    audit_run(
        inputs
        | {"found": str(tmp_path / "found.json"), "thresholds": [made], "chosen": [], "candidates": []},
        tmp_path / "audit.tsv",
        tmp_path / "audit.json",
        run_cfg() | follow(GRAPH),
    )
    table = pd.read_csv(tmp_path / "audit.tsv", sep="\t")
    assert list(table.columns) == COLUMNS and list(table["check"]) == list(audit.CHECKS)
    assert table.set_index("check").loc["technique", "verdict"] == "warn"
    tree = report_tree.build(tmp_path / "tree")
    results = load(tree | {"audit": str(tmp_path / "audit.json")})
    page = render(results, palette={}, **report_settings.settings())
    assert '<section id="audit">' in page and "Near-identical sequences across splits" in page
    assert (
        f"Audit: of {len(audit.CHECKS)} checks 1 warn (Depth, FRiP, peaks and batch against performance)."
        in page
    )
    assert '<section id="audit">' not in render(load(tree), palette={}, **report_settings.settings())
    numbers = technique_points(results)
    assert len(numbers) == (3 + 2) * 30  # peaks are not held against F1
    assert len(draw_technique(numbers, {"modality": {"TFB": "#000000"}}).axes) == 8


def write_curve(path, losses, every=100):
    """curves.tsv of groups by their validation losses."""
    rows = [
        {"group": group, "step": every * (i + 1), "validation_loss": loss}
        for group, of_one in losses.items()
        for i, loss in enumerate(of_one)
    ]
    return result_files.write_tsv(pd.DataFrame(rows, columns=["group", "step", "validation_loss"]), path)


def test_networks_that_max_steps_cut_off_are_counted_by_strategy(tmp_path):
    """Group 0 was improving to the end, 1 met its patience in the very last validation, 2 ended before."""
    curve = write_curve(tmp_path / "a.tsv", {0: [3, 2, 1], 1: [1, 2, 3], 2: [1, 2]})
    told = {"strategy": "KMTL", "seed": 1, "max_steps": 300, "patience": 2, "schedule": "constant"}
    found = ended.check({"curves": [curve]}, {"trainings": [told]})
    assert found.verdict == "warn" and found.details == {"cut_off": [["KMTL", 1, 0]], "n_networks": 3}
    assert "1 of 3 networks were cut off" in found.figure and "KMTL 1 of 3" in found.figure
    for other in (told | {"schedule": "cosine"}, told | {"max_steps": 400}):
        assert ended.check({"curves": [curve]}, {"trainings": [other]}).verdict == "pass"
    empty = write_curve(tmp_path / "b.tsv", {})
    both = ended.check({"curves": [curve, empty]}, {"trainings": [told, told | {"strategy": "STL"}]})
    assert "STL" not in both.figure and both.details["n_networks"] == 3
