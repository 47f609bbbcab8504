"""The moments of all tracks over all chromosomes, once the tracks are held against one another."""

import logging
import os
from collections.abc import Sequence

from epigroup.core.errors import InputError
from epigroup.core.text_files import REMEDY
from epigroup.imputation.known import check_tracks
from epigroup.imputation.moments import measure_moments, write_moments
from epigroup.imputation.places import read_places
from epigroup.imputation.tensor import open_tensor
from epigroup.imputation.track_folds import read_track_folds

log = logging.getLogger(__name__)


def measure_tracks(
    tensors: Sequence[str | os.PathLike],
    tracks: str | os.PathLike,
    folds: str | os.PathLike,
    out: str | os.PathLike,
) -> None:
    """Write the moments (`write_moments`) of the tracks of tracks.tsv over the tensors of the chromosomes. InputError:
    tensors of other tracks; as `measure_moments`, `check_tracks` and the readers."""
    places = read_places(tracks)
    opened = [open_tensor(path) for path in tensors]
    for one in opened:
        if one.tasks != places.task_ids:
            raise InputError(f"{one.path}: its tracks are not those of {tracks}, in their order; {REMEDY}")
    moments = measure_moments(opened)
    check_tracks(moments, places, read_track_folds(folds, places))
    write_moments(out, moments)
    log.info("moments of %d tracks over %d bins", len(places), moments.n)
