"""Groups, networks and choices that rest on test are found however far down; no pass is claimed for what was not
looked at.
"""

import numpy as np
import pandas as pd

import result_files
from audited_run import FACTS, GRAPH, TASKS, follow
from epigroup.audit import fitted, selection


def test_a_group_made_from_test_is_found_however_far_down():
    clean = follow(GRAPH)
    assert clean["leaks"] == {} and clean["readers"] == ["evaluate"]
    assert selection.check({}, clean).verdict == fitted.check({}, clean).verdict == "pass"
    planted = follow(GRAPH | {"heads": ("read_heads", ("joint", "evaluation_of_joint")),
                              "evaluation_of_joint": ("evaluate", ("test.h5",)),
                              "test.h5": ("predict", ("joint",))})  # fmt: skip
    assert planted["leaks"] == {"groups": {"groups": "test.h5"}, "networks": {"models": "test.h5"}}
    assert selection.check({}, planted).verdict == fitted.check({}, planted).verdict == "fail"


def test_what_is_fitted_is_listed_with_its_split():
    rows = {row["what"]: row["split"] for row in fitted.what_is_fitted(FACTS, {})}
    assert rows["F1 threshold of each task"] == rows["learning rates"] == "validation"
    assert rows["weights of positives in the loss"] == "train"
    assert "test" not in rows.values()
    plain = fitted.what_is_fitted(
        dict.fromkeys(FACTS, False) | {"regions": "all_mappable", "tables": [], "baselines": []}, {}
    )
    assert len(plain) == 3


def test_no_pass_is_claimed_for_what_was_not_looked_at():
    """Only files that were followed, and what other checks make again, count as checked."""
    found = fitted.check({}, follow(GRAPH))
    shown = {row["what"]: row["shown"] for row in found.details["fitted"]}
    checked = {what for what, words in shown.items() if words.startswith("checked")}
    assert checked == {
        "weights of the networks", "when training stops, and which weights are kept", "E and the groups on it",
        "F1 threshold of each task", "which strategy serves a task",
    }  # fmt: skip
    others = {what: words for what, words in shown.items() if what not in checked and "table" not in what}
    assert others and all(words.startswith(fitted.UNCHECKED) for words in others.values())
    unseen = found.figure.split("not checked on this run: ")[1]
    assert all(what in unseen for what in others) and not any(what in unseen for what in checked)
    assert "1 of groups, 1 of networks" in found.figure and "table (families)" in unseen.split("Not known")[1]
    nothing = fitted.check({}, follow(GRAPH) | {"followed": {"groups": 0}})
    assert nothing.verdict == "not applicable"
    assert not any("none of its files" in row["shown"] for row in nothing.details["fitted"])


def test_a_choice_by_test_is_caught(tmp_path):
    rng = np.random.default_rng(3)
    paths = []
    for name in ("A", "B"):
        table = pd.DataFrame({
            "task_id": TASKS, "positives_half": 40, "validation_f1_half": rng.random(30), "test_f1": rng.random(30),
        })  # fmt: skip
        paths.append(result_files.write_tsv(table, tmp_path / name / "metrics.tsv"))
    a, b = (pd.read_csv(path, sep="\t") for path in paths)
    choice = {"name": "BEST", "seed": 1, "combine": "best", "bootstrap": 0, "candidates": ["A", "B"], "shrink": 0.0,
              "targets": "labels", "tasks": [{"task_id": task, "modality": "TFB"} for task in TASKS]}  # fmt: skip
    cfg = {"leaks": {}, "readers": [], "followed": {}, "choices": [choice]}
    verdicts = {}
    for by in ("validation_f1_half", "test_f1"):
        chosen = pd.DataFrame({"task_id": TASKS, "chosen": np.where(a[by] >= b[by], "A", "B")})
        made = result_files.write_tsv(chosen, tmp_path / f"{by}.tsv")
        found = selection.check({"candidates": paths, "chosen": [made]}, cfg)
        verdicts[by] = (found.verdict, len(found.details["differing"]))
    expected = ((a["validation_f1_half"] >= b["validation_f1_half"]) != (a["test_f1"] >= b["test_f1"])).sum()
    assert verdicts == {"validation_f1_half": ("pass", 0), "test_f1": ("fail", expected)}
