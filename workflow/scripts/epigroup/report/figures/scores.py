"""Figures of scores: strategies, gains, pairs of strategies, training curves, numbers of groups."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from epigroup.evaluation.score_names import SCORE_NAMES, ScoreNames
from epigroup.report.figures.style import FAINT, INK, OKABE_ITO, colours, marker

LABELS = SCORE_NAMES["labels"]
MEASURES = {
    "ari_modality": "ARI with modality",
    "ari_cell_group": "ARI with cell group",
    "ari_planted": "ARI with planted groups",
    "stability": "stability (ARI of subsamples)",
    "label_agreement": "correlation with label correlation",
}


def ordered_levels(levels: pd.Series) -> list[str]:
    """All first, then the others by name."""
    return sorted(levels.unique(), key=lambda level: (level != "All", level))


def draw_strategies(numbers: pd.DataFrame, shades: dict, scores: ScoreNames = LABELS) -> Figure:
    """Mean test score by strategy, a panel a modality; intervals where there are, seeds as open points."""
    levels = ordered_levels(numbers["level"])
    names = list(dict.fromkeys(numbers["strategy"]))
    figure = Figure(figsize=(1.2 + 1.5 * len(levels), 0.7 + 0.27 * len(names)), layout="constrained")
    axes = figure.subplots(1, len(levels), sharey=True, sharex=True, squeeze=False)[0]
    for ax, level in zip(axes, levels, strict=True):
        for row, name in enumerate(names):
            mine = numbers[(numbers["level"] == level) & (numbers["strategy"] == name)]
            if mine.empty:
                continue
            mean, low, high, seeds = overall(mine, scores.mean)
            shade = shades["strategy"][name]
            if np.isfinite([low, high]).all():
                ax.plot([low, high], [row, row], color=shade, lw=2, solid_capstyle="butt", zorder=2)
            ax.plot(mean, row, "o", ms=5, color=shade, zorder=3)
            if len(seeds) > 1:
                ax.plot(seeds, [row + 0.28] * len(seeds), "o", ms=2.5, mfc="none", mec=shade, mew=0.7)
        n_tasks = int(numbers.loc[numbers["level"] == level, "n_tasks"].max())
        ax.set_title(f"{level} ({n_tasks})")
        ax.xaxis.set_major_locator(MaxNLocator(4))
        ax.grid(axis="x", color="#e4e4e4", lw=0.6)
        ax.set_axisbelow(True)
    axes[0].set_yticks(range(len(names)), names)
    axes[0].invert_yaxis()
    figure.supxlabel(
        f"mean test {scores.label} (bar: 95 % interval; open points: seeds; in brackets: tasks)",
        fontsize=7.5,
    )
    return figure


def overall(mine: pd.DataFrame, column: str = LABELS.mean) -> tuple[float, float, float, list[float]]:
    """(mean, low, high, seeds' means) of one strategy at one level, from rows by seed and the row over all
    seeds; `column` holds the means.
    """
    seeds = mine[mine["seed"].str.fullmatch(r"\d+(\.0)?")]
    over = mine.drop(seeds.index)
    if len(over):
        row = over.iloc[0]
        return row[column], row["low"], row["high"], list(seeds[column])
    row = seeds.iloc[0]
    alone = len(seeds) == 1
    return (
        seeds[column].mean(),
        row["low"] if alone else np.nan,
        row["high"] if alone else np.nan,
        list(seeds[column]),
    )


def draw_gains(numbers: pd.DataFrame, shades: dict, scores: ScoreNames = LABELS) -> Figure:
    """Difference of mean test score from each baseline with its interval, a panel a modality; the gain in %
    beside it.
    """
    focus = numbers["strategy"].iloc[0]
    numbers = numbers[numbers["strategy"] == focus]
    levels = ordered_levels(numbers["level"])
    names = list(dict.fromkeys(numbers["baseline"]))
    figure = Figure(figsize=(1.2 + 1.6 * len(levels), 0.75 + 0.3 * len(names)), layout="constrained")
    axes = figure.subplots(1, len(levels), sharey=True, sharex=True, squeeze=False)[0]
    for ax, level in zip(axes, levels, strict=True):
        ax.axvline(0, color=INK, lw=0.8)
        for row, name in enumerate(names):
            mine = numbers[(numbers["level"] == level) & (numbers["baseline"] == name)]
            if mine.empty or not np.isfinite(mine["difference"].iloc[0]):
                continue
            first = mine.iloc[0]
            shade = shades["strategy"].get(name, INK)
            if np.isfinite([first["low"], first["high"]]).all():
                ax.plot([first["low"], first["high"]], [row, row], color=shade, lw=2, solid_capstyle="butt")
            ax.plot(first["difference"], row, "o", ms=5, color=shade)
            if np.isfinite(first["gain_percent"]):
                ax.annotate(
                    f"{first['gain_percent']:+.1f} %",
                    (first["difference"], row),
                    (0, 5),
                    textcoords="offset points",
                    ha="center",
                    fontsize=6.5,
                )
        ax.set_title(level)
        ax.xaxis.set_major_locator(MaxNLocator(4))
        ax.grid(axis="x", color="#e4e4e4", lw=0.6)
        ax.set_axisbelow(True)
    axes[0].set_yticks(range(len(names)), [f"over {name}" for name in names])
    axes[0].set_ylim(len(names) - 0.5, -0.7)
    figure.supxlabel(
        f"difference of mean test {scores.label}, {focus} minus baseline (bar: 95 % interval; "
        "%: ratio of means)",
        fontsize=7.5,
    )
    return figure


def draw_pairs(numbers: pd.DataFrame, shades: dict, scores: ScoreNames = LABELS) -> Figure:
    """Test score of each task under two strategies (the paper's Figure 7), a panel a pair."""
    pairs = list(dict.fromkeys(zip(numbers["x_strategy"], numbers["y_strategy"], strict=True)))
    figure = Figure(figsize=(2.5 * len(pairs) + 0.3, 2.9), layout="constrained")
    axes = figure.subplots(1, len(pairs), squeeze=False)[0]
    top = max(float(numbers[["x", "y"]].to_numpy().max()) * 1.06, 0.05)
    bottom = min(float(numbers[["x", "y"]].to_numpy().min()) * 1.06, 0)
    for ax, (x, y) in zip(axes, pairs, strict=True):
        mine = numbers[(numbers["x_strategy"] == x) & (numbers["y_strategy"] == y)]
        ax.plot([bottom, top], [bottom, top], color=FAINT, lw=0.8, zorder=1)
        for i, (name, shade) in enumerate(shades["modality"].items()):
            part = mine[mine["modality"] == name]
            ax.scatter(
                part["x"],
                part["y"],
                s=11,
                marker=marker(i),
                color=shade,
                alpha=0.75,
                lw=0,
                label=name,
                zorder=2,
            )
        ax.set(xlim=(bottom, top), ylim=(bottom, top), aspect="equal")
        ax.set_xlabel(f"{x} test {scores.label} (mean {mine['x'].mean():.3f})")
        ax.set_ylabel(f"{y} test {scores.label} (mean {mine['y'].mean():.3f})")
        ax.set_title(f"{y} better in {100 * (mine['y'] > mine['x']).mean():.0f} % of {len(mine)}")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
    return figure


def draw_curves(numbers: pd.DataFrame, shades: dict) -> Figure:
    """Validation loss by step, a panel a strategy, a line a group and seed; a dot where it is lowest."""
    names = list(dict.fromkeys(numbers["strategy"]))
    n_columns = min(3, len(names))
    n_rows = -(-len(names) // n_columns)
    figure = Figure(figsize=(2.4 * n_columns + 0.3, 1.9 * n_rows + 0.2), layout="constrained")
    axes = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
    for ax, name in zip(axes, names, strict=False):
        mine = numbers[numbers["strategy"] == name]
        groups = sorted(mine["group"].unique())
        many = len(groups) > 8
        tones = {} if many else colours([f"Group {int(g) + 1}" for g in groups], shades["group"])
        for (group, _), line in mine.groupby(["group", "seed"], sort=False):
            shade = shades["strategy"][name] if many else tones[f"Group {int(group) + 1}"]
            ax.plot(
                line["step"],
                line["validation_loss"],
                lw=0.5 if many else 1,
                color=shade,
                alpha=0.5 if many else 0.9,
                rasterized=many,  # hundreds of lines as paths would be megabytes
            )
            if line["validation_loss"].notna().any():
                best = line.loc[line["validation_loss"].idxmin()]
                ax.plot(
                    best["step"], best["validation_loss"], "o", ms=1.8 if many else 3, color=INK, zorder=3
                )
        ax.set_title(f"{name} ({len(groups)} group{'s' if len(groups) > 1 else ''})")
        if (
            mine["validation_loss"].min() > 0
            and mine["validation_loss"].max() > 5 * mine["validation_loss"].min()
        ):
            ax.set_yscale("log")
    for ax in axes[len(names) :]:
        ax.set_axis_off()
    figure.supxlabel("step", fontsize=8)
    figure.supylabel("validation loss (dot: lowest)", fontsize=8)
    return figure


def draw_sweep(numbers: pd.DataFrame, shades: dict) -> Figure:
    """Measures of the clustering by number of groups, a panel a measure; lines as in `sweep_lines`."""
    measures = [c for c in numbers.columns if c not in ("line", "k")]
    n_columns = min(3, len(measures))
    n_rows = -(-len(measures) // n_columns)
    figure = Figure(figsize=(2.3 * n_columns + 0.2, 1.7 * n_rows + 0.2), layout="constrained")
    axes = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
    for ax, measure in zip(axes, measures, strict=False):
        for i, (name, line) in enumerate(numbers.groupby("line", sort=False)):
            line = line.sort_values("k")
            tone = OKABE_ITO[i % len(OKABE_ITO)]
            ax.plot(line["k"], line[measure], marker=marker(i), ms=3.5, lw=1, color=tone, label=name)
        ax.set_title(MEASURES.get(measure, measure.replace("_", " ")))
        ax.set_xticks(sorted(numbers["k"].unique()))
    for ax in axes[len(measures) :]:
        ax.set_axis_off()
    figure.supxlabel("number of groups, K", fontsize=8)
    if numbers["line"].nunique() > 1:
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper left", ncols=min(4, len(labels)))
    return figure
