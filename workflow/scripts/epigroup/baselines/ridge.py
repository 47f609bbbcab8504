"""Ridge regression of many tasks on one set of features, in closed form, and of low rank over the tasks."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from epigroup.baselines.calibration import calibrate
from epigroup.baselines.material import Bins, Material, Predictor
from epigroup.evaluation.logistic_map import FEWEST

log = logging.getLogger(__name__)

_ROWS = 1 << 12

Features = Callable[[Bins], np.ndarray]


@dataclass(frozen=True)
class Moments:
    """Of n bins with F features and T tasks, float64: means of the features (F,), shares of positives (T,),
    covariance (F, F) of the features and (F, T) of features and labels."""

    n: int
    mean: np.ndarray
    share: np.ndarray
    covariance: np.ndarray
    cross: np.ndarray


def summarise(features: Features, bins: Bins) -> Moments:
    """Moments of bins, whose features are in memory a few thousand bins at a time. Without bins all are 0."""
    n, n_tasks = len(bins), bins.labels.shape[1]
    width = features(bins.part(slice(0, 0))).shape[1]
    total, positives = np.zeros(width), bins.labels.sum(axis=0)
    squares, cross = np.zeros((width, width)), np.zeros((width, n_tasks))
    for at in range(0, n, _ROWS):
        part = bins.part(slice(at, at + _ROWS))
        found = features(part)
        total += found.sum(axis=0, dtype=np.float64)
        squares += found.T @ found
        cross += found.T @ part.labels.astype(found.dtype)
    mean, share = total / max(n, 1), positives / max(n, 1)
    covariance = squares / max(n, 1) - np.outer(mean, mean)
    return Moments(n, mean, share, covariance, cross / max(n, 1) - np.outer(mean, share))


@dataclass(frozen=True)
class Spectrum:
    """X'X / n = V diag(values) V' of standardised features, which solves every penalty and task.

    scale: float64 (F,) 1 / standard deviation, 0 for a feature that does not vary; values (F,); vectors (F, F);
    loads (F, T): V'X'Y / n with centred labels; share (T,): of positives.
    """

    scale: np.ndarray
    values: np.ndarray
    vectors: np.ndarray
    loads: np.ndarray
    share: np.ndarray

    def weights(self, penalty: float) -> np.ndarray:
        """float64 (F, T), of the features as they are: those that minimise mean squared error + penalty |b|^2, b being
        the weights of the standardised features, task by task (Hoerl & Kennard 1970, Technometrics 12:55)."""
        inner = self.loads / (self.values + penalty)[:, None]
        return self.scale[:, None] * (self.vectors @ inner)

    def fitted(self, penalty: float) -> np.ndarray:
        """float64 (T, T): Y'X (X'X + n penalty)^-1 X'Y / n, the products of the tasks' fitted values, those of the
        rows that stand for the penalty with them."""
        return self.loads.T @ (self.loads / (self.values + penalty)[:, None])


def spectrum_of(train: Moments) -> Spectrum:
    """The one decomposition."""
    spread = np.sqrt(np.maximum(np.diag(train.covariance), 0))
    scale = np.divide(1, spread, out=np.zeros_like(spread), where=spread > 1e-6)
    values, vectors = np.linalg.eigh(scale[:, None] * train.covariance * scale)
    loads = vectors.T @ (scale[:, None] * train.cross)
    return Spectrum(scale, np.maximum(values, 0), vectors, loads, train.share)


def explained(covariance: np.ndarray, variance: np.ndarray, share: np.ndarray) -> np.ndarray:
    """float64 (T,): share of the variance of labels that a score explains after a linear map that rises, the square of
    their correlation; 0 where that is negative or either does not vary.

    covariance: of score and label; variance: of the score; share: of positives.
    """
    whole = variance * share * (1 - share)
    return np.divide(np.maximum(covariance, 0) ** 2, whole, out=np.zeros_like(whole), where=whole > 1e-15)


def can_choose(held_out: Moments) -> np.ndarray:
    """bool (T,): tasks with validation positives and negatives enough to choose by."""
    positives = np.rint(held_out.share * held_out.n)
    return np.minimum(positives, held_out.n - positives) >= FEWEST


def choose_penalties(spectrum: Spectrum, held_out: Moments, penalties: Sequence[float]) -> np.ndarray:
    """Weights float64 (F, T), each task's of the penalty that explains most of its validation labels.

    A task with too few validation positives takes the penalty that explains most on average over the others; where
    penalties are equal, the strongest.
    """
    order = sorted(penalties, reverse=True)
    found = [spectrum.weights(penalty) for penalty in order]
    shares = np.array(
        [
            explained(
                (one * held_out.cross).sum(axis=0),
                (one * (held_out.covariance @ one)).sum(axis=0),
                held_out.share,
            )
            for one in found
        ]
    )
    able = can_choose(held_out)
    common = int(shares[:, able].mean(axis=1).argmax()) if able.any() else 0
    chosen = np.where(able, shares.argmax(axis=0), common)
    log.info(
        "penalties chosen: %s; for %d tasks with fewer than %d validation positives that of the others' mean",
        ", ".join(
            f"{order[i]:g} for {n}" for i, n in zip(*np.unique(chosen, return_counts=True), strict=True)
        ),
        (~able).sum(),
        FEWEST,
    )
    return np.stack([found[i][:, task] for task, i in enumerate(chosen)], axis=1)


def choose_rank(
    spectrum: Spectrum, held_out: Moments, penalties: Sequence[float], ranks: Sequence[int]
) -> np.ndarray:
    """Weights float64 (F, T) of low rank, of the penalty and rank that together explain most of the validation labels,
    on average over tasks; where they are equal, the strongest penalty and the lowest rank.

    Of rank r they minimise the error of ridge regression over all tasks, each task's labels divided by their standard
    deviation: W U U', with W the weights of ridge regression and U the first r singular vectors of its fitted
    values, the rows that stand for the penalty with them (reduced-rank regression, Izenman 1975, J. Multivariate
    Anal. 5:248; with a penalty, Mukherjee & Zhu 2011, Stat. Anal. Data Min. 4:612). Ranks above the number of tasks
    count as that number.
    """
    n_tasks = len(spectrum.share)
    spread = np.sqrt(spectrum.share * (1 - spectrum.share))
    unit = np.divide(1, spread, out=np.zeros(n_tasks), where=spread > 0)
    able = can_choose(held_out)
    able = able if able.any() else np.ones(n_tasks, bool)
    best, chosen, weights = -1.0, (np.nan, 0), np.empty(0)
    for penalty in sorted(penalties, reverse=True):
        scaled = spectrum.weights(penalty) * unit
        vectors = np.linalg.eigh(unit[:, None] * spectrum.fitted(penalty) * unit)[1][:, ::-1]
        variance, cross = scaled.T @ held_out.covariance @ scaled, scaled.T @ held_out.cross
        for rank in sorted({min(rank, n_tasks) for rank in ranks}):
            onto = vectors[:, :rank] @ vectors[:, :rank].T
            shares = explained(
                (onto * cross).sum(axis=0), ((variance @ onto) * onto).sum(axis=0), held_out.share
            )
            mean = float(shares[able].mean())
            if mean > best:
                best, chosen, weights = mean, (penalty, rank), (scaled @ onto) * spread
    log.info("penalty %g and rank %d of %d: explain %.4f of the validation labels", *chosen, n_tasks, best)
    return weights


def recalibrated(features: Features, train: Moments, weights: np.ndarray, material: Material) -> Predictor:
    """The probabilities of scores X weights: a logistic map a task, from validation bins or, where these have too few
    positives, training bins (`calibration.calibrate`).

    A task without training positives, or with nothing else, keeps its share, as of half an example of the other kind.
    """
    centre = train.mean @ weights

    def scores(bins: Bins) -> np.ndarray:
        return features(bins) @ weights.astype(np.float32) - centre

    def labelled(bins: Bins) -> tuple[np.ndarray, np.ndarray]:
        parts = [scores(bins.part(slice(at, at + _ROWS))) for at in range(0, len(bins), _ROWS)]
        return np.concatenate([np.empty((0, weights.shape[1])), *parts]), bins.labels

    slope, intercept = calibrate(
        labelled(material.validation), lambda: labelled(material.train), train.share, train.n
    )

    def predict(bins: Bins) -> np.ndarray:
        parts = [
            expit(scores(bins.part(slice(at, at + _ROWS))) * slope + intercept)
            for at in range(0, len(bins), _ROWS)
        ]
        return np.concatenate(parts) if parts else np.empty((0, weights.shape[1]))

    return predict
