"""Held-out members of complexes: which are held out, and how often they land right by chance."""

import json
import sys

import numpy as np
import pandas as pd
import pytest
import yaml

from checkouts import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "benchmarks"))

from adopt_complexes import complexes, curves, held_out, judged, landings, make

KNOWN = REPOSITORY / "config/yeast_complexes.tsv"


def test_each_member_of_a_complex_is_held_out_once_in_as_many_rounds():
    found = complexes(KNOWN)
    assert len(found) == 7 and min(map(len, found.values())) == 3
    for name, members in found.items():
        assert [held_out(KNOWN, number)[name] for number in range(len(members))] == members


def test_the_run_of_a_round_does_not_know_what_is_held_out(tmp_path):
    make(tmp_path / "round", 1, [1, 2])
    config = yaml.safe_load((tmp_path / "round/config.yaml").read_text())
    run = set(pd.read_csv(config["samples"], sep="\t")["profile_id"])
    new = set(pd.read_csv(config["adopt"]["samples"], sep="\t")["profile_id"])
    assert new == set(held_out(KNOWN, 1).values()) and len(run) == 98 and not run & new
    whole = yaml.safe_load((REPOSITORY / "config/yeast_chipexo.yaml").read_text())
    assert config["training"] == whole["training"] and config["splits"] == whole["splits"]


@pytest.fixture
def round_of(tmp_path):
    """A round in which every target but one lands where the rest of its complex is."""
    folder = tmp_path / "round0"
    targets = held_out(KNOWN, 0)
    rows, starts = [], []
    for number, (name, members) in enumerate(complexes(KNOWN).items()):
        home = number % 2
        rows += [(task, home) for task in members if task != targets[name]]
        landed = home if number else 1 - home
        starts += [(targets[name], "LABELS", 1, group, int(group == landed)) for group in (0, 1)]
    (folder / "results/groupings/labels/seed1").mkdir(parents=True)
    (folder / "results/adopt/models/LABELS/seed1").mkdir(parents=True)
    pd.DataFrame(rows, columns=["task_id", "group"]).to_csv(
        folder / "results/groupings/labels/seed1/groups.tsv", sep="\t", index=False
    )
    pd.DataFrame(starts, columns=["task_id", "strategy", "seed", "group", "chosen"]).to_csv(
        folder / "results/adopt/models/LABELS/seed1/starts.tsv", sep="\t", index=False
    )
    (folder / "round.json").write_text(json.dumps({"targets": targets, "known": str(KNOWN)}))
    return folder, pd.DataFrame(rows, columns=["task_id", "group"])


def test_landings_and_what_chance_gives(round_of):
    folder, groups = round_of
    table = landings(folder)
    assert (table["group"] == table["home"]).tolist() == [False, *[True] * 6]
    assert (table["together"] == 1).all()
    share = groups["group"].value_counts(normalize=True)
    assert table["share"].tolist() == pytest.approx([share[home] for home in table["home"]])
    [row] = judged(table).to_dict("records")
    assert row["right"] == pytest.approx(6 / 7) and row["n"] == 7
    # 4 of 7 homes are 0 and 3 of the groups landed in: the mean of a permutation in closed form
    zeros, landed = (table["home"] == 0).sum(), (table["group"] == 0).sum()
    expected = (zeros * landed + (7 - zeros) * (7 - landed)) / 49
    assert row["permuted"] == pytest.approx(expected, abs=0.01)
    # only permutations that give at most one to a wrong home reach it
    assert 0.005 < row["p"] < 0.2


def test_the_curves_end_at_all_positives_of_each_target(tmp_path):
    folder = tmp_path / "results/adopt"
    folder.mkdir(parents=True)
    rows = [
        (task, start, n, auprc, auprc - 0.1)
        for task, most in (("a", 100), ("b", 250))
        for n in {100, most}
        for start, auprc in (("SMTL", 0.1 + n / 1000), ("alone", 0.1))
    ]
    columns = ["task_id", "start", "n_positives", "test_auprc", "above_alone"]
    pd.DataFrame(rows, columns=columns).to_csv(folder / "few_shot.tsv", sep="\t", index=False)
    found = curves([tmp_path]).set_index(["positives", "start"])
    assert found.loc[("all", "SMTL"), "n"] == 2 and found.loc[("100", "SMTL"), "n"] == 1
    assert found.loc[("all", "SMTL"), "above_alone"] == pytest.approx(np.mean([0.1, 0.25]))
    assert found.loc[("all", "SMTL"), "share_above"] == 1 and found.loc[("all", "alone"), "share_above"] == 0
