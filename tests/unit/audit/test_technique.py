"""Scores that follow depth, peaks, FRiP or batch within a modality are caught; biology and chance are not."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import quality_files
import result_files
from audited_run import TASKS, run_cfg, run_inputs
from epigroup.audit import technique
from epigroup.comparison.confounders import read_depth
from epigroup.core.errors import InputError


def test_scores_against_technique_want_every_task(tmp_path):
    inputs, cfg = run_inputs(tmp_path, np.linspace(0.1, 0.5, 8)), run_cfg(8)
    with pytest.raises(InputError, match="no metrics.tsv of the strategy SMTL"):
        technique.check(inputs | {"metrics": inputs["metrics"][:1]}, cfg)
    with pytest.raises(InputError, match="task 't07' is not in the sample sheet"):
        technique.check(inputs, cfg | {"tasks": cfg["tasks"][:7]})
    table = pd.read_csv(inputs["metrics"][1], sep="\t").drop(index=3)
    result_files.write_tsv(table, tmp_path / "evaluation/SMTL/seed1/metrics.tsv")
    with pytest.raises(InputError, match="SMTL/seed1/metrics.tsv: .*lacks the task 't03'"):
        technique.check(inputs, cfg)


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
        path.write_text(quality_files.FLAGSTAT.format(total=total, mapped=mapped, mates=mates))
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
    result_files.write_tsv(table, tmp_path / "evaluation/KMTL/seed1/metrics.tsv")
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
