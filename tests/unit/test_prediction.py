from dataclasses import replace

import h5py
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from epigroup.errors import InputError
from epigroup.genome import open_genome
from epigroup.models import load_network, read_info, write_models
from epigroup.prediction import predict_split
from epigroup.shards import open_dataset
from epigroup.training import train_pack
from planted_examples import BIN, SETTINGS, WINDOW, write_files, write_groups

GROUPS = {0: ["task3", "task0"], 1: ["task2"]}  # task1 is not learnt


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    files = write_files(folder)
    groups = write_groups(folder / "groups.tsv", GROUPS)
    models = [folder / f"pack{pack}.safetensors" for pack in range(2)]
    for pack, model in enumerate(models):
        train_pack(
            **files,
            groups_tsv=groups,
            pack=pack,
            n_packs=2,
            seed=1,
            cfg=SETTINGS | {"max_steps": 6},
            threads=1,
            code="c",
            model_out=model,
            curves_out=folder / f"pack{pack}.tsv",
            checkpoint_dir=folder / "checkpoints",
        )
    return folder, files, models


def test_scores_are_those_of_each_task_s_own_network(trained, tmp_path):
    folder, files, models = trained
    predict_split(models, **files, split="test", out=tmp_path / "test.h5", batch_size=7, device="cpu")
    codes = torch.from_numpy(np.array(open_genome(files["genome_h5"]).codes("chrTest")))
    left = (WINDOW - BIN) // 2
    padded = F.pad(codes, (left, WINDOW), value=4).long()
    dataset = open_dataset(files["dataset_json"], files["shard_paths"])
    with h5py.File(tmp_path / "test.h5") as handle:
        scores, start = handle["probability"][:], handle["start"][:]
        assert scores.dtype == np.float16
        assert handle.attrs["dataset_hash"] == dataset.dataset_hash
        assert list(handle.attrs["task_ids"]) == list(dataset.task_ids)
        assert {dataset.chromosomes[i] for i in handle["chrom"]} == {"chrTest"}
        np.testing.assert_array_equal(handle["labels"], dataset.split("test").labels)
    x = torch.stack([F.one_hot(padded[s : s + WINDOW], 5)[:, :4].T.float() for s in start])
    expected = np.full(scores.shape, np.nan)
    for group, pack in ((0, 0), (1, 1)):
        network = load_network(models[pack], read_info(models[pack]), group)
        with torch.inference_mode():
            probability = torch.sigmoid(network(x)).numpy()
        for column, task in enumerate(sorted(GROUPS[group])):
            expected[:, int(task[-1])] = probability[:, column]
    assert np.isnan(scores[:, 1]).all()
    np.testing.assert_allclose(scores, expected, atol=1e-3)


def test_models_of_another_data_set_are_refused(trained, tmp_path):
    _, files, models = trained
    info = replace(read_info(models[0]), dataset_hash="other", groups={})
    write_models(tmp_path / "alien.safetensors", info, {})
    with pytest.raises(InputError, match="trained on another data set"):
        predict_split(
            [tmp_path / "alien.safetensors"], **files, split="test", out=tmp_path / "x.h5", batch_size=7
        )
    assert not (tmp_path / "x.h5").exists()


def test_a_task_in_two_groups_is_refused(trained, tmp_path):
    _, files, models = trained
    info = replace(read_info(models[1]), groups={9: ["task0"]})
    write_models(tmp_path / "twice.safetensors", info, {})
    with pytest.raises(InputError, match="'task0' is in the groups 0 and 9"):
        predict_split(
            [models[0], tmp_path / "twice.safetensors"],
            **files,
            split="test",
            out=tmp_path / "x.h5",
            batch_size=7,
        )
