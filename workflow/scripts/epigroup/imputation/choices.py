"""What each model would have imputed of every known track, had it not been known: by this penalties and shares of the
ensemble are chosen."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from epigroup.core.errors import InputError
from epigroup.imputation.linear_parts import Weighted
from epigroup.imputation.models import model_of
from epigroup.imputation.moments import Moments
from epigroup.imputation.places import Places

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LeftOut:
    """A model's imputation of each known track without it: rows int64 (K,), weights float64 (K, T), intercepts (K,),
    and the mean squared errors (K,)."""

    penalty: Any
    rows: np.ndarray
    weights: np.ndarray
    intercepts: np.ndarray
    errors: np.ndarray

    @property
    def error(self) -> float:
        return float(self.errors.mean())


def can_be_left_out(places: Places, known: np.ndarray) -> np.ndarray:
    """int64: the known tracks of which the cell type and the assay are known by another track too."""
    cells = np.bincount(places.cell[known], minlength=len(places.cell_types))
    assays = np.bincount(places.assay[known], minlength=len(places.assays))
    return known[(cells[places.cell[known]] > 1) & (assays[places.assay[known]] > 1)]


def leave_out(name: str, moments: Moments, places: Places, known: np.ndarray, penalty: Any) -> LeftOut:
    """What a model of one penalty imputes of each known track that can be left out, fitted without it."""
    fit = model_of(name).fit
    rows = can_be_left_out(places, known)
    weights, intercepts, errors = np.zeros((len(rows), len(places))), np.zeros(len(rows)), np.zeros(len(rows))
    for i, row in enumerate(rows):
        fitted = fit(moments, places, known[known != row], penalty)
        found: Weighted = fitted((int(places.cell[row]), int(places.assay[row])))
        weights[i], intercepts[i] = found.weights, found.intercept
        errors[i] = moments.squared_error(found.weights, found.intercept, int(row))
    return LeftOut(penalty, rows, weights, intercepts, errors)


def choose_penalty(name: str, moments: Moments, places: Places, known: np.ndarray) -> LeftOut:
    """The model with the penalty of least mean squared error over the known tracks, each left out; of equal ones the
    first. InputError: no known track can be left out."""
    if not len(can_be_left_out(places, known)):
        raise InputError(
            f"no model can be chosen: of {len(known)} known tracks none has another of its cell type "
            "and another of its "
            "assay beside it; add tracks, or hold fewer of them out"
        )
    tried = [leave_out(name, moments, places, known, penalty) for penalty in model_of(name).PENALTIES]
    best = tried[int(np.argmin([one.error for one in tried]))]
    log.info(
        "%s: penalty %s of %d, mean squared error %.4f over %d known tracks, each left out",
        name, best.penalty, len(tried), best.error, len(best.rows),
    )  # fmt: skip
    return best


def choose_shares(left_out: Sequence[LeftOut], moments: Moments) -> tuple[np.ndarray, float]:
    """(float64 (M,) shares of models in their mixture, at least 0 and of sum 1; its mean squared error): those of least
    error over the known tracks, each left out, as the moments say exactly."""
    products = np.zeros((len(left_out), len(left_out)))
    rows = left_out[0].rows
    for i, row in enumerate(rows):
        off = np.array([one.weights[i] for one in left_out])
        off[:, row] -= 1
        shift = off @ moments.mean + np.array([one.intercepts[i] for one in left_out])
        products += off @ moments.covariance @ off.T + np.outer(shift, shift)
    products /= len(rows)
    shares = least_on_simplex(products)
    return shares, float(shares @ products @ shares)


def least_on_simplex(products: np.ndarray) -> np.ndarray:
    """float64 (M,): s of least s' products s, with s >= 0 and of sum 1, by an active set: what would be negative is set
    to 0, what would help is let in again, until neither is left."""
    size = len(products)
    scale = float(np.trace(products)) / size
    matrix = products + 1e-10 * max(scale, 1e-300) * np.eye(size)
    shares = np.zeros(size)
    shares[int(np.argmin(np.diag(matrix)))] = 1
    for _ in range(10 * size):
        gradient = matrix @ shares
        level = float(shares @ gradient)
        enters = int(np.argmin(gradient))
        if gradient[enters] >= level * (1 - 1e-9):
            break
        free = shares > 0
        free[enters] = True
        while True:
            inner = np.linalg.solve(matrix[np.ix_(free, free)], np.ones(int(free.sum())))
            wanted = np.zeros(size)
            wanted[free] = inner / inner.sum()
            if wanted[free].min() > 0:
                shares = wanted
                break
            # as far towards it as no share becomes negative
            falls = free & (wanted < shares)
            length = float((shares[falls] / (shares[falls] - wanted[falls])).min()) if falls.any() else 0.0
            shares = shares + length * (wanted - shares)
            free &= shares > 1e-12
            shares[~free] = 0
    return shares / shares.sum()
