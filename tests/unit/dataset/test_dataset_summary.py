"""dataset.json, tasks.tsv and Table I: every figure counted again from the labels, and the warnings."""

import json
from dataclasses import replace

import numpy as np
import pytest

from epigroup.core.errors import InputError
from epigroup.dataset.labels import pack
from epigroup.dataset.shards import TRAINS, Shard, read_shard, write_shard
from epigroup.dataset.splits import assign
from epigroup.dataset.summary import summarise_dataset
from epigroup.dataset.tasks import describe_tasks, read_tasks

SIZES = {"chr1": 20_000, "chr2": 10_000, "chr3": 10_000}
TASKS = ["a", "b", "c", "twin_of_b", "nothing_in_test", "nothing"]
SPLIT = {"validation": [{"chrom": "chr2"}], "test": [{"chrom": "chr3"}], "train": "rest", "rule": "window"}


def rows(ids=TASKS):
    common = {"modality": "TFB", "assay": "ChIP", "target": "x", "cell_type": "y", "cell_group": ""}
    return [{"task_id": task} | common for task in ids]


@pytest.fixture
def shards(tmp_path):
    rng = np.random.default_rng(8)
    labels, paths = {}, []
    for chrom, size in SIZES.items():
        labels[chrom] = rng.random((size // 200, len(TASKS))) < 0.3
        labels[chrom][:, 3] = labels[chrom][:, 1]
        labels[chrom][:, 5] = False
        if chrom == "chr3":
            labels[chrom][:, 4] = False
        paths.append(tmp_path / f"{chrom}.h5")
        write_shard(paths[-1], Shard(
            chrom=chrom, size=size, bin_size=200, window=1001, min_overlap=50,
            assembly="toy", genome_sha256="ab",
            task_ids=tuple(TASKS), counts={"n_bins": size // 200, "n_examples": size // 200},
            start=(np.arange(size // 200) * 200).astype(np.int32), labels=pack(labels[chrom]),
            n_peaks=np.arange(6) * 10, role=np.full(size // 200, 3, np.uint8),
        ))  # fmt: skip
    return paths, labels


def summarise(paths, folder, splits=SPLIT, tasks=None):
    tasks = tasks or rows()
    files = [folder / name for name in ("dataset.json", "tasks.tsv", "profiles.tsv")]
    summarise_dataset(paths, files[0], splits=splits, task_ids=[task["task_id"] for task in tasks])
    describe_tasks(*files, tasks=tasks)
    return read_tasks(folder / "tasks.tsv"), json.loads((folder / "dataset.json").read_text())


def test_every_figure_can_be_counted_from_the_labels(shards, tmp_path):
    paths, labels = shards
    table, about = summarise(paths, tmp_path)
    assert list(table.columns) == [
        *("task_id", "modality", "assay", "target", "cell_type", "cell_group", "n_peaks"),
        *("positives_train", "positives_validation", "positives_test", "share_train", "flag"),
    ]
    assert table.task_id.tolist() == TASKS and table.n_peaks.tolist() == [0, 30, 60, 90, 120, 150]
    for name, chrom in (("train", "chr1"), ("validation", "chr2"), ("test", "chr3")):
        assert table[f"positives_{name}"].tolist() == labels[chrom].sum(axis=0).tolist()
        assert about["n_examples"][name] == len(labels[chrom])
        assert about["chromosomes"][chrom][f"n_{name}"] == len(labels[chrom])
    assert np.allclose(table.share_train, labels["chr1"].mean(axis=0), atol=1e-5)
    assert about["task_ids"] == TASKS and about["splits"]["test"] == [
        {"chrom": "chr3", "start": 0, "end": 10_000}
    ]


def test_tasks_without_positives_are_flagged_and_named(shards, tmp_path, caplog):
    table, _ = summarise(shards[0], tmp_path)
    assert table.flag.tolist() == [
        "",
        "",
        "",
        "",
        "no positives in test",
        "no positives in train, validation, test",
    ]
    assert "task nothing_in_test: no positives in test" in caplog.text
    assert "tasks b and twin_of_b have the same labels in every example" in caplog.text
    assert caplog.text.count("have the same labels") == 1


def test_bins_at_a_border_are_counted(shards, tmp_path, caplog):
    caplog.set_level("INFO")
    splits = SPLIT | {"validation": [{"chrom": "chr1", "start": 10_000, "end": 15_000}]}
    table, about = summarise(shards[0], tmp_path, splits)
    starts = np.arange(0, 20_000, 200)
    where = assign("chr1", starts, splits, 1001, 200, 20_000)
    counted = about["chromosomes"]["chr1"]
    assert counted["n_dropped_border"] == (where < 0).sum() > 0 and counted["n_outside_splits"] == 0
    labels = shards[1]["chr1"][where == 1]
    assert table.positives_validation.tolist() == labels.sum(axis=0).tolist()
    literal = summarise(shards[0], tmp_path, splits | {"rule": "bin"})[1]["chromosomes"]["chr1"]
    assert literal["n_dropped_border"] == 0 and literal["n_validation"] == 25
    assert (
        f"(rule window); {counted['n_dropped_border']} dropped: windows across a split's border"
        in caplog.text
    )
    assert "(rule bin); 0 dropped" in caplog.text


def test_the_hash_follows_what_can_be_learnt(shards, tmp_path):
    paths, _ = shards
    usual = summarise(paths, tmp_path)[1]["dataset_hash"]
    assert summarise(paths, tmp_path)[1]["dataset_hash"] == usual
    renamed = [row | {"cell_group": "other"} for row in rows()]
    assert summarise(paths, tmp_path, tasks=renamed)[1]["dataset_hash"] == usual
    assert summarise(paths, tmp_path, SPLIT | {"rule": "bin"})[1]["dataset_hash"] != usual
    assert summarise(paths[:2] + paths[2:], tmp_path)[1]["dataset_hash"] == usual


def test_a_split_without_examples_is_refused(shards, tmp_path):
    splits = SPLIT | {"test": [{"chrom": "chr3", "start": 0, "end": 500}]}
    with pytest.raises(InputError, match=r"splits\.test: no example lies in chr3:0-500"):
        summarise(shards[0], tmp_path, splits)
    assert not (tmp_path / "dataset.json").exists() and not (tmp_path / "tasks.tsv").exists()


def test_shards_without_an_example_for_evaluation_are_refused(shards, tmp_path):
    for path in shards[0]:
        shard = read_shard(path)
        write_shard(path, replace(shard, role=np.full(len(shard.role), TRAINS, np.uint8)))
    with pytest.raises(InputError, match=r"splits\.validation: no example lies in chr2:0-10000"):
        summarise(shards[0], tmp_path)


def test_shards_that_do_not_belong_together_are_refused(shards, tmp_path):
    paths, _ = shards
    with pytest.raises(InputError, match=r"chr1\.h5: its tasks are not those of the sheet"):
        summarise(paths, tmp_path, tasks=rows(["b", "a", *TASKS[2:]]))
    write_shard(paths[1], Shard(
        chrom="chr2", size=10_000, bin_size=200, window=801, min_overlap=50,
        assembly="toy", genome_sha256="ab",
        task_ids=tuple(TASKS), counts={}, start=np.zeros(1, np.int32), labels=np.zeros((1, 1), np.uint8),
        n_peaks=np.zeros(6, np.int64), role=np.zeros(1, np.uint8),
    ))  # fmt: skip
    with pytest.raises(InputError, match=r"chr2\.h5: its window is not that of .*chr1\.h5"):
        summarise(paths, tmp_path)


def test_table_i_counts_profiles_and_a_name_changes_nothing_else(shards, tmp_path):
    kinds = [
        ("CA", "ATAC", "brain"),
        ("CA", "DNase", "brain"),
        ("HM", "ChIP", "brain"),
        ("HM", "ChIP", "gut"),
    ]
    kinds += [("CA", "ATAC", "gut"), ("TFB", "ChIP", "")]
    sheet = [
        row | dict(zip(("modality", "assay", "cell_group"), kind, strict=True))
        for row, kind in zip(rows(), kinds, strict=True)
    ]
    table, about = summarise(shards[0], tmp_path, tasks=sheet)
    assert (tmp_path / "profiles.tsv").read_text().splitlines() == [
        "cell_group\tCA (ATAC)\tCA (DNase)\tHM\tTFB\tTotal",
        "\t0\t0\t0\t1\t1",
        "brain\t1\t1\t1\t0\t3",
        "gut\t1\t0\t1\t0\t2",
        "Total\t2\t1\t2\t1\t6",
    ]
    files = [tmp_path / name for name in ("dataset.json", "tasks.tsv", "profiles.tsv")]
    describe_tasks(*files, tasks=[sheet[0] | {"target": "other"}, *sheet[1:]])
    again = read_tasks(files[1])
    assert again.target[0] == "other" and again.drop(columns="target").equals(table.drop(columns="target"))
    own = [row | {"x_lab": "north" if i == 2 else "", "x_b": str(i)} for i, row in enumerate(sheet)]
    describe_tasks(*files, tasks=own)
    again = read_tasks(files[1])
    assert list(again.columns[5:9]) == ["cell_group", "x_lab", "x_b", "n_peaks"]
    assert again["x_lab"].tolist() == ["", "", "north", "", "", ""] and again["x_b"].astype(str).tolist() == [
        *"012345"
    ]
    assert again.drop(columns=["x_b", "x_lab"]).equals(table)
    with pytest.raises(InputError, match="its tasks are not those of the sheet"):
        describe_tasks(*files, tasks=sheet[1:])
