import json

import h5py
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from epigroup import grouping
from epigroup.core.errors import InputError
from epigroup.dataset.groups import read_groups
from epigroup.grouping.make_grouping import GroupingFiles, make_grouping
from epigroup.grouping.method import Heads, load, numbered
from epigroup.grouping.read_inputs import read_affinity
from epigroup.grouping.sweep import sweep_k
from grouping_examples import SHEET, TASKS, inputs, run


def planted_heads(centres=3, d=5, seed=0):
    """Rows in well separated clusters: (E, bias, cluster of each task)."""
    rng = np.random.default_rng(seed)
    of = np.arange(len(TASKS)) % centres
    rows = (20 * np.eye(max(centres, d))[of][:, :d] + rng.normal(size=(len(TASKS), d))).astype(np.float32)
    return rows, np.zeros(len(TASKS), np.float32), of


@given(st.lists(st.integers(0, 5), min_size=1, max_size=40))
@settings(deadline=None)
def test_numbers_follow_first_appearance_and_keep_the_partition(labels):
    groups = numbered(labels)
    assert groups[0] == 0
    first = [int(np.flatnonzero(groups == g)[0]) for g in range(groups.max() + 1)]
    assert first == sorted(first)
    for i, a in enumerate(labels):
        for j, b in enumerate(labels):
            assert (groups[i] == groups[j]) == (a == b)


def test_every_method_of_the_registry_loads_and_says_what_it_needs():
    settings = {"vectors": "raw", "of": "kmeans"}
    found = {name: grouping.needs(name, settings) for name in grouping.METHODS}
    assert found == {
        "single": (), "all": (), "sheet": (), "random": ("like",), "table": ("table",),
        "sca": ("affinity",), "tag": ("affinity",), "pairs": (),
        **dict.fromkeys(["kmeans", "ward", "spectral", "dbscan", "ssc", "consensus"], ("heads",)),
    }  # fmt: skip
    assert grouping.needs("kmeans", {"vectors": "logit_covariance"}) == ("heads", "covariance", "labels")
    assert grouping.needs("kmeans", {"vectors": "labels"}) == ("labels",)
    assert all(callable(load(grouping.entry(name))) for name in grouping.METHODS)
    with pytest.raises(InputError, match="unknown grouping method 'kmean'"):
        grouping.needs("kmean", settings)


def test_groupings_from_the_sheet():
    assert run("single", inputs(8)).groups.tolist() == list(range(8))
    assert run("all", inputs(1)).groups.tolist() == [0] * 8
    by_modality = run("sheet", inputs(3, options={"columns": ["modality"]}))
    assert by_modality.groups.tolist() == [0, 1, 0, 2, 1, 2, 0, 0]
    assert by_modality.measures["members"] == {0: "HM", 1: "CA", 2: "TFB"}
    pair = run("sheet", inputs(6, options={"columns": ["modality", "cell_group"]}))
    assert pair.groups.tolist() == [0, 1, 2, 3, 4, 5, 2, 0]


@pytest.mark.parametrize(
    ("columns", "k", "message"),
    [
        (["donor"], 3, "no column 'donor'"),
        (["modality"], 4, "k is 4, but the tasks fall into 3 groups"),
        ([], 3, "names no column"),
    ],
)
def test_sheet_columns_that_cannot_be(columns, k, message):
    with pytest.raises(InputError, match=message):
        run("sheet", inputs(k, options={"columns": columns}))


def test_a_task_without_a_value_is_named():
    sheet = SHEET.assign(cell_group=["a", "a", "", "b", "b", "a", "b", "a"])
    with pytest.raises(InputError, match="task 't2' has no value in column 'cell_group'"):
        run("sheet", inputs(3, sheet=sheet, options={"columns": ["cell_group"]}))


@pytest.mark.parametrize("vectors", ["raw", "l2"])
def test_kmeans_finds_what_is_there(vectors):
    rows, bias, of = planted_heads()
    found = run("kmeans", inputs(3, heads=(Heads(rows, bias),), options={"vectors": vectors}))
    assert found.groups.tolist() == numbered(of).tolist()
    shown = rows if vectors == "raw" else rows / np.linalg.norm(rows, axis=1, keepdims=True)
    centres = np.array([shown[of == g].mean(axis=0) for g in range(3)])
    assert found.measures["inertia"] == pytest.approx(((shown - centres[of]) ** 2).sum(), rel=1e-5)
    assert found.measures["silhouette"] > 0.7


def test_kmeans_keeps_the_best_of_its_starts_and_repeats_itself():
    rows = np.random.default_rng(5).normal(size=(8, 3))
    found = run("kmeans", inputs(4, heads=(Heads(rows, np.zeros(8)),)))
    again = run("kmeans", inputs(4, heads=(Heads(rows, np.zeros(8)),)))
    assert found.groups.tolist() == again.groups.tolist() and found.measures == again.measures
    single = [KMeans(4, n_init=1, random_state=s).fit(rows).inertia_ for s in range(200)]
    assert found.measures["inertia"] <= min(single) * (1 + 1e-9)


def test_l2_ignores_the_length_of_a_row():
    rows, bias, _ = planted_heads()
    scale = np.array([[1.0], [50], [0.02], [3], [1], [400], [9], [0.1]])
    options = {"vectors": "l2"}
    plain = run("kmeans", inputs(3, heads=(Heads(rows, bias),), options=options))
    scaled = run("kmeans", inputs(3, heads=(Heads(rows * scale, bias),), options=options))
    assert plain.groups.tolist() == scaled.groups.tolist()


def test_k_of_one_and_of_all_tasks_have_no_silhouette():
    rows, bias, _ = planted_heads()
    for k in (1, 8):
        assert run("kmeans", inputs(k, heads=(Heads(rows, bias),))).measures["silhouette"] is None


def broken(what):
    rows, bias, _ = planted_heads()
    if what == "nan":
        rows[3, 1] = np.nan
    elif what == "equal":
        rows[:] = rows[0]
    elif what == "zero":
        rows[5] = 0
    elif what == "two points":
        rows = np.repeat(rows[:2], 4, axis=0)
    elif what == "short":
        rows = rows[:7]
    return rows, bias


@pytest.mark.parametrize(
    ("what", "k", "vectors", "message"),
    [
        ("nan", 3, "raw", "head of task 't3' holds NaN"),
        ("equal", 3, "raw", "all 8 rows of E are equal"),
        ("zero", 3, "l2", "head of task 't5' is all zeros"),
        ("two points", 3, "raw", "k is 3, but the tasks fall into 2 groups"),
        ("short", 3, "raw", r"E has shape \(7, 5\)"),
        ("fine", 9, "raw", "k is 9, but there are 8 tasks"),
        ("fine", 3, "cosine", "vectors is 'cosine'"),
    ],
)
@pytest.mark.filterwarnings("ignore:Number of distinct clusters")
def test_heads_that_cannot_be_clustered(what, k, vectors, message):
    with pytest.raises(InputError, match=message):
        run("kmeans", inputs(k, heads=(Heads(*broken(what)),), options={"vectors": vectors}))


@given(st.lists(st.integers(0, 3), min_size=8, max_size=8), st.integers(0, 100), st.integers(0, 100))
@settings(deadline=None, max_examples=50)
def test_random_groups_have_the_same_sizes(labels, option_seed, seed):
    like = numbered(labels)
    k = int(like.max()) + 1
    made = run("random", inputs(k, like=like, seed=seed, options={"seed": option_seed}))
    assert sorted(np.bincount(made.groups)) == sorted(np.bincount(like))
    again = run("random", inputs(k, like=like, seed=seed, options={"seed": option_seed}))
    assert made.groups.tolist() == again.groups.tolist()


def test_random_groups_change_with_either_seed_and_know_nothing_of_the_other_grouping():
    sheet = pd.DataFrame({"task_id": [f"t{i}" for i in range(60)]})
    like = numbered(np.arange(60) % 4)

    def made(option_seed, seed):
        return run(
            "random",
            inputs(
                4,
                task_ids=sheet["task_id"].tolist(),
                sheet=sheet,
                like=like,
                seed=seed,
                options={"seed": option_seed},
            ),
        ).groups

    different = [made(0, 1), made(1, 1), made(0, 2)]
    assert len({tuple(g) for g in different}) == 3
    assert abs(np.mean([adjusted_rand_score(like, made(s, 1)) for s in range(40)])) < 0.03


def write_table(path, rows, header="task_id\tgroup"):
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def test_the_users_table_in_any_order_and_any_words(tmp_path):
    rows = [f"{task}\t{'neuron' if i % 2 else 'other'}" for i, task in enumerate(TASKS)]
    made = run("table", inputs(2, table=write_table(tmp_path / "own.tsv", rows[::-1])))
    assert made.groups.tolist() == [0, 1] * 4
    assert made.measures["members"] == {0: "other", 1: "neuron"}


ROWS = [f"{task}\t1" for task in TASKS]


@pytest.mark.parametrize(
    ("rows", "header", "message"),
    [
        (ROWS[:-1], "task_id\tgroup", "own.tsv: 1 of 8 tasks have no row, the first is 't7'"),
        ([*ROWS, "t2\t1"], "task_id\tgroup", "own.tsv:10: task 't2' comes a second time"),
        (
            [*ROWS[:4], "t99\t1", *ROWS[4:]],
            "task_id\tgroup",
            "own.tsv:6: task_id 't99' is no task of the sheet",
        ),
        ([*ROWS[:-1], "t7\t"], "task_id\tgroup", "own.tsv:9: task 't7' has no group"),
        (ROWS, "task\tgroup", "own.tsv: no column task_id"),
    ],
)
def test_a_table_that_does_not_fit(tmp_path, rows, header, message):
    with pytest.raises(InputError, match=message):
        run("table", inputs(1, table=write_table(tmp_path / "own.tsv", rows, header)))


def write_heads(path, rows, task_ids):
    with h5py.File(path, "w") as file:
        file["E"], file["bias"], file["task_id"] = rows, np.zeros(len(rows), np.float32), task_ids
    return path


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
