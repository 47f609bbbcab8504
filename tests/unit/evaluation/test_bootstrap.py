"""Blocks of the test split, and intervals over draws of them, against draws written out and given to scikit-learn."""

import h5py
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from epigroup.baselines.mark_tasks import mark_tasks
from epigroup.evaluation import predictions as evaluation
from epigroup.evaluation.bootstrap import average_precision_draws, draw_blocks
from epigroup.evaluation.predictions import choose_blocks
from scored_examples import HASH, TASKS, planted_split


def test_blocks_add_up_to_the_table(place):
    table = place.run()
    with h5py.File(place.path / "blocks.h5") as file:
        counts = {name: file[name][:].astype(int) for name in ("tp", "fp", "fn", "positives", "n")}
        chrom, start = file["chrom"][:], file["start"][:]
        assert file["task_id"].asstr()[:].tolist() == TASKS
        assert file["tp"].dtype == np.uint32
        size = int(file.attrs["block_size"])
        assert file.attrs["interval"] and file.attrs["dataset_hash"] == HASH
    assert size == 1_000_000 and (start % size == 0).all()
    assert counts["n"].sum() == 2000 and (counts["n"] > 0).all()
    tp, fp, fn = (counts[name].sum(axis=0) for name in ("tp", "fp", "fn"))
    f1 = 2 * tp[:3] / (2 * tp + fp + fn)[:3]
    assert f1 == pytest.approx(table["test_f1"].to_numpy()[:3], abs=1e-12)
    assert (counts["tp"] + counts["fn"] == counts["positives"]).all()
    block = 7
    inside = (place.test["chrom"] == chrom[block]) & (place.test["start"] // size * size == start[block])
    assert counts["n"][block] == inside.sum()
    assert counts["positives"][block].tolist() == place.test["labels"][inside].sum(axis=0).tolist()
    called = place.test["probability"][inside, 0] >= table.loc["a", "threshold"]
    assert counts["fp"][block, 0] == (called & ~place.test["labels"][inside, 0]).sum()


@pytest.mark.parametrize(
    ("length", "size", "enough"),
    [
        (50_000_000, 1_000_000, True),
        (49_000_000, 200_000, True),
        (9_800_000, 50_000, True),
        (2_000_000, 10_000, True),
        (480_000, 10_000, False),
    ],
)
def test_blocks_are_the_largest_that_give_fifty(length, size, enough):
    start = np.arange(0, length, 5_000)
    blocks = choose_blocks(np.full(len(start), 2), start)
    assert (blocks.size, blocks.enough) == (size, enough)
    assert len(blocks.chrom) == length // size
    np.testing.assert_array_equal(blocks.start[blocks.of], start // size * size)


def test_blocks_of_two_chromosomes_do_not_mix():
    start = np.tile(np.arange(0, 30_000_000, 100_000), 2)
    chrom = np.repeat([0, 1], 300)
    blocks = choose_blocks(chrom, start)
    assert (blocks.size, len(blocks.start)) == (1_000_000, 60)
    np.testing.assert_array_equal(blocks.chrom[blocks.of], chrom)


def test_intervals_are_those_of_resampled_examples(place, monkeypatch):
    """Each draw written out, its examples given to scikit-learn; scores of three tasks at a time."""
    monkeypatch.setattr(evaluation, "AT_ONCE", 3 * 2000)
    table = place.run()
    blocks = choose_blocks(place.test["chrom"], place.test["start"])
    weights = draw_blocks(len(blocks.chrom), place.draws, 1)
    for i, task in enumerate(TASKS[:2]):
        row, of_draw = table.loc[task], {"f1": [], "auprc": []}
        for draw in weights.astype(int):
            rows = np.repeat(np.arange(2000), draw[blocks.of])
            scores, labels = place.test["probability"][rows, i].astype(float), place.test["labels"][rows, i]
            of_draw["f1"].append(reference.f1_score(labels, scores >= row["threshold"]))
            of_draw["auprc"].append(reference.average_precision_score(labels, scores))
        for name, values in of_draw.items():
            low, high = np.quantile(values, [0.025, 0.975])
            assert row[f"test_{name}_low"] == pytest.approx(low, abs=1e-9)
            assert row[f"test_{name}_high"] == pytest.approx(high, abs=1e-9)
            assert low < row[f"test_{name}"] < high
    assert np.isnan(table.loc["d", [f"test_{n}_{side}" for n in of_draw for side in ("low", "high")]]).all()


def test_a_rare_task_keeps_its_intervals_where_few_draws_lack_its_positives(place):
    """Positives in six blocks of many: some draws have none of them, and are left out; of one in two blocks,
    a seventh of the draws have none, and nothing is said."""
    blocks = choose_blocks(place.test["chrom"], place.test["start"])
    for task, n in ((2, 6), (3, 2)):
        first = [int(np.flatnonzero(blocks.of == block)[0]) for block in range(0, 5 * n, 5)]
        place.test["labels"][:, task] = False
        place.test["labels"][first, task] = True
    place.draws = 400
    table = place.run()
    weights = draw_blocks(len(blocks.chrom), place.draws, 1).astype(int)
    truth, scores = place.test["labels"][:, 2], place.test["probability"][:, 2].astype(float)
    drawn = [np.repeat(np.arange(2000), draw[blocks.of]) for draw in weights]
    lacking = [not truth[rows].any() for rows in drawn]
    assert 0 < sum(lacking) <= 0.05 * 400
    known = [rows for rows, none in zip(drawn, lacking, strict=True) if not none]
    for name, values in (
        ("auprc", [reference.average_precision_score(truth[rows], scores[rows]) for rows in known]),
        (
            "f1",
            [reference.f1_score(truth[rows], scores[rows] >= table.loc["c", "threshold"]) for rows in known],
        ),
    ):
        low, high = np.quantile(values, [0.025, 0.975])
        assert table.loc["c", [f"test_{name}_low", f"test_{name}_high"]].tolist() == pytest.approx(
            [low, high], abs=1e-9
        )
    columns = [f"test_{name}_{side}" for name in ("f1", "auprc") for side in ("low", "high")]
    assert table.loc["d", columns].isna().all() and table.loc["d", "test_auprc"] > 0
    # and so has its difference from a baseline
    cfg = {"runs": [["NET", 1]], "baselines": ["gc"]}
    cfg["tasks"] = [{"task_id": task, "modality": "CA"} for task in TASKS]
    metrics, counts = [place.path / "metrics.tsv"], [place.path / "blocks.h5"]
    outputs = [place.path / f"{name}.tsv" for name in ("baselines", "marks", "red_line")]
    mark_tasks(metrics, metrics, counts, counts, *outputs, cfg)
    marks = pd.read_csv(outputs[1], sep="\t", keep_default_na=False, na_values=["NaN"]).set_index("task_id")
    assert marks.loc["c", ["difference_low", "difference_high"]].tolist() == [0, 0]
    assert np.isnan(marks.loc["d", "difference_low"])


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(1, 6), st.sampled_from([2, 5, 10**4]))
def test_average_precision_of_draws_equals_scikit_learn(seed, n, n_blocks, levels):
    rng = np.random.default_rng(seed)
    scores = (rng.integers(0, levels, n) / (levels - 1)).astype(np.float16)
    scores[rng.random(n) < 0.1] = -0.0
    labels, blocks = rng.random(n) < rng.choice([0, 0.1, 0.9]), rng.integers(0, n_blocks, n)
    weights = draw_blocks(n_blocks, 8, seed % 1000)
    drawn = average_precision_draws(scores, labels, blocks, weights)
    for value, draw in zip(drawn, weights.astype(int), strict=True):
        rows = np.repeat(np.arange(n), draw[blocks])
        if labels[rows].any():
            truth = reference.average_precision_score(labels[rows], scores[rows].astype(float))
            assert value == pytest.approx(truth, abs=1e-9)
        else:
            assert np.isnan(value)


def test_no_intervals_without_draws_or_with_few_blocks(place):
    names = ["test_f1_low", "test_f1_high", "test_auprc_low", "test_auprc_high"]
    place.draws = 0
    without = place.run()
    assert without[names].isna().all(axis=None)
    place.draws, place.test = 20, planted_split(2000, 2, spread=200_000)
    table = place.run()
    assert table[names].isna().all(axis=None) and table["test_auprc"].notna().any()
