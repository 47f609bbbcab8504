"""The page that tests open in a browser: that of the small results tree, with two scores that look alike."""

import pandas as pd

import report_settings
import report_tree
import tree_strata
from epigroup.report.figures.draw import draw_figures
from epigroup.report.figures.record import Shown
from epigroup.report.page import make_report

ALIKE = ["P007_DNase", "P008_ChIP"]  # their scores are told apart by the fourth digit alone
STILLS = ["gains", "planted", "similarity", "strata"]  # figures that the page does not draw itself


def write_page(folder, figured=False, **sizes):
    """Write the page, with figures if they are asked for, and the tree that it is of; returns its address."""
    inputs = tree_strata.with_strata(folder / "tree", report_tree.build(folder / "tree", **sizes))
    for path in inputs["metrics"]:
        table = pd.read_csv(path, sep="\t")
        table.loc[table["task_id"].isin(ALIKE), "test_f1"] = [0.50012, 0.50034]
        table.to_csv(path, sep="\t", index=False, na_rep="NaN")
    figures = [
        str(folder / "figures" / f"{name}.{kind}") for name in STILLS for kind in ("svg", "png", "tsv")
    ]
    if figured:
        draw_figures(inputs, figures, palette={}, dpi=60, shown=Shown(grouping="kmeans"))
        inputs |= {"figures": figures}
    path = folder / "report.html"
    make_report(inputs, str(path), figures={"palette": {}, "dpi": 100}, **report_settings.settings())
    return path.as_uri()
