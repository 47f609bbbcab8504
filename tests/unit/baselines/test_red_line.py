"""The words for a strategy against the regressions on k-mers, from their definitions."""

import numpy as np
import pandas as pd
import pytest

from epigroup.baselines import BASELINES, RED_LINE, is_honest
from epigroup.baselines.red_line import red_line, verdict, worst

TASKS = ["a", "b", "c"]


def table(auprc, f1):
    return pd.DataFrame({"test_auprc": auprc, "test_f1": f1}, index=TASKS[: len(auprc)])


def test_the_words_say_what_the_interval_lets_them():
    assert verdict(-0.1, -0.2) == verdict(0.0, 0.1) == "does not beat"
    assert verdict(0.1, -0.05) == verdict(0.1, 0.0) == verdict(0.1, np.nan) == "not shown"
    assert verdict(0.1, 0.05) == "beats" and verdict(np.nan, np.nan) == ""
    assert worst(["beats", "does not beat"]) == "does not beat"
    assert worst(["beats", "not shown"]) == "not shown"
    assert worst(["beats", "beats"]) == "beats" and worst([]) == worst([""]) == ""


def test_means_are_over_the_tasks_of_both_and_intervals_over_the_same_draws():
    rng = np.random.default_rng(0)
    simple = {"gc": table([0.1] * 3, [0.1] * 3), "kmer": table([0.2, 0.3, np.nan], [0.3, 0.3, np.nan])}
    networks = {"ALL": table([0.4, 0.5, 0.6], [0.2, 0.5, 0.9]), "ONE": table([0.2], [0.4])}
    noise = rng.normal(0, 0.3, (200, 3))  # shared by both: it must cancel
    theirs = pd.DataFrame(noise + [0.2, 0.3, 0], columns=TASKS)
    apart = rng.normal(0.2, 0.01, (200, 3))
    mine = pd.DataFrame(noise + [0.2, 0.3, 0] + apart, columns=TASKS)
    mine.loc[0, "a"] = np.nan
    draws = {"ALL": mine, "ONE": mine[["a"]] - apart[:, [0]] + rng.normal(0, 0.1, (200, 1))}
    found = red_line(networks, simple, draws, {"kmer": theirs, "gc": theirs}).set_index("strategy")
    assert found["baseline"].tolist() == ["kmer", "kmer"] and found["n_tasks"].tolist() == [2, 1]
    both = found.loc["ALL"]
    assert both[["mean_auprc", "baseline_mean_auprc", "difference"]].tolist() == pytest.approx(
        [0.45, 0.25, 0.2]
    )
    assert both[["mean_f1", "baseline_mean_f1", "f1_difference"]].tolist() == pytest.approx([0.35, 0.3, 0.05])
    means = apart[:, :2].mean(axis=1)
    means[0] = apart[0, 1]
    ends = np.quantile(means, [0.025, 0.975])
    assert both[["difference_low", "difference_high"]].tolist() == pytest.approx(ends.tolist())
    assert found["verdict"].tolist() == ["beats", "does not beat"]


def test_without_draws_nothing_is_shown_and_without_regressions_there_are_no_rows():
    networks, none = {"N": table([0.4, 0.5], [0.2, 0.5])}, pd.DataFrame(columns=TASKS[:2], dtype=np.float32)
    simple = {"kmer_low_rank": table([0.1, 0.2], [0.1, 0.1]), "prior": table([0.1, 0.1], [0.1, 0.1])}
    found = red_line(networks, simple, {"N": none}, {"kmer_low_rank": none, "prior": none})
    assert found["verdict"].tolist() == ["not shown"] and np.isnan(found["difference_low"][0])
    nothing = red_line(networks, {"prior": simple["prior"]}, {"N": none}, {"prior": none})
    assert nothing.empty and list(nothing) == list(found)


def test_the_red_line_is_of_baselines_that_know_no_test_label():
    assert all(name in BASELINES and is_honest(name) for name in RED_LINE)
