"""Covariance of the hidden features, and what is made of it: the correlation of predicted logits."""

import h5py
import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from epigroup.core.errors import InputError
from epigroup.dataset.dataset import open_dataset
from epigroup.genome.codes import open_genome
from epigroup.grouping.clustering import distances
from epigroup.grouping.method import GroupingInputs, Heads
from epigroup.grouping.read_inputs import read_head_table
from epigroup.grouping.vectors import task_vectors
from epigroup.networks.head_weights import write_heads
from epigroup.networks.model_files import load_network, read_info
from epigroup.prediction.feature_covariance import (
    CovarianceSettings,
    draw_examples,
    mean_and_covariance,
    measure_hidden,
)
from epigroup.training.batches import Batches, Sequences
from planted_examples import SETTINGS, run_pack, write_files, write_groups


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6), st.floats(-1e4, 1e4), st.integers(0, 100))
@settings(deadline=None, max_examples=50)
def test_parts_give_the_covariance_of_the_whole(sizes, centre, seed):
    rows = centre + np.random.default_rng(seed).normal(size=(sum(sizes), 4))
    parts = torch.from_numpy(rows).split(sizes)
    mean, covariance, n = mean_and_covariance(iter(parts))
    assert n == len(rows)
    np.testing.assert_allclose(mean, rows.mean(axis=0), rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(covariance, np.cov(rows.T, bias=True), rtol=1e-6, atol=1e-7)


def test_the_draw_is_without_repetition_and_of_its_seed():
    drawn = draw_examples(1000, 50, 3)
    assert len(set(drawn)) == 50 and (np.diff(drawn) > 0).all() and drawn.max() < 1000
    assert drawn.tolist() == draw_examples(1000, 50, 3).tolist() != draw_examples(1000, 50, 4).tolist()
    assert draw_examples(20, 50, 3).tolist() == list(range(20))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hidden")
    files = write_files(folder)
    tasks = list(open_dataset(files["dataset_json"], files["shard_paths"]).task_ids)
    write_groups(folder / "groups.tsv", {0: tasks})
    model = run_pack(folder, files, cfg=SETTINGS | {"max_steps": 6}, name="pack0")
    write_heads([model], folder / "heads.h5")
    measure_hidden(
        [model], **files, out=folder / "covariance.h5", settings=CovarianceSettings(40, 5, 7), device="cpu"
    )
    return folder, files, model, tasks


def logits_of(files, model, rows):
    """What the network predicts for training examples, in evaluation mode: float64 (n, T)."""
    dataset = open_dataset(files["dataset_json"], files["shard_paths"])
    sequences = Sequences(open_genome(files["genome_h5"]), dataset.chromosomes, dataset.window)
    batches = Batches(sequences, dataset.split("train"), (dataset.window - dataset.bin_size) // 2)
    network = load_network(model, read_info(model), 0)
    with torch.no_grad():
        return network(batches.one_hot(torch.from_numpy(rows(len(batches))))).double().numpy()


def given_heads(heads, tasks, **options):
    sheet = pd.DataFrame({"task_id": tasks})
    return GroupingInputs(
        "g", tasks, sheet, 2, 1, heads=(heads,), options={"vectors": "logit_covariance"} | options
    )


def test_inner_products_are_the_correlation_of_the_networks_own_logits(trained):
    folder, files, model, tasks = trained
    heads = read_head_table(folder / "heads.h5", tasks, folder / "covariance.h5")
    rows = task_vectors(given_heads(heads, tasks))
    logits = logits_of(files, model, lambda n: draw_examples(n, 40, 5))
    with h5py.File(folder / "covariance.h5") as handle:
        assert handle.attrs["n"] == len(logits) and handle.attrs["example_seed"] == 5
    np.testing.assert_allclose(rows @ rows.T, np.corrcoef(logits.T), atol=1e-4)
    # the inverse root would be another thing altogether
    values, vectors = np.linalg.eigh(heads.covariance + 1e-6 * np.eye(len(heads.covariance)))
    other = heads.weights @ (vectors / np.sqrt(values)) @ vectors.T
    other /= np.linalg.norm(other, axis=1, keepdims=True)
    assert np.abs(other @ other.T - np.corrcoef(logits.T)).max() > 0.05


def test_a_rescaling_that_leaves_the_network_unchanged_changes_raw_rows_alone(trained):
    folder, _, _, tasks = trained
    heads = read_head_table(folder / "heads.h5", tasks, folder / "covariance.h5")
    scale = np.random.default_rng(0).uniform(0.1, 10, heads.weights.shape[1])
    same = Heads(heads.weights / scale, heads.bias, heads.covariance * np.outer(scale, scale))
    before, after = (distances(task_vectors(given_heads(one, tasks))) for one in (heads, same))
    np.testing.assert_allclose(before, after, atol=1e-5)
    raw = [distances(task_vectors(given_heads(one, tasks, vectors="raw"))) for one in (heads, same)]
    assert np.abs(raw[0] / raw[0].max() - raw[1] / raw[1].max()).max() > 0.05


def test_a_covariance_of_another_network_is_refused(trained, tmp_path):
    folder, files, model, tasks = trained
    other = tmp_path / "covariance.h5"
    other.write_bytes((folder / "covariance.h5").read_bytes())
    with h5py.File(other, "a") as handle:
        handle.attrs["seed"] = 2
    with pytest.raises(InputError, match="of another network than"):
        read_head_table(folder / "heads.h5", tasks, other)


@pytest.mark.parametrize(
    ("groups", "network", "message"),
    [
        (2, {}, "2 networks, each with hidden features of its own"),
        (1, {"head": "private", "private_hidden": 4}, "each task has hidden features of its own"),
    ],
)
def test_networks_without_common_features_are_refused(trained, tmp_path, groups, network, message):
    _, files, _, tasks = trained
    write_groups(tmp_path / "groups.tsv", {0: tasks[:1], 1: tasks[1:]} if groups == 2 else {0: tasks})
    cfg = SETTINGS | {"max_steps": 1, "network": SETTINGS["network"] | network}
    model = run_pack(tmp_path, files, cfg=cfg, name="pack0")
    with pytest.raises(InputError, match=message):
        measure_hidden([model], **files, out=tmp_path / "c.h5", settings=CovarianceSettings(4, 1, 4))
    assert not (tmp_path / "c.h5").exists()
