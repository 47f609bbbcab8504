"""The one-minute config from reads to report: what comes out is whole, right and the same every time."""

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from checkouts import (
    EVERYTHING,
    assert_nothing_left_open,
    copy_checkout,
    run_snakemake,
    snakemake_environment,
)
from epigroup.quality.tables import read_counts

RESULTS = "results"


@pytest.fixture
def results(finished_run):
    return finished_run / RESULTS


def count(command, folder):
    return int(
        subprocess.run(command, shell=True, cwd=folder, check=True, capture_output=True, text=True).stdout
    )


@pytest.mark.needs("bedtools")
@pytest.mark.parametrize("profile", ["K562_ATAC", "SKNSH_REST"])
def test_called_peaks_are_the_planted_sites(results, profile, tmp_path):
    sites = pd.read_csv(results / "simulation/truth/intervals.tsv.gz", sep="\t").query("task_id == @profile")
    bed, peaks = tmp_path / "sites.bed", results / f"peaks/standard/{profile}.narrowPeak.gz"
    sites[["chrom", "start", "end"]].to_csv(bed, sep="\t", header=False, index=False)
    n_peaks = count(f"zcat {peaks} | wc -l", tmp_path)
    assert len(sites) > 30
    assert count(f"bedtools intersect -u -a {bed} -b {peaks} | wc -l", tmp_path) >= 0.95 * len(sites)
    assert count(f"bedtools intersect -u -a {peaks} -b {bed} | wc -l", tmp_path) >= 0.95 * n_peaks


@pytest.mark.needs("bedtools")
def test_labels_of_given_peaks_are_those_of_the_truth(results):
    """Positives counted in tasks.tsv against bedtools' reading of the definition."""
    tasks = pd.read_csv(results / "dataset/tasks.tsv", sep="\t").set_index("task_id")
    profile = "K562_CTCF"
    command = (
        f"bedtools makewindows -g genome/chrom.sizes -w 200 | awk '$3 - $2 == 200' | "
        f"bedtools intersect -u -f 0.25 -a - -b peaks/standard/{profile}.narrowPeak.gz | wc -l"
    )
    split = ["positives_train", "positives_validation", "positives_test"]
    assert tasks.loc[profile, split].sum() == count(command, results)


def test_every_strategy_scores_every_task(results):
    tasks = list(pd.read_csv(results / "dataset/tasks.tsv", sep="\t")["task_id"])
    for strategy in ("STL", "SMTL", "EMTL", "CMTL", "KMTL", "RANDOM"):
        metrics = pd.read_csv(results / f"evaluation/{strategy}/seed1/metrics.tsv", sep="\t")
        assert list(metrics["task_id"]) == tasks
        assert metrics["test_f1"].between(0, 1).all() and metrics["test_auroc"].between(0, 1).all()


def test_both_sets_of_regions_are_scored_and_named(results):
    page = (results / "report/report.html").read_text()
    assert '<section id="regions">' in page and "on bins with a peak of any task; the difference" in page
    for folder, regions in ((results, "any_peak"), (results / "all_mappable", "all_mappable")):
        for name in ("strategies", "gains", "tasks"):
            table = pd.read_csv(folder / f"comparison/{name}.tsv", sep="\t")
            assert (table["regions"] == regions).all()
        headline = json.loads((folder / "comparison/headline.json").read_text())
        assert headline["regions"] == regions and len(headline["pairs"]) == 5
        metrics = pd.read_csv(folder / "evaluation/KMTL/seed1/metrics.tsv", sep="\t")
        assert (metrics["regions"] == regions).all()
        counted = json.loads((results / "dataset/dataset.json").read_text())["n_evaluation"][regions]
        assert (metrics["n_test"] == counted["test"]).all()
        assert (metrics["n_validation"] == counted["validation"]).all()
    assert (metrics["n_test"] == 500).all()


def test_the_audit_is_quiet_on_technique(results):
    """The simulation plants no confounder."""
    audit = pd.read_csv(results / "audit/audit.tsv", sep="\t").set_index("check")
    assert audit.loc["technique", "verdict"] in ("pass", "not applicable"), audit.loc["technique", "figure"]


def test_thresholds_of_both_sets_of_regions_are_audited(results):
    audit = json.loads((results / "audit/audit.json").read_text())
    found = next(one for one in audit["findings"] if one["check"] == "thresholds")
    assert found["verdict"] == "pass" and found["details"]["n"] == 2 * 6 * 8
    assert "any_peak, all_mappable" in found["figure"]


def test_depth_counts_fragments(results):
    for name, paired in (("K562_ATAC", True), ("SKNSH_REST", False)):
        table = read_counts([], [results / f"quality/alignments/{name}.rep1.flagstat.txt"])
        reads, fragments = table.loc[0, ["Aligned", "Aligned fragments"]]
        assert (reads / 2 <= fragments < 0.55 * reads) if paired else fragments == reads


def test_differences_k_and_affinities_are_in_tables_and_page(results):
    page = (results / "report/report.html").read_text()
    for folder in (results, results / "all_mappable"):
        table = pd.read_csv(folder / "comparison/differences.tsv", sep="\t")
        headline = json.loads((folder / "comparison/headline.json").read_text())
        for pair in headline["pairs"]:
            mine = table[(table["strategy"] == pair["strategy"]) & (table["baseline"] == pair["baseline"])]
            assert mine["headline"].all() and len(mine) == pair["n_tasks"]
            assert mine["difference"].mean() == pytest.approx(pair["difference"], abs=1e-5)
            assert mine["excludes_zero"].sum() == pair["n_up"] + pair["n_down"]
    k = pd.read_csv(results / "comparison/k.tsv", sep="\t").set_index("k")
    assert list(k.index) == [2, 3, 4] and k.loc[3, "strategy"] == "KMTL" and k["chosen"].sum() == 1
    assert set(k["rule"]) == {"stability alone"}  # one K was trained
    metrics = pd.read_csv(results / "evaluation/KMTL/seed1/metrics.tsv", sep="\t")
    assert k.loc[3, "mean_validation_f1_half"] == pytest.approx(
        metrics["validation_f1_half"].mean(), abs=1e-5
    )
    assert "Number of groups by stability and validation" in page and '<section id="affinities">' in page
    numbers = pd.read_csv(results / "figures/affinities.tsv", sep="\t")
    assert list(dict.fromkeys(numbers["affinity"])) == ["sca", "tag"]
    for name in ("sca", "tag"):
        facts = json.loads((results / f"affinity/{name}/SMTL/seed1.json").read_text())
        assert f"{facts['auc_modality']:.3f}" in page


def test_random_groups_match_in_size_and_differ(results):
    tables = [
        pd.read_csv(results / f"groupings/{name}/seed1/groups.tsv", sep="\t") for name in ("kmeans", "random")
    ]
    sizes = [sorted(table["group"].value_counts()) for table in tables]
    assert sizes[0] == sizes[1]


def test_a_grouping_that_nothing_trains_is_held_against_the_planted_groups(results):
    truth = pd.read_csv(results / "comparison/truth.tsv", sep="\t").set_index("grouping")
    assert truth.loc["ward_logit", ["method", "vectors", "seed"]].tolist() == ["ward", "logit_covariance", 1]
    measures = json.loads((results / "groupings/ward_logit/seed1/measures.json").read_text())
    assert sum(measures["sizes"]) == 8 and -1 <= measures["label_agreement"] <= 1
    assert not (results / "models/ward_logit").exists()


def test_headline_and_report_are_there(results):
    headline = json.loads((results / "comparison/headline.json").read_text())
    assert ["KMTL", "RANDOM"] in [[p["strategy"], p["baseline"]] for p in headline["pairs"]]
    page = (results / "report/report.html").read_text()
    assert "KMTL" in page and 'src="http' not in page and 'href="http://' not in page


def test_the_report_cites_the_programs_that_ran(results):
    page = (results / "report/report.html").read_text()
    cited = page[page.index('id="citations"') :]
    for tool, ran in (
        ("Bowtie 2", "align_reads"), ("fastp", "trim_reads"), ("SAMtools", "mark_alignments"), ("MACS", "call_peaks"),
        ("BEDTools", "bedtools"), ("reproducibility of high-throughput", "find_idr"),
    ):  # fmt: skip
        assert (tool in cited) == bool(list(results.glob(f"logs/{ran}*"))), tool


def test_nothing_temporary_is_left(results):
    left = [p for p in results.rglob("*") if "partial" in p.name or p.suffix == ".pt"]
    assert left == []
    assert not list(results.glob("predictions/**/*.h5"))


def test_a_second_run_elsewhere_on_one_core_gives_the_same_bytes(results, tmp_path):
    folder = copy_checkout(tmp_path / "again")
    targets = [f"{RESULTS}/evaluation/{s}/seed1/metrics.tsv" for s in ("SMTL", "KMTL")]
    run_snakemake(folder, "-c1", *targets, "--configfile", *EVERYTHING)
    for path in (*targets, f"{RESULTS}/dataset/dataset.json", f"{RESULTS}/groupings/kmeans/seed1/groups.tsv"):
        assert (folder / path).read_bytes() == (results.parent / path).read_bytes(), path


def test_predict_scores_regions(finished_run):
    (finished_run / "regions.bed").write_text("chr4\t1000\t1200\tfirst\nchr4\t5000\t5600\tsecond\n")
    (finished_run / "predict.yaml").write_text("predict: {strategy: KMTL, seed: 1, regions: regions.bed}\n")
    run_snakemake(finished_run, "-c1", "predict", "--configfile", *EVERYTHING, "predict.yaml")
    scores = pd.read_csv(finished_run / RESULTS / "predict/scores.tsv.gz", sep="\t")
    assert list(scores["name"]) == ["first", "second"]
    assert scores.iloc[:, 4:].apply(lambda c: c.between(0, 1).all()).all() and scores.shape[1] == 12
    assert len(list((finished_run / RESULTS / "predict/bigwig").glob("*.bw"))) == 8


def test_plan_counts_what_the_dry_run_does(finished_run):
    run = run_snakemake(finished_run, "-c1", "plan", "--configfile", *EVERYTHING)
    assert "trainings" in run.stdout + run.stderr


def test_snakemakes_own_report_carries_the_figures(finished_run):
    """Every figure with its caption, category and label, in a bundle that was made without a network and asks
    nothing of it."""
    words = [sys.executable, "-m", "snakemake", "--report", "report.zip", "--configfile", *EVERYTHING]
    alone = ["unshare", "--map-root-user", "--net"]
    if subprocess.run([*alone, "true"], capture_output=True, check=False).returncode == 0:
        words = [*alone, *words]
    run = subprocess.run(
        words, cwd=finished_run, check=True, capture_output=True, text=True, env=snakemake_environment()
    )
    assert_nothing_left_open(finished_run, run.stdout + run.stderr)
    with zipfile.ZipFile(finished_run / "report.zip") as report:
        names = report.namelist()
        page = report.read(next(name for name in names if re.fullmatch(r"[^/]+/report\.html", name))).decode()
    drawn = {path.name for path in (finished_run / RESULTS / "figures").glob("*.svg")}
    assert len(drawn) >= 9 and drawn <= {Path(name).name for name in names}
    assert not re.search(r"""(src|href) *= *["']https?:|url\(["']?https?:|@import""", page)
    results, _ = json.JSONDecoder().raw_decode(page, page.index("var results = {") + len("var results = "))
    for name in drawn:
        found = next(facts for path, facts in results.items() if path.endswith(f"figures/{name}"))
        assert found["labels"]["figure"] and "<p>" in found["caption"], name
        assert "{%" not in found["caption"]
