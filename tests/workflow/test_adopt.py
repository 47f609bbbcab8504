"""New profiles beside the finished one-minute config: what runs, what stays, and what comes out."""

import shutil

import pandas as pd
import pytest

from checkouts import EVERYTHING, run_snakemake
from described_tables import faults
from epigroup.networks.model_files import read_info

COLUMNS = ["profile_id", "modality", "assay", "target", "cell_type", "cell_group", "peaks", "assembly"]
CONFIG = """
adopt:
  samples: new.tsv
  starts: [SMTL, KMTL]
  min_positives: {train: 10, validation: 5, test: 5}
  few_shot: {positives: [20]}
"""


def write_new(folder, rows):
    lines = ["\t".join(COLUMNS), *("\t".join(row) for row in rows)]
    (folder / "new.tsv").write_text("\n".join(lines) + "\n")


def files_of(results):
    """Bytes of everything but of what was said and measured on the way."""
    apart = ("adopt", "logs", "benchmarks", "provenance")
    return {
        str(path.relative_to(results)): path.read_bytes()
        for path in results.rglob("*")
        if path.is_file() and not str(path.relative_to(results)).startswith(apart)
    }


@pytest.fixture(scope="module")
def adopted(finished_run, tmp_path_factory):
    """A copy of the finished run with two new profiles, what Snakemake said, and the run's files before."""
    folder = tmp_path_factory.mktemp("adopt") / "run"
    shutil.copytree(finished_run, folder, symlinks=True)
    given = folder / "results/simulation/peaks/K562_H3K4me3.narrowPeak.gz"
    given = given if given.exists() else given.with_suffix("")
    peaks = pd.read_csv(given, sep="\t", header=None)
    peaks.iloc[::2].to_csv(folder / "half.narrowPeak", sep="\t", header=False, index=False)
    # bins that no profile of the run has a peak in, beside those of one
    empty = peaks.copy()
    empty[1] = range(150, 150 + 777 * len(empty), 777)
    empty[2] = empty[1] + 200
    empty = empty[empty[2] < 100_000]
    pd.concat([peaks, empty]).to_csv(folder / "more.narrowPeak", sep="\t", header=False, index=False)
    write_new(folder, [
        ("NEW_half", "HM", "ChIP", "H3K4me3", "HepG2", "liver", "half.narrowPeak", "mini1"),
        ("NEW_more", "HM", "ChIP", "H3K4me3", "HeLa", "cervix", "more.narrowPeak", "mini1"),
    ])  # fmt: skip
    (folder / "adopt.yaml").write_text(CONFIG)
    before = files_of(folder / "results")
    said = run_snakemake(folder, "-c2", "--configfile", *EVERYTHING, "adopt.yaml", "--", "adopt")
    return folder, said.stdout + said.stderr, before


def table(folder, name):
    return pd.read_csv(folder / "results/adopt" / name, sep="\t")


def test_nothing_of_the_run_is_made_again(adopted):
    folder, said, before = adopted
    assert "rule train_pack" not in said and "rule make_shard" not in said
    assert files_of(folder / "results") == before
    again = run_snakemake(folder, "-n", "--configfile", *EVERYTHING, "adopt.yaml").stdout
    assert "Nothing to be done" in again


def test_every_new_profile_has_a_group_a_network_and_scores(adopted):
    folder, _, _ = adopted
    assert faults(folder / "results") == []
    profiles = table(folder, "profiles.tsv").set_index(["task_id", "split"])
    assert (profiles.loc["NEW_more", "n_added"] > 0).any() and (
        profiles.loc["NEW_half", "n_added"] == 0
    ).all()
    scores = table(folder, "adopt.tsv").set_index(["task_id", "strategy"])
    for task in ("NEW_half", "NEW_more"):
        assert {"SMTL", "KMTL"} <= set(scores.loc[task].index)
        metrics = table(folder, "evaluation/KMTL/seed1/metrics.tsv").set_index("task_id")
        assert scores.loc[(task, "KMTL"), "test_auprc"] == metrics.loc[task, "test_auprc"]
        assert metrics.loc[task, "positives_test"] == profiles.loc[(task, "test"), "n_positives"]
    assert (scores.xs("SMTL", level=1)["gain"] == 0).all()
    assert read_info(folder / "results/adopt/models/KMTL/seed1/pack0.safetensors").groups == {
        0: ["NEW_half"], 1: ["NEW_more"],
    }  # fmt: skip
    curve = table(folder, "few_shot.tsv")
    assert set(curve["start"]) == {"SMTL", "KMTL", "alone"} and curve["test_auprc"].between(0, 1).all()


def test_what_cannot_be_adopted_is_said_before_any_job(adopted):
    folder, _, _ = adopted
    kept = (folder / "new.tsv").read_text()
    row = ("K562_CTCF", "TFB", "ChIP", "CTCF", "K562", "blood", "half.narrowPeak", "mini1")
    try:
        for rows, message in (
            ([row], "adopt.samples: new.tsv: K562_CTCF: is a profile of the run already"),
            ([("N", *row[1:7], "hg38")], "assembly"),
            ([("N", *row[1:6], "absent.narrowPeak", "mini1")], "absent.narrowPeak"),
        ):
            write_new(folder, rows)
            run = run_snakemake(
                folder, "-n", "--configfile", *EVERYTHING, "adopt.yaml", "--", "adopt", check=False
            )
            assert run.returncode == 1 and message in run.stdout + run.stderr
    finally:
        (folder / "new.tsv").write_text(kept)
    (folder / "wrong.yaml").write_text(CONFIG.replace("[SMTL, KMTL]", "[SMTL, NONE]"))
    run = run_snakemake(folder, "-n", "--configfile", *EVERYTHING, "wrong.yaml", "--", "adopt", check=False)
    assert run.returncode == 1 and "adopt.starts: 'NONE' is not under strategies" in run.stdout + run.stderr


def test_too_few_positives_end_the_run_before_anything_is_fitted(adopted):
    folder, _, _ = adopted
    (folder / "many.yaml").write_text(CONFIG.replace("train: 10", "train: 100000"))
    run = run_snakemake(folder, "-c2", "--configfile", *EVERYTHING, "many.yaml", "--", "adopt", check=False)
    said = run.stdout + run.stderr
    assert run.returncode == 1 and "rule adopt_profiles" not in said
    assert "NEW_half: " in said and "adopt.min_positives asks for 100000" in said


def test_without_the_section_the_target_says_what_it_needs(adopted):
    folder, _, _ = adopted
    run = run_snakemake(folder, "-n", "--configfile", *EVERYTHING, "--", "adopt", check=False)
    assert run.returncode == 1 and "this target needs the section adopt" in run.stdout + run.stderr
