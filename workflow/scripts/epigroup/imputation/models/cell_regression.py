"""Ridge regression on average activity and the cell type's other tracks, learnt in the other cell types that have the
assay: their bins as one after the other, moments of features that only some of them have pooled by pairs."""

import numpy as np

from epigroup.imputation.linear_parts import Fitted, Weighted, average_weights
from epigroup.imputation.moments import Moments
from epigroup.imputation.places import Places, Target
from epigroup.imputation.pooled_regression import ridge, rows_at

PENALTIES = (0.001, 0.01, 0.03, 0.1, 0.3, 1.0)


def fit(moments: Moments, places: Places, known: np.ndarray, penalty: float) -> Fitted:
    """known: int64 (K,) rows of known tracks. Where the assay is known in one other cell type alone, there is
    nothing to learn from, and it is the average. The function raises InputError as `average_weights`."""
    grid = rows_at(places.cell, places.assay, known, (len(places.cell_types), len(places.assays)))
    second = moments.covariance + np.outer(moments.mean, moments.mean)

    def of_target(target: Target) -> Weighted:
        cell, assay = target
        average = average_weights(places, known, target)
        others = [c for c in range(len(grid)) if c != cell and grid[c, assay] >= 0]
        if len(others) < 2:
            return Weighted(average, 0.0)
        features = [a for a in range(grid.shape[1]) if a != assay and grid[cell, a] >= 0]
        # Of each cell type that has the assay: its average over the rest, its other tracks, and the assay itself.
        stacks, there = [], []
        for one in others:
            columns = np.zeros((len(features) + 2, len(places)))
            columns[0] = average_weights(places, known, (one, assay))
            has = np.array([grid[one, a] >= 0 for a in features], bool)
            for i in np.flatnonzero(has):
                columns[1 + i, grid[one, features[i]]] = 1
            columns[-1, grid[one, assay]] = 1
            stacks.append(columns)
            there.append(np.concatenate([[True], has, [True]]))
        present = np.array(there, float)
        each = np.array([columns @ second @ columns.T for columns in stacks])
        both = present[:, :, None] * present[:, None, :]
        count = both.sum(axis=0)
        moment = np.divide(
            (each * both).sum(axis=0), count, out=np.full(count.shape, np.nan), where=count > 0
        )
        means = np.array([columns @ moments.mean for columns in stacks])
        shares = present.sum(axis=0)
        centre = np.divide((means * present).sum(axis=0), shares, out=np.zeros(len(shares)), where=shares > 0)
        covariance = moment - np.outer(centre, centre)
        usable = np.flatnonzero(shares[:-1] > 0)
        beta = ridge(covariance[np.ix_(usable, usable)], covariance[usable, -1], penalty)
        weights, intercept = np.zeros(len(places)), float(centre[-1] - beta @ centre[usable])
        for value, feature in zip(beta, usable, strict=True):
            if feature == 0:
                weights += value * average
            else:
                weights[grid[cell, features[feature - 1]]] += value
        return Weighted(weights, intercept)

    return of_target
