"""Affinities that are collected while a network trains: right, without a trace in the weights, and resumed."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from compared_trainings import same_weights, without_seconds
from epigroup import affinity
from epigroup.affinity.look_ahead import LookAhead
from epigroup.affinity.matrix import read_pieces
from epigroup.affinity.measure import AffinityFiles, measure_affinity
from epigroup.core.errors import InputError
from epigroup.networks.model_files import open_models, read_looks, read_weights
from epigroup.training.trainer import GroupTrainer
from planted_examples import SETTINGS, make_trainer, run_pack, splits, train_groups, write_files, write_groups

TASKS = [f"task{i}" for i in range(4)]
PLAIN = {"form": "first_order", "rate": None, "every": 5}
LOOKS = {
    "entry": affinity.LOOKS["tag"],
    "affinities": {"near": PLAIN, "far": {"form": "exact", "rate": 0.5, "every": 4}},
}
LOOKED = SETTINGS | {"look_ahead": LOOKS}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"precision": "bf16"},
        {"balancing": "famo", "balancing_rate": 0.025, "balancing_decay": 0.001, "balancing_smoothing": 0.9},
        {"optimiser": "sgd", "momentum": 0.9, "sampling": "balanced", "keep": "task"},
    ],
)
def test_weights_are_the_same_to_the_bit(change):
    train, validation, tasks = splits()
    plain, looked = (
        train_groups({0: tasks}, train, validation, tasks, 1, cfg | change)[0] for cfg in (SETTINGS, LOOKED)
    )
    assert same_weights(plain.weights, looked.weights)
    assert without_seconds(plain.curve) == without_seconds(looked.curve)
    assert plain.task_losses == looked.task_losses
    assert plain.looks == {} and set(looked.looks["found"]) == {"near", "far"}


def test_what_is_seen_is_the_step_itself(monkeypatch):
    """Against autograd through the step's own loss, dropout masks as they fell, and the weights it began with."""
    train, validation, tasks = splits()
    trainer = make_trainer(tasks, range(4), train, validation, LOOKED, 1)
    losses_of, wanted = GroupTrainer.training_loss, []

    def training_loss(self, logits, indices):
        layer = self.network.trunk.hidden
        losses = F.binary_cross_entropy_with_logits(
            logits, train.targets(indices, self.tasks), reduction="none"
        ).mean(0)
        rows = [torch.autograd.grad(loss, [layer.weight, layer.bias], retain_graph=True) for loss in losses]
        rows = torch.stack([torch.cat([part.flatten() for part in row]) for row in rows])
        if self.state.step % 5 == 0:
            wanted.append(0.005 * (rows @ rows.T) / losses.detach())
        return losses_of(self, logits, indices)

    monkeypatch.setattr(GroupTrainer, "training_loss", training_loss)
    while not trainer.finished:
        trainer.advance()
    found = trainer.state.looks["found"]["near"]
    assert found["at"] == [0, 5, 10, 15, 20] and len(wanted) == 5
    torch.testing.assert_close(torch.stack(found["sums"]).float(), torch.stack(wanted), rtol=1e-3, atol=1e-7)
    assert trainer.state.looks["found"]["far"]["at"] == [0, 4, 8, 12, 16, 20]
    assert 0 < trainer.state.looks["seconds"] < trainer.state.seconds
    assert [row[5] for row in trainer.state.curve] == sorted(row[5] for row in trainer.state.curve)


@pytest.mark.parametrize("at", [7, 10, 13])
def test_ended_and_started_again_it_collects_the_same_bits(tmp_path, monkeypatch, at):
    files = write_files(tmp_path)
    write_groups(tmp_path / "groups.tsv", {0: TASKS})
    undisturbed = run_pack(tmp_path, files, cfg=LOOKED, name="undisturbed")
    step = GroupTrainer.step

    def step_and_stop(self):
        step(self)
        self.termination.requested |= self.state.step == at

    monkeypatch.setattr(GroupTrainer, "step", step_and_stop)
    with pytest.raises(SystemExit):
        run_pack(tmp_path, files, cfg=LOOKED, name="ended")
    monkeypatch.undo()
    ended = run_pack(tmp_path, files, cfg=LOOKED, name="ended")
    assert ended.read_bytes() == undisturbed.read_bytes()
    curves, plain = (
        (tmp_path / f"{name}.curves.tsv").read_text().splitlines() for name in ("ended", "undisturbed")
    )
    assert [line.split("\t")[:5] for line in curves] == [line.split("\t")[:5] for line in plain]


def trained(folder: Path, cfg: dict = LOOKED) -> Path:
    write_groups(folder / "groups.tsv", {0: TASKS})
    return run_pack(folder, write_files(folder), cfg=cfg, name="pack0")


def measured(folder: Path, name: str = "near", **options):
    """`measure_affinity` on what a training has left."""
    wanted = {"network": "training", "batches": 1, "trunk_checks": 0, **LOOKS["affinities"][name], **options}
    cfg = {
        "measure": "tag", "entry": affinity.entry("tag"), "needs": "looks", "options": wanted,
        "tasks": [{"task_id": task, "modality": "CA", "cell_group": ""} for task in TASKS],
    }  # fmt: skip
    files = {}
    if wanted["trunk_checks"]:
        cfg["training"] = SETTINGS
        files = {
            "genome": str(folder / "genome.h5"), "dataset": str(folder / "dataset.json"),
            "shards": [str(folder / f"{chrom}.h5") for chrom in ("chrTrain", "chrVal", "chrTest")],
        }  # fmt: skip
    read = AffinityFiles(
        folder / "a.h5", folder / "a.json", models=[str(folder / "pack0.safetensors")],
        curves=[str(folder / "pack0.curves.tsv")], **files,
    )  # fmt: skip
    return measure_affinity(read, cfg, name=name, strategy="SMTL", seed=1)


def test_the_measure_reads_what_training_has_left(tmp_path):
    trained(tmp_path)
    found = measured(tmp_path)
    sums, counts, at = read_looks(tmp_path / "pack0.safetensors", "near")
    assert counts == [1] * 5 and at == [0, 5, 10, 15, 20]
    np.testing.assert_allclose(found.matrix, sums.mean(0).numpy())
    assert (np.diag(found.matrix) > 0).all()  # a step on a task lowers its own loss
    again, ids = read_pieces(tmp_path / "a.h5")
    assert ids == TASKS and again.at.tolist() == at and again.axis == "step"
    figures = json.loads((tmp_path / "a.json").read_text())
    assert figures["observations"] == 5 and figures["rate"] == 0.005
    assert 0 < figures["look_ahead_seconds"] < figures["training_seconds"] and figures["look_ahead_share"] > 0
    checked = measured(tmp_path, "far", trunk_checks=3)
    assert checked.measures["trunk_checks"] == 3 and checked.measures["trunk_spearman"] > 0.5


def test_a_training_that_did_not_look_is_refused(tmp_path):
    trained(tmp_path, SETTINGS)
    with pytest.raises(
        InputError, match=r"looked on for affinity 'near' with nothing, wanted is .*heads_from"
    ):
        measured(tmp_path)
    trained(tmp_path)
    with pytest.raises(InputError, match="'every': 5, .*wanted is .*'every': 7"):
        measured(tmp_path, every=7)


def test_looks_that_are_damaged_are_refused(tmp_path):
    path = trained(tmp_path)
    weights = read_weights(path, 0)
    with open_models(path) as (handle, _, _):
        sums = handle.get_tensor("look_ahead/near/sums").numpy().tobytes()
    content = path.read_bytes()
    place = content.index(sums) + 9
    path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
    with pytest.raises(InputError, match="do not match their checksums"):
        measured(tmp_path)
    assert same_weights(weights, read_weights(path, 0))


def test_affinities_are_of_one_network():
    train, validation, tasks = splits()
    with pytest.raises(InputError, match="2 groups, and affinities are collected while one network"):
        train_groups({0: tasks[:2], 1: tasks[2:]}, train, validation, tasks, 1, LOOKED)


def test_a_network_of_another_form_is_refused():
    train, validation, tasks = splits()
    private = SETTINGS["network"] | {"head": "private", "private_hidden": 4}
    with pytest.raises(InputError, match="no plain hidden layer"):
        train_groups({0: tasks}, train, validation, tasks, 1, LOOKED | {"network": private})


def test_a_long_training_is_summed_in_at_most_twenty_stretches():
    ahead = LookAhead("first_order", 1.0)
    ahead.form = lambda seen: torch.full((2, 2), float(seen))
    for step in range(0, 730, 10):
        ahead.observe(step, step)
    sums, counts, at = (ahead.found[key] for key in ("sums", "counts", "at"))
    assert float(sum(sums)[0, 1]) / sum(counts) == pytest.approx(np.mean(range(0, 730, 10)))
    assert 10 <= len(at) <= 20 and at[-1] == 720 and sum(counts) == 73
    starts = [0, *(step + 10 for step in at[:-1])]
    for one, n, start, end in zip(sums, counts, starts, at, strict=True):
        assert float(one[0, 0]) / n == pytest.approx(np.mean(range(start, end + 1, 10)))
