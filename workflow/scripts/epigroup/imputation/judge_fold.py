"""The test tracks of a fold beside what each model imputes of them."""

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.hdf5 import new_hdf5, write_arrays, write_attributes
from epigroup.core.logs import Progress
from epigroup.imputation.annotation import enhancer_mask, gene_masks, read_genes
from epigroup.imputation.linear_parts import Weighted
from epigroup.imputation.measure_names import MEANINGS
from epigroup.imputation.measures import Imputed, measure
from epigroup.imputation.places import Places, read_places
from epigroup.imputation.settings import JudgeSettings
from epigroup.imputation.tensor import TensorFile, open_tensor
from epigroup.imputation.track_folds import read_track_folds
from epigroup.imputation.weights import FittedModels, read_fitted

log = logging.getLogger(__name__)

Path = str | os.PathLike
SCORE_COLUMNS = ("fold", "task_id", "cell_type", "assay", "model", "n_bins", *MEANINGS)
_AT_ONCE = 1 << 16  # bins


@dataclass(frozen=True)
class _Stretches:
    """Of each bin of all tensors, one after the other, the stretch it lies in: int64 (B,), and of each stretch its
    chromosome and number."""

    of_bin: np.ndarray
    chrom: np.ndarray
    number: np.ndarray


def judge_fold(
    tensors: Sequence[Path],
    tracks: Path,
    folds: Path,
    fold: str,
    fitted: Path,
    scores_out: Path,
    blocks_out: Path,
    settings: JudgeSettings,
    *,
    predictions: Mapping[str, Sequence[Path]] | None = None,
    annotation: Mapping[str, Path] | None = None,
) -> None:
    """Write the scores of each test track of a fold by each model (SCORE_COLUMNS), and the sums of squared errors by
    stretches of `settings.block` bp.

    annotation: a GTF as `genes`, a BED as `enhancers`, those that are given. predictions: of models that are
    not linear, by name, a tensor of each chromosome in the order of `tensors`. One track is in memory at a
    time, with what all models impute of it, over all chromosomes. Bins without data of the track,
    or of one with a weight in any model, are left out of all models' scores of that track and counted in the log.
    InputError: tensors, fold or models that do not belong together; as `read_genes` and `read_regions`.
    """
    fitted_here = _open(tensors, tracks, folds, fold, fitted, predictions or {})
    opened, names = fitted_here.opened, fitted_here.names
    masks = _masks(opened, **(annotation or {}))
    stretches = _stretches(opened, settings.block)
    rows, sums, counts = [], [], []
    n, test = len(stretches.number), fitted_here.test
    progress = Progress(log, f"fold {fold}", len(test) * len(names), "tracks by model")
    for task in test:
        observed, found, kept = _with_all_models(fitted_here, task)
        here = {kind: mask[kept] for kind, mask in masks.items()}
        for name, values in zip(names, found, strict=True):
            one = Imputed(observed[kept], values[kept].astype(np.float64), here, opened[0].transform)
            scores = measure(one)
            facts = (fold, task, *fitted_here.target(task), name, int(kept.sum()))
            rows.append((*facts, *(_figure(scores[key]) for key in MEANINGS)))
            sums.append(np.bincount(stretches.of_bin[kept], weights=one.squared, minlength=n))
            progress.advance()
        counts.append(np.bincount(stretches.of_bin[kept], minlength=n))
    _write(scores_out, rows)
    with whole(blocks_out) as partial, new_hdf5(partial) as store:
        arrays = {
            "squared": np.array(sums).reshape(len(test), len(names), n),
            "bins": np.array(counts, np.int64),
        }
        write_arrays(store, arrays | {"chrom": stretches.chrom, "stretch": stretches.number})
        told: dict[str, str | int | bool] = {
            "tracks": "\t".join(test),
            "models": "\t".join(names),
            "block": settings.block,
        }
        write_attributes(store, told | {"chromosomes": "\t".join(one.chrom for one in opened)})


@dataclass(frozen=True)
class _Fold:
    """What a fold is judged from: its tensors, its linear models, and predictions of others by name."""

    places: Places
    opened: Sequence[TensorFile]
    models: FittedModels
    others: Mapping[str, Sequence[TensorFile]]
    test: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        return [*self.models.models, *self.others]

    def target(self, task: str) -> tuple[str, str]:
        place = self.places.tracks[self.places.index(task)]
        return place.cell_type, place.assay


def _open(
    tensors: Sequence[Path], tracks: Path, folds: Path, fold: str, fitted: Path,
    predictions: Mapping[str, Sequence[Path]],
) -> _Fold:  # fmt: skip
    places, opened, models = read_places(tracks), [open_tensor(path) for path in tensors], read_fitted(fitted)
    of_name = {one.fold: one for one in read_track_folds(folds, places)}
    same = models.tasks == places.task_ids and all(one.tasks == places.task_ids for one in opened)
    if fold not in of_name or not same:
        raise InputError(f"{fitted}: is not of fold {fold} of these tracks and tensors; make it again")
    others = {name: [open_tensor(path) for path in paths] for name, paths in predictions.items()}
    found = _Fold(places, opened, models, others, of_name[fold].test)
    lacking = [task for task in found.test if found.target(task) not in models.targets]
    if lacking:
        raise InputError(f"{fitted}: has nothing for {lacking[0]}; make it again")
    return found


def _with_all_models(of: _Fold, task: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(float64 (B,) the track's values over all tensors; float32 (M, B) what each model imputes; bool (B,): bins with
    data of the track and of all that models of it read). The tracks are read once."""
    n_bins, target = sum(one.n_bins for one in of.opened), of.models.targets.index(of.target(task))
    weights, intercepts = of.models.weights[:, target], of.models.intercepts[:, target]
    rows, own = np.flatnonzero(weights.any(axis=0)).tolist(), of.places.index(task)
    observed, kept = np.empty(n_bins), np.ones(n_bins, bool)
    found = np.empty((len(of.names), n_bins), np.float32)
    at = 0
    for i, one in enumerate(of.opened):
        for start in range(0, one.n_bins, _AT_ONCE):
            here = slice(at, at + min(_AT_ONCE, one.n_bins - start))
            at = here.stop
            values = one.read([own, *rows], start, start + _AT_ONCE)
            observed[here] = values[0]
            kept[here] = ~np.isnan(values).any(axis=0)
            np.nan_to_num(values, copy=False)
            found[: len(weights), here] = weights[:, rows] @ values[1:] + intercepts[:, None]
            for m, other in enumerate(of.others.values(), len(weights)):
                found[m, here] = other[i].read(other[i].rows_of([task]), start, start + _AT_ONCE)[0]
    kept &= ~np.isnan(found).any(axis=0)
    if not kept.any():
        raise InputError(
            f"{task}: no bin has data of it and of every track that its models read; leave it out"
        )
    lost = int((~kept).sum())
    if lost:
        log.info("%s: %d of %d bins lack data of it or of a track that is read for it", task, lost, n_bins)
    return observed, found, kept


def linear_values(tensor: TensorFile, model: Weighted, at_once: int = _AT_ONCE) -> Iterator[np.ndarray]:
    """What a linear model imputes on the bins of a tensor, float64, some bins at a time, whose number changes no bit of
    it; NaN where a track with a weight has no data."""
    rows = np.flatnonzero(model.weights).tolist()
    for start in range(0, tensor.n_bins, at_once):
        stop = min(start + at_once, tensor.n_bins)
        values = np.full(stop - start, model.intercept)
        for row in rows:
            values += model.weights[row] * tensor.read([row], start, stop)[0].astype(np.float64)
        yield values


def _stretches(opened: Sequence[TensorFile], block: int) -> _Stretches:
    of_bin, chrom, number = [], [], []
    n = 0
    for i, one in enumerate(opened):
        found, inverse = np.unique(one.bins * one.bin_size // block, return_inverse=True)
        of_bin.append(inverse + n)
        chrom += [i] * len(found)
        number += found.tolist()
        n += len(found)
    return _Stretches(np.concatenate(of_bin), np.array(chrom, np.int64), np.array(number, np.int64))


def _masks(
    opened: Sequence[TensorFile], genes: Path | None = None, enhancers: Path | None = None
) -> dict[str, np.ndarray]:
    """bool (B,) over all tensors, by kind."""
    sizes = {one.chrom: one.length for one in opened}
    parts: dict[str, list[np.ndarray]] = {}
    read = read_genes(genes, sizes) if genes else None
    for one in opened:
        here = gene_masks(read, one.chrom, one.length, one.bin_size, one.bins) if read else {}
        if enhancers:
            here |= enhancer_mask(enhancers, one.chrom, sizes, one.bin_size, one.bins)
        for kind, mask in here.items():
            parts.setdefault(kind, []).append(mask)
    found = {kind: np.concatenate(masks) for kind, masks in parts.items()}
    for kind, mask in found.items():
        log.info("%d of %d bins lie in %s", mask.sum(), len(mask), kind)
    return found


def _figure(value: float) -> str:
    return "NaN" if np.isnan(value) else f"{value:.8g}"


def _write(path: Path, rows: Sequence[tuple]) -> None:
    lines = ["\t".join(SCORE_COLUMNS), *("\t".join(map(str, row)) for row in rows)]
    with whole(path) as partial:
        partial.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
