"""Logistic regression on the composition of the window: GC, and CpG as it is and against what GC would give."""

import numpy as np

from epigroup.baselines.logistic import choose_regression
from epigroup.baselines.material import Bins, Material, Predictor

_ROWS = 1 << 13


def composition(codes: np.ndarray) -> np.ndarray:
    """float64 (n, 4) of windows uint8 (n, window): share of G and C among the known bases, its square, share of
    CpG among the pairs of neighbours, and CpG observed to expected, n(CG) n / (n(C) n(G)) (Gardiner-Garden &
    Frommer 1987; 0 without C or G)."""
    known = (codes < 4).sum(axis=1)
    c, g = ((codes == base).sum(axis=1) for base in (1, 2))
    cpg = ((codes[:, :-1] == 1) & (codes[:, 1:] == 2)).sum(axis=1)
    share = (c + g) / np.maximum(known, 1)
    return np.stack(
        [share, share**2, cpg / np.maximum(known - 1, 1), cpg * known / np.maximum(c * g, 1)], axis=1
    )


def predictor(material: Material) -> Predictor:
    """A regression a task; the penalty with the lowest validation log loss."""
    windows = material.windows

    def features(bins: Bins) -> np.ndarray:
        parts = [
            composition(
                windows(Bins(bins.chrom[at : at + _ROWS], bins.start[at : at + _ROWS], bins.labels[:0]))
            )
            for at in range(0, len(bins), _ROWS)
        ]
        return np.concatenate(parts) if parts else np.empty((0, 4))

    return choose_regression(features, material)
