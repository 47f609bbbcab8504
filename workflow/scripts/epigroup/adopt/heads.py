"""A new task's row of a head on the features of a network that stays as it is: a logistic regression."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

# Of half the squared norm of the weights on standardised features, beside the mean loss of an example; strongest first,
# so that each fit starts near its end.
PENALTIES = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
_ITERATIONS = 100
_LOWEST = 1e-7


@dataclass(frozen=True)
class Drawn:
    """Examples of one task out of a split. rows: int64 (n,), ascending, rows of the split; labels: bool (n,); weights:
    float64 (n,), for how many examples of the split each stands."""

    rows: np.ndarray
    labels: np.ndarray
    weights: np.ndarray

    def of(self, kept: np.ndarray) -> "Drawn":
        """Those that the mask (n,) keeps."""
        return Drawn(self.rows[kept], self.labels[kept], self.weights[kept])


@dataclass(frozen=True)
class Head:
    """One row of a head: weight float64 (d,) and bias on the features as they are; penalty; loss: mean log loss in nats
    on the validation examples that chose the penalty."""

    weight: np.ndarray
    bias: float
    penalty: float
    loss: float

    def logits(self, features: np.ndarray) -> np.ndarray:
        """float64 (n,) of features (n, d)."""
        return features @ self.weight + self.bias


def draw(labels: np.ndarray, n_negatives: int, rng: np.random.Generator) -> Drawn:
    """All positives of labels bool (N,), and at most so many of its negatives, each of which stands for as many as were
    there for one that was drawn."""
    negative = np.flatnonzero(~labels)
    drawn = negative
    if len(negative) > n_negatives:
        drawn = rng.choice(negative, n_negatives, replace=False)
    rows = np.sort(np.concatenate([np.flatnonzero(labels), drawn]))
    kept = labels[rows]
    return Drawn(rows, kept, np.where(kept, 1.0, len(negative) / max(len(drawn), 1)))


def thinned(drawn: Drawn, n_positives: int, rng: np.random.Generator) -> Drawn:
    """The same with so many of its positives; the others are left out, not made negatives."""
    positive = np.flatnonzero(drawn.labels)
    kept = ~drawn.labels
    kept[rng.choice(positive, min(n_positives, len(positive)), replace=False)] = True
    return drawn.of(kept)


def logistic(logits: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)), float64 of any shape, without overflow."""
    return 0.5 * (1 + np.tanh(0.5 * np.asarray(logits, np.float64)))


def log_loss(logits: Sequence[np.ndarray], examples: Drawn) -> float:
    """Mean binary cross-entropy in nats of the mean probability of several views of the examples: each float64 (n,)."""
    chance = np.clip(np.mean([logistic(one) for one in logits], axis=0), _LOWEST, 1 - _LOWEST)
    losses = -np.where(examples.labels, np.log(chance), np.log1p(-chance))
    return float(np.average(losses, weights=examples.weights))


def path_of_heads(features: np.ndarray, examples: Drawn) -> Iterator[tuple[float, np.ndarray, float]]:
    """(penalty, weight, bias) for each of PENALTIES, fitted to features float (n, d) of examples with both labels;
    features without variance get weight 0."""
    mean, spread = features.mean(axis=0, dtype=np.float64), features.std(axis=0, dtype=np.float64)
    scale = np.where(spread > 1e-6 * max(spread.max(initial=0.0), 1e-12), spread, np.inf)
    standard = (features - mean) / scale
    model = LogisticRegression(solver="newton-cholesky", warm_start=True, max_iter=_ITERATIONS, tol=1e-5)
    for penalty in PENALTIES:
        model.C = 1 / (penalty * examples.weights.sum())
        model.fit(standard, examples.labels, sample_weight=examples.weights)
        weight = model.coef_[0] / scale
        yield penalty, weight, float(model.intercept_[0] - weight @ mean)


def fit_head(
    features: np.ndarray, examples: Drawn, held_out: Sequence[np.ndarray], of_held_out: Drawn
) -> Head:
    """The head of the penalty whose log loss is least on validation examples: of these the features of each view
    (forward strand, or both), float (m, d). Of equal ones the stronger penalty."""
    best: Head | None = None
    for penalty, weight, bias in path_of_heads(features, examples):
        loss = log_loss([one @ weight + bias for one in held_out], of_held_out)
        if best is None or loss < best.loss:
            best = Head(weight, bias, penalty, loss)
    assert best is not None  # there are penalties
    return best
