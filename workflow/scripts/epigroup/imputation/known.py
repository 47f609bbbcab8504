"""What is to be known of the tracks before any is imputed: their names, copies among them, and what stands alone."""

import logging
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from epigroup.core.errors import InputError
from epigroup.imputation.places import Places

if TYPE_CHECKING:
    from epigroup.imputation.moments import Moments
    from epigroup.imputation.track_folds import TrackFold

log = logging.getLogger(__name__)

NEAR_COPY = 0.99  # correlation from which a known track gives a held-out one away
_SAME = 1 - 1e-9
_SHOWN = 20  # names or pairs in one message


class NearCopy(NamedTuple):
    """A test track of a fold that is nearly a track that the fold knows."""

    fold: str
    test: str
    known: str
    correlation: float


def check_names(places: Places) -> None:
    """InputError for cell types or assays whose names differ only by case or blanks, all told together. (Two tracks at
    one place make no `Places`.)"""
    faults = []
    for what, names in (("cell types", places.cell_types), ("assays", places.assays)):
        alike: dict[str, list[str]] = {}
        for name in names:
            alike.setdefault(re.sub(r"\s+", "", name).casefold(), []).append(name)
        faults += [
            f"the {what} {' and '.join(map(repr, same))} differ only by case or blanks; give them one name if they are "
            "one, or names that tell them apart"
            for same in alike.values()
            if len(same) > 1
        ]
    if faults:
        raise InputError("\n".join(faults))


def check_tracks(moments: "Moments", places: Places, folds: "Sequence[TrackFold]") -> list[NearCopy]:
    """Hold the tracks against one another by their moments; tells of cell types and assays with one track only.

    Near-copies, which are warned of by name and returned: test tracks whose correlation with a track that their fold
    knows is beyond .99. InputError, all told together: names as `check_names`; a track that is constant; tracks whose
    correlation is 1 within 1e-9.
    """
    correlation = moments.correlation()
    faults = list(_faults(correlation, moments, places))
    try:
        check_names(places)
    except InputError as error:
        faults.insert(0, str(error))
    if faults:
        raise InputError("\n".join(faults))
    tell_lone(places)
    copies = list(_near_copies(correlation, places, folds))
    for one in copies[:_SHOWN]:
        log.warning(
            "fold %s: the test track %s is nearly a copy of the known %s (correlation %.5f): its score says little of "
            "imputation; are they of one experiment?",
            one.fold, one.test, one.known, one.correlation,
        )  # fmt: skip
    if len(copies) > _SHOWN:
        log.warning(
            "and %d pairs of a test and a known track more that are nearly copies", len(copies) - _SHOWN
        )
    return copies


def _faults(correlation: np.ndarray, moments: "Moments", places: Places) -> Iterator[str]:
    for row in np.flatnonzero(np.isnan(np.diag(correlation))):
        yield (
            f"the track {places.task_ids[row]} has the value {moments.mean[row]:.6g} in all of the {moments.n:,} bins "
            "in which every track has data; leave it out"
        )
    same = np.argwhere(np.triu(correlation >= _SAME, 1))  # NaN compares as False
    for a, b in same[:_SHOWN]:
        yield (
            f"the tracks {places.task_ids[a]} and {places.task_ids[b]} are the same values under another name "
            f"(correlation {correlation[a, b]:.12g}); leave one out, or give the right file"
        )
    if len(same) > _SHOWN:
        yield f"and {len(same) - _SHOWN} pairs of tracks more that are the same values"


def _near_copies(correlation: np.ndarray, places: Places, folds: "Sequence[TrackFold]") -> Iterator[NearCopy]:
    for fold in folds:
        known = [places.index(task) for task in fold.known]
        for task in fold.test:
            of_test = correlation[places.index(task), known]
            for at in np.flatnonzero(of_test > NEAR_COPY):
                yield NearCopy(fold.fold, task, places.task_ids[known[at]], float(of_test[at]))


def tell_lone(places: Places) -> None:
    """Warn of cell types and assays with one track only."""
    for what, names in (
        ("cell types", [one.cell_type for one in places.tracks]),
        ("assays", [one.assay for one in places.tracks]),
    ):
        lone = [name for name, n in sorted(Counter(names).items()) if n == 1]
        if lone:
            log.warning(
                "%d %s have one track only (%s%s): their places can be imputed only while it is known, and it "
                "cannot be held out itself",
                len(lone), what, ", ".join(lone[:_SHOWN]), ", ..." if len(lone) > _SHOWN else "",
            )  # fmt: skip
