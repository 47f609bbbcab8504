"""Training and evaluation regions against their definitions, counted bin by bin."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epigroup.core.errors import InputError
from epigroup.dataset import bin_sets as composition
from epigroup.dataset.bin_sets import evaluation_bins, gc_share, training_bins
from planted_examples import label_settings

BIN, WINDOW = 20, 51


def trained(positive, usable, codes, regions, share=0.5, seed=1, chrom="c"):
    asked = label_settings(BIN, WINDOW, 1, training_regions=regions, negatives_share=share, seed=seed)
    return training_bins(positive, usable, codes, chrom, asked)


@settings(max_examples=60, deadline=None)
@given(
    size=st.integers(1, 600),
    block=st.integers(1, 200),
    seed=st.integers(0, 2**32 - 1),
    window=st.integers(20, 90),
)
def test_gc_share_is_that_of_each_window_base_by_base(size, block, seed, window):
    codes = np.random.default_rng(seed).integers(0, 5, size, dtype=np.uint8)
    kept, composition._BLOCK = composition._BLOCK, block
    try:
        got = gc_share(codes, size // BIN, BIN, window)
    finally:
        composition._BLOCK = kept
    for b, share in enumerate(got):
        left = b * BIN - (window - BIN) // 2
        bases = [c for c in codes[max(left, 0) : left + window] if c < 4]
        assert share == pytest.approx(sum(c in (1, 2) for c in bases) / max(len(bases), 1))


@settings(max_examples=80, deadline=None)
@given(
    n=st.integers(1, 200),
    share=st.floats(0, 0.6),
    regions=st.sampled_from(composition.TRAINING),
    scored=st.sampled_from(composition.EVALUATION),
    seed=st.integers(0, 2**32 - 1),
)
def test_regions_are_what_they_are_called(n, share, regions, scored, seed):
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 5, n * BIN, dtype=np.uint8)
    positive, usable = rng.random(n) < 0.2, rng.random(n) < 0.9
    evaluation = evaluation_bins(positive, usable, scored)
    assert np.array_equal(evaluation, usable if scored == "all_mappable" else usable & positive)
    wanted = round(share / (1 - share) * (positive & usable).sum())
    if regions == "mix" and wanted > (usable & ~positive).sum():
        with pytest.raises(InputError, match=f"would need {wanted} without"):
            trained(positive, usable, codes, regions, share, seed)
        return
    got = trained(positive, usable, codes, regions, share, seed)
    assert not (got & ~usable).any()
    negatives = (got & ~positive).sum()
    if regions == "all_mappable":
        assert np.array_equal(got, usable)
    else:
        assert np.array_equal(got & positive, positive & usable)
        assert negatives == {"any_peak": 0, "mix": wanted}.get(regions, negatives)
    assert np.array_equal(got, trained(positive, usable, codes, regions, share, seed))


def test_matched_negatives_have_the_gc_content_of_the_positives():
    rng = np.random.default_rng(3)
    n = 4000
    # GC share of 0.2 in the first half of the chromosome, 0.6 in the second, where four of five peaks lie
    gc = np.repeat([0.2, 0.6], n * BIN // 2)
    codes = np.where(rng.random(n * BIN) < gc, rng.integers(1, 3, n * BIN), 3 * rng.integers(0, 2, n * BIN))
    codes = codes.astype(np.uint8)
    positive = rng.random(n) < np.repeat([0.04, 0.16], n // 2)
    usable = np.ones(n, bool)
    share = gc_share(codes, n, BIN, WINDOW)
    step = (share / composition.GC_STRATUM).astype(int)
    got = trained(positive, usable, codes, "gc_matched") & ~positive
    for stratum in range(51):
        here = step == stratum
        assert (got & here).sum() == min((positive & here).sum(), (~positive & here).sum())
    mixed = trained(positive, usable, codes, "mix") & ~positive
    target = share[positive].mean()
    assert abs(share[got].mean() - target) < 0.01 < 0.05 < target - share[mixed].mean()
    assert not np.array_equal(got, trained(positive, usable, codes, "gc_matched", seed=2) & ~positive)
    assert not np.array_equal(mixed, trained(positive, usable, codes, "mix", chrom="d") & ~positive)
