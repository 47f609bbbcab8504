"""The sides of the training benchmark compute the same, and its counts are right; no time is asserted."""

import json
import subprocess
import sys
from importlib import import_module
from itertools import islice

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from epigroup.networks.architecture import NETWORKS, network_cost
from epigroup.networks.networks import build_network
from epigroup.networks.settings import NetworkSettings, read_network
from epigroup.training.batches import Batches, Sequences, order
from planted_examples import (
    BIN,
    LEFT,
    SETTINGS,
    WINDOW,
    Examples,
    Genome,
    make_trainer,
    pack,
    plant,
)


@pytest.fixture(scope="module")
def modules(repository):
    """The modules plain_training, limits and protocol of the folder benchmarks."""
    sys.path.insert(0, str(repository / "benchmarks"))
    try:
        return tuple(import_module(name) for name in ("plain_training", "limits", "protocol"))
    finally:
        sys.path.pop(0)


@pytest.fixture(scope="module")
def plain(modules):
    return modules[0]


@pytest.fixture(scope="module")
def limits(modules):
    return modules[1]


@pytest.fixture(scope="module")
def protocol(modules):
    return modules[2]


def network_settings(name: str, **change) -> NetworkSettings:
    return read_network({"name": name, "head": "shared", **NETWORKS[name], **change})


@pytest.mark.parametrize("name", ["small", "deepsea", "deepsea_pool3", "dilated"])
def test_the_plain_network_is_the_same_function(plain, name):
    narrow = network_settings(name, channels=[6, 7, 9][: len(NETWORKS[name]["channels"])], hidden=11)
    ours = build_network(narrow, 5, 1001).eval()
    theirs = plain.PlainNetwork(narrow, 5, 1001).eval()
    plain.copy_weights(ours, theirs)
    assert sum(p.numel() for p in ours.parameters()) == sum(p.numel() for p in theirs.parameters())
    x = torch.zeros(3, 4, 1001).scatter_(1, torch.randint(0, 4, (3, 1, 1001)), 1.0)
    torch.testing.assert_close(ours(x), theirs(x), rtol=1e-5, atol=1e-6)


def test_both_sides_train_alike(plain):
    """Twelve steps over one epoch and a half, without dropout: the same losses, the same weights after."""
    codes, labels = plant(130, 4, 3)
    codes[::97] = 4  # unknown bases
    start = (BIN * np.arange(1, 129)).astype(np.int32)  # windows within the chromosome
    packed = pack(labels[1:129])
    sequences = Sequences(Genome({"chrA": codes}), ["chrA"], WINDOW)
    batches = Batches(sequences, Examples(np.zeros(128, np.int16), start, packed), LEFT)
    network = SETTINGS["network"] | {"dropout": [0.0] * 3}
    cfg = SETTINGS | {
        "network": network, "optimiser": "sgd", "learning_rate": 0.3, "reverse_complement": False,
        "validate_every": 10**6, "max_steps": 10**6,
    }  # fmt: skip
    tasks = [1, 3]
    trainer = make_trainer(["task1", "task3"], tasks, batches, batches, cfg, 5)
    other = plain.PlainNetwork(read_network(network), 2, WINDOW)
    plain.copy_weights(trainer.network, other)
    windows = plain.PlainWindows(codes, start - LEFT, packed, WINDOW, tasks)

    epochs = [order(5, epoch, 128).tolist() for epoch in range(2)]
    losses = []
    for places, steps in zip(epochs, (8, 4), strict=True):
        losses += islice(plain.plain_training(other, windows, 16, 0.3, order=places), steps)
    ours = []
    for _ in range(12):
        before = trainer.state.loss_sum
        trainer.advance()
        ours.append(trainer.state.loss_sum - before)
    np.testing.assert_allclose(ours, losses, rtol=2e-5)
    assert losses[-1] < losses[0]
    after = plain.PlainNetwork(read_network(network), 2, WINDOW)
    plain.copy_weights(trainer.network, after)
    for name, weights in other.state_dict().items():
        torch.testing.assert_close(after.state_dict()[name], weights, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("n_tasks", [1, 367])
@pytest.mark.parametrize("name", ["small", "deepsea", "deepsea_pool3", "dilated"])
def test_counted_flop_are_those_that_torch_counts(plain, limits, name, n_tasks):
    settings = network_settings(name)
    cost = network_cost(settings, 1001, n_tasks)
    for build in (plain.PlainNetwork, build_network):
        with torch.device("meta"):
            network = build(settings, n_tasks, 1001)
        network.to_empty(device="cpu")  # whatever lies there: only counted
        with FlopCounterMode(display=False) as counter:
            network(torch.zeros(2, 4, 1001)).sum().backward()
        assert counter.get_total_flops() == 2 * cost.training
    kernels = limits.step_kernels(settings, 1001, n_tasks, 2, 4)
    assert sum(kernel.flop for kernel in kernels) == 2 * cost.training


def test_kernels_move_weights_and_activations_once(limits):
    """One convolution of 2 filters of width 2 over 7 bp, pooled by 3: 6 positions, 2 left; 3 hidden units."""
    settings = network_settings("small", channels=[2], filter_width=2, pool=3, dropout=[0.0], hidden=3)
    moved = {kernel.name: kernel.moved for kernel in limits.step_kernels(settings, 7, 5, 10, 2)}
    x, w, y, z = 10 * 7 * 4, 2 * 4 * 2, 10 * 6 * 2, 10 * 2 * 2
    assert moved["one-hot"] == 70 + 2 * x
    assert moved["convolution 1"] == 2 * (x + w + y)
    assert moved["convolution 1, gradient of weights"] == 2 * (x + y) + 4 * w
    assert "convolution 1, gradient of input" not in moved
    assert moved["pooling 1"] == 2 * (y + z)
    assert moved["hidden layer"] == 2 * (z + 4 * 3 + 30)
    assert moved["head"] == 4 * (30 + 15 + 50)
    weights = network_cost(settings, 7, 5).weights
    assert moved["optimiser"] == 12 * weights
    assert moved["copies of the weights"] == 6 * (weights - 4 * 5)


def test_the_roofline_is_the_slower_of_arithmetic_and_memory(limits):
    kernels = [limits.Kernel("a", 100, 1), limits.Kernel("b", 1, 100)]
    assert limits.roofline(kernels, rate=10, bandwidth=5) == 100 / 10 + 100 / 5


def test_projection_adds_validations_and_takes_the_line_between_one_task_and_all(protocol):
    """A step takes 1 s with one task and 3 s with all, a validation every 16,000 steps 10 s and 12 s."""
    pairs = (1.0, 3.0), (10.0, 12.0)
    assert protocol.projected_seconds([367], 32_001, *pairs) == 3 * 32_001 + 2 * 12
    assert protocol.projected_seconds([1, 184], 16_000, *pairs) == (16_000 + 10) + (2 * 16_000 + 11)
    assert {name: sum(groups) for name, groups in protocol.STRATEGIES.items()} == dict.fromkeys(
        ("STL", "SMTL", "EMTL", "CMTL", "KMTL"), 367
    )


def test_the_paper_s_settings_are_those_of_its_config(protocol):
    settings = protocol.paper_settings("deepsea", "cpu", "fp32")
    assert (settings["optimiser"], settings["batch_size"], settings["momentum"]) == ("sgd", 64, 0)
    assert settings["network"]["channels"] == [320, 480, 960]
    assert (settings["validate_every"], settings["max_steps"]) == (16_000, 1_920_000)
    assert (settings["device"], settings["precision"]) == ("cpu", "fp32")


def test_memory_is_that_of_a_process_which_trained(modules, repository, tmp_path, monkeypatch):
    sys.path.insert(0, str(repository / "benchmarks"))
    memory = import_module("training_memory")
    monkeypatch.setattr(memory, "SIZES", {"chr1": 300_000, "chr7": 100_000, "chr8": 100_000})
    monkeypatch.setattr(memory, "EXAMPLES", 1000)
    splits = {"test": [{"chrom": "chr8"}], "validation": [{"chrom": "chr7"}], "train": "rest", "rule": "bin"}
    monkeypatch.setattr(memory, "SPLITS", splits)
    settings = modules[2].paper_settings("small", "cpu", "fp32")
    np.ones(280_000_000)  # 2.2 GB of this process, which are not the training's
    figures = memory.measure_memory(tmp_path, settings, steps=2)
    gigabytes = [value for value, unit in figures.values() if unit == "GB"]
    assert 0.1 < gigabytes[0] < 2 and 0.05 < gigabytes[1] < 2 and gigabytes[2] == "not measured"
    assert 300 < figures["its training examples"][0] < 900
    assert (tmp_path / "model.safetensors").exists()
    assert (tmp_path / "curves.tsv").read_text().splitlines()[1].startswith("0\t2\t128\t")


def test_a_small_run(repository, tmp_path):
    out = tmp_path / "figures.json"
    words = ["--networks", "small", "--packs", "2", "--rounds", "1", "--seconds", "0", "--genome-mb", "1"]
    words += ["--examples", "200", "--validation-examples", "64", "--device", "cpu", "--out", str(out)]
    run = subprocess.run(
        [sys.executable, repository / "benchmarks" / "training.py", *words],
        capture_output=True, check=True, text=True,
    )  # fmt: skip
    figures = json.loads(out.read_text())
    assert len(run.stdout.splitlines()) == len(figures)
    for case in ("SMTL", "STL"):
        engine, loop = (figures[f"small {case}, {side} fp32"]["value"] for side in ("engine", "plain loop"))
        ratio = figures[f"small {case}, engine fp32 over plain loop"]["value"]
        assert ratio == pytest.approx(engine / loop, abs=1e-3)
        share = figures[f"small {case}, engine fp32 of matrix products"]["value"]
        flop, top = (
            figures[f"small {case}, {what}"]["value"] for what in ("counted", "matrix products fp32")
        )
        assert share == pytest.approx(100 * engine * flop / top, rel=0.02)  # 0.034 GFLOP is printed
    assert {unit for name, unit in ((n, f["unit"]) for n, f in figures.items()) if "steps each" in name} == {
        "hours"
    }
    hours = {
        n: figures[f"small SMTL, {n} steps each, plain loop without validation"]["value"]
        for n in ("1,920,000", "416,000")
    }
    assert hours["416,000"] / hours["1,920,000"] == pytest.approx(416 / 1920, rel=0.02)
