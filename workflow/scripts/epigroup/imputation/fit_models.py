"""Fit the linear models of a fold: penalties and shares of the ensemble by leaving out each known track."""

import logging
import os
from collections.abc import Sequence

import numpy as np

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.imputation.choices import LeftOut, choose_penalty, choose_shares
from epigroup.imputation.linear_parts import Weighted
from epigroup.imputation.models import model_of
from epigroup.imputation.moments import Moments, read_moments
from epigroup.imputation.places import Places, Target, read_places
from epigroup.imputation.track_folds import read_track_folds
from epigroup.imputation.weights import ENSEMBLE, FittedModels, mixed, write_fitted

log = logging.getLogger(__name__)

CHOICE_COLUMNS = ("model", "penalty", "error", "share", "chosen")


def fit_models(
    moments_path: str | os.PathLike,
    tracks_path: str | os.PathLike,
    folds_path: str | os.PathLike | None,
    fold: str | None,
    out: str | os.PathLike,
    choices_out: str | os.PathLike,
    models: Sequence[str],
) -> None:
    """Choose and fit the models of a fold, which know its training and validation tracks, at the places of its test
    tracks; of fold None, in which all tracks are known, at all places of the grid.

    out: `weights.FittedModels`. choices_out: a table of CHOICE_COLUMNS, a row a model: the penalty that is chosen, the
    mean squared error over known tracks, each left out, the share in the ensemble, and 1 for what errs least.
    What is chosen and what is fitted rests on the known tracks alone. InputError: an unknown model, moments of other
    tracks, too few known tracks to choose by.
    """
    moments, places = read_moments(moments_path), read_places(tracks_path)
    if moments.tasks and moments.tasks != places.task_ids:
        raise InputError(f"{moments_path}: is not of the tracks of {tracks_path}; make it again")
    known, targets = _known_and_targets(places, folds_path, fold)
    fitted, table = fit_known(moments, places, known, targets, models)
    write_fitted(out, fitted)
    lines = ["\t".join(CHOICE_COLUMNS), *("\t".join(map(str, row)) for row in table)]
    with whole(choices_out) as partial:
        partial.write_text("".join(line + "\n" for line in lines), encoding="utf-8")


def _known_and_targets(
    places: Places, folds_path: str | os.PathLike | None, fold: str | None
) -> tuple[np.ndarray, list[Target]]:
    if fold is None:
        grid = [
            (cell, assay) for cell in range(len(places.cell_types)) for assay in range(len(places.assays))
        ]
        return np.arange(len(places)), grid
    if folds_path is None:
        raise ValueError(f"fold {fold} without a table of folds")
    of_name = {one.fold: one for one in read_track_folds(folds_path, places)}
    if fold not in of_name:
        raise InputError(f"{folds_path}: has no fold {fold!r}; it has {', '.join(of_name)}")
    here = of_name[fold]
    known = np.array([places.index(task) for task in here.known], np.int64)
    return known, [places.target(task) for task in here.test]


def fit_known(
    moments: Moments, places: Places, known: np.ndarray, targets: Sequence[Target], models: Sequence[str]
) -> tuple[FittedModels, list[tuple]]:
    """(the models and their ensemble, fitted on the known tracks, at the targets; the rows of the table of choices).

    A target that a known track measures is imputed as if it were not known. One that no known track of its assay lies
    beside, in another cell type, or that is known and cannot be left out, is left out and named in the log.
    """
    left_out: list[LeftOut] = [choose_penalty(name, moments, places, known) for name in models]
    shares, error = choose_shares(left_out, moments)
    kept_in = set(known.tolist()) - set(left_out[0].rows.tolist())
    alone = {(int(places.cell[row]), int(places.assay[row])) for row in kept_in}
    possible = [one for one in targets if one not in alone and _has_average(places, known, one)]
    for cell, assay in set(targets) - set(possible):
        log.warning(
            "%s of %s is not imputed: nothing else is known of the assay in another cell type, or of the cell type",
            places.assays[assay], places.cell_types[cell],
        )  # fmt: skip
    functions = [
        model_of(name).fit(moments, places, known, one.penalty)
        for name, one in zip(models, left_out, strict=True)
    ]
    found = [
        [_without_itself(places, one, target) or function(target) for target in possible]
        for function, one in zip(functions, left_out, strict=True)
    ]
    found.append([mixed(shares.tolist(), [row[n] for row in found]) for n in range(len(possible))])
    n_tracks = len(places)
    fitted = FittedModels(
        (*models, ENSEMBLE),
        tuple((places.cell_types[cell], places.assays[assay]) for cell, assay in possible),
        places.task_ids,
        np.array([[one.weights for one in row] for row in found]).reshape(
            len(found), len(possible), n_tracks
        ),
        np.array([[one.intercept for one in row] for row in found]).reshape(len(found), len(possible)),
    )
    errors = [*(one.error for one in left_out), error]
    best = int(np.argmin(errors))
    log.info(
        "chosen by the known tracks, each left out: %s, mean squared error %.4f",
        fitted.models[best],
        errors[best],
    )
    table = [
        (name, _text(one.penalty), f"{one.error:.6g}", f"{share:.4f}", int(i == best))
        for i, (name, one, share) in enumerate(zip(models, left_out, shares, strict=True))
    ]
    table.append((ENSEMBLE, "", f"{error:.6g}", "1.0000", int(best == len(models))))
    return fitted, table


def _without_itself(places: Places, left_out: LeftOut, target: Target) -> Weighted | None:
    """What a model imputes of a known track without it; None of a place that no known track measures."""
    at = np.flatnonzero(
        (places.cell[left_out.rows] == target[0]) & (places.assay[left_out.rows] == target[1])
    )
    return Weighted(left_out.weights[at[0]], float(left_out.intercepts[at[0]])) if len(at) else None


def _has_average(places: Places, known: np.ndarray, target: Target) -> bool:
    cell, assay = target
    return bool(((places.assay[known] == assay) & (places.cell[known] != cell)).any())


def _text(penalty: object) -> str:
    """A penalty as the table has it: `0.1`, or `0.3, 1` of two; empty where the model has none."""
    parts = penalty if isinstance(penalty, tuple) else (penalty,)
    return "" if parts == (0.0,) else ", ".join(f"{part:g}" for part in parts)
