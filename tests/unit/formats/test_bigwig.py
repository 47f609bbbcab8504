"""Means by bin against bases written out, against pyBigWig, and what is refused."""

import struct

import numpy as np
import pyBigWig
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bigwig_files import by_base, write_bigwig
from epigroup.core.errors import InputError
from epigroup.formats.bigwig import bin_means, check_chromosomes, open_bigwig


@st.composite
def tracks(draw):
    edges = sorted(draw(st.sets(st.integers(0, 3000), min_size=2, max_size=60)))
    value = st.floats(-1e4, 1e4, width=32)
    rows = [(a, b, draw(value)) for a, b in zip(edges, edges[1:]) if draw(st.booleans())]
    return rows or [(edges[0], edges[1], 1.0)]


@settings(max_examples=60, deadline=None)
@given(rows=tracks(), bin_size=st.integers(1, 700))
def test_a_bins_mean_is_that_of_its_bases(tmp_path_factory, rows, bin_size):
    path = write_bigwig(tmp_path_factory.mktemp("bw") / "a.bw", {"chr1": 3000, "chr2": 500}, {"chr1": rows})
    found = bin_means(open_bigwig(path), "chr1", 3000 // bin_size, bin_size)
    np.testing.assert_allclose(found, by_base(3000, rows, bin_size), rtol=1e-12, atol=1e-9)


def test_many_blocks_of_every_kind_agree_with_pybigwig(tmp_path):
    rng = np.random.default_rng(1)
    length, n = 400_000, 30_000
    path = tmp_path / "a.bw"
    track = pyBigWig.open(str(path), "w")
    track.addHeader([("chr1", length), ("chr2", 100_000), ("chr3", 100_000), ("chr4", 999)])
    start = np.sort(rng.choice(length // 10, n, replace=False)) * 10
    values = rng.gamma(0.5, 20, n).tolist()
    track.addEntries(
        ["chr1"] * n, start.tolist(), ends=(start + rng.integers(1, 11, n)).tolist(), values=values
    )
    track.addEntries("chr2", (np.arange(5000) * 20).tolist(), span=7, values=values[:5000])
    track.addEntries("chr3", 40, span=5, step=9, values=values[:9000])
    track.close()
    bigwig, reference = open_bigwig(path), pyBigWig.open(str(path))
    assert {name: size for name, (_, size) in bigwig.chromosomes.items()} == reference.chroms()
    for name, size in reference.chroms().items():
        n_bins = size // 200
        if name == "chr4":
            assert not bin_means(bigwig, name, n_bins, 200).any()
            continue
        bases = np.nan_to_num(reference.values(name, 0, n_bins * 200, numpy=True).astype(np.float64))
        expected = bases.reshape(n_bins, 200).mean(axis=1)
        np.testing.assert_allclose(bin_means(bigwig, name, n_bins, 200), expected, rtol=1e-12)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_values_that_are_no_numbers_are_refused_with_their_place(tmp_path, value):
    path = write_bigwig(tmp_path / "a.bw", {"chr1": 5000}, {"chr1": [(0, 50, 1.5), (1200, 1300, value)]})
    with pytest.raises(InputError, match=rf"a\.bw: chr1:1,200-1,300 has the value {value}"):
        bin_means(open_bigwig(path), "chr1", 25, 200)


def test_other_chromosomes_than_the_genomes_are_refused(tmp_path):
    bigwig = open_bigwig(write_bigwig(tmp_path / "a.bw", {"1": 5000, "chr2": 800}, {"1": [(0, 50, 1.5)]}))
    check_chromosomes(bigwig, {"1": 5000})
    with pytest.raises(InputError, match=r"a\.bw: has no chromosome chr1 .* it calls it 1"):
        check_chromosomes(bigwig, {"chr1": 5000})
    with pytest.raises(InputError, match=r"its chr2 is 800 bp long, the genome's 900"):
        check_chromosomes(bigwig, {"1": 5000, "chr2": 900})


def test_what_is_no_whole_bigwig_is_refused(tmp_path):
    rows = [(10 * i, 10 * i + 7, 0.5 + i % 13) for i in range(9000)]
    good = write_bigwig(tmp_path / "a.bw", {"chr1": 90_000}, {"chr1": rows}).read_bytes()
    for text, match in ((b"track type=bedGraph\n", "is no bigWig"), (b"", "is no bigWig")):
        (tmp_path / "b.bw").write_bytes(text)
        with pytest.raises(InputError, match=match):
            open_bigwig(tmp_path / "b.bw")
    with pytest.raises(InputError, match="no such file"):
        open_bigwig(tmp_path / "c.bw")
    index = struct.unpack_from("<Q", good, 24)[0]
    for size in (10, 60, 200, index // 2, index + 10, index + 60):
        (tmp_path / "b.bw").write_bytes(good[:size])
        with pytest.raises(InputError, match=r"b\.bw: the bigWig is damaged or cut"):
            bin_means(open_bigwig(tmp_path / "b.bw"), "chr1", 450, 200)
    rng = np.random.default_rng(2)
    whole = bin_means(open_bigwig(tmp_path / "a.bw"), "chr1", 450, 200)
    for _ in range(150):
        spoilt = bytearray(good)
        spoilt[rng.integers(index + 200)] ^= int(rng.integers(1, 256))
        (tmp_path / "b.bw").write_bytes(spoilt)
        try:
            bigwig = open_bigwig(tmp_path / "b.bw")
            check_chromosomes(bigwig, {"chr1": 90_000})
            found = bin_means(bigwig, "chr1", 450, 200)
        except InputError:
            continue
        # bytes that are not read: zoom levels, summary, reserved ones; or blocks that the index no longer names
        assert found.shape == whole.shape
