"""A data set made from peaks, which tests leave as they find it."""

import pytest

from labelled_genome import write_labelled


@pytest.fixture(scope="session")
def labelled(tmp_path_factory):
    """A genome with a run of N, peaks of 11 tasks, the shards, and the labels by the definition."""
    folder = tmp_path_factory.mktemp("labelled")
    return folder, *write_labelled(folder)
