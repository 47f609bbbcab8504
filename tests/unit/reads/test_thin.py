"""Profiles of equal depth: exact numbers, whole pairs, parts of each other, no leaning to a place or replicate."""

from collections import Counter

import numpy as np
import pysam
import pytest

from alignment_files import write_bam
from epigroup.core.errors import InputError
from epigroup.reads.thin import thin_alignments

SIZES = {"chr1": 30_000, "chr2": 10_000}


def replicates(folder, numbers, *, paired):
    """A BAM file a replicate, so many fragments in each; both name their fragments alike."""
    random = np.random.default_rng(5)
    paths = []
    for place, number in enumerate(numbers):
        places = zip(random.integers(0, 2, number), random.integers(0, 9_000, number))
        fragments = sorted((int(contig), int(start), int(start) + 300) for contig, start in places)
        write_bam(folder / f"rep{place}.bam", fragments, paired=paired, sizes=SIZES)
        paths.append(folder / f"rep{place}.bam")
    return paths


def thin(folder, bams, fragments, *, seed=1, name="thin"):
    out = folder / f"{name}.bam"
    thin_alignments(bams, out, folder / f"{name}.bam.bai", fragments=fragments, seed=seed, profile="ctcf")
    assert not list(folder.glob(".partial*"))
    with pysam.AlignmentFile(str(out)) as handle:
        return [(r.query_name, r.reference_id, r.reference_start, r.is_read1) for r in handle.fetch()]


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize("numbers", [[500], [400, 150]])
def test_the_number_is_exact_and_the_rest_is_as_it_was(tmp_path, paired, numbers):
    bams = replicates(tmp_path, numbers, paired=paired)
    given = []
    for bam in bams:
        with pysam.AlignmentFile(str(bam)) as handle:
            given += [(r.query_name, r.reference_id, r.reference_start, r.is_read1) for r in handle]
    for wanted in (1, 137, sum(numbers)):
        found = thin(tmp_path, bams, wanted)
        assert len(found) == wanted * (2 if paired else 1)
        assert [one[1:3] for one in found] == sorted(one[1:3] for one in found)
        left = given.copy()
        for one in found:
            left.remove(one)
        if paired:
            assert sum(one[3] for one in found) == wanted
    assert sorted(found) == sorted(given)


def test_fewer_are_a_part_of_more_and_another_seed_draws_others(tmp_path):
    bams = replicates(tmp_path, [600], paired=True)
    few, many = set(thin(tmp_path, bams, 100)), set(thin(tmp_path, bams, 300))
    assert few < many and thin(tmp_path, bams, 100) == thin(tmp_path, bams, 100)
    assert set(thin(tmp_path, bams, 100, seed=2)) != few


def test_mates_stay_together(tmp_path):
    found = thin(tmp_path, replicates(tmp_path, [300], paired=True), 77)
    names = [one[0] for one in found]
    assert len(names) == 2 * len(set(names)) == 154


def test_pairs_of_joined_lanes_that_share_their_names_are_drawn_one_by_one(tmp_path):
    """Names that count up in each lane: of any number exactly that many, whole pairs, fewer a part of more."""
    lanes = replicates(tmp_path, [150, 150], paired=True)
    random = np.random.default_rng(6)
    places = sorted((0, int(start), int(start) + 300) for start in random.integers(9_000, 18_000, 150))
    write_bam(lanes[1], places, paired=True, sizes=SIZES)
    pysam.merge("-c", "-p", "-f", str(tmp_path / "both.bam"), *map(str, lanes))
    before = set()
    for wanted in (1, 100, 299):
        found = thin(tmp_path, [tmp_path / "both.bam"], wanted)
        assert len(found) == 2 * wanted and sum(one[3] for one in found) == wanted
        # a name stands for at most one pair of each lane
        assert max(Counter(one[0] for one in found).values()) <= 4
        assert not any(count % 2 for count in Counter(one[0] for one in found).values())
        assert before <= set(found)
        before = set(found)


def test_no_replicate_and_no_end_of_the_genome_is_favoured(tmp_path):
    """Half of the fragments of two replicates over 40 seeds: the share from the first, and that from the first half of
    each chromosome, are those of all within four standard errors."""
    bams = replicates(tmp_path, [300, 100], paired=False)
    of_first, early = [], []
    with pysam.AlignmentFile(str(bams[0])) as handle:
        first = {(r.reference_id, r.reference_start) for r in handle}
    everything = thin(tmp_path, bams, 400)
    expected = np.mean([one[2] < 4_500 for one in everything])
    mine = np.mean([one[1:3] in first for one in everything])
    for seed in range(40):
        found = thin(tmp_path, bams, 200, seed=seed)
        of_first.append(np.mean([one[1:3] in first for one in found]))
        early.append(np.mean([one[2] < 4_500 for one in found]))
    for shares, true in ((of_first, mine), (early, expected)):
        # without replacement: half of the variance of draws with it
        error = np.sqrt(true * (1 - true) / 200 / 2 / 40)
        assert abs(np.mean(shares) - true) < 4 * error


def test_a_profile_with_fewer_is_refused_by_name(tmp_path):
    bams = replicates(tmp_path, [30, 20], paired=True)
    with pytest.raises(
        InputError, match=r"ctcf: has 50 fragments .* reads\.fragments asks for 51 .* set it to 50"
    ):
        thin(tmp_path, bams, 51)
    assert not (tmp_path / "thin.bam").exists()


def test_the_expected_coverage_is_that_of_samtools_subsample(tmp_path):
    """Against `samtools view --subsample`: over seeds both keep a base covered as often."""
    bams = replicates(tmp_path, [400], paired=False)
    ours, theirs = np.zeros(100), np.zeros(100)
    for seed in range(30):
        for one in thin(tmp_path, bams, 200, seed=seed):
            ours[one[2] // 100] += 1
        text = pysam.view("--subsample", "0.5", "--subsample-seed", str(seed), str(bams[0]))
        for line in text.splitlines():
            theirs[(int(line.split("\t")[3]) - 1) // 100] += 1
    assert ours.sum() == 6000 and abs(theirs.sum() - 6000) < 4 * np.sqrt(30 * 400 / 4)
    assert np.corrcoef(ours, theirs)[0, 1] > 0.9
