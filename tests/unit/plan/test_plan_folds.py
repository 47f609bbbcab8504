"""What the plan says of folds: the same run as many times, but for what comes before the splits."""

import re
import shutil

import pytest
import yaml

from checkouts import MINI, REPOSITORY
from epigroup.plan.plan import make_plan
from epigroup.plan.text import describe, hours_text, size_text
from everything_config import run_of

FOLDS = [
    {"validation": [{"chrom": "chr1"}], "test": [{"chrom": "chr2"}]},
    {"validation": [{"chrom": "chr1"}], "test": [{"chrom": "chr3", "end": 50_000}]},
]


@pytest.fixture
def planned(tmp_path, monkeypatch):
    """Makes the plan of the one-minute config with changes."""
    shutil.copytree(REPOSITORY / "tests/mini", tmp_path / "tests/mini")
    monkeypatch.chdir(tmp_path)
    config = yaml.safe_load((REPOSITORY / MINI).read_text())
    return lambda **changed: make_plan(run_of(config, **changed))


def test_all_folds_take_the_trainings_of_one_as_many_times(planned):
    plan = planned(splits={"folds": FOLDS})
    text = describe(plan)
    hours = sum(one.hours for one in plan.strategies)
    assert "\nFolds: 3, and all above is of one\n" in text
    assert f"3 times: at most {hours_text(3 * hours)} core-hours," in text
    of_fold = sum(
        one.kept for one in plan.disk.rows if one.what in ("models", "checkpoints", "predictions", "scores")
    )
    assert f"kept at the end {size_text(2 * of_fold)} more for the 2 beside the first" in text
    assert {one.what for one in plan.disk.shared} == {
        "genome", "bowtie2 index", "trimmed reads", "marked alignments", "alignments", "peaks", "labels",
    }  # fmt: skip


def test_without_folds_nothing_is_said_of_them_and_with_them_nothing_else_changes(planned):
    alone, first = describe(planned()), describe(planned(splits={"folds": FOLDS}))
    assert "old" not in re.sub("hold|folder", "", alone)
    assert re.sub(r"\nFolds:.*?\n\n", "\n", first, flags=re.DOTALL) == alone


def test_what_is_held_out_is_that_of_the_fold(planned):
    """Fold 3 tests half a chromosome where the first tests a whole one."""
    kept = [
        next(
            one.at_once
            for one in planned(splits={"folds": FOLDS}, fold=fold).disk.rows
            if one.what == "predictions"
        )
        for fold in (1, 2, 3)
    ]
    assert kept[0] == kept[1] > kept[2] > kept[0] / 2
