"""Planted sins of a run are caught (a threshold of test's, a depth confounder, a choice by test, a file made
from test), and a clean run is left alone.
"""

import json

import h5py
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import f1_score, precision_recall_curve

import report_tree
from epigroup import audit
from epigroup.audit import class_balance, donors, fitted, flow, selection, technique, thresholds
from epigroup.audit.run_checks import COLUMNS, audit_run
from epigroup.comparison.confounders import read_depth
from epigroup.comparison.scores import read_metrics
from epigroup.core.errors import InputError
from epigroup.core.text_files import sealed
from epigroup.dataset.labels import pack
from epigroup.evaluation.predictions import evaluate_strategy
from epigroup.report.figures.audit import draw_technique, technique_points
from epigroup.report.page import render
from epigroup.results.run import load

TASKS = [f"t{i:02d}" for i in range(30)]
CFG = {"regions": "all_mappable", "min_validation_positives": 20, "tasks": TASKS}


def predictions(path, split, n, seed):
    """Scores that follow the labels, float16; the last task has hardly a positive in validation."""
    rng = np.random.default_rng(seed)
    share = np.full(len(TASKS), 0.2)
    share[-1] = 0.003
    labels = rng.random((n, len(TASKS))) < share
    scores = np.clip(rng.normal(0.3, 0.15, labels.shape) + 0.2 * labels, 0, 1).astype(np.float16)
    with h5py.File(path, "w") as file:
        file["probability"], file["labels"] = scores, pack(labels)
        file["chrom"] = np.zeros(n, np.int16)
        file["start"] = (np.arange(n) * 200).astype(np.int32)
        file.attrs["task_ids"], file.attrs["dataset_hash"], file.attrs["split"] = TASKS, "f" * 64, split
    return scores, labels


@pytest.fixture
def scored(tmp_path):
    """A strategy's folder with predictions and metrics.tsv, and both splits' scores and labels."""
    folder = tmp_path / "thresholds" / "SMTL" / "seed1"
    folder.mkdir(parents=True)
    splits = {
        name: predictions(folder / f"{name}.h5", name, n, seed)
        for name, n, seed in (("validation", 1500, 1), ("test", 2000, 2))
    }
    about = {
        "task_ids": TASKS, "dataset_hash": "f" * 64,
        "n_evaluation": {"all_mappable": {name: len(labels) for name, (_, labels) in splits.items()}},
        "positives": {name: labels.sum(0).tolist() for name, (_, labels) in splits.items()},
    }  # fmt: skip
    (folder / "dataset.json").write_text(json.dumps(about))
    (folder / "groups.tsv").write_text("task_id\tgroup\n" + "".join(f"{task}\t0\n" for task in TASKS))
    evaluate_strategy(
        *(folder / name for name in ("validation.h5", "test.h5", "groups.tsv", "dataset.json")),
        folder / "metrics.tsv", folder / "blocks.h5", CFG | {"interval_draws": 0, "seed": 1},
    )  # fmt: skip
    return folder, splits


def held(folder):
    thresholds.hold_thresholds(
        *(folder / name for name in ("validation.h5", "test.h5", "metrics.tsv", "dataset.json")),
        folder / "thresholds.tsv", CFG,
    )  # fmt: skip
    found = thresholds.check({"thresholds": [str(folder / "thresholds.tsv")]}, {})
    return pd.read_csv(folder / "thresholds.tsv", sep="\t").set_index("task_id"), found


def test_thresholds_of_validation_are_left_alone(scored):
    folder, splits = scored
    table, found = held(folder)
    assert found.verdict == "pass" and found.details["origins"] == {"validation": 29, "few positives": 1}
    scores, labels = splits["validation"]
    called = scores[:, 0].astype(np.float64) >= table.loc["t00", "threshold"]
    assert table.loc["t00", "validation_f1"] == pytest.approx(f1_score(labels[:, 0], called), abs=1e-12)
    precision, recall, _ = precision_recall_curve(labels[:, 0], scores[:, 0])
    best = np.nanmax(2 * precision * recall / np.maximum(precision + recall, 1e-12))
    assert table.loc["t00", "best_validation_f1"] == pytest.approx(best, abs=1e-12)


def test_a_threshold_tuned_on_test_is_caught(scored):
    folder, splits = scored
    metrics = pd.read_csv(folder / "metrics.tsv", sep="\t").set_index("task_id", drop=False)
    scores, labels = splits["test"]
    precision, recall, at = precision_recall_curve(labels[:, 3], scores[:, 3].astype(np.float64))
    best = at[np.argmax((2 * precision * recall / (precision + recall))[:-1])]
    assert best != metrics.loc["t03", "threshold"]
    metrics.loc["t03", "threshold"] = best
    metrics.loc["t05", "threshold"] = 0.9
    metrics.loc["t29", "threshold"] = 0.4  # too few positives: only 0.5 is right
    metrics.to_csv(folder / "metrics.tsv", sep="\t", index=False)
    table, found = held(folder)
    assert found.verdict == "fail"
    assert table.loc[["t03", "t05"], "origin"].tolist() == ["test", "elsewhere"]
    assert sorted(row["task_id"] for row in found.details["odd"]) == ["t03", "t05", "t29"]
    assert "best on test" in found.figure and "SMTL, seed 1, all_mappable bins" in found.figure


def test_each_set_of_regions_has_its_thresholds_looked_at(scored):
    """Those of one set are right; of the other, chosen on its own bins, one is not."""
    folder, _ = scored
    table, found = held(folder)
    paths = []
    for regions, folder_ in (("any_peak", "audit"), ("all_mappable", "all_mappable")):
        mine = table.reset_index().assign(regions=regions)
        if regions == "all_mappable":
            mine.loc[3, "origin"] = "test"
        paths.append(report_tree.write_tsv(mine, folder / folder_ / "SMTL/seed1/thresholds.tsv"))
    found = thresholds.check({"thresholds": paths}, {})
    assert found.verdict == "fail" and [row["regions"] for row in found.details["odd"]] == ["all_mappable"]
    found = thresholds.check({"thresholds": paths[:1]}, {})
    assert found.verdict == "pass" and "(1 strategies and seeds, bins: any_peak)" in found.figure


def test_metrics_that_lack_a_task_are_refused_by_name(scored):
    folder, _ = scored
    metrics = pd.read_csv(folder / "metrics.tsv", sep="\t")
    for table, problem in (
        (metrics.drop(index=4), "lacks the task 't04'"),
        (metrics.replace({"task_id": {"t04": "t05"}}), "lacks the task 't04'"),
        (pd.concat([metrics, metrics[2:3]]), "task 't02' is unknown or comes twice"),
        (metrics.drop(columns="threshold"), "no column threshold"),
    ):
        table.to_csv(folder / "metrics.tsv", sep="\t", index=False, na_rep="NaN")
        with pytest.raises(InputError, match=f"metrics.tsv: .*{problem}"):
            held(folder)


def test_tasks_may_be_called_as_what_is_not_known(tmp_path):
    """NA, NaN, nan and numbers are names that the sheet allows."""
    ids = ["NA", "NaN", "nan", "1e5", "007", "None", "true"]
    table = pd.DataFrame([[task, 0.5, 0.5, 0.1, 0.1, None, None, "validation", "any_peak"] for task in ids],
                         columns=thresholds.COLUMNS)  # fmt: skip
    path = report_tree.write_tsv(
        table.assign(origin="elsewhere"), tmp_path / "S" / "seed1" / "thresholds.tsv"
    )
    odd = thresholds.check({"thresholds": [path]}, {}).details["odd"]
    assert [row["task_id"] for row in odd] == ids
    assert np.isnan(read_metrics(path, ["test_f1"])["test_f1"]).all()
    inputs = run_inputs(tmp_path, np.linspace(0.1, 0.5, 7), tasks=ids)
    cfg = run_cfg(7) | {
        "tasks": [{"task_id": task, "donors": [], "batches": []} for task in ids],
        "learnt": dict.fromkeys(["KMTL", "SMTL"], ids),
    }
    found = technique.check(inputs, cfg)
    assert [row["task_id"] for row in found.details["points"]] == ids
    assert {row["n_tasks"] for row in found.details["tests"]} == {7}


def test_scores_against_technique_want_every_task(tmp_path):
    inputs, cfg = run_inputs(tmp_path, np.linspace(0.1, 0.5, 8)), run_cfg(8)
    with pytest.raises(InputError, match="no metrics.tsv of the strategy SMTL"):
        technique.check(inputs | {"metrics": inputs["metrics"][:1]}, cfg)
    with pytest.raises(InputError, match="task 't07' is not in the sample sheet"):
        technique.check(inputs, cfg | {"tasks": cfg["tasks"][:7]})
    table = pd.read_csv(inputs["metrics"][1], sep="\t").drop(index=3)
    report_tree.write_tsv(table, tmp_path / "evaluation/SMTL/seed1/metrics.tsv")
    with pytest.raises(InputError, match="SMTL/seed1/metrics.tsv: .*lacks the task 't03'"):
        technique.check(inputs, cfg)


def run_inputs(folder, f1, depth=None, n_peaks=None, tasks=TASKS):
    """tasks.tsv, metrics.tsv and flagstat files of tasks with these scores."""
    rng = np.random.default_rng(11)
    n, ids = len(f1), tasks
    tasks = pd.DataFrame({
        "task_id": ids[:n], "modality": "TFB", "assay": "ChIP", "target": "", "cell_type": "", "cell_group": "",
        "n_peaks": rng.permutation(n) + 100 if n_peaks is None else n_peaks,
        "positives_train": 900, "positives_validation": 90, "positives_test": 90, "share_train": 0.1, "flag": "",
    })  # fmt: skip
    report_tree.write_tsv(tasks, folder / "tasks.tsv")
    metrics = []
    for name, values in (("KMTL", f1), ("SMTL", rng.permutation(np.linspace(0.2, 0.4, n)))):
        table = pd.DataFrame({
            "task_id": ids[:n], "test_f1": values, "test_auroc": rng.permutation(np.linspace(0.6, 0.9, n)),
            "test_auprc": 0.3, "positives_test": 90, "test_base_rate": 0.1,
        })  # fmt: skip
        metrics.append(report_tree.write_tsv(table, folder / "evaluation" / name / "seed1" / "metrics.tsv"))
    flagstat = []
    for task, mapped in zip(ids, [] if depth is None else depth, strict=False):
        path = folder / f"{task}.rep1.flagstat.txt"
        path.write_text(report_tree.FLAGSTAT.format(total=int(mapped), mapped=int(mapped), mates=0))
        flagstat.append(str(path))
    return {"tasks": str(folder / "tasks.tsv"), "metrics": metrics, "flagstat": flagstat, "fastp": []}


def run_cfg(n=30, donors=(), batches=()):
    rows = [
        {"task_id": t, "donors": list(donors[i : i + 1]), "batches": list(batches[i : i + 1])}
        for i, t in enumerate(TASKS[:n])
    ]
    return {
        "targets": "labels",
        "pair": ["KMTL", "SMTL"],
        "pools": {},
        "learnt": dict.fromkeys(["KMTL", "SMTL"], TASKS[:n]),
        "tasks": rows,
        "draws": 2000,
        "seed": 1,
        "min_positives": 50,
    }


def test_a_depth_confounder_is_caught_and_chance_is_not(tmp_path):
    rng = np.random.default_rng(5)
    depth = rng.integers(1_000_000, 40_000_000, len(TASKS))
    confounded = 0.2 + 0.3 * stats.rankdata(depth) / len(TASKS) + rng.normal(0, 0.03, len(TASKS))
    found = technique.check(run_inputs(tmp_path, confounded, depth), run_cfg())
    assert (
        found.verdict == "warn"
        and "aligned fragments" in found.figure
        and "number of peaks" not in found.figure
    )
    tests = pd.DataFrame(found.details["tests"]).set_index(["property", "measure"])
    rho = stats.spearmanr(depth, confounded).statistic
    assert tests.loc[("depth", "test_f1"), "effect"] == pytest.approx(rho, abs=1e-9)
    assert np.allclose(tests["q"], stats.false_discovery_control(tests["p"]))
    clean = technique.check(run_inputs(tmp_path, rng.permutation(confounded), depth), run_cfg())
    assert clean.verdict == "pass", clean.figure


def test_pairs_are_no_deeper_than_single_reads(tmp_path):
    """The same fragments, of every other task as pairs: twice the reads, a mate in ten not aligned."""
    fragments = np.arange(1, 31) * 1000
    inputs = run_inputs(tmp_path, np.linspace(0.2, 0.5, 30))
    for i, (task, n) in enumerate(zip(TASKS, fragments, strict=True)):
        alone, total = (n // 10, 2 * n) if i % 2 else (0, n)
        mapped, mates = total - alone, total - 2 * alone if i % 2 else 0
        path = tmp_path / f"{task}.rep1.flagstat.txt"
        path.write_text(report_tree.FLAGSTAT.format(total=total, mapped=mapped, mates=mates))
        inputs["flagstat"].append(str(path))
    depth = read_depth([], inputs["flagstat"])
    assert depth.reindex(TASKS).tolist() == fragments.tolist()
    points = technique.check(inputs, run_cfg()).details["points"]
    assert [row["depth"] for row in points] == fragments.tolist()


def test_a_batch_confounder_is_caught(tmp_path):
    batches = ["a", "b", "c"] * 10
    f1 = np.random.default_rng(2).normal(0.3, 0.02, 30) + 0.1 * (np.array(batches) == "b")
    found = technique.check(run_inputs(tmp_path, f1), run_cfg(batches=batches))
    assert found.verdict == "warn" and "batch" in found.figure
    tests = pd.DataFrame(found.details["tests"]).set_index(["property", "measure"])
    h = stats.kruskal(*(f1[np.array(batches) == one] for one in "abc")).statistic
    assert tests.loc[("batch", "test_f1"), "effect"] == pytest.approx(h / 29, abs=1e-9)


def test_frip_is_held_against_scores_where_profiles_came_as_reads(tmp_path):
    rng = np.random.default_rng(8)
    frip = rng.permutation(np.linspace(0.02, 0.6, 24))
    inputs = run_inputs(tmp_path, rng.permutation(np.linspace(0.2, 0.5, 30)))
    assert "FRiP" in technique.check(inputs, run_cfg()).figure.split("Not tested")[1]
    table = pd.read_csv(inputs["metrics"][0], sep="\t")
    table.loc[:23, "test_auroc"] = 0.6 + 0.3 * frip + rng.normal(0, 0.02, 24)
    report_tree.write_tsv(table, tmp_path / "evaluation/KMTL/seed1/metrics.tsv")
    summary = pd.DataFrame(
        {"profile_id": TASKS[:24], "grade": "pass", "warned": "", "failed": "", "frip": frip}
    )
    summary.to_csv(tmp_path / "quality.tsv", sep="\t", index=False, na_rep="NA")
    found = technique.check(inputs | {"read_quality": str(tmp_path / "quality.tsv")}, run_cfg())
    assert found.verdict == "warn" and "FRiP" in found.figure.split("Not tested")[0]
    tests = pd.DataFrame(found.details["tests"]).set_index(["property", "measure"])
    rho = stats.spearmanr(frip, table.loc[:23, "test_auroc"]).statistic
    assert tests.loc[("frip", "test_auroc"), "effect"] == pytest.approx(rho, abs=1e-9)
    assert tests.loc[("frip", "test_auroc"), "n_tasks"] == 24
    assert "FRiP" not in found.figure.split("Not tested")[1]


def test_few_tasks_have_the_exact_chance():
    values, ranks = np.array([0.1, 0.5, 0.2, 0.9, 0.4, 0.3]), np.arange(6) + 1.0
    alike = np.zeros(6, int)
    orders, exact = technique.shuffles(alike, 100, 1)
    assert exact and len({tuple(order) for order in orders}) == 720
    seen, drawn = technique.spearman(ranks, values, alike, orders)
    every = [stats.spearmanr(ranks[list(order)], values).statistic for order in orders[::7]]
    assert np.allclose(drawn[::7], every) and seen == pytest.approx(stats.spearmanr(ranks, values).statistic)
    assert technique.p_value(seen, drawn, exact) == np.mean(np.abs(drawn) >= abs(seen) - 1e-12)


@pytest.mark.parametrize(("sizes", "n", "all_of_them"), [((3, 2, 4), 6 * 2 * 24, True), ((6, 9), 500, False)])
def test_tasks_are_shuffled_within_their_modality(sizes, n, all_of_them):
    strata = np.random.default_rng(0).permutation(np.repeat(np.arange(len(sizes)), sizes))
    orders, exact = technique.shuffles(strata, 500, 1)
    assert exact == all_of_them and len(orders) == n
    assert (np.sort(orders, axis=1) == np.arange(len(strata))).all()
    assert (strata[orders] == strata).all()
    if exact:
        assert len({tuple(order) for order in orders}) == n
    else:
        for place in range(len(strata)):  # each is as often in every place of its modality
            share = np.mean(orders[:, place] == place)
            assert abs(share - 1 / sizes[strata[place]]) < 0.06


def biology(seed, spoilt=None):
    """Points of 60 tasks in three modalities of their own assays and levels of scores: base rates differ and move F1
    and FRiP alone; depth and batch are drawn. `spoilt`: what AUROC follows within each modality."""
    rng = np.random.default_rng(seed)
    modality = np.repeat(["CA", "HM", "TFB"], 20)
    level = np.repeat([0.9, 0.7, 0.8], 20)
    n_peaks = np.exp(rng.normal(9, 1, 60) + np.repeat([2, 1, 0], 20))
    points = pd.DataFrame({
        "task_id": np.arange(60), "modality": modality, "n_peaks": n_peaks, "donor": "",
        "assay": [rng.choice(["ATAC", "DNase"]) if one == "CA" else {"HM": "CUT&RUN", "TFB": "ChIP"}[one]
                  for one in modality],
        "depth": rng.lognormal(17, 0.5, 60), "batch": rng.choice(list("abcd"), 60),
        "frip": np.clip(0.02 * np.log(n_peaks) + rng.normal(0, 0.01, 60), 0.01, 1),
        "test_f1": 0.05 * np.log(n_peaks) + rng.normal(0, 0.01, 60),
        "test_auroc": level + rng.normal(0, 0.03, 60), "gain": rng.normal(0.01, 0.02, 60),
    })  # fmt: skip
    if spoilt is not None:
        values = points[spoilt]
        values = values.rank() / 60 if spoilt in technique.NUMBERS else (values == values[0]).astype(float)
        points["test_auroc"] += 0.15 * values
    return points


def warns(points):
    measured = ("test_f1", "test_auroc", "gain")
    tests = technique.confounder_tests(points, measured, 1000, 1, {"test_f1"})
    size = np.where(tests["kind"] == "rho", tests["effect"].abs(), np.sqrt(tests["effect"].clip(lower=0)))
    return tests[(tests["q"] < technique.ALPHA) & (size >= technique.LEAST_EFFECT)]


def test_biology_is_not_taken_for_technique():
    """Of 40 clean sets few warn, as by chance; without modalities and base rates in mind they would."""
    found = [warns(biology(seed)) for seed in range(40)]
    assert sum(len(one) > 0 for one in found) <= 5
    assert not any(
        (one["property"].isin(["n_peaks", "frip"]) & (one["measure"] == "test_f1")).any() for one in found
    )
    points = biology(0).assign(modality="one")
    tests = technique.confounder_tests(points, ["test_f1", "test_auroc"], 1000, 1).set_index(
        ["property", "measure"]
    )
    for pair in (("assay", "test_auroc"), ("n_peaks", "test_f1"), ("frip", "test_f1")):
        assert tests.loc[pair, "q"] < 0.05, pair


@pytest.mark.parametrize("planted", ["depth", "n_peaks", "frip", "batch", "assay"])
def test_technique_that_scores_follow_within_modalities_is_caught(planted):
    points = biology(3, planted)
    found = warns(points).set_index(["property", "measure"])
    assert (planted, "test_auroc") in found.index
    if planted == "assay":  # of one modality two assays, of the others one: only these 20 tasks can tell
        assert found.loc[(planted, "test_auroc"), "n_tasks"] == 20


def test_within_a_modality_each_effect_is_its_plain_self():
    """Two modalities apart: the pooled rho is that of ranks within each, and alone each has scipy's."""
    points = biology(5, "depth")
    for name, part in points.groupby("modality"):
        (row,) = technique.confounder_tests(part[["task_id", "modality", "depth", "test_auroc"]],
                                            ["test_auroc"], 100, 1).itertuples()  # fmt: skip
        assert row.effect == pytest.approx(stats.spearmanr(part["depth"], part["test_auroc"]).statistic), name
    ranks = points.groupby("modality")[["depth", "test_auroc"]].rank()
    (row,) = technique.confounder_tests(points[["task_id", "modality", "depth", "test_auroc"]],
                                        ["test_auroc"], 100, 1).itertuples()  # fmt: skip
    assert row.effect == pytest.approx(np.corrcoef(ranks.T)[0, 1])  # modalities of one size


def test_nothing_to_test_is_said(tmp_path):
    found = technique.check(run_inputs(tmp_path, np.array([0.1, 0.2, 0.3])), run_cfg(3))
    assert found.verdict == "not applicable"


def test_class_balance_names_the_tasks(tmp_path):
    inputs = run_inputs(tmp_path, np.linspace(0.1, 0.5, 30))
    assert class_balance.check(inputs, {"targets": "labels", "min_positives": 90}).verdict == "pass"
    tasks = pd.read_csv(inputs["tasks"], sep="\t")
    tasks.loc[4, "positives_test"] = 3
    report_tree.write_tsv(tasks, tmp_path / "tasks.tsv")
    found = class_balance.check(inputs, {"targets": "labels", "min_positives": 50})
    assert found.verdict == "warn" and found.details["few"] == {
        "train": [],
        "validation": [],
        "test": ["t04"],
    }
    assert class_balance.check(inputs, {"targets": "labels", "min_positives": 91}).verdict == "fail"


def test_cell_types_of_a_donor_on_both_sides(tmp_path):
    assert donors.check({}, run_cfg()).verdict == "not applicable"
    inputs = run_inputs(tmp_path, np.linspace(0.1, 0.5, 6))
    tasks = pd.read_csv(inputs["tasks"], sep="\t").assign(cell_type=["T", "B", "T", "B", "T", "T"])
    tasks["positives_test"] = [90, 0, 10, 0, 0, 7]
    report_tree.write_tsv(tasks, tmp_path / "tasks.tsv")
    cfg = run_cfg(6, ["d1", "d1", "d1", "d2", "d2"])
    cfg["tasks"][2]["donors"] = ["d1", "d3"]  # replicates of two donors
    found = donors.check(inputs, cfg)
    pairs = {(row["donor"], row["cell_type"]): (row["n_tasks"], row["train"], row["test"])
             for row in found.details["pairs"]}  # fmt: skip
    assert pairs == {
        ("d1", "T"): (2, 1800, 100), ("d1", "B"): (1, 900, 0), ("d3", "T"): (1, 900, 10),
        ("d2", "B"): (1, 900, 0), ("d2", "T"): (1, 900, 0),
    }  # fmt: skip
    assert found.verdict == "warn" and found.figure.startswith(
        "2 of 3 donors have positives of the same cell type"
    )
    assert "(2 of 5 pairs" in found.figure and "of 1 tasks the donor is not known" in found.figure
    assert "by position" in found.advice and "never for a new donor" in found.advice
    report_tree.write_tsv(tasks.assign(positives_test=0), tmp_path / "tasks.tsv")
    assert donors.check(inputs, cfg).verdict == "pass"


GRAPH = {
    "evaluation": ("evaluate", ("test.h5", "validation.h5")),
    "test.h5": ("predict", ("models",)),
    "validation.h5": ("predict", ("models",)),
    "models": ("train", ("groups", "shards")),
    "groups": ("group", ("heads",)),
    "heads": ("read_heads", ("joint",)),
    "joint": ("train", ("shards",)),
}
FACTS = dict.fromkeys(
    ("positive_weights", "sampling", "searches", "choices", "overlap", "clusterings", "covariance",
     "label_correlation", "affinities", "sweep", "patience_study", "called"), True,
) | {"regions": "any_peak", "tables": ["families"], "targets": "labels", "baselines": ["gc", "kmer"]}  # fmt: skip


def follow(graph):
    made_from, is_test = graph.get, "test.h5".__eq__
    found = flow.leaks({"groups": ["groups"], "networks": ["models"]}, is_test, made_from)
    return {
        "leaks": found,
        "readers": flow.readers(["evaluation"], is_test, made_from),
        "followed": {"groups": 1, "networks": 1},
        "choices": [],
        "facts": FACTS,
    }


def test_a_group_made_from_test_is_found_however_far_down():
    clean = follow(GRAPH)
    assert clean["leaks"] == {} and clean["readers"] == ["evaluate"]
    assert selection.check({}, clean).verdict == fitted.check({}, clean).verdict == "pass"
    planted = follow(GRAPH | {"heads": ("read_heads", ("joint", "evaluation_of_joint")),
                              "evaluation_of_joint": ("evaluate", ("test.h5",)),
                              "test.h5": ("predict", ("joint",))})  # fmt: skip
    assert planted["leaks"] == {"groups": {"groups": "test.h5"}, "networks": {"models": "test.h5"}}
    assert selection.check({}, planted).verdict == fitted.check({}, planted).verdict == "fail"


def test_what_is_fitted_is_listed_with_its_split():
    rows = {row["what"]: row["split"] for row in fitted.what_is_fitted(FACTS, {})}
    assert rows["F1 threshold of each task"] == rows["learning rates"] == "validation"
    assert rows["weights of positives in the loss"] == "train"
    assert "test" not in rows.values()
    plain = fitted.what_is_fitted(
        dict.fromkeys(FACTS, False) | {"regions": "all_mappable", "tables": [], "baselines": []}, {}
    )
    assert len(plain) == 3


def test_no_pass_is_claimed_for_what_was_not_looked_at():
    """Only files that were followed, and what other checks make again, count as checked."""
    found = fitted.check({}, follow(GRAPH))
    shown = {row["what"]: row["shown"] for row in found.details["fitted"]}
    checked = {what for what, words in shown.items() if words.startswith("checked")}
    assert checked == {
        "weights of the networks", "when training stops, and which weights are kept", "E and the groups on it",
        "F1 threshold of each task", "which strategy serves a task",
    }  # fmt: skip
    others = {what: words for what, words in shown.items() if what not in checked and "table" not in what}
    assert others and all(words.startswith(fitted.UNCHECKED) for words in others.values())
    unseen = found.figure.split("not checked on this run: ")[1]
    assert all(what in unseen for what in others) and not any(what in unseen for what in checked)
    assert "1 of groups, 1 of networks" in found.figure and "table (families)" in unseen.split("Not known")[1]
    nothing = fitted.check({}, follow(GRAPH) | {"followed": {"groups": 0}})
    assert nothing.verdict == "not applicable"
    assert not any("none of its files" in row["shown"] for row in nothing.details["fitted"])


def test_a_choice_by_test_is_caught(tmp_path):
    rng = np.random.default_rng(3)
    paths = []
    for name in ("A", "B"):
        table = pd.DataFrame({
            "task_id": TASKS, "positives_half": 40, "validation_f1_half": rng.random(30), "test_f1": rng.random(30),
        })  # fmt: skip
        paths.append(report_tree.write_tsv(table, tmp_path / name / "metrics.tsv"))
    a, b = (pd.read_csv(path, sep="\t") for path in paths)
    choice = {"name": "BEST", "seed": 1, "candidates": ["A", "B"], "shrink": 0.0, "targets": "labels",
              "tasks": [{"task_id": task, "modality": "TFB"} for task in TASKS]}  # fmt: skip
    cfg = {"leaks": {}, "readers": [], "followed": {}, "choices": [choice]}
    verdicts = {}
    for by in ("validation_f1_half", "test_f1"):
        chosen = pd.DataFrame({"task_id": TASKS, "chosen": np.where(a[by] >= b[by], "A", "B")})
        made = report_tree.write_tsv(chosen, tmp_path / f"{by}.tsv")
        found = selection.check({"candidates": paths, "chosen": [made]}, cfg)
        verdicts[by] = (found.verdict, len(found.details["differing"]))
    expected = ((a["validation_f1_half"] >= b["validation_f1_half"]) != (a["test_f1"] >= b["test_f1"])).sum()
    assert verdicts == {"validation_f1_half": ("pass", 0), "test_f1": ("fail", expected)}


def test_the_whole_audit_its_table_its_figure_and_its_place_in_the_report(tmp_path):
    depth = np.linspace(1e6, 4e7, 30)
    inputs = run_inputs(tmp_path, np.linspace(0.2, 0.5, 30), depth)
    found = [
        {"check": name, "title": title, "verdict": "pass", "figure": "none", "advice": "", "pitfall": pitfall,
         "details": {"sets": []}}
        for name, (_, title, pitfall) in audit.DATASET.items()
    ]  # fmt: skip
    (tmp_path / "found.json").write_text(json.dumps(sealed({"findings": found})))
    (tmp_path / "thresholds/SMTL/seed1").mkdir(parents=True)
    empty = pd.DataFrame(
        [["t00", 0.5, 0.5, 0.1, 0.1, None, None, "validation", "any_peak"]], columns=thresholds.COLUMNS
    )
    made = report_tree.write_tsv(empty, tmp_path / "thresholds/SMTL/seed1/thresholds.tsv")
    audit_run(
        inputs
        | {"found": str(tmp_path / "found.json"), "thresholds": [made], "chosen": [], "candidates": []},
        tmp_path / "audit.tsv",
        tmp_path / "audit.json",
        run_cfg() | follow(GRAPH),
    )
    table = pd.read_csv(tmp_path / "audit.tsv", sep="\t")
    assert list(table.columns) == COLUMNS and list(table["check"]) == list(audit.CHECKS)
    assert table.set_index("check").loc["technique", "verdict"] == "warn"
    tree = report_tree.build(tmp_path / "tree")
    results = load(tree | {"audit": str(tmp_path / "audit.json")})
    page = render(results, palette={}, **report_tree.settings())
    assert '<section id="audit">' in page and "Near-identical sequences across splits" in page
    assert "Audit: of 9 checks 1 warn (Depth, FRiP, peaks and batch against performance)." in page
    assert '<section id="audit">' not in render(load(tree), palette={}, **report_tree.settings())
    numbers = technique_points(results)
    assert len(numbers) == (3 + 2) * 30  # peaks are not held against F1
    assert len(draw_technique(numbers, {"modality": {"TFB": "#000000"}}).axes) == 8
