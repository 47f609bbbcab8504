"""Figures of strata: scores by stratum, and how alike tasks are predicted there."""

import pandas as pd
from matplotlib.figure import Figure

from epigroup.report.figures.style import INK, marker

SCORES = {"mean_auroc": "AUROC", "mean_auprc_above_base": "AUPRC less base rate"}


def draw_strata(numbers: pd.DataFrame, shades: dict) -> Figure:
    """A column of panels for each way of putting bins into strata, a row a score, a line a strategy; the first point
    of each is over all regions."""
    everywhere = numbers[numbers["by"] == "all"].set_index("strategy")
    ways = list(dict.fromkeys(zip(numbers["by"], numbers["counted"], strict=True)))
    ways = [way for way in ways if way[0] != "all"]
    if not ways:
        ways = [("all", "")]
    figure = Figure(figsize=(0.6 + 3.0 * len(ways), 4.6), layout="constrained")
    axes = figure.subplots(2, len(ways), squeeze=False, sharey="row")
    names = list(dict.fromkeys(numbers["strategy"]))
    for column, (by, counted) in enumerate(ways):
        mine = numbers[(numbers["by"] == by) & (numbers["counted"] == counted)].sort_values(
            "rank", kind="stable"
        )
        strata = list(dict.fromkeys(mine["stratum"]))
        for ax, (score, title) in zip(axes[:, column], SCORES.items(), strict=True):
            for i, name in enumerate(names):
                of = mine[mine["strategy"] == name].set_index("stratum")[score].reindex(strata)
                shade = shades["strategy"][name]
                ax.plot(
                    range(1, len(strata) + 1), of, marker=marker(i), ms=4, lw=1.2, color=shade, label=name
                )
                if name in everywhere.index:
                    ax.plot(0, everywhere.loc[name, score], marker(i), ms=4, mfc="none", mec=shade)
            ax.axvline(0.5, color="#e4e4e4", lw=0.8)
            ax.grid(axis="y", color="#e4e4e4", lw=0.6)
            ax.set_axisbelow(True)
            if column == 0:
                ax.set_ylabel(f"mean {title}")
        axes[0, column].set_xticks([])
        axes[1, column].set_xticks(range(len(strata) + 1), ["all", *strata], rotation=35, ha="right")
        axes[1, column].set_xlabel(counted)
    axes[0, -1].legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


def draw_over_correlation(numbers: pd.DataFrame, shades: dict) -> Figure:
    """Mean correlation between two tasks of one modality by stratum: of predictions a line a strategy, of labels in
    black."""
    ways = list(dict.fromkeys(numbers["counted"]))
    figure = Figure(figsize=(0.6 + 3.2 * len(ways), 2.9), layout="constrained")
    axes = figure.subplots(1, len(ways), squeeze=False, sharey=True)[0]
    names = list(dict.fromkeys(numbers["strategy"]))
    for ax, counted in zip(axes, ways, strict=True):
        mine = numbers[numbers["counted"] == counted].sort_values("rank", kind="stable")
        strata = list(dict.fromkeys(mine["stratum"]))
        for i, name in enumerate(names):
            of = mine[mine["strategy"] == name].set_index("stratum")["predicted"].reindex(strata)
            shade = shades["strategy"][name]
            ax.plot(range(len(strata)), of, marker=marker(i), ms=4, lw=1.2, color=shade, label=name)
        observed = mine.groupby("stratum")["observed"].mean().reindex(strata)
        ax.plot(range(len(strata)), observed, "--", color=INK, lw=1.2, label="labels")
        ax.set_xticks(range(len(strata)), strata, rotation=35, ha="right")
        ax.set_xlabel(counted)
        ax.grid(axis="y", color="#e4e4e4", lw=0.6)
        ax.set_axisbelow(True)
    axes[0].set_ylabel("mean correlation between tasks")
    axes[-1].legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure
