"""Folds: further splits of the same data, in each of which everything that hangs on the splits is made anew.

They count from 1: fold 1 has the spans of the section `splits` itself, fold 2 the first of `splits.folds`.
"""

from collections.abc import Mapping
from typing import Any

from epigroup.core.errors import InputError
from epigroup.dataset.splits import SPLITS, resolve


def fold_numbers(config: Mapping[str, Any]) -> list[int]:
    """[1] where the config has no further folds."""
    return list(range(1, 2 + len(config["splits"].get("folds", []))))


def fold_splits(config: Mapping[str, Any], fold: int) -> dict[str, Any]:
    """A fold's own section `splits`, without further folds; how a bin belongs to a span is the same in all."""
    splits = config["splits"]
    of_fold = splits if fold == 1 else splits["folds"][fold - 2]
    return {name: of_fold[name] for name in SPLITS} | {"rule": splits["rule"]}


def fold_key(fold: int) -> str:
    """Where the spans of a fold stand in the config."""
    return "splits" if fold == 1 else f"splits.folds[{fold - 2}]"


def check_fold(config: Mapping[str, Any], source: str) -> None:
    """InputError for a fold that the config does not have, and for spans of chromosomes that it leaves out."""
    numbers, chromosomes = fold_numbers(config), config["genome"]["chromosomes"]
    if config["fold"] not in numbers:
        have = f"there are folds 1 to {len(numbers)}" if numbers[1:] else "there is fold 1 alone"
        raise InputError(
            f"{source}: fold: {config['fold']}, but splits.folds gives {len(numbers) - 1} beside the first: {have}"
        )
    for fold in numbers:
        splits = fold_splits(config, fold)
        for split in SPLITS:
            for i, span in enumerate(one for one in splits[split] if isinstance(one, dict)):
                if span["chrom"] not in chromosomes:
                    raise InputError(
                        f"{source}: {fold_key(fold)}.{split}[{i}].chrom: '{span['chrom']}' is not in "
                        f"genome.chromosomes ({', '.join(chromosomes)})"
                    )


def check_spans(config: Mapping[str, Any]) -> None:
    """InputError for spans of a fold that cannot be, as `dataset.splits.resolve`, and for folds whose test spans
    overlap."""
    sizes = dict.fromkeys(config["genome"]["chromosomes"])
    tests: list[tuple[int, dict[str, Any]]] = []
    for fold in fold_numbers(config):
        key = fold_key(fold)
        try:
            test = resolve(fold_splits(config, fold), sizes)["test"]
        except InputError as error:
            raise InputError(key + str(error).removeprefix("splits")) from None
        for span in test:
            for other, known in tests:
                if overlap(span, known):
                    raise InputError(
                        f"{key}.test: {shown(span)} overlaps with {shown(known)}, which fold {other} tests; a fold has "
                        "test spans of its own"
                    )
        tests += [(fold, span) for span in test]


def overlap(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two spans share a base; one without an end goes on to that of its chromosome."""
    ends = [float("inf") if span["end"] is None else span["end"] for span in (one, other)]
    return one["chrom"] == other["chrom"] and one["start"] < ends[1] and other["start"] < ends[0]


def shown(span: Mapping[str, Any]) -> str:
    return f"{span['chrom']}:{span['start']:,}-{'end' if span['end'] is None else format(span['end'], ',')}"


def of_fold(config: Mapping[str, Any]) -> dict[str, Any]:
    """The config as its own fold alone has it: what other folds are does not change its results."""
    own = {key: value for key, value in config.items() if key != "fold"}
    return own | {"splits": fold_splits(config, config["fold"])}
