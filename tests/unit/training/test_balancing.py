"""Training with each balancing method, stopped and gone on with; what a method costs, and what it refuses."""

import pytest

from balancing_examples import CFG
from compared_trainings import same_weights, without_seconds
from epigroup.core.errors import InputError
from epigroup.networks.adapters import add_adapters
from epigroup.training.balancing import METHODS, check_balancing, gradient_bytes, step_flop, without_unused
from epigroup.training.memory import MEGABYTE, footprint
from epigroup.training.trainer import GroupTrainer
from planted_examples import DILATED, SETTINGS, WINDOW, build_network, settings, splits, train_groups

PRIVATE = SETTINGS["network"] | {"head": "private", "private_hidden": 5}


pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.parametrize(
    ("name", "network"),
    [*((name, CFG["network"]) for name in METHODS), ("gradnorm", DILATED), ("pcgrad", DILATED)],
)
def test_stopped_and_gone_on_with_it_ends_with_the_same_bits(name, network, tmp_path, monkeypatch):
    train, validation, tasks = splits()
    cfg = CFG | {"balancing": name, "network": network}
    groups = {0: tasks[:3], 1: tasks[2:], 2: tasks[:1]}
    fresh = train_groups(groups, train, validation, tasks, 1, cfg)
    step = GroupTrainer.step

    def step_and_stop(self):
        step(self)
        self.termination.requested |= self.state.step == 14 and len(self.tasks) == 2

    monkeypatch.setattr(GroupTrainer, "step", step_and_stop)
    with pytest.raises(SystemExit):
        train_groups(groups, train, validation, tasks, 1, cfg, checkpoint=tmp_path / "job.pt")
    monkeypatch.undo()
    result = train_groups(groups, train, validation, tasks, 1, cfg, checkpoint=tmp_path / "job.pt")
    interleaved = train_groups(groups, train, validation, tasks, 1, cfg | {"packing": "interleaved"})
    plain = train_groups(groups, train, validation, tasks, 1, cfg | {"balancing": "none"})
    for group in groups:
        assert same_weights(result[group].weights, fresh[group].weights)
        assert same_weights(interleaved[group].weights, fresh[group].weights)
        assert without_seconds(result[group].curve) == without_seconds(fresh[group].curve)
        # a group of one task has nothing to balance
        curves = [without_seconds(results[group].curve) for results in (plain, fresh)]
        assert (curves[0] == curves[1]) == (group == 2)


def test_a_checkpoint_of_another_balancing_is_refused(tmp_path, monkeypatch):
    train, validation, tasks = splits()
    cfg = CFG | {"balancing": "famo"}
    monkeypatch.setattr(GroupTrainer, "step", lambda self: setattr(self.termination, "requested", True))
    with pytest.raises(SystemExit):
        train_groups({0: tasks}, train, validation, tasks, 1, cfg, checkpoint=tmp_path / "job.pt")
    with pytest.raises(InputError, match="another job"):
        train_groups(
            {0: tasks},
            train,
            validation,
            tasks,
            1,
            cfg | {"balancing": "dwa"},
            checkpoint=tmp_path / "job.pt",
        )


@pytest.mark.parametrize("name", ["pcgrad", "nash_mtl"])
def test_gradients_that_do_not_fit_are_refused_before_training(name, caplog):
    train, validation, tasks = splits()
    cfg = CFG | {"balancing": name}
    step = footprint(settings(cfg | {"balancing": "none"}), 4, WINDOW).total(cfg["batch_size"])
    each = gradient_bytes(settings(cfg), 2, WINDOW) // 3
    network = build_network(cfg["network"], 4, WINDOW)
    assert each == 4 * sum(p.numel() for p in network.trunk.parameters())
    add_adapters(network, 2, 1)
    found = gradient_bytes(settings(cfg | {"adapter_rank": 2}), 2, WINDOW) // 3
    assert found == 4 * sum(p.numel() for p in network.trunk.parameters() if p.requires_grad) < each
    room = (step + 3.5 * each) / MEGABYTE  # two gradients, and one more to combine them in
    with pytest.raises(
        InputError, match=r"4 tasks of the largest group.*pack_memory_mb .* has room for 2 tasks"
    ):
        train_groups({0: tasks, 1: tasks[:2]}, train, validation, tasks, 1, cfg | {"pack_memory_mb": room})
    assert "learning rate" not in caplog.text
    train_groups({1: tasks[:2]}, train, validation, tasks, 1, cfg | {"pack_memory_mb": room, "max_steps": 2})
    with pytest.raises(InputError, match="not even two"):
        train_groups({0: tasks}, train, validation, tasks, 1, cfg | {"pack_memory_mb": step / MEGABYTE})
    famo = cfg | {"balancing": "famo", "pack_memory_mb": room, "max_steps": 2}
    assert train_groups({0: tasks}, train, validation, tasks, 1, famo)[0].curve


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"balancing": "famo", "packing": "grouped"}, "needs each network's own passes"),
        ({"balancing": "dwa", "loss": "poisson"}, "loss poisson may be below 0"),
        ({"balancing": "gradnorm", "network": PRIVATE}, "none with network.head private"),
        ({"balancing": "median"}, "unknown method 'median'; known: none, uncertainty"),
    ],
)
def test_what_a_method_cannot_do_is_refused(change, says):
    with pytest.raises(InputError, match=says):
        check_balancing(settings(CFG | change))
    check_balancing(settings(CFG | {"balancing": "uncertainty", "loss": "poisson"}))


def test_settings_name_what_the_method_heeds_and_no_more():
    assert without_unused(CFG) == SETTINGS
    assert without_unused(CFG | {"balancing": "famo"}) == SETTINGS | {
        "balancing": "famo",
        "balancing_rate": 0.025,
        "balancing_decay": 0.001,
        "balancing_smoothing": 0.9,
    }


def test_flop_of_a_step():
    cfg = CFG | {"network": SETTINGS["network"] | {"channels": [6], "dropout": [0.0], "hidden": 7}}
    cfg["network"] |= {"filter_width": 5}
    window = 24  # 20 places, 5 after pooling
    conv, hidden, heads = 20 * 5 * 4 * 6, 5 * 6 * 7, 7 * 3
    plain = 2 * (2 * conv + 3 * (hidden + heads))
    flop = {name: step_flop(cfg | {"balancing": name}, window, 3) for name in ("none", *METHODS)}
    assert flop["none"] == flop["dwa"] == flop["uncertainty"] == plain
    assert flop["famo"] - plain == 2 * (conv + hidden + heads)
    assert flop["pcgrad"] - plain == 2 * 2 * (conv + 2 * hidden)
    assert flop["nash_mtl"] - plain == pytest.approx(2 * 2 * (conv + 2 * hidden) / 3)
    assert flop["gradnorm"] - plain == 2 * 16 * (5 * 6 + 3 * 7)
    assert step_flop(cfg | {"balancing": "pcgrad"}, window, 1) == plain - 2 * 3 * 14
    # adapters: B A and the gradients of both, once a step of 16 examples; pcgrad: the gradients for each task
    product = 2 * 4 * (6 * (5 * 4) + 7 * (5 * 6)) / 16
    adapters = {
        name: step_flop(cfg | {"balancing": name, "adapter_rank": 4}, window, 3)
        for name in ("none", "pcgrad")
    }
    assert adapters["none"] - plain == pytest.approx(3 * product, abs=3)
    assert adapters["pcgrad"] - flop["pcgrad"] == pytest.approx((3 + 2 * 2) * product, abs=7)
