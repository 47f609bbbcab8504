"""Strata of test bins: counts against naive loops, scores against scikit-learn, seeds and tasks against scipy."""

from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics as reference

from epigroup.core.errors import InputError
from epigroup.dataset.dataset import open_dataset
from epigroup.dataset.labels import pack, unpack
from epigroup.evaluation.predictions import evaluate_strategy
from epigroup.genome.codes import open_genome
from epigroup.strata import definitions as strata
from epigroup.strata.bins import read_strata, stratify_bins
from epigroup.strata.compare import adjusted, compare_strata
from epigroup.strata.definitions import NONE, PRESETS, choose_bases, count_cell_types, place, quantile_edges
from epigroup.strata.score import score_strata
from stratified_examples import EVALUATION, write_files, write_groups, write_predictions

SHEET = [
    {"task_id": "atac1", "modality": "CA", "target": "", "cell_type": "x"},
    {"task_id": "dnase1", "modality": "CA", "target": "", "cell_type": "x"},
    {"task_id": "atac2", "modality": "CA", "target": "", "cell_type": "y"},
    {"task_id": "atac3", "modality": "CA", "target": "", "cell_type": "z"},
    {"task_id": "ctcf1", "modality": "TFB", "target": "CTCF", "cell_type": "x"},
    {"task_id": "ctcf2", "modality": "TFB", "target": "CTCF", "cell_type": "y"},
    {"task_id": "rest1", "modality": "TFB", "target": "REST", "cell_type": "x"},
    {"task_id": "none", "modality": "HM", "target": "H3K4me3", "cell_type": "x"},
]
GROUPS = ["blood", "blood", "blood", "brain", "", "brain", "brain", "blood"]
SHEET = [row | {"cell_group": group} for row, group in zip(SHEET, GROUPS, strict=True)]
IDS = [row["task_id"] for row in SHEET]
CFG = {
    "preset": None, "edges": None, "quantiles": 3, "gc_quantiles": 4, "tss_edges": [0, 1000, 10000],
    "sample": 50, "seed": 1, "task_ids": IDS, "bases": [asdict(one) for one in choose_bases(SHEET)],
}  # fmt: skip


def naive_count(labels, rows):
    """Distinct cell types among the rows of the sheet whose bin is positive."""
    return [len({SHEET[i]["cell_type"] for i in rows if bin_[i]}) for bin_ in labels]


@given(st.integers(0, 2**32 - 1), st.integers(0, 40))
@settings(deadline=None, max_examples=40)
def test_cell_types_are_counted_once_whatever_their_profiles(seed, n):
    labels = np.random.default_rng(seed).random((n, len(SHEET))) < 0.4
    (basis,) = choose_bases(SHEET)
    assert basis.counted == strata.ACCESSIBILITY and basis.tasks == tuple(range(8))
    assert count_cell_types(pack(labels), basis).tolist() == naive_count(labels, range(4))


def test_without_accessibility_the_same_target_counts_and_then_all_tasks():
    rows = [row for row in SHEET if row["modality"] != "CA"]
    bases = choose_bases(rows)
    assert [(b.counted, b.target, b.tasks) for b in bases] == [
        (strata.TARGET, "CTCF", (0, 1)),
        (strata.TASKS, "", (2, 3)),
    ]
    labels = np.random.default_rng(1).random((200, 4)) < 0.5
    assert count_cell_types(pack(labels), bases[0]).tolist() == [
        len({*np.flatnonzero(b[:2])}) for b in labels
    ]
    assert count_cell_types(pack(labels), bases[1]).tolist() == labels.sum(1).tolist()


@pytest.mark.parametrize("preset", ["enformer", "sei"])
def test_presets_hold_each_count_once_and_end_where_the_paper_does(preset):
    edges = PRESETS[preset]
    counts = np.arange(0, edges[-1] + 3)
    found = place(counts, edges)
    expected = [next((i for i in range(5) if edges[i] <= c < edges[i + 1]), NONE) for c in counts]
    assert found.tolist() == expected and found[0] == NONE and found[edges[-1]] == NONE
    assert strata.stratum_names(PRESETS["enformer"])[-1] == "[300, 685)"


@given(st.lists(st.integers(1, 9), min_size=1, max_size=60), st.integers(2, 6))
@settings(deadline=None)
def test_quantile_strata_hold_every_value_and_no_more_than_asked(values, n):
    edges = quantile_edges(np.array(values), n)
    found = place(np.array(values), edges)
    assert (found != NONE).all() and len(edges) - 1 <= n
    assert len(np.unique(found)) == len(edges) - 1
    if len(set(values)) == len(values) >= n:
        sizes = np.bincount(found)
        assert sizes.max() - sizes.min() <= 1


def label(aim, rng):
    chance = np.clip(aim * np.array([1, 0.7, 0.6, 0.4, 0.5, 0.2, 0.3, 0.0]).reshape(-1, 1), 0, 1).T
    return rng.random(chance.shape) < chance


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Two seeds of a strategy, evaluated and stratified."""
    folder = tmp_path_factory.mktemp("strata")
    files = write_files(folder, IDS, label)
    dataset = open_dataset(files["dataset_json"], files["shard_paths"])
    (folder / "starts.gtf").write_text(
        "#comment\n"
        'chrTest\tx\tgene\t100\t900\t.\t+\t.\tgene_id "g";\n'
        'chrTest\tx\ttranscript\t5001\t9000\t.\t+\t.\tgene_id "g";\n'
        'chrTest\tx\ttranscript\t200\t70000\t.\t-\t.\tgene_id "h";\n'
    )
    bins = folder / "bins.h5"
    inputs = (files["dataset_json"], files["shard_paths"], files["genome_h5"], folder / "starts.gtf")
    stratify_bins(*inputs, bins, CFG)
    groups = write_groups(folder / "groups.tsv", IDS)
    scores, outs = {}, []
    for seed in (1, 2):
        place_ = folder / f"seed{seed}"
        rng = np.random.default_rng(seed)
        for split in ("validation", "test"):
            truth = unpack(dataset.split(split).labels, 8)
            scores[seed, split] = np.clip(rng.normal(0.4, 0.15, truth.shape) + 0.2 * truth, 0, 1).astype(
                np.float16
            )
            write_predictions(place_ / f"{split}.h5", files, split, scores[seed, split])
        paths = [place_ / "validation.h5", place_ / "test.h5", groups, files["dataset_json"]]
        evaluate_strategy(*paths, place_ / "metrics.tsv", place_ / "blocks.h5", EVALUATION | {"tasks": IDS})
        out = {"table": place_ / "t.tsv", "correlation": place_ / "c.tsv", "sample": place_ / "s.h5"}
        score_strata(
            place_ / "test.h5", place_ / "metrics.tsv", bins, files["dataset_json"], out, {"tasks": SHEET}
        )
        outs.append(out)
    return {
        "folder": folder,
        "files": files,
        "dataset": dataset,
        "bins": bins,
        "scores": scores,
        "outs": outs,
    }


def test_scores_by_stratum_equal_scikit_learn(run):
    dataset = run["dataset"]
    test = dataset.split("test")
    truth, scores = unpack(test.labels, 8), run["scores"][1, "test"].astype(np.float64)
    table = pd.read_csv(run["outs"][0]["table"], sep="\t", keep_default_na=False, na_values=["NaN"])
    metrics = pd.read_csv(run["folder"] / "seed1/metrics.tsv", sep="\t").set_index("task_id")
    counts = np.array(naive_count(truth, range(4)))
    # GC by hand, window by window
    codes = open_genome(run["files"]["genome_h5"]).codes("chrTest")
    windows = [codes[max(s - 50, 0) : s - 50 + 301] for s in test.start.astype(int)]
    gc = np.array([np.isin(w, (1, 2)).mean() for w in windows])
    tss = np.abs(test.start[:, None].astype(int) + 100 - np.array([5000, 69999])).min(axis=1)
    values = {"all": np.zeros(len(truth)), "specificity": counts, "gc": gc, "tss": tss}
    assert set(table["by"]) == set(values) and len(table) == 8 * (1 + 3 + 4 + 3)
    checked = 0
    for row in table.itertuples():
        inside = np.ones(len(truth), bool)
        if row.by != "all":
            low, high = row.stratum.strip("[)").split(", ")
            low, high = float(low), np.inf if high == "on" else float(high)
            if row.by == "gc":  # the names of its edges are rounded
                ends = np.quantile(gc, [row.rank / 4, (row.rank + 1) / 4], method="higher")
                assert low == pytest.approx(ends[0], abs=5e-4)
                inside = (gc >= ends[0]) & ((gc < ends[1]) | (row.rank == 3))
            else:
                inside = (values[row.by] >= low) & (values[row.by] < high)
        y, s = truth[inside, IDS.index(row.task_id)], scores[inside, IDS.index(row.task_id)]
        assert row.n_test == len(y) and row.positives_test == y.sum()
        threshold = metrics.loc[row.task_id, "threshold"]
        assert row.threshold == threshold
        if len(y):
            assert row.test_brier == pytest.approx(np.mean((s - y) ** 2), abs=1e-9)
            part = np.ceil(15 * s).clip(1)  # as Guo et al. 2017: (0, 1/15], ..., with 0 in the first
            gaps = [abs((y[part == b] - s[part == b]).sum()) for b in range(1, 16)]
            assert row.test_calibration_error == pytest.approx(sum(gaps) / len(y), abs=1e-9)
        if y.any():
            called = s >= threshold
            assert row.test_f1_at_half == pytest.approx(reference.f1_score(y, s >= 0.5), abs=1e-9)
            for name, score in (("precision", reference.precision_score), ("recall", reference.recall_score)):
                expected = score(y, s >= 0.5, zero_division=0)
                assert getattr(row, f"test_{name}_at_half") == pytest.approx(expected, abs=1e-9)
            assert row.test_f1 == pytest.approx(reference.f1_score(y, called), abs=1e-9)
            assert row.test_precision == pytest.approx(
                reference.precision_score(y, called, zero_division=0), abs=1e-9
            )
            assert row.test_recall == pytest.approx(reference.recall_score(y, called), abs=1e-9)
            precision = reference.average_precision_score(y, s)
            assert row.test_auprc == pytest.approx(precision, abs=1e-9)
            assert row.test_auprc_above_base == pytest.approx(precision - y.mean(), abs=1e-9)
            if not y.all():
                assert row.test_auroc == pytest.approx(reference.roc_auc_score(y, s), abs=1e-9)
                checked += 1
        else:
            assert np.isnan(row.test_f1) and np.isnan(row.test_auprc_above_base)
    assert checked > 60
    whole = table[table["by"] == "all"].set_index("task_id")
    shared = set(whole) & set(metrics) - {"by", "rank"}
    assert {"test_f1_at_half", "test_brier", "test_calibration_error", "test_auroc", "n_test"} <= shared
    for name in shared:
        np.testing.assert_allclose(whole[name], metrics[name], atol=1e-12)


def test_seeds_are_compared_as_scipy_does_and_adjusted_over_tasks(run):
    combined = combine(run)
    table = combined["variation"].set_index("task_id")
    assert table["specific"].unique().tolist() == ["[1, 2)"] and len(table) == 8
    bins = read_strata(run["bins"], {"dataset_hash": run["dataset"].dataset_hash})
    stratum = bins.partitions[0].stratum
    ends = [int((stratum == rank).sum()) for rank in (0, 2)]
    assert len(bins.sampled) == sum(min(50, n) for n in ends) and (np.diff(bins.sampled) > 0).all()
    for i, task in enumerate(IDS):
        values = np.stack([run["scores"][seed, "test"][bins.sampled, i].astype(float) for seed in (1, 2)])
        cv = values.std(axis=0, ddof=1) / values.mean(axis=0)
        sides = [cv[stratum[bins.sampled] == rank] for rank in (0, stratum[stratum != NONE].max())]
        expected = stats.mannwhitneyu(*sides)
        assert table.loc[task, "p_value"] == pytest.approx(expected.pvalue, rel=1e-6)
        share = expected.statistic / (len(sides[0]) * len(sides[1]))
        assert table.loc[task, "share_above"] == pytest.approx(share, rel=1e-6)
    np.testing.assert_allclose(table["q_value"], by_definition(table["p_value"].to_numpy()), rtol=1e-6)


def by_definition(p):
    """Benjamini & Hochberg 1995: the least m p_(j) / j over all j of no smaller p, at most 1."""
    m, order = len(p), np.argsort(p)
    ranked = [min([1, *(m * p[order[j]] / (j + 1) for j in range(i, m))]) for i in range(m)]
    return np.array([ranked[list(order).index(i)] for i in range(m)])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
@settings(deadline=None)
def test_adjusted_p_values_follow_their_definition(p):
    np.testing.assert_allclose(adjusted(np.array(p)), by_definition(np.array(p)), atol=1e-12)


def combine(run):
    folder, outs = run["folder"], run["outs"]
    outputs = {name: folder / f"{name}.tsv" for name in ("strata", "variation", "correlation")}
    compare_strata(
        *([out[key] for out in outs] for key in ("table", "correlation", "sample")),
        run["bins"], run["files"]["dataset_json"], outputs,
        {"runs": [["S", 1], ["S", 2]], "tasks": SHEET},
    )  # fmt: skip
    return {k: pd.read_csv(p, sep="\t", keep_default_na=False, na_values=["NaN"]) for k, p in outputs.items()}


def test_means_hold_what_strata_can_be_compared_by_and_nothing_else(run):
    table = combine(run)["strata"]
    assert not {"mean_f1", "mean_auprc"} & set(table)
    single = [
        pd.read_csv(out["table"], sep="\t", keep_default_na=False, na_values=["NaN"]) for out in run["outs"]
    ]
    brain = [task for task, group in zip(IDS, GROUPS, strict=True) if group == "brain"]
    levels = table[["of", "level"]].drop_duplicates().to_numpy().tolist()
    assert levels == [["all", "All"], ["modality", "CA"], ["modality", "TFB"], ["modality", "HM"],
                      ["cell_group", "blood"], ["cell_group", "brain"]]  # fmt: skip
    for level, ids in (("All", IDS), ("CA", IDS[:4]), ("brain", brain)):
        mine = table[(table["level"] == level) & (table["by"] == "specificity") & (table["rank"] == 1)]
        means = []
        for seed, one in enumerate(single, 1):
            part = one[(one["by"] == "specificity") & (one["rank"] == 1) & one["task_id"].isin(ids)]
            means.append(part["test_auroc"].mean())
            row = mine[mine["seed"] == str(seed)].iloc[0]
            assert row["mean_auroc"] == pytest.approx(means[-1], rel=1e-6)
            assert row["n_tasks"] == len(ids) and row["n_nan"] == part["test_auroc"].isna().sum()
        assert mine[mine["seed"] == "all"].iloc[0]["mean_auroc"] == pytest.approx(np.mean(means), rel=1e-6)


def test_over_correlation_equals_the_mean_over_pairs(run):
    table = combine(run)["correlation"]
    test = run["dataset"].split("test")
    truth, scores = unpack(test.labels, 8).astype(float), run["scores"][2, "test"].astype(float)
    inside = np.array(naive_count(truth.astype(bool), range(4))) == 1
    pairs = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    row = table[(table["seed"] == 2) & (table["stratum"] == "[1, 2)") & (table["pairs"] == "CA")].iloc[0]
    for name, values in (("predicted", scores), ("observed", truth)):
        expected = np.mean([np.corrcoef(values[inside][:, i], values[inside][:, j])[0, 1] for i, j in pairs])
        assert row[name] == pytest.approx(expected, abs=1e-6)
    assert row["n_pairs"] == 6 and row["n_bins"] == inside.sum()
    assert row["excess"] == pytest.approx(row["predicted"] - row["observed"], abs=1e-6)
    every = table[(table["seed"] == 2) & (table["stratum"] == "[1, 2)") & (table["pairs"] == "all")].iloc[0]
    assert every["n_pairs"] == 21  # "none" has no positive: its labels do not vary


def test_predictions_of_other_bins_are_refused(run, tmp_path):
    files = write_files(tmp_path, IDS, label, seed=9)
    out = dict.fromkeys(("table", "correlation", "sample"), tmp_path / "x")
    with pytest.raises(InputError, match="strata of data set"):
        score_strata(
            run["folder"] / "seed1/test.h5", run["folder"] / "seed1/metrics.tsv",
            run["bins"], files["dataset_json"], out, {"tasks": SHEET},
        )  # fmt: skip
    with pytest.raises(
        InputError, match=r"seed2/metrics.tsv: test_f1 of task 'atac1' is .*of different runs"
    ):
        score_strata(
            run["folder"] / "seed1/test.h5", run["folder"] / "seed2/metrics.tsv",
            run["bins"], run["files"]["dataset_json"], out, {"tasks": SHEET},
        )  # fmt: skip
    assert not (tmp_path / "x").exists()
    with pytest.raises(InputError, match=r"metrics.tsv: its tasks are not those .*'atac1' is out of order"):
        score_strata(
            run["folder"] / "seed1/test.h5", run["folder"] / "seed1/metrics.tsv",
            run["bins"], run["files"]["dataset_json"], out, {"tasks": SHEET[::-1]},
        )  # fmt: skip
