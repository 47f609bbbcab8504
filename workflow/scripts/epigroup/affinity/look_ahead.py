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

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from epigroup.affinity.last_layer import LastLayer, check_form, kept_layer, last_layer_kept

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


FORMS: dict[str, Callable[..., torch.Tensor]] = {"first_order": first_order, "exact": exact}


class LookAhead:
    """Collects look-ahead affinities batch by batch.

    All it needs are the batch's values at the last shared layer (`LastLayer`), which a forward pass has made
    anyway; it changes nothing in the network. precision: "bf16" takes the products of `first_order` in it.
    `found`, for a checkpoint: `sums`, float64 (T, T) each, over stretches of `length` observations, their
    `counts` and the last step of each, `at`.
    """

    def __init__(self, form: str, rate: float, precision: str = "fp32") -> None:
        low = {"dtype": torch.bfloat16} if form == "first_order" and precision == "bf16" else {}
        self.form = partial(FORMS[form], rate=rate, **low)
        self.found: dict[str, Any] = {"sums": [], "counts": [], "at": [], "length": 1}

    def observe(self, step: int, seen: LastLayer) -> None:
        """Add the affinities of the batch of a step; two neighbouring stretches become one when there are too
        many."""
        new, found = self.form(seen).double(), self.found
        sums, counts, at = found["sums"], found["counts"], found["at"]
        if counts and counts[-1] < found["length"]:
            sums[-1] += new
            counts[-1] += 1
            at[-1] = step
            return
        if len(sums) == 2 * PARTS:
            sums[:] = [a + b for a, b in zip(sums[::2], sums[1::2], strict=True)]
            counts[:] = [a + b for a, b in zip(counts[::2], counts[1::2], strict=True)]
            at[:] = at[1::2]
            found["length"] *= 2
        sums.append(new)
        counts.append(1)
        at.append(step)


class Stopwatch:
    """Seconds of work on a device: by the clock on a CPU; on a GPU by events of its stream, which do not hold
    it up."""

    def __init__(self, device: torch.device) -> None:
        self._cuda, self._seconds = device.type == "cuda", 0.0
        self._events: list[tuple[torch.cuda.Event, torch.cuda.Event]] = []

    @contextmanager
    def running(self) -> Iterator[None]:
        if self._cuda:
            first, last = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            first.record()
            yield
            last.record()
            self._events.append((first, last))
            return
        started = time.perf_counter()
        yield
        self._seconds += time.perf_counter() - started

    @property
    def seconds(self) -> float:
        for first, last in self._events:
            last.synchronize()
            self._seconds += first.elapsed_time(last) / 1000
        self._events.clear()
        return self._seconds

    def set(self, seconds: float) -> None:
        self._seconds, self._events = seconds, []


class TrainingLooks:
    """Looks on while a network trains: affinities from the values of every so many steps themselves, dropout
    as it fell. Nothing of the training depends on it.

    affinities: name -> form, rate (None: `rate`, the training's) and every (None: 10).
    """

    def __init__(
        self, affinities: Mapping[str, Mapping[str, Any]], rate: float, precision: str, device: torch.device
    ) -> None:
        self.looks = {
            name: LookAhead(one["form"], rate if one["rate"] is None else one["rate"], precision)
            for name, one in affinities.items()
        }
        self.every = {name: one["every"] or EVERY for name, one in affinities.items()}
        self.device, self.stopwatch, self._checked = device, Stopwatch(device), False

    def due(self, step: int) -> bool:
        return any(step % every == 0 for every in self.every.values())

    def watching(self, network: nn.Module) -> AbstractContextManager[dict[str, torch.Tensor]]:
        """Around the forward pass of a step that is `due`."""
        return last_layer_kept(network)

    @torch.no_grad()
    def observe(
        self,
        step: int,
        network: nn.Module,
        kept: dict[str, torch.Tensor],
        logits: torch.Tensor,
        labels: torch.Tensor,
    ) -> None:
        """Take what the pass has `kept`, before the weights move. InputError: a network of another form."""
        with self.stopwatch.running():
            seen = kept_layer(network, kept, logits, labels)
            if not self._checked:
                check_form(network, seen)
                self._checked = True
            for name, look in self.looks.items():
                if step % self.every[name] == 0:
                    look.observe(step, seen)

    def state_dict(self) -> dict[str, Any]:
        found = {name: look.found for name, look in self.looks.items()}
        return {"seconds": self.stopwatch.seconds, "found": found}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.stopwatch.set(state["seconds"])
        for name, found in state["found"].items():
            sums = [one.to(self.device) for one in found["sums"]]
            self.looks[name].found = {**found, "sums": sums}
