"""Moments against numpy, and squared errors against predictions written out."""

import numpy as np
import pytest

from epigroup.core.errors import InputError
from epigroup.imputation import moments as module
from epigroup.imputation.moments import measure_moments, read_moments, write_moments
from epigroup.imputation.tensor import open_tensor, write_tensor


def tensor_of(path, values, chrom="chr1", tasks=None, bin_size=25):
    tasks = tasks or [f"t{i}" for i in range(len(values))]
    n_bins = values.shape[1]
    told = {"chrom": chrom, "length": n_bins * bin_size, "bin_size": bin_size, "transform": "none"}
    write_tensor(path, values, np.arange(n_bins), tasks=tasks, **told)
    return open_tensor(path)


@pytest.fixture
def values():
    """As stored: correlated, on means that are large beside their deviations."""
    rng = np.random.default_rng(3)
    values = rng.normal(size=(6, 6)) @ rng.normal(size=(6, 5000)) + np.array(
        [[0], [1], [5], [50], [-20], [3]]
    )
    return values.astype(np.float16)


@pytest.mark.parametrize("at_once", [6, 777 * 6, 1 << 23])
def test_moments_are_those_of_numpy_over_all_chromosomes(tmp_path, values, monkeypatch, at_once):
    monkeypatch.setattr(module, "_AT_ONCE", at_once)
    values = values[:, :900] if at_once == 6 else values  # a bin at a time
    parts = [
        tensor_of(tmp_path / f"{i}.h5", part, f"chr{i}") for i, part in enumerate(np.split(values, [300], 1))
    ]
    found = measure_moments(parts)
    exact = values.astype(np.float64)
    assert (found.n, found.n_left_out, found.tasks) == (values.shape[1], 0, parts[0].tasks)
    np.testing.assert_allclose(found.mean, exact.mean(axis=1), rtol=1e-12)
    np.testing.assert_allclose(found.covariance, np.cov(exact, bias=True), rtol=1e-9, atol=1e-10)
    np.testing.assert_array_equal(found.covariance, found.covariance.T)
    np.testing.assert_allclose(found.correlation(), np.corrcoef(exact), atol=1e-10)


def test_squared_error_is_that_of_the_predictions(tmp_path, values):
    found = measure_moments([tensor_of(tmp_path / "a.h5", values)])
    exact, rng = values.astype(np.float64), np.random.default_rng(0)
    for target in range(6):
        weights, intercept = rng.normal(size=6), float(rng.normal())
        weights[target] = 0
        before = weights.copy()
        expected = ((weights @ exact + intercept - exact[target]) ** 2).mean()
        assert found.squared_error(weights, intercept, target) == pytest.approx(expected, rel=1e-10)
        np.testing.assert_array_equal(weights, before)
    assert found.squared_error(np.eye(6)[2], 0.0, 2) == 0


def test_bins_in_which_a_track_has_no_data_are_left_out_and_told(tmp_path, values, caplog):
    caplog.set_level("INFO")
    values[1, :200] = values[4, 100:300] = np.nan
    found = measure_moments([tensor_of(tmp_path / "a.h5", values)])
    assert (found.n, found.n_left_out) == (4700, 300)
    np.testing.assert_allclose(
        found.covariance, np.cov(values[:, 300:].astype(np.float64), bias=True), rtol=1e-9
    )
    assert "4700 of 5000 bins have data of every track" in caplog.text


def test_moments_written_are_read_again(tmp_path, values):
    found = measure_moments([tensor_of(tmp_path / "a.h5", values)])
    write_moments(tmp_path / "moments.h5", found)
    again = read_moments(tmp_path / "moments.h5")
    assert (again.n, again.n_left_out, again.tasks) == (found.n, found.n_left_out, found.tasks)
    np.testing.assert_array_equal(again.mean, found.mean)
    np.testing.assert_array_equal(again.covariance, found.covariance)
    content = (tmp_path / "moments.h5").read_bytes()
    (tmp_path / "moments.h5").write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match="moments.h5"):
        read_moments(tmp_path / "moments.h5")


def test_tensors_that_do_not_belong_together_are_refused(tmp_path, values):
    first = tensor_of(tmp_path / "a.h5", values)
    for other, says in (
        (tensor_of(tmp_path / "b.h5", values, "chr2", tasks=list("abcdef")), "b.h5: its tasks"),
        (tensor_of(tmp_path / "c.h5", values, "chr2", bin_size=50), "c.h5: its bin_size"),
        (tensor_of(tmp_path / "d.h5", values), "d.h5: chr1 is there twice"),
    ):
        with pytest.raises(InputError, match=says):
            measure_moments([first, other])


def test_no_common_bin_is_refused_with_the_track_that_lacks_most(tmp_path, values):
    values[2, 1000:] = values[5, :1000] = np.nan
    with pytest.raises(InputError, match="no bin of 5,000 has data .* t2 lacks most"):
        measure_moments([tensor_of(tmp_path / "a.h5", values)])
