"""The files and settings of trainings: packs, rates of searches, the study of patience, the precision."""

from epigroup.run import (
    calibration,
    comparison,
    patience,
    search,
    training,
)
from epigroup.run.settings import settings
from everything_config import run_of


def test_models_are_the_packs_of_each_strategy(config):
    config["strategies"]["STL"]["groups_per_pack"] = 3
    run = run_of(config)
    for strategy, seed in run.trained_runs():
        models = training.models(run, strategy, seed)
        assert len(models) == len(run.packs(strategy)) == len(set(models))
        assert training.curves(run, strategy, seed) == [
            path.replace("safetensors", "curves.tsv") for path in models
        ]
    n_packs = len(run.packs("STL"))
    assert n_packs == 3
    for group in range(len(run.tasks)):
        of_group = training.model_of_group(run, "STL", 1, str(group))
        assert of_group == f"results/models/STL/seed1/pack{group % n_packs}.safetensors"


def test_threads_and_what_only_looks_different_rerun_no_training(config):
    one = run_of(config)
    config["training"] = {**config["training"], "threads": 7}
    config["figures"] = {"dpi": 77}
    other = run_of(config)
    assert training.threads(other, "SMTL") == 7
    for strategy in one.strategies:
        assert settings(one, "training", strategy) == settings(other, "training", strategy)


def test_the_fine_trials_of_a_search_follow_the_coarse_ones_of_their_own_groups(config):
    searched = run_of(
        config,
        searches={
            "joint": {"rates": [0.001, 0.01], "refine": 0.004},
            "alone": {"method": "halving", "rates": [0.001, 0.01, 0.1], "tasks": 2, "steps_share": 0.5},
        },
        strategies={
            "FOUND": {"grouping": "modality", "groups_per_pack": 2, "search": "joint"},
            "ALONE": {"grouping": "single", "groups_per_pack": 8, "search": "alone"},
        },
    )
    folder = "results/search/FOUND/seed1"
    assert searched.searched == ["ALONE", "FOUND"]
    assert search.trials(searched, "FOUND", 1) == [
        f"{folder}/{phase}{part}.tsv" for phase in ("coarse", "fine") for part in (0, 1)
    ]
    assert search.coarse_trials(searched, "FOUND", 1, "fine", "1") == [f"{folder}/coarse1.tsv"]
    assert search.coarse_trials(searched, "FOUND", 1, "coarse", "1") == []
    assert search.trials(searched, "ALONE", 1) == ["results/search/ALONE/seed1/halving0.tsv"]
    assert len(search.part_settings(searched, "ALONE", 1)["sample"]) == 2
    assert (
        training.rates(searched, "FOUND", 1) == f"{folder}/rates.tsv"
        and training.rates(searched, "SMTL", 1) == []
    )
    assert settings(searched, "training", "FOUND")["learning_rate"] is None
    costs = comparison.cost_inputs(searched)
    assert costs["trials"] == [f"results/search/{name}/seed1/trials.tsv" for name in searched.searched]
    assert len(costs["groups"]) == len(searched.trained_runs()) and len(costs["affinities"]) == 0


def test_the_patience_study_has_a_pack_for_so_many_groups(config):
    study = {"strategy": "STL", "per_modality": 1, "groups_per_pack": 2}
    told = patience.tables(run_of(config, patience_study=study))
    assert told["study_curves"] == [f"results/patience/STL/seed1/pack{pack}.curves.tsv" for pack in (0, 1)]
    assert patience.tables(run_of(config)) == {}


def test_a_network_is_run_in_the_precision_that_was_measured(config):
    auto = run_of(config, training={"precision": "auto"})
    trained = settings(auto, "training", "SMTL")
    assert calibration.in_precision(auto, trained)["precision"] == "auto"
    [network] = calibration.calibration_settings(auto, "cpu")["networks"]
    assert network["network"] == trained["network"] and network["window"] == 301
    named = calibration.calibration_settings(run_of(config), "cpu")
    assert (named["named"], named["networks"]) == ("fp32", [])
