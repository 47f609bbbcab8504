"""What an imputation comes to, in a sentence: the first of its page, and one of the last lines of a run."""

import os

import pandas as pd

from epigroup.core.tables import read_figures
from epigroup.imputation.compare_models import CHOSEN

Path = str | os.PathLike
NAMED = 8  # lost tracks


def lead_of(by_track: Path, by_model: Path) -> str:
    """The first sentence, from the tables themselves. InputError: as the reader of tables."""
    names = ("task_id", "cell_type", "assay", "fold", "model", "verdict")
    return lead_sentence(read_figures(by_track, names=names), read_figures(by_model, names=("model",)))


def percent(value: float) -> str:
    return f"{abs(100 * value):.1f} %"


def lead_sentence(by_track: pd.DataFrame, by_model: pd.DataFrame) -> str:
    """Whether the choice by validation beats the average activity, by how much, and which tracks it loses."""
    row = by_model.set_index("model").loc[CHOSEN]
    mine = by_track[by_track["model"] == CHOSEN]
    n, lost = len(mine), mine[mine["difference"] >= 0].sort_values("relative", ascending=False)
    relative = float(row["relative"])
    how = "below" if relative < 0 else "above"
    # Bounds that leave 0 on one side, over cell types and over assays, are asked for before it is said to be so.
    bounds = [
        float(row[f"relative_{side}_{what}"]) for what in ("cells", "assays") for side in ("low", "high")
    ]
    clear = all(bound == bound and (bound < 0) == (relative < 0) and bound != 0 for bound in bounds)
    verb = "beats" if relative < 0 and clear else "does not beat" if relative >= 0 else "is not shown to beat"
    text = (
        f"What validation chooses {verb} the average activity: its mean squared error on {n} tracks held out is "
        f"{percent(relative)} {how} the average's"
    )
    ends = [
        f"{signed_percent(bounds[2 * i])} to {signed_percent(bounds[2 * i + 1])} over {word}"
        for i, word in enumerate(("cell types", "assays"))
        if bounds[2 * i] == bounds[2 * i]
    ]
    text += (
        f" (95 % interval {' and '.join(ends)})."
        if ends
        else " (too few cell types and assays for an interval)."
    )
    below = n - len(lost)
    text += f" It is better on {below} of {n} tracks"
    names = ", ".join(lost["task_id"].head(NAMED))
    more = f" and {len(lost) - NAMED} more" if len(lost) > NAMED else ""
    return text + (f", and loses on {names}{more}." if len(lost) else ".")


def signed_percent(value: float) -> str:
    return f"{100 * value:+.1f} %".replace("-", "−")
