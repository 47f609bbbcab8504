"""Splits against their definition, base by base, and what wrong spans say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epigroup.core.errors import InputError
from epigroup.dataset.splits import assign, resolve

SIZES = {"chr1": 1000, "chr2": 500}


def span(chrom, start=None, end=None):
    return (
        {"chrom": chrom} | ({} if start is None else {"start": start}) | ({} if end is None else {"end": end})
    )


def cfg(validation, test, train="rest", rule="window"):
    return {"validation": validation, "test": test, "train": train, "rule": rule}


@settings(max_examples=150, deadline=None)
@given(
    cuts=st.lists(st.integers(1, 399), min_size=4, max_size=4, unique=True).map(sorted),
    bin_size=st.integers(1, 20),
    extra=st.integers(0, 60),
    rule=st.sampled_from(["window", "bin"]),
    listed=st.booleans(),
    jitter=st.integers(0, 30),
)
def test_every_bin_lies_where_the_definition_says(cuts, bin_size, extra, rule, listed, jitter):
    size = 400
    a, b, c, d = cuts
    train = [span("c", 0, a), span("c", d, size)] if listed else "rest"
    splits = cfg([span("c", a, b)], [span("c", c, d)], train, rule) | {"max_jitter": jitter}
    window = bin_size + extra
    starts = np.arange(size // bin_size) * bin_size
    owner = np.full(size, -1)
    owner[a:b], owner[c:d] = 1, 2
    owner[:a] = owner[d:] = 0
    if not listed:
        owner[b:c] = 0
    got = assign("c", starts, splits, window, bin_size, size)
    assert got.dtype == np.int8
    for s, where in zip(starts, got, strict=True):
        left = s - (window - bin_size) // 2
        bases = [s] if rule == "bin" else range(max(0, left - jitter), min(size, left + window + jitter))
        owners = {int(owner[i]) for i in bases}
        # Between two spans of one split lies a base of another, so one owner means one span.
        assert where == (owners.pop() if len(owners) == 1 else -1)


@settings(max_examples=50, deadline=None)
@given(st.integers(100, 900), st.integers(1, 50), st.integers(0, 200), st.integers(0, 50))
def test_no_base_of_a_test_window_is_trained_on(cut, bin_size, extra, jitter):
    window = bin_size + extra
    starts = np.arange(1000 // bin_size) * bin_size
    splits = cfg([], [span("chr1", cut)]) | {"max_jitter": jitter}
    where = assign("chr1", starts, splits, window, bin_size, 1000)
    seen = {0: set(), 2: set()}
    for s, w in zip(starts, where, strict=True):
        if w >= 0:
            left = s - (window - bin_size) // 2
            for shift in (-jitter, 0, jitter) if w == 0 else (0,):
                seen[int(w)].update(range(max(0, left + shift), min(1000, left + window + shift)))
    assert not seen[0] & seen[2]


def test_the_paper_s_spans():
    splits = cfg([span("chr7", 16_059_400, 32_570_600)], [span("chr8"), span("chr9")], rule="bin")
    sizes = {"chr7": 159_138_663, "chr8": 146_364_022, "chr9": 141_213_431, "chr10": 135_534_747}
    starts = np.array([0, 16_059_200, 16_059_400, 32_570_400, 32_570_600])
    assert assign("chr7", starts, splits, 1001, 200, sizes["chr7"]).tolist() == [0, 0, 1, 1, 0]
    assert assign("chr8", starts, splits, 1001, 200, sizes["chr8"]).tolist() == [2] * 5
    assert assign("chr10", starts, splits, 1001, 200, sizes["chr10"]).tolist() == [0] * 5
    window = splits | {"rule": "window"}
    around = np.array([16_059_400, 16_059_600, 16_059_800, 32_569_800, 32_570_000])
    assert assign("chr7", around, window, 1001, 200, sizes["chr7"]).tolist() == [-1, -1, 1, 1, -1]


def test_resolved_spans_are_written_out():
    resolved = resolve(cfg([span("chr1", 200, 300)], [span("chr2", 250, 500), span("chr2", 100, 250)]), SIZES)
    assert resolved["train"] == [
        {"chrom": "chr1", "start": 0, "end": 200},
        {"chrom": "chr1", "start": 300, "end": 1000},
        {"chrom": "chr2", "start": 0, "end": 100},
    ]
    assert resolved["test"] == [{"chrom": "chr2", "start": 100, "end": 500}]
    starts = np.arange(0, 500, 10)
    again = assign("chr2", starts, resolved, 30, 10, 500)
    assert np.array_equal(
        again, assign("chr2", starts, cfg([span("chr1", 200, 300)], [span("chr2", 100)]), 30, 10, 500)
    )


@pytest.mark.parametrize(
    ("splits", "says"),
    [
        (cfg([span("chr3")], [span("chr2")]), r"splits\.validation\[0\]: chromosome chr3"),
        (cfg([span("2")], [span("chr1")]), "called chr2"),
        (
            cfg([span("chr1", 0, 1001)], [span("chr2")]),
            r"splits\.validation\[0\]: end 1001 .*chr1 \(1000 bp\)",
        ),
        (cfg([span("chr1")], [span("chr2", 300, 300)]), r"splits\.test\[0\].*empty"),
        (cfg([span("chr1")], [span("chr2", 300, 100)]), "reversed"),
        (
            cfg([span("chr2", 0, 101)], [span("chr2", 100)]),
            "validation chr2:0-101 and test chr2:100-500 overlap",
        ),
        (cfg([span("chr2")], [span("chr1")], [span("chr1", 5, 9)]), "overlap"),
        (cfg([span("chr1", 0, 10), span("chr1", 5, 20)], [span("chr2")]), "overlap"),
        (cfg("rest", [span("chr2")]), r"splits\.validation: only train"),
        (cfg([span("chr1")], [span("chr2")], rule="bins"), r"splits\.rule: 'bins'"),
    ],
)
def test_wrong_spans_are_named(splits, says):
    with pytest.raises(InputError, match=says):
        resolve(splits, SIZES)


def test_spans_can_be_checked_before_lengths_are_known():
    unknown = dict.fromkeys(SIZES)
    resolve(cfg([span("chr1", 200, 300)], [span("chr2")]), unknown)
    with pytest.raises(InputError, match="overlap"):
        resolve(cfg([span("chr2", 200)], [span("chr2", 400, 500)]), unknown)
