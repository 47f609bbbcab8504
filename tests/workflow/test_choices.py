"""Choices, pools and overlapping groups on the finished one-minute config: what trains, what comes out."""

import json
import re
import shutil
import subprocess
import sys

import pandas as pd
import pytest

from checkouts import EVERYTHING, run_snakemake
from described_tables import faults
from epigroup.networks.model_files import read_info
from epigroup.run.bundle import FILES

MORE = """
groupings:
  own: {method: table, file: own.tsv, k: 2, overlap: true}
strategies:
  OVER: {grouping: own, groups_per_pack: 2}
  TAUGHT: {grouping: all, teacher: MEAN, teacher_share: 0.8}
choices:
  MEAN: {among: [SMTL, KMTL], combine: average}
  BEST: {among: [STL, SMTL, EMTL, KMTL]}
  RESCUED: {among: [SMTL, KMTL, STL], combine: rescue}
comparison:
  pools: {SHEET: [EMTL, CMTL]}
  headline: [[KMTL, SHEET], [BEST, KMTL], [OVER, SMTL]]
"""


@pytest.fixture(scope="module")
def chosen(finished_run, tmp_path_factory):
    """A copy of the finished run, run again with more of everything; and what Snakemake said."""
    folder = tmp_path_factory.mktemp("choices") / "run"
    shutil.copytree(finished_run, folder, symlinks=True)
    tasks = pd.read_csv(folder / "results/dataset/tasks.tsv", sep="\t")["task_id"]
    rows = [f"{task}\t{'left' if i < 5 else 'right'}" for i, task in enumerate(tasks)]
    (folder / "own.tsv").write_text("\n".join(["task_id\tgroup", *rows, f"{tasks[0]}\tright"]) + "\n")
    (folder / "more.yaml").write_text(MORE)
    said = run_snakemake(folder, "-c2", "--configfile", *EVERYTHING, "more.yaml")
    return folder / "results", said.stdout + said.stderr, list(tasks)


def table(path):
    return pd.read_csv(path, sep="\t")


def test_every_table_is_described_column_by_column(chosen):
    assert faults(chosen[0]) == []


def test_a_choice_and_a_pool_train_nothing(chosen):
    _, said, _ = chosen
    trained = re.findall(r"rule train_pack:.*?wildcards: strategy=(\w+)", said, re.DOTALL)
    assert sorted(trained) == ["OVER", "TAUGHT"]


def test_a_strategy_learns_what_an_average_says_of_the_training_examples(chosen):
    results, said, _ = chosen
    for rule in ("predict_training", "average_training"):
        assert f"rule {rule}:" in said
    assert not list((results / "predictions").rglob("train.h5"))  # they go
    assert read_info(results / "models/TAUGHT/seed1/pack0.safetensors").settings["teacher"] == "MEAN"
    costs = table(results / "comparison/costs.tsv").set_index(["strategy", "seed"])
    taught = costs.loc[("TAUGHT", "1")]
    both = costs.loc[("SMTL", "1"), "flop"] + costs.loc[("KMTL", "1"), "flop"]
    assert taught["teachers_flop"] == pytest.approx(both)
    assert taught["flop_in_all"] == pytest.approx(both + taught["flop"], rel=1e-3)
    assert "learnt the scores of MEAN in place of labels, with weight 0.8" in (
        results / "report/report.html"
    ).read_text().replace("\n", " ")


def test_the_audit_makes_the_choices_of_both_sets_of_regions_again(chosen):
    results, _, _ = chosen
    audit = json.loads((results / "audit/audit.json").read_text())
    found = next(one for one in audit["findings"] if one["check"] == "selection")
    assert found["verdict"] == "pass" and found["details"]["choices"] == [["BEST", 1], ["RESCUED", 1]] * 2
    assert "the same for 32 tasks" in found["figure"]


def test_a_choice_stands_in_every_table(chosen):
    results, _, tasks = chosen
    for folder in (results, results / "all_mappable"):
        choice = table(folder / "evaluation/BEST/seed1/choice.tsv").set_index("task_id")
        assert choice.index.tolist() == tasks
        metrics = table(folder / "evaluation/BEST/seed1/metrics.tsv").set_index("task_id")
        for task, name in choice["chosen"].items():
            own = table(folder / f"evaluation/{name}/seed1/metrics.tsv").set_index("task_id")
            assert metrics.loc[task, "test_f1"] == own.loc[task, "test_f1"]
            assert metrics.loc[task, "threshold"] == own.loc[task, "threshold"]
        pairs = table(folder / "comparison/gains.tsv")
        assert {"BEST", "SHEET", "OVER"} <= set(pairs["strategy"]) & set(pairs["baseline"])
    headline = json.loads((results / "comparison/headline.json").read_text())
    assert [[p["strategy"], p["baseline"]] for p in headline["pairs"]][0] == ["KMTL", "SHEET"]
    assert headline["pairs"][0]["n_members"] == 2 and headline["pairs"][0]["rank"] in (1, 2, 3)
    costs = table(results / "comparison/costs.tsv").set_index(["strategy", "seed"])
    assert costs.loc[("BEST", "all"), "flop"] == 0 < costs.loc[("BEST", "all"), "flop_in_all"]
    page = (results / "report/report.html").read_text()
    assert "<h3>Choices</h3>" in page
    assert "RESCUED: the first candidate, unless another has less log loss there beyond the interval" in page


def test_a_task_of_two_groups_has_one_score(chosen):
    results, _, tasks = chosen
    groups = table(results / "groupings/own/seed1/groups.tsv")
    assert len(groups) == len(tasks) + 1 and (groups["task_id"] == tasks[0]).sum() == 2
    serving = table(results / "models/OVER/seed1/serving.tsv").set_index("task_id")
    assert serving.loc[tasks[0], "n_groups"] == 2
    metrics = table(results / "evaluation/OVER/seed1/metrics.tsv").set_index("task_id")
    assert metrics.index.tolist() == tasks
    assert (metrics["group"] == serving["group"].loc[tasks]).all()
    assert table(results / "comparison/tasks.tsv").set_index("task_id")["group:own:seed1"][tasks[0]] == "0+1"


def test_an_average_and_overlapping_groups_as_bundles(chosen):
    """The job holds the bundle's code against the run's networks; the shipped file, which needs neither, does again."""
    folder = chosen[0].parent
    for name in ("MEAN", "OVER"):
        words = f"bundle: {{strategy: {name}, seed: 1, licence: mit, onnx: false}}\n"
        (folder / "bundle.yaml").write_text(words)
        run_snakemake(folder, "-c2", "--configfile", *EVERYTHING, "more.yaml", "bundle.yaml", "--", "bundle")
        made = folder / f"results/bundle/{name}/seed1"
        assert sorted(path.name for path in made.iterdir()) == sorted(FILES.values())
        command = [sys.executable, "-I", str(made / "model.py"), "--check"]
        subprocess.run(command, check=True, capture_output=True)
        told = json.loads((made / "config.json").read_text())
        assert told["tasks"] == chosen[2] and len(told["members"]) == (2 if name == "MEAN" else 1)
        card = (made / "README.md").read_text()
        scored = table(folder / f"results/evaluation/{name}/seed1/metrics.tsv")
        assert f"| mean | {scored['test_f1'].mean():.4f} |" in card
    (folder / "bundle.yaml").write_text("bundle: {strategy: BEST, seed: 1}\n")
    said = run_snakemake(
        folder, "-n", "--configfile", *EVERYTHING, "more.yaml", "bundle.yaml", "--", "bundle", check=False
    )
    assert said.returncode
    assert "bundle.strategy: 'BEST' is a choice that does not average" in said.stdout + said.stderr
