"""How figures look, and how one is saved: SVG, PNG and the numbers as TSV, side by side."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from epigroup.core.files import whole

# Okabe & Ito 2008, told apart by all common kinds of colour vision; yellow last, as it is faint on white.
OKABE_ITO = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#8C8C8C", "#332288"]
MARKERS = ["o", "s", "^", "D", "v", "P", "X", "*"]
SPLITS = {"train": "#8C8C8C", "validation": "#E69F00", "test": "#0072B2", "dropped_border": "#D55E00"}
INK, FAINT = "#222222", "#9a9a9a"

STYLE = {
    "font.size": 8,
    "font.family": "DejaVu Sans",
    "axes.titlesize": 8.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 8,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.frameon": False,
    "legend.fontsize": 7,
    "figure.facecolor": "white",
    "svg.fonttype": "none",
    "svg.hashsalt": "epigroup",  # the same numbers give the same file
    "path.simplify": True,
}


def colours(names: Iterable[str], palette: Mapping[str, str]) -> dict[str, str]:
    """A colour for each name: the config's own, else the next of Okabe and Ito's that is free.

    Beyond eight names colours repeat; markers (`marker`) then tell them apart.
    """
    names = list(dict.fromkeys(names))
    taken = {palette[name].upper() for name in names if name in palette}
    free = [c for c in OKABE_ITO if c not in taken] or OKABE_ITO
    rest = [name for name in names if name not in palette]
    chosen = {name: free[i % len(free)] for i, name in enumerate(rest)}
    return {name: palette[name] if name in palette else chosen[name] for name in names}


def marker(index: int) -> str:
    """The index-th point shape."""
    return MARKERS[index % len(MARKERS)]


def save(figure: Figure, numbers: pd.DataFrame, stem: Path, dpi: int, caption: str | None = None) -> None:
    """Write `stem`.svg, `stem`.png and `stem`.tsv; the caption, where given, into what pictures say of
    themselves."""
    said = {"Description": caption} if caption else {}
    with whole(f"{stem}.tsv") as path:
        numbers.to_csv(path, sep="\t", index=False, float_format="%.6g")
    with whole(f"{stem}.svg") as path:
        figure.savefig(
            path, format="svg", metadata={"Date": None, "Creator": "epigroup", **said}, bbox_inches="tight"
        )
    with whole(f"{stem}.png") as path:
        figure.savefig(
            path, format="png", dpi=dpi, metadata={"Software": "epigroup", **said}, bbox_inches="tight"
        )


def empty(message: str) -> Figure:
    """A figure that says why there is nothing to draw."""
    figure = Figure(figsize=(5, 1))
    figure.text(0.02, 0.5, message, va="center", color=INK)
    return figure
