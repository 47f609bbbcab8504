"""Tensors out of bigWigs, against pyBigWig and bases written out, and signals that are refused."""

import h5py
import numpy as np
import pyBigWig
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bigwig_files import write_bigwig
from epigroup.core.errors import InputError
from epigroup.formats.bigwig import bin_means, known_bin_means, open_bigwig
from epigroup.imputation.places import Place, Places
from epigroup.imputation.settings import TensorSettings
from epigroup.imputation.signals import chromosome_sizes, make_tensor, read_track
from epigroup.imputation.tensor import open_tensor, write_predictions, write_tensor

LENGTH = 20_010
SIZES = {"chr1": LENGTH, "chr2": 7000}


def rows_of(seed, length=LENGTH, highest=300.0):
    """Runs with gaps between, of which some hold the value 0."""
    rng = np.random.default_rng(seed)
    edges = np.unique(rng.integers(0, length, 700))
    kept = rng.random(len(edges) - 1) < 0.6
    value = rng.choice([0.0, 0.5, 3.0, highest], len(edges) - 1) * rng.random(len(edges) - 1)
    return [(a, b, v) for a, b, v, keep in zip(edges, edges[1:], value, kept) if keep]


def places_of(n):
    return Places(tuple(Place(f"t{i}", f"C{i}", "H3K4me3") for i in range(n)))


@pytest.fixture
def signals(tmp_path):
    return {
        f"t{i}": write_bigwig(
            tmp_path / f"t{i}.bw", SIZES, {"chr1": rows_of(i), "chr2": rows_of(i + 9, 7000)}
        )
        for i in range(3)
    }


@st.composite
def tracks(draw):
    edges = sorted(draw(st.sets(st.integers(0, 3000), min_size=2, max_size=60)))
    value = st.sampled_from([0.0, -3.0, 1e-3, 7.5, 2e4])
    return [(a, b, draw(value)) for a, b in zip(edges, edges[1:]) if draw(st.booleans())] or [(5, 9, 0.0)]


@settings(max_examples=60, deadline=None)
@given(rows=tracks(), bin_size=st.integers(1, 700))
def test_known_means_are_over_the_bases_that_have_a_value(tmp_path_factory, rows, bin_size):
    path = write_bigwig(tmp_path_factory.mktemp("bw") / "a.bw", {"chr1": 3000}, {"chr1": rows})
    bases = np.full(3000, np.nan)
    for start, end, value in rows:
        bases[start:end] = np.float32(value)
    n_bins = 3000 // bin_size
    bases = bases[: n_bins * bin_size].reshape(n_bins, bin_size)
    n_expected = (~np.isnan(bases)).sum(axis=1)
    mean, n_known = known_bin_means(open_bigwig(path), "chr1", n_bins, bin_size)
    np.testing.assert_array_equal(n_known, n_expected)
    assert n_known.dtype == np.int64
    np.testing.assert_array_equal(np.isnan(mean), n_expected == 0)
    there = n_expected > 0
    np.testing.assert_allclose(mean[there], np.nansum(bases, axis=1)[there] / n_expected[there], rtol=1e-12)
    plain = bin_means(open_bigwig(path), "chr1", n_bins, bin_size)
    np.testing.assert_allclose(np.where(there, mean, 0) * n_known / bin_size, plain, rtol=1e-12, atol=1e-12)


def bases_of(path, n_bins, bin_size=25):
    with pyBigWig.open(str(path)) as track:
        return (
            track.values("chr1", 0, n_bins * bin_size, numpy=True)
            .astype(np.float64)
            .reshape(n_bins, bin_size)
        )


@pytest.mark.parametrize("no_data", ["missing", "zero"])
def test_a_tensor_holds_arcsinh_of_what_pybigwig_gives(tmp_path, signals, no_data):
    told = TensorSettings(no_data=no_data)
    make_tensor(signals, places_of(3), "chr1", LENGTH, told, tmp_path / "chr1.h5")
    tensor = open_tensor(tmp_path / "chr1.h5")
    assert (tensor.chrom, tensor.length, tensor.bin_size, tensor.transform) == ("chr1", LENGTH, 25, "arcsinh")
    assert tensor.tasks == ("t0", "t1", "t2")
    np.testing.assert_array_equal(tensor.bins, np.arange(800))
    with h5py.File(tmp_path / "chr1.h5") as store:
        assert store["values"].dtype == np.float16 and store["values"].shape == (3, 800)
    for row, path in enumerate(signals.values()):
        bases = bases_of(path, 800)
        known = (~np.isnan(bases)).sum(axis=1)
        with np.errstate(invalid="ignore"):
            expected = np.nansum(bases, axis=1) / (known if no_data == "missing" else 25)
        assert np.isnan(expected).any() == (no_data == "missing")
        found = read_track(path, f"t{row}", "chr1", LENGTH, np.arange(800), told)
        np.testing.assert_allclose(found, np.arcsinh(expected), rtol=1e-6, atol=0)
        np.testing.assert_array_equal(tensor.read([row])[0], np.arcsinh(expected).astype(np.float16))


def test_bins_and_tracks_are_those_kept_and_in_the_order_of_places(tmp_path, signals):
    (tmp_path / "r.bed").write_text("chr2\t0\t6000\nchr1\t10\t6010\n")
    told = TensorSettings(regions=str(tmp_path / "r.bed"), transform="none")
    places = Places(places_of(3).tracks[::-1])
    make_tensor(signals, places, "chr1", LENGTH, told, tmp_path / "chr1.h5")
    tensor = open_tensor(tmp_path / "chr1.h5")
    assert tensor.tasks == ("t2", "t1", "t0")
    np.testing.assert_array_equal(tensor.bins, np.arange(1, 240))
    for row, task in enumerate(tensor.tasks):
        mean = known_bin_means(open_bigwig(signals[task]), "chr1", 800, 25)[0][1:240]
        np.testing.assert_array_equal(tensor.read([row])[0], mean.astype(np.float16).astype(np.float32))


def test_a_part_of_a_tensor_is_that_part_of_the_whole(tmp_path):
    values = np.random.default_rng(0).normal(size=(5, 70_000)).astype(np.float16)
    values[2, 5] = np.nan
    told = {"chrom": "chr1", "length": 70_000, "bin_size": 1, "transform": "none"}
    write_tensor(tmp_path / "a.h5", iter(values), np.arange(70_000), tasks=list("abcde"), **told)
    tensor = open_tensor(tmp_path / "a.h5")
    assert tensor.n_bins == 70_000
    np.testing.assert_array_equal(tensor.read(), values.astype(np.float32))
    assert tensor.read().dtype == np.float32
    np.testing.assert_array_equal(tensor.read([4, 0], 65_000, 66_000), values[[4, 0], 65_000:66_000])
    assert tensor.read([1], 69_990, 80_000).shape == (1, 10)
    assert tensor.rows_of(["d", "a"]) == [3, 0]
    with pytest.raises(InputError, match="no track 'z'"):
        tensor.rows_of(["z"])
    with pytest.raises(IndexError):
        tensor.read([-1])

    write_predictions(tmp_path / "p.h5", values[:2], ["K562|H3K4me3", "b"], tensor)
    imputed = open_tensor(tmp_path / "p.h5")
    assert imputed.tasks == ("K562|H3K4me3", "b")
    assert (imputed.chrom, imputed.length, imputed.transform) == ("chr1", 70_000, "none")
    np.testing.assert_array_equal(imputed.bins, tensor.bins)
    np.testing.assert_array_equal(imputed.read(), values[:2].astype(np.float32))


def test_more_names_than_64_kb_are_kept(tmp_path):
    tasks = [f"{i:040d}" for i in range(2000)]
    told = {"chrom": "chr1", "length": 50, "bin_size": 25, "transform": "none"}
    write_tensor(tmp_path / "a.h5", (np.ones(2) for _ in tasks), np.arange(2), tasks=tasks, **told)
    assert open_tensor(tmp_path / "a.h5").tasks == tuple(tasks)


@pytest.mark.parametrize("change", ["attribute", "values", "cut"])
def test_a_damaged_tensor_is_refused(tmp_path, signals, change):
    path = tmp_path / "chr1.h5"
    make_tensor(signals, places_of(3), "chr1", LENGTH, TensorSettings(), path)
    if change == "attribute":
        with h5py.File(path, "r+") as store:
            store.attrs["bin_size"] = 50
    elif change == "values":
        with h5py.File(path, "r+") as store:
            at = store["values"].id.get_chunk_info(0).byte_offset
        content = bytearray(path.read_bytes())
        content[at + 40] ^= 1
        path.write_bytes(content)
    else:
        path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match="chr1.h5"):
        open_tensor(path).read()


@pytest.mark.parametrize("bins", [[], [3, 3], [4, 2], [-1, 2], [0, 800]])
def test_bins_off_the_grid_are_a_fault_of_the_program(tmp_path, bins):
    told = {"chrom": "chr1", "length": LENGTH, "bin_size": 25, "transform": "none", "tasks": ["a"]}
    with pytest.raises(ValueError, match="do not rise"):
        write_tensor(tmp_path / "a.h5", [np.ones(len(bins))], np.array(bins), **told)


def refused(tmp_path, rows, sizes=SIZES, **told):
    paths = {
        "t0": write_bigwig(tmp_path / "good.bw", SIZES, {"chr1": rows_of(0)}),
        "t1": write_bigwig(tmp_path / "bad.bw", sizes, rows),
    }
    with pytest.raises(InputError) as error:
        make_tensor(paths, places_of(2), "chr1", LENGTH, TensorSettings(**told), tmp_path / "chr1.h5")
    assert not list(tmp_path.glob("*chr1.h5"))
    return str(error.value)


@pytest.mark.parametrize(
    "rows, told, says",
    [
        ([(0, 50, 1.5), (100, 150, float("nan"))], {}, "track t1: {bad}: chr1:100-150 has the value nan"),
        ([(0, 50, 1.5), (100, 150, float("inf"))], {}, "track t1: {bad}: chr1:100-150 has the value inf"),
        (
            [(0, 50, 1.5), (100, 125, -2.0)],
            {},
            "(track t1): chr1:100-125 has the mean -2 (1 bins are below 0)",
        ),
        (
            [(0, 50, 1.5), (100, 125, -2.0)],
            {"values": "other", "transform": "log1p"},
            "log1p is for signals from 0",
        ),
        ([(0, 20_000, 3.5)], {}, "has the value 3.5 in every bin of chr1"),
        ([(0, 20_000, 0.0)], {}, "has the value 0 in every bin of chr1"),
        ([(20_005, 20_010, 3.5)], {}, "has no data in the bins of chr1"),
        (
            [(0, 50, 1.5), (100, 125, 70_000.0)],
            {"transform": "none"},
            "t1: chr1:100-125 has the value 70000, beyond",
        ),
    ],
)
def test_signals_that_cannot_be_imputed_from_are_refused_by_name(tmp_path, rows, told, says):
    message = refused(tmp_path, {"chr1": rows}, **told)
    assert says.format(bad=tmp_path / "bad.bw") in message
    assert "bad.bw" in message or "t1:" in message


def test_values_below_0_are_taken_where_they_are_no_p_values(tmp_path):
    path = write_bigwig(tmp_path / "a.bw", SIZES, {"chr1": [(0, 25, 1.5), (25, 50, -2.0)]})
    found = read_track(path, "t", "chr1", LENGTH, np.arange(2), TensorSettings(values="other"))
    np.testing.assert_allclose(found, np.arcsinh([1.5, -2.0]), rtol=1e-12)


def test_values_that_overlap_are_refused(tmp_path):
    path = tmp_path / "a.bw"
    track = pyBigWig.open(str(path), "w")
    track.addHeader(list(SIZES.items()))
    track.addEntries("chr1", [0, 50], span=60, values=[1.0, 2.0], validate=False)
    track.close()
    with pytest.raises(InputError, match="track t: .*two values for one base"):
        read_track(path, "t", "chr1", LENGTH, np.arange(800), TensorSettings())


@pytest.mark.parametrize(
    "sizes, says",
    [
        ({"chr2": 7000}, "has no chromosome chr1"),
        ({"1": LENGTH}, "it calls it 1"),
        ({"chr1": LENGTH - 1}, f"its chr1 is {LENGTH - 1:,} bp long, the genome's {LENGTH:,}"),
    ],
)
def test_a_chromosome_that_lacks_or_is_of_another_length_is_refused(tmp_path, sizes, says):
    message = refused(tmp_path, {next(iter(sizes)): [(0, 50, 1.5)]}, sizes=sizes)
    assert f"signal of t1: {tmp_path / 'bad.bw'}" in message and says in message


def test_lengths_come_from_the_signals_that_must_agree(tmp_path, signals):
    assert chromosome_sizes(signals, ["chr2", "chr1"]) == {"chr2": 7000, "chr1": LENGTH}
    with pytest.raises(InputError, match=r"t0.bw: has no chromosome chr3"):
        chromosome_sizes(signals, ["chr1", "chr3"])
    signals["t2"] = write_bigwig(tmp_path / "x.bw", {"chr1": 999, "chr2": 7000}, {"chr1": [(0, 5, 1)]})
    assert chromosome_sizes(signals, ["chr2"]) == {"chr2": 7000}
    with pytest.raises(InputError, match=r"x.bw: its chr1 is 999 bp long, that of .*t0.bw 20,010"):
        chromosome_sizes(signals, ["chr1"])


def test_faults_of_several_tracks_are_told_together(tmp_path):
    flat = {"chr1": [(0, 20_000, 3.5)]}
    paths = {f"t{i}": write_bigwig(tmp_path / f"t{i}.bw", SIZES, flat) for i in range(2)}
    with pytest.raises(InputError) as error:
        make_tensor(paths, places_of(2), "chr1", LENGTH, TensorSettings(), tmp_path / "chr1.h5")
    assert [f"(track t{i})" in line for i, line in enumerate(str(error.value).split("\n"))] == [True, True]
    with pytest.raises(InputError, match="no signal is given for the track t2"):
        make_tensor(paths, places_of(3), "chr1", LENGTH, TensorSettings(), tmp_path / "chr1.h5")


def dense(path, values, bin_size):
    length = len(values) * bin_size
    track = pyBigWig.open(str(path), "w")
    track.addHeader([("chr1", length)])
    track.addEntries("chr1", 0, values=values.tolist(), span=bin_size, step=bin_size)
    track.close()
    return path, length


def test_fold_changes_and_p_values_transformed_already_are_told_from_p_values(tmp_path, caplog):
    """Values of a null and of peaks: -log10 p as is and as arcsinh; fold change of Poisson counts of mean 10."""
    rng = np.random.default_rng(2)
    n = 200_000
    p_values = -np.log10(rng.random(n))
    p_values[:400] = rng.gamma(2, 60, 400)
    fold_change = rng.poisson(10, n) / 10
    told, bins = TensorSettings(bin_size=50), np.arange(n)

    path, length = dense(tmp_path / "p.bw", p_values, 50)
    read_track(path, "t", "chr1", length, bins, told)
    assert not caplog.records
    path, _ = dense(tmp_path / "arcsinh.bw", np.arcsinh(p_values), 50)
    read_track(path, "t", "chr1", length, bins, told)
    assert "transformed already" in caplog.text and "arcsinh.bw (track t)" in caplog.text
    path, _ = dense(tmp_path / "fc.bw", fold_change, 50)
    with pytest.raises(InputError, match="fc.bw .*looks like fold change"):
        read_track(path, "t", "chr1", length, bins, told)
    caplog.clear()
    read_track(path, "t", "chr1", length, bins, TensorSettings(bin_size=50, values="other"))
    assert not caplog.records


def test_real_p_values_look_like_p_values(real_data, tmp_path, caplog):
    """The weakest and the strongest of the pilot tracks, as bigWig over their 28 Mb."""
    for name in ("E116.H3K27me3", "E017.H3K4me3"):
        with np.load(real_data / "roadmap_pilot" / f"{name}.pilot.arcsinh.npz") as store:
            values = np.sinh(store["arr_0"].astype(np.float64))
        path, length = dense(tmp_path / f"{name}.bw", values, 25)
        found = read_track(path, name, "chr1", length, np.arange(len(values)), TensorSettings())
        np.testing.assert_allclose(found, np.arcsinh(values), rtol=1e-6, atol=1e-7)
    assert not caplog.records
