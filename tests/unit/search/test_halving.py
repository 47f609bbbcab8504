"""Halving gives good rates their full course, stops the others, and follows from its seed."""

import math

import pytest

from epigroup.search.halving import halve
from epigroup.search.settings import read_search


def halved(spec: dict, seed: int, depth: int = 9) -> dict[float, int]:
    """Rate -> validations it was given, on made curves whose losses fall to |log(rate / 0.1)|."""
    given_to = {}

    def run(rate, judge):
        for validations in range(1, depth + 1):
            loss = math.inf if rate > 5 else abs(math.log(rate / 0.1)) + 1 / validations
            given_to[rate] = validations
            if math.isinf(loss) or judge(loss, validations):
                break
        return loss

    halve(read_search({"method": "halving", "steps_share": 1.0, **spec}), seed, run)
    return given_to


LISTED = {"rates": [0.001, 0.01, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 9.0], "first_rung": 1, "reduction": 3}


@pytest.mark.parametrize("seed", range(5))
def test_halving_gives_the_best_of_a_list_its_full_course_and_saves_steps(seed):
    found = halved(LISTED, seed)
    assert set(found) == set(LISTED["rates"])
    assert found[0.1] == 9
    assert sum(found.values()) < 0.75 * 9 * len(found)
    assert found == halved(LISTED, seed)


def test_halving_draws_from_a_range_by_its_seed():
    spec = {"range": [0.001, 10.0], "trials": 12, "first_rung": 1, "reduction": 3}
    found = halved(spec, 1)
    assert len(found) == 12 and all(0.001 <= rate <= 10 for rate in found)
    assert list(found) == list(halved(spec, 1)) != list(halved(spec, 2))
    best = min(found, key=lambda rate: abs(math.log(rate / 0.1)))
    assert found[best] == 9
