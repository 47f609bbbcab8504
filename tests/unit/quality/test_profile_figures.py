"""Figures of a profile's pooled reads and peaks, counted by hand; what is kept of its strands comes back as it was."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alignment_files import LENGTH, write_bam
from epigroup.core.errors import InputError
from epigroup.quality.profile_figures import peak_figures, pooled_figures
from epigroup.quality.strand_facts import StrandFacts, measure_strands, read_strands, write_strands

SIZES = {"chr1": 60_000, "chr2": 20_000}
# 40 pairs of 180 bp around 1,000, one of them cut by the peak's edge, and 60 elsewhere.
INSIDE, OUTSIDE = (
    [(0, 1000 + i, 1180 + i) for i in range(40)],
    [(1, 5000 + 7 * i, 5180 + 7 * i) for i in range(60)],
)
SHARE_INSIDE = 0.4


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Pairs, the same fragments as single reads, peaks with a row given twice, and one transcript."""
    here = tmp_path_factory.mktemp("profile")
    write_bam(here / "pairs.bam", INSIDE + OUTSIDE, paired=True, sizes=SIZES)
    write_bam(here / "single.bam", INSIDE + OUTSIDE, paired=False, sizes=SIZES)
    (here / "peaks.bed").write_text(
        "chr1\t900\t1300\nchr1\t900\t1300\nchr2\t15000\t15100\nchr2\t16000\t16300\n"
    )
    (here / "genes.gtf").write_text('chr2\tx\ttranscript\t5201\t9000\t.\t+\t.\ttranscript_id "t";\n')
    return here


def figures_of(folder, name, assay, **more):
    bam = str(folder / f"{name}.bam")
    told = {"peaks": str(folder / "peaks.bed"), "gtf": str(folder / "genes.gtf")} | more
    return pooled_figures(
        measure_strands(bam, SIZES), bam, told["peaks"], SIZES, assay=assay, gtf=told["gtf"]
    )


def test_a_peak_that_is_given_twice_is_one_peak(folder):
    found = peak_figures(str(folder / "pairs.bam"), str(folder / "peaks.bed"), SIZES)
    assert found == {"frip": SHARE_INSIDE, "peaks": 3.0, "peak_width_median": 300.0}


@pytest.mark.parametrize("name", ["pairs", "single"])
def test_fragments_and_reads_are_counted_once(folder, name):
    found = figures_of(folder, name, "ChIP")
    assert (found["usable_fragments"], found["read_length"], found["frip"]) == (100, LENGTH, SHARE_INSIDE)


def test_each_assay_has_the_figures_that_mean_something_for_it(folder):
    accessible = {"tss_enrichment"}
    nucleosomes = {"nucleosome_free_share", "mononucleosome_share"}
    chip, dnase, atac = (set(figures_of(folder, "pairs", assay)) for assay in ("ChIP", "DNase", "ATAC"))
    assert "insert_median" in chip & dnase & atac
    assert (
        dnase - chip == accessible and atac - dnase >= nucleosomes and not chip & (accessible | nucleosomes)
    )
    assert "insert_median" not in figures_of(folder, "single", "ATAC")
    assert not {"frip", "peaks", "tss_enrichment"} & set(
        figures_of(folder, "pairs", "ATAC", peaks=None, gtf=None)
    )


def test_inserts_are_the_lengths_of_the_pairs(folder):
    assert figures_of(folder, "pairs", "ATAC")["insert_median"] == 180
    facts = measure_strands(folder / "pairs.bam", SIZES)
    assert np.flatnonzero(facts.inserts).tolist() == [180] and facts.inserts[180] == 100


def test_alignments_of_another_genome_are_refused_by_name(folder):
    facts = measure_strands(folder / "pairs.bam", SIZES)
    with pytest.raises(InputError, match=r"pairs\.bam: names no chromosome of this genome"):
        pooled_figures(facts, str(folder / "pairs.bam"), None, {"chrZ": 9000}, assay="ChIP", gtf=None)


shares = st.floats(0.1, 50) | st.just(math.nan)


@settings(max_examples=60, deadline=None)
@given(
    reads=st.integers(0, 10**9),
    fragment=st.none() | st.integers(1, 900),
    nsc=shares,
    rsc=shares,
    inserts=st.lists(st.integers(0, 10**6), min_size=1, max_size=50),
)
def test_what_is_kept_of_the_strands_comes_back(tmp_path_factory, reads, fragment, nsc, rsc, inserts):
    path = tmp_path_factory.mktemp("strands") / "facts.json"
    write_strands(path, StrandFacts(reads, LENGTH, fragment, nsc, rsc, np.array(inserts, np.int64)))
    found = read_strands(path)
    assert (found.reads, found.read_length, found.fragment) == (reads, LENGTH, fragment)
    np.testing.assert_array_equal([found.nsc, found.rsc], [nsc, rsc])
    longest = max(np.flatnonzero(inserts), default=0)  # sizes above the longest insert hold nothing
    assert found.inserts.tolist() == inserts[: longest + 1]


def test_facts_of_strands_that_were_changed_are_refused_by_name(tmp_path):
    path = tmp_path / "facts.json"
    write_strands(path, StrandFacts(10, LENGTH, 150, 1.1, 0.9, np.zeros(1, np.int64)))
    path.write_text(path.read_text().replace("150", "151"))
    with pytest.raises(InputError, match=r"facts\.json: "):
        read_strands(path)
