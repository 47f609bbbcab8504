"""The page of an imputation: does it beat the average activity, on which tracks, and by which model."""

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

import epigroup
from epigroup.core.files import whole
from epigroup.core.tables import read_figures
from epigroup.imputation.compare_models import AVERAGE, CHOSEN
from epigroup.imputation.measure_names import MEANINGS
from epigroup.imputation.models import MODELS
from epigroup.imputation.places import Places, read_places
from epigroup.imputation.track_folds import read_track_folds
from epigroup.imputation.weights import ENSEMBLE
from epigroup.report.imputation_lead import lead_sentence, signed_percent
from epigroup.report.section import TEMPLATES, environment

log = logging.getLogger(__name__)

Path = str | os.PathLike
# Avocado 2019, Table 1: mean squared errors over 1,014 tracks of the whole genome, in five-fold cross-validation.
TABLE_1 = {
    "ChromImpute": (0.113, 0.941, 1.09, 0.325, 0.149, 0.316),
    "PREDICTD": (0.100, 1.76, 0.897, 0.258, 0.129, 0.267),
    "Avocado": (0.100, 1.66, 0.845, 0.249, 0.130, 0.260),
}
IN_TABLE_1 = ("mse_global", "mse_1obs", "mse_1imp", "mse_prom", "mse_gene", "mse_enh")
WORDS = {
    **MODELS,
    ENSEMBLE: "mixture of the models above, its shares chosen by the known tracks, each left out",
    CHOSEN: "in each fold the model that the known tracks choose, each left out",
}
LABEL, WIDTH, ROW = 190, 560, 20  # of the figure by track, px


@dataclass(frozen=True)
class _Tables:
    places: Places
    fold_of: Mapping[str, str]
    by_track: pd.DataFrame
    by_model: pd.DataFrame
    choices: Mapping[str, pd.DataFrame]


def write_imputation_page(
    tracks: Path,
    folds: Path,
    by_track: Path,
    by_model: Path,
    choices: Sequence[Path],
    out: Path,
    cfg: Mapping[str, Any],
) -> None:
    """Write the page, one file that asks nothing of the network.

    choices: of the folds, in their order. cfg: name, assembly, chromosomes, bin_size, transform, imputed (cell type and
    assay of each bigWig that is written), annotation (which of genes and enhancers are given).
    InputError: tables that are cut or damaged.
    """
    places = read_places(tracks)
    of_folds = read_track_folds(folds, places)
    names = ("task_id", "cell_type", "assay", "fold", "model", "verdict")
    tables = _Tables(
        places,
        {task: one.fold for one in of_folds for task in one.test},
        read_figures(by_track, names=names),
        read_figures(by_model, names=("model",)),
        {
            one.fold: read_figures(path, names=("model", "penalty"))
            for one, path in zip(of_folds, choices, strict=True)
        },
    )
    page = (
        environment()
        .get_template("imputation.html.j2")
        .render(
            name=cfg["name"],
            cfg=cfg,
            lead=lead_sentence(tables.by_track, tables.by_model),
            bars=bars(tables.by_track),
            size={"label": LABEL, "width": WIDTH, "row": ROW},
            grid=grid(tables.places, tables.fold_of, {tuple(one) for one in cfg["imputed"]}),
            models=model_rows(tables.by_model),
            measures=MEANINGS,
            table_1=TABLE_1,
            in_table_1=IN_TABLE_1,
            choices=choice_rows(tables.choices),
            n_tracks=len(places),
            version=epigroup.__version__,
            style=(TEMPLATES / "style.css").read_text(encoding="utf-8"),
        )
    )
    with whole(out) as partial:
        partial.write_text(page, encoding="utf-8")


def bars(by_track: pd.DataFrame) -> dict[str, Any]:
    """The tracks by the relative difference of the choice to the average, the best first, with what a figure of it
    needs: places in px of the difference and its interval."""
    mine = by_track[by_track["model"] == CHOSEN].sort_values("relative").reset_index(drop=True)
    ends = pd.DataFrame({key: mine[key] / mine["average_mse"] for key in ("low", "high")})
    most = float(pd.concat([mine["relative"], ends["low"], ends["high"]]).abs().max())
    # So far to either side of the average, and ticks at round shares of it.
    step = next((one for one in (0.05, 0.1, 0.25, 0.5) if 2 * one >= most * 0.9), 1.0)
    reach = 2 * step * 1.15

    def at(value: float) -> float | None:
        if value != value:
            return None
        return round(LABEL + WIDTH / 2 * (1 + max(-1.0, min(1.0, value / reach))), 1)

    rows = [
        {
            "task": one.task_id, "y": ROW * (i + 1), "x": at(one.relative), "low": at(ends["low"][i]),
            "high": at(ends["high"][i]), "verdict": one.verdict, "mse": one.mse, "average": one.average_mse,
            "words": signed_percent(one.relative),
        }
        for i, one in enumerate(mine.itertuples())
    ]  # fmt: skip
    ticks = [{"x": at(n * step), "words": f"{100 * n * step:+.0f} %".replace("-", "−")} for n in range(-2, 3)]
    return {"rows": rows, "zero": at(0.0), "ticks": ticks, "height": ROW * (len(rows) + 2)}


def grid(places: Places, fold_of: Mapping[str, str], imputed: set[tuple[str, str]]) -> dict[str, Any]:
    """The cell types and assays, and what each place is: the fold that holds its track out, imputed, or neither."""
    task_at = {(one.cell_type, one.assay): one.task_id for one in places.tracks}
    rows = []
    for cell_type in places.cell_types:
        cells = []
        for assay in places.assays:
            task = task_at.get((cell_type, assay))
            kind = "measured" if task else "imputed" if (cell_type, assay) in imputed else "empty"
            cells.append({"kind": kind, "fold": fold_of.get(task, "") if task else "", "task": task or ""})
        rows.append({"cell_type": cell_type, "cells": cells})
    return {"assays": places.assays, "rows": rows}


def model_rows(by_model: pd.DataFrame) -> list[dict[str, Any]]:
    """The models from the least error up, what is NaN as None."""
    rows = by_model.sort_values("mse_global").to_dict("records")
    return [
        {key: None if isinstance(value, float) and value != value else value for key, value in row.items()}
        | {
            "words": WORDS.get(row["model"], ""),
            "average": row["model"] == AVERAGE,
            "chosen": row["model"] == CHOSEN,
        }
        for row in rows
    ]


def choice_rows(choices: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """By model its penalty, error and share in each fold."""
    folds = list(choices)
    models = list(next(iter(choices.values()))["model"]) if folds else []
    of = {fold: table.set_index("model") for fold, table in choices.items()}
    rows = [
        {
            "model": model,
            "cells": [
                {
                    "error": float(of[fold].loc[model, "error"]), "share": float(of[fold].loc[model, "share"]),
                    "penalty": str(of[fold].loc[model, "penalty"]), "chosen": int(of[fold].loc[model, "chosen"]) == 1,
                }
                for fold in folds
            ],
        }
        for model in models
    ]  # fmt: skip
    return {"folds": folds, "rows": rows, "ensemble": ENSEMBLE}
