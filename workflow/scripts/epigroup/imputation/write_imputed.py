"""What a linear model imputes, as bigWigs."""

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.logs import Progress
from epigroup.core.tables import read_figures
from epigroup.imputation.judge_fold import linear_values
from epigroup.imputation.linear_parts import Weighted
from epigroup.imputation.places import Places, read_places
from epigroup.imputation.tensor import TensorFile, open_tensor
from epigroup.imputation.transforms import TRANSFORMS
from epigroup.imputation.weights import ENSEMBLE, FittedModels, read_fitted

log = logging.getLogger(__name__)

Path = str | os.PathLike
_AT_ONCE = 1 << 18  # bins
_HIGHEST = float(np.finfo(np.float32).max)
BACK = {"arcsinh": "sinh", "log1p": "exp(x) - 1", "none": "nothing"}


@dataclass(frozen=True)
class Written:
    """A bigWig that was written: how many of its bins have a value, have none, and were raised to the floor."""

    place: tuple[str, str]
    file: str
    bins: int
    without: int
    raised: int


def chosen_model(choices: Path, fitted: FittedModels) -> tuple[str, float]:
    """(the model that a table of choices marks, its mean squared error over known tracks, each left out). InputError: a
    table that marks none, or one that was not fitted."""
    rows = read_figures(choices, names=("model", "penalty"))
    marked = rows[rows["chosen"] == 1]
    if len(marked) != 1 or marked["model"].iloc[0] not in fitted.models:
        raise InputError(f"{choices}: marks no model that was fitted; make it again")
    return str(marked["model"].iloc[0]), float(marked["error"].iloc[0])


def write_imputed(
    tensors: Sequence[Path],
    tracks: Path,
    fitted: Path,
    choices: Path,
    places: Sequence[tuple[str, str]],
    bigwigs: Sequence[Path],
    readme: Path,
    assembly: str,
) -> None:
    """Write a bigWig of each place (cell type, assay), in the order of `bigwigs`, by the model that is chosen, and a
    README that says what they are.

    Every bin of the tensors that has data of all tracks with a weight gets a value, its transform undone, float32; some
    bins are in memory at a time. What lies below the lowest mean that a known track of the assay has is raised to it,
    and counted. InputError: a place that no model imputes, a value beyond float32.
    """
    opened, grid, models = [open_tensor(path) for path in tensors], read_places(tracks), read_fitted(fitted)
    model, error = chosen_model(choices, models)
    lacking = [place for place in places if place not in models.targets]
    if lacking:
        raise InputError(
            f"{lacking[0][1]} of {lacking[0][0]} cannot be imputed: the assay is known in no other "
            "cell type; leave it out "
            "of imputation.imputed"
        )
    written = []
    progress = Progress(log, "imputed tracks", len(places), "bigWigs")
    floors: dict[str, float] = {}
    for place, out in zip(places, bigwigs, strict=True):
        if place[1] not in floors:
            floors[place[1]] = _floor(opened, grid, place[1])
        written.append(_write_track(out, opened, models.of(model, place), place, floors[place[1]]))
        progress.advance()
    shares = models.models.index(ENSEMBLE) if ENSEMBLE in models.models else None
    log.info(
        "written by %s%s", model, "" if shares is None or model != ENSEMBLE else ", a mixture of the others"
    )
    with whole(readme) as partial:
        partial.write_text(_readme(written, opened, model, error, assembly, grid), encoding="utf-8")


def _floor(opened: Sequence[TensorFile], grid: Places, assay: str) -> float:
    """The lowest value that a track of the assay has, transformed."""
    rows = np.flatnonzero(grid.assay == grid.assays.index(assay)).tolist()
    lowest = [
        float(np.nanmin(one.read([row], start, start + _AT_ONCE), initial=np.inf))
        for one in opened
        for row in rows
        for start in range(0, one.n_bins, _AT_ONCE)
    ]
    return min(lowest)


def _write_track(
    out: Path, opened: Sequence[TensorFile], model: Weighted, place: tuple[str, str], floor: float
) -> Written:
    import pyBigWig  # of the environment that writes

    back = TRANSFORMS[opened[0].transform][1]
    bins = without = raised = 0
    with whole(out) as partial:
        track = pyBigWig.open(str(partial), "w")
        try:
            track.addHeader([(one.chrom, one.length) for one in opened])
            for one in opened:
                start = 0
                for values in linear_values(one, model, _AT_ONCE):
                    at = one.bins[start : start + len(values)]
                    start += len(values)
                    raised += int((values < floor).sum())
                    with np.errstate(over="ignore"):
                        found = back(np.where(values < floor, floor, values))
                    _check_range(found, at, one, place)
                    has = ~np.isnan(found)
                    bins, without = bins + int(has.sum()), without + int((~has).sum())
                    _add(track, one, at[has], found[has].astype(np.float32))
        finally:
            track.close()
    if raised:
        log.info("%s of %s: %d of %d bins raised to the lowest known value", place[1], place[0], raised, bins)
    return Written(place, os.path.basename(out), bins, without, raised)


def _check_range(found: np.ndarray, at: np.ndarray, one: TensorFile, place: tuple[str, str]) -> None:
    beyond = np.abs(found) > _HIGHEST
    if beyond.any():
        start = int(at[int(np.argmax(beyond))]) * one.bin_size
        raise InputError(
            f"{place[1]} of {place[0]}: what is imputed at {one.chrom}:{start:,} is beyond what a "
            "bigWig holds once the "
            f"transform ({one.transform}) is undone; use imputation.transform none or log1p, or look "
            "at its tracks there"
        )


def _add(track, one: TensorFile, at: np.ndarray, values: np.ndarray) -> None:
    """Add runs of neighbouring bins, each as entries of fixed step."""
    if not len(at):
        return
    for run in np.split(np.arange(len(at)), np.flatnonzero(np.diff(at) != 1) + 1):
        track.addEntries(
            one.chrom,
            int(at[run[0]]) * one.bin_size,
            values=values[run],
            span=one.bin_size,
            step=one.bin_size,
        )


def _readme(
    written: Sequence[Written],
    opened: Sequence[TensorFile],
    model: str,
    error: float,
    assembly: str,
    grid: Places,
) -> str:
    measured = {(one.cell_type, one.assay): one.task_id for one in grid.tracks}
    first = opened[0]
    lines = [
        "Imputed signals. None of these files is a measurement.",
        "",
        f"assembly: {assembly}; chromosomes: {', '.join(one.chrom for one in opened)}",
        f"bins of {first.bin_size} bp; a bin that a track which is needed has no data in has no value",
        f"values: as in the bigWigs that were given; models saw them as {first.transform}, which is undone here by "
        f"{BACK[first.transform]}",
        f"model: {model}, chosen by validation: its mean squared error over the known tracks, each left out once, is "
        f"{error:.4g} ({first.transform} of the values), the least of all",
        "raised: bins in which less was imputed than the lowest value that a track of the assay has, set to that",
        "",
        "file\tcell_type\tassay\tmeasured_as\tbins\tbins_without_value\traised",
    ]
    for one in written:
        lines.append(
            "\t".join(
                [
                    one.file,
                    *one.place,
                    measured.get(one.place, "-"),
                    str(one.bins),
                    str(one.without),
                    str(one.raised),
                ]
            )
        )
    return "\n".join(lines) + "\n"
