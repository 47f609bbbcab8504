"""Both sets of evaluation regions: the same networks as with one, stopped by the bins with a peak."""

from dataclasses import replace

import h5py
import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file

from epigroup.dataset.dataset import open_dataset
from epigroup.dataset.labels import unpack
from epigroup.dataset.shards import SCORED, TRAINS, read_shard, write_shard
from epigroup.dataset.summary import summarise_dataset
from epigroup.evaluation.predictions import evaluate_strategy
from epigroup.prediction.predict import ScoringSettings, predict_split
from planted_examples import run_pack, write_files, write_groups

TASKS = ["task0", "task1"]
SPLITS = {
    "train": "rest",
    "rule": "window",
    "validation": [{"chrom": "chrVal"}],
    "test": [{"chrom": "chrTest"}],
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Folder of each choice of evaluation regions after training, prediction and evaluation."""
    source = tmp_path_factory.mktemp("source")
    files = write_files(source, n_tasks=2, rate=[0.3, 0.2])
    folders = {}
    for regions in ("any_peak", "both"):
        folder = folders[regions] = tmp_path_factory.mktemp(regions)
        shards = []
        for path in files["shard_paths"]:
            shard = read_shard(path)
            peak = unpack(shard.labels, 2).any(axis=1)
            role = np.where(peak, TRAINS | SCORED["any_peak"], 0).astype(np.uint8)
            if regions == "both":
                role |= SCORED["all_mappable"]
            kept = role > 0
            shards.append(folder / path.name)
            parts = {"start": shard.start[kept], "labels": shard.labels[kept], "role": role[kept]}
            write_shard(shards[-1], replace(shard, **parts))
        data = {**files, "shard_paths": shards, "dataset_json": folder / "dataset.json"}
        summarise_dataset(shards, data["dataset_json"], splits=SPLITS, task_ids=TASKS)
        write_groups(folder / "groups.tsv", {0: TASKS})
        model = run_pack(folder, data, name="pack0")
        for split in ("validation", "test"):
            predict_split(
                [model], **data, split=split, out=folder / f"{split}.h5", scoring=ScoringSettings(16)
            )
        for scored in open_dataset(data["dataset_json"], shards).evaluation_regions:
            evaluate_strategy(
                *(folder / name for name in ("validation.h5", "test.h5", "groups.tsv", "dataset.json")),
                *(folder / f"{scored}.{name}" for name in ("metrics.tsv", "blocks.h5")),
                {
                    "tasks": TASKS,
                    "min_validation_positives": 5,
                    "regions": scored,
                    "interval_draws": 10,
                    "seed": 1,
                },  # fmt: skip
            )
    return folders


def test_a_second_set_changes_neither_networks_nor_stop(runs):
    one, both = (load_file(folder / "pack0.safetensors") for folder in runs.values())
    assert one.keys() == both.keys() and all(np.array_equal(one[name], both[name]) for name in one)
    curves = [
        pd.read_csv(folder / "pack0.curves.tsv", sep="\t").drop(columns="seconds") for folder in runs.values()
    ]
    pd.testing.assert_frame_equal(*curves)


def test_scores_of_the_first_set_are_those_of_a_run_with_it_alone(runs):
    one, both = (pd.read_csv(f / "any_peak.metrics.tsv", sep="\t") for f in runs.values())
    pd.testing.assert_frame_equal(one, both)
    assert not (runs["any_peak"] / "all_mappable.metrics.tsv").exists()


def test_predictions_cover_every_bin_and_each_table_names_its_regions(runs):
    with h5py.File(runs["both"] / "test.h5") as file:
        n, n_peak = len(file["start"]), int(file["labels"][:].any(axis=1).sum())
        assert n == 53 > n_peak > 0
    for regions, expected in (("any_peak", n_peak), ("all_mappable", n)):
        table = pd.read_csv(runs["both"] / f"{regions}.metrics.tsv", sep="\t")
        assert (table["regions"] == regions).all() and (table["n_test"] == expected).all()
