"""Groups that start from the network of all tasks, balanced tasks and a pilot of pairs, on the one-minute config."""

import shutil

import pandas as pd
import pytest
import yaml

from checkouts import EVERYTHING, run_snakemake
from epigroup.affinity.matrix import read_pieces
from epigroup.networks.model_files import load_network, read_info

PILOT = ["K562_ATAC", "K562_CTCF", "SKNSH_DNase", "SKNSH_REST"]
ROUNDS = ("1", "2", "3")
CONFIG = {
    "groupings": {
        **{f"round{n}": {"method": "pairs", "round": int(n), "k": 2, "tasks": PILOT} for n in ROUNDS},
        "hoa": {
            "method": "tag",
            "k": 2,
            "affinity": "hoa",
            "heads_from": "SMTL",
            "tasks": PILOT,
            "starts": 5,
        },
    },
    "affinities": {"hoa": {"measure": "hoa", "pairs_from": [f"ROUND{n}" for n in ROUNDS]}},
    "strategies": {
        "WARM": {"grouping": "modality", "groups_per_pack": 3, "warm_start": "SMTL", "search": "joint"},
        "WARM_RANDOM": {
            "grouping": "random",
            "groups_per_pack": 3,
            "warm_start": "SMTL",
            "training": {"adapter_rank": 2},
        },
        "FAMO": {"grouping": "all", "training": {"balancing": "famo"}},
        "TAG": {"grouping": "tag", "groups_per_pack": 2},
        **{f"ROUND{n}": {"grouping": f"round{n}", "groups_per_pack": 2} for n in ROUNDS},
        "HOA": {"grouping": "hoa", "groups_per_pack": 2},
    },
    "searches": {"joint": {"rates": [0.001, 0.01], "refine": 0.004, "steps_share": 0.25}},
}
TARGET = "results/comparison/costs.tsv"


@pytest.fixture(scope="module")
def made(finished_run, tmp_path_factory):
    """A copy of the finished run with more strategies."""
    folder = tmp_path_factory.mktemp("warm") / "run"
    shutil.copytree(finished_run, folder, symlinks=True)
    (folder / "warm.yaml").write_text(yaml.safe_dump(CONFIG))
    run_snakemake(folder, "-c2", TARGET, "--configfile", *EVERYTHING, "warm.yaml")
    return folder


def jobs(folder, config, *targets):
    """Rule and wildcards of what a dry run would do."""
    (folder / "changed.yaml").write_text(yaml.safe_dump(config))
    text = run_snakemake(folder, "-n", *targets, "--configfile", *EVERYTHING, "changed.yaml").stdout
    found, rule = set(), ""
    for line in text.splitlines():
        words = line.split()
        if len(words) > 1 and words[0] in ("rule", "localrule"):
            rule = words[1].rstrip(":")
        elif words[:1] == ["wildcards:"]:
            found.add((rule, " ".join(words[1:])))
    return found


def test_the_model_says_what_it_started_from(made):
    for strategy in ("WARM", "WARM_RANDOM"):
        info = read_info(made / f"results/models/{strategy}/seed1/pack0.safetensors")
        assert info.settings["warm_start"] == "SMTL"
    assert info.settings["adapter_rank"] == 2  # and the file holds a network as any other
    load_network(made / "results/models/WARM_RANDOM/seed1/pack0.safetensors", info, min(info.groups))
    assert "warm_start" not in read_info(made / "results/models/KMTL/seed1/pack0.safetensors").settings
    assert read_info(made / "results/models/FAMO/seed1/pack0.safetensors").settings["balancing"] == "famo"


def test_another_training_of_the_parent_reruns_the_child_and_its_search(made):
    changed = CONFIG["strategies"] | {"SMTL": {"grouping": "all", "training": {"max_steps": 30}}}
    found = jobs(made, CONFIG | {"strategies": changed}, "results/models/WARM/seed1/pack0.safetensors")
    trained = {wildcards for rule, wildcards in found if rule == "train_pack"}
    assert {"strategy=SMTL, seed=1, pack=0", "strategy=WARM, seed=1, pack=0"} == trained
    assert any(rule == "run_trials" and "strategy=WARM" in wildcards for rule, wildcards in found)


def test_another_parent_reruns_the_child_alone(made):
    changed = CONFIG["strategies"] | {
        "WARM_RANDOM": CONFIG["strategies"]["WARM_RANDOM"] | {"warm_start": "FAMO"}
    }
    target = "results/models/WARM_RANDOM/seed1/pack0.safetensors"
    found = jobs(made, CONFIG | {"strategies": changed}, target)
    assert found == {("train_pack", "strategy=WARM_RANDOM, seed=1, pack=0")}


def test_the_pilot_s_affinity_is_what_pairs_gain_over_the_network_of_all(made):
    scores = {
        name: pd.read_csv(made / f"results/evaluation/{name}/seed1/metrics.tsv", sep="\t").set_index(
            "task_id"
        )
        for name in ("SMTL", *(f"ROUND{n}" for n in ROUNDS))
    }
    affinity, task_ids = read_pieces(made / "results/affinity/hoa/SMTL/seed1.h5")
    for n in ROUNDS:
        groups = pd.read_csv(made / f"results/groupings/round{n}/seed1/groups.tsv", sep="\t").set_index(
            "task_id"
        )["group"]
        for one in PILOT:
            (mate,) = (task for task in PILOT if task != one and groups[task] == groups[one])
            gain = (
                scores[f"ROUND{n}"].loc[one, "validation_auprc"] - scores["SMTL"].loc[one, "validation_auprc"]
            )
            assert affinity.matrix[task_ids.index(mate), task_ids.index(one)] == pytest.approx(gain, abs=1e-5)
    found = pd.read_csv(made / "results/groupings/hoa/seed1/groups.tsv", sep="\t")
    assert sorted(found["task_id"]) == PILOT and found["group"].nunique() == 2


def test_costs_count_what_came_before(made):
    costs = pd.read_csv(made / TARGET, sep="\t", dtype={"seed": str}).set_index(["strategy", "seed"])
    smtl, kmtl, warm, tag = (costs.loc[name, "1"] for name in ("SMTL", "KMTL", "WARM", "TAG"))
    trials = pd.read_csv(made / "results/search/WARM/seed1/trials.tsv", sep="\t")
    close = {"rel": 1e-4}
    assert warm["search_hours"] == pytest.approx(trials["seconds"].sum() / 3600, **close)
    assert warm["warm_start_hours"] == pytest.approx(smtl["hours"], **close)
    whole = warm["hours"] + warm["search_hours"] + smtl["hours"]
    assert warm["hours_in_all"] == pytest.approx(whole, **close)
    assert kmtl["heads_hours"] == pytest.approx(smtl["hours"], **close)
    assert kmtl["hours_in_all"] == pytest.approx(kmtl["hours"] + smtl["hours"], **close)
    # the affinity was collected while SMTL trained
    assert tag["affinity_hours"] > 0 and tag["heads_hours"] == pytest.approx(smtl["hours"], **close)
    whole = tag["hours"] + tag["affinity_hours"] + smtl["hours"]
    assert tag["hours_in_all"] == pytest.approx(whole, **close)
    assert tag["flop_in_all"] == pytest.approx(tag["flop"] + smtl["flop"], **close)
    assert costs.loc[("FAMO", "1"), "flop"] > smtl["flop"] * costs.loc[("FAMO", "1"), "steps"] / smtl["steps"]
