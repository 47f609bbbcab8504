"""The records of what a run leaves: each path and column is said once, and fits what stands for it."""

import csv
from collections import Counter

import pytest

from described_tables import in_order
from epigroup.results.catalogue import FILES, described
from epigroup.results.catalogue.record import Column, ResultFile
from epigroup.results.catalogue.scores import of_either
from library_copies import STRANGERS, evaluated, library_with

SCORES = ResultFile(
    "scores",
    "scores/{strategy}/seed{seed}.tsv",
    "Scores.",
    (
        Column("task_id", "The task.", needed=True),
        Column("note", "A note.", when="there is any"),
        Column("{strategy}:f1", "F1 of a strategy."),
        Column("STL:f1", "F1 of STL.", when="STL is trained"),
    ),
    mappable=True,
)


def test_a_path_is_filled_in_and_known_again():
    assert SCORES.names == ("strategy", "seed") and SCORES.is_many
    path, twin = SCORES.at("KMTL", 1), SCORES.at("KMTL", 1, mappable=True)
    assert (path, twin) == ("scores/KMTL/seed1.tsv", "all_mappable/scores/KMTL/seed1.tsv")
    assert SCORES.stands_for(path) and SCORES.stands_for(twin)
    assert not any(
        map(SCORES.stands_for, ("scores/KMTL/seed1.tsv.gz", "scores/a/b/seed1.tsv", "scores/KMTL/seedx.tsv"))
    )


def test_a_path_with_too_few_names_and_one_without_a_twin_are_refused():
    with pytest.raises(ValueError):
        SCORES.at("KMTL")
    with pytest.raises(ValueError, match="costs is not made of all mappable bins"):
        FILES["costs"].at(mappable=True)


def test_a_column_is_described_by_its_own_name_before_its_family():
    assert SCORES.column("STL:f1").meaning == "F1 of STL." and SCORES.column("KMTL:f1").is_family
    assert SCORES.undescribed(["task_id", "KMTL:f1", "f1"]) == ["f1"]
    assert SCORES.lacking(["note"]) == ["task_id", "{strategy}:f1"]
    assert SCORES.needed == ["task_id"]


def test_every_record_says_what_it_is_in_sentences():
    for key, about in FILES.items():
        said = [about.about, *(one.meaning for one in about.columns)]
        assert all(text.endswith(".") and "  " not in text for text in said), key
        assert not any(one.when.endswith(".") for one in (about, *about.columns)), key


def test_no_column_and_no_path_is_described_twice():
    for key, about in FILES.items():
        names = Counter(one.name for one in about.columns)
        assert max(names.values(), default=1) == 1, key
        example = about.at(*("1" for _ in about.names))
        assert [one.key for one in described(example)] == [key], example


def test_needed_columns_are_plain_and_always_there():
    assert all(
        not one.when and not one.is_family for about in FILES.values() for one in about.columns if one.needed
    )


def test_columns_of_labels_and_of_signals_stand_in_an_order_that_fits_both():
    one = [
        Column("a", "A."),
        Column("f1", "F1."),
        Column("low", "On test. One."),
        Column("rate", "Rate.", needed=True),
    ]
    other = [
        Column("a", "A."),
        Column("low", "On test. Other."),
        Column("r", "R."),
        Column("rate", "Rate.", needed=True),
    ]
    found = of_either(one, other)
    assert [column.name for column in found] == ["a", "f1", "low", "r", "rate"]
    assert [bool(column.when) for column in found] == [False, True, False, True, False]
    assert found[2].meaning == "On test. Of labels: One. Of signals: Other."
    assert found[4] == Column("rate", "Rate.", needed=True)


# The catalogue of a copy of the library that has a stranger's score, when it has evaluated and compared with it.
DESCRIBED = """
import json, sys
from epigroup.comparison.strategies import compare_strategies
from epigroup.evaluation.predictions import evaluate_strategy
from epigroup.evaluation.signal_predictions import evaluate_signals
from epigroup.results.catalogue import FILES
kind, files, metrics, blocks, cfg, outputs, compared = json.load(sys.stdin)
(evaluate_signals if kind == "signal" else evaluate_strategy)(*files, metrics, blocks, cfg)
compare_strategies([metrics], [blocks], [], outputs, compared)
print(json.dumps({key: [vars(one) for one in about.columns] for key, about in FILES.items()}))
"""


@pytest.mark.parametrize("targets", STRANGERS)
def test_the_columns_of_a_new_score_are_described_by_its_record(targets, tmp_path, repository):
    library, record = library_with(targets, tmp_path, repository)
    metrics, outputs, told = evaluated(targets, tmp_path, library, DESCRIBED)
    records = {
        key: ResultFile(key, FILES[key].path, FILES[key].about, tuple(Column(**one) for one in columns))
        for key, columns in told.items()
    }
    tables = {"metrics": metrics} | {
        key: outputs[key] for key in ("strategies", "gains", "differences", "scores")
    }
    for key, path in tables.items():
        with open(path, encoding="utf-8") as lines:
            there = next(csv.reader(lines, delimiter="\t"))
        assert records[key].undescribed(there) == [] and in_order(records[key], there), key
    new, of_split = ("jaccard", ["test"]) if targets == "labels" else ("mae", ["validation", "test"])
    for split in of_split:
        meaning = records["metrics"].column(f"{split}_{new}").meaning
        assert meaning.startswith(
            f"{'Jaccard index' if new == 'jaccard' else 'Absolute error'} on the {split} "
        )
        assert meaning.split("examples. ")[1].split(";")[0] in record
    assert records["strategies"].column(f"mean_{new}") is not None
    ends = [records["metrics"].column(f"test_{new}_{end}") is not None for end in ("low", "high")]
    of_labels = [
        key for key in ("task_strata", "baseline_metrics") if records[key].column(f"test_{new}") is not None
    ]
    assert (ends, len(of_labels)) == (([True] * 2, 2) if targets == "labels" else ([False] * 2, 0))
