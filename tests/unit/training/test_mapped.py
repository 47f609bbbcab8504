"""Genome and labels as pages of files: the same batches and networks as from memory, nothing left behind."""

import tempfile

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from epigroup.core.errors import InputError
from epigroup.core.mapped_arrays import PAGE, map_pieces, next_place, unnamed_array
from epigroup.dataset.dataset import Dataset, Examples, open_dataset
from epigroup.genome.build import write_genome
from epigroup.genome.codes import open_genome
from epigroup.prediction.predict import ScoringSettings, predict_split
from epigroup.prediction.regions import FastaGenome
from epigroup.training.batches import Batches, Sequences, TrainingOrder
from planted_examples import BIN, LEFT, WINDOW, run_pack, write_files, write_groups


@pytest.fixture
def temporary_folder(tmp_path, monkeypatch):
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@settings(max_examples=40, deadline=None)
@given(
    sizes=st.lists(
        st.sampled_from([1, 7, 1000, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE, 3 * PAGE + 17]),
        min_size=1,
        max_size=6,
    ),
    gap=st.integers(1, 2 * PAGE),
    seed=st.integers(0, 99),
)
def test_pieces_lie_where_they_are_asked_for(tmp_path_factory, sizes, gap, seed):
    rng = np.random.default_rng(seed)
    path = tmp_path_factory.mktemp("pieces") / "file"
    content, pieces, end = rng.integers(0, 4, 7 * sum(sizes) + 50, dtype=np.uint8), [], gap
    path.write_bytes(content.tobytes())
    for size in sizes:
        offset = int(rng.integers(0, len(content) - size + 1))
        pieces.append((next_place(end, offset), offset, size))
        end = pieces[-1][0] + size + gap
    array = map_pieces(path, pieces, end, 4)
    wanted = np.full(end, 4, np.uint8)
    for place, offset, size in pieces:
        wanted[place : place + size] = content[offset : offset + size]
    assert np.array_equal(array, wanted)
    array[:] = 9
    assert path.read_bytes() == content.tobytes()


def test_windows_are_the_same_at_every_start(tmp_path):
    rng = np.random.default_rng(4)
    sizes = {"one": 3 * PAGE - 5, "two": PAGE, "tiny": 40, "last": 2 * PAGE + 1}
    text = "".join(f">{name}\n{''.join(rng.choice(list('ACGTN'), size))}\n" for name, size in sizes.items())
    (tmp_path / "g.fa").write_text(text)
    write_genome(tmp_path / "g.fa", tmp_path / "g.h5", assembly="toy")
    genome, names, window = open_genome(tmp_path / "g.h5"), ["two", "tiny", "last", "one"], 101
    before = (tmp_path / "g.h5").read_bytes()
    held, mapped = (Sequences(genome, names, window, data=data) for data in ("memory", "disk"))
    for number, name in enumerate(names):
        start = np.arange(-window + 1, sizes[name])
        chrom = np.full(len(start), number)
        reverse = torch.arange(len(start)) % 3 == 0
        both = [one.one_hot(one.positions(chrom, start), torch.bfloat16, reverse) for one in (held, mapped)]
        assert torch.equal(*both)
    assert (tmp_path / "g.h5").read_bytes() == before


def test_bases_that_lie_in_no_file_are_held_in_memory():
    bases = FastaGenome({"a": np.arange(50, dtype=np.uint8) % 5, "b": np.zeros(7, np.uint8)})
    asked, held = (Sequences(bases, ["b", "a"], 11, data=data) for data in ("disk", "memory"))
    assert torch.equal(asked.flat, held.flat) and np.array_equal(asked.offsets, held.offsets)


def split_batches(files: dict, data: str) -> tuple[Dataset, Examples, Batches]:
    dataset = open_dataset(files["dataset_json"], files["shard_paths"])
    sequences = Sequences(open_genome(files["genome_h5"]), dataset.chromosomes, WINDOW, data=data)
    examples = dataset.split("train", data=data)
    return dataset, examples, Batches(sequences, examples, LEFT)


def test_batches_are_the_same_bit_by_bit(tmp_path, temporary_folder):
    files = write_files(tmp_path, n=300, n_tasks=9)
    (_, _, held), (_, examples, paged) = (split_batches(files, data) for data in ("memory", "disk"))
    assert examples.labels.shape == (300, 2) and list(temporary_folder.iterdir()) == []
    tasks = torch.tensor([8, 0, 3])
    assert np.array_equal(held.positives(tasks), paged.positives(tasks))
    assert np.array_equal(held.any_positive(tasks), paged.any_positive(tasks))
    plan = TrainingOrder(1, len(held), 64, reverse_complement=True, device="cpu", jitter=LEFT)
    for step in range(9):
        indices, reverse, shift = plan.batch(step)
        windows = [one.one_hot(indices, torch.float32, reverse, shift) for one in (held, paged)]
        assert torch.equal(*windows)
        assert torch.equal(held.targets(indices, tasks), paged.targets(indices, tasks))


def test_networks_and_scores_are_the_same(tmp_path):
    files = write_files(tmp_path)
    write_groups(tmp_path / "groups.tsv", {0: ["task0", "task1"], 1: ["task3"]})
    for data in ("memory", "disk"):
        model = run_pack(tmp_path, files, name=data, data=data)
        scoring = ScoringSettings(7, device="cpu", data=data)
        predict_split([model], **files, split="test", out=tmp_path / f"{data}.h5", scoring=scoring)
    for end in ("safetensors", "h5"):
        assert (tmp_path / f"memory.{end}").read_bytes() == (tmp_path / f"disk.{end}").read_bytes()


def test_a_split_comes_whole_by_blocks_and_by_index(tmp_path, monkeypatch):
    files = write_files(tmp_path, n=300)
    dataset, examples, _ = split_batches(files, "memory")
    monkeypatch.setattr("epigroup.dataset.dataset.CHUNK_ROWS", 128)
    parts = list(dataset.blocks("train"))
    assert [len(part) for part in parts] == [128, 128, 44]
    for name in ("chrom", "start", "labels"):
        joined = np.concatenate([getattr(part, name) for part in parts])
        assert joined.dtype == getattr(examples, name).dtype
        assert np.array_equal(joined, getattr(examples, name))
    tasks = dataset.task_indices(["task3", "task1"])
    for i in (299, 0, 130):
        one = np.array([i])
        assert examples.start[i] == BIN * i and dataset.chromosomes[examples.chrom[i]] == "chrTrain"
        assert np.array_equal(
            dataset.labels(examples, tasks, one)[0], dataset.labels(parts[i // 128], tasks)[i % 128]
        )


def test_a_folder_without_room_is_named(temporary_folder):
    with pytest.raises(InputError, match=rf"{temporary_folder}: no room for .* MB .*running\.data"):
        unnamed_array((1 << 46, 46), np.uint8)
    assert unnamed_array((0, 46), np.uint8).shape == (0, 46)
    assert list(temporary_folder.iterdir()) == []
