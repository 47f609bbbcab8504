"""Groups from distances of one-step optima by a graph attention network and a Gaussian mixture (Thakur et al.
2024, section 4.2.2).

The distances become similarities, each task's row of them the features of a node; a graph attention network
of two layers (Velickovic et al. 2018) over the nearest neighbours learns to rebuild the rows; a mixture of K
Gaussians on what its second layer says of each task gives the groups. The paper's equations 17 to 21 and its
supplement are lost from the text that is at hand. Reconstructed: a row is normalised by its sum; the
similarity is linear in the distance; attention as Velickovic et al. have it; sizes and steps.

Chosen here: double precision, Adam with a large epsilon, a rate that decays to 0 and a penalty on the weights.
With a constant rate and the usual epsilon the training is chaotic: a difference in the last bit, such as two
processors make, grows until it decides on groups. With these it stays a difference in the last bits.
"""

import logging
import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from epigroup.core.errors import InputError
from epigroup.grouping.clustering import group_by, start_state
from epigroup.grouping.method import Grouping, GroupingInputs, check_k, overlapping
from epigroup.grouping.mixture import fit_mixture, group_in_mixtures

log = logging.getLogger(__name__)

HIDDEN, EMBEDDING = 32, 8  # widths of the two layers
STEPS, RATE, EPSILON = 400, 0.01, 1e-3  # of Adam; the rate falls to 0 by a cosine
PENALTY = 1e-4  # times the sum of squares of all weights
DECIMALS = 9  # of similarities that are ranked: rounding must not choose among equal ones
STABILITY_STARTS = 3  # of a draw
SLOPE = 0.2  # of the leaky ReLU of attention, as Velickovic et al. have it
LIKELY = 0.05  # the least chance of a group that a task is also put into where groups overlap


def group_tasks(inputs: GroupingInputs) -> Grouping:
    """K groups of at least two tasks each.

    options: neighbours (of a task in the graph; at most as many as a mean group has others), starts (of the
    mixture), seed, overlap (a task is also in every group whose chance is 0.05 or more; the paper gives no
    rule, this one is reconstructed). measures: as `group_by` (inertia and silhouette are those of the
    embeddings, draws of tasks share them), rebuilding_error (mean square, of features of mean variance 1),
    memberships (task: chances of the groups, by Gaussians on the final groups without the task), joined
    (tasks that the mixture left alone), splits (groups cut in two to make K again), tied (task: other groups
    that it could be in about as well, see `group_in_mixtures`); groups have the table's numbers. InputError:
    no distances, distances all equal, K groups of two that cannot be.
    """
    check_k(inputs)
    similarity = similarities(inputs)
    starts, found = int(inputs.options.get("starts", 50)), []
    # a neighbourhood wider than a mean group makes tasks of several groups the mean of the same tasks
    neighbours = min(int(inputs.options.get("neighbours", 10)), max(2, len(similarity) // inputs.k - 1))
    rows, error = embed(similarity, neighbours, start_state(inputs.options.get("seed", 0), inputs.seed))

    def split(tasks: np.ndarray, state: int) -> np.ndarray:
        if len(tasks) < len(rows):
            return fit_mixture(rows[tasks], inputs.k, min(starts, STABILITY_STARTS), state)[0]
        found.append(group_in_mixtures(rows, inputs.k, starts=starts, state=state, name=inputs.name))
        return found[0].groups

    grouping = group_by(inputs, split, rows=rows, similarity=similarity)
    mixture = found[0]
    members = mixture.groups[:, None] == np.arange(inputs.k)
    if inputs.options.get("overlap"):
        members |= mixture.memberships >= LIKELY
    order = np.argsort(members.argmax(axis=0), kind="stable")  # of the table's numbers
    measures = grouping.measures | {
        "neighbours": neighbours,
        "rebuilding_error": error,
        "memberships": {
            task: [round(float(chance), 4) for chance in row]
            for task, row in zip(inputs.task_ids, mixture.memberships[:, order], strict=True)
        },
        "joined": [inputs.task_ids[i] for i in mixture.joined],
        "splits": mixture.splits,
        "tied": stated(inputs, mixture.tied[:, order]),
    }
    if not inputs.options.get("overlap"):
        return Grouping(grouping.groups, measures)
    return overlapping(members, measures)


def stated(inputs: GroupingInputs, tied: np.ndarray) -> dict[str, list[int]]:
    """Other groups of each task that has any, out of tied bool (T, k); the log says how many such tasks there
    are."""
    found = {
        task: np.flatnonzero(row).tolist()
        for task, row in zip(inputs.task_ids, tied, strict=True)
        if row.any()
    }
    names = ": " + ", ".join(list(found)[:5]) + (", …" if len(found) > 5 else "") if found else ""
    log.info(
        "grouping %s: %d of %d tasks could be in another group about as well%s",
        inputs.name,
        len(found),
        len(inputs.task_ids),
        names,
    )
    return found


def similarities(inputs: GroupingInputs) -> np.ndarray:
    """float64 (T, T), symmetric, 1 on the diagonal, 0 for the pair farthest apart: 1 - d / max d, d the mean
    of both directions of the rows' distances over their sums."""
    if inputs.affinity is None or inputs.affinity_kind != "distance":
        raise InputError(
            f"grouping {inputs.name}: the method sca groups by distances and got"
            f" {inputs.affinity_kind or 'none'}; let `affinity` name one of the measure sca"
        )
    sums = inputs.affinity.sum(axis=1, keepdims=True)
    if (sums == 0).any():
        task = inputs.task_ids[int((sums[:, 0] == 0).argmax())]
        raise InputError(
            f"grouping {inputs.name}: task '{task}' lies at distance 0 from every other; its examples tell"
            " nothing: take more `samples`, or sampling: balanced"
        )
    share = inputs.affinity / sums
    apart = (share + share.T) / 2
    off = ~np.eye(len(apart), dtype=bool)
    if inputs.k > 1 and np.ptp(apart[off]) <= 1e-12 * apart.max():
        raise InputError(
            f"grouping {inputs.name}: all tasks are equally far apart, so there is nothing to group"
        )
    np.fill_diagonal(apart, 0)
    return 1 - apart / apart.max()


class Attention(nn.Module):
    """A layer of graph attention with one head: features (T, inputs), neighbours (T, n) -> (T, outputs).

    Node i becomes the mean of W h_j over its neighbours j, weighted by the softmax over j of
    leaky(a . W h_i + b . W h_j).
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Linear(inputs, outputs, bias=False)
        self.own, self.other = nn.Linear(outputs, 1, bias=False), nn.Linear(outputs, 1, bias=False)

    def attention(self, features: torch.Tensor, neighbours: torch.Tensor) -> torch.Tensor:
        """(T, n), rows add up to 1."""
        mapped = self.weight(features)
        scores = self.own(mapped) + self.other(mapped)[neighbours, 0]
        return F.leaky_relu(scores, SLOPE).softmax(dim=1)

    def forward(self, features: torch.Tensor, neighbours: torch.Tensor) -> torch.Tensor:
        weights = self.attention(features, neighbours)
        return (weights[:, :, None] * self.weight(features)[neighbours]).sum(dim=1)


class Rebuilder(nn.Module):
    """Two layers of attention to an embedding, a linear map back to the features."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = Attention(width, HIDDEN), Attention(HIDDEN, EMBEDDING)
        self.back = nn.Linear(EMBEDDING, width)

    def embed(self, features: torch.Tensor, neighbours: torch.Tensor) -> torch.Tensor:
        return self.second(F.elu(self.first(features, neighbours)), neighbours)

    def forward(self, features: torch.Tensor, neighbours: torch.Tensor) -> torch.Tensor:
        return self.back(self.embed(features, neighbours))


def nearest(similarity: np.ndarray, n: int) -> np.ndarray:
    """int64 (T, n + 1): each task itself, then its n most similar tasks (all others, where there are
    fewer), equally similar ones in order of tasks."""
    masked = similarity.copy()
    np.fill_diagonal(masked, np.inf)
    return np.argsort(-masked.round(DECIMALS), axis=1, kind="stable")[:, : n + 1]


def embed(similarity: np.ndarray, n_neighbours: int, state: int) -> tuple[np.ndarray, float]:
    """Embeddings float64 (T, 8), of mean 0 and mean variance 1, and the error of rebuilding; on the CPU, one
    thread, the same bits for the same state on one processor, and up to rounding on any."""
    features = torch.from_numpy(similarity - similarity.mean(axis=0))
    features = features / features.std().clamp(min=1e-12)
    neighbours = torch.from_numpy(nearest(similarity, n_neighbours))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(state)
            network = Rebuilder(len(similarity)).double()
        train(network, features, neighbours)
        with torch.no_grad():
            rows = network.embed(features, neighbours).numpy()
            error = float(F.mse_loss(network(features, neighbours), features))
    finally:
        torch.set_num_threads(threads)
    rows = rows - rows.mean(axis=0)
    return rows / max(float(rows.std()), 1e-12), error


def train(network: Rebuilder, features: torch.Tensor, neighbours: torch.Tensor) -> None:
    """Learn to rebuild the features, by all of them at each step."""
    optimiser = torch.optim.Adam(network.parameters(), RATE, eps=EPSILON)
    for step in range(STEPS):
        optimiser.param_groups[0]["lr"] = RATE * (1 + math.cos(math.pi * step / STEPS)) / 2
        optimiser.zero_grad()
        error = F.mse_loss(network(features, neighbours), features)
        (error + PENALTY * sum(p.square().sum() for p in network.parameters())).backward()
        optimiser.step()
