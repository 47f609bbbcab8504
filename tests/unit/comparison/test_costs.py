"""Costs against the layers counted by hand; groups against technique."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_mutual_info_score

from epigroup.comparison.confounders import confounder_table, find_confounders, properties, terciles
from epigroup.comparison.costs import count_costs
from epigroup.config.prerequisites import Before, all_before, directly_before
from epigroup.core.errors import InputError

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
    training = {"network": NETWORK, "batch_size": 8, "device": "cpu", "threads": 2, "balancing": "none"}
    nothing = {"heads": [], "warm_start": [], "teachers": [], "searches": [], "affinities": []}
    cfg = {
        "window": WINDOW,
        "runs": runs,
        "training": {"SMTL": training, "KMTL": training},
        "searches": [],
        "affinities": [],
        "before": [
            [name, seed, *(nothing | {"heads": [["SMTL", seed]] if name == "KMTL" else []},) * 2]
            for name, seed in runs
        ],
        "choices": {"BEST": [[seed, [["SMTL", seed], ["KMTL", seed]]] for seed in (1, 2)]},
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
    assert kmtl["heads_hours"] == smtl["hours"] and kmtl["warm_start_hours"] == smtl["heads_hours"] == 0
    best = table.loc["BEST", "2"]
    assert best["flop"] == 0 and best["hours_in_all"] == pytest.approx(kmtl["hours_in_all"], rel=1e-5)
    both = table.loc["BOTH", "2"]
    assert both["flop"] == pytest.approx((smtl["flop"] + kmtl["flop"]) / 2, rel=1e-5)
    assert both["needs"] == "mixed"
    seeds = [table.loc["KMTL", seed]["hours"] for seed in ("1", "2")]
    assert table.loc["KMTL", "all"]["hours"] == pytest.approx(np.mean(seeds), rel=1e-5)


def test_searches_affinities_and_warm_starts_are_counted_once(made, tmp_path):
    """KMTL: a search of its own, groups by an affinity measured on SMTL, and a start from SMTL, which searched."""
    curves, groups, out, cfg = made
    head = "group\tphase\tlearning_rate\tsteps\tbest_step\tvalidation_loss\tseconds\tended\n"
    rows = {
        "SMTL": ["0\tcoarse\t0.1\t5\t5\t0.5\t36\tmax_steps"],
        "KMTL": [
            "0\tcoarse\t0.1\t4\t4\t0.5\t18\tmax_steps",
            "1\tcoarse\t0.1\t3\t3\tinf\t54\tdiverged",
        ],
    }
    paths = []
    for name, trials in rows.items():
        paths.append(str(tmp_path / f"{name}.trials.tsv"))
        (tmp_path / f"{name}.trials.tsv").write_text(head + "\n".join(trials) + "\n")
    (tmp_path / "ahead.json").write_text('{"seconds": 90.0}')
    searches = [[name, seed] for seed in (1, 2) for name in rows]
    affinities = [["ahead", "SMTL", seed] for seed in (1, 2)]
    before = []
    for name, seed in cfg["runs"]:
        network, search = [["SMTL", seed]], [[name, seed]]
        direct = {"heads": [], "warm_start": [], "teachers": [], "searches": search, "affinities": []}
        whole = direct
        if name == "KMTL":
            measured = [["ahead", "SMTL", seed]]
            direct = {
                "heads": network,
                "warm_start": network,
                "teachers": [],
                "searches": search,
                "affinities": measured,
            }
            both = [*search, ["SMTL", seed]]
            whole = {
                "heads": network,
                "warm_start": [],
                "teachers": [],
                "searches": both,
                "affinities": measured,
            }
        before.append([name, seed, direct, whole])
    cfg |= {"searches": searches, "affinities": affinities, "before": before}
    count_costs(curves, groups, out, cfg, trials=paths * 2, affinities=[tmp_path / "ahead.json"] * 2)
    table = pd.read_csv(out, sep="\t", dtype={"seed": str}).set_index(["strategy", "seed"])
    smtl, kmtl, best = (table.loc[name, "1"] for name in ("SMTL", "KMTL", "BEST"))
    close = {"rel": 1e-5}
    assert smtl["search_hours"] == pytest.approx(2 * 36 / 3600, **close)
    assert smtl["search_flop"] == pytest.approx(flop(4) * 8 * 5, **close)
    assert kmtl["search_hours"] == pytest.approx(2 * (18 + 54) / 3600, **close)
    assert kmtl["search_flop"] == pytest.approx(8 * (4 * flop(3) + 3 * flop(1)), **close)
    assert kmtl["affinity_hours"] == pytest.approx(2 * 90 / 3600, **close)
    assert kmtl["heads_hours"] == kmtl["warm_start_hours"] == smtl["hours"]
    assert kmtl["heads_flop"] == kmtl["warm_start_flop"] == smtl["flop"]
    parts = [kmtl[f"{what}hours"] for what in ("", "search_", "affinity_")]
    assert kmtl["hours_in_all"] == pytest.approx(sum(parts) + smtl["hours_in_all"], **close)
    assert smtl["hours_in_all"] == pytest.approx(smtl["hours"] + smtl["search_hours"], **close)
    assert kmtl["flop_in_all"] == pytest.approx(
        kmtl["flop"] + kmtl["search_flop"] + smtl["flop"] + smtl["search_flop"], **close
    )
    assert best["hours_in_all"] == pytest.approx(kmtl["hours_in_all"], **close)
    assert best["needs"] == "SMTL KMTL"
    (tmp_path / "KMTL.trials.tsv").write_text(head + rows["KMTL"][0].replace("0\t", "7\t", 1) + "\n")
    with pytest.raises(InputError, match="group 7 is not in"):
        count_costs(curves, groups, out, cfg, trials=paths * 2, affinities=[tmp_path / "ahead.json"] * 2)
    (tmp_path / "ahead.json").write_text("{}")
    (tmp_path / "KMTL.trials.tsv").write_text(head)
    with pytest.raises(InputError, match="ahead.json: no figures of an affinity"):
        count_costs(curves, groups, out, cfg, trials=paths * 2, affinities=[tmp_path / "ahead.json"] * 2)


def test_what_an_affinity_takes_along_a_training_is_its_own_cost(made, tmp_path):
    """KMTL by an affinity collected while SMTL trained, or by one that trained SMTL again."""
    curves, groups, out, cfg = made
    for path in map(Path, curves[:2]):  # SMTL's: of 20 and 40 s, 0.5 s for the looks
        head, *rows = path.read_text().splitlines()
        path.write_text("".join([f"{head}\tlook_ahead_seconds\n", *(f"{row}\t0.5\n" for row in rows)]))
    (tmp_path / "ahead.json").write_text(
        '{"seconds": 2, "look_ahead_seconds": 0.5, "look_ahead_share": 0.01}'
    )
    (tmp_path / "again.json").write_text('{"seconds": 90, "training_steps": 20, "tasks": 4}')
    for name, heads in (("ahead", [["SMTL", 1]]), ("again", [])):
        before = {
            "heads": heads,
            "warm_start": [],
            "teachers": [],
            "searches": [],
            "affinities": [[name, "SMTL", 1]],
        }
        cfg["affinities"] = [[name, "SMTL", 1]]
        cfg["before"][2] = ["KMTL", 1, before, before]
        count_costs(curves, groups, out, cfg, affinities=[tmp_path / f"{name}.json"])
        table = pd.read_csv(out, sep="\t", dtype={"seed": str}).set_index(["strategy", "seed"])
        smtl, kmtl = table.loc["SMTL", "1"], table.loc["KMTL", "1"]
        assert smtl["hours"] == pytest.approx(2 * 19.5 / 3600, rel=1e-5)
        # either way one training of SMTL is among what KMTL needed
        assert kmtl["flop_in_all"] == pytest.approx(kmtl["flop"] + smtl["flop"], rel=1e-5)
        if name == "ahead":
            assert kmtl["affinity_hours"] == pytest.approx(2 * 2.5 / 3600, rel=1e-5)
            assert kmtl["affinity_flop"] == 0 and kmtl["heads_flop"] == smtl["flop"]
        else:
            assert kmtl["affinity_hours"] == pytest.approx(2 * 90 / 3600, rel=1e-5)
            assert kmtl["affinity_flop"] == smtl["flop"] and kmtl["heads_flop"] == 0


def test_balanced_training_costs_what_its_passes_cost(made):
    curves, groups, out, cfg = made
    cfg["training"]["KMTL"] = cfg["training"]["KMTL"] | {"balancing": "pcgrad"}
    count_costs(curves, groups, out, cfg)
    table = pd.read_csv(out, sep="\t", dtype={"seed": str}).set_index(["strategy", "seed"])
    shared = 2 * (20 * 5 * 4 * 6 + 2 * 5 * 6 * 7)  # a backward pass through the trunk
    expected = (flop(3) + 2 * shared + flop(1)) * 8 * 20
    assert table.loc[("KMTL", "1"), "flop"] == pytest.approx(expected, rel=1e-5)


def test_what_comes_before_follows_from_the_config():
    plain = {
        "heads_from": None,
        "affinity": None,
        "like": None,
        "vectors": "raw",
        "of": "kmeans",
        "heads_seeds": None,
    }
    config = {
        "seeds": [1, 2, 3],
        "groupings": {
            "all": plain | {"method": "all"},
            "kmeans": plain | {"method": "kmeans", "heads_from": "SMTL"},
            "by_labels": plain | {"method": "kmeans", "heads_from": "SMTL", "vectors": "labels"},
            "vote": plain | {"method": "consensus", "heads_from": "SMTL"},
            "ahead": plain | {"method": "tag", "heads_from": "SMTL", "affinity": "training"},
            "again": plain | {"method": "sca", "heads_from": "SMTL", "affinity": "again"},
            "apart": plain | {"method": "sca", "heads_from": "SMTL", "affinity": "trained"},
            "pairs": plain | {"method": "tag", "heads_from": "SMTL", "affinity": "hoa"},
            "random": plain | {"method": "random", "like": "kmeans"},
            "round": plain | {"method": "pairs"},
        },
        "affinities": {
            "training": {"measure": "tag", "network": "training"},
            "again": {"measure": "sca", "network": "training"},
            "trained": {"measure": "sca", "network": "trained"},
            "hoa": {"measure": "hoa", "network": "trained", "pairs_from": ["ROUND"]},
        },
        "searches": {"rates": {"seed": 5}},
        "strategies": {
            "SMTL": {"grouping": "all", "seeds": None, "search": "rates"},
            "ROUND": {"grouping": "round", "seeds": None},
        },
    }
    for name in config["groupings"]:
        config["strategies"][name.upper()] = {"grouping": name, "seeds": None}
    config["strategies"]["WARM"] = {"grouping": "random", "seeds": None, "warm_start": "SMTL"}
    found = {name: all_before(config, name, 2) for name in config["strategies"]}
    searched = [("SMTL", 1)]  # one search for all seeds
    assert found["SMTL"] == Before(searches=searched)
    assert found["KMEANS"] == Before([("SMTL", 2)], searches=searched)
    assert found["BY_LABELS"] == found["RANDOM"] == Before()
    assert found["VOTE"] == Before([("SMTL", 1), ("SMTL", 2), ("SMTL", 3)], searches=searched)
    assert found["AHEAD"] == Before([("SMTL", 2)], searches=searched, affinities=[("training", "SMTL", 2)])
    assert found["AGAIN"] == Before([], searches=searched, affinities=[("again", "SMTL", 2)])
    assert found["APART"] == Before([("SMTL", 2)], searches=searched, affinities=[("trained", "SMTL", 2)])
    assert found["PAIRS"] == Before(
        [("ROUND", 2), ("SMTL", 2)], searches=searched, affinities=[("hoa", "SMTL", 2)]
    )
    assert found["WARM"] == Before([("SMTL", 2)], searches=searched)
    assert directly_before(config, "WARM", 2) == Before([], [("SMTL", 2)])


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
