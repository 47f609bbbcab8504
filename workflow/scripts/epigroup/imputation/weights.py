"""What the linear models of a fold impute: their weights of the tracks, target by target."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.hdf5 import (
    check_attributes,
    new_hdf5,
    open_hdf5,
    read_numbers,
    write_arrays,
    write_attributes,
)
from epigroup.core.text_files import REMEDY
from epigroup.imputation.linear_parts import Weighted

ENSEMBLE = "ensemble"


@dataclass(frozen=True)
class FittedModels:
    """models: names, of which the last is the `ENSEMBLE` of the others; targets: (cell type, assay); tasks: ids of the
    tensor's rows; weights: float64 (M, N, T) of model, target and track; intercepts: float64 (M, N). A model imputes
    values (T, B) @ weights + intercept, in the tensor's transform."""

    models: tuple[str, ...]
    targets: tuple[tuple[str, str], ...]
    tasks: tuple[str, ...]
    weights: np.ndarray = field(repr=False)
    intercepts: np.ndarray = field(repr=False)

    def of(self, model: str, target: tuple[str, str]) -> Weighted:
        """What one model imputes at one place. KeyError: it is not there."""
        if model not in self.models or target not in self.targets:
            raise KeyError((model, *target))
        m, n = self.models.index(model), self.targets.index(target)
        return Weighted(self.weights[m, n], float(self.intercepts[m, n]))


def write_fitted(path: str | os.PathLike, fitted: FittedModels) -> None:
    """Write them as HDF5: `weights`, `intercepts`, and names as attributes."""
    with whole(path) as partial, new_hdf5(partial) as store:
        write_arrays(store, {"weights": fitted.weights, "intercepts": fitted.intercepts})
        write_attributes(
            store,
            {
                "models": "\t".join(fitted.models),
                "cell_types": "\t".join(cell for cell, _ in fitted.targets),
                "assays": "\t".join(assay for _, assay in fitted.targets),
                "tracks": "\t".join(fitted.tasks),
            },
        )


def read_fitted(path: str | os.PathLike) -> FittedModels:
    """As written. InputError: a damaged file."""
    with open_hdf5(path) as store:
        check_attributes(store)
        names = {key: _split(str(store.attrs[key])) for key in ("models", "cell_types", "assays", "tracks")}
        found = FittedModels(
            names["models"], tuple(zip(names["cell_types"], names["assays"], strict=True)), names["tracks"],
            read_numbers(store, "weights", 3), read_numbers(store, "intercepts", 2),
        )  # fmt: skip
    shape = (len(found.models), len(found.targets), len(found.tasks))
    if found.weights.shape != shape or found.intercepts.shape != shape[:2]:
        raise InputError(f"{path}: weights {found.weights.shape} where {shape} belong; {REMEDY}")
    return found


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split("\t")) if text else ()


def mixed(shares: Sequence[float], fits: Sequence[Weighted]) -> Weighted:
    """The mixture of some models' imputations of one place."""
    weights = np.sum([share * one.weights for share, one in zip(shares, fits, strict=True)], axis=0)
    return Weighted(
        weights, float(sum(share * one.intercept for share, one in zip(shares, fits, strict=True)))
    )
