"""Which files an affinity is measured on, what its job is told, and which edits of the library reach it."""

import pytest

from epigroup.run import affinity, training
from epigroup.run.settings import settings
from everything_config import run_of

SHARDS = [f"results/dataset/shards/chr{i}.h5" for i in (1, 2, 3, 4)]
MODELS = ["results/models/SMTL/seed1/pack0.safetensors"]
CURVES = ["results/models/SMTL/seed1/pack0.curves.tsv"]


def test_a_trained_network_is_run_on_the_examples(run):
    found = affinity.inputs(run, "sca", "SMTL", 1)
    assert found == {"dataset": "results/dataset/dataset.json", "shards": SHARDS, "models": MODELS}


@pytest.mark.parametrize(("checks", "runs"), [(0, False), (2, True)])
def test_what_was_collected_along_a_training_runs_a_network_for_its_checks_alone(config, checks, runs):
    config["affinities"]["tag"] |= {"trunk_checks": checks}
    run = run_of(config)
    assert affinity.runs_networks(run, "tag") == runs
    found = affinity.inputs(run, "tag", "SMTL", 1)
    assert ("dataset" in found) == runs and found["models"] == MODELS and found["curves"] == CURVES
    assert ("training" in affinity.measure_settings(run, "tag", "SMTL")) == runs


def pilot(config):
    """A grouping by the scores of pairs, which a strategy trains, and one of all tasks."""
    config["groupings"] = {
        "all": {"method": "all"},
        "two": {"method": "pairs"},
        "hoa": {"method": "tag", "k": 2, "affinity": "hoa", "heads_from": "SMTL"},
    }
    config["affinities"] = {"hoa": {"measure": "hoa", "pairs_from": ["PAIRS"]}}
    config["strategies"] = {
        "SMTL": {"grouping": "all"},
        "PAIRS": {"grouping": "two", "groups_per_pack": 30},
        "HOA": {"grouping": "hoa", "groups_per_pack": 2},
    }
    return run_of({key: value for key, value in config.items() if key != "sweep"})


def test_scores_of_pairs_are_read_from_tables(config):
    run = pilot(config)
    assert affinity.inputs(run, "hoa", "SMTL", 1) == {
        "pairs": ["results/evaluation/PAIRS/seed1/metrics.tsv"],
        "joint": "results/evaluation/SMTL/seed1/metrics.tsv",
    }
    assert affinity.files(run, "h5") == ["results/affinity/hoa/SMTL/seed1.h5"]


def test_a_trained_network_is_told_nothing_of_how_it_was_trained(config):
    run = run_of(config)
    told = affinity.measure_settings(run, "sca", "SMTL")
    assert set(told["training"]) <= set(affinity.UNTRAINED)
    other = run_of(config, training={"max_steps": 50, "patience": 9, "optimiser": "sgd"})
    assert told == affinity.measure_settings(other, "sca", "SMTL")
    assert settings(run, "training", "SMTL") != settings(other, "training", "SMTL")


def test_a_measure_that_trains_again_is_told_all_and_follows_what_balances_its_tasks(config):
    config["affinities"]["sca"] |= {"network": "training"}
    run = run_of(config, training={"balancing": "gradnorm"})
    again = affinity.measure_settings(run, "sca", "SMTL")
    assert again["training"]["learning_rate"] == run.config["training"]["learning_rate"]
    assert "models" not in affinity.inputs(run, "sca", "SMTL", 1)
    modules = affinity.measure_modules(run, "sca", "SMTL")
    assert modules == ("affinity.sca", *training.balancing_modules(run, "SMTL")) and len(modules) > 1
    assert affinity.measure_modules(run, "tag", "SMTL")[1:] == ()


def test_a_searched_rate_is_read_where_a_network_is_trained_by_it(config):
    config["searches"] = {"found": {"rates": [0.001, 0.01], "refine": 0.004}}
    config["strategies"]["SMTL"] |= {"search": "found"}
    run = run_of(config)
    assert affinity.inputs(run, "sca", "SMTL", 1)["rates"] == "results/search/SMTL/seed1/rates.tsv"
