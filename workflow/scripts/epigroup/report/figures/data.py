"""Figures of tasks and data: embedding, composition of groups, examples, positives, agreement with planted
groups.
"""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from epigroup.report.figures.style import SPLITS, marker


def draw_embedding(numbers: pd.DataFrame, shades: dict) -> Figure:
    """Principal components of E (the paper's Figure 5): a row a seed, coloured by modality, cell group and
    group.
    """
    seeds = sorted(numbers["seed"].unique())[:4]
    titles = {"modality": "Event modality", "cell_group": "Cell group", "group": "Task group"}
    titles = {k: v for k, v in titles.items() if k != "group" or (numbers["group"] != "").any()}
    figure = Figure(figsize=(2.5 * len(titles) + 0.2, 2.6 * len(seeds) + 0.5), layout="constrained")
    axes = figure.subplots(len(seeds), len(titles), squeeze=False)
    for row, seed in enumerate(seeds):
        mine = numbers[numbers["seed"] == seed]
        share = mine[["share1", "share2"]].iloc[0] * 100
        for ax, (kind, title) in zip(axes[row], titles.items(), strict=True):
            for i, (name, shade) in enumerate(shades[kind].items()):
                part = mine[mine[kind] == name]
                ax.scatter(
                    part["pc1"],
                    part["pc2"],
                    s=14,
                    marker=marker(i),
                    color=shade,
                    alpha=0.8,
                    lw=0,
                    label=name or "none",
                )
            ax.set_title(title if len(seeds) == 1 else f"{title}, seed {seed}")
            ax.set_xlabel(f"PC 1 ({share.iloc[0]:.0f} %)")
            ax.set_ylabel(f"PC 2 ({share.iloc[1]:.0f} %)")
            if row == len(seeds) - 1:
                ax.legend(
                    loc="upper center",
                    bbox_to_anchor=(0.5, -0.22),
                    ncols=2,
                    handletextpad=0.1,
                    columnspacing=0.8,
                )
    return figure


def draw_composition(numbers: pd.DataFrame, shades: dict) -> Figure:
    """Tasks by category and group (the paper's Table II) of the first seed, counts written in the cells."""
    mine = numbers[numbers["seed"] == numbers["seed"].min()]
    parts = [part for _, part in mine.groupby("category", sort=False)]
    heights = [part["level"].nunique() for part in parts]
    n_groups = mine["group"].nunique()
    figure = Figure(figsize=(1.8 + 0.75 * n_groups, 0.9 + 0.26 * sum(heights)), layout="constrained")
    axes = figure.subplots(len(parts), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": heights})[
        :, 0
    ]
    most = mine["n_tasks"].max()
    for ax, part in zip(axes, parts, strict=True):
        counts = part.pivot(index="level", columns="group", values="n_tasks").fillna(0).astype(int)
        cells(ax, counts.to_numpy(), most)
        ax.set_yticks(range(len(counts)), counts.index)
        ax.set_title(
            {"modality": "Event modality", "cell_group": "Cell group"}.get(part["category"].iloc[0], "")
        )
    sizes = mine[mine["category"] == "modality"].groupby("group")["n_tasks"].sum()
    axes[-1].set_xticks(range(n_groups), [f"Group {int(g) + 1}\n(N = {n})" for g, n in sizes.items()])
    return figure


def cells(ax, counts: np.ndarray, most: float) -> None:
    """A matrix of counts, darker for more, with the numbers in it."""
    ax.imshow(counts, cmap="Blues", vmin=0, vmax=max(most * 1.15, 1), aspect="auto")
    for (row, column), n in np.ndenumerate(counts):
        ax.text(
            column,
            row,
            str(n),
            ha="center",
            va="center",
            fontsize=7.5,
            color="white" if n > 0.6 * most else "#222222",
        )
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)


def draw_examples(numbers: pd.DataFrame, shades: dict) -> Figure:
    """Examples by chromosome, split by colour."""
    figure = Figure(figsize=(5.5, 0.9 + 0.2 * len(numbers)), layout="constrained")
    ax = figure.subplots()
    left = np.zeros(len(numbers))
    for split, shade in SPLITS.items():
        n = numbers[split].to_numpy()
        if n.sum():
            label = f"{split.replace('dropped_border', 'left out at a border')} ({n.sum():,})"
            ax.barh(range(len(numbers)), n, left=left, color=shade, height=0.75, label=label)
            left += n
    ax.set_yticks(range(len(numbers)), numbers["chromosome"])
    ax.invert_yaxis()
    ax.set_xlabel("examples (bins)")
    ax.xaxis.set_major_formatter(lambda x, _: f"{x:,.0f}")
    figure.legend(loc="outside upper left", ncols=4)
    return figure


def draw_positives(numbers: pd.DataFrame, shades: dict) -> Figure:
    """Share of positive training examples of each task (the paper's Figure 4), tasks in falling order."""
    numbers = numbers.sort_values("share_train", ascending=False).reset_index(drop=True)
    figure = Figure(figsize=(5.5, 2.4), layout="constrained")
    ax = figure.subplots()
    for i, (name, shade) in enumerate(shades["modality"].items()):
        part = numbers[(numbers["modality"] == name) & (numbers["share_train"] > 0)]
        ax.scatter(
            part.index + 1, 100 * part["share_train"], s=12, marker=marker(i), color=shade, lw=0, label=name
        )
    ax.set_yscale("log")
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_major_formatter(lambda y, _: f"{y:g}")
    ax.yaxis.set_minor_formatter(NullFormatter())
    ax.set_xlabel("task, by falling share")
    ax.set_ylabel("positive training examples, %")
    ax.grid(axis="y", color="#e4e4e4", lw=0.6)
    ax.legend(ncols=3)
    return figure


def draw_planted(numbers: pd.DataFrame, shades: dict) -> Figure:
    """Adjusted Rand index of each grouping with the planted groups; a point a seed."""
    names = list(dict.fromkeys(numbers["grouping"]))
    figure = Figure(figsize=(4.5, 0.7 + 0.25 * len(names)), layout="constrained")
    ax = figure.subplots()
    ax.axvline(0, color="#9a9a9a", lw=0.8)
    for row, name in enumerate(names):
        values = numbers.loc[numbers["grouping"] == name, "ari_planted"]
        ax.plot(values, [row] * len(values), "o", ms=5, color=list(shades["strategy"].values())[0], alpha=0.8)
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.set_xlim(min(-0.1, numbers["ari_planted"].min() - 0.05), 1.03)
    ax.set_xlabel("adjusted Rand index with the planted groups (1: the same, 0: chance)")
    return figure
