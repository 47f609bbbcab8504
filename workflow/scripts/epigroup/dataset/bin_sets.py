"""Which bins train and which are scored: regions composed from bins with and without a peak."""

import zlib

import numpy as np

from epigroup.core.errors import InputError
from epigroup.dataset.label_settings import LabelSettings
from epigroup.genome.bins import window_bounds

TRAINING = ("any_peak", "all_mappable", "mix", "gc_matched")
EVALUATION = ("any_peak", "all_mappable")  # each holds the one before
GC_STRATUM = 0.02
_BLOCK = 1 << 24


def training_bins(
    positive: np.ndarray,
    usable: np.ndarray,
    codes: np.ndarray,
    chrom: str,
    settings: LabelSettings,
) -> np.ndarray:
    """bool (n_bins,): the bins of a chromosome that training may use, wherever its split lies.

    `positive` bool (n_bins,): bins with a peak of any task; `usable` bool (n_bins,): mappable ones; `codes` uint8:
    the chromosome's. `settings.training_regions`: "any_peak", the positive bins (Shiri & Sun 2022); "all_mappable";
    "mix", with so many negative bins at random that they are `settings.negatives_share` of the whole; "gc_matched",
    the same number, drawn so that the GC share of their windows is distributed as that of the positive ones, in
    steps of 2 % (fewer where a step holds too few). A function of `settings.seed` and `chrom`.
    Raises InputError when "mix" asks for more negative bins than there are.
    """
    regions, negatives_share = settings.training_regions, settings.negatives_share
    kept = positive & usable
    if regions == "any_peak":
        return kept
    if regions == "all_mappable":
        return usable.copy()
    negatives = np.flatnonzero(usable & ~positive)
    rng = np.random.default_rng([settings.seed, zlib.crc32(chrom.encode())])
    ratio = negatives_share / (1 - negatives_share)
    if regions == "mix":
        wanted = round(ratio * int(kept.sum()))
        if wanted > len(negatives):
            raise InputError(
                f"dataset.negatives_share {negatives_share}: with {int(kept.sum())} bins with a peak, "
                f"{chrom} would need {wanted} without and has {len(negatives)}; lower it, or use all_mappable"
            )
        chosen = rng.choice(negatives, wanted, replace=False)
    elif regions == "gc_matched":
        gc = gc_share(codes, len(positive), settings.bin_size, settings.window)
        stratum = (gc / GC_STRATUM).astype(np.int64)
        n_strata = int(1 / GC_STRATUM) + 2
        quota = np.round(ratio * np.bincount(stratum[kept], minlength=n_strata)).astype(np.int64)
        shuffled = rng.permutation(negatives)
        by_stratum = shuffled[np.argsort(stratum[shuffled], kind="stable")]
        first = np.searchsorted(stratum[by_stratum], np.arange(n_strata))
        rank = np.arange(len(by_stratum)) - first[stratum[by_stratum]]
        chosen = by_stratum[rank < quota[stratum[by_stratum]]]
    else:
        raise ValueError(f"no such training regions: {regions}")
    kept[chosen] = True
    return kept


def evaluation_sets(regions: str) -> tuple[str, ...]:
    """The sets of bins that `dataset.evaluation_regions` asks for. The first one stops training, sets the
    headline's thresholds and is scored there; the last one holds the others.
    """
    return EVALUATION if regions == "both" else (regions,)


def evaluation_bins(positive: np.ndarray, usable: np.ndarray, regions: str) -> np.ndarray:
    """bool (n_bins,): the bins of one set that validation and test use; nothing about training enters."""
    if regions not in EVALUATION:
        raise ValueError(f"no such evaluation regions: {regions}")
    return positive & usable if regions == "any_peak" else usable.copy()


def gc_share(codes: np.ndarray, n_bins: int, bin_size: int, window: int) -> np.ndarray:
    """float64 (n_bins,): G and C among the known bases of each bin's window; 0 where none is known.

    Reads the chromosome block by block.
    """
    left, right = window_bounds(np.arange(n_bins, dtype=np.int64) * bin_size, window, bin_size)
    left, right = np.clip(left, 0, len(codes)), np.clip(right, 0, len(codes))
    below = np.zeros((2, 2, n_bins), np.int64)  # (G or C, known) x (before left, before right)
    total = np.zeros(2, np.int64)
    for at in range(0, len(codes), _BLOCK):
        block = np.asarray(codes[at : at + _BLOCK])
        for kind, is_kind in enumerate(((block == 1) | (block == 2), block < 4)):
            sums = np.concatenate([[0], np.cumsum(is_kind, dtype=np.int64)])
            for side, place in enumerate((left, right)):
                here = slice(*np.searchsorted(place, [at, at + len(block)]))
                below[kind, side, here] = total[kind] + sums[place[here] - at]
            total[kind] += sums[-1]
    for side, place in enumerate((left, right)):
        below[:, side, place == len(codes)] = total[:, None]
    gc, known = below[:, 1] - below[:, 0]
    return gc / np.maximum(known, 1)
