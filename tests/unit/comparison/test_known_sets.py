"""Known sets of tasks against groups: counts by hand, and chance that is chance."""

from itertools import combinations

import numpy as np
import pytest

from epigroup.comparison.known_sets import ALL, count_bins, find_known_sets, permute_groups, read_known_sets
from epigroup.core.errors import InputError

TASKS = ["a", "b", "c", "d", "e", "f"]


def written(tmp_path, text):
    path = tmp_path / "sets.tsv"
    path.write_text(text)
    return str(path)


def test_bins_are_runs_of_the_counts():
    assert count_bins(np.array([5, 100, 1, 50, 7, 70]), 3).tolist() == [0, 2, 0, 1, 1, 2]
    assert count_bins(np.array([3, 3, 3]), 5).tolist() == [0, 1, 2]


def test_pairs_are_counted_once_each():
    sets = {"one": np.array([0, 1, 2]), "two": np.array([2, 3]), "again": np.array([0, 1])}
    table = permute_groups(
        np.array([0, 0, 1, 1, 2, 2]),
        np.arange(6),
        sets,
        n_bins=1,
        permutations=99,
        rng=np.random.default_rng(1),
    ).set_index("set")
    assert table["together"].to_dict() == {"one": 1, "two": 1, "again": 1, ALL: 2}
    assert table["n_pairs"].to_dict() == {"one": 3, "two": 1, "again": 1, ALL: 4}
    assert table["n_tasks"].to_dict() == {"one": 3, "two": 2, "again": 2, ALL: 4}


def test_expectation_is_that_of_dealt_groups():
    group = np.repeat([0, 1, 2], [5, 3, 2])
    sets = {"s": np.array([0, 4, 7, 9])}
    table = permute_groups(
        group, np.arange(10), sets, n_bins=1, permutations=20_000, rng=np.random.default_rng(2)
    )
    same = sum(a == b for a, b in combinations(group, 2)) / 45  # each pair of places is dealt alike
    assert table["expected"][0] == pytest.approx(6 * same, abs=0.05)


def test_groups_by_peak_count_alone_are_no_news():
    """The set shares a group because its tasks are the largest: within bins of counts that is no surprise."""
    n_peaks = np.arange(40)
    group = (n_peaks >= 20).astype(int)
    sets = {"large": np.arange(30, 36)}
    of = [
        permute_groups(group, n_peaks, sets, n_bins=bins, permutations=999, rng=np.random.default_rng(3))[
            "p_value"
        ][0]
        for bins in (1, 2)
    ]
    assert of[0] < 0.05 and of[1] == 1.0


def test_p_values_of_chance_are_even():
    rng = np.random.default_rng(4)
    values = []
    for _ in range(200):
        group, n_peaks = rng.integers(0, 4, 60), rng.integers(1, 1000, 60)
        sets = {str(i): np.arange(i, 60, 10) for i in range(10)}
        table = permute_groups(group, n_peaks, sets, n_bins=5, permutations=99, rng=rng)
        values.append(table["p_value"].iloc[-1])
    assert 0.02 <= np.mean(np.array(values) <= 0.1) <= 0.17  # 0.1 but for chance, and less for ties


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("task_id\tgroup\na\tx\n", "columns"),
        ("task_id\tset\na\tx\nz\tx\n", "line 3: 'z' is no task"),
        ("task_id\tset\na\tx\nb\tx\na\tx\n", "line 4: 'a' is in set 'x' twice"),
        ("task_id\tset\na\t\nb\tx\n", "line 2: task 'a' has no set"),
        ("task_id\tset\na\tx\nb\ty\n", "no set has two tasks"),
    ],
)
def test_faults_are_named(tmp_path, text, says):
    with pytest.raises(InputError, match=says):
        read_known_sets(written(tmp_path, text), TASKS)


def test_sets_are_read(tmp_path):
    path = written(tmp_path, "task_id\tset\na\tx\nb\tx\nb\ty\nc\ty\nd\talone\n")
    assert read_known_sets(path, TASKS) == {"x": ["a", "b"], "y": ["b", "c"]}


def test_a_task_may_be_called_na(tmp_path):
    """As may a set. pandas would take either for a missing cell, in the sets as in the groups."""
    path = written(tmp_path, "task_id\tset\na\tNA\nNA\tNA\nb\ty\n")
    assert read_known_sets(path, [*TASKS, "NA"]) == {"NA": ["a", "NA"]}
    names = ["NA", "a", "b", "c"]
    groups, tasks, out = (tmp_path / name for name in ("groups.tsv", "tasks.tsv", "out.tsv"))
    groups.write_text("task_id\tgroup\n" + "".join(f"{name}\t{i % 2}\n" for i, name in enumerate(names)))
    tasks.write_text("task_id\tn_peaks\n" + "".join(f"{name}\t9\n" for name in names))
    cfg = {"groupings": [["k", 1, names]], "bins": 1, "permutations": 9, "seed": 1}
    find_known_sets([str(groups)], str(tasks), path, str(out), cfg)
    assert out.read_text().splitlines()[1].startswith("k\t1\t2\tNA\t2\t1\t0\t")
