"""Logistic regression of many tasks on one set of features at once."""

import logging
from collections.abc import Callable

import numpy as np

from epigroup.baselines.material import Bins, Material, Predictor

log = logging.getLogger(__name__)

_ROWS = 1 << 14
_MOST_STEPS = 500


def sigmoid(logit: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)) without overflow."""
    return 0.5 * (1 + np.tanh(0.5 * logit))


def losses(logit: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """float64 (T,): mean cross-entropy in nats of logits (n, T) and labels bool (n, T)."""
    return (np.logaddexp(0, logit) - np.where(labels, logit, 0)).mean(axis=0, dtype=np.float64)


def fit(
    features: np.ndarray,
    labels: np.ndarray,
    l2: float,
    start: tuple[np.ndarray, np.ndarray] | None = None,
    spectrum: tuple[np.ndarray, np.ndarray] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """(weights (F, T), intercepts (T,)) of lowest mean cross-entropy + l2 / 2 |weights|^2, task by task.

    features: (n, F) of mean 0 by column; labels: bool (n, T); l2 > 0; start: where to begin; spectrum: as from
    `decompose`. Newton's method with one curvature for all: the Hessian X' diag(p (1 - p)) X / n is replaced by
    c X'X / n with a c of each task, which at 1/4 bounds it (Boehning & Lindsay 1988), so that a step costs two
    products with X whatever the number of tasks. c starts near the task's share of p (1 - p) and is doubled where
    the loss rises; steps carry momentum, dropped where it made the loss rise. A task with labels of one kind alone
    has weights 0, and an intercept as of half an example of the other kind.
    """
    n, kind = len(features), features.dtype
    values, vectors = spectrum if spectrum is not None else decompose(features)
    close, slack = (1e-6, 1e-10) if kind == np.float64 else (1e-5, 1e-7)
    positives = labels.sum(axis=0)
    share = np.clip(positives / n, 0.5 / n, 1 - 0.5 / n)
    # Row 0 is the intercept, which is not penalised; as features have mean 0, it takes steps of its own.
    state = np.concatenate([np.log(share / (1 - share))[None], np.zeros((features.shape[1], len(share)))])
    active = np.flatnonzero((positives > 0) & (positives < n))
    if start is not None:
        state[:, active] = np.concatenate([start[1][None], start[0]])[:, active]
    curvature = np.minimum(0.25, 1.5 * share * (1 - share))
    trial, point, slope = state.copy(), state.copy(), np.zeros_like(state)
    lowest, momentum = np.full(len(share), np.inf), np.zeros(len(share))

    def stepped(tasks: np.ndarray) -> np.ndarray:
        inner = vectors.T @ slope[1:, tasks] / (curvature[tasks] * values[:, None] + l2)
        return point[:, tasks] - np.concatenate([slope[:1, tasks] / curvature[tasks], vectors @ inner])

    for _ in range(_MOST_STEPS):
        if not len(active):
            break
        here, truth = trial[:, active], labels[:, active]
        logit = features @ here[1:].astype(kind) + here[0].astype(kind)
        loss = losses(logit, truth) + 0.5 * l2 * (here[1:] ** 2).sum(axis=0)
        fell = loss <= lowest[active] + slack
        taken, refused = active[fell], active[~fell]
        excess = sigmoid(logit[:, fell]) - truth[:, fell]
        lowest[taken], point[:, taken] = loss[fell], here[:, fell]
        slope[0, taken] = excess.mean(axis=0, dtype=np.float64)
        slope[1:, taken] = (features.T @ excess.astype(kind)).astype(np.float64) / n + l2 * here[1:][:, fell]
        new = stepped(taken)
        momentum[taken] = np.minimum(0.9, momentum[taken] + 0.1)
        trial[:, taken] = new + momentum[taken] * (new - state[:, taken])
        state[:, taken] = new
        # Where the loss rose, first the momentum goes, then the curvature grows.
        plain = refused[momentum[refused] == 0]
        stuck = plain[curvature[plain] >= 0.25]
        curvature[plain] = np.minimum(0.25, 2 * curvature[plain])
        momentum[refused] = 0
        state[:, plain] = stepped(plain)
        trial[:, refused] = state[:, refused]
        settled = taken[np.abs(slope[:, taken]).max(axis=0) < close]
        active = np.setdiff1d(active, np.concatenate([settled, stuck]))
    if len(active):
        log.warning(
            "%d tasks had not settled after %d steps at a penalty of %g", len(active), _MOST_STEPS, l2
        )
    return point[1:], point[0]


def decompose(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(values (F,), vectors (F, F)) of X'X / n."""
    product = np.zeros((features.shape[1], features.shape[1]))
    for at in range(0, len(features), _ROWS):
        block = features[at : at + _ROWS].astype(np.float64)
        product += block.T @ block
    values, vectors = np.linalg.eigh(product / len(features))
    return np.maximum(values, 0), vectors


def choose_regression(features: Callable[[Bins], np.ndarray], material: Material) -> Predictor:
    """The regression on standardised features whose penalty, out of the material's, gives each task its lowest
    validation log loss; of a task without validation positives the strongest penalty.

    Mean and standard deviation come from the training bins; a feature that does not vary there counts 0.
    """
    raw = features(material.train)
    mean, spread = raw.mean(axis=0, dtype=np.float64), raw.std(axis=0, dtype=np.float64)
    scale = np.divide(1, spread, out=np.zeros_like(spread), where=spread > 1e-12)

    def standard(values: np.ndarray) -> np.ndarray:
        return ((values - mean.astype(values.dtype)) * scale.astype(values.dtype)).astype(values.dtype)

    train, held_out = standard(raw), standard(features(material.validation))
    labels, truth = material.train.labels, material.validation.labels
    spectrum = decompose(train)
    n_tasks = labels.shape[1]
    chosen, chosen_0 = np.zeros((train.shape[1], n_tasks)), np.zeros(n_tasks)
    lowest, penalty = np.full(n_tasks, np.inf), np.full(n_tasks, np.nan)
    found = None
    for l2 in sorted(material.l2, reverse=True):
        found = fit(train, labels, l2, found, spectrum)
        loss = losses(held_out @ found[0].astype(held_out.dtype) + found[1], truth) if len(truth) else None
        better = (
            np.isinf(lowest) if loss is None else (loss < lowest) & (truth.any(axis=0) | np.isinf(lowest))
        )
        chosen[:, better], chosen_0[better] = found[0][:, better], found[1][better]
        penalty[better] = l2
        lowest[better] = 0 if loss is None else loss[better]
    log.info(
        "%d features, %s training bins; penalties chosen: %s",
        train.shape[1],
        f"{len(train):,}",
        ", ".join(
            f"{value:g} for {n}" for value, n in zip(*np.unique(penalty, return_counts=True), strict=True)
        ),
    )
    weights, intercept = chosen.astype(train.dtype), chosen_0.astype(train.dtype)

    def predict(bins: Bins) -> np.ndarray:
        return sigmoid(standard(features(bins)) @ weights + intercept)

    return predict
