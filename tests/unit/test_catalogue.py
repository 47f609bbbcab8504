"""The records of what a run leaves: each path and column is said once, and fits what stands for it."""

from collections import Counter

import pytest

from epigroup.results.catalogue import FILES, described
from epigroup.results.catalogue.record import Column, ResultFile

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
