"""Each way to group tasks without affinities: from the sheet, by k-means, at random, by the user's table."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from epigroup import grouping
from epigroup.core.errors import InputError
from epigroup.grouping.method import Heads, load, numbered
from grouping_examples import SHEET, TASKS, inputs, planted_heads, run, write_table


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
    assert found.items() >= {
        "single": (), "all": (), "sheet": (), "random": ("like",), "table": ("table",),
        "sca": ("affinity",), "tag": ("affinity",), "pairs": (),
        **dict.fromkeys(["kmeans", "ward", "spectral", "dbscan", "ssc", "consensus"], ("heads",)),
    }.items()  # fmt: skip
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
