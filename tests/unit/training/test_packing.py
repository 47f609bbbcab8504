"""Groups trained at once end as they do alone."""

import logging

import numpy as np
import pytest
import torch

from compared_trainings import same_weights, without_seconds
from epigroup.core.errors import InputError
from epigroup.networks.settings import read_network
from epigroup.training.grouped_convolutions import joint_logits
from epigroup.training.initial_state import initial_network
from epigroup.training.memory import MEGABYTE, footprint
from epigroup.training.packing import calibrate, groups_at_once
from planted_examples import DILATED, SETTINGS, WINDOW, make_trainer, settings, splits, train_groups

GROUPS = {0: ["task0", "task1"], 1: ["task2"], 4: ["task1", "task2", "task3"], 7: ["task3"]}
RATES = {0: 0.02, 1: 0.005, 4: 0.01, 7: 0.05}
LONG = SETTINGS | {"max_steps": 230, "validate_every": 10, "patience": 8}
ROOM_FOR_TWO = footprint(settings(LONG), 3, WINDOW).total(LONG["batch_size"], 2) / MEGABYTE


pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def alone():
    """Each group trained by itself."""
    train, validation, tasks = splits()
    found = {}
    for group, of_group in GROUPS.items():
        one = {group: of_group}
        found |= train_groups(one, train, validation, tasks, 5, LONG, rates={group: RATES[group]})
    return found


@pytest.mark.parametrize(("packing", "megabytes"), [("interleaved", 1000), ("auto", ROOM_FOR_TWO)])
def test_interleaved_groups_get_the_bits_that_they_get_alone(alone, packing, megabytes, caplog):
    train, validation, tasks = splits()
    cfg = LONG | {"packing": packing, "pack_memory_mb": megabytes}
    with caplog.at_level(logging.INFO):
        packed = train_groups(GROUPS, train, validation, tasks, 5, cfg, rates=RATES)
    steps = {group: result.curve[-1][0] for group, result in alone.items()}
    assert max(steps.values()) >= 200 and len(set(steps.values())) > 1  # some leave the pack early
    for group, result in alone.items():
        assert without_seconds(packed[group].curve) == without_seconds(result.curve)
        assert packed[group].best_step == result.best_step
        for name, weight in result.weights.items():
            assert torch.equal(weight, packed[group].weights[name])
    if packing == "auto":
        assert "measured on this machine: sequential " in caplog.text and ", interleaved " in caplog.text
    assert "a head's step" not in caplog.text  # the steps of Adam do not follow the size of gradients


def test_memory_decides_how_many_are_in_flight():
    train, _, _ = splits()
    need = footprint(settings(LONG), 3, train.sequences.window)
    batch_size, room = LONG["batch_size"], LONG["pack_memory_mb"]
    assert groups_at_once("interleaved", ROOM_FOR_TWO, batch_size, need, 9) == 2
    assert groups_at_once("interleaved", 0.99 * ROOM_FOR_TWO, batch_size, need, 9) == 1
    assert groups_at_once("interleaved", 0, batch_size, need, 9) == 1
    assert groups_at_once("interleaved", room, batch_size, need, 9) == 9
    assert groups_at_once("grouped", ROOM_FOR_TWO, batch_size, need, 9) == 1
    assert groups_at_once("sequential", room, batch_size, need, 9) == 1


@pytest.mark.parametrize(
    ("network", "leaves", "rounding"),
    [(SETTINGS["network"], 150, 1e-6), (DILATED, 120, 3e-4)],
    ids=["small", "dilated"],
)
def test_grouped_agrees_with_alone_to_rounding(monkeypatch, network, leaves, rounding):
    """At rates that blow rounding up little; the tolerances are some thirty times what processors differ by."""
    train, validation, tasks = splits()
    cfg = LONG | {"network": network, "optimiser": "sgd", "momentum": 0.5}
    cfg |= {"max_steps": 150, "validate_every": 30, "patience": 3}
    rates = {0: 0.02, 1: 0.05, 4: 0.0, 7: 0.03}
    apart = train_groups(GROUPS, train, validation, tasks, 5, cfg, rates=rates)
    together = []

    def counted(networks, x):
        together.append(len(networks))
        return joint_logits(networks, x)

    monkeypatch.setattr("epigroup.training.grouped_convolutions.joint_logits", counted)
    joint = train_groups(GROUPS, train, validation, tasks, 5, cfg | {"packing": "grouped"}, rates=rates)
    # it was another arithmetic indeed, also after a group had left
    assert {4, 3 if leaves == 150 else 2} <= set(together)
    # a group at rate 0 never gets better and leaves three validations after the first
    ends = {group: result.curve[-1][0] for group, result in apart.items()}
    assert ends == {0: leaves, 1: 150, 4: 120, 7: 150}
    for group, result in apart.items():
        assert joint[group].best_step == result.best_step
        ours, theirs = np.array(without_seconds(joint[group].curve)), np.array(without_seconds(result.curve))
        np.testing.assert_allclose(ours, theirs, rtol=rounding)
        for name, weight in result.weights.items():
            torch.testing.assert_close(joint[group].weights[name], weight, rtol=0, atol=rounding)


@pytest.mark.parametrize("bits", [lambda i: np.random.Generator(np.random.SFC64(i)), None])
@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("small", "shared"),
        ("deepsea", "shared"),
        ("small", "private"),
        ("dilated", "shared"),
        ("dilated", "private"),
    ],
)
def test_joint_logits_and_gradients_are_those_of_each_network(name, head, bits):
    """Also with masks of torch's generators, which a GPU draws its masks from."""
    network = DILATED if name == "dilated" else SETTINGS["network"] | {"name": name, "channels": [6, 5, 7]}
    network = network | {"head": head, "private_hidden": 4}
    networks = [initial_network(read_network(network), ["a"] * n, 301, n) for n in (1, 3, 2)]
    x = torch.eye(4)[torch.randint(0, 4, (5, 301))].transpose(1, 2)

    def seeded() -> None:
        for i, one in enumerate(networks):
            one.train().zero_grad()
            one.draw_dropout_from(bits(i) if bits else torch.Generator().manual_seed(i))

    seeded()
    apart = [one(x) for one in networks]
    for logits in apart:
        logits.square().sum().backward()
    gradients = [[p.grad.clone() for p in one.parameters()] for one in networks]
    seeded()
    joint = joint_logits(networks, x)
    torch.stack([logits.square().sum() for logits in joint]).sum().backward()
    for ours, theirs in zip(joint, apart, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)
    for one, expected in zip(networks, gradients, strict=True):
        for p, gradient in zip(one.parameters(), expected, strict=True):
            torch.testing.assert_close(p.grad, gradient, rtol=1e-3, atol=1e-5)


def test_calibration_measures_every_technique_and_moves_nothing():
    train, validation, tasks = splits()
    cfg = LONG | {"learning_rate": 1e9, "optimiser": "sgd"}
    first = make_trainer(tasks, range(4), train, validation, cfg, 1)
    second = make_trainer(tasks[:1], [0], train, validation, cfg, 1, stream=first.stream)
    before = [p.clone() for p in first.network.parameters()]
    rates = calibrate(["sequential", "interleaved", "grouped"], [first, second])
    assert list(rates) == ["sequential", "interleaved", "grouped"] and min(rates.values()) > 0
    assert all(torch.equal(p, q) for p, q in zip(before, first.network.parameters(), strict=True))


def test_groups_of_their_own_batches_are_not_grouped():
    train, validation, tasks = splits(rate=0.1)
    cfg = SETTINGS | {"sampling": "balanced", "max_steps": 6}
    with pytest.raises(InputError, match="sampling balanced makes one for each"):
        train_groups(GROUPS, train, validation, tasks, 1, cfg | {"packing": "grouped"})
    apart = train_groups(GROUPS, train, validation, tasks, 1, cfg)
    packed = train_groups(GROUPS, train, validation, tasks, 1, cfg | {"packing": "interleaved"})
    for group, result in apart.items():
        assert same_weights(result.weights, packed[group].weights)
