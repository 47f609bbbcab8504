"""Columns of the user's own, `x_...`: carried along, grouped by, and told from columns that are misspelt."""

import csv
import re
from collections import Counter

import numpy as np
import pandas as pd
import pytest
import yaml

from checkouts import REPOSITORY
from epigroup.config.settings import complete_config
from epigroup.config.sheet import read_sheet
from epigroup.config.strategies import count_groups
from epigroup.core.errors import InputError
from epigroup.grouping.method import GroupingInputs
from epigroup.grouping.sheet_columns import group_tasks
from epigroup.run.checks import check_columns
from epigroup.run.facts import Run
from epigroup.run.settings import settings
from minimal_config import MINIMAL
from sheet_examples import ATAC, COLUMNS, FACTOR, GIVEN, INPUT, MARK

OWN = ["x_family", *COLUMNS, "x_Lab_2"]
ROWS = [
    ATAC | {"x_family": "open", "x_Lab_2": "north"},
    FACTOR | {"x_family": "zinc, C2H2"},
    INPUT,
    GIVEN | {"x_family": "zinc, C2H2"},
]


def test_they_are_columns_of_the_task_table(read):
    sheet = read(*ROWS, columns=OWN)
    table = sheet.table()
    plain = read(*ROWS)
    assert table["x_family"].tolist() == ["open", "zinc, C2H2", "zinc, C2H2"]
    assert table["x_Lab_2"].tolist() == ["north", "", ""]
    assert table.drop(columns=["x_family", "x_Lab_2"]).equals(plain.table())


def run_by(sheet, columns, own="own"):
    groupings = MINIMAL["groupings"] | {own: {"method": "sheet", "columns": columns}}
    return Run(complete_config(MINIMAL | {"groupings": groupings}), sheet)


def test_a_grouping_goes_by_them_and_only_that_one_is_told(read):
    run = run_by(read(*ROWS, columns=OWN), ["x_family"])
    assert count_groups(run.config, "own", run.table) == 2
    told = settings(run, "grouping", "own")
    assert [row["x_family"] for row in told["tasks"]] == ["open", "zinc, C2H2", "zinc, C2H2"]
    plain = run_by(read(*ROWS), ["cell_type"])
    for other in ("all", "km"):
        assert settings(run, "grouping", other) == settings(plain, "grouping", other)
    check_columns(run)


def test_a_task_without_a_value_is_told_before_any_job(read):
    run = run_by(read(*ROWS, columns=OWN), ["x_Lab_2"])
    with pytest.raises(InputError) as error:
        check_columns(run)
    lacking = re.findall(r"\.own\.columns: task '(\w+)' has no value in the column x_Lab_2", str(error.value))
    assert lacking == ["ctcf", "given"]


@pytest.mark.parametrize(
    ("column", "says"),
    [
        ("family", "unknown column 'family'; known columns: profile_id, "),
        ("family", "A column of your own is free under a name that begins with x_, as x_family"),
        ("My lab", "as x_My_lab"),
        ("modalty", "unknown column 'modalty'; did you mean modality? A column of your own"),
        (
            "x_my lab",
            "unknown column 'x_my lab'; the name of a column of your own is x_ and letters, digits and _",
        ),
        ("x_", "unknown column 'x_'; the name of a column"),
        ("X_lab", "unknown column 'X_lab'; "),
    ],
)
def test_other_unknown_columns_are_refused_with_a_word_on_them(read, column, says):
    with pytest.raises(InputError, match=re.escape(says)):
        read(ATAC, columns=[*COLUMNS, column])


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([MARK | {"x_family": "a;b"}], "line 2, column x_family: 'a;b' must not hold a control character"),
        ([MARK | {"x_family": "a "}], "line 2, column x_family: 'a ' starts or ends with a space"),
        (
            [MARK | {"x_family": "a"}, MARK | {"replicate": "2", "bam": "n.bam"}],
            "line 3, column x_family: '' differs from 'a' on line 2; rows of one profile (mark) must agree",
        ),
        (
            [MARK, MARK | {"replicate": "2", "bam": "n.bam", "x_family": "b"}],
            "line 3, column x_family: 'b' differs from '' on line 2",
        ),
    ],
)
def test_their_cells_are_texts_that_rows_of_a_profile_share(read, rows, says):
    with pytest.raises(InputError, match=re.escape(says)):
        read(*rows, columns=OWN)


# What config/human_chr20_families.tsv said before the sheet had the column.
SIZES = {"basic": 42, "zinc": 26, "helix_turn_helix": 23, "cofactor": 9, "other": 9}
COFACTORS = {"EP300", "TAF1"}
OTHERS = {"SRF", "STAT3", "TCF7L2"}


def test_the_superclasses_of_the_human_example_are_those_of_its_former_table():
    path = REPOSITORY / "config/human_chr20_samples.tsv"
    sheet = read_sheet(path, assembly="hg19", exist=lambda _: True)
    config = yaml.safe_load((REPOSITORY / "config/human_chr20.yaml").read_text())
    columns = config["groupings"]["superclass"]["columns"]
    table = sheet.table()
    inputs = GroupingInputs(
        name="superclass",
        task_ids=table["task_id"].tolist(),
        k=5,
        seed=1,
        sheet=table,
        options={"columns": columns},
    )
    found = group_tasks(inputs)
    factors = table["task_id"].str.rpartition("_")[0]
    groups = pd.Series(np.asarray(found.groups)).map(found.measures["members"])
    assert Counter(groups) == SIZES
    assert set(factors[groups == "cofactor"]) == COFACTORS and set(factors[groups == "other"]) == OTHERS
    assert groups.groupby(factors).nunique().max() == 1
    with open(path, newline="") as lines:
        assert {row["x_superclass"] for row in csv.DictReader(lines, delimiter="\t")} == set(SIZES)
