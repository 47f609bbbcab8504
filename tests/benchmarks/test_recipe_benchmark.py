"""The ablation of the training recipe: its figures by definition, its variants, and rows that are not made twice."""

import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, f1_score, log_loss

from checkouts import REPOSITORY
from planted_examples import WINDOW

sys.path.insert(0, str(REPOSITORY / "benchmarks"))

import recipe


def test_figures_are_those_of_scikit_learn():
    """A task without positives has no part in the means."""
    rng = np.random.default_rng(0)
    labels = rng.random((2000, 3)) < [0.3, 0.05, 0.0]
    scores = np.clip(rng.normal(0.3, 0.2, labels.shape) + 0.2 * labels, 0.001, 0.999).astype(np.float32)
    found = recipe.figures(scores, labels)
    assert found["n_tasks"] == 2
    wanted = [average_precision_score(labels[:, i], scores[:, i]) for i in (0, 1)]
    assert found["auprc"] == pytest.approx(np.mean(wanted))
    assert found["loss"] == pytest.approx(
        np.mean([log_loss(labels[:, i], scores[:, i]) for i in (0, 1)]), rel=1e-5
    )
    f1 = []
    for i in (0, 1):
        calls = np.zeros(2000, bool)
        for there, here in ((slice(1000), slice(1000, None)), (slice(1000, None), slice(1000))):
            best = max(
                np.unique(scores[there, i]), key=lambda t: f1_score(labels[there, i], scores[there, i] >= t)
            )
            calls[here] = scores[here, i] >= best
        f1.append(f1_score(labels[:, i], calls))
    assert found["f1_halves"] == pytest.approx(np.mean(f1))


def test_every_variant_is_a_recipe_of_its_own():
    told = [recipe.variant_settings(name, 1001, 109) for name in recipe.VARIANTS]
    assert len(set(map(recipe.settings_digest, told))) == len(told)
    assert told[0].network.hidden == 256 and recipe.variant_settings("full", WINDOW, 4).network.hidden == 64


def test_differences_are_over_the_seeds_that_both_have(tmp_path, capsys):
    rows = [("full", 1, 0.2), ("full", 2, 0.4), ("no_jitter", 2, 0.3)]
    table = pd.DataFrame(
        [
            {"set": "s", "variant": name, "seed": seed, "loss": 0.1, "auprc": value, "f1_halves": value,
             "last_step": 10, "ended": "patience"}
            for name, seed, value in rows
        ]
    )  # fmt: skip
    table.to_csv(tmp_path / "recipe.tsv", sep="\t", index=False)
    recipe.summary(tmp_path / "recipe.tsv")
    (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("no_jitter"))
    assert line.split("\t")[5] == "-0.1000"
