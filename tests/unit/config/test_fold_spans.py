"""Folds of a config: their spans, what is refused by key, and what a fold's results hang on."""

import pytest

from epigroup.config.folds import check_spans, fold_numbers, fold_splits
from epigroup.config.settings import complete_config, config_hash
from epigroup.core.errors import InputError
from minimal_config import MINIMAL, with_change

SECOND = {"validation": [{"chrom": "chr1"}], "test": [{"chrom": "chrX", "end": "7"}]}
THIRD = {"validation": [{"chrom": "chr1"}], "test": [{"chrom": "chr2"}], "train": [{"chrom": "chr3"}]}


def with_folds(*folds, **more):
    return with_change(("splits",), MINIMAL["splits"] | {"folds": list(folds), "rule": "bin"}) | more


def test_folds_count_from_the_section_itself_and_share_its_rule():
    full = complete_config(with_folds(SECOND, THIRD))
    assert fold_numbers(full) == [1, 2, 3] and full["fold"] == 1
    assert fold_numbers(complete_config(MINIMAL)) == [1]
    assert fold_splits(full, 1) == {
        "train": "rest",
        "validation": [{"chrom": "chr2", "start": 0, "end": None}],
        "test": [{"chrom": "chr3", "start": 5, "end": 9}],
        "rule": "bin",
    }
    assert fold_splits(full, 2) == {
        "train": "rest",
        "validation": [{"chrom": "chr1", "start": 0, "end": None}],
        "test": [{"chrom": "chrX", "start": 0, "end": 7}],
        "rule": "bin",
    }
    assert fold_splits(full, 3)["train"] == [{"chrom": "chr3", "start": 0, "end": None}]


def test_completing_once_more_changes_nothing():
    full = complete_config(with_folds(SECOND, THIRD, fold=2))
    assert complete_config(full) == full


@pytest.mark.parametrize(
    ("config", "says"),
    [
        (with_folds(SECOND, fold=3), r"^config: fold: 3, but splits\.folds gives 1 .*: there are folds 1 to 2$"),
        ({**MINIMAL, "fold": 2}, r"^config: fold: 2, but splits\.folds gives 0 .*: there is fold 1 alone$"),
        (with_folds(SECOND, fold=0), r"^config: fold: value 0"),
        (with_folds(), r"^config: splits\.folds: value \[\]"),
        (with_folds({**SECOND, "rule": "bin"}), r"^config: splits\.folds\.0: unknown key 'rule'"),
        (with_folds({"test": [{"chrom": "chr2"}]}), r"^config: splits\.folds\.0: missing key validation"),
        (
            with_folds(SECOND, {**SECOND, "test": [{"chrom": "chr2"}, {"chrom": "chr9"}]}),
            r"^config: splits\.folds\[1\]\.test\[1\]\.chrom: 'chr9' is not in .* \(chr1, chr2, chr3, chrX\)$",
        ),
        (
            with_change(("splits", "test"), [{"chrom": "chr9"}]),
            r"^config: splits\.test\[0\]\.chrom: 'chr9' is not in genome\.chromosomes",
        ),
    ],
)  # fmt: skip
def test_a_fold_that_cannot_be_is_refused_by_its_key(config, says):
    with pytest.raises(InputError, match=says):
        complete_config(config)


@pytest.mark.parametrize(
    ("folds", "says"),
    [
        (
            [SECOND, {**SECOND, "test": [{"chrom": "chr1", "start": 3}]}],
            r"^splits\.folds\[1\]: validation chr1:0-end and test chr1:3-end overlap",
        ),
        ([SECOND | {"test": [{"chrom": "chr2", "start": 9, "end": 4}]}], r"^splits\.folds\[0\]\.test\[0\]: span 9 "),
        # The same spans in other words: touching ones are one.
        (
            [{**SECOND, "test": [{"chrom": "chr3", "start": 7, "end": 9}, {"chrom": "chr3", "start": 5, "end": 7}]}],
            r"^splits\.folds\[0\]\.test: chr3:5-9 overlaps with chr3:5-9, which fold 1 tests",
        ),
        (
            [SECOND, THIRD, SECOND | {"validation": [{"chrom": "chr2"}]}],
            r"^splits\.folds\[2\]\.test: chrX:0-7 overlaps with chrX:0-7, which fold 2 tests; a fold has test spans of",
        ),
        ([SECOND, {**SECOND, "test": [{"chrom": "chrX", "start": 6}]}], r"chrX:6-end overlaps with chrX:0-7, which"),
    ],
)  # fmt: skip
def test_spans_of_a_fold_are_held_to_what_splits_are_held_to(folds, says):
    with pytest.raises(InputError, match=says):
        check_spans(complete_config(with_folds(*folds)))


def test_folds_that_test_parts_of_one_chromosome_are_taken():
    parts = [{**SECOND, "test": [{"chrom": "chr3", "start": at, "end": at + 2}]} for at in (9, 11)]
    check_spans(complete_config(with_folds(*parts)))


def test_results_hang_on_the_spans_of_their_own_fold_alone():
    alone = config_hash(complete_config(with_change(("splits",), MINIMAL["splits"] | {"rule": "bin"})))
    assert alone == config_hash(complete_config(with_folds(SECOND)))
    assert alone == config_hash(complete_config(with_folds(THIRD, SECOND)))
    second = config_hash(complete_config(with_folds(SECOND, THIRD, fold=2)))
    assert second == config_hash(complete_config(with_folds(SECOND, fold=2)))
    assert second == config_hash(complete_config(with_change(("splits",), {**SECOND, "rule": "bin"})))
    assert second != config_hash(complete_config(with_folds(SECOND, THIRD, fold=3)))
