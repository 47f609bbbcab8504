"""The adjusted Rand index against scikit-learn's and its definition."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from checkouts import LIBRARY
from epigroup.grouping.agreement import adjusted_rand


@given(
    st.integers(1, 40).flatmap(
        lambda n: st.tuples(*(st.lists(st.integers(0, 6), min_size=n, max_size=n) for _ in range(2)))
    )
)
def test_it_is_that_of_scikit_learn(two):
    one, other = two
    assert adjusted_rand(one, other) == pytest.approx(adjusted_rand_score(one, other), abs=1e-12)
    assert adjusted_rand(one, other) == adjusted_rand(other, one)
    assert adjusted_rand([f"group {g}" for g in one], other) == adjusted_rand(one, other)
    assert adjusted_rand(one, one) == 1.0


def test_random_groups_of_the_same_sizes_agree_by_zero_in_the_mean():
    rng = np.random.default_rng(1)
    groups = rng.integers(0, 4, 60)
    found = [adjusted_rand(groups, rng.permutation(groups)) for _ in range(3000)]
    assert abs(np.mean(found)) < 4 * np.std(found) / np.sqrt(len(found))


def test_counts_of_pairs_do_not_overflow():
    one = np.arange(200_000) % 2
    assert adjusted_rand(one, one) == 1.0 and adjusted_rand(
        one, np.arange(200_000) // 2 % 2
    ) == pytest.approx(0, abs=1e-4)


def test_two_of_different_length_are_refused():
    with pytest.raises(ValueError, match="3 tasks in one grouping, 2 in the other"):
        adjusted_rand([0, 0, 1], [0, 1])


def test_groups_from_the_sheet_are_made_without_scikit_learn():
    """Its import takes longer than the groups."""
    code = (
        "import sys; import epigroup.grouping.make_grouping\n"
        "from epigroup.grouping import entry; from epigroup.grouping.method import load\n"
        "for method in ('single', 'all', 'sheet', 'random', 'table'): load(entry(method))\n"
        "sys.exit(', '.join(name for name in sys.modules if name in ('sklearn', 'scipy', 'torch')) or None)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(LIBRARY)}, check=False, capture_output=True
    )
    assert run.returncode == 0, run.stderr.decode()
