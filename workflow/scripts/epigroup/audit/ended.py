"""Whether trainings ended because validation had stopped improving, or because max_steps cut them off."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from epigroup.audit.finding import PASS, WARN, Finding
from epigroup.core.tables import read_figures


def cut_off(curve: pd.DataFrame, max_steps: int, patience: int) -> bool:
    """Whether a group's training (its rows of curves.tsv, in order) went to max_steps and had its lowest validation
    loss fewer than `patience` validations before."""
    loss = curve["validation_loss"].to_numpy(float)
    since = len(loss) - 1 - int(np.argmin(loss))
    return int(curve["step"].iloc[-1]) >= max_steps and since < patience


def check(inputs: Mapping, cfg: Mapping) -> Finding:
    """Networks that were still improving when max_steps came.

    inputs: curves (a curves.tsv a pack). cfg: trainings (dicts of strategy, seed, max_steps, patience, schedule; in
    the order of the inputs). A warning when any; under `schedule: cosine` the end is planned, and is none.
    """
    rows = []
    for told, path in zip(cfg["trainings"], inputs["curves"], strict=True):
        planned = told["schedule"] == "cosine"
        for group, curve in read_figures(path).groupby("group"):
            cut_short = not planned and cut_off(curve, told["max_steps"], told["patience"])
            rows.append((told["strategy"], told["seed"], int(group), cut_short))
    cut = [row for row in rows if row[3]]
    names = list(dict.fromkeys(strategy for strategy, *_ in rows))
    by_name = {name: [row[3] for row in rows if row[0] == name] for name in names}
    parts = [f"{name} {sum(of_one)} of {len(of_one)}" for name, of_one in by_name.items() if any(of_one)]
    details = {"cut_off": [list(row[:3]) for row in cut], "n_networks": len(rows)}
    if not cut:
        return Finding(
            PASS, f"None of {len(rows):,} networks was cut off by max_steps while it was improving.", "Nothing to do.",
            details,
        )  # fmt: skip
    return Finding(
        WARN,
        f"{len(cut):,} of {len(rows):,} networks were cut off by max_steps while they may have been improving: "
        f"{'; '.join(parts)}.",
        "Raise training.max_steps: a comparison of networks that are not finished favours those that learn fast.",
        details,
    )
