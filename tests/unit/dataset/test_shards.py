"""Shards: from peaks to a data set that can be opened, and every way in which it must not be."""

import json

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epigroup.core.errors import InputError
from epigroup.dataset.dataset import open_dataset
from epigroup.dataset.labels import pack, unpack
from epigroup.dataset.make_shard import ShardSources, make_shard
from epigroup.dataset.shards import FORMAT_VERSION, Shard, read_shard, write_shard
from epigroup.dataset.splits import SPLITS, assign
from epigroup.dataset.summary import summarise_dataset
from epigroup.genome.build import write_genome
from epigroup.peaks.standard import for_each_profile, standardise_peaks, write_index
from planted_examples import label_settings

SIZES = {"chr1": 40_130, "chr2": 30_000, "chr3": 20_000}
BIN, WINDOW, OVERLAP = 200, 1001, 50
SPLIT = {"validation": [{"chrom": "chr2"}], "test": [{"chrom": "chr3"}], "train": "rest", "rule": "window"}
TASKS = [f"t{i}" for i in range(11)]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A genome with a run of N, peaks of 11 tasks, the shards, and the labels by the definition."""
    folder = tmp_path_factory.mktemp("made")
    rng = np.random.default_rng(5)
    letters = {c: rng.choice(list("ACGT"), n) for c, n in SIZES.items()}
    letters["chr1"][12_000:14_000] = "N"
    (folder / "g.fa").write_text("".join(f">{c}\n{''.join(s)}\n" for c, s in letters.items()))
    write_genome(folder / "g.fa", folder / "g.h5", assembly="toy")
    truth = {c: np.zeros((n // BIN, len(TASKS)), bool) for c, n in SIZES.items()}
    paths = []
    for t, task in enumerate(TASKS):
        rows = []
        for chrom, size in SIZES.items():
            for start in rng.integers(0, size - 400, 12 if t else 3):
                end = start + int(rng.integers(20, 400))
                rows.append(f"{chrom}\t{start}\t{end}\n")
                for b in range(size // BIN):
                    truth[chrom][b, t] |= min(end, (b + 1) * BIN) - max(start, b * BIN) >= OVERLAP
        rng.shuffle(rows)
        (folder / f"{task}.bed").write_text("".join(rows))
        standardise_peaks(folder / f"{task}.bed", folder / f"{task}.safetensors", SIZES, SIZES)
        paths.append(folder / f"{task}.safetensors")
    shards = [folder / f"{c}.h5" for c in SIZES]
    for chrom, shard in zip(SIZES, shards, strict=True):
        label(folder, paths, shard, chrom)
    summarise_dataset(shards, folder / "dataset.json", splits=SPLIT, task_ids=TASKS)
    return folder, paths, shards, truth


def label(folder, paths, out, chrom, **options):
    sources = ShardSources(folder / "g.h5", TASKS, paths, options.pop("index", None))
    make_shard(sources, out, chrom, label_settings(BIN, WINDOW, OVERLAP, **options))


def test_a_shard_holds_the_bins_with_a_positive_and_their_labels(made):
    _, _, shards, truth = made
    for chrom, path in zip(SIZES, shards, strict=True):
        shard = read_shard(path)
        expected = np.flatnonzero(truth[chrom].any(axis=1))
        assert shard.start.dtype == np.int32 and shard.start.tolist() == (expected * BIN).tolist()
        assert np.array_equal(unpack(shard.labels, len(TASKS)), truth[chrom][expected])
        assert shard.counts["n_bins"] == SIZES[chrom] // BIN
        assert shard.n_peaks.tolist() == [3] + [12] * 10


def test_the_contract_of_the_file(made):
    with h5py.File(made[2][0], locking=False) as store:
        for name in ("start", "labels"):
            assert store[name].fletcher32 and store[name].chunks
        assert store["start"].dtype == np.int32 and store["labels"].dtype == np.uint8
        assert store["labels"].shape[1] == 2
        named = {"format_version", "chrom", "bin_size", "window", "min_overlap", "genome_sha256", "counts"}
        assert named <= set(store.attrs)
        assert [t.decode() for t in store["task_ids"]] == TASKS


def test_the_same_input_gives_the_same_bytes(made, tmp_path):
    folder, paths, shards, _ = made
    label(folder, paths, tmp_path / "again.h5", "chr1")
    assert (tmp_path / "again.h5").read_bytes() == shards[0].read_bytes()


def test_bins_left_out_are_counted(made, tmp_path):
    folder, paths, _, truth = made
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


def test_a_share_of_the_negatives_is_kept_by_seed(made, tmp_path):
    folder, paths, _, truth = made
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


def test_the_data_set_gives_every_split_its_examples(made):
    folder, _, shards, truth = made
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


def test_spans_within_a_chromosome_are_split_as_assigned(made, tmp_path):
    folder, _, shards, _ = made
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


def damaged(folder, path, data, tmp_path):
    target = tmp_path / path.name
    target.write_bytes(data)
    return [target, *(p for p in path.parent.glob("chr*.h5") if p.name != path.name)]


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_cut_shard_is_never_opened(made, tmp_path, share):
    folder, _, shards, _ = made
    data = shards[0].read_bytes()
    with pytest.raises(InputError, match=r"chr1\.h5"):
        open_dataset(
            folder / "dataset.json", damaged(folder, shards[0], data[: int(len(data) * share)], tmp_path)
        )


def test_a_flipped_bit_anywhere_is_never_opened(made, tmp_path):
    folder, _, shards, _ = made
    data = shards[0].read_bytes()
    for at in np.linspace(0, len(data) - 1, 60).astype(int):
        flipped = bytearray(data)
        flipped[at] ^= 1 << (at % 8)
        with pytest.raises(InputError, match=r"chr1\.h5"):
            open_dataset(folder / "dataset.json", damaged(folder, shards[0], bytes(flipped), tmp_path))


def test_a_shard_read_alone_notices_flipped_content(made, tmp_path):
    """Without dataset.json: a flipped bit is either an error or one of the bytes that say nothing."""
    sound = read_shard(made[2][0])
    data = made[2][0].read_bytes()
    noticed = 0
    for at in np.linspace(0, len(data) - 1, 150).astype(int):
        flipped = bytearray(data)
        flipped[at] ^= 1 << (at % 8)
        (tmp_path / "s.h5").write_bytes(flipped)
        try:
            assert read_shard(tmp_path / "s.h5").content_sha256() == sound.content_sha256()
        except InputError:
            noticed += 1
    assert noticed > 0


def remade(path, tmp_path, **changes):
    shard = read_shard(path)
    values = {name: getattr(shard, name) for name in Shard.__dataclass_fields__} | changes
    write_shard(tmp_path / path.name, Shard(**values))
    return [tmp_path / path.name, *(p for p in path.parent.glob("chr*.h5") if p.name != path.name)]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"genome_sha256": "0" * 64}, 'genome_sha256 is "0000'),
        ({"window": 801}, "window is 801, in .* 1001"),
        ({"min_overlap": 100}, "min_overlap is 100"),
        ({"task_ids": tuple(reversed(TASKS))}, "task_ids is"),
        ({"chrom": "chrZ"}, "chromosome chrZ is not in"),
        ({"counts": {}}, "made again after"),
    ],
)
def test_a_shard_of_something_else_is_refused(made, tmp_path, changes, says):
    folder, _, shards, _ = made
    with pytest.raises(InputError, match=says):
        open_dataset(folder / "dataset.json", remade(shards[0], tmp_path, **changes))


def test_other_versions_and_missing_shards_are_refused(made, tmp_path):
    folder, _, shards, _ = made
    with pytest.raises(InputError, match="no shard was given for chromosome chr2"):
        open_dataset(folder / "dataset.json", [shards[0], shards[2]])
    target = tmp_path / "chr1.h5"
    target.write_bytes(shards[0].read_bytes())
    with h5py.File(target, "r+") as store:
        store.attrs["format_version"] = FORMAT_VERSION + 1
    with pytest.raises(InputError, match=f"format version {FORMAT_VERSION + 1}"):
        read_shard(target)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 40), st.integers(1, 20), st.integers(0, 2**32 - 1))
def test_whatever_is_written_is_read(tmp_path_factory, n, n_tasks, seed):
    rng = np.random.default_rng(seed)
    shard = Shard(
        chrom="c", size=10_000, bin_size=10, window=21, min_overlap=3, assembly="toy", genome_sha256="ab",
        task_ids=tuple(f"task-{i}" for i in range(n_tasks)), counts={"n_bins": 1000},
        start=np.sort(rng.choice(1000, n, replace=False)).astype(np.int32) * 10,
        labels=pack(rng.random((n, n_tasks)) < 0.3), n_peaks=rng.integers(0, 99, n_tasks),
        role=rng.integers(1, 8, n).astype(np.uint8),
    )  # fmt: skip
    path = tmp_path_factory.mktemp("shard") / "c.h5"
    write_shard(path, shard)
    again = read_shard(path)
    for name in Shard.__dataclass_fields__:
        assert np.array_equal(getattr(again, name), getattr(shard, name))


def test_labels_that_do_not_fit_are_not_written(tmp_path, made):
    shard = read_shard(made[2][0])
    with pytest.raises(ValueError, match="labels of shape"):
        write_shard(tmp_path / "s.h5", Shard(**{**vars(shard), "task_ids": ("only",)}))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("regions", ["any_peak", "all_mappable", "mix", "gc_matched"])
@pytest.mark.parametrize("scored", ["any_peak", "all_mappable", "both"])
def test_what_trains_never_changes_what_is_scored(made, tmp_path, regions, scored):
    folder, paths, _, truth = made
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


def test_peaks_that_are_not_those_of_the_index_are_refused_by_name_with_the_remedy(made, tmp_path):
    folder, _, shards, _ = made
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
