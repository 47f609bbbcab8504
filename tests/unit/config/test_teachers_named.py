"""Which teachers a config may name, and what rests on them."""

import pytest

from epigroup.config.pools import taught_by, teacher_seed
from epigroup.config.prerequisites import all_before, directly_before
from epigroup.config.settings import complete_config
from epigroup.core.errors import InputError
from epigroup.run import training
from everything_config import everything_config, laid_over, run_of

BASE = {
    "seeds": [1, 2],
    "choices": {
        "MEAN": {"among": ["SMTL", "KMTL"], "combine": "average"},
        "ENSEMBLE": {"among": ["SMTL"], "combine": "average", "weights": "equal", "over_seeds": True},
        "RIDGE": {"among": ["SMTL", "gc"], "combine": "average"},
        "BEST": {"among": ["SMTL", "KMTL"]},
    },
}


def config_with(**strategies):
    return complete_config(laid_over(everything_config(), BASE | {"strategies": strategies}))


def taught(teacher, **more):
    return {"grouping": "all", "teacher": teacher, **more}


def test_the_networks_of_a_teacher_come_before(tmp_path):
    config = config_with(ONE=taught("MEAN"), ALL=taught("ENSEMBLE"), OF=taught("KMTL"))
    assert directly_before(config, "ONE", 2).teachers == [("SMTL", 2), ("KMTL", 2)]
    assert directly_before(config, "ALL", 2).teachers == [("SMTL", 1), ("SMTL", 2)]
    assert set(all_before(config, "OF", 1).heads) == {("KMTL", 1), ("SMTL", 1)}
    assert (teacher_seed(config, "MEAN", 2), teacher_seed(config, "ENSEMBLE", 2)) == (2, 1)
    assert taught_by(config, "KMTL", 2) == [("KMTL", 2)]


@pytest.mark.parametrize(
    "strategies, message",
    [
        ({"ONE": taught("NONE")}, "ONE.teacher: 'NONE' is neither a strategy nor a choice"),
        ({"ONE": taught("BEST")}, "'BEST' is neither"),
        ({"ONE": taught("RIDGE")}, "'RIDGE' averages 'gc' too"),
        ({"ONE": taught("ONE")}, "'ONE' needs 'ONE' itself"),
        ({"ONE": taught("TWO"), "TWO": taught("ONE")}, "'TWO' needs 'ONE' itself"),
        (
            {"ONE": taught("TWO"), "TWO": {"grouping": "all", "seeds": [2]}},
            "'TWO' is not trained with seed 1",
        ),
        ({"ONE": taught("MEAN"), "KMTL": {"seeds": [1]}}, "'MEAN' is not trained with seed 2; give"),
        # What follows from a wrong name elsewhere is not told, nor does it hide the name.
        ({"ONE": taught("TWO"), "TWO": taught("TYPO")}, "TWO.teacher: 'TYPO' is neither"),
        ({"ONE": taught("TWO"), "TWO": {"grouping": "all", "warm_start": "TYPO"}}, "TWO.warm_start: 'TYPO'"),
        ({"ONE": taught("TWO"), "TWO": {"grouping": "all", "search": "typo"}}, "'typo'"),
        ({"ONE": taught("SMTL", training={"loss": "focal"})}, "goes with training.loss: bce"),
        (
            {"ONE": taught("SMTL", training={"positive_weights": "balanced"})},
            "training.positive_weights: none",
        ),
        ({"ONE": taught("SMTL", teacher_share=0)}, "teacher_share"),
    ],
)
def test_other_teachers_are_refused_by_name(strategies, message):
    with pytest.raises(InputError) as refused:
        config_with(**strategies)
    assert message in str(refused.value)


def test_a_patience_study_of_a_taught_strategy_is_refused():
    more = BASE | {
        "strategies": {"ONE": taught("MEAN")},
        "patience_study": {"strategy": "ONE", "per_modality": 1},
    }
    with pytest.raises(InputError, match=r"patience_study\.strategy: 'ONE' learns the scores of a teacher"):
        complete_config(laid_over(everything_config(), more))


def test_a_job_is_told_its_teacher_and_others_are_told_nothing(tmp_path, monkeypatch):
    import shutil

    from checkouts import REPOSITORY

    shutil.copytree(REPOSITORY / "tests/mini", tmp_path / "tests/mini")
    monkeypatch.chdir(tmp_path)
    run = run_of(everything_config(), **BASE, strategies={"ONE": taught("ENSEMBLE", teacher_share=0.5)})
    told = training.pack_settings(run, "ONE", 2)
    assert (told["teacher"], told["teacher_share"]) == ("ENSEMBLE", 0.5)
    assert training.taught(run, "ONE", 2) == "results/predictions/ENSEMBLE/seed1/train.h5"
    assert "teacher" not in training.pack_settings(run, "SMTL", 2) and training.taught(run, "SMTL", 2) == []
    assert training.teachers(run) == [["ENSEMBLE", 1]]
    assert training.teaching_networks(run) == [["SMTL", 1], ["SMTL", 2]]
