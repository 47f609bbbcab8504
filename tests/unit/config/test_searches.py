"""What a config asks of the search of rates: its sample of tasks and its seeds; what it cannot ask."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from epigroup.config import searches
from epigroup.config.settings import complete_config
from epigroup.core.errors import InputError
from everything_config import everything_config


@given(
    st.lists(st.sampled_from(["CA", "HM", "TFB"]), min_size=1, max_size=60),
    st.data(),
)
def test_a_sample_is_of_the_size_asked_and_shares_the_modalities_out(modalities, data):
    table = pd.DataFrame({"task_id": [f"t{i}" for i in range(len(modalities))], "modality": modalities})
    n, seed = data.draw(st.integers(1, len(table))), data.draw(st.integers(0, 5))
    chosen = searches.sample_tasks(table, n, seed)
    assert len(chosen) == len(set(chosen)) == n
    assert chosen == [task for task in table["task_id"] if task in chosen]
    counts = table[table["task_id"].isin(chosen)]["modality"].value_counts()
    sizes = table["modality"].value_counts()
    if n >= len(sizes):
        assert set(counts.index) == set(sizes.index)
    for modality, size in sizes.items():
        assert abs(counts.get(modality, 0) - n * size / len(table)) < 2
    assert chosen == searches.sample_tasks(table, n, seed)


def test_another_seed_draws_another_sample_and_too_large_a_one_is_refused():
    table = pd.DataFrame({"task_id": [f"t{i}" for i in range(40)], "modality": ["CA", "HM"] * 20})
    assert searches.sample_tasks(table, 10, 1) != searches.sample_tasks(table, 10, 2)
    with pytest.raises(InputError, match="a sample of 41 tasks of 40"):
        searches.sample_tasks(table, 41, 1)


@pytest.mark.parametrize(
    ("searches", "words"),
    [
        ({"a": {"rates": [], "refine": 0.1}}, ["searches.a.rates", "[]"]),
        ({"a": {"rates": [0.1, -0.2], "refine": 0.1}}, ["searches.a.rates.1", "-0.2"]),
        ({"a": {"rates": [0.1]}}, ["searches.a", "refine"]),
        ({"b": {"rates": [0.1], "refine": 0.1}}, ["strategies.STL.search", "'a'", "there are: b"]),
        ({"a": {"rates": [0.1], "refine": 0.1, "range": [0.1, 1]}}, ["searches.a", "range", "two_phase"]),
        ({"a": {"method": "halving"}}, ["searches.a", "either rates"]),
        ({"a": {"method": "halving", "range": [1, 0.1], "trials": 4}}, ["searches.a.range", "[1.0, 0.1]"]),
        (
            {"a": {"method": "halving", "rates": [0.1], "first_rung": 4}},
            ["searches.a.first_rung", "4 validation"],
        ),
        ({"a": {"method": "grid", "rates": [0.1]}}, ["searches.a.method", "grid"]),
    ],
)
def test_a_search_that_cannot_be_made_is_refused_by_key(searches, words):
    wrong = everything_config() | {
        "searches": {name: spec | {"steps_share": 1.0} for name, spec in searches.items()}
    }
    wrong["strategies"]["STL"]["search"] = "a"
    with pytest.raises(InputError) as error:
        complete_config(wrong, "mine.yaml")
    assert all(word in str(error.value) for word in ["mine.yaml", *words]), error.value


def test_a_sample_is_for_single_tasks_and_a_searched_strategy_has_no_rate_of_its_own():
    searches = {"a": {"rates": [0.1], "refine": 0.05, "tasks": 3}}
    wrong = everything_config() | {"searches": searches}
    wrong["strategies"]["EMTL"]["search"] = "a"
    with pytest.raises(InputError, match=r"searches\.a\.tasks: .*strategies\.EMTL.*'modality'"):
        complete_config(wrong)
    wrong = everything_config() | {"searches": searches}
    wrong["strategies"]["STL"] |= {"search": "a", "training": {"learning_rate": 0.1}}
    with pytest.raises(InputError, match=r"strategies\.STL\.training\.learning_rate: the search 'a'"):
        complete_config(wrong)


def test_a_trial_goes_beyond_the_warm_up():
    config = everything_config() | {"searches": {"a": {"rates": [0.1], "refine": 0.05, "steps_share": 0.5}}}
    config["strategies"]["STL"]["search"] = "a"
    config["training"]["warm_up"] = 19
    complete_config(config)  # of 40 steps, a trial has 20
    config["training"]["warm_up"] = 20
    with pytest.raises(
        InputError, match=r"searches\.a\.steps_share: .*has 20 steps, and training.warm_up takes 20"
    ):
        complete_config(config)


def test_a_search_with_a_seed_of_its_own_runs_once_where_groups_do_not_change():
    full = everything_config() | {
        "seeds": [3, 4],
        "searches": {"a": {"rates": [0.1], "refine": 0.05, "seed": 9}},
    }
    for name in ("EMTL", "KMTL"):
        full["strategies"][name]["search"] = "a"
    full = complete_config(full)
    assert searches.search_seeds(full, "EMTL") == [3]
    assert searches.rates_seed(full, "EMTL", 4) == 3
    assert searches.search_seeds(full, "KMTL") == [3, 4]
    assert searches.search_seeds(full, "SMTL") == []
    assert searches.trial_seed(full, "KMTL", 4) == 9
