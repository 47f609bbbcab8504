"""Grad-TAG (Li, Sharma & Zhang 2024, "Scalable multitask learning using gradient-based estimation of task affinity",
section 3): the losses of subsets of tasks without training on them.

Around the weights theta of the network of all tasks, the logit of task t for an example x is

    f_t(x; theta + P u) = f_t(x; theta) + g_t(x)' u,   g_t(x) = P' df_t(x)/dtheta,

P a random matrix of signs over sqrt(d), d columns. The u of a subset is that of a logistic regression of its tasks'
labels on their g, with f as offset and an L2 penalty, and the loss of a task follows from it. One column of P at a time
gives the derivatives along it of all tasks and examples of a batch by forward differentiation, so the cost is d passes
over the examples, whatever the number of tasks, and no gradient is held.

From the losses follow effects by the linear fit of `subsets`; the paper takes the mean loss of i over the subsets that
hold i and j. The text that is at hand is the abstract and the authors' program. Reconstructed: the offset (the program
leaves it out), losses on examples that the regression has not seen, the choice of the penalty by validation loss. Own:
intercepts that bring the mean prediction of each task to its share of positives in the sample, since a balanced sample
has more of them than training had.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.func import functional_call, jvp

from epigroup.affinity.joint_network import NetworkInputs, fixed_network
from epigroup.affinity.matrix import Affinity
from epigroup.affinity.sampling import sample_examples
from epigroup.affinity.subsets import affinity_of, choose_subsets, draw_examples
from epigroup.core.errors import InputError
from epigroup.core.logs import Progress
from epigroup.training.batches import Batches

log = logging.getLogger(__name__)

BATCH = 256
STRENGTHS = 10.0 ** np.arange(-6, 3)  # penalties, over the mean square of a gradient's length
TRIED = 20  # subsets by whose validation loss the penalty is chosen
_MOST_STEPS = 50
_SETTLED = 1e-10  # of the loss: a Newton step that gains less is the last


@dataclass(frozen=True)
class Linearised:
    """Examples as the linearised network sees them: logits, labels float64 (T, N), gradients float32 (T, N, d)."""

    logits: torch.Tensor
    labels: torch.Tensor
    gradients: torch.Tensor

    def losses(self, tasks: torch.Tensor, u: torch.Tensor) -> torch.Tensor:
        """float64 (len(tasks),): mean binary cross-entropy at u (d,)."""
        logits = self.logits[tasks] + self.gradients[tasks].double() @ u
        return F.binary_cross_entropy_with_logits(logits, self.labels[tasks], reduction="none").mean(1)


def direction(network: nn.Module, n: int, seed: Sequence[int]) -> dict[str, torch.Tensor]:
    """A column of P: signs over sqrt(n) for each of the network's parameters."""
    sizes = {name: weights.numel() for name, weights in network.named_parameters()}
    signs = np.random.default_rng(list(seed)).integers(0, 2, sum(sizes.values()), dtype=np.int8)
    parts = torch.from_numpy(2 * signs - 1).split(list(sizes.values()))
    return {
        name: (part.to(weights) / n**0.5).view(weights.shape)
        for part, (name, weights) in zip(parts, network.named_parameters(), strict=True)
    }


def linearise(
    network: nn.Module,
    batches: Batches,
    columns: Sequence[int],
    examples: torch.Tensor,
    n: int,
    seed: Sequence[int],
) -> Linearised:
    """The examples (N,) of `batches` for the tasks in `columns`, gradients projected on `n` random directions that
    follow from `seed`. network: in evaluation mode."""
    weights = {name: one.detach() for name, one in network.named_parameters()}
    shape = len(columns), len(examples)
    logits = torch.empty(shape, device=examples.device)
    gradients = torch.empty((*shape, n), device=examples.device)
    progress = Progress(log, "projected gradients", n, "directions")
    for k in range(n):
        tangent = direction(network, n, [*seed, k])
        for start in range(0, len(examples), BATCH):
            here = slice(start, start + BATCH)
            windows = batches.one_hot(examples[here])

            def predict(given: dict[str, torch.Tensor], windows: torch.Tensor = windows) -> torch.Tensor:
                found: torch.Tensor = functional_call(network, given, (windows,))
                return found

            found, slopes = jvp(predict, (weights,), (tangent,))
            logits[:, here], gradients[:, here, k] = found.T, slopes.T
        progress.advance()
    labels = batches.targets(examples, torch.tensor(list(columns), device=examples.device))
    return Linearised(logits.double(), labels.T.double(), gradients)


def intercepts(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """float64 (T, 1): what to add to logits (T, N) so that their mean prediction is the share of positives of labels,
    half a positive and half a negative more among them, so that it is never 0 or 1."""
    share = (labels.sum(1, keepdim=True) + 0.5) / (labels.shape[1] + 1)
    target = torch.logit(share)
    low, high = target - logits.amax(1, keepdim=True), target - logits.amin(1, keepdim=True)
    for _ in range(60):
        middle = (low + high) / 2
        above = torch.sigmoid(logits + middle).mean(1, keepdim=True) > share
        low, high = torch.where(above, low, middle), torch.where(above, middle, high)
    return (low + high) / 2


def fit_subset(seen: Linearised, tasks: torch.Tensor, penalty: float) -> torch.Tensor:
    """float64 (d,): u of the least mean loss over the tasks and examples, plus penalty / 2 times its square, by
    Newton's method, whose steps are halved where they would raise it."""
    gradients = seen.gradients[tasks].double().flatten(0, 1)
    offsets, labels = seen.logits[tasks].flatten(), seen.labels[tasks].flatten()
    n, ridge = len(labels), penalty * torch.eye(gradients.shape[1]).to(gradients)

    def value(u: torch.Tensor) -> float:
        loss = F.binary_cross_entropy_with_logits(offsets + gradients @ u, labels)
        return float(loss + penalty / 2 * u @ u)

    u = torch.zeros(gradients.shape[1]).to(gradients)
    now = value(u)
    for _ in range(_MOST_STEPS):
        chance = torch.sigmoid(offsets + gradients @ u)
        slope = gradients.T @ (chance - labels) / n + penalty * u
        bend = (gradients * (chance * (1 - chance))[:, None]).T @ gradients / n + ridge
        step = torch.cholesky_solve(slope[:, None], torch.linalg.cholesky(bend))[:, 0]
        gain = float(slope @ step)  # twice what a parabola would gain
        if gain < _SETTLED * now:
            break
        while (after := value(u - step)) > now and float(step.abs().max()) > 0:
            step = step / 2
        u, now = u - step, after
    return u


def choose_penalty(
    fitted: Linearised, validation: Linearised, subsets: Sequence[torch.Tensor]
) -> tuple[float, float]:
    """(penalty, its strength among `STRENGTHS`) with the lowest validation loss, as a share of that of the network,
    mean over the subsets and their tasks."""
    unit = float(fitted.gradients.square().sum(-1).mean()) or 1.0
    zero = torch.zeros(fitted.gradients.shape[-1]).to(fitted.logits)
    scores = []
    for strength in STRENGTHS:
        fits = [(tasks, fit_subset(fitted, tasks, float(strength) * unit)) for tasks in subsets]
        ratios = [validation.losses(tasks, u) / validation.losses(tasks, zero) for tasks, u in fits]
        scores.append(float(torch.stack(ratios).mean()))
    best = int(np.argmin(scores))
    log.info(
        "penalty %g times the mean square of a gradient: validation loss %.4f of that of the network",
        STRENGTHS[best], scores[best],
    )  # fmt: skip
    if scores[best] >= 1:
        log.warning(
            "no penalty lowers the validation loss: what subsets learn in the linearised network does not carry over"
        )
    return float(STRENGTHS[best]) * unit, float(STRENGTHS[best])


def validation_examples(inputs: NetworkInputs) -> torch.Tensor:
    """int64 (n,): a sample of validation examples, half as many as of training. InputError: there are none."""
    if len(inputs.validation) == 0:
        raise InputError(
            f"affinity {inputs.name}: the penalty is chosen by validation loss, and the validation split holds no"
            " example; check the config's section splits"
        )
    options, labels = inputs.options, inputs.validation.labels
    found = sample_examples(
        labels.cpu().numpy(), inputs.columns, -(-options["samples"] // 2), options["sampling"],
        [options["seed"], inputs.seed, 3],
    )  # fmt: skip
    return torch.from_numpy(found).to(labels.device)


def measure(inputs: NetworkInputs) -> Affinity:
    """Effects of tasks on each other's loss in the linearised network (`subsets.affinity_of`).

    options: network "initial" | "tied" | "trained"; samples (training examples, half of them to learn from, half to
    measure on), sampling, seed; subsets, subset_size (None: see `subsets`); projections (d). measures: samples,
    positives, tasks_without_positives, projections, penalty (strength among `STRENGTHS`), and those of
    `subsets.affinity_of`. InputError: as `draw_examples`, `choose_subsets`, `validation_examples`, `fixed_network`.
    """
    subsets, examples, options = choose_subsets(inputs), draw_examples(inputs), inputs.options
    checked = validation_examples(inputs)
    step, network = fixed_network(inputs)
    parts = {}
    for part, batches, of_part in (
        ("fitted", inputs.train, examples.fitted),
        ("measured", inputs.train, examples.measured),
        ("validation", inputs.validation, checked),
    ):
        seed = [options["seed"], inputs.seed, 4]
        parts[part] = linearise(network, batches, inputs.columns, of_part, options["projections"], seed)
    moved = intercepts(parts["fitted"].logits, parts["fitted"].labels)
    fitted, measured, validation = (
        Linearised(one.logits + moved, one.labels, one.gradients) for one in parts.values()
    )
    members = [torch.from_numpy(np.flatnonzero(subset)).to(moved.device) for subset in subsets]
    tried = np.linspace(0, len(members) - 1, min(TRIED, len(members))).astype(int)
    penalty, strength = choose_penalty(fitted, validation, [members[i] for i in tried])
    ratios = np.full(subsets.shape, np.nan)
    zero = torch.zeros(options["projections"]).to(moved)
    before = measured.losses(torch.arange(len(inputs.task_ids), device=moved.device), zero)
    progress = Progress(log, "regressions", len(members), "subsets")
    for row, tasks in zip(ratios, members, strict=True):
        after = measured.losses(tasks, fit_subset(fitted, tasks, penalty))
        row[tasks.cpu().numpy()] = (after / before[tasks]).cpu().numpy()
        progress.advance()
    measures = {
        "samples": len(examples.fitted) + len(examples.measured),
        "positives": examples.positives,
        "tasks_without_positives": examples.without,
        "projections": options["projections"],
        "penalty": strength,
    }
    return affinity_of(step, subsets, ratios, measures)
