"""Quality figures on small alignments, against their definitions, counts by hand, samtools and bedtools."""

import subprocess

import numpy as np
import pytest

from alignment_files import counted_ends, write_bam
from epigroup.quality.complexity import Complexity, complexity_figures, measure_complexity
from epigroup.quality.cross_correlation import correlate_strands, read_ends

SIZES = {"chr1": 60_000, "chr2": 20_000}


def drawn(seed, sites, a_site, background, length=180):
    random = np.random.default_rng(seed)
    middles = [int(site + random.normal(0, 30)) for site in sites for _ in range(a_site)]
    middles += [int(m) for m in random.integers(length, SIZES["chr1"] - length, background)]
    fragments = [(0, m - length // 2, m + length // 2) for m in middles]
    fragments += [(1, int(s), int(s) + length) for s in random.integers(0, 19_000, background // 3)]
    return fragments, random.random(len(fragments)) < 0.5


def test_strand_correlation_is_pearsons_a_base(tmp_path):
    fragments, strands = drawn(1, range(5_000, 60_000, 5_000), 30, 600)
    bam = write_bam(tmp_path / "a.bam", fragments, paired=False, sizes=SIZES, strands=strands)
    found = correlate_strands(read_ends(bam), SIZES)
    ends = counted_ends(bam, SIZES)
    for place in range(0, len(found.distances), 20):
        d, wanted, weight = found.distances[place], 0, 0
        for name, size in SIZES.items():
            forward, reverse = ends[name]
            here = forward.sum() + reverse.sum()
            wanted += here * np.corrcoef(forward[: size - d], reverse[d:])[0, 1]
            weight += here
        assert found.correlation[place] == pytest.approx(wanted / weight, abs=1e-6)


def phantom_of(bam):
    """The correlation 49 bp apart, of reads of 50 bp."""
    ends = counted_ends(bam, SIZES)
    weights = [ends[name].sum() for name in SIZES]
    values = [np.corrcoef(ends[name][0, :-49], ends[name][1, 49:])[0, 1] for name in SIZES]
    return np.average(values, weights=weights)


def test_fragment_length_nsc_and_rsc_follow_their_definitions(tmp_path):
    fragments, strands = drawn(2, range(3_000, 58_000, 2_500), 60, 900)
    bam = write_bam(tmp_path / "a.bam", fragments, paired=False, sizes=SIZES, strands=strands)
    found = correlate_strands(read_ends(bam), SIZES)
    assert abs(found.fragment - 180) <= 15
    at = {int(d): r for d, r in zip(found.distances, found.correlation)}
    top, least, phantom = at[found.fragment - 1], min(at.values()), phantom_of(bam)
    assert least < 0 and np.isnan(found.nsc), "a ratio to what is below nothing says nothing"
    assert found.rsc == pytest.approx((top - least) / (phantom - least))


def test_nsc_and_rsc_counted_by_hand(tmp_path):
    """5' ends on every base of a stretch of L = 2,000 bp of a contig of 20,000, those of the other strand 179 bp on.

    At distance d the two share o = L - |d - 179| of n = 20,000 - d bases: r = (n o - L^2) / (L (n - L)). The top is at
    180 (o = 1,999, r = 0.999444), the least at 1,500, the farthest (o = 679, r = 0.259439); at 49 it is 0.927758.
    """
    fragments = [(0, at, at + 180) for at in range(8_000, 10_000) for _ in range(2)]
    sizes = {"chr1": 20_000}
    bam = write_bam(tmp_path / "a.bam", fragments, paired=False, sizes=sizes, strands=[False, True] * 2_000)
    found = correlate_strands(read_ends(bam), sizes)
    assert found.fragment == 181
    assert found.correlation[found.distances == 180] == pytest.approx(0.999444, abs=1e-6)
    assert found.distances[-1] == 1_500
    assert found.correlation[-1] == pytest.approx(0.259439, abs=1e-6)
    assert found.nsc == pytest.approx(3.85232, abs=1e-4)
    assert found.rsc == pytest.approx(1.10726, abs=1e-4)


def test_even_reads_have_no_fragment_length(tmp_path):
    """One read a strand at the same places: the only peak is at the read length."""
    starts = [int(s) for s in np.random.default_rng(3).integers(0, 59_000, 400)]
    fragments = [(0, s, s + 51) for s in starts for _ in range(2)]
    strands = [False, True] * len(starts)
    bam = write_bam(
        tmp_path / "a.bam", fragments, paired=False, sizes={"chr1": 60_000}, strands=strands, length=51
    )
    found = correlate_strands(read_ends(bam), {"chr1": 60_000})
    assert found.distances[np.argmax(found.correlation)] == 50
    assert not found.rsc > 0.5


def test_pairs_are_correlated_by_their_first_mates(tmp_path):
    fragments, strands = drawn(4, range(3_000, 58_000, 2_500), 40, 300)
    pairs = write_bam(tmp_path / "p.bam", fragments, paired=True, sizes=SIZES, strands=strands)
    single = write_bam(tmp_path / "s.bam", fragments, paired=False, sizes=SIZES, strands=strands)
    paired, alone = read_ends(pairs), read_ends(single)
    for name in SIZES:
        for one, other in zip(paired.by_chrom[name], alone.by_chrom[name]):
            assert np.array_equal(one, other)
    assert paired.inserts[180] == len(fragments) == paired.inserts.sum() and alone.inserts.sum() == 0


def test_complexity_counted_by_hand(tmp_path):
    """Places: one with 3 fragments, two with 2, four with 1; the strand, the end and the contig tell places apart."""
    fragments = [(0, 100, 300)] * 3 + [(0, 100, 400)] * 2 + [(0, 500, 700)] * 2
    fragments += [(0, 101, 300), (0, 900, 1100), (1, 100, 300), (0, 500, 800)]
    pairs = write_bam(tmp_path / "p.bam", fragments, paired=True, sizes=SIZES, strands=[False] * 11)
    found = measure_complexity(pairs, mapq=30, mitochondrion=None)
    assert (found.fragments, found.places, found.ones, found.twos) == (11, 7, 4, 2)
    assert (found.nrf, found.pbc1, found.pbc2) == (7 / 11, 4 / 7, 2.0)
    without = measure_complexity(pairs, mapq=30, mitochondrion="chr2")
    assert (without.fragments, without.places, without.ones) == (10, 6, 3)
    assert measure_complexity(pairs, mapq=43, mitochondrion=None).fragments == 0


def test_a_pair_on_the_other_strand_is_another_place(tmp_path):
    bam = write_bam(tmp_path / "p.bam", [(0, 100, 300)] * 2, paired=True, sizes=SIZES, strands=[False, True])
    found = measure_complexity(bam, mapq=30, mitochondrion=None)
    assert (found.places, found.twos) == (2, 0) and found.pbc2 == float("inf")


def test_complexity_of_a_file_without_duplicates_is_not_known():
    """Of our own alignments no duplicate means none; of given ones, that they were removed."""
    clean = Complexity(fragments=5000, places=5000, ones=5000, twos=0)
    figures, note = complexity_figures(clean, given=True)
    assert all(np.isnan(figures[key]) for key in ("nrf", "pbc1", "pbc2")) and figures["fragments"] == 5000
    assert "none of 5,000 fragments lies where another does" in note
    assert complexity_figures(clean, given=False)[0]["nrf"] == 1
    some = Complexity(fragments=5001, places=5000, ones=4999, twos=1)
    assert complexity_figures(some, given=True) == complexity_figures(some, given=False)


@pytest.mark.needs("bedtools")
def test_complexity_of_single_reads_equals_a_count_in_bed(tmp_path):
    """bedtools writes the reads, sort and uniq count them, as ENCODE's pipeline does."""
    random = np.random.default_rng(5)
    fragments = [
        (int(c), int(s), int(s) + 90)
        for c, s in zip(random.integers(0, 2, 900), random.integers(0, 700, 900))
    ]
    bam = write_bam(
        tmp_path / "s.bam", fragments, paired=False, sizes=SIZES, strands=random.random(900) < 0.5
    )
    text = subprocess.run(
        f"bedtools bamtobed -i {bam} | cut -f1,2,3,6 | sort | uniq -c | awk '{{print $1}}'",
        shell=True, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    counts = np.array(text.split(), int)
    found = measure_complexity(bam, mapq=30, mitochondrion=None)
    assert found.nrf == len(counts) / counts.sum()
    assert found.pbc1 == (counts == 1).sum() / len(counts)
    assert found.pbc2 == (counts == 1).sum() / (counts == 2).sum()
