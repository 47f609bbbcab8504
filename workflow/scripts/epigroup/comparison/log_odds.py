"""Log-odds of scores, and their weighted sums over the members of an average."""

import numpy as np

from epigroup.evaluation.metrics import HIGHEST, LOWEST


def log_odds(probability: np.ndarray) -> np.ndarray:
    """float32 logit of scores of any float type, 0 and 1 kept apart from the ends by half a step of float16."""
    kept = np.clip(probability.astype(np.float32), np.float32(LOWEST), np.float32(HIGHEST))
    return np.log(kept) - np.log1p(-kept)


def combine(odds: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """float32 (n, T): weighted sums of log-odds float32 (M, n, T), NaN where a member does not predict a task; there
    the weights (M,) of the others grow in proportion, so that their sum stays. Where these are all 0 they are equal."""
    known = ~np.isnan(odds[:, :1]).any(axis=1)  # (M, T): a member predicts all bins of a task, or none
    own = np.where((known.T @ weights) > 0, weights[:, None], 1.0) * known
    total = own.sum(axis=0)
    own *= np.divide(weights.sum(), total, out=np.zeros_like(total), where=total > 0)
    return np.einsum("mt,mnt->nt", own.astype(np.float32), np.nan_to_num(odds, nan=0.0))
