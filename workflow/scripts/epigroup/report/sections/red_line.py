"""The red line of the report: regressions on k-mers, and the strategies that do not beat them."""

from collections.abc import Sequence

from epigroup.baselines import RED_LINE
from epigroup.baselines.red_line import BEATS, DOES_NOT, NOT_SHOWN, worst
from epigroup.report.sections.headline import number
from epigroup.results.run import Results

WORDS = {
    BEATS: "beats the k-mers",
    NOT_SHOWN: "not shown to beat the k-mers",
    DOES_NOT: "does not beat the k-mers",
}


def verdicts(results: Results) -> dict[str, str]:
    """The word of each strategy that is shown, over all regressions on k-mers; none where there is none of these."""
    table = results.red_line
    if table is None or table.empty:
        return {}
    known = table[table["verdict"].isin(WORDS)]
    found = {name: worst(mine["verdict"]) for name, mine in known.groupby("strategy", sort=False)}
    return {name: found[name] for name in results.strategy_names if name in found}


def red_sentence(results: Results) -> str:
    """Which strategies do not beat the regressions, and which are not shown to; empty where all do."""
    found = verdicts(results)
    below, unsure = ([name for name, word in found.items() if word == one] for one in (DOES_NOT, NOT_SHOWN))
    parts = []
    if below:
        verb, what = ("does", "over it") if len(below) == 1 else ("do", "between them")
        parts.append(
            f"{listed(below)} {verb} not beat a ridge regression on 6-mers in mean test AUPRC: gains {what} say little."
        )
    if unsure:
        verb = "is" if len(unsure) == 1 else "are"
        rival = "it" if below else "a ridge regression on 6-mers in mean test AUPRC"
        parts.append(f"{listed(unsure)} {verb} not shown to beat {rival}.")
    return " ".join(parts)


def listed(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def red_rows(results: Results, levels: Sequence[str]) -> list[dict]:
    """Rows of the regressions for the table of strategies: mean test F1 at each level."""
    table = results.simple_scores
    if table is None:
        return []
    mean = table.drop_duplicates(["name", "level"]).set_index(["name", "level"])[results.names.mean]
    return [
        {
            "name": name,
            "red": True,
            "cells": [
                {"mean": number(mean.get((name, level))), "low": None, "high": None} for level in levels
            ],
        }
        for name in RED_LINE
        if name in table["name"].to_numpy()
    ]


def against_rows(results: Results) -> list[dict]:
    """A row a strategy and regression: mean AUPRC of both, their difference with its interval, that in F1, and the
    word."""
    table = results.red_line
    if table is None:
        return []
    keys = (
        "mean_auprc",
        "baseline_mean_auprc",
        "difference",
        "difference_low",
        "difference_high",
        "f1_difference",
    )
    return [
        {"strategy": row.strategy, "baseline": row.baseline, "n_tasks": int(row.n_tasks)}
        | {key: number(getattr(row, key)) for key in keys}
        | {"verdict": row.verdict if isinstance(row.verdict, str) else "", "bad": row.verdict == DOES_NOT}
        for row in table.itertuples(index=False)
        if row.strategy in results.strategy_names
    ]
