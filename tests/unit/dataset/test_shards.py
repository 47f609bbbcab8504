"""The file of a shard: what is written is read, and a damaged or foreign one is never opened."""

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epigroup.core.errors import InputError
from epigroup.dataset.dataset import open_dataset
from epigroup.dataset.labels import pack
from epigroup.dataset.shards import FORMAT_VERSION, Shard, read_shard, write_shard
from labelled_genome import TASKS


def test_the_contract_of_the_file(labelled):
    with h5py.File(labelled[2][0], locking=False) as store:
        for name in ("start", "labels"):
            assert store[name].fletcher32 and store[name].chunks
        assert store["start"].dtype == np.int32 and store["labels"].dtype == np.uint8
        assert store["labels"].shape[1] == 2
        named = {"format_version", "chrom", "bin_size", "window", "min_overlap", "genome_sha256", "counts"}
        assert named <= set(store.attrs)
        assert [t.decode() for t in store["task_ids"]] == TASKS


def damaged(folder, path, data, tmp_path):
    target = tmp_path / path.name
    target.write_bytes(data)
    return [target, *(p for p in path.parent.glob("chr*.h5") if p.name != path.name)]


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_cut_shard_is_never_opened(labelled, tmp_path, share):
    folder, _, shards, _ = labelled
    data = shards[0].read_bytes()
    with pytest.raises(InputError, match=r"chr1\.h5"):
        open_dataset(
            folder / "dataset.json", damaged(folder, shards[0], data[: int(len(data) * share)], tmp_path)
        )


def test_a_flipped_bit_anywhere_is_never_opened(labelled, tmp_path):
    folder, _, shards, _ = labelled
    data = shards[0].read_bytes()
    for at in np.linspace(0, len(data) - 1, 60).astype(int):
        flipped = bytearray(data)
        flipped[at] ^= 1 << (at % 8)
        with pytest.raises(InputError, match=r"chr1\.h5"):
            open_dataset(folder / "dataset.json", damaged(folder, shards[0], bytes(flipped), tmp_path))


def test_a_shard_read_alone_notices_flipped_content(labelled, tmp_path):
    """Without dataset.json: a flipped bit is either an error or one of the bytes that say nothing."""
    sound = read_shard(labelled[2][0])
    data = labelled[2][0].read_bytes()
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
def test_a_shard_of_something_else_is_refused(labelled, tmp_path, changes, says):
    folder, _, shards, _ = labelled
    with pytest.raises(InputError, match=says):
        open_dataset(folder / "dataset.json", remade(shards[0], tmp_path, **changes))


def test_other_versions_and_missing_shards_are_refused(labelled, tmp_path):
    folder, _, shards, _ = labelled
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


def test_labels_that_do_not_fit_are_not_written(tmp_path, labelled):
    shard = read_shard(labelled[2][0])
    with pytest.raises(ValueError, match="labels of shape"):
        write_shard(tmp_path / "s.h5", Shard(**{**vars(shard), "task_ids": ("only",)}))
    assert not list(tmp_path.iterdir())
