"""The columns that the records of the scores make, in the words of these records."""

from collections.abc import Collection, Sequence
from inspect import getdoc
from os.path import commonprefix

from epigroup.evaluation.score import Score, Split
from epigroup.evaluation.score_names import SCORE_NAMES, ScoreNames
from epigroup.results.catalogue.conditions import LABELS, SIGNALS, ends
from epigroup.results.catalogue.record import Column

CHANGES_NO_RESULT = ("*",)

OF_LABELS, OF_SIGNALS = SCORE_NAMES["labels"], SCORE_NAMES["signal"]
OPTIMISTIC = " The threshold was chosen on these examples, so that it is optimistic."


def meaning_of(score: Score) -> str:
    """What a score is, its range, and when it is NaN: the docstring of its function, on one line."""
    return " ".join((getdoc(score.of) or "").split())


def of_split(names: ScoreNames, split: Split, needed: Collection[str] = ()) -> tuple[Column, ...]:
    """The scores of a split, as metrics.tsv has them. needed: those that who reads a run must find."""
    return tuple(
        Column(
            f"{split}_{score.name}",
            f"{score.words} on the {split} examples. {meaning_of(score)}{_chosen_there(score, split)}",
            score.name in needed,
        )
        for score in names.scores
        if split in score.splits
    )


def intervals(names: ScoreNames) -> tuple[Column, ...]:
    """The ends of each task's intervals, as metrics.tsv has them."""
    return tuple(
        column
        for score in names.scores
        if score.interval
        for column in ends(
            f"the 95 % interval of the task's {score.words} on the test examples, by draws of blocks",
            f"test_{score.name}_low",
            f"test_{score.name}_high",
            absent="NaN where there are fewer than 50 blocks, or more than 5 % of the draws have no value, as those "
            "without a positive of the task",
        )
    )


def mean(
    score: Score, name: str = "mean_{}", whose: str = "", split: Split = "test", *, needed: bool = False
) -> Column:
    """The mean of a score over tasks. name: the column's, braces for the score's; whose: of whom, in words."""
    meaning = f"{score.words}{whose} on the {split} examples, mean over tasks.{_chosen_there(score, split)}"
    return Column(name.format(score.name), meaning, needed)


def shown(names: ScoreNames) -> tuple[Score, ...]:
    """The scores that every table shows, the headline's first."""
    of = {score.name: score for score in names.scores}
    return tuple(of[name] for name in names.shown)


def also(names: ScoreNames) -> tuple[Score, ...]:
    """The further scores of the table of strategies."""
    of = {score.name: score for score in names.scores}
    return tuple(of[name] for name in names.also)


def of_either(labels: Sequence[Column], signals: Sequence[Column]) -> tuple[Column, ...]:
    """The columns of a table whose scores are of labels or of signals: each with what it needs, in an order that fits
    both. What both have is said once, and where it differs of the one and of the other."""
    theirs, found = {one.name: one for one in signals}, dict[str, Column]()
    for one in labels:
        if one.name in theirs:
            while (name := next(iter(theirs))) != one.name:
                found[name] = _with(theirs.pop(name), SIGNALS)
            other = theirs.pop(name)
            found[name] = Column(
                name, _of_both(one.meaning, other.meaning), one.needed and other.needed, one.when
            )
        elif one.name in found:  # it comes earlier among those of signals
            found[one.name] = Column(one.name, _of_both(one.meaning, found[one.name].meaning), one.needed)
        else:
            found[one.name] = _with(one, LABELS)
    found |= {name: _with(one, SIGNALS) for name, one in theirs.items()}
    return tuple(found.values())


def _chosen_there(score: Score, split: Split) -> str:
    return OPTIMISTIC if split == "validation" and score.threshold else ""


def _with(one: Column, when: str) -> Column:
    return Column(one.name, one.meaning, when=when)


def _of_both(labels: str, signals: str) -> str:
    """A meaning for labels and for signals, what both begin with said once."""
    if labels == signals:
        return labels
    alike = commonprefix([labels, signals])
    alike = alike[: alike.rfind(". ") + 2] if ". " in alike else ""
    return f"{alike}Of labels: {labels[len(alike) :]} Of signals: {signals[len(alike) :]}"
