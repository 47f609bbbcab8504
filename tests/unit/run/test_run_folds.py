"""The run of another fold: what it shares with the first, and what is its own."""

import numpy as np
import pandas as pd
import pytest

from epigroup.core.errors import InputError
from epigroup.grouping import random_matched
from epigroup.grouping.method import GroupingInputs
from epigroup.results.catalogue import FILES
from epigroup.run import affinity, audit, comparison, evaluation, folds, report, training
from epigroup.run.checks import check_asked, check_tables
from epigroup.run.data import dataset, simulation
from epigroup.run.settings import settings
from everything_config import run_of

SPLITS = {"folds": [{"validation": [{"chrom": "chr1"}], "test": [{"chrom": "chr2"}]}]}
# What a run makes before it asks which bins train; docs/guide/dataset.md says so to users.
MADE_ONCE = {
    "genome",
    "reads",
    "alignments",
    "peaks",
    "quality",
    "simulation",
    "checks",
    "calibration",
    "imputation",
}


@pytest.fixture
def first(config):
    return run_of(config, splits=SPLITS)


def test_a_fold_is_the_run_of_the_same_config_with_its_number(first, config):
    second = first.of_fold(2)
    assert first.of_fold(2) is second and first.of_fold(1) is first and second.of_fold(2) is second
    alone = run_of(config, splits=SPLITS, fold=2)
    assert second.config == alone.config and second.sheet is first.sheet
    assert (second.results, alone.results) == ("results/folds/2", "results/folds/2")
    assert (first.results, first.data, second.data) == ("results", "results", "results")
    assert first.folds == second.folds == [1, 2] and run_of(config).folds == [1]
    assert second.of_fold(1).results == "results" and second.of_fold(1).splits == first.splits


def test_files_of_the_catalogue_are_shared_or_of_the_fold(first):
    second, seen = first.of_fold(2), set()
    for key, about in FILES.items():
        names = [1] * len(about.names)
        here, there = first.file(key, *names), second.file(key, *names)
        stage = here.split("/")[1]
        shared = stage in MADE_ONCE or key == "shards"
        assert there == (here if shared else here.replace("results/", "results/folds/2/")), key
        seen.add(stage)
    assert seen > MADE_ONCE - {"reads", "alignments"}
    assert first.path("dataset/shards/chr1.h5") == second.path("dataset", "shards", "chr1.h5")
    assert second.path("dataset/dataset.json") == "results/folds/2/dataset/dataset.json"


def test_what_comes_before_the_splits_is_told_the_same_in_every_fold(first):
    second = first.of_fold(2)
    for section in ("genome", "peaks", "peaks_standard", "labels", "simulation"):
        assert settings(first, section) == settings(second, section)
    for asked in (dataset.peak_files, dataset.graded, training.shards, simulation.genome_settings):
        assert asked(first) == asked(second)
    for strategy in first.strategies:
        assert settings(first, "training", strategy) == settings(second, "training", strategy)


def test_each_fold_is_told_its_own_spans_alone(first, config):
    second, plain = first.of_fold(2), run_of(config)
    assert settings(first, "splits") == settings(plain, "splits")
    assert settings(first, "report") == settings(plain, "report")
    told = settings(second, "splits")
    assert told["validation"] == [{"chrom": "chr1", "end": None, "start": 0}]
    assert told["test"] == [{"chrom": "chr2", "end": None, "start": 0}] and "folds" not in told
    shown = settings(second, "report")["config"]
    assert shown["splits"]["test"] == told["test"] and "folds" not in shown["splits"] and "fold" not in shown


def test_all_that_is_fitted_chosen_or_scored_in_a_fold_lies_in_its_folder(first):
    second = first.of_fold(2)
    decided = [path for paths in audit.decision_files(second).values() for path in paths]
    scored = evaluation.of_scored(second, "metrics.tsv") + affinity.files(second, "h5")
    assert len(decided) > 10 and len(scored) > 5
    assert all(path.startswith("results/folds/2/") for path in decided + scored)
    assert not {path for path in decided if "/folds/" not in path}
    told = audit.inputs(second)
    assert told["tasks"] == "results/folds/2/dataset/tasks.tsv"
    assert told["read_quality"] == audit.inputs(first)["read_quality"] == "results/quality/quality.tsv"
    assert report.findings(second)["tasks"] == told["tasks"]


def test_the_target_asks_for_the_findings_of_every_fold(first):
    asked = folds.findings_of_all(first)
    pooled = {"results/comparison/units.tsv", "results/comparison/unit_gains.tsv"}
    assert len(asked) == len(set(asked)) == 2 * len(folds.findings(first)) + 2 and pooled <= set(asked)
    told, files = comparison.unit_settings(first), comparison.unit_inputs(first)
    assert told["folds"] == [1, 2] and len(files["metrics_2"]) == len(told["runs"]) == len(files["blocks_1"])
    assert all(path.startswith("results/folds/2/evaluation/") for path in files["metrics_2"])
    assert comparison.unit_settings(first.of_fold(2))["folds"] == [2]
    for folder in ("results", "results/folds/2"):
        for name in (
            "comparison/headline.json",
            "comparison/strategies.tsv",
            "audit/audit.tsv",
            "baselines/marks.tsv",
        ):
            assert f"{folder}/{name}" in asked
        assert f"{folder}/all_mappable/comparison/headline.json" in asked


def test_random_groups_of_folds_are_drawn_apart(first):
    """Random groups that were the same in all folds would move all of their gains alike."""
    told = [settings(first.of_fold(fold), "grouping", "random") for fold in (1, 2)]
    assert "fold" not in told[0]["options"] and told[1]["options"]["fold"] == 2
    assert settings(first.of_fold(2), "grouping", "kmeans") == settings(first, "grouping", "kmeans")
    tasks, like = [f"t{i}" for i in range(12)], np.arange(12) % 3
    drawn = [
        random_matched.group_tasks(
            GroupingInputs("random", tasks, pd.DataFrame(), k=3, seed=1, like=like, options=one["options"])
        ).groups.tolist()
        for one in told
    ]
    assert drawn[0] != drawn[1] and sorted(drawn[0]) == sorted(drawn[1])


def test_what_folds_share_is_all_that_one_reads_from_outside_its_folder(first):
    """`shared` and the simulation leave nothing out that two folds would both make."""
    asked = folds.shared(first)
    assert asked == folds.shared(first.of_fold(2))
    assert "results/quality/quality.tsv" in asked and "results/calibration/cpu.json" in asked
    assert sum(path.startswith("results/dataset/shards/") for path in asked) == 4


def test_a_table_of_groups_that_lies_in_the_results_is_refused_where_folds_test_other_bins(config):
    table = {"method": "table", "k": 3, "file": "<results>/groupings/kmeans/seed1/groups.tsv"}
    changed = {"groupings": {"mine": table}}
    check_tables(run_of(config, **changed))
    with pytest.raises(
        InputError, match=r"^groupings\.mine\.file: 'results/groupings/kmeans/.* of fold 1, which may"
    ):
        check_tables(run_of(config, splits=SPLITS, **changed))
    planted = {"groupings": {"mine": table | {"file": "<results>/simulation/truth/groups.tsv"}}}
    check_tables(run_of(config, splits=SPLITS, **planted))


def test_a_run_with_folds_is_checked_as_one_without(first):
    check_asked(first)
    check_asked(first.of_fold(2))
