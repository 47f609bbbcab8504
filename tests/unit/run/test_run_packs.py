"""What a training's job reads and is told: warm starts, overlapping groups, what looks on, devices."""

from pathlib import Path

import pytest

from epigroup.run import grouping, training
from epigroup.run.settings import settings
from everything_config import run_of

LOOKS_ON = "affinity.look_ahead"


def test_what_looks_on_is_told_to_the_trainings_that_it_looks_on_alone(config):
    run = run_of(config)
    looked_on = training.pack_settings(run, "SMTL", 1)
    assert list(looked_on["look_ahead"]["affinities"]) == ["tag"]
    assert LOOKS_ON in training.pack_modules(run, "SMTL", 1)
    assert "look_ahead" not in training.pack_settings(run, "STL", 1)
    assert LOOKS_ON not in training.pack_modules(run, "STL", 1)
    config["affinities"]["tag"] |= {"network": "trained"}
    trained = run_of(config)
    assert training.pack_settings(trained, "SMTL", 1) == settings(trained, "training", "SMTL")


def test_memory_for_what_looks_on_grows_with_the_square_of_the_tasks(run):
    assert training.looks_mb(run, "STL", 1) == 0
    assert training.looks_mb(run, "SMTL", 1) == 22 * 8 * len(run.tasks) ** 2 // 1_000_000


def test_groups_that_start_from_the_network_of_all_tasks_read_it(config):
    assert training.warm_model(run_of(config), "KMTL", 1) == []
    config["strategies"]["KMTL"] |= {"warm_start": "SMTL"}
    assert training.warm_model(run_of(config), "KMTL", 1) == "results/models/SMTL/seed1/pack0.safetensors"


def test_where_a_task_is_in_several_groups_a_table_says_which_serves_it(config):
    run = run_of(config)
    assert training.serving(run, "KMTL", 1) == []
    assert training.served_by(run, "KMTL", 1) == "results/groupings/kmeans/seed1/groups.tsv"
    Path("own.tsv").touch()
    config["groupings"]["own"] = {"method": "table", "file": "own.tsv", "k": 2, "overlap": True}
    config["strategies"]["OWN"] = {"grouping": "own", "groups_per_pack": 2}
    run = run_of(config)
    assert (
        training.serving(run, "OWN", 1) == training.served_by(run, "OWN", 1) == run.file("serving", "OWN", 1)
    )


@pytest.mark.parametrize(("device", "gpus"), [("cpu", 0), ("cuda", 1), ("auto", 1)])
def test_a_gpu_is_asked_for_unless_the_device_is_the_processor(config, device, gpus):
    run = run_of(config, training={"device": device})
    assert training.gpus(run, "SMTL") == gpus and run.on_gpu == bool(gpus)


def test_a_grouping_reads_what_its_method_needs(run):
    heads, covariance = "results/heads/SMTL/seed1/heads.h5", "results/heads/SMTL/seed1/covariance.h5"
    assert grouping.inputs(run, "kmeans", 1) == {"heads": [heads]}
    assert grouping.inputs(run, "ward_logit", 1) == {
        "heads": [heads], "covariance": [covariance], "labels": "results/dataset/label_correlation.h5",
    }  # fmt: skip
    assert grouping.inputs(run, "random", 1) == {"like": "results/groupings/kmeans/seed1/groups.tsv"}
    assert grouping.inputs(run, "sca", 1) == {"affinity": "results/affinity/sca/SMTL/seed1.h5"}
    assert grouping.inputs(run, "modality", 1) == grouping.inputs(run, "all", 1) == {}


def test_an_edit_of_one_method_reaches_its_own_groupings(run):
    assert grouping.method_modules(run, "kmeans") == ("grouping.kmeans",)
    assert grouping.method_modules(run, "ward_logit") == ("grouping.ward",)
    assert grouping.with_torch(run) == ["sca"]


def test_the_sweep_is_held_against_the_truth_where_there_is_one(run):
    found = grouping.sweep_inputs(run, 1)
    assert found["heads"] == "results/heads/SMTL/seed1/heads.h5" and found["truth"] == grouping.planted(run)
    assert grouping.sweep_tables(run) == ["results/groupings/sweep/seed1/sweep.tsv"]
