"""The page of an imputation: what its first sentence says, and that names of the sheet are text in it."""

import numpy as np
import pandas as pd
import pytest

from epigroup.imputation.measure_names import MEANINGS
from epigroup.imputation.places import Place, Places, write_places
from epigroup.imputation.settings import FoldSettings
from epigroup.imputation.track_folds import split_tracks, write_track_folds
from epigroup.report.imputation import bars, write_imputation_page
from epigroup.report.imputation_lead import lead_sentence

CELLS, ASSAYS = ("<b>A</b>", "B", "C"), ("K4", "K27")
PLACES = Places(
    tuple(Place(f"t_{c}{a}", cell, assay) for c, cell in enumerate(CELLS) for a, assay in enumerate(ASSAYS))
)


def tables(relative, over_cells=(-0.4, -0.1), over_assays=(-0.3, -0.2)):
    """by_track and by_model of two models and what is chosen, relative differences by track."""
    rows = [
        {
            "task_id": place.task_id, "cell_type": place.cell_type, "assay": place.assay, "fold": "1", "model": model,
            "mse": 0.2 * (1 + value), "average_mse": 0.2, "difference": 0.2 * value, "relative": value,
            "low": 0.2 * value - 0.01, "high": 0.2 * value + 0.01, "verdict": "",
        }
        for place, of_track in zip(PLACES.tracks, relative, strict=True)
        for model, value in (("average", 0.0), ("scaled_average", of_track), ("chosen", of_track))
    ]  # fmt: skip
    by_track = pd.DataFrame(rows)
    by_model = pd.DataFrame(
        {
            "model": name, "n_tracks": len(relative), "average_mse": 0.2, "relative": value, "p": np.nan, "q": np.nan,
            "relative_low_cells": over_cells[0], "relative_high_cells": over_cells[1],
            "relative_low_assays": over_assays[0], "relative_high_assays": over_assays[1], "share_below": 0.5,
        }
        | dict.fromkeys(MEANINGS, 0.2 * (1 + value))
        for name, value in (("average", 0.0), ("scaled_average", np.mean(relative)), ("chosen", np.mean(relative)))
    )  # fmt: skip
    return by_track, by_model


@pytest.mark.parametrize(
    ("relative", "over_cells", "verb"),
    [
        ([-0.3, -0.2, -0.1, -0.3, -0.2, 0.05], (-0.4, -0.1), "beats the average activity"),
        ([-0.3, -0.2, -0.1, -0.3, -0.2, 0.05], (-0.4, 0.1), "is not shown to beat the average activity"),
        ([-0.3, -0.2, -0.1, -0.3, -0.2, 0.05], (np.nan, np.nan), "is not shown to beat the average activity"),
        ([0.3, 0.2, 0.1, 0.3, 0.2, -0.05], (0.1, 0.4), "does not beat the average activity"),
    ],
)  # fmt: skip
def test_the_first_sentence_claims_what_the_intervals_allow(relative, over_cells, verb):
    said = lead_sentence(*tables(relative, over_cells))
    assert f"What validation chooses {verb}: its mean squared error on 6 tracks held out is" in said
    assert f"{abs(100 * np.mean(relative)):.1f} % {'below' if np.mean(relative) < 0 else 'above'}" in said
    lost = [one.task_id for one, value in zip(PLACES.tracks, relative, strict=True) if value >= 0]
    assert f"better on {6 - len(lost)} of 6 tracks" in said and all(name in said for name in lost)


def test_bars_lie_where_the_figures_are():
    drawn = bars(tables([-0.3, -0.2, -0.1, -0.4, -0.2, 0.05])[0])
    assert [row["words"] for row in drawn["rows"]][0] == "−40.0 %"
    places = [row["x"] for row in drawn["rows"]]
    assert places == sorted(places) and places[-1] > drawn["zero"] > places[-2]
    left, right = drawn["ticks"][1], drawn["ticks"][3]
    assert left["words"] == "−25 %" and right["words"] == "+25 %"
    assert drawn["zero"] - left["x"] == pytest.approx(right["x"] - drawn["zero"], abs=0.2)


def test_names_are_text_and_every_section_is_there(tmp_path):
    folds = split_tracks(PLACES, FoldSettings(k=2, seed=1, validation=0.0))
    write_places(tmp_path / "tracks.tsv", PLACES)
    write_track_folds(tmp_path / "folds.tsv", folds, PLACES)
    by_track, by_model = tables([-0.3, -0.2, -0.1, -0.3, -0.2, 0.05])
    by_track.to_csv(tmp_path / "by_track.tsv", sep="\t", index=False, na_rep="NaN")
    by_model.to_csv(tmp_path / "by_model.tsv", sep="\t", index=False, na_rep="NaN")
    choices = tmp_path / "choices.tsv"
    choices.write_text(
        "model\tpenalty\terror\tshare\tchosen\naverage\t\t0.2\t0.1\t0\nscaled_average\t0.3\t0.15\t0.9\t0\n"
        "ensemble\t\t0.14\t1\t1\n"
    )
    cfg = {
        "name": "a <i>run</i>", "assembly": "hg38", "chromosomes": ["chr1"], "bin_size": 25, "transform": "arcsinh",
        "imputed": [], "annotation": [],
    }  # fmt: skip
    out = tmp_path / "imputation.html"
    write_imputation_page(
        tmp_path / "tracks.tsv", tmp_path / "folds.tsv", tmp_path / "by_track.tsv", tmp_path / "by_model.tsv",
        [choices] * 2, out, cfg,
    )  # fmt: skip
    page = out.read_text()
    assert "<b>A</b>" not in page and "&lt;b&gt;A&lt;/b&gt;" in page and "<i>run" not in page
    for section in ("tracks", "places", "models", "choices", "files"):
        assert f'<section id="{section}">' in page and f'href="#{section}"' in page
    assert "ChromImpute, as printed" in page and "No bigWigs were asked for" in page
    assert not any(word in page for word in ("nan", "None<", "http://", "https://"))
