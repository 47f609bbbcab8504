"""Models that are linear in the known tracks, one file each: what they impute is x @ weights + intercept.

Each is fitted from means and covariances of the tracks alone (`moments`), and its squared error on any track is exact
without another pass over the data. A module has `PENALTIES`, of which one is chosen by leaving out each known track,
and `fit(moments, places, known, penalty)`, which gives the function from a target to its weights.
"""

import difflib
from importlib import import_module
from types import ModuleType

from epigroup.core.errors import InputError

# name: what it is in a few words
MODELS = {
    "constant": "the mean of the assay's known tracks, the same in every bin",
    "average": "average activity: the mean over the other cell types in which the assay is known",
    "nearest_cell_type": "the assay in the cell type whose other tracks are most alike",
    "scaled_average": "average activity, its scale and mean as the cell type's and the assay's other tracks tell",
    "cell_regression": "regression on average activity and the cell type's other tracks, learnt in "
    "the other cell types",
    "residual_regression": "scaled average, and what the cell type's other tracks have beside theirs",
    "linear_factorisation": "low-rank factors of cell types and assays, positions integrated out",
}  # fmt: skip


def model_of(name: str) -> ModuleType:
    """The module of a model. InputError: there is none of this name."""
    if name not in MODELS:
        near = difflib.get_close_matches(name, MODELS, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(MODELS)}"
        raise InputError(f"imputation.models: unknown model {name!r}; {hint}")
    return import_module(f"epigroup.imputation.models.{name}")
