"""Figures and report where the targets are signals: Pearson's r stands wherever F1 does otherwise."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest

import report_settings
import report_tree
from epigroup.core.errors import InputError
from epigroup.report.figures import draw as plots
from epigroup.report.page import render
from epigroup.results.run import load
from report_pages import embedded

NAMES = {"f1": "pearson", "auprc": "spearman"}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """The tree of a run on labels, its scores under the names that those of signals have."""
    root = tmp_path_factory.mktemp("signals")
    found = report_tree.build(root, n_tasks=12, seeds=(1,))
    for path in [*root.rglob("*.tsv"), Path(found["headline"])]:
        text = path.read_text()
        for old, new in NAMES.items():
            text = re.sub(rf"(test|mean|validation)_{old}\b", rf"\1_{new}", text)
        path.write_text(
            text.replace("test_auroc", "test_mse").replace("threshold_flag", "positives_validation")
        )
    for path in found["metrics"]:
        table = pd.read_csv(path, sep="\t")
        of_labels = table.columns[
            table.columns.str.contains("half|brier|calibration|log_loss|validation_auroc")
        ]
        table.drop(columns=of_labels).to_csv(path, sep="\t", index=False, na_rep="NaN")
    about = json.loads(Path(found["dataset"]).read_text())
    Path(found["dataset"]).write_text(json.dumps(about | {"signal_transform": "log1p"}))
    # no simulation plants signals
    return {key: path for key, path in found.items() if key not in ("agreement", "ceiling")}


@pytest.fixture(scope="module")
def settings():
    settings = report_settings.settings()
    settings["report"]["config"]["dataset"] |= {"targets": "signal", "signal_transform": "log1p"}
    return settings


def test_the_page_speaks_of_pearson_and_not_of_f1(results, settings):
    page = render(results, palette={}, **settings)
    data = embedded(page)
    body = page.split('id="page-data">')[0].split("</style>")[1]
    assert "mean test Pearson r" in body and "log(1 + mean) of the profile&#39;s signal" in body
    words = body.replace("F1000", "").split("<pre")[0]  # the settings are those of any run
    assert not re.search(r"\bF1\b|AUPRC|AUROC", words)
    assert data["metrics"] == {"test_pearson": "test Pearson r", "test_spearman": "test Spearman ρ"}
    assert set(data["scores"]["KMTL"]) == set(data["metrics"])


def test_figures_name_the_score(inputs, tmp_path):
    names = ("strategies", "gains", "pairs")
    plots.draw_figures(inputs, [str(tmp_path / f"{name}.svg") for name in names], palette={}, dpi=50)
    for name in names:
        assert "Pearson r" in (tmp_path / f"{name}.svg").read_text(), name


def test_scores_of_labels_do_not_pass_for_those_of_signals(inputs, tmp_path_factory):
    path = Path(inputs["strategies"])
    text = path.read_text()
    path.write_text(text.replace("mean_pearson", "mean_f1"))
    try:
        with pytest.raises(InputError, match=r"lacks the column\(s\) mean_pearson"):
            load(inputs)
    finally:
        path.write_text(text)
