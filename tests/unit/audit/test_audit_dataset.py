"""Planted sins of a data set are caught, and counted as a search of every window counts them; a clean one is
left alone.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epigroup.audit import near_identical, shared_windows
from epigroup.audit.kmers import canonical_kmers, mixed, sampled_kmers
from epigroup.audit.windows import PAIRS, read_dataset, split_windows
from epigroup.dataset.labels import pack
from epigroup.dataset.shards import Shard, write_shard
from epigroup.dataset.summary import summarise_dataset
from epigroup.genome.build import write_genome
from epigroup.genome.codes import open_genome

CFG = {"kmer": 24, "sketch": 32, "similarity": 0.5, "warn_share": 0.001, "fail_share": 0.05}
SPLIT = {"validation": [{"chrom": "chr2"}], "test": [{"chrom": "chr3"}], "train": "rest", "rule": "window"}
WINDOW = 1001


def random_codes(rng, n):
    return rng.integers(0, 4, n).astype(np.uint8)


def build(folder, codes, splits=SPLIT, starts=None, window=WINDOW):
    """Genome, shards and dataset.json of chromosomes with these codes; inputs of the checks of the data set."""
    letters = np.frombuffer(b"ACGTN", np.uint8)
    (folder / "g.fa").write_bytes(
        b"".join(b">" + name.encode() + b"\n" + letters[c].tobytes() + b"\n" for name, c in codes.items())
    )
    write_genome(folder / "g.fa", folder / "genome.h5", assembly="toy")
    genome = open_genome(folder / "genome.h5")
    paths = []
    for chrom, of_chrom in codes.items():
        start = np.arange(len(of_chrom) // 200) * 200 if starts is None else np.array(starts[chrom])
        paths.append(str(folder / f"{chrom}.h5"))
        write_shard(paths[-1], Shard(
            chrom=chrom, size=len(of_chrom), bin_size=200, window=window, min_overlap=50, assembly="toy",
            genome_sha256=genome.fasta_sha256, task_ids=("a", "b"), counts={"n_examples": len(start)},
            start=start.astype(np.int32), labels=pack(np.ones((len(start), 2), bool)),
            n_peaks=np.array([1, 1]), role=np.full(len(start), 3, np.uint8),
        ))  # fmt: skip
    summarise_dataset(paths, folder / "dataset.json", splits=splits, task_ids=["a", "b"])
    return {"genome": str(folder / "genome.h5"), "dataset": str(folder / "dataset.json"), "shards": paths}


@pytest.fixture
def clean(rng):
    return {name: random_codes(rng, n) for name, n in (("chr1", 40_000), ("chr2", 10_000), ("chr3", 12_000))}


@pytest.fixture
def rng():
    return np.random.default_rng(4)


def test_a_clean_set_is_left_alone(clean, tmp_path):
    inputs = build(tmp_path, clean)
    for check in (shared_windows.check, near_identical.check):
        found = check(inputs, CFG)
        assert found.verdict == "pass", found.figure
        assert all(
            row.get("n_shared", 0) == row.get("n_near_identical", 0) == 0 for row in found.details["pairs"]
        )
    assert [(row["split"], row["with"]) for row in found.details["pairs"]] == list(PAIRS)


@pytest.mark.parametrize("reverse", [False, True])
def test_a_duplicated_chromosome_is_caught_on_either_strand(clean, tmp_path, reverse):
    """With a base in a hundred changed, a planted copy of the test chromosome in training."""
    rng = np.random.default_rng(1)
    copy = np.where(
        rng.random(len(clean["chr3"])) < 0.01, random_codes(rng, len(clean["chr3"])), clean["chr3"]
    )
    clean["copy"] = (3 - copy[::-1]).astype(np.uint8) if reverse else copy
    found = near_identical.check(build(tmp_path, clean), CFG)
    first = found.details["pairs"][0]
    assert found.verdict == "fail" and first["worst_pair"] == ["chr3", "copy"]
    assert first["n_near_identical"] >= 0.9 * first["n_windows"] == 0.9 * 60
    assert all(row["n_near_identical"] == 0 for row in found.details["pairs"][1:])


def test_windows_over_a_border_are_counted_as_by_looking_at_every_base(clean, tmp_path):
    splits = SPLIT | {"test": [{"chrom": "chr1", "start": 20_000, "end": 26_000}], "rule": "bin"}
    inputs = build(tmp_path, clean, splits)
    found = shared_windows.check(inputs, CFG)
    windows = split_windows(read_dataset(inputs))
    bases = {
        name: [{(c, base) for base in range(a, b)} for c, a, b in zip(w.chrom, w.left, w.right, strict=True)]
        for name, w in windows.items()
    }
    for row in found.details["pairs"]:
        other = set().union(*bases[row["with"]])
        assert row["n_shared"] == sum(bool(mine & other) for mine in bases[row["split"]])
    assert found.verdict == "fail" and found.details["pairs"][0]["n_shared"] == 2 * 5
    assert "splits.rule: window" in found.advice
    # the same bases lie in both splits: no second place to find them in
    assert near_identical.check(inputs, CFG).verdict == "pass"


def test_one_window_over_the_border_of_many_is_a_warning(tmp_path, rng):
    """A training window that reaches into validation alone."""
    codes = {
        "chr1": random_codes(rng, 30_000),
        "chr2": random_codes(rng, 4_000),
        "chr3": random_codes(rng, 4_000),
    }
    splits = SPLIT | {"validation": [{"chrom": "chr1", "start": 20_000}], "rule": "bin"}
    starts = {name: np.arange(len(c) // 200) * 200 for name, c in codes.items()}
    starts["chr1"] = starts["chr1"][(starts["chr1"] < 19_700) | (starts["chr1"] >= 20_400)]
    found = shared_windows.check(build(tmp_path, codes, splits, starts), CFG | {"warn_share": 0.05})
    assert [row["n_shared"] for row in found.details["pairs"]] == [0, 2, 0]
    assert found.verdict == "warn"


def test_shares_are_those_of_all_k_mers_when_all_are_sampled(tmp_path):
    """Against a search through every pair of windows of exact k-mers, on text with copies of many ages."""
    rng = np.random.default_rng(9)
    test = random_codes(rng, 6_000)
    train = random_codes(rng, 12_000)
    for i, age in enumerate((0, 0.01, 0.02, 0.03, 0.05)):
        piece = test[i * 1200 : i * 1200 + 1100].copy()
        changed = rng.random(len(piece)) < age
        piece[changed] = (piece[changed] + 1) % 4
        train[i * 2000 + 300 : i * 2000 + 1400] = piece if i % 2 else 3 - piece[::-1]
    inputs = build(tmp_path, {"chr1": train, "chr2": random_codes(rng, 2_000), "chr3": test})
    found = near_identical.check(inputs, CFG | {"sketch": WINDOW})
    k = CFG["kmer"]

    def kmers(part):
        words, known = canonical_kmers(part, k)
        return words[known]

    windows = split_windows(read_dataset(inputs))["test"]
    in_train = kmers(train)
    assert len(set(in_train.tolist())) == len(in_train)  # so that places can be counted
    best = []
    for left, right in zip(windows.left, windows.right, strict=True):
        mine = kmers(test[left:right])
        hits = np.concatenate([[0], np.cumsum(np.isin(in_train, mine))])
        stretch = WINDOW - k + 1
        best.append((hits[stretch:] - hits[:-stretch]).max() / len(mine))
    assert found.details["pairs"][0]["n_near_identical"] == sum(share >= 0.5 for share in best)
    shown = [one["share_of_kmers"] for one in found.details["pairs"][0]["examples"]]
    assert shown == pytest.approx(sorted(best, reverse=True)[: len(shown)])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 4), max_size=80), st.integers(1, 31))
def test_k_mers_are_those_of_the_text_and_of_its_other_strand(codes, k):
    codes = np.array(codes, np.uint8)
    words, known = canonical_kmers(codes, k)
    n = max(len(codes) - k + 1, 0)
    assert len(words) == len(known) == n
    for at in range(n):
        part = codes[at : at + k].tolist()
        assert known[at] == (4 not in part)
        if known[at]:
            both = (part, [3 - base for base in reversed(part)])
            assert int(words[at]) == min(
                sum(b << 2 * (k - 1 - i) for i, b in enumerate(text)) for text in both
            )


def test_the_sample_is_the_same_wherever_a_k_mer_lies(rng):
    codes = random_codes(rng, 5_000_000 // 2)
    wanted = rng.random(len(codes)) < 0.5
    place, hashes = sampled_kmers(codes, wanted, 24, 40)
    words, known = canonical_kmers(codes, 24)
    values = mixed(words)
    expected = np.flatnonzero((values <= 2**64 // 40) & known & wanted[: len(words)])
    assert np.array_equal(place, expected) and np.array_equal(hashes, values[expected])
    assert len(place) == pytest.approx(wanted.sum() / 40, rel=0.02)
