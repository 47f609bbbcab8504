"""From a trained network to an affinity's file, its study and the planted truth; and what is refused."""

import json
from dataclasses import replace

import numpy as np
import pytest

from epigroup import affinity
from epigroup.affinity.matrix import Affinity, read_pieces, write_affinity
from epigroup.affinity.measure import AffinityFiles, measure_affinity
from epigroup.comparison.planted import AgreementSettings, affinity_agreement
from epigroup.config.settings import complete_config
from epigroup.core.errors import InputError
from epigroup.core.settings import as_given
from epigroup.dataset.dataset import Dataset
from epigroup.grouping.read_inputs import read_affinity
from epigroup.networks.model_files import read_info, read_weights, write_models
from epigroup.report.figures.affinity_stability import study_affinities
from planted_examples import SETTINGS, run_pack, settings, write_files, write_groups


def measured(folder, seed=1, **more):
    """A trained network of four tasks and `measure_affinity` on it: (affinity, figures)."""
    paths = write_files(folder)
    tasks = [f"task{i}" for i in range(4)]
    cfg = SETTINGS | {"max_steps": 6}
    if not (folder / "pack0.safetensors").exists():
        write_groups(folder / "groups.tsv", {0: tasks})
        run_pack(folder, paths, cfg=cfg, name="pack0")
    measure, rates = more.pop("measure", "sca"), more.pop("rates", None)
    if rates is not None:
        cfg = cfg | {"learning_rate": None}
    options = {
        "network": "trained", "samples": 60, "sampling": "balanced", "rate": 0.1, "every": None,
        "trunk_checks": 2, "seed": 0, "batches": 5, "form": "exact", "subsets": None, "subset_size": None,
        "steps": 2, "projections": 4,
    } | more  # fmt: skip
    rows = zip(tasks, ["CA", "CA", "HM", "HM"], ["", "x", "x", "y"], strict=True)
    told = {
        "measure": measure, "entry": affinity.entry(measure), "needs": affinity.needs(measure),
        "options": options, "training": as_given(settings(cfg)),
        "tasks": [{"task_id": t, "modality": m, "cell_group": g} for t, m, g in rows],
    }  # fmt: skip
    files = AffinityFiles(
        folder / "a.h5", folder / "a.json", genome=str(paths["genome_h5"]), dataset=str(paths["dataset_json"]),
        shards=[str(path) for path in paths["shard_paths"]], models=[str(folder / "pack0.safetensors")],
        rates=rates,
    )  # fmt: skip
    found = measure_affinity(files, told, name="a", strategy="SMTL", seed=seed)
    return found, json.loads((folder / "a.json").read_text())


@pytest.mark.parametrize("measure", ["sca", "tag"])
def test_an_affinity_is_measured_and_read_again(tmp_path, measure):
    found, figures = measured(tmp_path, measure=measure)
    tasks = ["task2", "task0", "task3", "task1"]
    matrix, kind = read_affinity(tmp_path / "a.h5", tasks)
    order = [2, 0, 3, 1]
    np.testing.assert_array_equal(matrix, found.matrix[np.ix_(order, order)])
    assert kind == found.kind == figures["kind"] and figures["tasks"] == 4
    again, ids = read_pieces(tmp_path / "a.h5")
    assert again.at.tolist() == found.at.tolist() and again.axis == found.axis and ids == sorted(tasks)
    # a task has no cell group: nothing is said of cell groups
    assert 0 <= figures["auc_modality"] <= 1 and "auc_cell_group" not in figures
    assert figures["rate"] == 0.1 and figures["trunk_checks"] == 2


def test_a_rate_that_a_search_found_is_that_of_the_look_ahead(tmp_path):
    (tmp_path / "rates.tsv").write_text("group\tlearning_rate\n0\t0.125\n")
    _, figures = measured(tmp_path, measure="tag", rate=None, rates=str(tmp_path / "rates.tsv"))
    assert figures["rate"] == 0.125


@pytest.mark.parametrize("measure", ["surrogate", "grad_tag"])
def test_an_affinity_of_subsets_is_measured_and_read_again(tmp_path, measure):
    found, figures = measured(tmp_path, measure=measure)
    again, ids = read_pieces(tmp_path / "a.h5")
    assert np.array_equal(again.matrix, found.matrix) and again.kind == "similarity" and len(ids) == 4
    assert figures["subsets"] == 4 and figures["subset_size"] == 3  # all that there are
    assert figures.keys() >= {"loss_ratio", "foretold", "samples", "positives", "tasks_without_positives"}
    _, repeated = measured(tmp_path, measure=measure)
    assert {**figures, "seconds": 0} == {**repeated, "seconds": 0}


@pytest.mark.parametrize("measure", ["sca", "surrogate", "grad_tag"])
def test_only_training_examples_are_looked_at(tmp_path, monkeypatch, measure):
    splits_read = []
    split = Dataset.split

    def watched(self, name, *rest, **more):
        splits_read.append(name)
        return split(self, name, *rest, **more)

    monkeypatch.setattr(Dataset, "split", watched)
    measured(tmp_path, measure=measure)
    assert splits_read and "test" not in splits_read


def test_a_network_that_diverged_is_named_by_task(tmp_path):
    measured(tmp_path)
    info = read_info(tmp_path / "pack0.safetensors")
    state = read_weights(tmp_path / "pack0.safetensors", 0)
    state["head.weight"][2] = float("nan")
    write_models(tmp_path / "pack0.safetensors", info, {0: state})
    with pytest.raises(InputError, match="NaN or infinite, most of them with task 'task2'"):
        measured(tmp_path, trunk_checks=0)


def test_another_data_set_is_refused(tmp_path):
    measured(tmp_path)
    info = read_info(tmp_path / "pack0.safetensors")
    weights = {0: read_weights(tmp_path / "pack0.safetensors", 0)}
    write_models(tmp_path / "pack0.safetensors", replace(info, dataset_hash="0" * 64), weights)
    with pytest.raises(InputError, match="pack0.safetensors: trained on another data set"):
        measured(tmp_path)


def test_the_study_compares_sizes_seeds_and_measures(tmp_path):
    rng = np.random.default_rng(0)
    base = rng.random((8, 8))
    runs, paths = [], []
    for name, kind, sign in (("sca", "distance", -1), ("tag", "similarity", 1)):
        for seed in (1, 2):
            matrix = sign * base + 0.01 * seed * rng.random((8, 8)) + 2
            pieces = np.stack([rng.random((8, 8)), matrix])
            runs.append([name, "SMTL", seed])
            paths.append(tmp_path / f"{name}{seed}.h5")
            axis = "samples" if name == "sca" else "step"
            one = Affinity(kind, matrix, pieces, np.array([50, 100]), axis)
            write_affinity(paths[-1], one, [f"t{i}" for i in range(8)], {"seed": seed})
    table = study_affinities(paths, tmp_path / "stability.tsv", {"runs": runs, "dpi": 60})
    assert table["compared"].value_counts().to_dict() == {"samples": 4, "step": 4, "seed": 2, "affinity": 2}
    assert (table.loc[table["at"] == 100, "spearman"] > 1 - 1e-9).all()
    assert (table.loc[table["at"] == 50, "spearman"].abs() < 0.9).all()
    # a distance is turned round before it is compared with a similarity
    assert (table.loc[table["compared"].isin(["seed", "affinity"]), "spearman"] > 0.95).all()
    assert {path.suffix for path in tmp_path.glob("stability.*")} == {".tsv", ".svg", ".png"}


def test_affinities_are_held_against_the_planted_groups(tmp_path):
    tasks = list("abcd")
    (tmp_path / "truth.tsv").write_text("task_id\tgroup\na\t0\nb\t0\nc\t1\nd\t1\n")
    planted = np.equal.outer([0, 0, 1, 1], [0, 0, 1, 1]).astype(float)
    for name, kind in (("near", "similarity"), ("far", "distance")):
        one = Affinity(kind, planted, planted[None], np.array([1]), "step")
        write_affinity(tmp_path / f"{name}.h5", one, tasks, {"seed": 1})
    told = AgreementSettings(
        tasks=[{"task_id": t, "modality": "CA", "cell_group": "xyxy"[i]} for i, t in enumerate(tasks)],
        groupings=(),
        methods={},
        affinities=[["near", "SMTL", 1], ["far", "SMTL", 1]],
    )
    found = affinity_agreement(tmp_path / "truth.tsv", [tmp_path / "near.h5", tmp_path / "far.h5"], told)
    assert found["auc_planted"].tolist() == [1.0, 0.0]
    assert found["auc_modality"].isna().all()  # all tasks are of one
    assert found["auc_cell_group"].tolist() == [0.25, 0.75]


def affinity_config(**changes):
    config = {
        "samples": "s.tsv",
        "genome": {"fasta": "g.fa", "assembly": "x", "chromosomes": ["chr1", "chr2"]},
        "splits": {"validation": [{"chrom": "chr1"}], "test": [{"chrom": "chr2"}]},
        "groupings": {
            "all": {"method": "all"},
            "sca": {"method": "sca", "k": 2, "affinity": "near", "heads_from": "SMTL"},
        },
        "strategies": {"SMTL": {"grouping": "all"}, "KMTL": {"grouping": "sca"}},
        "affinities": {"near": {"measure": "sca"}},
    }
    for path, value in changes.items():
        section, name, key = path.split("__")
        config[section].setdefault(name, {})[key] = value
    return complete_config(config)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"groupings__sca__affinity": "far"}, "affinity: 'far' is not under affinities; there are: near"),
        ({"groupings__sca__affinity": None}, "groupings.sca.affinity: the method 'sca' needs it"),
        ({"groupings__sca__method": "tag"}, "groups by the measure tag or hoa"),
        ({"affinities__near__measure": "scar"}, "affinities.near.measure: unknown measure 'scar'"),
        ({"affinities__hoa__measure": "hoa"}, "affinities.hoa.pairs_from: the measure 'hoa' needs it"),
        (
            {"affinities__hoa__measure": "hoa", "affinities__hoa__pairs_from": ["SMTL"]},
            "affinities.hoa.pairs_from: 'SMTL' is no strategy on a grouping of the method 'pairs'",
        ),
        ({"strategies__SMTL__training": {"loss": "focal"}}, "trains with loss focal; the measure 'sca'"),
        ({"affinities__near__samples": 0}, "affinities.near.samples: value 0"),
        (
            {"affinities__near__measure": "grad_tag", "affinities__near__network": "training"},
            "affinities.near.network: the measure 'grad_tag' is of one state of a network",
        ),
    ],
)
def test_what_a_config_cannot_ask(changes, message):
    with pytest.raises(InputError) as error:
        affinity_config(**changes)
    assert message in str(error.value)


def test_a_config_with_affinities_is_complete():
    assert affinity_config()["affinities"]["near"]["samples"] == 1000
