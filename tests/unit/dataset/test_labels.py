"""Labels against the definition, counted base by base, and against bedtools."""

import subprocess

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epigroup.dataset.labels import count_positives, label_bins, pack, packed_width, unpack, unpack_columns
from epigroup.genome.bins import code_runs, count_bins, other_share, touched_bins, window_bounds
from epigroup.peaks.standard import fetch_standard, standardise_peaks


def by_definition(peaks, n_bins, bin_size, min_overlap):
    """One bin and one peak at a time, the bases of both as sets."""
    labels = []
    for b in range(n_bins):
        bases = set(range(b * bin_size, (b + 1) * bin_size))
        labels.append(any(len(bases & set(range(s, e))) >= min_overlap for s, e in peaks))
    return labels


@settings(max_examples=150, deadline=None)
@given(
    peaks=st.lists(st.tuples(st.integers(0, 130), st.integers(0, 70)), max_size=8),
    n_bins=st.integers(1, 9),
    bin_size=st.integers(1, 20),
    data=st.data(),
)
def test_any_peaks_and_bins_agree_with_the_definition(peaks, n_bins, bin_size, data):
    min_overlap = data.draw(st.integers(1, bin_size))
    spans = [(s, s + w) for s, w in peaks]
    start = np.array([s for s, _ in spans], np.int64)
    end = np.array([e for _, e in spans], np.int64)
    labels = label_bins(start, end, n_bins, bin_size, min_overlap)
    assert labels.dtype == bool and labels.tolist() == by_definition(spans, n_bins, bin_size, min_overlap)


@pytest.mark.parametrize(("width", "positive"), [(49, False), (50, True), (51, True)])
def test_the_edge_of_the_overlap(width, positive):
    for start in (400, 475, 600 - width):
        labels = label_bins(np.array([start]), np.array([start + width]), 5, 200, 50)
        assert labels.tolist() == [False, False, positive, False, False]
    over_a_border = label_bins(np.array([400 - width]), np.array([450]), 5, 200, 50)
    assert over_a_border.tolist() == [False, positive, True, False, False]


def test_two_peaks_do_not_add_up():
    assert not label_bins(np.array([0, 40]), np.array([40, 80]), 1, 200, 50).any()


def test_an_impossible_overlap_is_refused():
    with pytest.raises(ValueError, match="min_overlap 201"):
        label_bins(np.array([0]), np.array([400]), 2, 200, 201)


def bedtools_labels(peaks, n_bins, bin_size, min_overlap, folder):
    bins = "".join(f"c\t{b * bin_size}\t{(b + 1) * bin_size}\n" for b in range(n_bins))
    (folder / "bins.bed").write_text(bins)
    (folder / "peaks.bed").write_text("".join(f"c\t{s}\t{e}\n" for s, e in peaks))
    out = subprocess.run(
        ["bedtools", "intersect", "-u", "-f", str(min_overlap / bin_size), "-a", folder / "bins.bed", "-b",
         folder / "peaks.bed"], capture_output=True, check=True, text=True,
    ).stdout  # fmt: skip
    labels = np.zeros(n_bins, bool)
    labels[[int(line.split("\t")[1]) // bin_size for line in out.splitlines()]] = True
    return labels


@pytest.mark.needs("bedtools")
def test_bedtools_agrees_on_nested_duplicated_unsorted_and_edge_peaks(tmp_path):
    rng = np.random.default_rng(11)
    size, n_bins = 400_150, 2000
    start = rng.integers(0, size - 5000, 3000)
    width = rng.choice([1, 30, 49, 50, 51, 99, 100, 101, 199, 200, 201, 1000, 5000], 3000)
    on_bins = rng.integers(0, n_bins - 30, 300) * 200 + rng.choice([-51, -50, -49, 0, 149, 150, 151], 300)
    peaks = [*zip(start, start + width, strict=True)]
    peaks += [
        (max(0, s), max(0, s) + w) for s, w in zip(on_bins, rng.choice([49, 50, 51, 250], 300), strict=True)
    ]
    peaks += [(s + 5, e - 5) for s, e in peaks[:500] if e - s > 10]
    peaks += peaks[:200] + [(399_900, size), (0, 50), (400_000, 400_150), (700, 700), (1000, 1000)]
    peaks = [peaks[i] for i in rng.permutation(len(peaks))]
    sparse = peaks[::17]
    for some in (peaks, sparse):
        ours = label_bins(*np.array(some).T, n_bins, 200, 50)
        theirs = bedtools_labels(some, n_bins, 200, 50, tmp_path)
        assert np.array_equal(ours, theirs)
    assert 0.05 < ours.mean() < 0.95


@pytest.mark.needs("bedtools")
def test_bedtools_touches_the_same_bins_of_a_blacklist(real_data, tmp_path):
    """Regions anywhere, on borders of bins and beyond the last bin; and a real blacklist."""
    rng = np.random.default_rng(12)
    start = np.concatenate([rng.integers(0, 400_000, 300), rng.integers(0, 2000, 300) * 200])
    end = start + rng.choice([1, 2, 199, 200, 201, 3000], len(start))
    listed = real_data / "human_hg19_chr20" / "wgEncodeDacMapabilityConsensusExcludable.chr20.bed.gz"
    standardise_peaks(listed, tmp_path / "b.safetensors", {"chr20": 63_025_520}, {"chr20": 63_025_520})
    real = fetch_standard(tmp_path / "b.safetensors", "chr20")
    for regions, n_bins in (((start, end), 2000), (real, 315_127)):
        ours = touched_bins(*regions, n_bins, 200)
        assert 0 < ours.mean() < 0.95
        assert np.array_equal(ours, bedtools_labels(zip(*regions, strict=True), n_bins, 200, 1, tmp_path))


@pytest.mark.needs("bedtools")
def test_bedtools_agrees_on_real_peaks(real_data, tmp_path):
    folder = real_data / "human_hg19_chr20" / "peaks_conservative"
    sizes = {"chr20": 63_025_520}
    n_bins = count_bins(sizes["chr20"], 200)
    for path in sorted(folder.glob("*.gz"))[::30]:
        standardise_peaks(path, tmp_path / "p.safetensors", sizes, sizes)
        start, end = fetch_standard(tmp_path / "p.safetensors", "chr20")
        ours = label_bins(start, end, n_bins, 200, 50)
        theirs = bedtools_labels(list(zip(start, end, strict=True)), n_bins, 200, 50, tmp_path)
        assert ours.sum() > 50 and np.array_equal(ours, theirs)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 20), st.integers(0, 12), st.integers(0, 2**32 - 1))
def test_packed_bits_come_back(n_tasks, n, seed):
    labels = np.random.default_rng(seed).random((n, n_tasks)) < 0.4
    packed = pack(labels)
    assert packed.shape == (n, packed_width(n_tasks)) and packed.dtype == np.uint8
    assert np.array_equal(unpack(packed, n_tasks), labels)
    assert np.array_equal(count_positives(packed, n_tasks, block=5), labels.sum(axis=0))
    columns = np.random.default_rng(seed).permutation(n_tasks)[:5]
    assert np.array_equal(unpack_columns(packed, columns), labels[:, columns])


def test_task_t_is_bit_t_from_the_lowest():
    labels = np.zeros((1, 11), bool)
    labels[0, [0, 3, 9]] = True
    assert pack(labels).tolist() == [[0b1001, 0b10]]


def test_the_window_of_the_paper():
    left, right = window_bounds(np.array([0, 1000]), 1001, 200)
    assert (left.tolist(), right.tolist()) == ([-400, 600], [601, 1601])
    # Base 500 of the window is the middle of the bin.
    assert left[1] + 500 == 1000 + 100


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=120), st.integers(1, 12), st.integers(0, 25))
def test_share_of_other_letters_counts_letter_by_letter(letters, bin_size, extra):
    codes = np.array(letters, np.uint8)
    window = bin_size + extra
    starts = np.arange(count_bins(len(codes), bin_size)) * bin_size
    share = other_share(starts, codes, window, bin_size)
    for s, got in zip(starts, share, strict=True):
        left = s - (window - bin_size) // 2
        bases = [codes[i] if 0 <= i < len(codes) else 4 for i in range(left, left + window)]
        assert got == pytest.approx(bases.count(4) / window)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=60), st.integers(1, 7))
def test_runs_are_found_across_blocks(letters, block):
    from epigroup.genome import bins as tiling

    usual, tiling._BLOCK = tiling._BLOCK, block
    try:
        start, end = code_runs(np.array(letters, np.uint8))
    finally:
        tiling._BLOCK = usual
    covered = np.zeros(len(letters), int)
    for s, e in zip(start, end, strict=True):
        covered[s:e] += 1
    assert covered.tolist() == [int(c == 4) for c in letters]
    assert (start[1:] > end[:-1]).all()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 90), st.integers(1, 40)), max_size=5), st.integers(1, 15))
def test_touched_bins_share_a_base(regions, bin_size):
    n_bins = 80 // bin_size
    start, end = np.array([(s, s + w) for s, w in regions], np.int64).reshape(-1, 2).T
    expected = [
        any(s < (b + 1) * bin_size and e > b * bin_size for s, e in zip(start, end, strict=True))
        for b in range(n_bins)
    ]
    assert touched_bins(start, end, n_bins, bin_size).tolist() == expected
