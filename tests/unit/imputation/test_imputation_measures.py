"""Measures against definitions written plainly, ties included, and against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from epigroup.core.errors import InputError
from epigroup.imputation.annotation import enhancer_mask, gene_masks, read_genes
from epigroup.imputation.measure_names import MEANINGS
from epigroup.imputation.measures import Imputed, measure


def tied(seed, n=700):
    """Values of which many are equal."""
    rng = np.random.default_rng(seed)
    observed = np.round(rng.gamma(0.4, 1, n), 1)
    return observed, np.round(0.6 * observed + rng.gamma(0.4, 0.4, n), 1)


def top_plainly(values, n_top):
    """The bins of the highest values, of equal ones the first, one after the other."""
    return sorted(range(len(values)), key=lambda i: (-values[i], i))[:n_top]


@given(st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=20)
def test_measures_are_what_they_are_said_to_be(seed):
    observed, imputed = tied(seed)
    n, found = len(observed), measure(Imputed(observed, imputed))
    one, five = round(0.01 * n), round(0.05 * n)
    error = (observed - imputed) ** 2
    top = {name: top_plainly(values, one) for name, values in (("obs", observed), ("imp", imputed))}
    wide = {name: set(top_plainly(values, five)) for name, values in (("obs", observed), ("imp", imputed))}
    expected = {
        "mse_global": error.mean(),
        "mse_1obs": error[top["obs"]].mean(),
        "mse_1imp": error[top["imp"]].mean(),
        "match1": len(set(top["obs"]) & set(top["imp"])) / one,
        "catch1_obs": len(set(top["obs"]) & wide["imp"]) / one,
        "catch1_imp": len(set(top["imp"]) & wide["obs"]) / one,
        "auc_obs1": roc_auc_score(np.isin(np.arange(n), top["obs"]), imputed),
        "auc_imp1": roc_auc_score(np.isin(np.arange(n), top["imp"]), observed),
        "gw_corr": np.corrcoef(np.sinh(observed), np.sinh(imputed))[0, 1],
    }
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, abs=1e-9), name
    assert all(np.isnan(found[name]) for name in ("mse_prom", "mse_gene", "mse_enh"))


def test_peaks_are_bins_above_two_before_the_transform():
    observed = np.arcsinh(np.array([0, 1.9, 2.1, 5.0] * 25))
    imputed = np.zeros(100)
    imputed[[2, 3, 6]] = 1
    # of 50 bins in peaks, those three and the two first of equal ones are among five
    assert measure(Imputed(observed, imputed))["catch_peak_obs"] == pytest.approx(3 / 50)


def test_what_cannot_be_measured_is_no_number():
    flat = measure(Imputed(np.ones(200), np.ones(200)))
    assert flat["mse_global"] == 0 and np.isnan(flat["gw_corr"]) and np.isnan(flat["catch_peak_obs"])
    few = measure(Imputed(np.ones(10), np.ones(10)))
    assert np.isnan(few["mse_1obs"]) and np.isnan(few["auc_obs1"])
    assert set(few) == set(MEANINGS)


GTF = "\n".join(
    "\t".join(row)
    for row in (
        ("chr1", "x", "gene", "5001", "7000", ".", "+", ".", "g"),
        ("chr1", "x", "gene", "1001", "1500", ".", "+", ".", "g"),
        ("chr1", "x", "gene", "9001", "9900", ".", "-", ".", "g"),
        ("chr1", "x", "exon", "1", "100", ".", "-", ".", "g"),
    )
)


def test_promoters_lie_before_genes_on_their_strand_and_end_with_the_chromosome(tmp_path):
    path = tmp_path / "a.gtf"
    path.write_text(GTF)
    bins = np.arange(400)
    found = gene_masks(read_genes(path, {"chr1": 10_000}), "chr1", 10_000, 25, bins)
    base = {"promoters": np.zeros(10_000, bool), "genes": np.zeros(10_000, bool)}
    for start, end, forward in ((5000, 7000, True), (1000, 1500, True), (9000, 9900, False)):
        base["genes"][start:end] = True
        left = max(start - 2000, 0) if forward else end
        base["promoters"][left : start if forward else end + 2000] = True
    for kind, mask in base.items():
        np.testing.assert_array_equal(found[kind], mask.reshape(400, 25).any(axis=1))
    np.testing.assert_array_equal(
        gene_masks(read_genes(path, {"chr1": 10_000}), "chr1", 10_000, 25, bins[37:90])["genes"],
        found["genes"][37:90],
    )


def test_genes_of_another_assembly_are_refused(tmp_path):
    path = tmp_path / "a.gtf"
    path.write_text(GTF)
    with pytest.raises(InputError, match=r"line 3: chr1:9001-9900 is not on chr1 \(9,500 bp\)"):
        read_genes(path, {"chr1": 9500})
    with pytest.raises(InputError, match="has no gene on chr2"):
        read_genes(path, {"chr2": 9500})


def test_enhancers_are_the_bins_that_a_region_touches(tmp_path):
    path = tmp_path / "a.bed"
    path.write_text("chr1\t30\t80\nchr1\t100\t101\n")
    found = enhancer_mask(path, "chr1", {"chr1": 1000}, 25, np.arange(40))["enhancers"]
    assert np.flatnonzero(found).tolist() == [1, 2, 3, 4]
