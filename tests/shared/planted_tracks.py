"""Tracks with a known structure: a shape an assay, a scale a cell type, and what cell types have of their own."""

import numpy as np

from epigroup.imputation.moments import Moments, measure_moments, write_moments
from epigroup.imputation.places import Place, Places, write_places
from epigroup.imputation.settings import FoldSettings
from epigroup.imputation.tensor import open_tensor, write_tensor
from epigroup.imputation.track_folds import split_tracks, write_track_folds

CELLS, ASSAYS = ("A", "B", "C", "D", "E"), ("K4", "K27", "K36", "K9")


def planted_places(left_out: tuple[str, ...] = ()) -> Places:
    """Every cell type with every assay, but for those whose task ids are left out."""
    tracks = (Place(f"{cell}_{assay}", cell, assay) for cell in CELLS for assay in ASSAYS)
    return Places(tuple(one for one in tracks if one.task_id not in left_out))


def planted_values(
    places: Places, seed: int, n: int = 4000, own: float = 0.5, noise: float = 0.1
) -> np.ndarray:
    """float64 (T, n): scale of the cell type x (shape of the assay + `own` x shape of the cell type) + noise. The own
    shape of a cell type is the same in all its assays, so that its other tracks tell it."""
    rng = np.random.default_rng(seed)
    shape = rng.gamma(0.5, 1, (len(places.assays), n))
    special = rng.normal(0, 1, (len(places.cell_types), n))
    scale = 2.0 ** np.linspace(-1, 1, len(places.cell_types))
    values = shape[places.assay] + own * special[places.cell]
    return scale[places.cell][:, None] * values + rng.normal(0, noise, values.shape)


def moments_of(values: np.ndarray) -> Moments:
    """The moments of values (T, n), by definition."""
    return Moments(values.shape[1], values.mean(axis=1), np.cov(values, bias=True))


def write_planted(
    folder, values: np.ndarray, places: Places, folds: FoldSettings, bin_size: int = 25
) -> dict:
    """Tables and two tensors, the second with every third bin alone, of values (T, n) as stored; paths by name."""
    split = values.shape[1] * 2 // 3
    tensors = []
    for chrom, part, step in (("chr1", values[:, :split], 1), ("chr2", values[:, split:], 3)):
        path = folder / f"{chrom}.h5"
        bins = step * np.arange(part.shape[1])
        told = {"chrom": chrom, "length": int(bins[-1] + 1) * bin_size, "bin_size": bin_size}
        write_tensor(path, part, bins, **told, transform="arcsinh", tasks=places.task_ids)
        tensors.append(path)
    write_places(folder / "tracks.tsv", places)
    write_track_folds(folder / "folds.tsv", split_tracks(places, folds), places)
    write_moments(folder / "moments.h5", measure_moments([open_tensor(path) for path in tensors]))
    found = {name.partition(".")[0]: folder / name for name in ("tracks.tsv", "folds.tsv", "moments.h5")}
    return found | {"tensors": tensors}
