"""Choices that average: weights that are those of independent fits, bins that never weigh themselves, and files that
are those of a strategy.
"""

import json

import h5py
import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from epigroup.comparison import averages
from epigroup.comparison.averages import (
    AverageSettings,
    average_members,
    fit_weights,
    weigh_members,
)
from epigroup.comparison.log_odds import combine, log_odds
from epigroup.config.pools import averaged_members, compared_seeds
from epigroup.config.settings import complete_config
from epigroup.core.errors import InputError
from epigroup.evaluation.predictions import choose_blocks, evaluate_strategy
from minimal_config import MINIMAL
from scored_examples import TASKS, about, planted_split, with_noise, write_split

ALL = ("a", "b", "c", "d")


def told(**changed) -> dict:
    """Settings of an average of two networks and a third that learns fewer tasks."""
    return {
        "members": ["ONE", "TWO", "FEW"], "member_tasks": [ALL, ALL, ("a", "b")], "tasks": ALL, "weights": "fitted",
        "regions": "all_mappable", "min_positives": 50, "seed": 1, **changed,
    }  # fmt: skip


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Predictions of three members, the second noisier than the first, and the data set that they are of."""
    folder = tmp_path_factory.mktemp("averages")
    splits = {"validation": planted_split(4000, 1), "test": planted_split(4000, 2)}
    found: dict = {"validation": [], "test": []}
    for i, (name, noise, tasks) in enumerate(
        [("ONE", 0.05, ALL), ("TWO", 0.4, ALL), ("FEW", 0.1, ("a", "b"))]
    ):
        (folder / name).mkdir()
        for split, planted in splits.items():
            path = folder / name / f"{split}.h5"
            found[split].append(str(write_split(path, with_noise(planted, noise, tasks, [i, len(split)]))))
            with h5py.File(path, "a") as file:
                file.attrs["chromosomes"] = ["chr1", "chr2", "chr3", "chr4", "chr5"]
    (folder / "dataset.json").write_text(json.dumps(about(**splits)))
    return folder, found, splits


def averaged(files, folder, **changed):
    """The outputs of an average of the planted members."""
    source, found, _ = files
    folder.mkdir(exist_ok=True)
    weights = folder / "weights.tsv"
    weigh_members(found["validation"], source / "dataset.json", weights, told(**changed))
    outputs = {
        "validation": folder / "validation.h5",
        "test": folder / "test.h5",
        "groups": folder / "groups.tsv",
    }
    average_members(found["validation"], found["test"], weights, outputs, told(**changed))
    return pd.read_csv(weights, sep="\t"), outputs


def test_log_odds_keep_the_ends_apart():
    values = np.array([0.0, 0.25, 1.0], np.float16)
    found = log_odds(values)
    assert np.isfinite(found).all() and found[1] == pytest.approx(logit(0.25))
    smallest = np.float16(6e-8)
    assert found[0] < log_odds(np.array([smallest]))[0] < log_odds(np.array([np.float16(1e-5)]))[0]


def test_a_member_that_lacks_a_task_leaves_its_weight_to_the_others():
    odds = np.array([[[1.0, 2.0]], [[3.0, np.nan]]], np.float32)
    assert combine(odds, np.array([0.6, 0.2])) == pytest.approx(np.array([[0.6 + 0.6, 0.8 * 2.0]]))
    three = np.array([[[1.0, 2.0]], [[3.0, np.nan]], [[5.0, 4.0]]], np.float32)
    # the weight of both that predict the second task is 0: a score all the same
    assert combine(three, np.array([0.0, 0.8, 0.0])) == pytest.approx(np.array([[2.4, 0.8 * 3.0]]))


def test_weights_are_those_of_a_regression_by_scikit_learn():
    """One task: an unpenalised logistic regression on the members' log-odds, as long as no weight is below 0."""
    rng = np.random.default_rng(3)
    odds = rng.normal(size=(3, 5000, 1)).astype(np.float32)
    labels = rng.random((5000, 1)) < expit(0.7 * odds[0] + 0.3 * odds[1] - 2)
    labels[:, 0] |= rng.random(5000) < 0.02 * (odds[2, :, 0] > 0)
    model = LogisticRegression(C=np.inf, tol=1e-8).fit(odds[:, :, 0].T, labels[:, 0])
    assert model.coef_.min() > 0
    assert fit_weights(odds, labels) == pytest.approx(model.coef_[0], abs=2e-3)


def test_no_weight_is_below_zero_and_rare_tasks_count_like_common_ones():
    """Member 0 knows the common task, member 1 the rare one; member 2 is wrong on both."""
    rng = np.random.default_rng(4)
    truth = rng.normal(size=(20000, 2))
    labels = rng.random(truth.shape) < expit(2 * truth + [0, -5])
    odds = rng.normal(size=(3, 20000, 2))
    odds[0, :, 0], odds[1, :, 1], odds[2] = truth[:, 0], truth[:, 1], -truth
    weights = fit_weights(odds.astype(np.float32), labels)
    assert weights[2] == 0 and weights[0] > 0.3 and weights[1] > 0.3


def test_an_average_gains_over_its_members_and_leans_on_the_better_one(files, tmp_path):
    table, outputs = averaged(files, tmp_path / "fitted")
    source, found, splits = files
    of_all = table[table["fitted_on"] == "all"].set_index("task_id")
    assert (of_all["weight:ONE"] > of_all["weight:TWO"]).all() and (of_all.filter(like="weight:") >= 0).all(
        axis=None
    )
    assert of_all.filter(like="weight:").sum(axis=1).to_numpy() == pytest.approx(1)
    labels = splits["validation"]["labels"]
    assert of_all["positives"].tolist() == labels.sum(0).tolist()
    # FEW does not learn c and d, and c and d have too few positives
    assert of_all["counted"].to_dict() == {"a": 1, "b": 1, "c": 0, "d": 0}
    scores = {}
    for name in ("ONE", "TWO", "mean"):
        paths = outputs if name == "mean" else {s: source / name / f"{s}.h5" for s in ("validation", "test")}
        groups = outputs["groups"]
        evaluate_strategy(
            paths["validation"], paths["test"], groups, source / "dataset.json",
            tmp_path / f"{name}.tsv", tmp_path / f"{name}.h5",
            {"tasks": list(TASKS), "regions": "all_mappable", "min_validation_positives": 5, "interval_draws": 0,
             "seed": 1, "targets": "labels"},
        )  # fmt: skip
        scores[name] = pd.read_csv(tmp_path / f"{name}.tsv", sep="\t").set_index("task_id")
    for task in ("a", "b"):
        auprc = {name: table.loc[task, "test_auprc"] for name, table in scores.items()}
        assert auprc["mean"] > max(auprc["ONE"], auprc["TWO"])
    assert pd.read_csv(outputs["groups"], sep="\t").to_dict("list") == {
        "task_id": list(ALL),
        "group": [0] * 4,
    }


def test_predictions_are_what_the_table_says(files, tmp_path):
    """Of test by the weights of all bins, of a validation bin by those of the other half of the blocks."""
    table, outputs = averaged(files, tmp_path / "again")
    _, found, splits = files
    half = choose_blocks(splits["validation"]["chrom"], splits["validation"]["start"]).of % 2
    for split in ("validation", "test"):
        odds = [log_odds(h5py.File(path)["probability"][:]) for path in found[split]]
        with h5py.File(outputs[split]) as file:
            scores, labels = file["probability"][:], file["labels"][:]
        assert np.array_equal(labels, h5py.File(found[split][0])["labels"][:]) and scores.dtype == np.float16
        for part in averages.PARTS:
            mine = table[table["fitted_on"] == part].set_index("task_id").loc[list(ALL)]
            rows = (
                np.full(len(scores), part == "all")
                if split == "test"
                else half == {"half 0": 1, "half 1": 0}.get(part)
            )
            for i, task in enumerate(ALL):
                weights = mine.loc[task, ["weight:ONE", "weight:TWO", "weight:FEW"]].to_numpy(float)
                known = np.array([not np.isnan(one[0, i]) for one in odds])
                weights = np.where(known, weights, 0) * weights.sum() / weights[known].sum()
                total = sum(w * np.nan_to_num(one[:, i]) for w, one in zip(weights, odds, strict=True))
                wanted = expit(total * mine.loc[task, "slope"] + mine.loc[task, "intercept"])
                np.testing.assert_allclose(scores[rows, i], wanted[rows], rtol=2e-3, atol=1e-6)


def test_a_validation_bin_has_no_part_in_its_own_weights(files, tmp_path):
    """Other labels in half 0 change what is fitted on it, and so the scores of half 1, and no score of half 0."""
    source, found, splits = files
    settings = AverageSettings(**told())
    dataset = json.loads((source / "dataset.json").read_text())
    odds, labels, half = averages.read_odds(found["validation"], dataset, settings)
    before = averages.weights_table(odds, labels, half, settings)
    turned = np.where(half[:, None] == 0, labels[:, ::-1], labels)
    turned[:, 2:] = labels[:, 2:]
    after = averages.weights_table(odds, turned, half, settings)
    weights = ["weight:ONE", "weight:TWO", "weight:FEW"]

    def of(table, part):
        return table.loc[table["fitted_on"] == part, weights].to_numpy()

    assert np.array_equal(of(before, "half 1"), of(after, "half 1"))
    assert not np.allclose(of(before, "half 0"), of(after, "half 0"))


def test_equal_weights_are_equal(files, tmp_path):
    table, _ = averaged(files, tmp_path / "equal", weights="equal")
    assert table.filter(like="weight:").to_numpy() == pytest.approx(1 / 3)


def test_members_of_other_bins_are_refused(files, tmp_path):
    source, found, splits = files
    other = planted_split(4000, 9)
    path = write_split(tmp_path / "validation.h5", with_noise(other, 0.1, ALL, 3))
    with pytest.raises(InputError, match="is of other bins than"):
        weigh_members([found["validation"][0], str(path), found["validation"][2]], source / "dataset.json",
                      tmp_path / "w.tsv", told())  # fmt: skip


def config(choices: dict, **more) -> dict:
    return complete_config(MINIMAL | {"choices": choices} | more, "my.yaml")


def test_members_of_an_average():
    one = {"among": ["ONE", "LATE", "gc"], "combine": "average"}
    full = config({"MEAN": one, "ALL_SEEDS": one | {"over_seeds": True}})
    assert compared_seeds(full, "MEAN") == [2] == compared_seeds(full, "ALL_SEEDS")
    assert averaged_members(full, "MEAN", 2) == [("ONE", 2), ("LATE", 2), ("gc", None)]
    assert averaged_members(full, "ALL_SEEDS", 2) == [("ONE", 1), ("ONE", 2), ("LATE", 2), ("gc", None)]


@pytest.mark.parametrize(
    ("choice", "more", "says"),
    [
        ({"among": ["ONE"], "combine": "average"}, {}, "there is one member, and nothing to average"),
        ({"among": ["gc", "prior"], "combine": "average"}, {}, "there is no strategy among them"),
        ({"among": ["ONE", "gc"]}, {}, "'gc' is not under strategies"),
        ({"among": ["ONE", "LATE"], "over_seeds": True}, {}, "goes with combine: average"),
        (
            {"among": ["ONE", "mean_prediction"], "combine": "average"},
            {"baselines": {"names": ["gc"]}},
            "'mean_prediction' is not under strategies",
        ),
    ],
)
def test_what_cannot_be_averaged_is_refused(choice, more, says):
    with pytest.raises(InputError, match=says):
        config({"MEAN": choice}, **more)
