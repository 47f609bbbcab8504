"""A new profile whose peaks lie where those of one task of the run do: it belongs to that task's group."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from epigroup.adopt.adopt_profiles import AdoptFiles, adopt_profiles
from epigroup.adopt.compare_adoptions import AdoptionTables, compare_adoptions
from epigroup.adopt.few_shot import FewShotFiles, measure_few_shot
from epigroup.core.errors import InputError
from epigroup.core.hdf5 import read_hdf5
from epigroup.core.settings import as_given
from epigroup.core.tables import read_figures, read_table
from epigroup.dataset.labels import pack, unpack
from epigroup.dataset.shards import read_shard, write_shard
from epigroup.dataset.summary import summarise_dataset
from epigroup.networks.model_files import read_info, read_weights
from epigroup.prediction.predict import ScoringSettings, predict_split
from planted_examples import SETTINGS, run_pack, settings, write_files, write_groups

CFG = SETTINGS | {"max_steps": 240, "validate_every": 40, "learning_rate": 0.01}
GROUPS = {0: ["task0", "task1"], 1: ["task2", "task3"]}
TOLD = {
    "tasks": ["odd", "twin"], "train": "head", "n_negatives": 10_000, "batch_size": 64, "both_strands": True, "seed": 1,
    "training": None,
}  # fmt: skip
SPAN = {"start": 0, "end": None}


@pytest.fixture(scope="module")
def run(tmp_path_factory, one_thread):
    """The files of a run of four tasks in two groups, and of the data set with two new ones: `twin` has four of five
    labels of task3, `odd` has labels at random."""
    folder = tmp_path_factory.mktemp("run")
    files = write_files(folder, n=480)
    write_groups(folder / "groups.tsv", GROUPS)
    model = run_pack(folder, files, name="SMTL", cfg=CFG)
    rng = np.random.default_rng(9)
    shards = []
    for path in files["shard_paths"]:
        shard = read_shard(path)
        labels = unpack(shard.labels, 4)
        twin = labels[:, 3] & (rng.random(len(labels)) < 0.8)
        odd = rng.random(len(labels)) < 0.2
        both = np.column_stack([labels, odd, twin])
        shards.append(folder / f"new.{path.name}")
        ids = (*shard.task_ids, "odd", "twin")
        write_shard(shards[-1], replace(shard, task_ids=ids, labels=pack(both), n_peaks=both.sum(0)))
    new = folder / "new.json"
    rule = {"train": "rest", "rule": "window"}
    spans = {"validation": [{"chrom": "chrVal", **SPAN}], "test": [{"chrom": "chrTest", **SPAN}]}
    summarise_dataset(shards, new, splits=rule | spans, task_ids=ids)
    return {
        "genome": files["genome_h5"],
        "run_dataset": files["dataset_json"],
        "dataset": new,
        "shards": shards,
    }, model


def adopted(run, folder, **told):
    files, model = run
    made = {key: folder / key for key in ("model", "groups", "starts")}
    adopt_profiles(
        AdoptFiles(**files, models=[model], **made), TOLD | told, strategy="KMTL", device="cpu", code="c0de"
    )
    return made


def curve(run, folder, **told):
    files, model = run
    out = folder / "curve.tsv"
    few = {key: TOLD[key] for key in ("n_negatives", "batch_size", "both_strands", "seed")}
    alone = as_given(settings(CFG | {"max_steps": 40, "reverse_complement": True}))
    measure_few_shot(
        FewShotFiles(**files, models={"KMTL": [model]}, curve=out),
        few | {"positives": [10, 30], "draws": 2, "alone": alone} | told,
        task="twin", seed=1, device="cpu",
    )  # fmt: skip
    return read_figures(out, names=("task_id", "start"))


@pytest.fixture(scope="module")
def made(run, tmp_path_factory):
    return adopted(run, tmp_path_factory.mktemp("made"))


def test_a_profile_belongs_to_the_group_that_knows_its_motif(made):
    starts = read_figures(made["starts"], names=("task_id", "strategy", "trained"))
    of_twin = starts[starts["task_id"] == "twin"].set_index("group")
    assert of_twin["chosen"].to_dict() == {0: 0, 1: 1}
    assert of_twin.loc[1, "validation_loss"] < 0.97 * of_twin.loc[0, "validation_loss"]
    of_odd = starts[starts["task_id"] == "odd"]
    assert of_odd["chosen"].sum() == 1
    # nothing to be known: at best what its share of positives says, and the strongest penalty
    assert (of_odd["penalty"] >= 0.01).all()


def test_its_network_is_the_groups_with_a_head_of_its_own_and_gives_that_loss(run, made, tmp_path):
    files, model = run
    info = read_info(made["model"])
    assert info.groups == {0: ["odd"], 1: ["twin"]}
    own, start = read_weights(made["model"], 1), read_weights(model, 1)
    assert set(own) == set(start)
    for name, tensor in own.items():
        if not name.startswith("head."):
            assert np.array_equal(tensor, start[name]), name
    assert own["head.weight"].shape == (1, SETTINGS["network"]["hidden"])
    out = tmp_path / "validation.h5"
    predict_split(
        [made["model"]], files["genome"], files["dataset"], files["shards"], split="validation", out=out,
        scoring=ScoringSettings(64, both_strands=True, device="cpu"),
    )  # fmt: skip
    with read_hdf5(out) as store:
        chance = store["probability"][:, 5].astype(float)
        labels = unpack(store["labels"][()], 6)[:, 5]
        assert np.isnan(store["probability"][:, :4]).all()
    loss = -np.mean(np.where(labels, np.log(chance), np.log1p(-chance)))
    starts = read_table(made["starts"])
    told = starts[(starts["task_id"] == "twin") & (starts["chosen"] == 1)]["validation_loss"].item()
    assert loss == pytest.approx(told, abs=2e-3)  # scores are float16


def test_the_same_again_is_the_same(run, made, tmp_path):
    again = adopted(run, tmp_path)
    for key, path in made.items():
        assert again[key].read_bytes() == path.read_bytes(), key


def test_a_whole_network_is_kept_only_where_validation_loss_falls(run, made, tmp_path):
    few = as_given(settings(CFG | {"max_steps": 60, "validate_every": 20, "learning_rate": 0.002}))
    whole = adopted(run, tmp_path, train="network", training=few)
    before, after = (read_table(files["starts"]).set_index(["task_id", "group"]) for files in (made, whole))
    assert before["validation_loss"].equals(after["validation_loss"])
    chosen = after[after["chosen"] == 1]
    for place, trained, loss in zip(chosen.index, chosen["trained"], chosen["trained_loss"], strict=True):
        if trained == "network":
            assert loss < before.loc[place, "validation_loss"]
        else:
            assert loss == before.loc[place, "validation_loss"]
    assert (after[after["chosen"] == 0]["trained"] == "head").all()
    # a rate at which nothing can be learnt: heads stay
    spoilt = as_given(settings(CFG | {"max_steps": 20, "validate_every": 20, "learning_rate": 5.0}))
    spoilt |= {"optimiser": "sgd"}
    (tmp_path / "spoilt").mkdir()
    kept = adopted(run, tmp_path / "spoilt", train="network", training=spoilt)
    assert (read_table(kept["starts"])["trained"] == "head").all()


def test_negatives_that_are_drawn_change_little(run, made, tmp_path):
    drawn = adopted(run, tmp_path, n_negatives=150)
    before, after = (read_table(files["starts"]) for files in (made, drawn))
    twins = [table[table["task_id"] == "twin"] for table in (before, after)]
    assert twins[0]["chosen"].tolist() == twins[1]["chosen"].tolist()
    assert twins[1]["validation_loss"].to_numpy() == pytest.approx(
        twins[0]["validation_loss"].to_numpy(), rel=0.2
    )


def test_the_curve_of_few_positives_ends_at_the_network_of_all(run, made, tmp_path):
    table = curve(run, tmp_path)
    total = table["n_positives"].max()
    assert table["start"].value_counts().to_dict() == {"KMTL": 5, "alone": 5}
    assert sorted(set(table["n_positives"])) == [10, 30, total]
    last = table[(table["n_positives"] == total) & (table["start"] == "KMTL")].iloc[0]
    assert last["group"] == 1
    files, _ = run
    out = tmp_path / "test.h5"
    predict_split(
        [made["model"]], files["genome"], files["dataset"], files["shards"], split="test", out=out,
        scoring=ScoringSettings(64, both_strands=True, device="cpu"),
    )  # fmt: skip
    with read_hdf5(out) as store:
        labels = unpack(store["labels"][()], 6)[:, 5]
        auprc = average_precision_score(labels, store["probability"][:, 5].astype(float))
    assert last["test_auprc"] == pytest.approx(auprc, abs=0.01)
    few = table[(table["n_positives"] == 10) & (table["start"] == "KMTL")]["test_auprc"]
    assert few.nunique() == 2 and few.mean() < last["test_auprc"]


def test_means_of_both_tables(run, made, tmp_path):
    table = curve(run, tmp_path)
    metrics = tmp_path / "metrics.tsv"
    columns = "task_id\ttest_f1\ttest_auprc\ttest_log_loss\n"
    metrics.write_text(columns + "odd\t0.1\t0.2\t0.5\ntwin\t0.5\t0.75\t0.25\n")
    kmer = tmp_path / "kmer.tsv"
    kmer.write_text(columns + "odd\t0.1\t0.2\t0.5\ntwin\t0.4\t0.5\t0.3\ntask0\t1\t1\t0\n")
    outs = tmp_path / "adopt.tsv", tmp_path / "few_shot.tsv"
    tables = AdoptionTables(
        [str(made["starts"])],
        [str(metrics)],
        [("KMTL", 1)],
        {"kmer": str(kmer)},
        [str(tmp_path / "curve.tsv")],
    )
    compare_adoptions(tables, *outs, "KMTL")
    found = read_figures(outs[0], names=("task_id", "strategy", "groups")).set_index(["task_id", "strategy"])
    assert len(found) == 4 and found.loc[("twin", "KMTL"), "groups"] == "1"
    assert found.loc[("twin", "KMTL"), "gain"] == 0 and np.isnan(found.loc[("twin", "kmer"), "gain"])
    assert found.loc[("twin", "kmer"), "test_auprc"] == 0.5
    means = read_figures(outs[1], names=("task_id", "start")).set_index(["start", "n_positives"])
    own = table[(table["n_positives"] == 30)].groupby("start")["test_auprc"].mean()
    row = means.loc[("KMTL", 30)]
    assert row["above_alone"] == pytest.approx(own["KMTL"] - own["alone"]) and row["n_draws"] == 2


def test_networks_of_another_data_set_are_refused(run, tmp_path):
    files, model = run
    with pytest.raises(InputError, match="another data set"):
        adopted((files | {"run_dataset": files["dataset"]}, model), tmp_path)
