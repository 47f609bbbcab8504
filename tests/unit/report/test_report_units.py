"""What the gains rest on: the table of all scores, and which grouping to believe, in words that follow from figures."""

import re

import pandas as pd
import pytest

import report_settings
import report_tree
from epigroup.comparison.units import GAIN_COLUMNS
from epigroup.report.page import render
from epigroup.report.sections.units import (
    CAPACITY,
    HELPS,
    LOSES,
    NOTHING,
    RESCUES,
    believed,
    overall_gain,
    sentence,
)
from epigroup.results.run import load
from result_files import file_of, write_tsv

ROW = {
    "regions": "any_peak", "headline": 1, "by": "all", "level": "All", "n_folds": 3, "n_seeds": 2, "n_members": 1,
    "n_tasks": 20, "mean": 0.21, "baseline_mean": 0.2, "gain": 0.01, "gain_percent": 5.0, "units": "folds",
    "low": 0.002, "high": 0.018, "resampled_low": 0.004, "resampled_high": 0.016, "excludes_zero": 1, "share_up": 0.8,
    "gain_without_best": 0.006, "gain_trimmed": 0.005,
}  # fmt: skip


def gains(strategy, baseline, **changed):
    """Rows of unit_gains.tsv of a pair, alike in every score."""
    return [
        ROW | {"strategy": strategy, "baseline": baseline, "score": score} | changed
        for score in ("f1", "auprc", "log_loss")
    ]


def rows(**changed):
    return [pd.Series(one) for one in gains("KMTL", "RANDOM", **changed)[:2]]


@pytest.mark.parametrize(
    ("changed", "over_all", "words"),
    [
        ({}, None, HELPS),
        ({"share_up": 0.4}, None, RESCUES),
        ({"gain_without_best": -0.001}, None, RESCUES),
        ({"gain_trimmed": 0.0}, None, RESCUES),
        ({"gain_trimmed": float("nan"), "gain_without_best": float("nan")}, None, HELPS),
        ({"gain": -0.01}, None, LOSES),
        ({"excludes_zero": 0}, None, NOTHING),
        ({"excludes_zero": float("nan")}, {"rival": "SMTL", "gain": 0.1, "clear": False}, NOTHING),
        ({"excludes_zero": 0}, {"rival": "SMTL", "gain": 0.1, "clear": True}, CAPACITY),
        ({"excludes_zero": 0}, None, NOTHING),
        ({"excludes_zero": 0}, {"rival": "SMTL", "gain": -0.1, "clear": True}, NOTHING),
    ],
)
def test_the_sentence_follows_from_the_figures(changed, over_all, words):
    assert sentence(rows(**changed), over_all, over_all) == words


def test_capacity_is_repaired_where_random_groups_beat_one_network_too():
    beats, does_not = ({"rival": "SMTL", "gain": 0.1, "clear": clear} for clear in (True, False))
    unclear = rows(excludes_zero=0)
    assert sentence(unclear, beats, beats) == CAPACITY
    for pair in ((beats, does_not), (does_not, beats), (beats, None)):
        assert sentence(unclear, *pair) == NOTHING


def test_the_network_of_all_tasks_is_the_best_of_these():
    """The groups started from SMTL; MORE had as many steps."""
    table = pd.DataFrame(
        [*gains("KMTL", "SMTL", gain=0.03), *gains("MORE", "KMTL", gain=-0.01, excludes_zero=0)]
    )
    found = overall_gain(table, "KMTL", ["SMTL", "MORE"], "f1")
    assert found == {"rival": "MORE", "gain": 0.01, "clear": False}
    assert overall_gain(table, "KMTL", ["OTHER"], "f1") is None


def test_a_gain_must_be_clear_in_every_score():
    one, other = rows()
    assert sentence([one, pd.Series(dict(other) | {"excludes_zero": 0})], None, None) == NOTHING
    assert sentence([one, pd.Series(dict(other) | {"gain": -0.01})], None, None) == NOTHING
    assert sentence([], None, None) == NOTHING


@pytest.fixture
def made(tmp_path):
    """A run of three strategies with these rows of unit_gains.tsv."""
    found = report_tree.build(tmp_path, n_tasks=6, strategies=("KMTL", "RANDOM", "SMTL"))

    def build(table):
        path = write_tsv(pd.DataFrame(table, columns=GAIN_COLUMNS), file_of(tmp_path, "unit_gains"))
        results = load(found | {"unit_gains": path})
        for pair in results.headline["pairs"]:
            pair["matched"] = pair["baseline"] == "RANDOM"
        return results

    return build


def test_the_page_says_which_grouping_to_believe(made):
    results = made([*gains("KMTL", "RANDOM"), *gains("SMTL", "KMTL", headline=0, gain=-0.02)])
    (one,) = believed(results, ["SMTL"])
    assert one["sentence"] == HELPS and one["over_all"] == {"rival": "SMTL", "gain": 0.02, "clear": True}
    page = render(results, palette={}, **report_settings.settings())
    section = page[page.index('<section id="units"') :]
    section = section[: section.index("</section>")]
    assert "Each of 3 folds has other validation and test spans" in section and HELPS in section
    assert section.count("<tbody>") == 2 and "SMTL over KMTL" not in section
    assert re.findall(r'<td class="text">(F1|AUPRC|Log loss)</td>', section) == ["F1", "AUPRC", "Log loss"]
    assert "80 % of 20" in section and "+0.002 to +0.018" in section and "3 × 2</td>" in section


def test_one_fold_and_one_seed_are_said(made):
    none = {"n_folds": 1, "n_seeds": 1, "units": "none", "low": None, "high": None, "excludes_zero": None}
    page = render(made(gains("KMTL", "RANDOM", **none)), palette={}, **report_settings.settings())
    section = page[page.index('<section id="units"') :]
    assert "There is one fold" in section and "There is one seed" in section and NOTHING in section


def test_without_the_table_there_is_no_section(made):
    assert '<section id="units"' not in render(made([]), palette={}, **report_settings.settings())
