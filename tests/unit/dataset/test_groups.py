"""The table of groups and its one reader."""

import pytest

from epigroup.core.errors import InputError
from epigroup.dataset.groups import read_groups
from epigroup.grouping.group_table import read_like

TASKS = ["a", "b", "NA", "d"]


def write(path, *rows):
    path.write_text("task_id\tgroup\n" + "".join(f"{task}\t{group}\n" for task, group in rows))
    return path


def test_tasks_are_in_the_order_asked_for_and_rows_in_the_tables(tmp_path):
    path = write(tmp_path / "groups.tsv", ("NA", 2), ("b", 10), ("a", 10), ("d", "00"))
    groups = read_groups(path, TASKS, numbered=True)
    assert groups.task_ids == tuple(TASKS) and groups.rows[0] == ("NA", "2")
    assert groups.by_number() == {0: ["d"], 2: ["NA"], 10: ["a", "b"]}
    assert list(groups.sizes.items()) == [(2, 1), (10, 2), (0, 1)]
    assert groups.numbers().tolist() == [10, 10, 2, 0] and groups.names == ("10", "2", "0")
    assert groups.joined().tolist() == ["10", "10", "2", "0"] and not groups.overlap
    assert read_like(path, TASKS).tolist() == [10, 10, 2, 0]
    own = read_groups(path)
    assert own.task_ids == ("NA", "b", "a", "d") and own.words["d"] == ("00",)


def test_tasks_in_several_groups(tmp_path):
    path = write(tmp_path / "groups.tsv", ("a", 1), ("b", 0), ("a", 0), ("NA", 0), ("d", 2), ("d", 1))
    groups = read_groups(path, TASKS, overlap=True, numbered=True)
    assert groups.overlap and groups.names == ("1", "0", "2")
    assert groups.joined().tolist() == ["1+0", "0", "0", "2+1"]
    assert groups.members().astype(int).tolist() == [[1, 1, 0], [0, 1, 0], [0, 1, 0], [1, 0, 1]]
    assert (read_like(path, TASKS) == groups.members()).all()
    assert groups.by_number() == {0: ["a", "b", "NA"], 1: ["a", "d"], 2: ["d"]}


def test_a_part_of_the_tasks_may_be_enough(tmp_path):
    path = write(tmp_path / "groups.tsv", ("d", 0), ("a", 0))
    assert read_groups(path, TASKS, needed=["a"]).task_ids == ("a", "d")
    assert read_groups(path, TASKS, needed=()).task_ids == ("a", "d")
    with pytest.raises(InputError, match=r"groups\.tsv: 1 of 2 tasks have no row, the first is 'b'"):
        read_groups(path, TASKS, needed=["a", "b"])
    with pytest.raises(InputError, match=r"groups\.tsv: 2 of 4 tasks have no row, the first is 'b'"):
        read_groups(path, TASKS)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("task_id\tcluster\na\t0\n", "no column group"),
        ("task_id\tgroup\na\tx\n", r":2: group 'x' of task 'a' is no whole number"),
        ("task_id\tgroup\na\t-1\n", r":2: group '-1' of task 'a' is no whole number"),
        ("task_id\tgroup\na\t\u0661\n", r":2: group '\u0661' of task 'a' is no whole number"),
        ("task_id\tgroup\na\t1234567890\n", r":2: group '1234567890' of task 'a' is no whole number"),
        ("task_id\tgroup\na\t\n", r":2: task 'a' has no group"),
        ("task_id\tgroup\na\t0\nz\t0\n", r":3: task_id 'z' is no task of the sheet"),
        ("task_id\tgroup\na\t0", r"groups\.tsv: is cut short"),
        ("task_id\tgroup\na\t0\na\t00\n", r":3: task 'a' comes a second time in group '0'"),
    ],
)
def test_wrong_groups_are_named_by_line(tmp_path, text, says):
    (tmp_path / "groups.tsv").write_text(text)
    with pytest.raises(InputError, match=says):
        read_groups(tmp_path / "groups.tsv", ["a"], overlap=True, numbered=True)


def test_a_task_is_in_one_group_unless_groups_may_overlap(tmp_path):
    path = write(tmp_path / "groups.tsv", ("a", 0), ("a", 1))
    with pytest.raises(InputError, match=r":3: task 'a' comes a second time; a task belongs to one group"):
        read_groups(path, ["a"])
