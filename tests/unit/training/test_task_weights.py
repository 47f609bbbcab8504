"""training.keep: task: each task keeps the weights of the validation that served it best."""

import h5py
import numpy as np
import pytest
import torch
import torch.nn.functional as F

from compared_trainings import same_weights
from epigroup.core.errors import InputError
from epigroup.genome.codes import open_genome
from epigroup.networks.export import export_model
from epigroup.networks.head_weights import read_heads
from epigroup.networks.model_files import load_network, read_info, read_weights, write_models
from epigroup.prediction.predict import ScoringSettings, predict_split
from epigroup.training.batches import Sequences
from planted_examples import (
    BIN,
    LEFT,
    SETTINGS,
    build_network,
    run_pack,
    splits,
    train_groups,
    write_files,
    write_groups,
)

# a rate at which tasks part: some overfit while others still learn
CFG = SETTINGS | {"keep": "task", "learning_rate": 0.02, "max_steps": 150, "validate_every": 5}
CFG |= {"patience": 25}


def loss_of(weights: dict, task: int, n_tasks: int) -> float:
    """Validation loss of one task, written out."""
    _, validation, _ = splits()
    network = build_network(CFG["network"], n_tasks, validation.sequences.window).eval()
    network.load_state_dict(weights)
    every = torch.arange(len(validation))
    with torch.inference_mode():
        logits = network(validation.one_hot(every))[:, task]
    target = validation.targets(every, torch.tensor([task]))[:, 0]
    return F.binary_cross_entropy_with_logits(logits, target).item()


def test_each_task_keeps_its_own_best():
    train, validation, tasks = splits()
    result = train_groups({0: tasks}, train, validation, tasks, 1, CFG)[0]
    plain = train_groups({0: tasks}, train, validation, tasks, 1, CFG | {"keep": "group"})[0]
    assert result.best_step == plain.best_step
    assert same_weights(plain.weights, result.weights)
    assert plain.task_steps == [] and plain.task_weights == {}
    assert len(set(result.task_steps)) > 1  # or nothing would be shown here
    # snapshots are those of the steps that serve a task, once each, and of the group's best
    assert set(result.task_weights) == set(result.task_steps) - {result.best_step}
    for task, step in enumerate(result.task_steps):
        own = result.weights if step == result.best_step else result.task_weights[step]
        assert loss_of(own, task, 4) == pytest.approx(result.task_losses[task], rel=1e-4)
        assert result.task_losses[task] <= loss_of(result.weights, task, 4) * (1 + 1e-6)
    # of all weights kept, none serves a task better than its own
    for task, step in enumerate(result.task_steps):
        for other in {*result.task_steps, result.best_step} - {step}:
            weights = result.weights if other == result.best_step else result.task_weights[other]
            assert loss_of(weights, task, 4) >= result.task_losses[task] * (1 - 1e-6)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    files = write_files(folder)
    write_groups(folder / "groups.tsv", {0: ["task0", "task1", "task3"], 1: ["task2"]})
    return folder, files, run_pack(folder, files, cfg=CFG, name="pack")


def test_predictions_are_those_of_each_task_s_own_weights(trained, tmp_path):
    folder, files, model = trained
    info = read_info(model)
    assert len(info.serving_steps(0)) > 1 and list(info.serving_steps(1)) == [info.best_step[1]]
    predict_split(
        [model], **files, split="test", out=tmp_path / "test.h5", scoring=ScoringSettings(50, device="cpu")
    )
    with h5py.File(tmp_path / "test.h5") as handle:
        scores, start = handle["probability"][:], handle["start"][:]
    sequences = Sequences(open_genome(files["genome_h5"]), ["chrTest"], info.window)
    x = sequences.one_hot(sequences.positions(np.zeros(len(start)), start - LEFT))
    assert info.bin_size == BIN
    for group, tasks in info.groups.items():
        for row, task in enumerate(tasks):
            step = info.task_step[group][task]
            network = build_network(info.network, len(tasks), info.window).eval()
            best = step == info.best_step[group]
            network.load_state_dict(read_weights(model, group, None if best else step))
            with torch.inference_mode():
                expected = torch.sigmoid(network(x))[:, row].numpy()
            np.testing.assert_allclose(scores[:, int(task[-1])], expected, atol=1e-3)


def test_heads_are_those_of_the_group_s_best(trained, tmp_path):
    folder, files, _ = trained
    write_groups(folder / "groups.tsv", {0: ["task0", "task1", "task2", "task3"]})
    model = run_pack(folder, files, cfg=CFG, name="all")
    weights, bias, tasks = read_heads([model])
    best = load_network(model, read_info(model), 0)
    np.testing.assert_array_equal(weights, best.head.weight.detach().numpy())
    np.testing.assert_array_equal(bias, best.head.bias.detach().numpy())
    assert len(tasks) == 4


def test_export_takes_all_that_serves(trained, tmp_path):
    _, files, model = trained
    export_model(model, 0, tmp_path / "own.safetensors")
    info = read_info(tmp_path / "own.safetensors")
    assert info == read_info(model).of_group(0) and list(info.task_step) == [0]
    for step in info.serving_steps(0):
        ours = load_network(tmp_path / "own.safetensors", info, 0, step).state_dict()
        theirs = load_network(model, read_info(model), 0, step).state_dict()
        assert same_weights(ours, theirs)


def test_missing_weights_of_a_step_are_named(trained, tmp_path):
    _, _, model = trained
    info = read_info(model)
    write_models(tmp_path / "cut.safetensors", info, {g: read_weights(model, g) for g in info.groups})
    step = next(step for step in info.serving_steps(0) if step != info.best_step[0])
    with pytest.raises(InputError, match=f"cut.safetensors: holds no weights of group 0 at step {step}"):
        load_network(tmp_path / "cut.safetensors", info, 0, step)
