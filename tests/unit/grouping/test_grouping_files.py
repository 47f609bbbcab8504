"""Groupings made from files of heads, affinities and other groups, and the sweep over methods and k."""

import json

import h5py
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from epigroup import grouping
from epigroup.core.errors import InputError
from epigroup.dataset.groups import read_groups
from epigroup.grouping.make_grouping import GroupingFiles, make_grouping
from epigroup.grouping.read_inputs import read_affinity
from epigroup.grouping.sweep import sweep_k
from grouping_examples import SHEET, TASKS, planted_heads, write_heads, write_table


def test_from_files_to_files(tmp_path):
    rows, _, of = planted_heads()
    order = np.random.default_rng(0).permutation(8)
    heads = write_heads(tmp_path / "heads.h5", rows[order], [TASKS[i] for i in order])
    cfg = {"entry": grouping.entry("kmeans"), "method": "kmeans", "k": 3, "tasks": SHEET.to_dict("records")}
    cfg["options"] = {"vectors": "raw", "starts": 20, "seed": 0, "columns": None}
    groups, measures = tmp_path / "k" / "groups.tsv", tmp_path / "k" / "measures.json"
    make_grouping(groups, measures, cfg, name="kmeans", seed=1, files=GroupingFiles(heads=[heads]))
    table = pd.read_csv(groups, sep="\t")
    assert table.columns.tolist() == ["task_id", "group"] and table["task_id"].tolist() == TASKS
    assert table["group"].tolist() == of.tolist()
    found = json.loads(measures.read_text())
    assert found["sizes"] == [3, 3, 2] and found["k"] == 3
    assert found["ari_modality"] == pytest.approx(adjusted_rand_score(SHEET["modality"], of))
    assert found["ari_cell_group"] == pytest.approx(adjusted_rand_score(SHEET["cell_group"], of))

    cfg |= {"entry": grouping.entry("random"), "method": "random"}
    random = tmp_path / "r" / "groups.tsv"
    make_grouping(
        random, tmp_path / "r" / "m.json", cfg, name="random", seed=1, files=GroupingFiles(like=groups)
    )
    assert sorted(np.bincount(read_groups(random, TASKS, numbered=True).numbers())) == [2, 3, 3]
    with pytest.raises(InputError, match=r"no head of task 't0' \(1 of 8"):
        short = write_heads(tmp_path / "short.h5", rows[1:], TASKS[1:])
        cfg["entry"] = grouping.entry("kmeans")
        files = GroupingFiles(heads=[short])
        make_grouping(tmp_path / "x.tsv", tmp_path / "x.json", cfg, name="kmeans", seed=1, files=files)
    assert not (tmp_path / "x.tsv").exists()


def test_the_sweep_goes_over_methods_and_vectors_and_says_what_could_not_be_made(tmp_path):
    rows, _, _ = planted_heads()
    heads = write_heads(tmp_path / "heads.h5", rows, TASKS)
    cfg = {"k": [3, 7], "vectors": ["raw", "l2"], "starts": 5, "tasks": SHEET.to_dict("records")}
    cfg["entries"] = {name: grouping.entry(name) for name in ("ward", "dbscan")}
    sweep_k(heads, tmp_path / "sweep.tsv", cfg, seed=1)
    table = pd.read_csv(tmp_path / "sweep.tsv", sep="\t", keep_default_na=False, na_values=["NaN"])
    assert table[["vectors", "method", "k"]].to_numpy().tolist() == [
        [vectors, method, k] for vectors in ("raw", "l2") for method in ("ward", "dbscan") for k in (3, 7)
    ]
    failed = table[(table["method"] == "dbscan") & (table["k"] == 7)]
    assert failed["problem"].str.contains("no setting gives 7 groups").all()
    assert failed["silhouette"].isna().all() and not failed["most_stable"].any()
    assert (table[table["k"] == 3]["problem"] == "").all() and table[table["k"] == 3]["most_stable"].all()
    rows[2] = np.nan
    with pytest.raises(InputError, match="head of task 't2'"):
        sweep_k(write_heads(tmp_path / "nan.h5", rows, TASKS), tmp_path / "no.tsv", cfg, seed=1)


def write_affinity(path, **matrices):
    with h5py.File(path, "w") as file:
        file["task_id"] = TASKS[::-1]
        for name, matrix in matrices.items():
            file[name] = matrix
    return path


def test_an_affinity_is_put_in_the_order_of_the_tasks(tmp_path):
    matrix = np.arange(64.0).reshape(8, 8)
    path = write_affinity(tmp_path / "a.h5", distance=matrix[::-1, ::-1])
    found, kind = read_affinity(path, TASKS)
    assert kind == "distance"
    np.testing.assert_array_equal(found, matrix)
    np.testing.assert_array_equal(read_affinity(path, TASKS[2:4])[0], matrix[2:4, 2:4])
    with pytest.raises(InputError, match=r"no affinity of task 'gone' \(1 of 1"):
        read_affinity(path, ["gone"])
    for bad, message in (
        ({}, "neither similarity nor distance"),
        ({"similarity": matrix, "distance": matrix}, "exactly one is read"),
        ({"similarity": matrix[:4]}, r"shape \(4, 8\) for 8 tasks"),
        ({"similarity": np.where(matrix == 9, np.nan, matrix)}, "similarity of task 't6' is not finite"),
    ):
        with pytest.raises(InputError, match=message):
            read_affinity(write_affinity(tmp_path / "bad.h5", **bad), TASKS)


def test_the_sweep_prefers_the_planted_number(tmp_path):
    rows, _, of = planted_heads()
    heads = write_heads(tmp_path / "heads.h5", rows, TASKS)
    truth = write_table(tmp_path / "truth.tsv", [f"{t}\t{g}" for t, g in zip(TASKS, of, strict=True)])
    cfg = {"k": [2, 3, 4, 5], "vectors": ["raw"], "starts": 10, "tasks": SHEET.to_dict("records")}
    cfg["entries"] = {"kmeans": grouping.entry("kmeans")}
    sweep_k(heads, tmp_path / "sweep.tsv", cfg, seed=1, truth=truth)
    table = pd.read_csv(tmp_path / "sweep.tsv", sep="\t").set_index("k")
    assert table["silhouette"].idxmax() == 3
    assert table["inertia"].is_monotonic_decreasing
    assert table.loc[3, "ari_planted"] == 1 and table.loc[3, "stability"] > table.loc[5, "stability"]
    assert set(table.columns) >= {"ari_modality", "ari_cell_group"}
    with pytest.raises(InputError, match="k is 9"):
        sweep_k(heads, tmp_path / "no.tsv", cfg | {"k": [9]}, seed=1)
