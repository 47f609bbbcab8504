"""The correlation of labels is Pearson's, of the bins that train alone."""

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from epigroup.core.errors import InputError
from epigroup.dataset.dataset import open_dataset
from epigroup.dataset.label_correlation import correlate, correlate_labels, count_pairs
from epigroup.dataset.labels import pack, unpack
from epigroup.grouping.read_inputs import read_label_correlation
from planted_examples import write_files


@given(arrays.arrays(bool, st.tuples(st.integers(2, 60), st.integers(1, 20))))
@settings(deadline=None)
def test_it_is_pearsons_correlation_of_zeros_and_ones(labels):
    found = correlate(count_pairs(pack(labels), labels.shape[1]), len(labels))
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = np.atleast_2d(np.corrcoef(labels.T))
    np.testing.assert_allclose(found, expected, atol=1e-12)
    same = (labels == labels[0]).all(axis=0)
    assert np.isnan(found[same]).all() and np.isfinite(found[np.ix_(~same, ~same)]).all()


def test_counts_over_many_blocks_are_exact():
    labels = np.random.default_rng(0).random((100_003, 11)) < 0.4
    np.testing.assert_array_equal(
        count_pairs(pack(labels), 11), labels.astype(np.int64).T @ labels.astype(np.int64)
    )


def test_only_training_bins_count_and_tasks_are_found_by_name(tmp_path):
    files = write_files(tmp_path)
    out = tmp_path / "label_correlation.h5"
    correlate_labels(files["dataset_json"], files["shard_paths"], out)
    dataset = open_dataset(files["dataset_json"], files["shard_paths"])
    train = unpack(dataset.split("train").labels, len(dataset.task_ids))
    with h5py.File(out) as handle:
        assert handle.attrs["n"] == len(train) and handle.attrs["dataset_hash"] == dataset.dataset_hash
        np.testing.assert_array_equal(handle["both"][:].diagonal(), train.sum(axis=0))
    turned = list(dataset.task_ids)[::-1]
    np.testing.assert_allclose(read_label_correlation(out, turned), np.corrcoef(train.T[::-1]), atol=1e-12)
    with pytest.raises(InputError, match=r"no labels of task 'gone' \(1 of 2"):
        read_label_correlation(out, [turned[0], "gone"])
