"""Which tracks a fold holds out, which choose its models, and from which these are fitted."""

import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.tables import table_rows
from epigroup.genome.contigs import USABLE
from epigroup.imputation.edge_colouring import colour_edges
from epigroup.imputation.known import check_names
from epigroup.imputation.places import Place, Places, read_places, write_places
from epigroup.imputation.settings import FoldSettings

log = logging.getLogger(__name__)

ROLES = ("train", "validation", "test")
COLUMNS = ("task_id", "fold", "role")


@dataclass(frozen=True)
class TrackFold:
    """A fold: the task ids of its tracks by role, each in the order of the table of tracks, which `order` is (of
    train, then validation, where it is not given)."""

    fold: str
    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]
    order: tuple[str, ...] = field(default=(), repr=False, compare=False)

    @property
    def known(self) -> tuple[str, ...]:
        """Train and validation together, in the order of the table."""
        known = (*self.train, *self.validation)
        return tuple(sorted(known, key=self.order.index)) if self.order else known


def split_tracks(places: Places, settings: FoldSettings) -> list[TrackFold]:
    """The folds that the settings ask for.

    k_fold: every track is a test track once; folds differ by at most one track, and the tracks of each cell type and of
    each assay are spread as evenly over the folds as can be. held_out: one fold of the tracks named. one_by_one: a fold
    a track, of its name. table: as `read_track_folds`. Validation tracks are drawn from the others so that every cell
    type and assay that is known keeps a training track.

    InputError: a track that is the only one of its cell type or assay would be a test track, settings that do not fit.
    """
    if settings.method == "table":
        if settings.file is None:
            raise InputError("imputation.folds: method table needs the key file, a table task_id, fold, role")
        return read_track_folds(settings.file, places)
    ids = places.task_ids
    if settings.method == "k_fold":
        tests = {str(i + 1): test for i, test in enumerate(_k_fold(places, settings))}
    elif settings.method == "one_by_one":
        tests = {task: (task,) for task in ids}
    elif settings.method == "held_out":
        tests = {"held_out": _held_out(places, settings.held_out)}
    else:
        raise InputError(
            f"imputation.folds.method: {settings.method!r} is none of k_fold, held_out, one_by_one, table"
        )
    if not 0 <= settings.validation < 1:
        raise InputError(f"imputation.folds.validation: {settings.validation} is no share from 0 to below 1")
    folds = []
    for number, (fold, test) in enumerate(tests.items()):
        rng = np.random.default_rng([settings.seed, number])
        others = [task for task in ids if task not in set(test)]
        chosen = _validation(places, others, settings.validation, rng, fold)
        train = tuple(task for task in others if task not in chosen)
        folds.append(TrackFold(fold, train, tuple(task for task in others if task in chosen), test, ids))
    _check(folds, places, "imputation.folds")
    return folds


def _k_fold(places: Places, settings: FoldSettings) -> list[tuple[str, ...]]:
    if not 2 <= settings.k <= len(places):
        raise InputError(
            f"imputation.folds.k: {settings.k} folds of {len(places)} tracks; give a number from 2 to {len(places)}"
        )
    order = np.random.default_rng([settings.seed]).permutation(len(places))
    edges = [(int(places.cell[row]), int(places.assay[row])) for row in order]
    fold = np.empty(len(places), np.int64)
    fold[order] = colour_edges(edges, settings.k)
    return [
        tuple(places.task_ids[row] for row in np.flatnonzero(fold == number)) for number in range(settings.k)
    ]


def _held_out(places: Places, held_out: Sequence[str]) -> tuple[str, ...]:
    if not held_out:
        raise InputError(
            "imputation.folds.held_out: names no track; name those to hold out by their task ids"
        )
    for task in held_out:
        if task not in places.task_ids:
            raise InputError(
                f"imputation.folds.held_out: there is no track {task!r}; give task ids of the sheet"
            )
    if len(set(held_out)) < len(held_out):
        twice = next(task for task in held_out if list(held_out).count(task) > 1)
        raise InputError(f"imputation.folds.held_out: names {twice} twice; name it once")
    return tuple(sorted(held_out, key=places.index))


def _validation(
    places: Places, others: Sequence[str], share: float, rng: np.random.Generator, fold: str
) -> set[str]:
    """A share of the tracks, of each of which the cell type and the assay keep another track."""
    wanted = round(share * len(others))
    rows = np.array([places.index(task) for task in others], np.int64)
    left = [
        np.bincount(of[rows], minlength=len(names))
        for of, names in ((places.cell, places.cell_types), (places.assay, places.assays))
    ]
    chosen: set[str] = set()
    for row in rng.permutation(rows):
        cell, assay = places.cell[row], places.assay[row]
        if len(chosen) < wanted and left[0][cell] > 1 and left[1][assay] > 1:
            chosen.add(places.task_ids[row])
            left[0][cell] -= 1
            left[1][assay] -= 1
    if len(chosen) < wanted:
        log.warning(
            "fold %s: %d validation tracks where imputation.folds.validation asks for %d; of each further one no other "
            "track of its cell type or of its assay would be left to train on",
            fold, len(chosen), wanted,
        )  # fmt: skip
    return chosen


def _check(folds: Sequence[TrackFold], places: Places, source: object) -> None:
    """InputError, all faults together, unless every test track's cell type and assay have a training track."""
    faults: dict[str, None] = {}
    for one in folds:
        rows = np.array([places.index(task) for task in one.train], np.int64)
        for task in one.test:
            row = places.index(task)
            track = places.tracks[row]
            for what, name, of in (
                ("cell type", track.cell_type, places.cell),
                ("assay", track.assay, places.assay),
            ):
                if (of[rows] == of[row]).any():
                    continue
                if (of == of[row]).sum() == 1:
                    faults[
                        f"{source}: the track {task} is the only one of the {what} {name}, so nothing is known of it "
                        "once it is held out; add a track, leave it out, or name the tracks to hold out "
                        "(imputation.folds.method: held_out or table)"
                    ] = None
                else:
                    faults[
                        f"{source}: fold {one.fold} tests the track {task} and has no training track of the {what} "
                        f"{name}; hold fewer of them out together, or train on one"
                    ] = None
    if faults:
        raise InputError("\n".join(faults))


def write_track_folds(path: str | os.PathLike, folds: Iterable[TrackFold], places: Places) -> None:
    """Write folds.tsv (task_id, fold, role): fold after fold, the tracks of each in the order of the table."""
    rows = [COLUMNS]
    for one in folds:
        role = {task: name for name in ROLES for task in getattr(one, name)}
        rows += [(task, one.fold, role[task]) for task in places.task_ids]
    with whole(path) as partial:
        partial.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")


def read_track_folds(path: str | os.PathLike, places: Places) -> list[TrackFold]:
    """The folds of folds.tsv, in its order.

    InputError, with its line: an unknown track or role, a fold whose name cannot name a folder, a track twice in a
    fold, or a test track of two folds; a fold that says nothing of a track, or has no test track; a test track whose
    cell type or assay has no training track.
    """
    roles: dict[str, dict[str, str]] = {}
    tested: dict[str, str] = {}
    for line, row in table_rows(path, COLUMNS):
        task, fold, role = (row[column] for column in COLUMNS)
        where = f"{path}, line {line}"
        if task not in places.task_ids:
            raise InputError(f"{where}: there is no track {task!r}; give task ids of the sheet")
        if not USABLE.fullmatch(fold):
            raise InputError(
                f"{where}: the fold {fold!r} names a folder; use letters, digits and _ . : + = -"
            )
        if role not in ROLES:
            raise InputError(f"{where}: the role {role!r} of {task} is none of {', '.join(ROLES)}")
        if task in roles.setdefault(fold, {}):
            raise InputError(f"{where}: the track {task} is in fold {fold} twice; leave one row")
        if role == "test" and tested.setdefault(task, fold) != fold:
            raise InputError(
                f"{where}: the track {task} is a test track of the folds {tested[task]} and {fold}; test it once"
            )
        roles[fold][task] = role
    if not roles:
        raise InputError(f"{path}: names no fold; give a row a fold and track")
    folds = [_fold_of(fold, role, places, path) for fold, role in roles.items()]
    _check(folds, places, path)
    return folds


def _fold_of(fold: str, role: Mapping[str, str], places: Places, path: str | os.PathLike) -> TrackFold:
    lacking = [task for task in places.task_ids if task not in role]
    if lacking:
        raise InputError(f"{path}: fold {fold} says nothing of the track {lacking[0]}; give it a role")
    by_role = {name: tuple(task for task in places.task_ids if role[task] == name) for name in ROLES}
    if not by_role["test"]:
        raise InputError(f"{path}: fold {fold} has no test track; give one the role test")
    return TrackFold(fold, **by_role, order=places.task_ids)


def list_tracks(rows: Sequence[Mapping[str, str]], tracks_out: str | os.PathLike) -> None:
    """Write tracks.tsv of tracks given as mappings of task_id, cell_type and assay. InputError: as `Places` and
    `check_names`."""
    places = Places(tuple(Place(row["task_id"], row["cell_type"], row["assay"]) for row in rows))
    check_names(places)
    write_places(tracks_out, places)
    log.info(
        "%d tracks of %d cell types and %d assays (%d places are not measured)",
        len(places), len(places.cell_types), len(places.assays), len(places.missing()),
    )  # fmt: skip


def split_track_table(
    tracks: str | os.PathLike, settings: FoldSettings, folds_out: str | os.PathLike
) -> None:
    """Write folds.tsv of the tracks of tracks.tsv. InputError: as `split_tracks` and the reader."""
    places = read_places(tracks)
    folds = split_tracks(places, settings)
    write_track_folds(folds_out, folds, places)
    log.info("%d folds of %d tracks", len(folds), len(places))
