"""Costs against the layers counted by hand; groups against technique."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_mutual_info_score

from epigroup.confounders import confounder_table, find_confounders, properties, terciles
from epigroup.costs import count_costs
from epigroup.errors import InputError

NETWORK = {
    "name": "small",
    "channels": [6],
    "filter_width": 5,
    "pool": 4,
    "dropout": [0.0],
    "hidden": 7,
    "head": "shared",
}
WINDOW = 24  # 20 places, 5 after pooling


def flop(n_tasks):
    """Of training an example: convolution without the gradient of its input, both dense layers with all."""
    convolution, hidden, heads = 20 * 5 * 4 * 6, 5 * 6 * 7, 7 * n_tasks
    return 2 * (2 * convolution + 3 * (hidden + heads))


@pytest.fixture
def made(tmp_path):
    """Curves and groups of SMTL (one group of four) and KMTL (three and one) with seeds 1 and 2."""
    curves, groups, runs = [], [], []
    for strategy, sizes in (("SMTL", [4]), ("KMTL", [3, 1])):
        for seed in (1, 2):
            runs.append([strategy, seed])
            folder = tmp_path / strategy / f"seed{seed}"
            folder.mkdir(parents=True)
            table = [f"{t}\t{g}" for g, n in enumerate(sizes) for t in "abcd"[4 - n :]]
            (folder / "groups.tsv").write_text("task_id\tgroup\n" + "\n".join(table) + "\n")
            groups.append(folder / "groups.tsv")
            for g in range(len(sizes)):
                rows = [f"{g}\t{step}\t{step * 8}\t0.5\t0.5\t{step * (g + 1) * seed}" for step in (10, 20)]
                path = folder / f"pack{g}.curves.tsv"
                head = "group\tstep\texamples\ttrain_loss\tvalidation_loss\tseconds\n"
                path.write_text(head + "\n".join(rows) + "\n")
                curves.append(str(path))
    training = {"network": NETWORK, "batch_size": 8, "device": "cpu", "threads": 2}
    cfg = {
        "window": WINDOW,
        "runs": runs,
        "training": {"SMTL": training, "KMTL": training},
        "needs": {"SMTL": [], "KMTL": ["SMTL"]},
        "choices": {"BEST": [["SMTL", "KMTL"], [1, 2]]},
        "pools": {"BOTH": ["SMTL", "KMTL"]},
    }
    return curves, groups, tmp_path / "costs.tsv", cfg


def test_costs_are_those_of_the_layers_and_the_clock(made):
    count_costs(*made)
    table = pd.read_csv(made[2], sep="\t", dtype={"seed": str}).set_index(["strategy", "seed"])
    smtl, kmtl = table.loc["SMTL", "2"], table.loc["KMTL", "2"]
    assert smtl["flop"] == pytest.approx(flop(4) * 8 * 20, rel=1e-5)
    assert kmtl["flop"] == pytest.approx((flop(3) + flop(1)) * 8 * 20, rel=1e-5)
    assert smtl["hours"] == pytest.approx(2 * 40 / 3600, rel=1e-5)
    assert kmtl["hours"] == pytest.approx(2 * (40 + 80) / 3600, rel=1e-5)
    assert (kmtl["networks"], kmtl["steps"]) == (2, 40)
    assert kmtl["flop_in_all"] == pytest.approx(kmtl["flop"] + smtl["flop"], rel=1e-5)
    best = table.loc["BEST", "2"]
    assert best["flop"] == 0 and best["hours_in_all"] == pytest.approx(kmtl["hours_in_all"], rel=1e-5)
    both = table.loc["BOTH", "2"]
    assert both["flop"] == pytest.approx((smtl["flop"] + kmtl["flop"]) / 2, rel=1e-5)
    assert both["needs"] == "mixed"
    seeds = [table.loc["KMTL", seed]["hours"] for seed in ("1", "2")]
    assert table.loc["KMTL", "all"]["hours"] == pytest.approx(np.mean(seeds), rel=1e-5)


def test_a_group_without_a_curve_is_refused(made):
    curves, groups, out, cfg = made
    with pytest.raises(InputError, match="group 1 has no curve"):
        count_costs(curves[:-1], groups, out, cfg)


def test_terciles_cut_by_rank_and_keep_ties_together():
    assert terciles(pd.Series([5.0, 1, 3, np.nan, 2, 4, 6])).tolist() == [
        *("high", "low", "middle", "", "low", "middle", "high"),
    ]
    assert terciles(pd.Series([7.0, 7, 7])).nunique() == 1


def test_groups_that_are_the_assay_are_found(tmp_path):
    rng = np.random.default_rng(0)
    n = 90
    tasks = pd.DataFrame(
        {
            "task_id": [f"t{i}" for i in range(n)],
            "assay": np.where(np.arange(n) % 3 == 0, "ATAC", "DNase"),
            "modality": "CA",
            "cell_group": rng.choice(["x", "y", "z"], n),
            "n_peaks": rng.permutation(n),
        }
    )
    depth = pd.Series({"t0": 1.0, "t1": 2.0, "t2": 3.0})
    words = properties(tasks, depth)
    assert (words["depth"] != "").sum() == 3
    assert words["peaks"].value_counts().tolist() == [30, 30, 30]
    groups = (tasks["assay"] == "ATAC").astype(int)
    by_assay = pd.DataFrame({"task_id": tasks["task_id"], "group": groups}).sample(frac=1, random_state=1)
    table = confounder_table(words, [("assay", 1, by_assay)]).set_index("property")
    assert table.loc["assay", "ami"] == pytest.approx(1) and table.loc["assay", "nmi"] == pytest.approx(1)
    expected = adjusted_mutual_info_score(tasks["cell_group"], groups)
    assert table.loc["cell_group", "ami"] == pytest.approx(expected) and abs(expected) < 0.05
    assert np.isnan(table.loc["modality", "ami"]) and table.loc["modality", "n_values"] == 1
    assert table.loc["depth", "n_tasks"] == 3 and np.isnan(table.loc["depth", "ami"])
    tasks.to_csv(tmp_path / "tasks.tsv", sep="\t", index=False)
    by_assay.to_csv(tmp_path / "groups.tsv", sep="\t", index=False)
    cfg = {"groupings": [["assay", 1, tasks["task_id"].tolist()]]}
    find_confounders([tmp_path / "groups.tsv"], tmp_path / "tasks.tsv", [], [], tmp_path / "out.tsv", cfg)
    found = pd.read_csv(tmp_path / "out.tsv", sep="\t").set_index("property")
    assert found.loc["assay", "ami"] == pytest.approx(1)
    assert found.loc["depth", "n_tasks"] == 0 and np.isnan(found.loc["depth", "ami"])
