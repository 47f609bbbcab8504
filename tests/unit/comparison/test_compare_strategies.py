"""Strategies compared: gains, means, differences and headline by their definitions, intervals over the same draws."""

import h5py
import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as reference

from epigroup.comparison.strategies import Results, find_gain
from epigroup.core.errors import InputError
from epigroup.evaluation.bootstrap import BlockCounts, draw_blocks, mean_known, percentile_interval
from scored_examples import HASH, LEARNS, SHEET, STRATEGIES, TASKS, evaluate, f1_of, pick, results_of


def test_gains_by_their_definitions(runs, compared):
    folder, _ = runs
    good = (f1_of(folder, "GOOD", 1) + f1_of(folder, "GOOD", 2)) / 2
    plain = (f1_of(folder, "PLAIN", 1) + f1_of(folder, "PLAIN", 2)) / 2
    row = pick(compared["gains"], strategy="GOOD", baseline="PLAIN", seed="all", level="All")
    known = ["a", "b", "c"]
    assert (row["n_tasks"], row["n_nan"], row["n_seeds"]) == (4, 1, 2)
    assert row["gain_percent"] == pytest.approx(100 * (good[known].mean() / plain[known].mean() - 1))
    ratios = (good / plain)[plain > 0].dropna()
    assert row["mean_of_ratios_percent"] == pytest.approx(100 * (ratios.mean() - 1))
    assert row["n_ratios"] == len(ratios)
    assert row["difference"] == pytest.approx(good[known].mean() - plain[known].mean())
    assert row["share_below"] == pytest.approx((good[known] < plain[known]).mean())
    of_modality = pick(
        compared["gains"], strategy="GOOD", baseline="PLAIN", seed="all", by="modality", level="HM"
    )
    assert of_modality["difference"] == pytest.approx((good - plain)[["a", "c"]].mean())
    alone = pick(compared["gains"], strategy="GOOD", baseline="PLAIN", seed="2", level="All")
    second = f1_of(folder, "GOOD", 2)[known].mean() - f1_of(folder, "PLAIN", 2)[known].mean()
    assert alone["difference"] == pytest.approx(second)


def test_a_draw_is_the_f1_of_the_examples_of_the_drawn_blocks(runs):
    folder, splits = runs
    results = results_of(folder, draws=20)
    with h5py.File(folder / "GOOD" / "seed1" / "blocks.h5") as file:
        chrom, start, size = file["chrom"][:], file["start"][:], int(file.attrs["block_size"])
    weights = draw_blocks(len(start), 20, 1)
    assert (weights.sum(axis=1) == len(start)).all()
    for strategy in ("GOOD", "PLAIN"):
        split = splits[strategy, 1]
        threshold = pd.read_csv(folder / strategy / "seed1" / "metrics.tsv", sep="\t")["threshold"]
        for draw in range(3):
            chosen = np.concatenate(
                [
                    np.flatnonzero((split["chrom"] == c) & (split["start"] // size * size == s))
                    for c, s, times in zip(chrom, start, weights[draw].astype(int), strict=True)
                    for _ in range(times)
                ]
            )
            for task in range(2):
                labels, scores = split["labels"][chosen, task], split["probability"][chosen, task]
                expected = reference.f1_score(labels, scores >= threshold[task])
                assert results.draws[strategy, 1][draw, task] == pytest.approx(expected, abs=1e-6)


def test_every_strategy_gets_the_same_draws(runs):
    folder, _ = runs
    results = results_of(folder, [["PLAIN", 1], ["GOOD", 1]])
    results.draws["TWIN", 1], results.seeds["TWIN"] = results.draws["GOOD", 1], [1]
    results.scores["TWIN", 1], results.covers["TWIN"] = results.scores["GOOD", 1], results.covers["GOOD"]
    gain = find_gain(results, "GOOD", "TWIN", [1], np.ones(4, bool))
    assert (gain.difference, gain.low, gain.high, gain.excludes_zero) == (0, 0, 0, False)
    swapped = results_of(folder, [["GOOD", 1], ["PLAIN", 1]])
    np.testing.assert_array_equal(swapped.draws["GOOD", 1], results.draws["GOOD", 1])
    one, other = (find_gain(r, *pair, [1], np.ones(4, bool)) for r, pair in
                  ((swapped, ("GOOD", "PLAIN")), (results, ("PLAIN", "GOOD"))))  # fmt: skip
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low))


def test_every_score_is_averaged_by_strategy_modality_and_cell_group(runs, compared):
    """Against the metrics of each run, read and averaged anew."""
    folder, tests = runs
    table = compared["scores"]
    assert (table["regions"] == "all_mappable").all()
    scores = table["score"].unique()
    assert {"precision", "recall", "f1_at_half", "brier", "calibration_error", "base_rate"} <= set(scores)
    rows = table.set_index(["strategy", "seed", "by", "level", "score"])
    assert rows.index.is_unique
    sheet = pd.DataFrame(SHEET).set_index("task_id")
    metrics = {
        (s, n): pd.read_csv(folder / s / f"seed{n}" / "metrics.tsv", sep="\t")
        .set_index("task_id")
        .reindex(TASKS)
        for s, n in STRATEGIES
    }
    over = {
        "GOOD": [metrics["GOOD", 1], metrics["GOOD", 2]], "PART": [metrics["PART", 2]],
        "BOTH": [(metrics["PLAIN", 2].select_dtypes("number") + metrics["PART", 2].select_dtypes("number")) / 2],
    }  # fmt: skip
    learnt = {"GOOD": TASKS, "PART": LEARNS["PART"], "BOTH": LEARNS["PART"]}
    for strategy, tables in over.items():
        for by, level in (("all", "All"), ("modality", "CA"), ("modality", "HM"), ("cell_group", "x")):
            ids = [t for t in learnt[strategy] if by == "all" or sheet.loc[t, by] == level]
            for score in scores:
                column = score if score.startswith(("n_", "positives")) else f"test_{score}"
                values = np.mean([one.loc[ids, column].to_numpy(float) for one in tables], axis=0)
                row = rows.loc[(strategy, "all", by, level, score)]
                assert (row["n_tasks"], row["n_nan"]) == (len(ids), np.isnan(values).sum())
                assert row["mean"] == pytest.approx(np.nanmean(values), abs=1e-12), (strategy, level, score)
    assert rows.loc[("GOOD", "2", "all", "All", "n_test"), "mean"] == 2000
    assert rows.loc[("GOOD", "1", "cell_group", "y", "brier"), "n_nan"] == 0  # task d has no positive
    assert rows.loc[("GOOD", "1", "cell_group", "y", "precision"), "n_nan"] == 1
    brier = [
        reference.brier_score_loss(
            tests["GOOD", 1]["labels"][:, i], tests["GOOD", 1]["probability"][:, i].astype(float)
        )
        for i in range(4)
    ]
    assert rows.loc[("GOOD", "1", "all", "All", "brier"), "mean"] == pytest.approx(np.mean(brier), abs=1e-9)


def test_strategies_table(runs, compared):
    folder, _ = runs
    table = compared["strategies"]
    both = pick(table, strategy="GOOD", seed="all", level="All")
    each = [pick(table, strategy="GOOD", seed=s, level="All") for s in (1, 2)]
    assert both["mean_f1"] == pytest.approx(np.mean([row["mean_f1"] for row in each]))
    assert both["low"] < both["mean_f1"] < both["high"]
    assert pick(table, strategy="PART", seed="all", level="All")["n_tasks"] == 2
    cell = table[(table["strategy"] == "GOOD") & (table["seed"] == "all") & (table["by"] == "cell_group")]
    assert cell.set_index("level")["n_tasks"].to_dict() == {"x": 2, "y": 1}
    nothing = pick(table, strategy="GOOD", seed="all", by="cell_group", level="y")
    assert nothing["n_nan"] == 1 and np.isnan([nothing["mean_f1"], nothing["low"]]).all()


def test_differences_are_those_of_each_task_with_its_own_interval(runs, compared):
    folder, _ = runs
    table = compared["differences"]
    pairs = table.drop_duplicates(["strategy", "baseline"])[
        ["strategy", "baseline", "headline"]
    ].values.tolist()
    assert pairs[:3] == [["GOOD", "PLAIN", 1], ["GOOD", "PART", 1], ["PLAIN", "ONE", 1]]
    # PLAIN and PART are of the pool BOTH; ONE has seed 1 and BOTH seed 2
    assert pairs[3:] == [["GOOD", "ONE", 0], ["GOOD", "BOTH", 0]]
    mine = table[(table["strategy"] == "GOOD") & (table["baseline"] == "PLAIN")].set_index("task_id")
    assert list(mine.index) == TASKS and set(mine["seeds"]) == {"1,2"}
    expected = sum(f1_of(folder, "GOOD", s) - f1_of(folder, "PLAIN", s) for s in (1, 2)) / 2
    np.testing.assert_allclose(mine["difference"], expected[mine.index], atol=1e-6)
    results = results_of(folder)
    drawn = np.mean([results.draws["GOOD", s] - results.draws["PLAIN", s] for s in (1, 2)], axis=0)
    for i, task in enumerate(TASKS):
        known = drawn[~np.isnan(drawn[:, i]), i].astype(float)
        if len(known) < 0.95 * len(drawn):
            assert mine.loc[task, ["low", "high", "excludes_zero"]].isna().all()
            continue
        low, high = np.percentile(known, [2.5, 97.5])
        assert mine.loc[task, ["low", "high"]].tolist() == pytest.approx([low, high], abs=1e-6)
        assert mine.loc[task, "excludes_zero"] == (low > 0 or high < 0)
    gain = pick(compared["gains"], strategy="GOOD", baseline="PLAIN", seed="all", level="All")
    assert ((mine["low"] > 0).sum(), (mine["high"] < 0).sum()) == (gain["n_up"], gain["n_down"])
    part = table[table["baseline"] == "PART"]
    assert list(part["task_id"]) == ["a", "b"] and set(part["seeds"]) == {"2"}


def test_headline_says_over_what_it_is(runs, compared):
    folder, _ = runs
    first, part, one = compared["headline"]["pairs"]
    assert (first["strategy"], first["baseline"], first["seeds"], first["matched"]) == (
        "GOOD",
        "PLAIN",
        [1, 2],
        True,
    )
    assert first["excludes_zero"] and first["low"] > 0 and [s["seed"] for s in first["per_seed"]] == [1, 2]
    assert (part["n_tasks"], part["seeds"], part["matched"]) == (2, [2], False)
    expected = (f1_of(folder, "GOOD", 2) - f1_of(folder, "PART", 2)).mean()
    assert part["difference"] == pytest.approx(expected)
    assert one["seeds"] == [1]
    assert "300 draws" in compared["headline"]["interval"]
    pairs = set(zip(compared["gains"]["strategy"], compared["gains"]["baseline"], strict=True))
    assert ("ONE", "PART") not in pairs and ("PART", "GOOD") in pairs  # ONE and PART share no seed
    with pytest.raises(InputError, match=r"ONE \(seeds \[1\]\) and PART \(seeds \[2\]\) share no seed"):
        from epigroup.comparison.strategies import headline

        headline(results_of(folder), [["ONE", "PART"]], [])


def test_tasks_table(runs, compared):
    folder, _ = runs
    table = compared["tasks"].set_index("task_id")
    assert table.index.tolist() == TASKS
    assert table["group:kmeans:seed1"].tolist() == [1, 0, 1, 0]
    mean = (f1_of(folder, "GOOD", 1) + f1_of(folder, "GOOD", 2)) / 2
    assert table["GOOD:test_f1"].to_numpy() == pytest.approx(mean.to_numpy(), nan_ok=True)
    assert np.isnan(table.loc[["c", "d"], "PART:test_auprc"]).all()


def test_intervals_are_withheld_with_too_few_blocks(tmp_path):
    for strategy in ("GOOD", "PLAIN"):
        evaluate(tmp_path, strategy, 1, 0.1, TASKS, spread=100_000)
    results = results_of(tmp_path, [["GOOD", 1], ["PLAIN", 1]])
    assert results.withheld == "only 20 test blocks of 10000 bp"
    gain = find_gain(results, "GOOD", "PLAIN", [1], np.ones(4, bool))
    assert np.isfinite(gain.difference) and np.isnan([gain.low, gain.high]).all() and not gain.excludes_zero


def test_evaluations_that_do_not_belong_together(runs, tmp_path):
    folder, _ = runs
    evaluate(tmp_path, "GOOD", 1, 0.1, TASKS, spread=20_000_000)
    of_run = [
        {
            "strategy": "A",
            "seed": 1,
            "metrics": f / "GOOD/seed1/metrics.tsv",
            "blocks": f / "GOOD/seed1/blocks.h5",
        }
        for f in (folder, tmp_path)
    ]
    with pytest.raises(InputError, match="its test blocks are not those of"):
        Results(pd.DataFrame(SHEET), of_run, 100, 1)
    with pytest.raises(InputError, match="task 'd' is unknown"):
        Results(pd.DataFrame(SHEET[:3]), of_run[:1], 100, 1)
    of_run[0]["metrics"] = folder / "GOOD/seed2/metrics.tsv"
    says = r"seed2/metrics.tsv: test_f1 of task 'a' is 0\.\d+, but 0\.\d+ in .*seed1/blocks.h5: they are"
    with pytest.raises(InputError, match=says):
        Results(pd.DataFrame(SHEET), of_run[:1], 100, 1)


def test_the_interval_covers_zero_when_two_strategies_are_equally_good():
    """Counts of two equal strategies, errors of their own: of 200 intervals about 95 % hold zero."""
    rng = np.random.default_rng(0)
    held = 0
    for study in range(200):
        counts = []
        positives = rng.integers(5, 40, (60, 4))
        for _ in range(2):
            tp = rng.binomial(positives, 0.6)
            fp = rng.binomial(positives, 0.5)
            counts.append(
                BlockCounts("", TASKS, *map(np.asarray, (tp, fp, positives - tp)), None, None, 1, True, HASH)
            )
        weights = draw_blocks(60, 200, study)
        low, high = percentile_interval(
            np.subtract(*(mean_known(c.scores(weights).astype(np.float32)) for c in counts))
        )
        held += low <= 0 <= high
    assert 0.89 <= held / 200 <= 0.985
