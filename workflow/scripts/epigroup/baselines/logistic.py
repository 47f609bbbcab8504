"""Logistic regression of many tasks on one set of features at once."""

import logging
from collections.abc import Callable

import numpy as np

from epigroup.baselines.material import Bins, Material, Predictor

log = logging.getLogger(__name__)

_MOST_STEPS = 100


def sigmoid(logit: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)) without overflow."""
    return 0.5 * (1 + np.tanh(0.5 * logit))


def losses(logit: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """float64 (T,): mean cross-entropy in nats of logits (n, T) and labels bool (n, T)."""
    return (np.logaddexp(0, logit) - np.where(labels, logit, 0)).mean(axis=0, dtype=np.float64)


def fit(
    features: np.ndarray, labels: np.ndarray, l2: float, start: tuple[np.ndarray, np.ndarray] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """(weights (F, T), intercepts (T,)) of lowest mean cross-entropy + l2 / 2 |weights|^2, task by task.

    features: (n, F), few of them; labels: bool (n, T); l2 > 0; start: where to begin. Newton's method, the steps of
    all tasks side by side and halved where they raise the loss. A task with labels of one kind alone has weights 0,
    and an intercept as of half an example of the other kind.
    """
    n, width = len(features), features.shape[1] + 1
    x = np.concatenate([np.ones((n, 1)), features.astype(np.float64)], axis=1)
    products = (x[:, :, None] * x[:, None, :]).reshape(n, -1)
    penalty = np.diag([0.0] + [l2] * (width - 1))
    positives = labels.sum(axis=0)
    share = np.clip(positives / n, 0.5 / n, 1 - 0.5 / n)
    point = np.concatenate([np.log(share / (1 - share))[None], np.zeros((width - 1, len(share)))])
    active = np.flatnonzero((positives > 0) & (positives < n))
    if start is not None:
        point[:, active] = np.concatenate([start[1][None], start[0]])[:, active]
    step, lowest = np.zeros_like(point), np.full(len(share), np.inf)
    for _ in range(_MOST_STEPS):
        if not len(active):
            break
        trial, truth = point[:, active] - step[:, active], labels[:, active]
        logit = x @ trial
        loss = losses(logit, truth) + 0.5 * l2 * (trial[1:] ** 2).sum(axis=0)
        fell = loss <= lowest[active] + 1e-12
        step[:, active[~fell]] /= 2
        taken = active[fell]
        point[:, taken], lowest[taken] = trial[:, fell], loss[fell]
        chance = sigmoid(logit[:, fell])
        slope = x.T @ (chance - truth[:, fell]) / n + penalty @ trial[:, fell]
        bends = (products.T @ (chance * (1 - chance)) / n).T.reshape(-1, width, width) + penalty
        step[:, taken] = np.linalg.solve(bends, slope.T[:, :, None])[:, :, 0].T
        active = active[np.abs(step[:, active]).max(axis=0) > 1e-8]
    if len(active):
        log.warning(
            "%d tasks had not settled after %d steps at a penalty of %g", len(active), _MOST_STEPS, l2
        )
    return point[1:], point[0]


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
    n_tasks = labels.shape[1]
    chosen, chosen_0 = np.zeros((train.shape[1], n_tasks)), np.zeros(n_tasks)
    lowest, penalty = np.full(n_tasks, np.inf), np.full(n_tasks, np.nan)
    found = None
    for l2 in sorted(material.l2, reverse=True):
        found = fit(train, labels, l2, found)
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
