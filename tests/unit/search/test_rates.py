"""Which rates are tried, and which rate wins: of a group, of a sample, of equals and of trials that diverged."""

import math

import pandas as pd
import pytest

from epigroup.core.errors import InputError
from epigroup.search import rates as search
from epigroup.search.rates import Trial
from planted_examples import write_groups


def trial(group: int, rate: float, loss: float, phase: str = "coarse") -> Trial:
    ended = "max_steps" if math.isfinite(loss) else "diverged"
    return Trial(group, phase, rate, 12, 6, loss, 0.5, ended)


def test_the_second_phase_is_around_the_best_of_the_first():
    tried = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35]
    assert search.fine_rates(0.2, tried, 0.025) == [0.175, 0.225]
    assert search.fine_rates(0.05, tried, 0.025) == [0.025, 0.075]
    assert search.fine_rates(0.35, tried, 0.025) == [0.325, 0.375]
    assert search.fine_rates(0.01, [0.01, 0.02], 0.01) == []


def test_the_paper_makes_nine_trials_a_group_and_1087_trainings():
    """367 single-task trainings; 9 trials of SMTL, EMTL, CMTL, of k-means for K = 2..10 and of four more
    clusterings into four groups."""
    tried = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35]
    trials = len(tried) + len(search.fine_rates(0.2, tried, 0.025))
    assert 367 + trials * (1 + 3 + 6 + sum(range(2, 11)) + 4 * 4) == 1087


def test_the_lowest_loss_wins_the_smaller_rate_of_equals_and_no_diverged_one():
    losses = {0.1: 0.5, 0.2: 0.3, 0.15: 0.3, 0.4: math.inf, 0.5: math.nan}
    assert search.best_rate([trial(0, rate, loss) for rate, loss in losses.items()], "group 0") == 0.15
    with pytest.raises(InputError, match=r"strategy X, group 3: .* 0\.1, 0\.2"):
        search.best_rate([trial(3, 0.2, math.inf), trial(3, 0.1, math.inf)], "strategy X, group 3")


def test_a_sample_is_decided_by_its_mean(tmp_path):
    """0.1 is best for one task by far, 0.2 for the mean; at 0.3 one task diverged."""
    losses = {
        (0, 0.1): 0.10,
        (0, 0.2): 0.30,
        (0, 0.3): 0.01,
        (5, 0.1): 0.90,
        (5, 0.2): 0.40,
        (5, 0.3): math.inf,
    }
    found, groups = (
        tmp_path / "coarse0.tsv",
        write_groups(tmp_path / "g.tsv", {i: [f"t{i}"] for i in range(8)}),
    )
    search.write_trials(found, [trial(g, rate, loss) for (g, rate), loss in losses.items()])
    outs = {"rates_out": tmp_path / "rates.tsv", "trials_out": tmp_path / "trials.tsv"}
    rates = search.choose_rates([found], groups, strategy="STL", sampled=True, **outs)
    assert rates == dict.fromkeys(range(8), 0.2)
    assert pd.read_csv(outs["rates_out"], sep="\t").to_dict("list") == {
        "group": list(range(8)),
        "learning_rate": [0.2] * 8,
    }
    table = pd.read_csv(outs["trials_out"], sep="\t")
    assert set(table.loc[table["chosen"] == 1, "learning_rate"]) == {0.2}
    assert table.loc[table["learning_rate"] == 0.2, "mean_loss"].tolist() == pytest.approx([0.35, 0.35])
    assert math.isinf(table.loc[table["learning_rate"] == 0.3, "mean_loss"].iloc[0])


def test_each_group_gets_its_own_rate_and_a_group_without_trials_is_named(tmp_path):
    groups = write_groups(tmp_path / "g.tsv", {0: ["a", "b"], 1: ["c"]})
    paths = [tmp_path / "coarse0.tsv", tmp_path / "fine0.tsv"]
    search.write_trials(
        paths[0], [trial(0, 0.1, 0.5), trial(0, 0.2, 0.4), trial(1, 0.1, 0.2), trial(1, 0.2, 0.3)]
    )
    search.write_trials(paths[1], [trial(0, 0.25, 0.35, "fine"), trial(1, 0.05, 0.25, "fine")])
    outs = {"rates_out": tmp_path / "rates.tsv", "trials_out": tmp_path / "trials.tsv"}
    assert search.choose_rates(paths, groups, strategy="EMTL", sampled=False, **outs) == {0: 0.25, 1: 0.1}
    assert [t.learning_rate for t in search.read_trials(paths)] == [0.1, 0.2, 0.1, 0.2, 0.25, 0.05]
    write_groups(groups, {0: ["a"], 1: ["c"], 2: ["d"]})
    with pytest.raises(InputError, match="EMTL: no trial of group 2"):
        search.choose_rates(paths, groups, strategy="EMTL", sampled=False, **outs)


def test_a_table_of_trials_that_is_cut_is_refused_by_name(tmp_path):
    path = tmp_path / "coarse0.tsv"
    search.write_trials(path, [trial(0, 0.1, 0.5), trial(0, 0.2, math.inf)])
    assert [t.validation_loss for t in search.read_trials([path])] == [0.5, math.inf]
    whole = path.read_text()
    for text in (whole[:-3], whole.replace("0.5\t", "0.x\t", 1), "group\tphase\n0\tcoarse\n"):
        path.write_text(text)
        with pytest.raises(InputError, match=r"coarse0\.tsv"):
            search.read_trials([path])
