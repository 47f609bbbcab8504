"""Strata of test bins: by how many cell types share a bin's peaks, by GC, by distance to a transcription start.

Kathail et al. 2024 (Genome Biology 25:202) divide test sequences by the number of cell types in which they have
an accessibility peak: networks that look good over the genome do far worse in what is specific to few.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from epigroup.dataset.labels import unpack_columns

NONE = 255  # a bin in no stratum of a partition
# As printed by Kathail et al. 2024 (Figures 2B and S2): accessibility profiles with a peak in the region.
PRESETS = {"enformer": (1, 10, 50, 100, 300, 685), "sei": (1, 25, 100, 500, 1000, 2373)}
ACCESSIBILITY = "cell types with an accessibility peak"
TARGET = "cell types with a peak of the same target"
TASKS = "tasks with a peak"
GC = "GC share of the window"
TSS = "distance to the nearest transcription start, bp"
_ROWS = 1 << 16


@dataclass(frozen=True)
class Basis:
    """What is counted in a bin for some tasks: distinct cell types with a peak of these profiles.

    counted: ACCESSIBILITY, TARGET or TASKS; target: "" but for TARGET; members: the columns of the data set
    whose labels are looked at, by cell type (by task for TASKS); tasks: the columns it is used for.
    """

    counted: str
    target: str
    members: tuple[tuple[int, ...], ...]
    tasks: tuple[int, ...]


@dataclass(frozen=True)
class Partition:
    """One way of putting the N test bins into strata, for some tasks.

    by: specificity, gc or tss; counted: what the edges are of; target: as in `Basis`; tasks: columns of the
    data set; names: of the strata, ascending; stratum: uint8 (N,), NONE for a bin in none of them.
    """

    by: str
    counted: str
    target: str
    tasks: tuple[int, ...]
    names: tuple[str, ...]
    stratum: np.ndarray


def choose_bases(tasks: Sequence[Mapping]) -> list[Basis]:
    """What specificity is counted by, for every task (rows of the sheet, in the data set's order, with modality,
    target and cell_type).

    Where the sheet has accessibility profiles (CA), they decide for all tasks. Where it has none, a task is
    held against the profiles of its own target, and, where these are of one cell type alone, against all tasks.
    """
    accessible = [i for i, row in enumerate(tasks) if row["modality"] == "CA"]
    if accessible:
        return [Basis(ACCESSIBILITY, "", _by_cell(tasks, accessible), tuple(range(len(tasks))))]
    found, others = [], []
    for target in dict.fromkeys(row["target"] for row in tasks):
        mine = [i for i, row in enumerate(tasks) if row["target"] == target]
        members = _by_cell(tasks, mine)
        if target and len(members) > 1:
            found.append(Basis(TARGET, target, members, tuple(mine)))
        else:
            others += mine
    if others:
        found.append(Basis(TASKS, "", tuple((i,) for i in range(len(tasks))), tuple(sorted(others))))
    return found


def _by_cell(tasks: Sequence[Mapping], columns: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    cells: dict[str, list[int]] = {}
    for i in columns:
        cells.setdefault(tasks[i]["cell_type"], []).append(i)
    return tuple(tuple(members) for members in cells.values())


def count_cell_types(packed: np.ndarray, basis: Basis) -> np.ndarray:
    """int64 (N,): distinct cell types (tasks, for TASKS) with a peak in each bin; packed: uint8 (N, W) labels."""
    counts = np.zeros(len(packed), np.int64)
    columns = np.array([i for members in basis.members for i in members])
    first = np.cumsum([0, *(len(members) for members in basis.members)])[:-1]
    for at in range(0, len(packed), _ROWS):
        labels = unpack_columns(packed[at : at + _ROWS], columns)
        counts[at : at + _ROWS] = np.logical_or.reduceat(labels, first, axis=1).sum(axis=1)
    return counts


def quantile_edges(values: np.ndarray, n: int) -> list[float]:
    """Ascending edges of up to n runs of about equally many values, of which the last holds the largest.

    Edges are values that occur; equal ones are merged, so that there may be fewer runs. Where n or fewer values
    are distinct, each has a run of its own.
    """
    values = np.asarray(values)
    if not len(values):
        return []
    distinct = np.unique(values)
    inner = distinct if len(distinct) <= n else np.quantile(values, np.arange(n) / n, method="higher")
    past = values.max() + 1 if values.dtype.kind in "iu" else np.nextafter(values.max(), np.inf)
    return np.unique([*inner, past]).tolist()


def place(values: np.ndarray, edges: Sequence[float]) -> np.ndarray:
    """uint8 (N,): the i with edges[i] <= value < edges[i + 1]; NONE below the first edge and from the last on."""
    found = np.searchsorted(np.asarray(edges, np.float64), values, side="right") - 1
    return np.where((found >= 0) & (found < len(edges) - 1), found, NONE).astype(np.uint8)


def stratum_names(edges: Sequence[float]) -> tuple[str, ...]:
    """`[1, 10)` of each pair of neighbouring edges; an infinite one is named `on`: `[1000, on)`."""

    def word(x: float) -> str:
        return "on" if np.isinf(x) else f"{x:.0f}" if float(x).is_integer() else f"{x:.3f}"

    return tuple(f"[{word(a)}, {word(b)})" for a, b in zip(edges[:-1], edges[1:], strict=True))


def specificity_partitions(
    packed: np.ndarray, bases: Sequence[Basis], given: Sequence[float] | None, quantiles: int
) -> list[Partition]:
    """A partition a basis, by the edges given, or by so many quantiles over the bins with a count above 0, common to
    all bases that count the same.
    """
    counts = [count_cell_types(packed, basis) for basis in bases]
    found = []
    for basis, mine in zip(bases, counts, strict=True):
        if given:
            edges = given
        else:
            alike = [c for b, c in zip(bases, counts, strict=True) if b.counted == basis.counted]
            pooled = np.concatenate(alike)
            edges = quantile_edges(pooled[pooled > 0], quantiles)
        found.append(
            Partition(
                "specificity",
                basis.counted,
                basis.target,
                basis.tasks,
                stratum_names(edges),
                place(mine, edges),
            )
        )
    return found


def plain_partition(
    by: str, counted: str, values: np.ndarray, edges: Sequence[float], n_tasks: int
) -> Partition:
    """A partition of all tasks by a value of each bin."""
    return Partition(by, counted, "", tuple(range(n_tasks)), stratum_names(edges), place(values, edges))
