"""Baselines against scikit-learn and naive counts; a planted case in which composition alone predicts."""

from importlib import import_module
from types import SimpleNamespace

import h5py
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference
from sklearn.linear_model import LogisticRegression

from epigroup import baselines
from epigroup.baselines import gc, kmer, logistic
from epigroup.baselines.judge import draw_bins, judge_baseline
from epigroup.baselines.mark_tasks import mark_tasks
from epigroup.baselines.material import Bins, Material, Windows
from epigroup.baselines.mean_prediction import others_mean
from epigroup.core.errors import InputError
from epigroup.dataset.dataset import open_dataset
from epigroup.dataset.labels import unpack
from epigroup.genome.codes import open_genome
from stratified_examples import EVALUATION, WINDOW, write_files, write_predictions

TASKS = ["gc_rich", "gc_poor", "noise", "rare", "never"]
CFG = EVALUATION | {"tasks": TASKS, "examples": 100000, "l2": [0.001, 0.01, 0.1], "draw": 1}
CFG |= {"ridge": [0.1, 1, 10], "ranks": [1, 2, 8]}


def label(aim, rng):
    chance = np.stack(
        [
            1 / (1 + np.exp(-25 * (aim - 0.5))),
            1 / (1 + np.exp(25 * (aim - 0.4))),
            np.full(len(aim), 0.3),
            np.full(len(aim), 0.02),
            np.zeros(len(aim)),
        ],
        axis=1,
    )
    return rng.random(chance.shape) < chance


OUTPUTS = {"metrics": "metrics.tsv", "blocks": "blocks.h5", "validation": "validation.h5", "test": "test.h5"}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return write_files(tmp_path_factory.mktemp("baselines"), TASKS, label)


@pytest.fixture(scope="module")
def dataset(files):
    return open_dataset(files["dataset_json"], files["shard_paths"])


def judged(files, folder, name, **options):
    """metrics.tsv of a baseline."""
    folder.mkdir(parents=True, exist_ok=True)
    judge_baseline(
        name, files["dataset_json"], files["shard_paths"], files["genome_h5"],
        {name: folder / file for name, file in OUTPUTS.items()}, CFG, **options,
    )  # fmt: skip
    assert sorted(path.name for path in folder.iterdir()) == sorted(OUTPUTS.values())
    return pd.read_csv(folder / "metrics.tsv", sep="\t").set_index("task_id")


@pytest.mark.parametrize("l2", [0.1, 0.001])
@pytest.mark.parametrize(("kind", "close"), [(np.float64, 1e-3), (np.float32, 2e-2)])
def test_the_solver_finds_the_optimum_of_scikit_learn(l2, kind, close):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2000, 25)) @ (np.eye(25) + 0.4 * rng.normal(size=(25, 25)))
    x = (x - x.mean(0)) / x.std(0)
    y = rng.random((2000, 4)) < 1 / (1 + np.exp(-(x @ rng.normal(size=(25, 4)) * 0.7 + [0, -2, -5, 2])))
    weights, intercept = logistic.fit(x.astype(kind), y, l2)
    for task in range(4):
        model = LogisticRegression(C=1 / (l2 * len(x)), tol=1e-10, max_iter=5000).fit(x, y[:, task])
        np.testing.assert_allclose(weights[:, task], model.coef_[0], atol=close)
        assert intercept[task] == pytest.approx(model.intercept_[0], abs=close)


def test_a_task_of_one_kind_of_labels_is_left_at_its_prior():
    x = np.random.default_rng(0).normal(size=(100, 3))
    weights, intercept = logistic.fit(
        x - x.mean(0), np.stack([np.zeros(100), np.ones(100)], 1).astype(bool), 0.1
    )
    assert not weights.any()
    np.testing.assert_allclose(logistic.sigmoid(intercept), [0.005, 0.995])


@given(st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=15)
def test_kmers_are_counted_on_both_strands(seed):
    rng = np.random.default_rng(seed)
    codes = rng.choice(5, (3, 60), p=[0.24, 0.24, 0.24, 0.24, 0.04]).astype(np.uint8)
    number, size = kmer.canonical(3)
    assert size == 32 and kmer.canonical()[1] == 2080
    counts = kmer.count_kmers(codes, 3)
    for window, found in zip(codes, counts, strict=True):
        text = "".join("ACGTN"[c] for c in window)
        naive = {}
        for i in range(len(text) - 2):
            word = text[i : i + 3]
            if "N" not in word:
                other = word[::-1].translate(str.maketrans("ACGT", "TGCA"))
                naive[min(word, other)] = naive.get(min(word, other), 0) + 1
        for word, n in naive.items():
            assert found[number[sum("ACGT".index(c) * 4 ** (2 - i) for i, c in enumerate(word))]] == n
        assert found.sum() == sum(naive.values())


def test_regressions_see_kmers_near_the_bin_beside_those_of_the_window():
    rng = np.random.default_rng(4)
    window = np.full((2, 1001), 4, np.uint8)
    window[0, 350:650] = rng.integers(0, 4, 300)
    window[1, 651:951] = window[0, 350:650]
    wide = SimpleNamespace(windows=lambda bins: window, dataset=SimpleNamespace(window=1001))
    found = kmer.kmer_features(wide)(None)
    near, whole = found[:, :2080], found[:, 2080:]
    np.testing.assert_array_equal(whole[0], whole[1])
    np.testing.assert_array_equal(near[0], whole[0])
    assert near[0].any() and not near[1].any()
    np.testing.assert_allclose(whole**2, kmer.count_kmers(window), atol=1e-5)
    short = SimpleNamespace(windows=lambda bins: window[:, :300], dataset=SimpleNamespace(window=300))
    assert kmer.kmer_features(short)(None).shape == (2, 2080)


def test_composition_is_counted_as_defined():
    text = "CGCGNATTCGGA"
    codes = np.array([["ACGTN".index(c) for c in text]], np.uint8)
    share, square, cpg, ratio = gc.composition(codes)[0]
    assert share == pytest.approx(7 / 11) and square == share**2
    assert cpg == pytest.approx(3 / 10) and ratio == pytest.approx(3 * 11 / (3 * 4))


def test_the_prior_has_the_base_rate_as_its_auprc(files, dataset, tmp_path):
    table = judged(files, tmp_path / "prior", "prior")
    share = unpack(dataset.split("train").labels, 5).mean(axis=0)
    test = unpack(dataset.split("test").labels, 5)
    for i, task in enumerate(TASKS[:4]):
        assert table.loc[task, "test_auprc"] == pytest.approx(test[:, i].mean())
        assert table.loc[task, "test_auroc"] == 0.5
        assert table.loc[task, "test_brier"] == pytest.approx(
            np.mean((test[:, i] - float(np.float16(share[i]))) ** 2), abs=1e-9
        )


def test_gc_predicts_what_gc_decides_as_scikit_learn_does(files, dataset, tmp_path):
    table = judged(files, tmp_path / "gc", "gc")
    parts = {}
    for split in ("train", "validation", "test"):
        bins = draw_bins(dataset, split, 10**9, 1)
        codes = open_genome(files["genome_h5"]).codes(
            {"train": "chrTrain", "validation": "chrVal", "test": "chrTest"}[split]
        )
        left = bins.start - 50
        windows = [np.pad(codes, 400, constant_values=4)[a + 400 : a + 400 + WINDOW] for a in left]
        parts[split] = gc.composition(np.stack(windows)), bins.labels
    mean, spread = parts["train"][0].mean(0), parts["train"][0].std(0)
    standard = {split: ((x - mean) / spread, y) for split, (x, y) in parts.items()}
    for i, task in enumerate(TASKS[:3]):
        best = None
        for l2 in CFG["l2"]:
            x, y = standard["train"]
            model = LogisticRegression(C=1 / (l2 * len(x)), tol=1e-9, max_iter=3000).fit(x, y[:, i])
            x, y = standard["validation"]
            loss = reference.log_loss(y[:, i], model.predict_proba(x)[:, 1])
            if best is None or loss < best[0]:
                best = loss, model
        x, y = standard["test"]
        scores = best[1].predict_proba(x)[:, 1]
        expected = reference.average_precision_score(y[:, i], scores)
        assert table.loc[task, "test_auprc"] == pytest.approx(expected, abs=5e-3)
    assert table.loc["gc_rich", "test_auroc"] > 0.9 and table.loc["gc_poor", "test_auroc"] > 0.9
    assert abs(table.loc["noise", "test_auroc"] - 0.5) < 0.1


@pytest.mark.parametrize("name", ["kmer", "kmer_low_rank"])
def test_kmers_learn_what_gc_decides(files, name, tmp_path):
    table = judged(files, tmp_path / name, name)
    assert table.loc["gc_rich", "test_auroc"] > 0.85 and table.loc["gc_poor", "test_auroc"] > 0.85
    assert abs(table.loc["noise", "test_auroc"] - 0.5) < 0.1
    base = table["base_rate"] if "base_rate" in table else table["test_base_rate"]
    assert table.loc["gc_rich", "test_brier"] < 0.8 * base["gc_rich"] * (1 - base["gc_rich"])
    assert np.isnan(table.loc["never", "test_auprc"])


@pytest.mark.parametrize("name", ["kmer", "kmer_low_rank"])
def test_test_labels_move_no_prediction_of_the_regressions(files, dataset, name):
    genome = open_genome(files["genome_h5"])
    train, validation = (draw_bins(dataset, split, 400, 1) for split in ("train", "validation"))
    ridge, ranks = tuple(CFG["ridge"]), tuple(CFG["ranks"])
    material = Material(dataset, genome, train, validation, train.labels.sum(0), len(train), (), ridge, ranks)
    predict = import_module(f"epigroup.baselines.{name}").predictor(material, 4)
    test = draw_bins(dataset, "test", 10**9, 1)
    turned = Bins(test.chrom, test.start, ~test.labels)
    np.testing.assert_array_equal(predict(test), predict(turned))
    np.testing.assert_allclose(predict(test)[17:40], predict(test.part(slice(17, 40))), rtol=1e-4)


def test_windows_beyond_the_ends_of_a_chromosome_are_unknown_there(files, dataset):
    genome = open_genome(files["genome_h5"])
    codes = genome.codes("chrVal")
    starts = np.array([0, 200, 5000, len(codes) - 200])
    found = Windows(genome, dataset)(Bins(np.full(4, 1), starts, np.empty((4, 5), bool)))
    padded = np.pad(codes, 400, constant_values=4)
    for row, start in zip(found, starts - 50 + 400, strict=True):
        np.testing.assert_array_equal(row, padded[start : start + WINDOW])


def test_the_mean_over_the_others_leaves_the_task_out(files, dataset, tmp_path):
    values = np.random.default_rng(3).random((50, 5)).astype(np.float16)
    values[:, 3] = np.nan
    found = others_mean(values)
    for task in range(5):
        others = np.delete(values.astype(float), [task, 3] if task != 3 else [3], axis=1)
        np.testing.assert_allclose(found[:, task], others.mean(axis=1), atol=1e-12)
    table = judged(files, tmp_path / "label", "mean_label")
    labels = unpack(dataset.split("test").labels, 5)
    scores = np.delete(labels, 0, axis=1).mean(axis=1)
    expected = reference.average_precision_score(labels[:, 0], scores)
    assert table.loc["gc_rich", "test_auprc"] == pytest.approx(expected, abs=1e-9)
    assert not baselines.is_honest("mean_label") and baselines.is_honest("mean_prediction")


def write_network(files, folder, strength):
    """Predictions of both splits that follow the labels as much as `strength` says, as files."""
    dataset = open_dataset(files["dataset_json"], files["shard_paths"])
    paths = {}
    for split in ("validation", "test"):
        truth = unpack(dataset.split(split).labels, 5)
        rng = np.random.default_rng(len(split))
        scores = np.clip(rng.normal(0.3, 0.1, truth.shape) + np.array(strength) * truth, 0, 1)
        paths[split] = str(write_predictions(folder / f"{split}.h5", files, split, scores))
    return paths


def test_the_mean_prediction_reads_those_of_the_network(files, dataset, tmp_path):
    paths = write_network(files, tmp_path / "joint", [0.2, 0.2, 0.2, 0.2, 0])
    table = judged(files, tmp_path / "mean", "mean_prediction", predictions=paths)
    truth = unpack(dataset.split("test").labels, 5)
    rng = np.random.default_rng(4)
    scores = np.clip(rng.normal(0.3, 0.1, truth.shape) + np.array([0.2, 0.2, 0.2, 0.2, 0]) * truth, 0, 1)
    mean = np.delete(scores.astype(np.float16).astype(float), 0, axis=1).mean(axis=1).astype(np.float16)
    expected = reference.average_precision_score(truth[:, 0], mean.astype(float))
    assert table.loc["gc_rich", "test_auprc"] == pytest.approx(expected, abs=1e-9)
    with h5py.File(paths["test"], "a") as store:
        store["start"][3] += 200
    with pytest.raises(InputError, match="is not of this data set's test bins"):
        judged(files, tmp_path / "bad", "mean_prediction", predictions=paths)
    assert [path.name for path in (tmp_path / "bad").iterdir()] == ["validation.h5"]


def test_a_network_that_does_no_better_than_gc_is_marked(files, tmp_path):
    """The network knows `noise` and `gc_poor` well and `gc_rich` no better than chance: GC alone beats it there."""
    from epigroup.evaluation.predictions import evaluate_strategy
    from stratified_examples import write_groups

    paths = write_network(files, tmp_path / "net", [0.0, 0.6, 0.6, 0.0, 0])
    groups = write_groups(tmp_path / "groups.tsv", TASKS)
    evaluate_strategy(
        paths["validation"], paths["test"], groups, files["dataset_json"],
        tmp_path / "metrics.tsv", tmp_path / "blocks.h5", EVALUATION | {"tasks": TASKS},
    )  # fmt: skip
    names = ["prior", "gc", "mean_label"]
    for name in names:
        judged(files, tmp_path / name, name)
    mark_tasks(
        [tmp_path / "metrics.tsv"], [tmp_path / name / "metrics.tsv" for name in names],
        [tmp_path / "blocks.h5"], [tmp_path / name / "blocks.h5" for name in names],
        tmp_path / "scores.tsv", tmp_path / "marks.tsv", tmp_path / "red_line.tsv",
        {"runs": [["NET", 1]], "baselines": names, "tasks": [{"task_id": t, "modality": "CA"} for t in TASKS]},
    )  # fmt: skip
    marks = pd.read_csv(tmp_path / "marks.tsv", sep="\t", keep_default_na=False, na_values=["NaN"])
    marks = marks.set_index("task_id")
    assert marks.loc["gc_rich", ["mark", "baseline"]].tolist() == ["no better", "gc"]
    assert marks.loc["never", "mark"] == ""
    # few blocks: there is no interval, and a network that is better is not shown to be
    assert marks.loc["gc_poor", "mark"] == "not shown" and marks.loc["gc_poor", "difference"] > 0
    assert "mean_label" not in set(marks["baseline"])
    scores = pd.read_csv(tmp_path / "scores.tsv", sep="\t")
    assert scores.set_index(["name", "level"]).loc[("mean_label", "All"), "uses_test_labels"] == 1
    assert scores["n_nan"].max() == 1


def test_the_marks_say_what_the_interval_lets_them():
    from epigroup.baselines.mark_tasks import mark

    assert mark(-0.1, -0.2) == "no better" and mark(0.0, 0.1) == "no better"
    assert mark(0.1, -0.05) == "not shown" and mark(0.1, np.nan) == "not shown"
    assert mark(0.1, 0.05) == "" and mark(np.nan, np.nan) == ""
