"""The measured tracks: which cell type and which assay each is of."""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.tables import table_rows

COLUMNS = ("task_id", "cell_type", "assay")
BETWEEN = "|"  # of cell type and assay in the name of a place, which need not be measured

# (index into Places.cell_types, index into Places.assays)
Target = tuple[int, int]


@dataclass(frozen=True)
class Place:
    """A measured track."""

    task_id: str
    cell_type: str
    assay: str


@dataclass(frozen=True)
class Places:
    """Measured tracks, in the order of the rows of the tensor.

    InputError: no track, an empty name, one with a control character or with blanks around it, a cell type or an assay
    with `|` (which parts the two in `place_name`), a task id that two tracks have, two tracks at one place.
    """

    tracks: tuple[Place, ...]

    def __post_init__(self) -> None:
        faults = list(_faults(self.tracks))
        if faults:
            raise InputError("\n".join(faults))

    def __len__(self) -> int:
        return len(self.tracks)

    @cached_property
    def task_ids(self) -> tuple[str, ...]:
        return tuple(one.task_id for one in self.tracks)

    @cached_property
    def cell_types(self) -> tuple[str, ...]:
        """Sorted, each once."""
        return tuple(sorted({one.cell_type for one in self.tracks}))

    @cached_property
    def assays(self) -> tuple[str, ...]:
        """Sorted, each once."""
        return tuple(sorted({one.assay for one in self.tracks}))

    @cached_property
    def cell(self) -> np.ndarray:
        """int64 (T,): index into `cell_types` of each track."""
        number = {name: i for i, name in enumerate(self.cell_types)}
        return np.array([number[one.cell_type] for one in self.tracks], np.int64)

    @cached_property
    def assay(self) -> np.ndarray:
        """int64 (T,): index into `assays` of each track."""
        number = {name: i for i, name in enumerate(self.assays)}
        return np.array([number[one.assay] for one in self.tracks], np.int64)

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {one.task_id: row for row, one in enumerate(self.tracks)}

    def index(self, task_id: str) -> int:
        """The row of a track. InputError: there is none with this id."""
        if task_id not in self._rows:
            shown = ", ".join(self.task_ids[:5]) + (", ..." if len(self) > 5 else "")
            raise InputError(f"there is no track {task_id!r}; the tracks are {shown}")
        return self._rows[task_id]

    def target(self, task_id: str) -> Target:
        """Where a track lies in the grid of cell types and assays. InputError as `index`."""
        row = self.index(task_id)
        return int(self.cell[row]), int(self.assay[row])

    def missing(self) -> list[tuple[str, str]]:
        """(cell type, assay) of each place of the grid that no track measures, sorted."""
        measured = {(one.cell_type, one.assay) for one in self.tracks}
        grid = ((cell_type, assay) for cell_type in self.cell_types for assay in self.assays)
        return [place for place in grid if place not in measured]


def place_name(cell_type: str, assay: str) -> str:
    """`CELL|ASSAY`, the name of a place whether or not a track measures it."""
    return f"{cell_type}{BETWEEN}{assay}"


def _faults(tracks: tuple[Place, ...]) -> Iterator[str]:
    if not tracks:
        yield "there is no track to impute from; give tracks with a signal, a cell type and an assay"
    for one in tracks:
        for column in COLUMNS:
            name = getattr(one, column)
            if not name or name != name.strip() or not name.isprintable():
                yield (
                    f"the track {one.task_id!r} has the {column} {name!r}, which is empty, or has blanks around it or "
                    "a control character within; name it"
                )
            elif BETWEEN in name and column != "task_id":
                yield f"the track {one.task_id!r} has the {column} {name!r}: {BETWEEN} may not be part of it; rename it"
    for task_id, n in Counter(one.task_id for one in tracks).items():
        if n > 1:
            yield f"{n} tracks have the task id {task_id!r}; leave one, or give each its own"
    at: dict[tuple[str, str], list[str]] = {}
    for one in tracks:
        at.setdefault((one.cell_type, one.assay), []).append(one.task_id)
    for (cell_type, assay), task_ids in at.items():
        if len(set(task_ids)) > 1:
            yield (
                f"the tracks {', '.join(task_ids)} are all {assay} of {cell_type}; leave one, join them, or name their "
                "cell types apart"
            )


def read_places(path: str | os.PathLike) -> Places:
    """The tracks of tracks.tsv (task_id, cell_type, assay), in its order. InputError: as `table_rows` and `Places`."""
    rows = [Place(*(row[column] for column in COLUMNS)) for _, row in table_rows(path, COLUMNS)]
    try:
        return Places(tuple(rows))
    except InputError as error:
        raise InputError("\n".join(f"{path}: {fault}" for fault in str(error).split("\n"))) from None


def write_places(path: str | os.PathLike, places: Places) -> None:
    """Write tracks.tsv."""
    rows = [COLUMNS, *((one.task_id, one.cell_type, one.assay) for one in places.tracks)]
    with whole(path) as partial:
        partial.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")
