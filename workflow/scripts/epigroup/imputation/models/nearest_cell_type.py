"""The assay in the cell type whose other known tracks are most alike: the highest mean correlation over the assays that
both have."""

import numpy as np

from epigroup.imputation.linear_parts import Fitted, Weighted, average_weights
from epigroup.imputation.moments import Moments
from epigroup.imputation.places import Places, Target

PENALTIES = (0.0,)


def fit(moments: Moments, places: Places, known: np.ndarray, penalty: float) -> Fitted:
    """known: int64 (K,) rows of known tracks. Where no cell type with the assay shares another assay with the target's,
    it is the average over all. The function raises InputError as `average_weights`."""
    correlation = np.nan_to_num(moments.correlation())
    row_at = {(int(places.cell[row]), int(places.assay[row])): int(row) for row in known}

    def likeness(cell: int, other: int) -> float:
        shared = [a for a in range(len(places.assays)) if (cell, a) in row_at and (other, a) in row_at]
        found = [correlation[row_at[cell, a], row_at[other, a]] for a in shared]
        return float(np.mean(found)) if found else -2.0

    def of_target(target: Target) -> Weighted:
        average = average_weights(places, known, target)
        rows = np.flatnonzero(average)
        alike = [likeness(target[0], int(places.cell[row])) for row in rows]
        if max(alike) == -2.0:
            return Weighted(average, 0.0)
        weights = np.zeros(len(places))
        weights[rows[int(np.argmax(alike))]] = 1
        return Weighted(weights, 0.0)

    return of_target
