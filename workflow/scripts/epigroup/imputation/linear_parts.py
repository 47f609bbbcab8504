"""What models that are linear in the tracks are built of: weights, averages over cell types, additive fits."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from epigroup.core.errors import InputError
from epigroup.imputation.moments import Moments
from epigroup.imputation.places import Places, Target


@dataclass(frozen=True)
class Weighted:
    """Imputed values are x @ weights + intercept; weights: float64 (T,), zero but at known tracks."""

    weights: np.ndarray
    intercept: float


# From a target to what is imputed there.
Fitted = Callable[[Target], Weighted]


def average_weights(places: Places, known: np.ndarray, target: Target) -> np.ndarray:
    """float64 (T,): equal weights, of sum 1, of the known tracks of the target's assay in other cell types than its
    own. InputError: there is none."""
    cell, assay = target
    rows = known[(places.assay[known] == assay) & (places.cell[known] != cell)]
    if not len(rows):
        raise InputError(
            f"{places.assays[assay]} of {places.cell_types[cell]} cannot be imputed: the assay is "
            "known in no other cell "
            "type; leave its other tracks among the known ones"
        )
    weights = np.zeros(len(places))
    weights[rows] = 1 / len(rows)
    return weights


def averaged(places: Places, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(the known tracks with an average, int64 (K,); weights of their averages, float64 (K, T)): each over the other
    known cell types with its assay."""
    counts = np.bincount(places.assay[known], minlength=len(places.assays))
    rows = known[counts[places.assay[known]] > 1]
    weights = [
        average_weights(places, known, (int(places.cell[row]), int(places.assay[row]))) for row in rows
    ]
    return rows, np.array(weights).reshape(len(rows), len(places))


def slopes(moments: Moments, rows: np.ndarray, averages: np.ndarray) -> np.ndarray:
    """float64 (K,): of the regression of each track on its average; 0 where the average does not vary."""
    cross = np.einsum("kt,kt->k", averages, moments.covariance[rows])
    variance = np.einsum("kt,ts,ks->k", averages, moments.covariance, averages)
    return np.divide(cross, variance, out=np.zeros(len(rows)), where=variance > 1e-12)


def additive_fit(values: np.ndarray, places: Places, rows: np.ndarray, penalty: float) -> np.ndarray:
    """float64 (cell types, assays): values (K,) of tracks as a mean, an effect of the cell type and one of the assay,
    by least squares with `penalty` times the squared effects. Effects of what no track has are 0."""
    n_cells, n_assays = len(places.cell_types), len(places.assays)
    if not len(rows):
        return np.zeros((n_cells, n_assays))
    design = np.zeros((len(rows), 1 + n_cells + n_assays))
    design[:, 0] = 1
    design[np.arange(len(rows)), 1 + places.cell[rows]] = 1
    design[np.arange(len(rows)), 1 + n_cells + places.assay[rows]] = 1
    ridge = np.full(design.shape[1], max(penalty, 1e-9))
    ridge[0] = 1e-9
    effects = np.linalg.solve(design.T @ design + np.diag(ridge), design.T @ values)
    return effects[0] + effects[1 : 1 + n_cells, None] + effects[None, 1 + n_cells :]
