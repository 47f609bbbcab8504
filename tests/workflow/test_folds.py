"""Folds on the one-minute config: data made once, all else anew, and the same by `folds` and by one fold alone."""

import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml
from compare_trees import differences

from checkouts import MINI, REPOSITORY, WORKFLOW, job_counts, run_snakemake, take_digests
from edited_trees import edited

FOLDS = "folds.yaml"
SECOND = {"validation": [{"chrom": "chr1"}], "test": [{"chrom": "chr2"}]}
WORDS = ("--configfile", MINI, FOLDS)


def with_folds(folder: Path, *folds: dict) -> Path:
    """A config beside that of tests/mini, with these folds beside the first."""
    (folder / FOLDS).write_text(yaml.safe_dump({"splits": {"folds": list(folds)}}))
    return folder


def to_do(folder: Path, *words: str) -> dict[str, int]:
    """Jobs by rule of a dry run, without the targets that ask for them."""
    counts = job_counts(run_snakemake(folder, "-n", *WORDS, *words).stdout)
    return {name: n for name, n in counts.items() if name not in ("all", "everything", "folds", "total")}


@pytest.fixture(scope="module")
def before(finished_mini, tmp_path_factory):
    """The finished run of a config without folds, which is then given one."""
    folder = tmp_path_factory.mktemp("folds") / "tree"
    return with_folds(shutil.copytree(finished_mini, folder, symlinks=True), SECOND)


@pytest.fixture(scope="module")
def jobs(before):
    """What a fold more asks for, by each way to ask."""
    ways = {"none": (), "folds": ("--", "folds"), "alone": ("--config", "fold=2")}
    return {name: to_do(before, *words) for name, words in ways.items()}


@pytest.fixture(scope="module")
def finished(before, jobs):
    """The same with its fold made; tests leave it as they find it."""
    run_snakemake(before, "-c2", *WORDS)
    return before


def test_gains_count_both_folds(finished):
    units, gains = (
        pd.read_csv(finished / f"results/comparison/{name}.tsv", sep="\t") for name in ("units", "unit_gains")
    )
    assert units.groupby("strategy")["fold"].nunique().tolist() == [2] * 4
    own = pd.read_csv(finished / "results/folds/2/evaluation/SMTL/seed1/metrics.tsv", sep="\t")[
        "test_f1"
    ].mean()
    row = units[(units["strategy"] == "SMTL") & (units["fold"] == 2) & (units["score"] == "f1")]
    assert row["mean"].iloc[0] == pytest.approx(own, rel=1e-4)
    assert set(gains["n_folds"]) <= {1, 2} and set(gains.loc[gains["level"] == "All", "units"]) == {"folds"}
    page = (finished / "results/report/report.html").read_text()
    assert "Each of 2 folds has other validation and test spans" in page


def test_a_fold_more_makes_nothing_anew_but_that_fold(jobs):
    pooled = {"compare_units": 1}
    # figures and report are made once over all folds
    assert jobs["none"] == jobs["folds"] | {"draw_figures": 1, "make_report": 1}
    assert {name: n for name, n in jobs["folds"].items() if not name.startswith("fold2_")} == pooled
    assert {name.removeprefix("fold2_"): n for name, n in jobs["folds"].items()} == jobs["alone"] | pooled
    assert jobs["alone"]["train_pack"] == 4 and jobs["alone"]["summarise_dataset"] == 1
    assert not {"make_shard", "build_genome", "make_report", "choose_precision"} & set(jobs["alone"])


def test_both_entry_files_know_the_folds(finished):
    for entry in (REPOSITORY / "Snakefile", WORKFLOW / "Snakefile"):
        assert to_do(finished, "-s", str(entry), "--", "folds") == {}


def test_a_finished_fold_has_nothing_to_do_either_way(finished):
    for words in ((), ("--", "folds"), ("--config", "fold=1"), ("--config", "fold=2")):
        assert to_do(finished, *words) == {}, words


def test_each_fold_has_its_own_spans_networks_and_groups(finished):
    first, second = finished / "results", finished / "results/folds/2"
    here, there = (json.loads((one / "dataset/dataset.json").read_text()) for one in (first, second))
    assert [one["chrom"] for one in here["splits"]["test"]] == ["chr4"]
    assert [one["chrom"] for one in there["splits"]["test"]] == ["chr2"]
    assert [one["chrom"] for one in there["splits"]["train"]] == ["chr3", "chr4"]
    assert [one["file_sha256"] for one in here["chromosomes"].values()] == [
        one["file_sha256"] for one in there["chromosomes"].values()
    ]
    models = sorted(path.relative_to(first) for path in first.glob("models/**/*.safetensors"))
    assert len(models) == 4
    for path in models:
        assert (first / path).read_bytes() != (second / path).read_bytes()
    # What folds share is there once, and a fold beside the first has no report unless it is asked for.
    assert {path.name for path in second.iterdir() if path.is_dir()} <= {
        "audit", "baselines", "benchmarks", "checkpoints", "comparison", "dataset", "evaluation", "groupings", "heads",
        "logs", "models", "predictions",
    }  # fmt: skip
    assert not (second / "dataset/shards").exists()


def test_a_fold_is_what_a_run_with_its_spans_makes(finished, finished_mini, tmp_path):
    """Its tables, scores and groups are those of a run by itself whose section `splits` has the fold's spans, but for
    random groups, of which a fold has its own draw."""
    folder = shutil.copytree(finished_mini, tmp_path / "tree", symlinks=True)
    (folder / FOLDS).write_text(yaml.safe_dump({"splits": SECOND}))
    asked = [
        f"results/{name}" for name in ("comparison/headline.json", "audit/audit.tsv", "baselines/marks.tsv")
    ]
    run_snakemake(folder, "-c2", *WORDS, "--", *asked)
    for stage in ("dataset", "heads", "groupings", "evaluation", "audit/dataset.json"):
        here, there = folder / "results" / stage, finished / "results/folds/2" / stage
        if here.is_file():
            assert here.read_bytes() == there.read_bytes()
            continue
        if stage == "dataset":
            shutil.rmtree(here / "shards")
        assert [line for line in differences(here, there) if "random" not in line.lower()] == [], stage
    for name in ("comparison/strategies", "comparison/gains", "comparison/transfer", "baselines/marks"):
        own, of_fold = (
            [line for line in (at / f"{name}.tsv").read_text().splitlines() if "RANDOM" not in line]
            for at in (folder / "results", finished / "results/folds/2")
        )
        assert own == of_fold and len(own) > 3
    random = [
        at / "groupings/random/seed1/groups.tsv" for at in (folder / "results", finished / "results/folds/2")
    ]
    assert random[0].read_bytes() != random[1].read_bytes()


def test_other_spans_of_a_fold_rerun_that_fold_alone(finished):
    with edited(finished / FOLDS, ("chrom: chr2", "chrom: chr2\n      end: 90000")):
        changed = to_do(finished, "--", "folds")
    assert changed.pop("compare_units") == 1
    assert changed["fold2_train_pack"] == 4 and all(name.startswith("fold2_") for name in changed)
    with edited(finished / MINI, ("test: [{chrom: chr4}]", "test: [{chrom: chr4, end: 90000}]")):
        assert to_do(finished, "--config", "fold=2") == {}
        changed = to_do(finished, "--", "folds")
    assert changed["train_pack"] == 4 and not any(name.startswith("fold2_") for name in changed)


def test_an_edit_of_a_fold_reruns_what_hangs_on_it_in_both(finished):
    with edited(finished / MINI, ("comparison: {bootstrap: 100}", "comparison: {bootstrap: 110}")):
        changed = to_do(finished, "--", "folds")
    assert {name for name in changed if "compare" in name} == {
        "compare_units",
        "compare_strategies",
        "fold2_compare_strategies",
    }
    assert not any("train" in name for name in changed)


def test_records_of_all_folds_go_with_the_results(finished, tmp_path):
    """Without .snakemake either way knows from the one file beside the results what made what."""
    assert not list(finished.glob("results/folds/**/provenance*"))
    folder = shutil.copytree(finished, tmp_path / "tree", symlinks=True)
    for words in (("--", "folds"), ("--config", "fold=2")):
        shutil.rmtree(folder / ".snakemake")
        take_digests(folder)
        assert to_do(folder, *words) == {}
        with edited(folder / FOLDS, ("chrom: chr2", "chrom: chr2\n      end: 90000")):
            assert sum("train_pack" in name for name in to_do(folder, *words)) == 1


def test_what_the_folds_share_is_made_before_they_part(tmp_path):
    """After `shared` no job of one fold is one of the other."""
    folder = take_digests(tmp_path)
    shutil.copytree(REPOSITORY / "tests/mini", folder / "tests/mini")
    with_folds(folder, SECOND)
    entry = ("-s", str(WORKFLOW / "Snakefile"))
    shared, alone = (to_do(folder, *entry, *words) for words in (("--", "shared"), ("--config", "fold=2")))
    both = to_do(folder, *entry, "--", "folds")
    assert shared["make_shard"] == 4 and shared["choose_precision"] == 1 and "train_pack" not in shared
    once = {name for name in both if f"fold2_{name}" not in both and not name.startswith("fold2_")}
    once -= {"shared", "compare_units"}
    assert once == set(shared) - {"shared"}
    assert set(alone) - {name.removeprefix("fold2_") for name in both if name.startswith("fold2_")} == once


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ("--config", "fold=3"),
            "fold: 3, but splits.folds gives 1 beside the first: there are folds 1 to 2",
        ),
        (("--config", "fold=2", "--", "folds"), "fold: 2: the target `folds` makes all folds"),
    ],
)
def test_a_fold_that_is_not_there_is_refused(finished, words, says):
    run = run_snakemake(finished, "-n", *WORDS, *words, check=False)
    assert run.returncode != 0 and says in run.stdout + run.stderr and "Traceback" not in run.stderr


def test_the_target_needs_folds(finished):
    run = run_snakemake(finished, "-n", "--configfile", MINI, "--", "folds", check=False)
    assert run.returncode != 0
    assert re.search(
        r"config\.yaml: splits\.folds: the target `folds` needs further folds", run.stdout + run.stderr
    )
