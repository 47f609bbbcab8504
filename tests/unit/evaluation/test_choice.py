"""Choices: by validation alone, with the shrinkage that is documented, from figures of disjoint halves."""

import h5py
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from epigroup.comparison.best_of import choose, choose_strategies, shrunk_scores
from epigroup.core.errors import InputError
from epigroup.evaluation.bootstrap import read_blocks
from epigroup.evaluation.predictions import choose_blocks
from scored_examples import TASKS, evaluate_splits, planted_split, with_noise

MODALITY = {"a": "HM", "b": "CA", "c": "HM", "d": "CA"}
FILES = ("choice", "metrics", "blocks")


def evaluate(folder, noise, tasks=TASKS, test_seed=2):
    """Evaluate noisy predictions; returns the paths of metrics.tsv and blocks.h5."""
    folder.mkdir(parents=True)
    validation, test = (
        with_noise(planted_split(n, seed), noise, tasks, [seed, int(1000 * noise)])
        for n, seed in ((1500, 1), (2000, test_seed))
    )
    return evaluate_splits(folder, validation, test, tasks=tasks)


@pytest.fixture(scope="module")
def candidates(tmp_path_factory):
    """Name: (metrics.tsv, blocks.h5) of three strategies, PART of two tasks."""
    folder = tmp_path_factory.mktemp("candidates")
    return {
        "NOISY": evaluate(folder / "NOISY", 0.2),
        "CLEAR": evaluate(folder / "CLEAR", 0.05),
        "PART": evaluate(folder / "PART", 0.01, ["a", "c"]),
    }


def run(folder, candidates, shrink=20.0, tasks=TASKS):
    folder.mkdir(exist_ok=True)
    outputs = {name: folder / name for name in FILES}
    metrics, blocks = (list(paths) for paths in zip(*candidates.values(), strict=True))
    cfg = {
        "combine": "best",
        "bootstrap": 0,
        "bootstrap_seed": 0,
        "candidates": list(candidates),
        "shrink": shrink,
        "targets": "labels",
        "tasks": [{"task_id": task, "modality": MODALITY[task]} for task in tasks],
    }
    choose_strategies(metrics, blocks, outputs, cfg)
    tables = [pd.read_csv(outputs[name], sep="\t").set_index("task_id") for name in ("choice", "metrics")]
    return *tables, outputs["blocks"]


def test_a_half_is_scored_at_the_threshold_of_the_other(candidates):
    """Both figures against a search over every threshold, on halves cut from the positions by hand."""
    metrics, _ = candidates["NOISY"]
    table = pd.read_csv(metrics, sep="\t").set_index("task_id")
    with h5py.File(metrics.parent / "validation.h5") as file:
        scores, chrom, start = file["probability"][:], file["chrom"][:], file["start"][:]
        labels = np.unpackbits(file["labels"][:], axis=1, count=4, bitorder="little").astype(bool)
    blocks = sorted(set(zip(chrom, start // 1_000_000, strict=True)))
    assert len(blocks) >= 50
    turn = {block: i % 2 for i, block in enumerate(blocks)}
    half = np.array([turn[place] for place in zip(chrom, start // 1_000_000, strict=True)])

    def f1(rows, task, threshold):
        called, positive = scores[rows, task] >= threshold, labels[rows, task]
        return 2 * (called & positive).sum() / (called.sum() + positive.sum())

    for i, task in enumerate(("a", "b")):
        cuts = np.unique(scores[half == 0, i])[::-1]
        best = cuts[int(np.argmax([f1(half == 0, i, cut) for cut in cuts]))]
        assert table.loc[task, "positives_half"] == labels[half == 1, i].sum()
        assert table.loc[task, "validation_f1_half"] == pytest.approx(f1(half == 1, i, best), abs=1e-12)
    assert table.loc["d", "positives_half"] == 0 and np.isnan(table.loc["d", "validation_f1_half"])


def test_halves_share_no_block():
    start = np.arange(0, 60_000_000, 10_000)
    blocks = choose_blocks(np.zeros(len(start), int), start)
    halves = [set(start[blocks.of % 2 == i] // blocks.size) for i in (0, 1)]
    assert not halves[0] & halves[1] and abs(len(halves[0]) - len(halves[1])) <= 1


def test_test_predictions_never_change_the_choice(candidates, tmp_path):
    first, metrics, _ = run(tmp_path / "one", candidates)
    others = {
        "NOISY": evaluate(tmp_path / "NOISY", 0.2, test_seed=77),
        "CLEAR": evaluate(tmp_path / "CLEAR", 0.05, test_seed=77),
        "PART": evaluate(tmp_path / "PART", 0.01, ["a", "c"], test_seed=77),
    }
    second, changed, _ = run(tmp_path / "two", others)
    pd.testing.assert_frame_equal(first, second)
    assert not metrics["test_f1"].equals(changed["test_f1"])
    table = pd.read_csv(others["CLEAR"][0], sep="\t")
    table[[c for c in table if "test" in c]] = 0.123
    table.to_csv(tmp_path / "spoilt.tsv", sep="\t", index=False, na_rep="NaN")
    others["CLEAR"] = tmp_path / "spoilt.tsv", others["CLEAR"][1]
    pd.testing.assert_frame_equal(run(tmp_path / "three", others)[0], first)


def test_rows_and_blocks_are_those_of_the_chosen(candidates, tmp_path):
    choice, metrics, blocks = run(tmp_path / "out", candidates, shrink=0)
    assert choice.loc["a", "chosen"] == "PART" and choice.loc["b", "chosen"] == "CLEAR"
    counts = read_blocks(blocks)
    assert counts.task_ids == TASKS == metrics.index.tolist()
    for i, (task, name) in enumerate(choice["chosen"].items()):
        own = pd.read_csv(candidates[name][0], sep="\t").set_index("task_id").loc[task]
        pd.testing.assert_series_equal(
            metrics.loc[task].drop("chosen"), own, check_names=False, check_dtype=False
        )
        theirs = read_blocks(candidates[name][1])
        j = theirs.task_ids.index(task)
        for key in ("tp", "fp", "fn"):
            np.testing.assert_array_equal(getattr(counts, key)[:, i], getattr(theirs, key)[:, j])
    assert (counts.dataset_hash, counts.regions) == (theirs.dataset_hash, theirs.regions)
    with h5py.File(blocks) as file, h5py.File(candidates["CLEAR"][1]) as other:
        np.testing.assert_array_equal(file["n"][:], other["n"][:])
        assert file["tp"].dtype == other["tp"].dtype


def test_a_task_without_figures_follows_its_modality(candidates, tmp_path):
    choice, _, _ = run(tmp_path / "out", candidates)
    assert (
        choice.loc["d", "weight"] == 0 and choice.loc["d", "chosen"] == choice.loc["b", "chosen"] == "CLEAR"
    )
    n = choice.loc["a", "positives_half"]
    assert choice.loc["a", "weight"] == pytest.approx(n / (n + 20))


def test_wrong_candidates_are_refused(candidates, tmp_path):
    table = pd.read_csv(candidates["CLEAR"][0], sep="\t")
    table.drop(columns="positives_half").to_csv(tmp_path / "old.tsv", sep="\t", index=False, na_rep="NaN")
    table.assign(positives_half=table["positives_half"] + 1).to_csv(
        tmp_path / "odd.tsv", sep="\t", index=False
    )
    for name, words in (
        ("old.tsv", "positives_half.*again"),
        ("odd.tsv", "task 'a' has"),
    ):
        wrong = candidates | {"CLEAR": (tmp_path / name, candidates["CLEAR"][1])}
        with pytest.raises(InputError, match=words):
            run(tmp_path / "out", wrong)
    assert not (tmp_path / "out" / "metrics").exists()


FIGURES = arrays(np.float64, (8, 3), elements=st.floats(0, 1).map(lambda x: round(x, 3)))
KINDS = st.lists(st.sampled_from("xyz"), min_size=8, max_size=8)
COUNTS = arrays(np.int64, 8, elements=st.integers(1, 500))


@settings(max_examples=150, deadline=None)
@given(FIGURES, COUNTS, KINDS)
def test_without_shrinkage_each_task_has_its_best(f1, n, kinds):
    scores, weight = shrunk_scores(f1, n, kinds, 0)
    chosen = choose(scores, np.ones(f1.shape, bool))
    assert (weight == 1).all()
    np.testing.assert_allclose(f1[np.arange(8), chosen], f1.max(axis=1), atol=1e-12)


@settings(max_examples=150, deadline=None)
@given(FIGURES, COUNTS, KINDS)
def test_with_all_shrinkage_a_modality_has_its_best(f1, n, kinds):
    scores, weight = shrunk_scores(f1, n, kinds, np.inf)
    chosen = choose(scores, np.ones(f1.shape, bool))
    assert (weight == 0).all()
    for kind in set(kinds):
        rows = np.array(kinds) == kind
        means = f1[rows].mean(axis=0)
        np.testing.assert_allclose(means[chosen[rows]], means.max(), atol=1e-9)


@settings(max_examples=150, deadline=None)
@given(FIGURES, COUNTS, KINDS, st.floats(0.1, 100))
def test_the_score_is_the_documented_mean_where_all_learn_all(f1, n, kinds, shrink):
    scores, weight = shrunk_scores(f1, n, kinds, shrink)
    plain = np.array(
        [
            w * row + (1 - w) * f1[np.array(kinds) == kind].mean(axis=0)
            for row, w, kind in zip(f1, n / (n + shrink), kinds, strict=True)
        ]
    )
    # scores leave out what all candidates of a task have in common
    np.testing.assert_allclose(
        scores - scores.mean(axis=1)[:, None], plain - plain.mean(axis=1)[:, None], atol=1e-9
    )


def test_a_candidate_of_easy_tasks_has_no_advantage():
    """Two candidates that are alike, but one learns the easy tasks only: neither is expected to be better."""
    f1 = np.array([[0.9, 0.9], [0.8, 0.8], [0.1, np.nan], [0.2, np.nan]])
    scores, _ = shrunk_scores(f1, np.array([5, 5, 5, 5]), ["x"] * 4, 1000.0)
    np.testing.assert_allclose(scores[:2], 0, atol=1e-12)
    worse = f1 + [0, -0.05]
    scores, _ = shrunk_scores(worse, np.array([5, 5, 5, 5]), ["x"] * 4, np.inf)
    assert choose(scores, ~np.isnan(worse)).tolist() == [0, 0, 0, 0]


def test_nothing_known_takes_the_first_that_learns_the_task():
    scores, weight = shrunk_scores(np.full((2, 2), np.nan), np.zeros(2), ["x", "x"], 20.0)
    assert choose(scores, np.array([[True, True], [False, True]])).tolist() == [0, 1]
    assert (weight == 0).all()
