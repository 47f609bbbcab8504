"""Figures of trials: learning rates searched, and the patience study."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from epigroup.report.figures.style import FAINT, INK, OKABE_ITO


def draw_search(numbers: pd.DataFrame, shades: dict) -> Figure:
    """Lowest validation loss by learning rate, a panel a strategy, a line a group and seed (a seed, where a
    sample of groups was searched); a dot where it won.
    """
    names = list(dict.fromkeys(numbers["strategy"]))
    n_columns = min(3, len(names))
    n_rows = -(-len(names) // n_columns)
    figure = Figure(figsize=(2.4 * n_columns + 0.3, 1.9 * n_rows + 0.2), layout="constrained")
    axes = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
    for ax, name in zip(axes, names, strict=False):
        mine = numbers[numbers["strategy"] == name]
        units = search_units(mine)
        for i, line in enumerate(units):
            finite = line[np.isfinite(line["mean_loss"])]
            tone = shades["strategy"][name] if len(units) > 8 else OKABE_ITO[i % len(OKABE_ITO)]
            ax.plot(finite["learning_rate"], finite["mean_loss"], "-", marker=".", ms=3, lw=0.8, color=tone)
            won = finite[finite["chosen"] == 1]
            ax.plot(won["learning_rate"], won["mean_loss"], "o", ms=4, color=INK, zorder=3)
            lost = line.loc[~np.isfinite(line["mean_loss"]), "learning_rate"]
            if len(lost):
                top = np.full(len(lost), 0.97)
                ax.plot(lost, top, "x", ms=4, color=tone, transform=ax.get_xaxis_transform())
        ax.set_xscale("log")
        wide = mine["learning_rate"].max() > 20 * mine["learning_rate"].min()
        ax.xaxis.set_major_locator(LogLocator(subs=(1,) if wide else (1, 2, 5)))
        ax.xaxis.set_major_formatter(lambda x, _: f"{x:g}")
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.set_title(name)
        ax.set_xlabel("learning rate")
    for ax in axes[len(names) :]:
        ax.set_axis_off()
    figure.supylabel("lowest validation loss (dot: chosen)", fontsize=8)
    return figure


def search_units(trials: pd.DataFrame) -> list[pd.DataFrame]:
    """The trials of one strategy by what got a rate of its own: a (seed, group), or a seed where one rate
    serves the groups of a sample, then with one row a rate. Rates ascend.
    """
    parts = [
        part
        for _, mine in trials.groupby("seed")
        for part in ([mine] if mine["networks"].max() > 1 else [p for _, p in mine.groupby("group")])
    ]
    return [part.drop_duplicates("learning_rate").sort_values("learning_rate") for part in parts]


def draw_patience(numbers: pd.DataFrame, shades: dict) -> Figure:
    """Validation loss over the full course of single profiles, a panel a modality (the paper's Figure 3)."""
    modalities = sorted(numbers["modality"].unique())
    figure = Figure(figsize=(2.6 * len(modalities) + 0.3, 3.0), layout="constrained")
    axes = figure.subplots(1, len(modalities), squeeze=False)[0]
    for ax, modality in zip(axes, modalities, strict=True):
        mine = numbers[numbers["modality"] == modality]
        for i, (_, line) in enumerate(mine.groupby(["share_train", "task_id"])):
            facts = line.iloc[0]
            label = f"{100 * facts['share_train']:.2g} %, {facts['safe_patience']:.0f}"
            tone = OKABE_ITO[i % len(OKABE_ITO)]
            ax.plot(line["step"], line["validation_loss"], lw=0.8, color=tone, label=label)
            best = line[line["step"] == facts["best_step"]]
            ax.plot(best["step"], best["validation_loss"], "o", ms=3, color=INK, zorder=3)
        if mine["validation_loss"].max() > 5 * mine["validation_loss"].min() > 0:
            ax.set_yscale("log")
        ax.set_title(modality)
        ax.legend(title="positive, safe patience", title_fontsize=7, loc="upper right")
    figure.supxlabel("step", fontsize=8)
    figure.supylabel("validation loss (dot: lowest)", fontsize=8)
    return figure


def draw_regret(numbers: pd.DataFrame, shades: dict) -> Figure:
    """Validation loss that a patience loses, in % of the lowest, and the steps it trains: mean and worst
    profile.
    """
    lost = 100 * numbers["regret"] / (numbers["loss"] - numbers["regret"])
    by = numbers.assign(lost=lost, trained=100 * numbers["steps_share"]).groupby("patience")
    figure = Figure(figsize=(5.2, 2.2), layout="constrained")
    axes = figure.subplots(1, 2)
    for ax, column, title in ((axes[0], "lost", "Loss above the lowest, %"),
                              (axes[1], "trained", "Steps trained, % of the course")):  # fmt: skip
        values = by[column].agg(["mean", "max"])
        ax.plot(values.index, values["max"], color=FAINT, lw=1, label="the worst profile")
        ax.plot(values.index, values["mean"], color=OKABE_ITO[0], lw=1.4, label="mean")
        ax.set_title(title)
        ax.set_ylim(bottom=0)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.set_xlabel("patience, validations")
    axes[0].legend()
    return figure
