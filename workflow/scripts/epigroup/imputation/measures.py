"""How well a track was imputed: measures over its bins, those of Avocado 2019 (Table 1) and of Ernst & Kellis 2015.

All are of transformed values but `gw_corr`. The top 1 % of n bins are exactly round(n / 100), those of equal values by
their order (as PREDICTD's code has it; the ENCODE challenge takes all that are equal to the last).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.stats import rankdata

from epigroup.imputation.measure_names import MEANINGS
from epigroup.imputation.transforms import TRANSFORMS

PEAK = 2.0  # -log10 p above which a bin counts as in a peak (Avocado 2019, 4.5)


@dataclass(frozen=True)
class Imputed:
    """The bins that are scored: observed and imputed float64 (B,), transformed; masks: bool (B,) by the names of
    `annotation.KINDS`, those that are known; transform: a key of `TRANSFORMS`."""

    observed: np.ndarray
    imputed: np.ndarray
    masks: Mapping[str, np.ndarray] = field(default_factory=dict)
    transform: str = "arcsinh"

    @cached_property
    def squared(self) -> np.ndarray:
        return (self.imputed - self.observed) ** 2

    @cached_property
    def order_observed(self) -> np.ndarray:
        """Bins from the highest observed value down."""
        return np.argsort(-self.observed, kind="stable")

    @cached_property
    def order_imputed(self) -> np.ndarray:
        return np.argsort(-self.imputed, kind="stable")

    def top(self, share: float, imputed: bool = False) -> np.ndarray:
        """int64: the bins with the highest values, exactly round(share n)."""
        order = self.order_imputed if imputed else self.order_observed
        return order[: round(share * len(order))]


def mean_or_nan(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _over(kind: str) -> Callable[[Imputed], float]:
    def of_mask(one: Imputed) -> float:
        return mean_or_nan(one.squared[one.masks[kind]]) if kind in one.masks else float("nan")

    return of_mask


def _caught(wanted: np.ndarray, order: np.ndarray, share: float) -> float:
    """The share of `wanted` bins among the first round(share n) of an order."""
    if not len(wanted):
        return float("nan")
    among = np.zeros(len(order), bool)
    among[order[: round(share * len(order))]] = True
    return float(among[wanted].mean())


def _auc(values: np.ndarray, positive: np.ndarray) -> float:
    """Area under the ROC curve, equal values counting half (Mann & Whitney 1947)."""
    n, wanted = len(values), len(positive)
    if not 0 < wanted < n:
        return float("nan")
    ranks = rankdata(values)[positive].sum()
    return float((ranks - wanted * (wanted + 1) / 2) / (wanted * (n - wanted)))


def _gw_corr(one: Imputed) -> float:
    back = TRANSFORMS[one.transform][1]
    observed, imputed = back(one.observed), back(one.imputed)
    if not len(observed) or np.ptp(observed) == 0 or np.ptp(imputed) == 0:
        return float("nan")
    return float(np.corrcoef(observed, imputed)[0, 1])


def _catch_peak_obs(one: Imputed) -> float:
    peaks = np.flatnonzero(one.observed > TRANSFORMS[one.transform][0](np.array(PEAK)))
    return _caught(peaks, one.order_imputed, 0.05)


_FUNCTIONS: dict[str, Callable[[Imputed], float]] = {
    "mse_global": lambda one: mean_or_nan(one.squared),
    "mse_1obs": lambda one: mean_or_nan(one.squared[one.top(0.01)]),
    "mse_1imp": lambda one: mean_or_nan(one.squared[one.top(0.01, imputed=True)]),
    "mse_prom": _over("promoters"),
    "mse_gene": _over("genes"),
    "mse_enh": _over("enhancers"),
    "gw_corr": _gw_corr,
    "match1": lambda one: _caught(one.top(0.01), one.order_imputed, 0.01),
    "catch1_obs": lambda one: _caught(one.top(0.01), one.order_imputed, 0.05),
    "catch1_imp": lambda one: _caught(one.top(0.01, imputed=True), one.order_observed, 0.05),
    "auc_obs1": lambda one: _auc(one.imputed, one.top(0.01)),
    "auc_imp1": lambda one: _auc(one.observed, one.top(0.01, imputed=True)),
    "catch_peak_obs": _catch_peak_obs,
}


def measure(one: Imputed) -> dict[str, float]:
    """Every measure; NaN where there is no bin, no annotation, or nothing that varies."""
    return {name: _FUNCTIONS[name](one) for name in MEANINGS}
