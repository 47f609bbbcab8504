"""Figures are written as SVG, PNG and numbers, the same each time; what is no figure is refused."""

import pandas as pd
import pytest

from epigroup.core.errors import InputError
from epigroup.report.figures import draw as plots
from epigroup.report.figures.record import Shown


def test_figures_are_written_as_svg_png_and_numbers(inputs, tmp_path):
    names = [
        "strategies",
        "gains",
        "pairs",
        "embedding",
        "composition",
        "sweep",
        "curves",
        "examples",
        "positives",
        "planted",
    ]
    outputs = [str(tmp_path / f"{name}.{kind}") for name in names for kind in ("svg", "png", "tsv")]
    plots.draw_figures(inputs, outputs, palette={"KMTL": "#123456"}, dpi=60, shown=Shown(grouping="kmeans"))
    for name in names:
        assert (tmp_path / f"{name}.svg").read_text().rstrip().endswith("</svg>")
        assert (tmp_path / f"{name}.png").read_bytes()[:4] == b"\x89PNG"
        assert len(pd.read_csv(tmp_path / f"{name}.tsv", sep="\t")) > 0
    assert "#123456" in (tmp_path / "strategies.svg").read_text()
    first = (tmp_path / "gains.svg").read_bytes()
    plots.draw_figures(
        inputs,
        [str(tmp_path / "gains.svg")],
        palette={"KMTL": "#123456"},
        dpi=60,
        shown=Shown(grouping="kmeans"),
    )
    assert (tmp_path / "gains.svg").read_bytes() == first


def test_an_unknown_figure_is_refused(inputs, tmp_path):
    with pytest.raises(InputError, match="'pie'"):
        plots.draw_figures(inputs, [str(tmp_path / "pie.svg")], palette={}, dpi=60)
