"""The audit's figure: scores and gains of the tasks against depth, FRiP, peaks, assay, batch and donor."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from epigroup.audit.properties import NUMBERS
from epigroup.report.figures.style import INK, marker
from epigroup.results.run import Results

COLUMNS = [
    "property",
    "measure",
    "words",
    "task_id",
    "modality",
    "value",
    "score",
    "kind",
    "effect",
    "p",
    "q",
]
WIDEST = 4  # panels a row


def technique_points(results: Results) -> pd.DataFrame:
    """A row a (property, measure, task) that the audit tested, with the test's effect, p and q."""
    found = [one for one in (results.audit or {}).get("findings", []) if one["check"] == "technique"]
    if not found:
        return pd.DataFrame(columns=COLUMNS)
    rows = []
    for test in found[0]["details"]["tests"]:
        for point in found[0]["details"]["points"]:
            value, score = point[test["property"]], point[test["measure"]]
            if value not in (None, "") and score is not None:
                known = [point["task_id"], point["modality"], value, score]
                words = found[0]["details"]["measures"][test["measure"]]
                rows.append(
                    [test["property"], test["measure"], words, *known, *(test[key] for key in COLUMNS[7:])]
                )
    return pd.DataFrame(rows, columns=COLUMNS)


def draw_technique(numbers: pd.DataFrame, shades: dict) -> Figure:
    """A panel a tested pair of property and measure, a point a task."""
    panels = list(numbers.groupby(["property", "measure"], sort=False))
    n_columns = min(WIDEST, len(panels))
    n_rows = -(-len(panels) // n_columns)
    figure = Figure(figsize=(2.4 * n_columns, 2.3 * n_rows), layout="constrained")
    axes = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
    for ax, ((name, _), part) in zip(axes, panels, strict=False):
        is_number = name in NUMBERS
        if is_number:
            x = part["value"].astype(float)
            ax.set_xscale("log" if (x > 0).all() else "linear")
        else:
            codes, levels = pd.factorize(part["value"])
            spread = np.random.default_rng(0).uniform(-0.2, 0.2, len(part))
            x = pd.Series(codes + spread, index=part.index)
            shown = range(len(levels)) if len(levels) <= 12 else []
            ax.set_xticks(list(shown), [str(levels[i]) for i in shown], rotation=45, ha="right")
        for i, (modality, shade) in enumerate(shades["modality"].items()):
            mine = part["modality"] == modality
            ax.scatter(x[mine], part["score"][mine], s=12, marker=marker(i), color=shade, alpha=0.8, lw=0,
                       label=modality)  # fmt: skip
        one = part.iloc[0]
        sign = "ρ" if one["kind"] == "rho" else "ε²"
        ax.set_title(f"{sign} {one['effect']:.2f}, q {one['q']:.2g}", color=INK)
        ax.set_xlabel(NUMBERS.get(name, name))
        ax.set_ylabel(one["words"])
    for ax in axes[len(panels) :]:
        ax.set_visible(False)
    axes[0].legend(handletextpad=0.1)
    return figure
