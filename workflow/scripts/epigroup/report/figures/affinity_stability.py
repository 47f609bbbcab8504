"""How stable affinities are: over sample sizes and over training (Thakur et al. 2024, sections 6.4 and 6.3),
over seeds, and measure against measure."""

import logging
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from epigroup.affinity.matrix import pair_scores, read_pieces, spearman
from epigroup.report.figures.style import INK, STYLE, empty, marker, save

log = logging.getLogger(__name__)

COLUMNS = ["compared", "affinity", "strategy", "seed", "at", "with", "spearman"]
TITLES = {
    "samples": "sample sizes, with the largest",
    "step": "looks during training, with all of them (tag) or the last (sca)",
    "seed": "seed against seed",
    "affinity": "measure against measure, same seed",
}


def study_affinities(paths: Sequence[str], out: str | Path, cfg: dict) -> pd.DataFrame:
    """Write stability.tsv and, beside it, .svg and .png.

    cfg: runs ([affinity, strategy, seed], as paths), dpi. A row is Spearman's correlation over pairs of tasks
    (both directions averaged; a distance counts negative) of one affinity with another: compared "samples"
    (at: examples), "step" (at: step, of a piece of training), "seed" (at, with: seeds), "affinity" (at, with:
    names, over the tasks that both have). NaN where one side is constant.
    """
    read = [(tuple(run), *read_pieces(path)) for run, path in zip(cfg["runs"], paths, strict=True)]
    rows = []
    for (name, strategy, seed), one, _ in read:
        whole = pair_scores(one.matrix, one.kind)
        for at, piece in zip(one.at.tolist(), one.pieces, strict=True):
            score = spearman(pair_scores(piece, one.kind), whole)
            rows.append([one.axis, name, strategy, seed, at, "whole", score])
    for first, second in combinations(read, 2):
        (name, strategy, seed), one, tasks = first
        (other, other_strategy, other_seed), two, other_tasks = second
        if strategy != other_strategy or (name == other) == (seed == other_seed):
            continue
        both = [task for task in tasks if task in set(other_tasks)]
        if len(both) < 3:
            continue
        scores = [
            pair_scores(matrix[np.ix_(at, at)], kind)
            for matrix, kind, at in (
                (one.matrix, one.kind, [tasks.index(task) for task in both]),
                (two.matrix, two.kind, [other_tasks.index(task) for task in both]),
            )
        ]
        found = spearman(*scores)
        if name == other:
            rows.append(["seed", name, strategy, seed, seed, other_seed, found])
        else:
            rows.append(["affinity", name, strategy, seed, name, other, found])
    table = pd.DataFrame(rows, columns=COLUMNS)
    for (compared, name), mine in table.groupby(["compared", "affinity"], sort=False):
        log.info(
            "%s, %s: Spearman %.3f to %.3f",
            name,
            TITLES[compared],
            mine["spearman"].min(),
            mine["spearman"].max(),
        )
    with matplotlib.rc_context(STYLE):
        save(draw(table), table, Path(out).with_suffix(""), cfg["dpi"])
    return table


def draw(table: pd.DataFrame) -> Figure:
    """A panel a comparison: curves over examples and steps, points for seeds and measures."""
    shown = [compared for compared in TITLES if (table["compared"] == compared).any()]
    if not shown:
        return empty("No affinity was measured more than once.")
    figure = Figure(figsize=(7.2, 2.5 * len(shown)), layout="constrained")
    for ax, compared in zip(figure.subplots(len(shown), 1, squeeze=False)[:, 0], shown, strict=True):
        mine = table[table["compared"] == compared]
        if compared in ("samples", "step"):
            for i, ((name, seed), curve) in enumerate(mine.groupby(["affinity", "seed"], sort=False)):
                ax.plot(
                    curve["at"].astype(int),
                    curve["spearman"],
                    marker=marker(i),
                    ms=3,
                    lw=0.9,
                    label=f"{name}, seed {seed}",
                )
            ax.set_xlabel("examples" if compared == "samples" else "step")
            ax.legend(fontsize=6, ncols=2)
        else:
            names = mine["affinity"] if compared == "seed" else mine["at"] + " / " + mine["with"]
            kinds = list(dict.fromkeys(names))
            ax.plot(mine["spearman"], [kinds.index(name) for name in names], "o", ms=4, mfc="none", color=INK)
            ax.set_yticks(range(len(kinds)), kinds)
            ax.invert_yaxis()
        ax.set_title(TITLES[compared])
        (ax.set_ylabel if compared in ("samples", "step") else ax.set_xlabel)("Spearman")
    return figure
