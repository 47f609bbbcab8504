"""Random subsets of tasks, and the linear fit that says who helps whom in them (Li, Nguyen & Zhang 2023,
"Identification of negative transfers in multitask learning using surrogate models", section 3).

With f_i(S) the loss of task i after training on the tasks S, the surrogate is

    f_i(S) = b_i + sum over the others j in S of theta_ij,

fitted over random subsets S of one size; the paper shows that a number of subsets linear in the number of tasks is
enough. Task j helps i where theta_ij is below 0. The paper has one target task; here each task in turn is the target,
over the subsets that hold it. Losses are divided by those before training, so that tasks compare. The paper fits by
least squares; the ridge penalty, chosen for each task by the error on subsets left out one at a time, is own: subsets
of one size leave the sum of the effects undetermined, and with few subsets the fit follows noise.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
import torch

from epigroup.affinity.joint_network import NetworkInputs
from epigroup.affinity.matrix import Affinity
from epigroup.affinity.sampling import sample_examples
from epigroup.core.errors import InputError

log = logging.getLogger(__name__)

SUBSETS_A_TASK = 10
TASKS_A_SUBSET = 4  # the number of tasks is divided by it
PENALTIES = 10.0 ** np.arange(-2, 5)  # of squared effects, beside squared errors added up over subsets
SMALLEST = 3  # tasks of a subset: in pairs a task meets each other once, and none foretells another
_FEWEST = 3  # subsets that a task must be in


@dataclass(frozen=True)
class Examples:
    """Training examples, int64 on the device: those to learn from (`fitted`) and those whose losses count (`measured`).

    positives: of the task that has the fewest among all; without: the tasks that have none in one of the halves.
    """

    fitted: torch.Tensor
    measured: torch.Tensor
    positives: int
    without: list[str]


def draw_examples(inputs: NetworkInputs) -> Examples:
    """A sample of `samples` training examples (option `sampling`), parted at random. InputError: fewer than 2."""
    options, seed = inputs.options, [inputs.options["seed"], inputs.seed]
    found = sample_examples(
        inputs.train.labels.cpu().numpy(), inputs.columns, options["samples"], options["sampling"], seed
    )
    if len(found) < 2:
        raise InputError(
            f"affinity {inputs.name}: {len(found)} training example to learn from and to measure on; give at least 2"
            f" (affinities.{inputs.name}.samples)"
        )
    # a sample's beginning holds the positives of rare tasks, so it is shuffled before it is parted
    shuffled = np.random.default_rng([*seed, 1]).permutation(found)
    device = inputs.train.labels.device
    halves = [torch.from_numpy(half).to(device) for half in np.array_split(shuffled, 2)]
    counts = torch.stack([inputs.labels(half).sum(0) for half in halves])
    without = [task for task, n in zip(inputs.task_ids, counts.amin(0).tolist(), strict=True) if n == 0]
    if without:
        log.warning(
            "%d tasks have no positive in one half of the %d examples, the first is '%s': what helps them is"
            " hardly measured",
            len(without),
            len(found),
            without[0],
        )
    return Examples(halves[0], halves[1], int(counts.sum(0).min()), without)


def choose_subsets(inputs: NetworkInputs) -> np.ndarray:
    """bool (n, T): the subsets of the options `subsets` and `subset_size`, or as many as the constants above say.

    InputError: a size below `SMALLEST` or that leaves no task out, too few subsets for a task.
    """
    n_tasks, options = len(inputs.task_ids), inputs.options
    size = options["subset_size"] or max(SMALLEST, -(-n_tasks // TASKS_A_SUBSET))
    n = options["subsets"] or SUBSETS_A_TASK * n_tasks
    where = f"affinity {inputs.name}: affinities.{inputs.name}"
    if not SMALLEST <= size < n_tasks:
        raise InputError(
            f"{where}.subset_size {size}: a subset has at least {SMALLEST} tasks and fewer than the {n_tasks} that"
            " there are; take another size, or with so few tasks the measure tag or hoa"
        )
    found = draw_subsets(n_tasks, size, n, [options["seed"], inputs.seed, 2])
    counts = found.sum(0)
    if counts.min() < _FEWEST:
        task = inputs.task_ids[int(counts.argmin())]
        raise InputError(
            f"{where}.subsets {len(found)}: task '{task}' is in {counts.min()} of these subsets of {size} tasks, and it"
            f" takes {_FEWEST} to compare; give more subsets or a larger subset_size"
        )
    return found


def draw_subsets(n_tasks: int, size: int, n: int, seed: Sequence[int]) -> np.ndarray:
    """bool (m, n_tasks), m = min(n, number of such subsets): different random subsets of `size` tasks.

    Tasks are shuffled and dealt out, again and again, so that all are in about as many subsets.
    """
    rng = np.random.default_rng(list(seed))
    every = comb(n_tasks, size)
    if every < 2 * n:
        chosen = np.array(list(combinations(range(n_tasks), size)))
        chosen = chosen[np.sort(rng.permutation(every)[:n])]
    else:
        dealt: dict[tuple[int, ...], None] = {}
        while len(dealt) < n:
            hands = rng.permutation(n_tasks)[: n_tasks // size * size].reshape(-1, size)
            dealt |= dict.fromkeys(tuple(sorted(hand)) for hand in hands.tolist())
        chosen = np.array(list(dealt)[:n])
    found = np.zeros((len(chosen), n_tasks), bool)
    found[np.arange(len(chosen))[:, None], chosen] = True
    return found


def fit_effects(subsets: np.ndarray, losses: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """theta float64 (T, T), [i, j] what task j does to the loss of i, 0 on the diagonal; and (T,) the share of the
    losses' variance that is foretold of subsets left out (at most 1, below 0 where the mean foretells better, NaN where
    losses do not vary).

    subsets: bool (n, T); losses: float64 (n, T), read where the subset holds the task.
    """
    n_tasks = subsets.shape[1]
    effects, foretold = np.zeros((n_tasks, n_tasks)), np.empty(n_tasks)
    for task in range(n_tasks):
        rows, others = subsets[:, task], np.arange(n_tasks) != task
        effects[task, others], foretold[task] = fit_ridge(
            subsets[rows][:, others].astype(np.float64), losses[rows, task]
        )
    return effects, foretold


def fit_ridge(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float]:
    """Slopes (d,) of y (n,) on x (n, d) beside an intercept without penalty, of the penalty in `PENALTIES` with the
    lowest error on rows left out one at a time; and the share of the variance that these foretell."""
    n, centre, mean = len(y), x.mean(0), y.mean()
    u, s, v = np.linalg.svd(x - centre, full_matrices=False)
    along = u.T @ (y - mean)
    errors, slopes = [], []
    for penalty in PENALTIES:
        kept = s**2 / (s**2 + penalty)
        leverage = 1 / n + u**2 @ kept
        errors.append(np.square((y - mean - u @ (kept * along)) / (1 - leverage)).sum())
        slopes.append(v.T @ (s / (s**2 + penalty) * along))
    best = int(np.argmin(errors))
    spread = np.square((y - mean) * n / (n - 1)).sum()
    return slopes[best], float(1 - errors[best] / spread) if spread > 0 else float("nan")


def affinity_of(step: int, subsets: np.ndarray, ratios: np.ndarray, measures: dict) -> Affinity:
    """similarity[j, i]: by how much task j in a subset lowers the loss of i, as a share of that before; 0 on the
    diagonal.

    step: of the network; ratios: float64 (n, T), loss after / before, NaN for tasks outside the subset. measures gets
    subsets, subset_size, loss_ratio (mean over subsets and their tasks), foretold (mean over tasks, of `fit_effects`;
    None for NaN).
    """
    effects, shares = fit_effects(subsets, ratios)
    foretold = float(np.mean(shares))
    measures |= {
        "subsets": len(subsets),
        "subset_size": int(subsets[0].sum()),
        "loss_ratio": float(ratios[subsets].mean()),
        "foretold": foretold if np.isfinite(foretold) else None,
    }
    similarity = -effects.T
    return Affinity("similarity", similarity, similarity[None], np.array([step]), "step", measures)
