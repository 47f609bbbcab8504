"""What the audit is told of a run: what is fitted, what each strategy learns, and how test reaches no decision."""

from pathlib import Path

import pytest

from checkouts import LIBRARY
from epigroup.run import audit
from everything_config import run_of


def fitted(run):
    """The names of what is fitted."""
    return {name for name, is_so in audit.fitted_facts(run).items() if is_so is True}


def test_what_is_fitted_follows_the_config(run, config):
    assert fitted(run) == {"called", "clusterings", "affinities", "averages", "sweep"}
    rows = [f"{task}\t{group}\n" for task in run.tasks for group in (0, 1)]
    Path("own.tsv").write_text("".join(["task_id\tgroup\n", *rows]))
    config["groupings"]["own"] = {"method": "table", "file": "own.tsv", "k": 2, "overlap": True}
    config["strategies"]["OWN"] = {
        "grouping": "own",
        "groups_per_pack": 2,
        "training": {"sampling": "balanced", "positive_weights": "balanced"},
    }
    config["strategies"]["WARD"] = {"grouping": "ward_logit", "groups_per_pack": 3}
    config["choices"]["BEST"] = {"among": ["STL", "SMTL"]}
    more = run_of(config)
    of_config = {"covariance", "label_correlation", "overlap", "sampling", "choices", "positive_weights"}
    assert fitted(more) - fitted(run) == of_config
    assert audit.fitted_facts(more)["tables"] == ["own"]


def test_every_decision_has_its_files(config):
    config["choices"] = {"BEST": {"among": ["STL", "SMTL"]}}
    run = run_of(config)
    assert audit.choice_tables(run) == [
        f"results/{folder}evaluation/BEST/seed1/choice.tsv" for folder in ("", "all_mappable/")
    ]
    told = audit.inputs(run)
    assert len(told["candidates"]) == 4 and told["chosen"] == audit.choice_tables(run)
    assert len(told["metrics"]) == len(run.scored_runs())
    assert len(told["thresholds"]) == 2 * len(run.trained_runs())
    assert told["read_quality"] == "results/quality/quality.tsv"


def test_tasks_that_have_scores(config):
    config["choices"] = {"BEST": {"among": ["STL", "SMTL"]}}
    run = run_of(config)
    for name in ("SMTL", "BEST"):
        assert audit.scored_tasks(run, name) == run.tasks


@pytest.mark.parametrize("stage", ["DATASET", "RUN"])
def test_an_edit_of_a_check_reaches_the_audit(stage, run):
    modules = audit.audit_modules(stage)
    files = [LIBRARY / "epigroup" / f"{name.replace('.', '/')}.py" for name in modules]
    assert files and all(path.is_file() for path in files) and len(set(files)) == len(files)


def test_a_decision_made_of_test_is_told_with_the_file(run):
    """The origins say that the groups of kmeans are made of the predictions of test."""
    test = run.path("predictions/SMTL/seed1/test.h5")
    groups = run.file("groups", "kmeans", 1)
    made = {groups: ("group_tasks", (test,)), run.file("metrics", "KMTL", 1): ("evaluate_strategy", (test,))}
    told = audit.run_settings(run, made.get)
    assert told["leaks"] == {"groups": {groups: test}} and told["readers"] == ["evaluate_strategy"]
    assert audit.run_settings(run, {}.get)["leaks"] == {}
    assert told["followed"]["networks"] == len(audit.networks(run))
    assert [one["task_id"] for one in told["tasks"]] == run.tasks
