"""What contributing.md shows by example, done in a copy of the repository, is all that a new part takes."""

import json
import os
import pickle
import re
import shutil
import subprocess
import sys

import pandas as pd
import pytest
import yaml

import report_settings
import report_tree
from checkouts import MINI, REPOSITORY, copy_checkout, run_snakemake
from epigroup.baselines import BASELINES
from epigroup.config.schema import SCHEMA, read_schema
from epigroup.config.settings import QUANTITATIVE_LOSSES
from epigroup.digest import code as digest
from epigroup.grouping import METHODS
from epigroup.networks.architecture import NETWORKS
from epigroup.networks.losses import LOSSES
from epigroup.run.report import section_modules
from epigroup.training.balancing import METHODS as BALANCING
from library_copies import evaluated
from report_pages import section_of
from worked_examples import PAGE, blocks, examples

EXAMPLES = examples()
# What the page's table says that runs again, as scripts out of those that are looked at.
LOOKED_AT = {
    "make_shard", "train_pack", "run_trials", "predict_splits", "evaluate_strategy", "compare_strategies",
    "group_tasks", "measure_affinity", "judge_baseline", "audit_run", "draw_figures", "make_report",
}  # fmt: skip
RERUNS = {
    "nothing": set(),
    "report": {"make_report"},
    "figures, report": {"draw_figures", "make_report"},
    "audit, report": {"audit_run"},  # the report takes the audit's table
    "baselines, report": {"judge_baseline", "make_report"},
    "scores, comparison and what follows": {
        "evaluate_strategy", "compare_strategies", "judge_baseline", "draw_figures", "make_report",
    },
    "every training": {"train_pack", "run_trials"},
    "every training, and all predictions": {"train_pack", "run_trials", "predict_splits"},
    "every training, affinity and prediction": {
        "train_pack", "run_trials", "predict_splits", "measure_affinity", "make_report",
    },
}  # fmt: skip


def table() -> dict[str, list[str]]:
    """Heading -> what the page's table says is touched, and what runs again."""
    rows = re.findall(
        r"^\| \[(.+?)\]\(#[\w-]+\) \| (.+?) \| (.+?) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE
    )
    return {title[0].upper() + title[1:]: said for title, *said in rows}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A copy of the repository in which everything of the page was done, one after another."""
    folder = copy_checkout(tmp_path_factory.mktemp("stranger"))
    for steps in EXAMPLES.values():
        for step in steps:
            step.do(folder)
    return folder


def run_in(checkout, words, cwd=None):
    """What a script says, as JSON, that runs with the library of the copy."""
    run = subprocess.run(
        [sys.executable, "-c", words], cwd=cwd or checkout, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": f"{checkout}/workflow/scripts:{checkout}/tests/shared"},
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_every_row_of_the_table_has_an_example_and_what_it_touches_is_said():
    assert list(table()) == list(EXAMPLES)
    for title in ("A grouping method", "An affinity", "A check of the audit", "A section of the report"):
        new, line = EXAMPLES[title]
        assert table()[title][0] == "1 file, 1 line"
        assert (new.where, line.where, line.code.count("\n")) == ("new", "after", 1)
    record, functions = EXAMPLES["A figure"]
    assert record.code.count("Figure(") == 1 and functions.where == "new"
    assert len({one.path for one in EXAMPLES["A score"]}) == 1


def test_names_that_stand_in_the_schema_too_are_those_of_the_registries():
    """What has its name in two places: who adds it in one alone is told here."""
    config = read_schema(SCHEMA)["properties"]
    training = config["training"]["properties"]
    assert config["baselines"]["properties"]["names"]["items"]["enum"] == list(BASELINES)
    assert training["balancing"]["enum"] == ["none", *BALANCING]
    assert training["network"]["properties"]["name"]["enum"] == list(NETWORKS)
    assert sorted(training["loss"]["enum"]) == sorted(LOSSES)
    assert sorted(QUANTITATIVE_LOSSES) == sorted(name for name, loss in LOSSES.items() if not loss.of_labels)
    assert set(config["sweep"]["properties"]["methods"]["items"]["enum"]) <= set(METHODS)


def digests(scripts):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(digest, "SCRIPTS", scripts)
        named = {"make_report": section_modules()}
        return {name: digest.code_digest(name, named.get(name, ())) for name in LOOKED_AT}


@pytest.fixture(scope="module")
def known():
    """Digests of the code as it is."""
    return digests(REPOSITORY / "workflow" / "scripts")


@pytest.mark.parametrize("title", EXAMPLES)
def test_what_runs_again_is_what_the_table_says(title, known, tmp_path):
    copy = tmp_path / "workflow"
    shutil.copytree(REPOSITORY / "workflow", copy, ignore=shutil.ignore_patterns("__pycache__"))
    if title == "A key of the config":  # of the method that an example before it adds
        for step in EXAMPLES["A grouping method"]:
            step.do(tmp_path)
        known = digests(copy / "scripts")
    for step in EXAMPLES[title]:
        step.do(tmp_path)
    now = digests(copy / "scripts")
    again = {name for name in LOOKED_AT if now[name] != known[name]}
    assert again == RERUNS[table()[title][1]]


def test_the_examples_keep_the_house_rules(checkout):
    ours = {step.path for steps in EXAMPLES.values() for step in steps if step.path.endswith(".py")}
    for words in (["ruff", "check"], ["ruff", "format", "--check"]):
        run = subprocess.run(
            [sys.executable, "-m", *words, *sorted(ours)],
            cwd=checkout,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stdout + run.stderr


ASKED = """
import json, sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import torch

from epigroup import affinity, grouping
from epigroup.affinity.alike import cosines
from epigroup.audit import RUN
from epigroup.audit.lone_tasks import check
from epigroup.baselines import load as baseline
from epigroup.baselines.material import Bins
from epigroup.grouping.method import GroupingInputs, Heads, checked, load
from epigroup.networks.architecture import complete_network
from epigroup.networks.losses import find_loss
from epigroup.training.balancing import find_method
from epigroup.training.balancing.random_weights import RandomWeights

tasks = list("abcdef")
heads = Heads(np.diag([1, 5, 2, 6, 4.5, 20]).astype(np.float32), np.zeros(6, np.float32))
def groups(**options):
    given = GroupingInputs("g", tasks, pd.DataFrame({"task_id": tasks}), 2, 1, heads=(heads,), options=options)
    return checked(load(grouping.entry("lengths"))(given), given).groups.tolist()

def balanced(step):
    losses = torch.ones(3, requires_grad=True)
    balancer = RandomWeights(None, SimpleNamespace(head=SimpleNamespace(bias=torch.zeros(3))), 3, 7)
    balancer.backward(losses, None, step)
    return [balancer.weights.tolist(), losses.grad.tolist()]

rng = np.random.default_rng(0)
codes = rng.integers(0, 5, (400, 50)).astype(np.uint8)
rich = ((codes[:, :-1] == 1) & (codes[:, 1:] == 2)).sum(1)[:, None] > 2
bins = [Bins(np.zeros(200, int), np.arange(at, at + 200), rich[at : at + 200]) for at in (0, 200)]
material = SimpleNamespace(train=bins[0], validation=bins[1], l2=(0.01,), windows=lambda of: codes[of.start])
scores = baseline("dinucleotides")(material)(bins[1])[:, 0]
table = pd.DataFrame({"task_id": tasks, "modality": ["HM", "HM", "CA", "CA", "CA", "TFB"]})
table.to_csv("t.tsv", sep="\\t", index=False)
print(json.dumps({
    "groups": [groups(), groups(cut="gaps")],
    "options": [grouping.options("lengths", {}), grouping.needs("lengths", {})],
    "alike": [affinity.grouped_by("tag"), cosines(np.array([[1.0, 0], [1, 1], [0, 2]])).tolist()],
    "balanced": [find_method("random_weights").entry, balanced(0), balanced(0), balanced(1)],
    "huber": find_loss("huber").build(None)(torch.tensor([0.5, 3.0]), torch.zeros(2)).tolist(),
    "tiny": complete_network({"name": "tiny"}, 301)["channels"],
    "baseline": [float(scores[rich[200:, 0]].mean()), float(scores[~rich[200:, 0]].mean())],
    "audit": [RUN["lone_tasks"][1], vars(check({"tasks": "t.tsv"}, {}))],
}))
"""


def test_the_new_methods_do_what_they_say(checkout, tmp_path):
    found = run_in(checkout, ASKED, tmp_path)
    assert found["groups"] == [[0, 1, 0, 1, 0, 1], [0, 0, 0, 0, 0, 1]]
    assert found["options"] == [["cut"], ["heads"]]
    takes, cosines = found["alike"]
    assert takes == ["tag", "hoa", "alike", "surrogate", "grad_tag"] and cosines[0] == pytest.approx(
        [1, 2**-0.5, 0]
    )
    entry, first, again, other = found["balanced"]
    assert entry.endswith("random_weights:RandomWeights") and first == again != other
    weights, gradient = first
    assert sum(weights) == pytest.approx(3) and gradient == pytest.approx([one / 3 for one in weights])
    assert found["huber"] == pytest.approx([0.125, 2.5])
    assert found["tiny"] == [8, 16]
    high, low = found["baseline"]
    assert high > low + 0.3
    title, finding = found["audit"]
    assert title == "Modalities of one task"
    assert (finding["verdict"], finding["details"]) == ("warn", {"tasks": ["f"]})


SCORED = """
import json, sys
from epigroup.comparison.strategies import compare_strategies
from epigroup.evaluation.predictions import evaluate_strategy
from epigroup.results.catalogue import FILES
kind, files, metrics, blocks, cfg, outputs, compared = json.load(sys.stdin)
evaluate_strategy(*files, metrics, blocks, cfg)
compare_strategies([metrics], [blocks], [], outputs, compared)
print(json.dumps([one.name for one in FILES["metrics"].columns]))
"""


def test_a_new_score_has_its_columns(checkout, tmp_path):
    metrics, outputs, described = evaluated("labels", tmp_path, checkout / "workflow" / "scripts", SCORED)
    scores = pd.read_csv(metrics, sep="\t")
    columns = list(scores)
    assert columns.index("test_jaccard") == columns.index("test_recall") + 1
    assert {"test_jaccard_low", "test_jaccard_high"} <= set(columns) <= set(described)
    pd.testing.assert_series_equal(
        scores["test_jaccard"], scores["test_f1"] / (2 - scores["test_f1"]), check_names=False
    )
    assert "mean_jaccard" in pd.read_csv(outputs["strategies"], sep="\t")


def test_the_pages_made_from_the_code_follow(checkout):
    for name in ("outputs", "config"):
        script = [sys.executable, f"docs/reference/{name}.py"]
        stale = subprocess.run(
            [*script, "--check"], cwd=checkout, capture_output=True, text=True, check=False
        )
        assert stale.returncode == 1 and "run make reference" in stale.stderr
        subprocess.run(script, cwd=checkout, check=True)
    keys = (checkout / "docs/reference/config.md").read_text(encoding="utf-8")
    assert "| `groupings.NAME.cut` | `equal`, `gaps` | `equal` | `lengths`: where the order" in keys
    page = (checkout / "docs/reference/outputs.md").read_text(encoding="utf-8")
    assert (
        "| `test_jaccard` | Jaccard index on the test examples. TP / (TP + FP + FN) at the threshold; "
        in page
    )
    assert "| `mean_jaccard` | " in page and "| `depth` | Peaks of each task | " in page
    assert "| `lone_tasks` | Modalities of one task | " in page
    assert "| `dinucleotides` | logistic regression on counts of the 16 dinucleotides | yes |" in page
    assert "### gc\n\n`genome/gc.tsv`\n" in page and "| `gc` | Share of G and C among these" in page


RENDER = """
import json, pickle
from pathlib import Path
from epigroup.report.figures.draw import draw_figures
from epigroup.report.figures.record import Shown
from epigroup.report.page import render
from epigroup.results.run import load
given = pickle.loads(Path("given.pickle").read_bytes())
draw_figures(given["inputs"], ["depth.svg", "depth.png", "depth.tsv"], palette={}, dpi=50, shown=Shown(joint="SMTL"))
page = render(load(given["inputs"]), palette={}, drawn={"depth": Path("depth.svg").absolute()}, **given["settings"])
print(json.dumps(page))
"""


def test_a_new_section_and_a_new_figure_stand_on_the_page(checkout, tmp_path):
    given = {"inputs": report_tree.build(tmp_path / "tree"), "settings": report_settings.settings()}
    (tmp_path / "given.pickle").write_bytes(pickle.dumps(given))
    page = run_in(checkout, RENDER, tmp_path)
    keys = re.findall(r'<section id="(\w+)"', page)
    assert keys[keys.index("data") + 1] == "peak_counts"
    section = section_of(page, "peak_counts")
    assert "Peak counts" in section and '<th scope="row">' in section
    assert 'href="#peak_counts"' in page
    assert 'alt="Figure depth: Peaks of each task"' in section_of(page, "data")


@pytest.fixture(scope="module")
def config(checkout):
    """What the page's own examples of configs hold, beside the one-minute config: a file of the copy."""
    more = {
        "baselines": {"names": ["prior", "dinucleotides"]},
        "strategies": {"BALANCED": {"grouping": "all", "training": {"balancing": "random_weights"}}},
    }
    for title in ("A grouping method", "An affinity"):
        for block in blocks(title, "yaml"):
            for section, entries in yaml.safe_load(block).items():
                more.setdefault(section, {}).update(entries)
    more["groupings"]["lengths"]["cut"] = "gaps"
    (checkout / "stranger.yaml").write_text(yaml.safe_dump(more))
    return ["--configfile", MINI, "stranger.yaml"]


def test_a_dry_run_has_the_jobs_of_what_is_new(checkout, config):
    said = run_snakemake(checkout, "-n", *config).stdout
    jobs = re.split(r"\n\n", said)

    def job(rule, *words):
        return any(f"rule {rule}:" in one and all(word in one for word in words) for one in jobs)

    assert job("group_tasks", "results/groupings/lengths/seed1/groups.tsv", "heads/SMTL/seed1/heads.h5")
    assert job("train_pack", "models/LENGTHS/seed1/pack0") and job(
        "train_pack", "models/BALANCED/seed1/pack0"
    )
    assert job("measure_affinity", "affinity/alike/SMTL/seed1.h5")
    assert job("group_tasks", "groupings/by_alike/seed1/groups.tsv")
    assert job("judge_baseline", "baselines/dinucleotides/metrics.tsv")
    assert job("draw_data_figures", "figures/positives.svg") and job("draw_figures", "figures/depth.svg")
    wrong = run_snakemake(
        checkout, "-n", *config, "--config", "groupings={lengths: {cut: ends}}", check=False
    )
    assert wrong.returncode == 1 and "groupings.lengths.cut: value 'ends'" in wrong.stdout + wrong.stderr


def test_the_new_rule_makes_its_file(checkout, config):
    run_snakemake(checkout, "-c1", *config, "--", "results/genome/gc.tsv")
    found = pd.read_csv(checkout / "results/genome/gc.tsv", sep="\t")
    assert list(found) == ["chrom", "bases", "gc"] and list(found["chrom"]) == [
        "chr1",
        "chr2",
        "chr3",
        "chr4",
    ]
    assert found["gc"].between(0.2, 0.8).all() and (found["bases"] <= 100_000).all()
