"""The records of the scores: what they must say, and that a record is all that a new score needs."""

import numpy as np
import pandas as pd
import pytest

from epigroup.digest.code import code_digest
from epigroup.evaluation.label_scores import LABEL_SCORES, LabelPredictions
from epigroup.evaluation.metrics import count_scores
from epigroup.evaluation.score_names import SCORE_NAMES
from epigroup.evaluation.signal_scores import SIGNAL_SCORES, SignalPredictions
from epigroup.results.catalogue.scores import meaning_of
from library_copies import STRANGERS, evaluated, library_with

EVERY = [(targets, score) for targets, names in SCORE_NAMES.items() for score in names.scores]


def named(one):
    return one if isinstance(one, str) else one.name


@pytest.mark.parametrize(("targets", "score"), EVERY, ids=named)
def test_a_record_says_what_its_score_is(targets, score, repository):
    assert score.words and meaning_of(score).endswith(".") and "NaN" in meaning_of(score)
    if score.role == "headline":
        assert score.interval and score.higher_is_better and score.splits == ("validation", "test")
    page = (repository / "docs" / "reference" / "outputs.md").read_text(encoding="utf-8")
    assert f"`{score.splits[-1]}_{score.name}`" in page or f"`{score.name}`" in page


@pytest.mark.parametrize("names", SCORE_NAMES.values(), ids=SCORE_NAMES)
def test_names_are_unique_and_one_score_is_the_headline(names):
    of = [score.name for score in names.scores]
    assert len(of) == len(set(of)) and [score.role for score in names.scores].count("headline") == 1
    assert names.validation[0] == names.chosen_by and set(names.metrics) <= set(names.columns)


def test_choices_look_at_halves_where_the_score_rests_on_a_threshold():
    labels, signal = SCORE_NAMES["labels"], SCORE_NAMES["signal"]
    assert (labels.chosen_by, labels.counted_by) == ("validation_f1_half", "positives_half")
    assert (signal.chosen_by, signal.counted_by) == ("validation_pearson", "positives_validation")


def test_better_predictions_have_better_scores():
    rng = np.random.default_rng(5)
    labels = rng.random(400) < 0.3
    good, bad = (
        LabelPredictions(count_scores(scores, labels), 0.5)
        for scores in (0.1 + 0.8 * labels, rng.random(400))
    )
    for score in LABEL_SCORES:
        if score.role != "data":
            assert (score.of(good) > score.of(bad)) == score.higher_is_better, score.name
    target = rng.gamma(1, 4, 400)
    near, far = (SignalPredictions(target, target + move, 9) for move in (0.1, rng.gamma(1, 4, 400)))
    for one in SIGNAL_SCORES:
        if one.role != "data":
            assert (one.of(near) > one.of(far)) == one.higher_is_better, one.name


RUN = """
import json, sys
from epigroup.comparison.strategies import compare_strategies
from epigroup.evaluation.predictions import evaluate_strategy
from epigroup.evaluation.signal_predictions import evaluate_signals
from epigroup.digest.code import code_digest
from epigroup.report.sections.strategies import ALL_SCORES
kind, files, metrics, blocks, cfg, outputs, compared = json.load(sys.stdin)
(evaluate_signals if kind == "signal" else evaluate_strategy)(*files, metrics, blocks, cfg)
compare_strategies([metrics], [blocks], [], outputs, compared)
print(json.dumps([ALL_SCORES, [code_digest(script) for script in JOBS]]))
"""
JOBS = ("train_pack", "choose_groups", "predict_splits", "evaluate_strategy", "compare_strategies")


@pytest.mark.parametrize("targets", STRANGERS)
def test_a_new_score_is_one_record_in_one_file(targets, tmp_path, repository):
    library, record = library_with(targets, tmp_path, repository)
    metrics, outputs, (words, digests) = evaluated(targets, tmp_path, library, f"JOBS = {JOBS}" + RUN)

    new = "jaccard" if targets == "labels" else "mae"
    table = pd.read_csv(metrics, sep="\t").set_index("task_id")
    if targets == "labels":
        f1 = table["test_f1"]
        pd.testing.assert_series_equal(table["test_jaccard"], f1 / (2 - f1), check_names=False)
        known = table[["test_jaccard_low", "test_jaccard", "test_jaccard_high"]].dropna()
        assert len(known) and (known.diff(axis=1).iloc[:, 1:] > 0).all(axis=None)
        assert "validation_jaccard" not in table
    else:
        assert {"validation_mae", "test_mae"} <= set(table) and "test_mae_low" not in table
        assert (table["test_mae"] ** 2 <= table["test_mse"] + 1e-12).all()
    means = pd.read_csv(outputs["scores"], sep="\t", dtype={"seed": str})
    row = means[(means["score"] == new) & (means["level"] == "All") & (means["seed"] == "all")].iloc[0]
    assert row["mean"] == pytest.approx(table[f"test_{new}"].mean())
    of_strategy = pd.read_csv(outputs["strategies"], sep="\t")
    assert of_strategy[f"mean_{new}"].iloc[0] == pytest.approx(row["mean"])
    assert words[new] in record
    # what is trained, chosen and predicted stays; what is scored and compared is made again
    assert [code_digest(job) == found for job, found in zip(JOBS, digests, strict=True)] == [True] * 3 + [
        False
    ] * 2
