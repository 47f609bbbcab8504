"""Groups and scores against the truth that a simulation planted."""

import h5py
import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as reference

from epigroup.comparison.planted import ceiling, compare_groupings, compare_with_truth
from epigroup.core.errors import InputError
from epigroup.dataset.dataset import open_dataset
from planted_examples import write_files


def test_truth_tables(tmp_path):
    paths = write_files(tmp_path, n=240)
    dataset = open_dataset(paths["dataset_json"], paths["shard_paths"])
    examples = dataset.split("test")
    tasks = list(dataset.task_ids)
    labels = np.unpackbits(examples.labels, axis=1, count=4, bitorder="little").astype(float)
    rng = np.random.default_rng(0)
    with h5py.File(tmp_path / "probability.h5", "w") as file:
        file.attrs["task_ids"], file.attrs["bin_size"] = tasks[::-1], dataset.bin_size
        for chrom, size in dataset.sizes.items():
            file[chrom] = rng.random((-(-size // dataset.bin_size), 4)).astype(np.float32)
        bins = examples.start // dataset.bin_size
        noisy = np.clip(0.5 * labels + 0.7 * rng.random(labels.shape), 0, 1).astype(np.float32)
        whole = file["chrTest"][:]
        whole[bins] = noisy[:, ::-1]
        file["chrTest"][:] = whole
    (tmp_path / "truth.tsv").write_text(
        "task_id\tgroup\n" + "".join(f"{t}\t{i // 2}\n" for i, t in enumerate(tasks))
    )
    found = {"same": [1, 1, 0, 0], "crossed": [0, 1, 0, 1]}
    for name, groups in found.items():
        rows = "".join(f"{t}\t{g}\n" for t, g in zip(tasks, groups, strict=True))
        (tmp_path / f"{name}.tsv").write_text("task_id\tgroup\n" + rows)
    for seed, score in ((1, 0.4), (2, 0.6)):
        frame = pd.DataFrame(
            {"task_id": tasks, **dict.fromkeys(("test_f1", "test_auprc", "test_auroc"), score)}
        )
        frame = frame.assign(validation_f1_half=0.5, validation_auprc=0.5)
        frame.to_csv(tmp_path / f"m{seed}.tsv", sep="\t", index=False)
    cfg = {
        "tasks": [{"task_id": t, "modality": "CA", "cell_group": "x"} for t in tasks],
        "groupings": [["same", 1, tasks], ["crossed", 1, tasks]],
        "methods": {"same": ["kmeans", "raw"], "crossed": ["sheet", ""]},
    }
    groups = [tmp_path / "same.tsv", tmp_path / "crossed.tsv"]
    outs = [tmp_path / "out" / "truth.tsv", tmp_path / "out" / "affinities.tsv"]
    compare_groupings(tmp_path / "truth.tsv", groups, [], *outs, cfg | {"affinities": []})
    assert pd.read_csv(outs[1], sep="\t").empty
    compare_with_truth(
        tmp_path / "probability.h5", paths["dataset_json"], paths["shard_paths"],
        [tmp_path / "m1.tsv", tmp_path / "m2.tsv"], tmp_path / "out" / "ceiling.tsv",
        {"runs": [["KMTL", 1], ["KMTL", 2]]},
    )  # fmt: skip
    agreement = pd.read_csv(tmp_path / "out" / "truth.tsv", sep="\t").set_index("grouping")
    assert agreement.loc["same", ["method", "vectors"]].tolist() == ["kmeans", "raw"]
    assert agreement.loc["same", "ari_planted"] == 1 and agreement.loc["crossed", "ari_planted"] < 0
    table = pd.read_csv(tmp_path / "out" / "ceiling.tsv", sep="\t").set_index("task_id")
    expected = [reference.average_precision_score(labels[:, i], noisy[:, i]) for i in range(4)]
    assert table["test_auprc"].to_numpy() == pytest.approx(np.array(expected), abs=1e-9)
    assert table["KMTL:test_auprc"].to_numpy() == pytest.approx(np.full(4, 0.5))
    with h5py.File(tmp_path / "probability.h5", "a") as file:
        file.attrs["bin_size"] = 100
    with pytest.raises(InputError, match="bins of 100 bp, 4 tasks, the data set has 200 bp"):
        ceiling(dataset, tmp_path / "probability.h5")
