"""A pilot trains every two tasks together once, and HOA's affinity is what a task gains beside another."""

from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest

from epigroup.affinity.hoa import PairInputs, measure
from epigroup.config.strategies import count_groups
from epigroup.core.errors import InputError
from grouping_examples import run_by_affinity


@pytest.mark.parametrize("n", [2, 4, 12])
def test_every_two_tasks_meet_once(n):
    met = []
    for turn in range(1, n):
        groups = run_by_affinity("pairs", np.zeros((n, n)), n // 2, None, round=turn).groups
        assert (np.bincount(groups) == 2).all()
        met += [tuple(np.flatnonzero(groups == g)) for g in range(n // 2)]
    assert sorted(met) == list(combinations(range(n), 2))
    with pytest.raises(InputError, match=f"rounds 1 to {n - 1}"):
        run_by_affinity("pairs", np.zeros((n, n)), n // 2, None, round=n)


def test_an_odd_pilot_is_refused():
    with pytest.raises(InputError, match="5 tasks do not go into pairs"):
        run_by_affinity("pairs", np.zeros((5, 5)), 2, None, round=1)


def test_a_pilot_of_more_than_twelve_is_refused_with_its_number():
    says = "a pilot of 14 tasks would train 91 networks of pairs; 12 tasks at most"
    with pytest.raises(InputError, match=f"grouping .*: {says}"):
        run_by_affinity("pairs", np.zeros((14, 14)), 7, None, round=1)
    sheet = pd.DataFrame({"task_id": [f"t{i}" for i in range(14)]})
    round1 = {"method": "pairs", "tasks": None, "k": 7, "like": None}
    with pytest.raises(InputError, match=f"config: groupings.round1: {says}"):
        count_groups({"groupings": {"round1": round1}}, "round1", sheet)
    assert (
        count_groups({"groupings": {"r": round1 | {"tasks": [f"t{i}" for i in range(12)]}}}, "r", sheet) == 7
    )
    rows = {"task_id": ["t0", "t1"], "group": 0, "validation_auprc": 0.5}
    pairs = {f"R{i}": pd.DataFrame(rows | {"task_id": [f"t{2 * i}", f"t{2 * i + 1}"]}) for i in range(7)}
    joint = pd.DataFrame({"task_id": sheet["task_id"], "group": 0, "validation_auprc": 0.4})
    with pytest.raises(InputError, match=f"affinity hoa: {says}"):
        measure(PairInputs("hoa", sheet["task_id"].tolist(), pairs, joint, {}))


def pair_tables(n, score):
    """Tables of scores, one a round; score(j, beside i)."""
    tables = {}
    for turn in range(1, n):
        groups = run_by_affinity("pairs", np.zeros((n, n)), n // 2, None, round=turn).groups
        rows = []
        for task in range(n):
            beside = next(i for i in range(n) if groups[i] == groups[task] and i != task)
            rows.append(
                {"task_id": f"t{task}", "group": groups[task], "validation_auprc": score(task, beside)}
            )
        tables[f"ROUND{turn}"] = pd.DataFrame(rows)
    return tables


def pair_inputs(n=6, score=lambda task, beside: 0.5 + 0.01 * beside + 0.1 * task, **more):
    joint = pd.DataFrame({"task_id": [f"t{i}" for i in range(n + 2)], "group": 0, "validation_auprc": 0.4})
    given = {"pairs": pair_tables(n, score), "joint": joint}
    return PairInputs("hoa", joint["task_id"].tolist(), options={}, **(given | more))


def test_hoa_is_the_gain_of_a_task_beside_another():
    found = measure(pair_inputs())
    assert found.measures["pilot"] == [f"t{i}" for i in range(6)] and found.measures["pairs"] == 15
    for one, other in product(range(6), repeat=2):
        wanted = 0.0 if one == other else 0.1 + 0.01 * one + 0.1 * other
        assert found.matrix[one, other] == pytest.approx(wanted)
    assert np.isnan(found.matrix[6:]).all() and found.measures["better_in_pairs"] == 1.0


def test_hoa_names_the_pair_or_the_task_that_lacks():
    tables = pair_tables(6, lambda *_: 0.5)
    dropped = tables.pop("ROUND1")
    tasks = dropped.loc[dropped["group"] == dropped["group"][0], "task_id"].tolist()
    with pytest.raises(
        InputError, match=f"trains {tasks[0]} and {tasks[1]} together .3 pairs of 6 tasks lack"
    ):
        measure(pair_inputs(pairs=tables))
    with pytest.raises(InputError, match="task 't4' has no validation AUPRC"):
        measure(pair_inputs(score=lambda task, _: np.nan if task == 4 else 0.5))
    wide = {"EMTL": pd.DataFrame({"task_id": ["a", "b", "c"], "group": 0, "validation_auprc": 0.5})}
    with pytest.raises(InputError, match="strategy EMTL: group 0 has 3 tasks"):
        measure(pair_inputs(pairs=wide))
