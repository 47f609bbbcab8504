"""Factors of cell types and of assays with the genome's factors integrated out: a track is about its mean plus
sum_k C[cell, k] A[assay, k] g_k, as PREDICTD has it (Durham et al. 2018), and the g of every bin that fit the known
tracks best follow from the factors. So factors are fitted from the covariance alone.

Own: factors are held near those that make it the average activity, one factor an assay, the same in all cell types.
Held near 0 instead, as is usual, it was worse than the average on the Roadmap pilot.
"""

import numpy as np
from scipy.optimize import minimize

from epigroup.imputation.linear_parts import Fitted, Weighted, additive_fit, average_weights
from epigroup.imputation.moments import Moments
from epigroup.imputation.places import Places, Target

PENALTIES = tuple((ridge, hold) for ridge in (0.5, 1.0, 2.0, 4.0) for hold in (0.1, 1.0))
_MEAN_PENALTY = 0.3
_ITERATIONS = 100


def fit(moments: Moments, places: Places, known: np.ndarray, penalty: tuple[float, float]) -> Fitted:
    """known: int64 (K,) rows of known tracks; penalty: the ridge of the genome's factors, and of the distance of the
    others from the average's.

    Minimised is the squared error of the known tracks, of variance 1 on average, plus both ridges; the genome's factors
    are solved for (ridge regression), the others found by L-BFGS. Means are additive. The function raises InputError as
    `average_weights`.
    """
    ridge, hold = penalty
    variance = float(np.trace(moments.covariance[np.ix_(known, known)])) / len(known)
    scale = 1 / variance if variance > 0 else 1.0
    cells, assays = _factors(moments.covariance[np.ix_(known, known)] * scale, places, known, ridge, hold)
    mean = additive_fit(moments.mean[known], places, known, _MEAN_PENALTY)
    loads = cells[places.cell[known]] * assays[places.assay[known]]
    inner = np.linalg.inv(loads.T @ loads + ridge * np.eye(loads.shape[1]))

    def of_target(target: Target) -> Weighted:
        average_weights(places, known, target)
        weights = np.zeros(len(places))
        weights[known] = loads @ (inner @ (cells[target[0]] * assays[target[1]]))
        return Weighted(weights, float(mean[target] - weights @ moments.mean))

    return of_target


def _factors(
    square: np.ndarray, places: Places, known: np.ndarray, ridge: float, hold: float
) -> tuple[np.ndarray, np.ndarray]:
    """(float64 (C, A) of cell types, (A, A) of assays): a factor an assay."""
    n_cells, n_assays = len(places.cell_types), len(places.assays)
    cell, assay = places.cell[known], places.assay[known]
    # A little noise, always the same, lets factors of assays part that begin alike.
    first = np.random.default_rng(0).normal(0, 0.1, (n_cells + n_assays, n_assays))
    first[:n_cells] += 1
    first[n_cells:] += np.eye(n_assays)
    start = first.reshape(-1)

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        factors = flat.reshape(-1, n_assays)
        cells, assays = factors[:n_cells], factors[n_cells:]
        loads = cells[cell] * assays[assay]
        onto = loads @ np.linalg.inv(loads.T @ loads + ridge * np.eye(n_assays))
        turned = square @ onto
        value = -float((turned * loads).sum()) + hold * float((flat - start) @ (flat - start))
        slope = -2 * (turned - onto @ (loads.T @ turned))
        gradient = 2 * hold * (factors - first)
        np.add.at(gradient, cell, slope * assays[assay])
        np.add.at(gradient, n_cells + assay, slope * cells[cell])
        return value, gradient.reshape(-1)

    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": _ITERATIONS}).x
    factors = found.reshape(-1, n_assays)
    return factors[:n_cells], factors[n_cells:]
