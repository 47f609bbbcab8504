"""Pools of strategies as one rival, tasks with intervals of their own, negative transfer, and what may be
compared at all."""

import json

import numpy as np
import pandas as pd
import pytest

from epigroup.comparison.scores import Results
from epigroup.comparison.strategies import find_gain, headline
from epigroup.comparison.transfer import transfer_table
from epigroup.config.pools import candidates, compared_seeds
from epigroup.config.prerequisites import Before, all_before
from epigroup.config.settings import complete_config
from epigroup.core.errors import InputError
from epigroup.evaluation.bootstrap import column_intervals, percentile_interval
from minimal_config import MINIMAL, with_change
from scored_examples import SHEET, f1_of, files_of, pick, results_of

ALL = np.ones(4, bool)


def pooled_results(folder, pools, draws=300):
    chosen = [["GOOD", 1], ["GOOD", 2], ["PLAIN", 1], ["PLAIN", 2], ["ONE", 1]]
    files = (files_of(folder, name, chosen) for name in ("metrics.tsv", "blocks.h5"))
    of_run = [
        {"strategy": s, "seed": n, "metrics": m, "blocks": b}
        for (s, n), m, b in zip(chosen, *files, strict=True)
    ]
    return Results(pd.DataFrame(SHEET), of_run, draws, 1, pools)


def test_a_pool_is_the_mean_of_its_strategies_within_a_draw(runs):
    folder, _ = runs
    results = pooled_results(folder, {"POOL": ["PLAIN", "ONE"]})
    assert results.seeds["POOL"] == [1] and results.strategies[-1] == "POOL"
    gain = find_gain(results, "GOOD", "POOL", [1], ALL)
    theirs = (f1_of(folder, "PLAIN", 1) + f1_of(folder, "ONE", 1)) / 2
    assert gain.baseline_mean == pytest.approx(theirs[["a", "b", "c"]].mean())
    means = {
        name: np.nanmean(results.draws[name, 1].astype(float), axis=1) for name in ("GOOD", "PLAIN", "ONE")
    }
    low, high = percentile_interval(means["GOOD"] - (means["PLAIN"] + means["ONE"]) / 2)
    assert (gain.low, gain.high) == pytest.approx((low, high))
    alone = find_gain(results, "GOOD", "PLAIN", [1], ALL)
    assert gain.high - gain.low < 1.5 * (alone.high - alone.low)
    with pytest.raises(InputError, match="comparison.pools.X: GOOD, LATE share no seed"):
        results.seeds["LATE"] = [9]
        results._add_pool("X", ["GOOD", "LATE"])


def test_the_headline_says_how_a_strategy_ranks_among_draws(runs):
    folder, _ = runs
    results = pooled_results(folder, {"POOL": ["GOOD", "ONE"]})
    found = headline(results, [["PLAIN", "POOL"], ["PLAIN", "ONE"]], [])
    pair, other = found["pairs"]
    means = {name: f1_of(folder, name, 1)[["a", "b", "c"]].mean() for name in ("GOOD", "PLAIN", "ONE")}
    assert means["GOOD"] > means["PLAIN"]
    assert pair["rank"] == 1 + sum(means[name] > means["PLAIN"] for name in ("GOOD", "ONE"))
    assert pair["n_members"] == 2 and [m["strategy"] for m in pair["members"]] == ["GOOD", "ONE"]
    assert pair["members"][0]["difference"] == pytest.approx(means["PLAIN"] - means["GOOD"])
    assert "rank" not in other and found["pools"] == {"POOL": ["GOOD", "ONE"]}


def test_tasks_with_an_interval_of_their_own(runs):
    folder, _ = runs
    results = results_of(folder)
    gain = find_gain(results, "GOOD", "PLAIN", [1, 2], ALL)
    difference = np.mean([results.draws["GOOD", s] - results.draws["PLAIN", s] for s in (1, 2)], axis=0)
    up = down = n = 0
    for task in range(4):
        known = difference[~np.isnan(difference[:, task]), task]
        if len(known) >= 0.95 * len(difference):
            low, high = np.percentile(known.astype(float), [2.5, 97.5])
            n, up, down = n + 1, up + (low > 0), down + (high < 0)
    assert (gain.n_intervals, gain.n_up, gain.n_down) == (n, up, down)
    assert up >= 2 and n >= 2
    back = find_gain(results, "PLAIN", "GOOD", [1, 2], ALL)
    assert (back.n_up, back.n_down) == (gain.n_down, gain.n_up)


def test_columns_with_too_few_known_draws_have_no_interval():
    rng = np.random.default_rng(0)
    draws = rng.normal(size=(200, 3)).astype(np.float32)
    draws[:11, 1], draws[:10, 2] = np.nan, np.nan
    low, high = column_intervals(draws)
    assert np.isnan([low[1], high[1]]).all()
    np.testing.assert_allclose([low[0], high[0]], np.percentile(draws[:, 0].astype(float), [2.5, 97.5]))
    np.testing.assert_allclose([low[2], high[2]], np.percentile(draws[10:, 2].astype(float), [2.5, 97.5]))
    for task in range(3):  # one rule for both forms
        np.testing.assert_array_equal(percentile_interval(draws[:, task]), [low[task], high[task]])
    assert (
        np.isnan(column_intervals(np.empty((0, 2)))).all()
        and np.isnan(percentile_interval(np.empty(0))).all()
    )


def test_worse_than_alone_beside_alone_with_another_seed(runs, compared):
    folder, _ = runs
    row = pick(compared["transfer"], strategy="GOOD", level="All")
    plain = [f1_of(folder, "PLAIN", seed)[["a", "b", "c"]] for seed in (1, 2)]
    good = [f1_of(folder, "GOOD", seed)[["a", "b", "c"]] for seed in (1, 2)]
    assert row["share_below"] == pytest.approx(
        np.mean([(g < p).mean() for g, p in zip(good, plain, strict=True)])
    )
    assert row["floor_share_below"] == pytest.approx(
        ((plain[0] < plain[1]).mean() + (plain[1] < plain[0]).mean()) / 2
    )
    assert row["floor_share_up"] == pytest.approx(row["floor_share_down"])
    assert row["baseline"] == "PLAIN" and row["share_up"] > row["share_down"]
    part = pick(compared["transfer"], strategy="PART", level="All")
    assert (part["n_tasks"], part["n_seeds"]) == (2, 1)
    results = results_of(folder, [["GOOD", 1], ["PLAIN", 1]])
    table = transfer_table(results, "PLAIN")
    assert set(table["note"]) == {"PLAIN has one seed"} and table["floor_share_below"].isna().all()
    assert transfer_table(results, None).empty


def test_pools_are_in_every_table(compared):
    assert pick(compared["strategies"], strategy="BOTH", seed="all", level="All")["n_tasks"] == 2
    row = pick(compared["gains"], strategy="GOOD", baseline="BOTH", seed="2", level="All")
    assert row["n_tasks"] == 2
    assert "BOTH:test_f1" in compared["tasks"]


def drawn(n=3, **changes):
    config = json.loads(json.dumps(MINIMAL))
    config["groupings"]["random"] |= {"draws": n, "seed": 7}
    config["strategies"] = {
        "SMTL": {"grouping": "all"},
        "KM": {"grouping": "km"},
        "RANDOM": {"grouping": "random", "training": {"patience": 2}},
    }
    return config | changes


def test_draws_are_written_out_as_strategies_and_a_pool():
    full = complete_config(
        drawn(choices={"LUCK": {"among": ["RANDOM"]}}, comparison={"headline": [["KM", "RANDOM"]]})
    )
    names = ["RANDOM_1", "RANDOM_2", "RANDOM_3"]
    assert list(full["strategies"]) == ["KM", *names, "SMTL"]
    assert [full["groupings"][f"random_{i}"]["seed"] for i in (1, 2, 3)] == [7, 8, 9]
    assert all(full["strategies"][n]["training"]["patience"] == 2 for n in names)
    assert full["comparison"]["pools"] == {"RANDOM": names} and "random" not in full["groupings"]
    assert candidates(full, "LUCK") == names and compared_seeds(full, "LUCK") == [1, 2]
    assert complete_config(full) == full
    assert complete_config(drawn(1))["comparison"]["pools"] == {}
    assert all_before(full, "KM", 1).heads == [("SMTL", 1)]
    assert all_before(full, "RANDOM_1", 1) == Before()


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (
            with_change(("groupings", "km", "draws"), 2),
            "groupings.km.draws: the method 'kmeans' draws nothing",
        ),
        (drawn(comparison={"pools": {"RANDOM": ["KM", "SMTL"]}}), "comparison.pools.RANDOM: the draws of"),
        (
            drawn(strategies={**drawn()["strategies"], "RANDOM_2": {"grouping": "all"}}),
            "RANDOM_2: this name is that",
        ),
        (
            with_change(("choices",), {"B": {"among": ["SMTL", "NONE"]}}),
            "choices.B.among: 'NONE' is not under",
        ),
        (with_change(("choices",), {"B": {"among": ["SMTL"]}}), "choices.B.among: there is one strategy"),
        (
            with_change(("choices",), {"B": {"among": ["SMTL", "LATE"]}}),
            "choices.B: its strategies share no seed",
        ),
        (with_change(("choices",), {"ONE": {"among": ["SMTL", "ONE"]}}), "choices.ONE: this name is taken"),
        (with_change(("choices",), {"B": {"among": ["SMTL", "B"]}}), "choices.B.among: 'B' is not under"),
        (with_change(("choices",), {"B": {"amongst": ["SMTL"]}}), "amongst"),
        (
            with_change(("comparison", "pools"), {"P": ["SMTL", "LATE"]}),
            "comparison.pools.P: its strategies share no seed",
        ),
        (
            with_change(("comparison", "pools"), {"P": ["SMTL", "X"]}),
            "comparison.pools.P: 'X' is not under strategies",
        ),
        (
            with_change(("comparison", "headline"), [["SMTL", "P"]]),
            r"comparison.headline\[0\]: 'P' is not under",
        ),
    ],
)
def test_what_cannot_be_compared_is_named(config, words):
    with pytest.raises(InputError, match=words):
        complete_config(config)
