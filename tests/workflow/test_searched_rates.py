"""Searches of learning rates and the patience study on the one-minute config, beside its own strategies."""

import pandas as pd
import pytest
import yaml

from checkouts import EVERYTHING, run_snakemake
from described_tables import faults
from epigroup.networks.model_files import read_info

CONFIG = {
    "searches": {
        "joint": {"rates": [0.001, 0.01], "refine": 0.004, "steps_share": 0.25},
        "alone": {"method": "halving", "rates": [0.001, 0.01, 0.1], "tasks": 2, "steps_share": 0.5},
    },
    "strategies": {
        "FOUND": {"grouping": "modality", "groups_per_pack": 3, "search": "joint"},
        "ALONE": {"grouping": "single", "groups_per_pack": 8, "search": "alone"},
    },
    "running": {"data": "disk"},
    "patience_study": {"strategy": "STL", "per_modality": 1, "groups_per_pack": 3, "max_steps": 30},
}
TARGETS = [
    "results/models/FOUND/seed1/pack0.safetensors",
    "results/search/ALONE/seed1/rates.tsv",
    "results/patience/STL/seed1/study.tsv",
]


@pytest.fixture(scope="module")
def searched(finished_run):
    (finished_run / "search.yaml").write_text(yaml.safe_dump(CONFIG))
    run_snakemake(finished_run, "-c2", *TARGETS, "--configfile", *EVERYTHING, "search.yaml")
    return finished_run / "results"


def table(path):
    return pd.read_csv(path, sep="\t")


def test_every_table_is_described_column_by_column(searched):
    assert faults(searched) == []


def test_the_rate_that_won_is_the_rate_that_trained(searched):
    trials = table(searched / "search/FOUND/seed1/trials.tsv")
    rates = table(searched / "search/FOUND/seed1/rates.tsv").set_index("group")["learning_rate"]
    assert len(rates) == 3
    for group, mine in trials.groupby("group"):
        won = mine.loc[mine["validation_loss"].idxmin()]
        assert rates[group] == won["learning_rate"]
        assert mine.loc[mine["chosen"] == 1, "learning_rate"].unique() == [rates[group]]
        coarse = mine[mine["phase"] == "coarse"]
        best = coarse.loc[coarse["validation_loss"].idxmin(), "learning_rate"]
        tried = {round(best + step, 9) for step in (-0.004, 0.004)}
        assert set(mine.loc[mine["phase"] == "fine", "learning_rate"]) == {r for r in tried if r > 0}
        assert set(mine["steps"]) == {10}
    info = read_info(searched / "models/FOUND/seed1/pack0.safetensors")
    assert info.learning_rate == rates.to_dict()


def test_a_sample_finds_one_rate_for_all_tasks(searched):
    trials = table(searched / "search/ALONE/seed1/trials.tsv")
    rates = table(searched / "search/ALONE/seed1/rates.tsv")
    assert len(rates) == 8 and rates["learning_rate"].nunique() == 1
    assert trials["group"].nunique() == 2 and set(trials["networks"]) == {2}
    means = trials.groupby("learning_rate")["validation_loss"].mean()
    assert rates["learning_rate"][0] == means.idxmin()


def test_the_study_trains_its_profiles_to_the_end(searched):
    study = table(searched / "patience/STL/seed1/study.tsv")
    assert sorted(study["modality"]) == ["CA", "HM", "TFB"]
    assert set(study["steps"]) == {30} and set(study["validations"]) == {3}
    assert not list((searched / "patience/STL/seed1").glob("*.safetensors"))


def test_another_search_reruns_itself_and_what_it_finds_rates_for(finished_run, searched):
    changed = CONFIG["searches"]["joint"] | {"refine": 0.003}
    text = yaml.safe_dump(CONFIG | {"searches": CONFIG["searches"] | {"joint": changed}})
    (finished_run / "changed.yaml").write_text(text)
    run = run_snakemake(finished_run, "-n", *TARGETS, "--configfile", *EVERYTHING, "changed.yaml")
    rules = [line.split()[0] for line in run.stdout.splitlines() if line[:1].isalpha()]
    assert {"run_trials", "choose_rates", "train_pack"} <= set(rules)
    assert "strategy=ALONE" not in run.stdout and "train_full_length" not in rules


def test_a_sample_of_more_tasks_than_there_are_is_refused(finished_run):
    wrong = {"alone": CONFIG["searches"]["alone"] | {"tasks": 9}, "joint": CONFIG["searches"]["joint"]}
    (finished_run / "wrong.yaml").write_text(yaml.safe_dump(CONFIG | {"searches": wrong}))
    run = run_snakemake(finished_run, "-n", "--configfile", *EVERYTHING, "wrong.yaml", check=False)
    assert run.returncode
    assert "searches.alone.tasks: a sample of 9 tasks of 8" in run.stdout + run.stderr
