"""From bigWigs to imputed ones: a run that is an imputation alone, its reruns, and what it refuses."""

import re

import numpy as np
import pandas as pd
import pyBigWig
import pytest

from checkouts import copy_checkout, job_counts, run_snakemake
from described_tables import faults
from epigroup.imputation.tensor import open_tensor
from epigroup.imputation.weights import read_fitted
from track_runs import MISSING, NAME, SIZES, write_track_run

WORDS = ("--configfile", NAME)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = copy_checkout(tmp_path_factory.mktemp("imputation") / "run")
    write_track_run(folder)
    run_snakemake(folder, "-c2", *WORDS)
    return folder


def test_imputed_bigwigs_are_what_the_models_say(finished):
    results = finished / "results/imputation"
    models = read_fitted(results / "all/models.h5")
    for name in MISSING:
        cell_type, assay = name.split("_")
        one = models.of("ensemble", (cell_type, assay))
        with pyBigWig.open(str(results / f"imputed/{cell_type}.{assay}.bw")) as track:
            assert track.chroms() == SIZES
            for chrom in SIZES:
                values = open_tensor(results / f"tensor/{chrom}.h5").read().astype(np.float64)
                found = track.values(chrom, 0, values.shape[1] * 25, numpy=True)[::25]
                expected = np.sinh(one.weights @ values + one.intercept)
                raised = found == found.min()
                np.testing.assert_allclose(found[~raised], expected[~raised], rtol=1e-5)
                assert (expected[raised] <= found.min() * (1 + 1e-5)).all()
    assert {path.name for path in (results / "imputed").iterdir()} == {
        "A.K9.bw", "D.K4.bw", "README.txt", "hub.txt", "genomes.txt", "trackDb.txt", "igv_session.xml",
    }  # fmt: skip


def test_bins_are_the_arcsinh_of_the_means(finished):
    """To what float16 holds."""
    tensor = open_tensor(finished / "results/imputation/tensor/chr1.h5")
    assert tensor.n_bins == 6001
    with pyBigWig.open(str(finished / "bigwigs/B_K27.bw")) as track:
        means = track.values("chr1", 0, 6001 * 25, numpy=True).reshape(-1, 25).mean(axis=1)
    np.testing.assert_allclose(
        tensor.read(tensor.rows_of(["B_K27"]))[0], np.arcsinh(means), rtol=1e-3, atol=1e-3
    )


def test_planted_scales_are_found_and_said(finished):
    table = pd.read_csv(finished / "results/imputation/by_model.tsv", sep="\t").set_index("model")
    assert table.loc["chosen", "relative"] < -0.15 and table.loc["chosen", "share_below"] > 0.7
    page = (finished / "results/imputation/imputation.html").read_text()
    lead = re.search(r'id="lead">(.*?)</p>', page, re.DOTALL)[1]
    assert lead.startswith("What validation chooses beats the average activity")
    assert f"{abs(100 * table.loc['chosen', 'relative']):.1f} %" in lead
    assert page.count(">imputed</td>") == len(MISSING) and "No annotation" in page


def test_tables_have_the_columns_that_are_said_of_them(finished):
    assert faults(finished / "results") == []


def test_a_second_run_does_nothing_and_other_folds_leave_the_tensor(finished):
    said = run_snakemake(finished, "-c1", *WORDS).stderr
    assert "Nothing to be done" in said and "Imputation: What validation chooses beats" in said
    assert "Open: results/imputation/imputation.html" in said
    config = finished / NAME
    before = config.read_text()
    config.write_text(before.replace("k: 4", "k: 4\n    seed: 5"))
    jobs = job_counts(run_snakemake(finished, "-n", *WORDS).stdout)
    config.write_text(before)
    assert jobs["split_tracks"] == 1 and jobs["judge_tracks"] == 4 and "make_tensor" not in jobs


def test_the_plan_says_what_it_means(finished):
    said = run_snakemake(finished, "--cores", "1", *WORDS, "--", "plan").stdout
    assert (
        "18 tracks of 5 cell types and 4 assays, 4 folds, 3 models and their ensemble; 2 bigWigs to write"
        in said
    )
    assert "at most 8,401 bins" in said and re.search(r"imputation +17\n", said)


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"folds": {"method": "held_out", "held_out": ["A_K4", "X_K4"]}}, "there is no track 'X_K4'"),
        ({"models": ["average", "scaled"]}, "unknown model 'scaled'; did you mean scaled_average"),
        ({"models": ["scaled_average"]}, "imputation.models: average is not among them"),
        ({"imputed": ["Z|K4"]}, "no track has the cell_type 'Z'; there are: A, B, C, D, E"),
        ({"chromosomes": ["chr1", "chr9"]}, "has no chromosome chr9"),
        ({"assembly": None}, "imputation.assembly: is missing"),
        ({"genes": "no.gtf"}, "imputation.genes: 'no.gtf' is not there"),
        ({"folds": {"method": "table", "file": "no.tsv"}}, "imputation.folds.file: 'no.tsv' is not there"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_before_any_job(tmp_path, finished, section, message):
    write_track_run(tmp_path / "new", **section)
    (tmp_path / "new/workflow").symlink_to(finished / "workflow")
    for name in ("config", "profiles"):
        (tmp_path / "new" / name).symlink_to(finished / name)
    run = run_snakemake(tmp_path / "new", "-n", *WORDS, check=False)
    assert run.returncode != 0 and message in run.stdout + run.stderr
    assert not (tmp_path / "new/results").exists()
