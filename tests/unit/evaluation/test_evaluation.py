import json

import h5py
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from epigroup.baselines.mark_tasks import mark_tasks
from epigroup.core.errors import InputError
from epigroup.evaluation import predictions as evaluation
from epigroup.evaluation.bootstrap import average_precision_draws, draw_blocks
from epigroup.evaluation.predictions import choose_blocks, evaluate_strategy
from scored_examples import HASH, TASKS, about, planted_split, write_split


@pytest.fixture
def place(tmp_path):
    """A folder with predictions of both splits, groups and dataset.json; `.run(...)` evaluates it."""

    class Place:
        path = tmp_path
        validation, test = planted_split(1500, 1), planted_split(2000, 2)
        tasks = TASKS
        regions = "all_mappable"
        draws = 20

        def run(self, about=about, **of_files):
            write_split(self.path / "validation.h5", self.validation)
            write_split(self.path / "test.h5", self.test, **of_files)
            (self.path / "dataset.json").write_text(
                json.dumps(about(validation=self.validation, test=self.test))
            )
            rows = [f"{task}\t{i % 2}" for i, task in enumerate(self.tasks)]
            (self.path / "groups.tsv").write_text("\n".join(["task_id\tgroup", *rows]) + "\n")
            evaluate_strategy(
                *(self.path / name for name in ("validation.h5", "test.h5", "groups.tsv", "dataset.json")),
                self.path / "metrics.tsv",
                self.path / "blocks.h5",
                {
                    "tasks": self.tasks,
                    "min_validation_positives": 20,
                    "regions": self.regions,
                    "interval_draws": self.draws,
                    "seed": 1,
                },
            )
            return pd.read_csv(self.path / "metrics.tsv", sep="\t").set_index("task_id")

    return Place()


def test_the_table_equals_scikit_learn(place):
    table = place.run()
    assert table.index.tolist() == TASKS and table["group"].tolist() == [0, 1, 0, 1]
    for i, task in enumerate(TASKS[:3]):
        row = table.loc[task]
        scores = place.test["probability"][:, i].astype(np.float64)
        labels = place.test["labels"][:, i]
        called = scores >= row["threshold"]
        assert row["test_f1"] == pytest.approx(reference.f1_score(labels, called), abs=1e-9)
        assert row["test_f1_at_half"] == pytest.approx(reference.f1_score(labels, scores >= 0.5), abs=1e-9)
        assert row["test_auprc"] == pytest.approx(reference.average_precision_score(labels, scores), abs=1e-9)
        assert row["test_auroc"] == pytest.approx(reference.roc_auc_score(labels, scores), abs=1e-9)
        for name, score in (("precision", reference.precision_score), ("recall", reference.recall_score)):
            assert row[f"test_{name}"] == pytest.approx(score(labels, called, zero_division=0), abs=1e-9)
            at_half = score(labels, scores >= 0.5, zero_division=0)
            assert row[f"test_{name}_at_half"] == pytest.approx(at_half, abs=1e-9)
        assert row["test_brier"] == pytest.approx(reference.brier_score_loss(labels, scores), abs=1e-9)
        assert row["positives_test"] == labels.sum() and row["test_base_rate"] == labels.mean()
        validation = place.validation["probability"][:, i].astype(np.float64)
        truth = place.validation["labels"][:, i]
        precision, recall, _ = reference.precision_recall_curve(truth, validation)
        best = np.nanmax(2 * precision * recall / np.maximum(precision + recall, 1e-12), initial=0)
        if row["threshold_flag"] == 0:
            assert row["validation_f1"] == pytest.approx(best, abs=1e-9)
        else:
            assert row["threshold"] == 0.5 and truth.sum() < 20
    assert table["threshold_flag"].tolist() == [0, 0, 1, 1]
    assert np.isnan(table.loc["d", ["test_f1", "test_auprc", "test_auroc"]].astype(float)).all()


def test_other_test_labels_leave_the_threshold_alone(place):
    first = place.run()
    place.test = planted_split(2000, 9)
    second = place.run()
    assert first["threshold"].equals(second["threshold"])
    assert not first["test_f1"].equals(second["test_f1"])


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


def test_a_strategy_of_some_tasks(place):
    everything = place.run()
    place.tasks = ["b", "d"]
    for split in (place.validation, place.test):
        split["probability"] = split["probability"].copy()
        split["probability"][:, [0, 2]] = np.nan
    some = place.run()
    assert some.index.tolist() == ["b", "d"]
    pd.testing.assert_series_equal(some.loc["b"].drop("group"), everything.loc["b"].drop("group"))


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
    outputs = place.path / "baselines.tsv", place.path / "marks.tsv"
    mark_tasks(metrics, metrics, counts, counts, *outputs, cfg)
    marks = pd.read_csv(outputs[1], sep="\t", keep_default_na=False, na_values=["NaN"]).set_index("task_id")
    assert marks.loc["c", ["difference_low", "difference_high"]].tolist() == [0, 0]
    assert np.isnan(marks.loc["d", "difference_low"])


def test_a_network_is_held_against_a_baseline_draw_by_draw(place):
    """Two seeds and a baseline over the same draws, written out and given to scikit-learn."""
    truth, runs = place.test["labels"], {}
    noise = np.random.default_rng(7)
    for name, lift in (("net1", 0.06), ("net2", 0.05), ("gc", 0.0)):
        moved = place.test["probability"].astype(float) + lift * truth + noise.normal(0, 0.04, truth.shape)
        runs[name] = np.clip(moved, 0, 1).astype(np.float16)
        (place.path / name).mkdir()
    for name, scores in runs.items():
        place.test = place.test | {"probability": scores}
        place.run()
        for file in ("metrics.tsv", "blocks.h5"):
            (place.path / file).rename(place.path / name / file)
    metrics, blocks = ([place.path / name / file for name in runs] for file in ("metrics.tsv", "blocks.h5"))
    cfg = {"runs": [["NET", 1], ["NET", 2]], "baselines": ["gc"]}
    cfg["tasks"] = [{"task_id": task, "modality": "CA"} for task in TASKS]
    outputs = place.path / "baselines.tsv", place.path / "marks.tsv"
    mark_tasks(metrics[:2], metrics[2:], blocks[:2], blocks[2:], *outputs, cfg)
    marks = pd.read_csv(outputs[1], sep="\t", keep_default_na=False, na_values=["NaN"]).set_index("task_id")
    of = choose_blocks(place.test["chrom"], place.test["start"])
    weights = draw_blocks(len(of.chrom), place.draws, 1).astype(int)
    for i, task in enumerate(TASKS[:2]):
        apart = []
        for draw in weights:
            rows = np.repeat(np.arange(len(truth)), draw[of.of])
            one, two, simple = (
                reference.average_precision_score(truth[rows, i], scores[rows, i].astype(float))
                for scores in runs.values()
            )
            apart.append((one + two) / 2 - simple)
        low, high = np.quantile(apart, [0.025, 0.975])
        row = marks.loc[task]
        assert row["difference_low"] == pytest.approx(low, abs=1e-6)  # draws are kept in float32
        assert row["difference_high"] == pytest.approx(high, abs=1e-6)
        assert row["mark"] == ("" if low > 0 else "not shown") and row["difference"] > 0
    # the interval of the difference is far narrower than that of the network alone
    alone = pd.read_csv(metrics[0], sep="\t").set_index("task_id").loc["a"]
    width = marks.loc["a", "difference_high"] - marks.loc["a", "difference_low"]
    assert width < 0.7 * (alone["test_auprc_high"] - alone["test_auprc_low"])
    assert marks.loc["a", "mark"] == "" and np.isnan(marks.loc["d", "difference_low"])
    swapped = [metrics[1], metrics[0]]
    with pytest.raises(
        InputError, match=r"net2/metrics.tsv: test_f1 of task 'a' .*net1/blocks.h5: .*different runs"
    ):
        mark_tasks(swapped, metrics[2:], blocks[:2], blocks[2:], *outputs, cfg)
    with pytest.raises(
        InputError, match=r"net1/metrics.tsv: test_f1 of task 'a' .*gc/blocks.h5: .*different runs"
    ):
        mark_tasks(metrics[:2], metrics[:1], blocks[:2], blocks[2:], *outputs, cfg)
    place.test = planted_split(2000, 3, spread=30_000_000)
    place.run()
    with pytest.raises(InputError, match="its test blocks are not those of"):
        mark_tasks(metrics[:2], metrics[2:], blocks[:2], [place.path / "blocks.h5"], *outputs, cfg)


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


def test_predictions_of_other_bins_are_refused(place):
    everything = place.validation, place.test

    def known(**_):
        return about(validation=everything[0], test=everything[1])

    place.test = {name: values[:-1] for name, values in everything[1].items()}
    with pytest.raises(InputError, match=r"test.h5: 1,999 test examples where the data set has 2,000"):
        place.run(about=known)
    place.test = planted_split(2000, 5)
    with pytest.raises(InputError, match=r"test.h5: task 'a' has \d+ positives where the data set has \d+: "):
        place.run(about=known)
    place.test = everything[1]
    place.run()
    files = [place.path / name for name in ("test.h5", "test.h5", "groups.tsv", "dataset.json")]
    cfg = {"tasks": TASKS, "regions": "all_mappable", "min_validation_positives": 20}
    cfg |= {"interval_draws": 0, "seed": 1}
    with pytest.raises(InputError, match="test.h5: predictions of the test split where validation belongs"):
        evaluate_strategy(*files, place.path / "m.tsv", place.path / "b.h5", cfg)


def test_wrong_predictions_are_refused(place):
    with pytest.raises(
        InputError, match="test.h5: predictions of data set 000000000000, but the data set is ffff"
    ):
        place.run(dataset_hash="0" * 64)
    with pytest.raises(InputError, match="test.h5: 4 tasks where the data set has 4; task 'd' is in one"):
        place.run(tasks=["a", "b", "c", "e"])
    with pytest.raises(InputError, match="their order differs"):
        place.run(tasks=["b", "a", "c", "d"])
    place.tasks = ["a", "b", "c"]
    with pytest.raises(InputError, match="scores of task 'd', which the strategy does not learn"):
        place.run()
    place.tasks = TASKS
    place.test["probability"][17, 1] = np.nan
    with pytest.raises(InputError, match="test.h5: task 'b': probability nan is not in"):
        place.run()
    place.test["probability"][17, 1] = 1.5
    with pytest.raises(InputError, match="test.h5: task 'b': probability 1.5 is not in"):
        place.run()
    place.test["probability"] = place.test["probability"].astype(np.float32)
    with pytest.raises(InputError, match="float32 where .* float16 belong"):
        place.run()
    place.test = {name: values[:0] for name, values in planted_split(5, 0).items()}
    with pytest.raises(InputError, match="no test examples"):
        place.run()
    assert not (place.path / "metrics.tsv").exists()


def test_the_same_predictions_give_the_same_bytes(place):
    place.run()
    first = [(place.path / name).read_bytes() for name in ("metrics.tsv", "blocks.h5")]
    place.run()
    assert [(place.path / name).read_bytes() for name in ("metrics.tsv", "blocks.h5")] == first


def test_each_set_of_regions_has_its_own_thresholds_and_scores(place):
    everything = place.run()
    by_set = {"all_mappable": everything}
    place.regions = "any_peak"
    by_set["any_peak"] = place.run()
    for regions, table in by_set.items():
        assert (table["regions"] == regions).all()
        parts = []
        for split in (place.validation, place.test):
            kept = np.ones(len(split["start"]), bool) if regions == "all_mappable" else split["labels"].any(1)
            parts.append({name: values[kept] for name, values in split.items()})
        row, scores = table.loc["a"], parts[1]["probability"][:, 0].astype(float)
        labels = parts[1]["labels"][:, 0]
        assert row["n_test"] == len(labels) and row["n_validation"] == len(parts[0]["start"])
        assert row["test_auprc"] == pytest.approx(reference.average_precision_score(labels, scores), abs=1e-9)
        assert row["test_auroc"] == pytest.approx(reference.roc_auc_score(labels, scores), abs=1e-9)
        assert row["test_f1"] == pytest.approx(
            reference.f1_score(labels, scores >= row["threshold"]), abs=1e-9
        )
        seen = parts[0]["probability"][:, 0].astype(float)
        precision, recall, cuts = reference.precision_recall_curve(parts[0]["labels"][:, 0], seen)
        f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
        best = cuts[np.flatnonzero(f1[:-1] >= f1.max() - 1e-12)[-1]]
        assert row["threshold"] == best
    assert (everything["n_test"] > by_set["any_peak"]["n_test"]).all()
    assert everything.loc["a", "threshold"] != by_set["any_peak"].loc["a", "threshold"]
    assert (everything["positives_test"] == by_set["any_peak"]["positives_test"]).all()
    # what is counted on the bins with a peak is what predictions of these bins alone would give
    peaks = {n: v[place.test["labels"].any(1)] for n, v in place.test.items()}
    with h5py.File(place.path / "blocks.h5") as file:
        assert file.attrs["regions"] == "any_peak" and file["n"][:].sum() == len(peaks["start"])
    place.test = peaks
    pd.testing.assert_frame_equal(place.run(), by_set["any_peak"])


def test_regions_that_were_not_evaluated_are_refused(place):
    place.regions = "nowhere"
    with pytest.raises(
        InputError, match="evaluation regions nowhere where the data set has any_peak, all_map"
    ):
        place.run()
