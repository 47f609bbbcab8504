"""Scaled average, and of what the cell type's other tracks have beside their own averages the share that in other cell
types tells of the assay: a ridge regression of residuals on residuals."""

import numpy as np

from epigroup.imputation.linear_parts import Fitted, Weighted, averaged, slopes
from epigroup.imputation.models import scaled_average
from epigroup.imputation.moments import Moments
from epigroup.imputation.places import Places, Target
from epigroup.imputation.pooled_regression import pooled, ridge, rows_at

PENALTIES = tuple((stretch, tie) for stretch in (0.1, 0.3, 1.0, 3.0) for tie in (0.03, 0.1, 0.3, 1.0, 3.0))


def fit(moments: Moments, places: Places, known: np.ndarray, penalty: tuple[float, float]) -> Fitted:
    """known: int64 (K,) rows of known tracks; penalty: of the scale's effects (`scaled_average`) and of the regression.
    The function raises InputError as `average_weights`."""
    scaled = scaled_average.fit(moments, places, known, penalty[0])
    rows, averages = averaged(places, known)
    # Row i: the residual of track rows[i] as weights of the tracks.
    residuals = -slopes(moments, rows, averages)[:, None] * averages
    residuals[np.arange(len(rows)), rows] += 1
    covariance = residuals @ moments.covariance @ residuals.T
    place = rows_at(
        places.cell[rows], places.assay[rows], np.arange(len(rows)), (len(places.cell_types), len(places.assays))
    )  # fmt: skip
    between = pooled(covariance, place)

    def of_target(target: Target) -> Weighted:
        cell, assay = target
        base = scaled(target)
        features = [a for a in range(place.shape[1]) if a != assay and place[cell, a] >= 0]
        if not features:
            return base
        # How residuals of other assays lie to each other is known in the cell type itself.
        own = place[cell, features]
        square = covariance[np.ix_(own, own)]
        beta = ridge(square, between[features, assay], penalty[1])
        added = beta @ residuals[own]
        return Weighted(base.weights + added, base.intercept - float(added @ moments.mean))

    return of_target
