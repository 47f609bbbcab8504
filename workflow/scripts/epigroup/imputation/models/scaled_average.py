"""Average activity stretched and shifted. How a track lies on its average, slope and mean, is known of the known
tracks; those of the target are a mean, an effect of its cell type and one of its assay.

Own: in trials the scale, which differs between cell types, was what imputation got wrong, more than the shape.
"""

import numpy as np

from epigroup.imputation.linear_parts import (
    Fitted,
    Weighted,
    additive_fit,
    average_weights,
    averaged,
    slopes,
)
from epigroup.imputation.moments import Moments
from epigroup.imputation.places import Places, Target

PENALTIES = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)  # of the squared effects


def fit(moments: Moments, places: Places, known: np.ndarray, penalty: float) -> Fitted:
    """known: int64 (K,) rows of known tracks. The function raises InputError as `average_weights`."""
    rows, averages = averaged(places, known)
    stretch = additive_fit(slopes(moments, rows, averages), places, rows, penalty)
    shift = additive_fit(moments.mean[rows] - averages @ moments.mean, places, rows, penalty)

    def of_target(target: Target) -> Weighted:
        average = average_weights(places, known, target)
        if not len(rows):
            return Weighted(average, 0.0)
        slope, mean = float(stretch[target]), float(average @ moments.mean)
        return Weighted(slope * average, mean + float(shift[target]) - slope * mean)

    return of_target
