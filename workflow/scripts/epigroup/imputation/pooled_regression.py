"""Ridge regression of an assay on the other assays of the same cell type, learnt in other cell types: the moments of
tracks pooled over cell types, pair of assays by pair."""

import numpy as np


def pooled(products: np.ndarray, row_at: np.ndarray) -> np.ndarray:
    """float64 (A, A): mean over the cell types that have both assays of `products`, float64 (T, T), of their tracks;
    NaN where none has. row_at: int64 (C, A), the row of each known track, -1 where there is none."""
    n_assays = row_at.shape[1]
    total, count = np.zeros((n_assays, n_assays)), np.zeros((n_assays, n_assays))
    for rows in row_at:
        here = np.flatnonzero(rows >= 0)
        total[np.ix_(here, here)] += products[np.ix_(rows[here], rows[here])]
        count[np.ix_(here, here)] += 1
    return np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)


def ridge(square: np.ndarray, cross: np.ndarray, penalty: float) -> np.ndarray:
    """float64 (F,): weights that minimise b' square b - 2 b' cross + penalty sum of diag(square) b^2. Pairs that no
    cell type has together (NaN) count as uncorrelated, features that do not vary get 0."""
    square, cross = np.nan_to_num(square), np.nan_to_num(cross)
    spread = np.sqrt(np.maximum(np.diag(square), 0))
    unit = np.divide(1, spread, out=np.zeros_like(spread), where=spread > 1e-9)
    matrix = unit[:, None] * square * unit
    # Moments that are pooled by pairs need not be those of any data: what is negative of them is taken away.
    values, vectors = np.linalg.eigh(matrix)
    values = np.maximum(values, 0) + max(penalty, 1e-9)
    return unit * (vectors @ ((vectors.T @ (unit * cross)) / values))


def rows_at(cell: np.ndarray, assay: np.ndarray, known: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """int64 (C, A): the row of each known track in the grid, -1 where none is."""
    found = np.full(shape, -1, np.int64)
    found[cell[known], assay[known]] = known
    return found
