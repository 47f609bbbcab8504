"""New profiles: what a config may ask of them, and what their jobs are told."""

import pytest

from epigroup.core.errors import InputError
from epigroup.run import adopt
from epigroup.run.checks import check_asked
from everything_config import run_of
from sheet_examples import write_sheet

NEW = {
    "profile_id": "new", "modality": "TFB", "assay": "ChIP", "target": "MAX", "cell_type": "K562",
    "cell_group": "blood", "peaks": "new.narrowPeak", "assembly": "mini1",
}  # fmt: skip


@pytest.fixture
def with_section(config, tmp_path):
    """The run of everything with a section `adopt` that has these keys, and changes of the rest."""
    (tmp_path / "new.narrowPeak").write_text("chr1\t100\t400\tp\t1\t.\t1\t1\t1\t100\n")
    write_sheet(tmp_path / "new.tsv", [NEW])

    def build(changed=None, **keys):
        return run_of(config, **(changed or {}), adopt={"samples": "new.tsv", **keys})

    return build


def test_a_new_profile_is_no_task_of_the_run(with_section, config):
    run, plain = with_section(), run_of(config)
    assert adopt.profiles(run) == ["new"] and "new" not in run.tasks + run.all_tasks
    assert run.tasks == plain.tasks and run.task_rows() == plain.task_rows()
    assert adopt.peak_files(run) == ["new.narrowPeak"]
    check_asked(run)


def test_starts_are_all_strategies_or_those_that_are_named(with_section):
    every = with_section()
    assert adopt.starts(every) == every.strategies
    run = with_section(starts=["KMTL", "SMTL"])
    assert adopt.started_runs(run) == [["KMTL", 1], ["SMTL", 1]] and adopt.shown_first(run) == "SMTL"
    assert adopt.shown_first(with_section(starts=["KMTL"])) is None


def test_heads_are_told_no_training_and_whole_networks_their_own(with_section):
    assert adopt.fit_settings(with_section(), "KMTL")["training"] is None
    told = adopt.fit_settings(with_section(train="network", training={"max_steps": 7}), "KMTL")["training"]
    assert told["max_steps"] == 7 and told["balancing"] == "none" and "threads" not in told


def test_curves_are_made_where_positives_are_named(with_section):
    assert adopt.curves(with_section()) == []
    run = with_section(few_shot={"positives": [300, 100]})
    assert adopt.curves(run) == ["results/adopt/few_shot/new.seed1.tsv"]
    assert adopt.few_shot_settings(run)["positives"] == [100, 300]


def test_starts_without_common_features_are_refused_by_name(with_section):
    private = {"strategies": {"OWN": {"grouping": "all", "training": {"network": {"head": "private"}}}}}
    run = with_section(private)
    assert "OWN" not in adopt.starts(run)
    with pytest.raises(InputError) as refused:
        adopt.check_adopt(with_section(private, starts=["OWN", "NONE", "SMTL"]))
    assert "the tasks of 'OWN' share no hidden layer" in str(refused.value)
    assert "'NONE' is not under strategies" in str(refused.value) and "SMTL'" not in str(refused.value)
