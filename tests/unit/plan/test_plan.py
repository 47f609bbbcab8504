"""The plan against the networks themselves, a dry run, and figures worked out by hand."""

import csv
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import yaml

from checkouts import REPOSITORY, run_snakemake
from epigroup.config.settings import complete_config
from epigroup.config.sheet import read_sheet
from epigroup.plan import plan
from epigroup.plan import text as plan_text
from epigroup.plan.jobs import count_jobs
from epigroup.run.facts import Run

TABLE_I = {  # cell group: ATAC, DNase, HM, TFB, total, as printed
    "Cancer": (1, 13, 27, 66, 107),
    "Circulation": (0, 3, 5, 2, 10),
    "Glial cell": (18, 4, 13, 4, 39),
    "Mix": (0, 19, 66, 0, 85),
    "Neuron": (22, 3, 37, 16, 78),
    "Progenitor": (0, 3, 43, 2, 48),
}


@pytest.fixture(scope="module")
def shiri(tmp_path_factory) -> Path:
    """A folder with the workflow and the paper's sheet as the documented command makes it."""
    folder = tmp_path_factory.mktemp("shiri")
    for name in ("Snakefile", "workflow", "config", "profiles"):
        source = REPOSITORY / name
        copy = ["cp", "-r", str(source), str(folder / name)]
        subprocess.run(copy, check=True)
    command = [sys.executable, "config/make_shiri2022_sheet.py", "--placeholders"]
    sheet = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout
    (folder / "config" / "shiri2022_samples.tsv").write_text(sheet)
    return folder


@pytest.fixture(scope="module")
def shiri_plan(shiri) -> plan.Plan:
    config = complete_config(yaml.safe_load((shiri / "config" / "shiri2022.yaml").read_text()))
    sheet = read_sheet(shiri / config["samples"], results="results", assembly="hg38", exist=lambda _: True)
    return plan.make_plan(Run(config, sheet))


def rows_of(folder: Path) -> list[dict]:
    with open(folder / "config" / "shiri2022_samples.tsv", newline="") as handle:
        return list(csv.DictReader(handle, delimiter="\t"))


def test_sheet_has_the_joint_counts_of_table_i(shiri):
    rows = rows_of(shiri)
    assert len(rows) == 367
    seen = Counter((row["cell_group"], row["modality"], row["assay"]) for row in rows)
    for group, (atac, dnase, hm, tfb, total) in TABLE_I.items():
        assert seen[group, "CA", "ATAC"] == atac
        assert seen[group, "CA", "DNase"] == dnase
        assert seen[group, "HM", "ChIP"] == hm
        assert seen[group, "TFB", "ChIP"] == tfb
        assert sum(n for key, n in seen.items() if key[0] == group) == total


def test_sheet_maps_each_cell_type_to_one_group(shiri):
    groups = {}
    for row in rows_of(shiri):
        groups.setdefault(row["cell_type"], set()).add(row["cell_group"])
    assert all(len(found) == 1 for found in groups.values())
    assert groups["neurosphere"] == {"Progenitor"}
    assert groups["pericyte"] == {"Circulation"}
    assert groups["A172"] == {"Cancer"}
    assert groups["bipolar neuron"] == {"Neuron"}
    assert groups["astrocyte"] == {"Glial cell"}


def dry_run(folder: Path, config: str) -> Counter:
    """Rule: number of jobs that a dry run announces."""
    run = run_snakemake(folder, "-n", "--quiet", "rules", "--configfile", config)
    lines = [line.split() for line in run.stdout.splitlines()]
    return Counter({words[0]: int(words[1]) for words in lines if len(words) == 2 and words[1].isdigit()})


def test_dry_run_of_the_paper_agrees_with_the_plan(shiri, shiri_plan):
    counts = dry_run(shiri, "config/shiri2022.yaml")
    assert counts["standardise_peaks"] == counts["index_peaks"] == 1
    assert counts["train_pack"] == 46 + 1 + 3 + 6 + 4 + 4
    assert counts["run_trials"] == 2 * (1 + 3 + 6 + 4 + 4)
    assert counts["train_full_length"] == 3
    planned = {one.rule: one.jobs for one in shiri_plan.rules}
    assert counts - Counter({"total": counts["total"], "everything": 1}) == planned
    assert count_jobs(shiri_plan.rules)["training"] == counts["train_pack"]


def test_trainings_of_the_paper(shiri_plan):
    by_name = {s.name: s for s in shiri_plan.strategies}
    assert shiri_plan.n_tasks == 367
    assert by_name["STL"].trainings == 367
    assert by_name["EMTL"].sizes == [(1, 191), (1, 90), (1, 86)]
    assert by_name["CMTL"].sizes == [(1, 107), (1, 85), (1, 78), (1, 48), (1, 39), (1, 10)]
    assert by_name["KMTL"].sizes[0][0] == 4
    assert not by_name["KMTL"].sizes_known
    assert by_name["STL"].least_steps == 26 * 16_000
    # within a factor of two of the paper's 16 hours a training on a V100
    assert 8 <= by_name["SMTL"].hours <= 32
    text = plan_text.describe(shiri_plan)
    assert "385 trainings" in text
    assert "367 x 1" in text
    # one network for all: 320, 480, 960 filters, 13 places after the third pooling
    assert by_name["SMTL"].weights == 320 * 33 + 1_229_280 + 3_687_360 + 925 * 12_481 + 367 * 926
    assert "16.8 M" in text


def test_searches_of_the_paper_cost_a_tenth_of_the_literal_protocol(shiri_plan):
    assert {s.strategy: s.networks for s in shiri_plan.searches} == {
        "SMTL": 1,
        "EMTL": 3,
        "CMTL": 6,
        "KMTL": 4,
        "RANDOM": 4,
    }
    assert {s.trials for s in shiri_plan.searches} == {9}
    assert {s.steps for s in shiri_plan.searches} == {192_000}
    assert (shiri_plan.study.profiles, shiri_plan.study.steps) == (15, 1_920_000)
    kept = {one.what: one for one in shiri_plan.disk.rows}
    single = next(one for one in shiri_plan.strategies if one.name == "STL")
    assert kept["patience study"].at_once == 15 * 4 * single.weights and kept["patience study"].kept == 0
    text = plan_text.describe(shiri_plan)
    assert "529 trainings;" in text  # 367 + 9 * 18
    assert "here 385, and 162 trials worth the steps of 16.2" in text
    hours = [one.hours for one in (*shiri_plan.strategies, *shiri_plan.searches, shiri_plan.study)]
    assert f"All of these together: at most {sum(hours):,.0f} GPU-hours" in text
