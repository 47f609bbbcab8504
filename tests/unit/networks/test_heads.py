"""Heads, exported models and packs hold the weights that were trained; other files are refused."""

import re

import h5py
import numpy as np
import pytest
import torch

from checkouts import REPOSITORY
from compared_trainings import same_weights
from epigroup.core.errors import InputError
from epigroup.networks.export import export_model
from epigroup.networks.head_weights import read_heads, write_heads
from epigroup.networks.model_files import load_network, read_info
from planted_examples import SETTINGS, write_pack


def test_rows_of_e_are_the_rows_of_the_last_layer(tmp_path):
    weights = write_pack(tmp_path / "pack0.safetensors", {0: ["a", "b", "c"]})
    write_heads([tmp_path / "pack0.safetensors"], tmp_path / "heads.h5")
    with h5py.File(tmp_path / "heads.h5") as handle:
        np.testing.assert_array_equal(handle["E"], weights[0]["head.weight"])
        np.testing.assert_array_equal(handle["bias"], weights[0]["head.bias"])
        assert handle["E"].dtype == handle["bias"].dtype == np.float32
        assert list(handle["task_id"].asstr()) == ["a", "b", "c"]


def test_heads_of_several_networks_are_refused(tmp_path):
    write_pack(tmp_path / "pack0.safetensors", {0: ["a"], 1: ["b"]})
    with pytest.raises(InputError, match="2 networks"):
        read_heads([tmp_path / "pack0.safetensors"])


def test_rows_on_private_hidden_layers_are_refused(tmp_path):
    network = SETTINGS["network"] | {"head": "private", "private_hidden": 4}
    write_pack(tmp_path / "pack0.safetensors", {0: ["a", "b"]}, network=network)
    with pytest.raises(InputError, match="pack0.safetensors: each task has a hidden layer of its own"):
        write_heads([tmp_path / "pack0.safetensors"], tmp_path / "heads.h5")
    assert not (tmp_path / "heads.h5").exists()


def test_packs_of_two_data_sets_are_refused(tmp_path):
    write_pack(tmp_path / "pack0.safetensors", {0: ["a"]})
    write_pack(tmp_path / "pack1.safetensors", {1: ["a"]}, dataset_hash="other")
    with pytest.raises(InputError, match="pack1.*dataset_hash differs"):
        read_heads([tmp_path / "pack0.safetensors", tmp_path / "pack1.safetensors"])


@pytest.mark.parametrize("form", [{}, {"head": "private", "private_hidden": 4}])
def test_an_exported_model_is_the_group_of_the_pack(tmp_path, form):
    pack = tmp_path / "pack0.safetensors"
    weights = write_pack(pack, {0: ["a", "b"], 3: ["c"]}, network=SETTINGS["network"] | form)
    export_model(pack, 3, tmp_path / "one.safetensors")
    info = read_info(tmp_path / "one.safetensors")
    assert info.groups == {3: ["c"]}
    state = load_network(tmp_path / "one.safetensors", info, 3).state_dict()
    assert same_weights(state, weights[3])
    with pytest.raises(InputError, match=r"no group 5; it holds \[0, 3\]"):
        export_model(pack, 5, tmp_path / "none.safetensors")
    assert not (tmp_path / "none.safetensors").exists()


def test_the_lines_of_the_readme_load_an_exported_model(tmp_path):
    write_pack(tmp_path / "pack0.safetensors", {0: ["a", "b"]})
    export_model(tmp_path / "pack0.safetensors", 0, tmp_path / "group0.safetensors")
    page = (REPOSITORY / "docs/guide/predict.md").read_text()
    page = page[page.index("## A network in your own code") :]
    block = re.search(r"```python\n(.*?)```", page, re.DOTALL).group(1)
    path = "results/mine/export/SMTL/seed1/group0.safetensors"
    names = {}
    exec(block.replace(path, str(tmp_path / "group0.safetensors")), names)
    assert names["info"].groups[0] == ["a", "b"]
    assert names["network"](torch.zeros(3, 4, names["info"].window)).shape == (3, 2)
    assert not names["network"].training


def test_another_file_is_no_model(tmp_path):
    (tmp_path / "x.safetensors").write_text("hello")
    with pytest.raises(InputError, match="not a model file"):
        read_info(tmp_path / "x.safetensors")


def test_a_pack_of_more_than_ten_groups_is_read_as_it_was_written(tmp_path):
    """As words the numbers of groups sort in another order (10 before 2), and checksums must not care."""
    groups = {group: [f"task{group:02d}"] for group in range(12)}
    write_pack(tmp_path / "pack0.safetensors", groups)
    assert read_info(tmp_path / "pack0.safetensors").groups == groups
