"""Task affinity by looking ahead (TAG; Fifty et al. 2021, section 4.1): what a step of the shared weights on
task i does to the loss of task j,

    Z_ij = 1 - L_j(theta - rate * dL_i/dtheta) / L_j(theta),

losses being means over one batch, Z the mean over batches. Here theta is the last shared layer and its bias.
With B examples, the kernel K = X X' + 1 of their inputs (1 for the bias) and D_i (B, H), row n of which is
d_i,n of `last_layer` over B:

- the gradient of task i is D_i' X~, so that <g_i, g_j> = sum_nm K_nm (d_i,n . d_j,m) is the inner product of
  D_i and K D_j: one product of two T x (H B) matrices. `first_order`: Z_ij = rate <g_i, g_j> / L_j, exact as
  the step goes to 0;
- after the step the layer gives Z - rate * K D_i, from which all losses follow. `exact`: that finite step. It
  costs about as much.

For all shared weights the same is a backward pass a task and T forward passes a task:
`trunk.trunk_look_ahead`.
"""

import logging
import time
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from epigroup.affinity.contract import Affinity, spearman
from epigroup.affinity.joint_network import NetworkInputs, fixed_network, networks_in_training
from epigroup.affinity.last_layer import LastLayer, last_layer
from epigroup.affinity.trunk import trunk_look_ahead
from epigroup.devices import choose_precision
from epigroup.loader import TrainingOrder
from epigroup.logs import Progress

log = logging.getLogger(__name__)

EVERY = 10  # steps between observations, as Fifty et al. found enough
PARTS = 10  # stretches that observations are summed over, at least, to see how stable the mean is
_UNITS = 64  # hidden units of a slice of the Gram product
_BLOCK = 96  # tasks of a block of it
_TASKS = 16  # tasks of a slice of the exact form


def gradient_products(seen: LastLayer, dtype: torch.dtype | None = None) -> torch.Tensor:
    """(T, T): <g_i, g_j> of the tasks' gradients of their mean losses by the last shared layer and its bias.

    dtype: of the two products of matrices, that of `seen` when None; bfloat16 where the training is in it, as
    good as the gradients of its steps then, and several times faster.
    """
    n_examples, (n_tasks, n_units) = len(seen.inputs), seen.weights.shape
    error = (torch.sigmoid(seen.logits) - seen.labels).T / n_examples
    on, kernel = (seen.hidden > 0).T.contiguous(), _kernel(seen)
    dtype = dtype or error.dtype
    kernel, error, weights = kernel.to(dtype), error.to(dtype).contiguous(), seen.weights.to(dtype)
    products = torch.zeros(n_tasks, n_tasks, dtype=seen.weights.dtype, device=error.device)
    for first in range(0, n_units, _UNITS):
        units = slice(first, first + _UNITS)
        # rows of D_i for some units: (T, h B)
        rows = (error[:, None, :] * (weights[:, units, None] * on[None, units])).view(n_tasks, -1)
        spread = (rows.view(-1, n_examples) @ kernel).view(n_tasks, -1)
        for start in range(0, n_tasks, _BLOCK):  # the lower triangle of a symmetric matrix
            columns = slice(start, start + _BLOCK)
            products[start:, columns] += rows[start:] @ spread[columns].T
    return products.tril() + products.tril(-1).T


def first_order(seen: LastLayer, rate: float, dtype: torch.dtype | None = None) -> torch.Tensor:
    """(T, T): Z for a step of vanishing length, times `rate`; dtype as in `gradient_products`."""
    return rate * gradient_products(seen, dtype) / _losses(seen.logits, seen.labels)


def exact(seen: LastLayer, rate: float) -> torch.Tensor:
    """(T, T): Z for a step of length `rate`."""
    error = (torch.sigmoid(seen.logits) - seen.labels) / len(seen.inputs)
    kernel, on = _kernel(seen), (seen.hidden > 0).to(error.dtype)
    before = _losses(seen.logits, seen.labels)
    after = []
    for tasks in torch.arange(len(seen.weights), device=on.device).split(_TASKS):
        descent = error.T[tasks, :, None] * seen.weights[tasks, None, :] * on  # (t, B, H)
        hidden = (seen.hidden - rate * (kernel @ descent)).relu_()
        after.append(_losses(F.linear(hidden, seen.weights, seen.bias), seen.labels))
    return 1 - torch.cat(after) / before


def _kernel(seen: LastLayer) -> torch.Tensor:
    return seen.inputs @ seen.inputs.T + 1


def _losses(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """(..., B, T) -> (..., T): mean binary cross-entropy."""
    return F.binary_cross_entropy_with_logits(logits, labels.expand_as(logits), reduction="none").mean(-2)


FORMS = {"first_order": first_order, "exact": exact}


class LookAhead:
    """Collects look-ahead affinities batch by batch; a training loop calls `observe` every few steps.

    All it needs are the batch's values at the last shared layer (`LastLayer`), which a forward pass has made
    anyway; it changes nothing in the network. precision: "bf16" takes the products of `first_order` in it.
    """

    def __init__(self, form: str, rate: float, precision: str = "fp32") -> None:
        low = {"dtype": torch.bfloat16} if form == "first_order" and precision == "bf16" else {}
        self.form = partial(FORMS[form], rate=rate, **low)
        self.steps: list[int] = []
        self.seconds = 0.0
        # sums over stretches of `_length` observations; two neighbours become one when there are too many
        self._sums: list[torch.Tensor] = []
        self._counts: list[int] = []
        self._length = 1

    def observe(self, step: int, seen: LastLayer) -> None:
        """Add the affinities of the batch of a step."""
        started = time.perf_counter()
        found = self.form(seen).double()
        if self._counts and self._counts[-1] < self._length:
            self._sums[-1] += found
            self._counts[-1] += 1
        else:
            if len(self._sums) == 2 * PARTS:
                self._sums = [a + b for a, b in zip(self._sums[::2], self._sums[1::2], strict=True)]
                self._counts = [a + b for a, b in zip(self._counts[::2], self._counts[1::2], strict=True)]
                self._length *= 2
            self._sums.append(found)
            self._counts.append(1)
        self.steps.append(step)
        self.seconds += time.perf_counter() - started

    def pieces(self) -> tuple[np.ndarray, np.ndarray]:
        """int64 (P,) and float64 (P, T, T), P at most 20: last step and mean of each stretch of
        observations."""
        last = [self.steps[end - 1] for end in np.cumsum(self._counts)]
        means = [(one / n).cpu().numpy() for one, n in zip(self._sums, self._counts, strict=True)]
        return np.array(last), np.stack(means)

    def mean(self) -> np.ndarray:
        """float64 (T, T): over all observations."""
        return (sum(self._sums) / len(self.steps)).cpu().numpy()


def measure(inputs: NetworkInputs) -> Affinity:
    """Mean look-ahead affinity over batches of the training order.

    options: network "training" (as published: every `every` steps, 10, of the strategy's training, which is
    repeated for it) or "initial" | "tied" | "trained" (`batches` batches, every `every`-th of the order, on
    one state of the network); form; rate; trunk_checks (batches on which the whole trunk is compared, steps
    on at most 12 tasks). Evaluation mode, float32, the products of `first_order` in the training's precision.
    pieces: means of at most twenty stretches, by step.
    measures: observations, rate, look_ahead_seconds, training_seconds and their ratio, trunk_spearman.
    """
    started = time.perf_counter()
    options = inputs.options
    order, every = inputs.training_order(), options["every"] or EVERY
    precision = choose_precision(inputs.training["precision"], inputs.train.labels.device)
    ahead = LookAhead(options["form"], inputs.rate, precision)
    seconds = None

    def look(step: int, network: nn.Module) -> None:
        ahead.observe(step, last_layer(network, *_batch(inputs, order, step)))

    if options["network"] == "training":
        for step, network, spent in networks_in_training(inputs, every):
            look(step, network)
            seconds = spent
    else:
        _, network = fixed_network(inputs)
        progress = Progress(log, "look-ahead", options["batches"], "batches")
        for i in range(options["batches"]):
            look(i * every, network)
            progress.advance()
    at, pieces = ahead.pieces()
    measures = {
        "observations": len(ahead.steps),
        "rate": inputs.rate,
        "look_ahead_seconds": round(ahead.seconds, 3),
        "seconds": round(time.perf_counter() - started, 3),
    }
    if seconds:
        measures |= {"training_seconds": round(seconds, 3), "look_ahead_share": ahead.seconds / seconds}
    if options["trunk_checks"]:
        measures |= check_trunk(inputs, network, ahead, order)
    return Affinity("similarity", ahead.mean(), pieces, at, "step", measures)


def _batch(inputs: NetworkInputs, order: TrainingOrder, step: int) -> tuple[torch.Tensor, torch.Tensor]:
    indices, reverse, shift = order.batch(step)
    return inputs.train.one_hot(indices, reverse=reverse, shift=shift), inputs.labels(indices)


def check_trunk(inputs: NetworkInputs, network: nn.Module, ahead: LookAhead, order: TrainingOrder) -> dict:
    """How the last shared layer's affinities rank pairs (i, j) against those of the whole trunk, on the same
    batches; steps on at most 12 tasks, the losses of all."""
    tasks = inputs.checked_tasks()
    whole, last = [], []
    for step in ahead.steps[:: max(1, len(ahead.steps) // inputs.options["trunk_checks"])]:
        windows, labels = _batch(inputs, order, step)
        whole.append(trunk_look_ahead(network, windows, labels, tasks, inputs.rate).numpy())
        last.append(ahead.form(last_layer(network, windows, labels))[tasks].double().cpu().numpy())
        if len(whole) == inputs.options["trunk_checks"]:
            break
    return {
        "trunk_checks": len(whole),
        "trunk_tasks": len(tasks),
        "trunk_spearman": spearman(np.mean(whole, 0).ravel(), np.mean(last, 0).ravel()),
    }
