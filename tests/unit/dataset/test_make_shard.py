"""From peaks to shards and the data set: which bins are kept, their labels, and the examples of each split."""

import json

import numpy as np
import pytest

from epigroup.core.errors import InputError
from epigroup.dataset.dataset import open_dataset
from epigroup.dataset.labels import unpack
from epigroup.dataset.shards import read_shard
from epigroup.dataset.splits import SPLITS, assign
from epigroup.dataset.summary import summarise_dataset
from epigroup.peaks.standard import for_each_profile, standardise_peaks, write_index
from labelled_genome import BIN, SIZES, SPLIT, TASKS, WINDOW, label


def test_a_shard_holds_the_bins_with_a_positive_and_their_labels(labelled):
    _, _, shards, truth = labelled
    for chrom, path in zip(SIZES, shards, strict=True):
        shard = read_shard(path)
        expected = np.flatnonzero(truth[chrom].any(axis=1))
        assert shard.start.dtype == np.int32 and shard.start.tolist() == (expected * BIN).tolist()
        assert np.array_equal(unpack(shard.labels, len(TASKS)), truth[chrom][expected])
        assert shard.counts["n_bins"] == SIZES[chrom] // BIN
        assert shard.n_peaks.tolist() == [3] + [12] * 10


def test_the_same_input_gives_the_same_bytes(labelled, tmp_path):
    folder, paths, shards, _ = labelled
    label(folder, paths, tmp_path / "again.h5", "chr1")
    assert (tmp_path / "again.h5").read_bytes() == shards[0].read_bytes()


def test_bins_left_out_are_counted(labelled, tmp_path):
    folder, paths, _, truth = labelled
    (tmp_path / "black.bed").write_text("chr1\t1000\t1001\nchr1\t30199\t30401\nchr9\t0\t5\n")
    label(folder, paths, tmp_path / "s.h5", "chr1", max_n_fraction=0.5, blacklist=tmp_path / "black.bed")
    shard = read_shard(tmp_path / "s.h5")
    listed = {1000, 30_000, 30_200, 30_400}
    spoilt = set()
    for start in range(0, SIZES["chr1"] - BIN + 1, BIN):
        window = range(start - 400, start + 601)
        n = sum(12_000 <= i < 14_000 or not 0 <= i < SIZES["chr1"] for i in window)
        if n / WINDOW > 0.5:
            spoilt.add(start)
    positive = set((np.flatnonzero(truth["chr1"].any(axis=1)) * BIN).tolist())
    assert set(shard.start.tolist()) == positive - listed - spoilt
    counts = shard.counts
    assert (counts["n_blacklisted"], counts["n_too_many_n"]) == (4, len(spoilt - listed))
    assert counts["n_positive_lost"] == len(positive & (listed | spoilt)) > 0
    assert counts["n_bins"] == sum(
        counts[k] for k in ("n_examples", "n_blacklisted", "n_too_many_n", "n_negative_left_out")
    )


def test_a_share_of_the_negatives_is_kept_by_seed(labelled, tmp_path):
    folder, paths, _, truth = labelled
    kept = {}
    for seed in (1, 1, 2):
        label(
            folder, paths, tmp_path / "s.h5", "chr2", training_regions="mix", negatives_share=0.25, seed=seed
        )
        shard = read_shard(tmp_path / "s.h5")
        negative = ~unpack(shard.labels, len(TASKS)).any(axis=1)
        n_positive = int(truth["chr2"].any(axis=1).sum())
        assert negative.sum() == shard.counts["n_training_negative"] == round(n_positive / 3)
        assert (shard.role == np.where(negative, 1, 3)).all()
        assert (np.diff(shard.start) > 0).all()
        kept.setdefault(seed, []).append(shard.start[negative].tolist())
    assert kept[1][0] == kept[1][1] != kept[2][0]


def test_the_data_set_gives_every_split_its_examples(labelled):
    folder, _, shards, truth = labelled
    dataset = open_dataset(folder / "dataset.json", reversed(shards))
    assert dataset.task_ids == tuple(TASKS) and dataset.chromosomes == tuple(SIZES)
    for name, chrom in (("train", "chr1"), ("validation", "chr2"), ("test", "chr3")):
        examples = dataset.split(name)
        expected = np.flatnonzero(truth[chrom].any(axis=1))
        assert examples.chrom.dtype == np.int16 and set(examples.chrom) == {list(SIZES).index(chrom)}
        assert examples.start.dtype == np.int32 and examples.start.tolist() == (expected * BIN).tolist()
        tasks = dataset.task_indices(["t9", "t0"])
        assert np.array_equal(dataset.labels(examples, tasks), truth[chrom][expected][:, [9, 0]])
        rows = np.array([2, 0])
        assert np.array_equal(dataset.labels(examples, tasks, rows), truth[chrom][expected[rows]][:, [9, 0]])
    with pytest.raises(InputError, match="no task zz"):
        dataset.task_indices(["t1", "zz"])


def test_spans_within_a_chromosome_are_split_as_assigned(labelled, tmp_path):
    folder, _, shards, _ = labelled
    splits = {
        "train": [{"chrom": "chr1", "start": 0, "end": 21_000}],
        "validation": [{"chrom": "chr1", "start": 21_000}],
        "test": [{"chrom": "chr2", "start": 3_000, "end": 28_000}], "rule": "window",
    }  # fmt: skip
    summarise_dataset(shards, tmp_path / "d.json", splits=splits, task_ids=TASKS)
    dataset = open_dataset(tmp_path / "d.json", shards)
    about = json.loads((tmp_path / "d.json").read_text())["chromosomes"]
    for code, name in enumerate(SPLITS):
        wanted = [
            (i, s)
            for i, (chrom, path) in enumerate(zip(SIZES, shards, strict=True))
            for s in read_shard(path).start.tolist()
            if assign(chrom, np.array([s]), splits, WINDOW, BIN, SIZES[chrom])[0] == code
        ]
        examples = dataset.split(name)
        assert list(zip(examples.chrom.tolist(), examples.start.tolist(), strict=True)) == wanted
    for chrom in SIZES:
        parts = ("n_train", "n_validation", "n_test", "n_dropped_border", "n_outside_splits")
        assert sum(about[chrom][p] for p in parts) == about[chrom]["n_examples"]
    assert about["chr1"]["n_dropped_border"] > 0 and about["chr3"]["n_outside_splits"] > 0


@pytest.mark.parametrize("regions", ["any_peak", "all_mappable", "mix", "gc_matched"])
@pytest.mark.parametrize("scored", ["any_peak", "all_mappable", "both"])
def test_what_trains_never_changes_what_is_scored(labelled, tmp_path, regions, scored):
    folder, paths, _, truth = labelled
    shards = [tmp_path / f"{chrom}.h5" for chrom in SIZES]
    for chrom, shard in zip(SIZES, shards, strict=True):
        label(
            folder,
            paths,
            shard,
            chrom,
            training_regions=regions,
            evaluation_regions=scored,
            negatives_share=0.1,
        )
    summarise_dataset(shards, tmp_path / "d.json", splits=SPLIT, task_ids=TASKS)
    dataset = open_dataset(tmp_path / "d.json", shards)
    about = json.loads((tmp_path / "d.json").read_text())["chromosomes"]
    sets = {"both": ("any_peak", "all_mappable")}.get(scored, (scored,))
    assert dataset.evaluation_regions == sets
    for name, chrom in (("validation", "chr2"), ("test", "chr3")):
        for regions in sets:
            bins = np.ones(len(truth[chrom]), bool) if regions == "all_mappable" else truth[chrom].any(axis=1)
            examples = dataset.split(name, regions)
            assert examples.start.tolist() == (np.flatnonzero(bins) * BIN).tolist()
            assert np.array_equal(unpack(examples.labels, len(TASKS)), truth[chrom][bins])
            assert about[chrom]["n_evaluation"][regions][name] == bins.sum()
        # bins is now the last set, which holds the others; a stop of training sees the first
        assert len(dataset.split(name)) == about[chrom][f"n_{name}"] == len(dataset.split(name, sets[0]))
        counts = about[chrom]
        assert counts["n_evaluation_positive"] + counts["n_evaluation_negative"] == bins.sum()
    counts = about["chr1"]
    train = unpack(dataset.split("train").labels, len(TASKS)).any(axis=1)
    assert (train.sum(), (~train).sum()) == (counts["n_training_positive"], counts["n_training_negative"])
    for chrom in SIZES:
        parts = ("n_train", "n_dropped_border", "n_outside_splits", "n_other_role")
        evaluated = sum(about[chrom]["n_evaluation"][sets[-1]].values())
        assert sum(about[chrom][p] for p in parts) + evaluated == about[chrom]["n_examples"]


def test_peaks_that_are_not_those_of_the_index_are_refused_by_name_with_the_remedy(labelled, tmp_path):
    folder, _, shards, _ = labelled
    paths = [tmp_path / f"{task}.safetensors" for task in TASKS]
    beds = [folder / f"{task}.bed" for task in TASKS]
    index = tmp_path / "index.json"
    write_index(index, paths, for_each_profile(standardise_peaks, beds, paths, SIZES, SIZES))
    again = index.read_bytes()
    label(folder, paths, tmp_path / "whole.h5", "chr1", index=index)
    assert (tmp_path / "whole.h5").read_bytes() == shards[0].read_bytes()
    last, kept = paths[-1], paths[-1].read_bytes()
    for change, cause in (
        (last.unlink, "missing"),
        (lambda: last.write_bytes(kept[:-4]), "cut"),
        (lambda: last.write_bytes(paths[0].read_bytes()), "not the one of its index"),
    ):
        change()
        with pytest.raises(InputError) as error:
            label(folder, paths, tmp_path / "c.h5", "chr1", index=index)
        assert f"{last}:" in str(error.value) and cause in str(error.value)
        assert f"delete {index} and run again" in str(error.value)
    write_index(index, paths[1:], for_each_profile(standardise_peaks, beds[1:], paths[1:], SIZES, SIZES))
    with pytest.raises(InputError, match=r"index\.json: does not list t0\.safetensors"):
        label(folder, paths, tmp_path / "c.h5", "chr1", index=index)
    write_index(index, paths, for_each_profile(standardise_peaks, beds, paths, SIZES, SIZES, threads=2))
    assert index.read_bytes() == again
    index.write_bytes(again.replace(b"7", b"8"))
    with pytest.raises(InputError, match=r"index\.json: is damaged"):
        label(folder, paths, tmp_path / "c.h5", "chr1", index=index)
