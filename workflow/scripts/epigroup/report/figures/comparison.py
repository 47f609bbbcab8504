"""Figures of ways of grouping: their scores, what they cost, and the similarities that they start from."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from epigroup.evaluation.score_names import ScoreNames
from epigroup.report.figures.scores import LABELS, ordered_levels
from epigroup.report.figures.style import FAINT, INK, OKABE_ITO, marker


def draw_algorithms(numbers: pd.DataFrame, shades: dict, scores: ScoreNames = LABELS) -> Figure:
    """Mean score of each way of grouping, a panel a modality: test with its interval, validation open."""
    levels = ordered_levels(numbers["level"])
    names = list(dict.fromkeys(numbers["strategy"]))
    methods = numbers.drop_duplicates("strategy").set_index("strategy")["method"]
    figure = Figure(figsize=(2.6 + 1.5 * len(levels), 0.7 + 0.32 * len(names)), layout="constrained")
    axes = figure.subplots(1, len(levels), sharey=True, sharex=True, squeeze=False)[0]
    for ax, level in zip(axes, levels, strict=True):
        for row, name in enumerate(names):
            mine = numbers[(numbers["level"] == level) & (numbers["strategy"] == name)]
            if mine.empty:
                continue
            one, shade = mine.iloc[0], shades["strategy"][name]
            if np.isfinite([one["low"], one["high"]]).all():
                ax.plot([one["low"], one["high"]], [row, row], color=shade, lw=2, solid_capstyle="butt")
            ax.plot(one[scores.mean], row, "o", ms=5, color=shade, zorder=3)
            ax.plot(one[f"mean_{scores.validation[0]}"], row, "D", ms=4, mfc="none", mec=shade, mew=0.9)
        ax.set_title(level)
        ax.xaxis.set_major_locator(MaxNLocator(4))
        ax.grid(axis="x", color="#e4e4e4", lw=0.6)
        ax.set_axisbelow(True)
    axes[0].set_yticks(range(len(names)), [f"{name}: {methods[name]}" for name in names])
    axes[0].invert_yaxis()
    figure.supxlabel(
        f"mean {scores.label} (filled: test, bar: 95 % interval; open: validation)", fontsize=7.5
    )
    return figure


def draw_by_k(numbers: pd.DataFrame, shades: dict, scores: ScoreNames = LABELS) -> Figure:
    """Mean score by number of groups, a panel a modality: test with its interval, validation open and dashed."""
    levels = ordered_levels(numbers["level"])
    figure = Figure(figsize=(0.8 + 1.9 * len(levels), 2.7), layout="constrained")
    axes = figure.subplots(1, len(levels), squeeze=False)[0]
    for ax, level in zip(axes, levels, strict=True):
        of_level = numbers[numbers["level"] == level]
        for i, (name, line) in enumerate(of_level.groupby("family", sort=False)):
            line, shade = line.sort_values("k"), OKABE_ITO[i % len(OKABE_ITO)]
            ax.vlines(line["k"], line["low"], line["high"], color=shade, lw=1.5, alpha=0.6)
            ax.plot(line["k"], line[scores.mean], marker=marker(i), ms=4, lw=1.2, color=shade, label=name)
            ax.plot(
                line["k"], line[f"mean_{scores.validation[0]}"],
                marker=marker(i), ms=3.5, mfc="none", lw=0.8, ls="--", color=shade,
            )  # fmt: skip
        ax.set_title(level)
        ax.set_xticks(sorted(of_level["k"].unique()))
        ax.yaxis.set_major_locator(MaxNLocator(5))
        ax.grid(axis="y", color="#e4e4e4", lw=0.6)
        ax.set_axisbelow(True)
    axes[0].set_ylabel(f"mean {scores.label}")
    figure.supxlabel("number of groups, K (filled: test, bar: 95 % interval; open: validation)", fontsize=7.5)
    handles, words = axes[0].get_legend_handles_labels()
    figure.legend(handles, words, loc="outside upper left", ncols=2)
    return figure


def draw_cost(numbers: pd.DataFrame, shades: dict, scores: ScoreNames = LABELS) -> Figure:
    """Gain over the joint network against the FLOP of all training that a strategy needs."""
    figure = Figure(figsize=(4.6, 3.1), layout="constrained")
    ax = figure.subplots()
    ax.axhline(0, color=FAINT, lw=0.8)
    for i, row in enumerate(numbers.itertuples()):
        shade = shades["strategy"][row.strategy]
        if np.isfinite([row.low, row.high]).all():
            ax.plot([row.flop_in_all] * 2, [row.low, row.high], color=shade, lw=1.5, alpha=0.6)
        ax.plot(row.flop_in_all, row.difference, marker(i), ms=6, color=shade)
        ax.annotate(
            row.strategy, (row.flop_in_all, row.difference), (5, 4), textcoords="offset points", fontsize=7
        )
    ax.set_xscale("log")
    ax.margins(x=0.18)
    ax.set_xlabel("FLOP of training, with all that it needs (mean over seeds)")
    ax.set_ylabel(f"mean test {scores.label}, less that of {numbers['baseline'].iloc[0]}")
    ax.grid(color="#e4e4e4", lw=0.6)
    ax.set_axisbelow(True)
    return figure


def draw_similarity(numbers: pd.DataFrame, shades: dict) -> Figure:
    """Cosine of head weights, tasks by group, lines between groups."""
    cosine = numbers.iloc[:, 2:].to_numpy(float)
    groups = numbers["group"].to_numpy()
    figure = Figure(figsize=(4.9, 4.3), layout="constrained")
    ax = figure.subplots()
    image = ax.imshow(cosine, cmap="RdBu_r", vmin=-1, vmax=1, interpolation="nearest")
    for edge in np.flatnonzero(np.diff(groups)) + 0.5:
        ax.axhline(edge, color=INK, lw=0.6)
        ax.axvline(edge, color=INK, lw=0.6)
    found, first, n = np.unique(groups, return_index=True, return_counts=True)
    places = first + (n - 1) / 2
    named = found > 0
    ax.set_xticks(places[named], [f"Group {g}" for g in found[named]], rotation=90 if len(found) > 6 else 0)
    ax.set_yticks(places[named], [f"Group {g}" for g in found[named]])
    ax.tick_params(length=0)
    figure.colorbar(image, ax=ax, shrink=0.8, label="cosine of head weights")
    return figure
