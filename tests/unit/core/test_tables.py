"""Tables that people write by hand: rows with their lines, or a refusal that names file, line and column."""

import pytest

from epigroup.core.errors import InputError
from epigroup.core.tables import read_figures, table_rows

COLUMNS = ("task_id", "group")


def rows_of(tmp_path, content: bytes):
    path = tmp_path / "own.tsv"
    path.write_bytes(content)
    return list(table_rows(path, COLUMNS))


def test_rows_come_with_their_lines_and_blank_ones_count(tmp_path):
    found = rows_of(tmp_path, b"\xef\xbb\xbfgroup\tnote\ttask_id\r\n1\tx\ta\r\n\r\n2\t\tb\r\n")
    assert [(line, row["task_id"], row["group"]) for line, row in found] == [(2, "a", "1"), (4, "b", "2")]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"task\tgroup\n", "no column task_id; the table needs task_id and group, tab separated"),
        (b"a\n", "no column task_id and no column group"),
        (b"", "no column task_id and no column group"),
        (b"task_id\tgroup\tgroup\n", "the column group stands twice"),
        (b"task_id\tgroup\na\t1\t2\n", r"own\.tsv:2: 3 columns where the header has 2"),
        (b"task_id\tgroup\n\na\n", r"own\.tsv:3: 1 columns where the header has 2"),
        (b"task_id\tgroup\na\x07\t1\n", r"own\.tsv:2: 'a\\x07' holds a control character"),
        (b"task_id\tgroup\nn\xff\t1\n", "byte 15 is not UTF-8"),
        (b'task_id\tgroup\n"a\t1\n', r"own\.tsv:2: no tab-separated table: "),
    ],
)
def test_each_fault_is_named(tmp_path, content, says):
    with pytest.raises(InputError, match=says):
        rows_of(tmp_path, content)


def test_a_table_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"no\.tsv: the table cannot be read: No such file"):
        list(table_rows(tmp_path / "no.tsv", COLUMNS))


def test_names_stay_text_and_figures_that_are_not_known_are_nan(tmp_path):
    path = tmp_path / "figures.tsv"
    path.write_text("task_id\ttest_f1\tflag\n007\t0.5\t\nNA\tNaN\tx\n")
    table = read_figures(path)
    assert table["task_id"].tolist() == ["007", "NA"] and table["test_f1"].isna().tolist() == [False, True]
