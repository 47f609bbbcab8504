"""Heat maps of affinities, task against task."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from epigroup.report.figures.style import INK

COLUMNS = 3  # panels in a row


def draw_affinities(numbers: pd.DataFrame, shades: dict) -> Figure:
    """A panel an affinity, tasks by group, lines between groups; the darker the better together. The diagonal is left
    out, and 1 in 50 values at either end share the end's colour."""
    runs = list(numbers.groupby(["affinity", "strategy", "seed"], sort=False))
    n_columns = min(COLUMNS, len(runs))
    n_rows = -(-len(runs) // n_columns)
    figure = Figure(figsize=(3.3 * n_columns, 3.0 * n_rows), layout="constrained")
    axes = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
    for ax, ((affinity, strategy, seed), mine) in zip(axes, runs, strict=False):
        groups, kind = mine["group"].to_numpy(), mine["kind"].iloc[0]
        values = mine[mine["task_id"].tolist()].to_numpy(float, copy=True)
        np.fill_diagonal(values, np.nan)
        ends = np.nanpercentile(values, [2, 98]) if np.isfinite(values).any() else (0, 1)
        image = ax.imshow(
            values, cmap="viridis" if kind == "distance" else "viridis_r", vmin=ends[0], vmax=ends[1],
            interpolation="nearest", rasterized=True,
        )  # fmt: skip
        for edge in np.flatnonzero(np.diff(groups)) + 0.5:
            ax.axhline(edge, color=INK, lw=0.6)
            ax.axvline(edge, color=INK, lw=0.6)
        found, first, n = np.unique(groups, return_index=True, return_counts=True)
        places, named = first + (n - 1) / 2, found > 0
        ax.set_xticks(places[named], [f"{g}" for g in found[named]])
        ax.set_yticks(places[named], [f"{g}" for g in found[named]])
        ax.tick_params(length=0)
        ax.set_title(f"{affinity} ({strategy}, seed {seed})", fontsize=8)
        figure.colorbar(image, ax=ax, shrink=0.75, label=kind)
    for ax in axes[len(runs) :]:
        ax.set_axis_off()
    figure.supxlabel("tasks by group; a row is a task's effect on, or distance to, the others", fontsize=7.5)
    return figure
