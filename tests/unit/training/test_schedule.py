"""The learning rate along a training, the mean of the weights, and how the losses of tasks add up."""

import math

import pytest
import torch

from compared_trainings import same_weights
from epigroup.config.settings import complete_config, training_settings
from epigroup.core.errors import InputError
from epigroup.training.log_lines import ending_line
from epigroup.training.schedule import SCHEDULES, check_schedule, rate_factor
from epigroup.training.trainer import GroupTrainer
from minimal_config import MINIMAL
from planted_examples import SETTINGS, make_trainer, settings, splits, train_groups

COSINE = {"schedule": "cosine", "final_rate": 0.1}
PLATEAU = {"schedule": "plateau", "plateau_factor": 0.5, "plateau_patience": 1}
WITHOUT_DROPOUT = SETTINGS | {"network": SETTINGS["network"] | {"dropout": [0.0, 0.0, 0.0]}}
PLAIN = WITHOUT_DROPOUT | {"optimiser": "sgd", "learning_rate": 0.1}


class Watched(GroupTrainer):
    """Keeps the rate of each step, and the weights after it."""

    def complete_step(self, loss):
        super().complete_step(loss)
        kept = vars(self).setdefault("seen", [])
        weights = {name: tensor.detach().clone() for name, tensor in self.network.state_dict().items()}
        kept.append((self.optimiser.param_groups[0]["lr"], weights))


def trained(cfg: dict, **more) -> Watched:
    train, validation, tasks = splits()
    trainer = make_trainer(tasks[:3], [0, 1, 2], train, validation, cfg, 5, kind=Watched, **more)
    while not trainer.finished:
        trainer.advance()
    return trainer


def test_warm_up_rises_evenly_to_the_full_rate():
    told = settings(SETTINGS | {"warm_up": 4})
    assert [rate_factor(told, step, 0) for step in range(6)] == [0.25, 0.5, 0.75, 1, 1, 1]


def test_the_cosine_ends_where_it_is_told_to():
    told = settings(SETTINGS | COSINE | {"warm_up": 4, "max_steps": 24})
    assert rate_factor(told, 4, 0) == 1
    assert rate_factor(told, 14, 0) == pytest.approx((1 + 0.1) / 2)
    assert rate_factor(told, 24, 0) == pytest.approx(0.1) == rate_factor(told, 30, 0)
    factors = [rate_factor(told, step, 0) for step in range(4, 25)]
    assert factors == sorted(factors, reverse=True)
    quarter = 0.1 + 0.9 * (1 + math.cos(math.pi / 4)) / 2
    assert rate_factor(told, 9, 0) == pytest.approx(quarter)


def test_steps_are_made_at_the_rates_of_the_schedule():
    cfg = SETTINGS | COSINE | {"warm_up": 3, "patience": 99}
    trainer = trained(cfg)
    wanted = [0.005 * rate_factor(settings(cfg), step, 0) for step in range(24)]
    assert [rate for rate, _ in trainer.seen] == pytest.approx(wanted)


def test_a_plateau_lowers_the_rate_of_the_steps_that_follow():
    """At a rate that spoils the network the validation loss soon rises."""
    cfg = SETTINGS | PLATEAU | {"learning_rate": 0.5, "patience": 4, "max_steps": 60}
    trainer = trained(cfg)
    losses = [row[3] for row in trainer.state.curve]
    lowerings, since, best = [0], 0, math.inf
    for loss in losses:
        since, best = (0, loss) if loss < best else (since + 1, best)
        lowerings.append(lowerings[-1] + (since > 0))
    assert lowerings[-1] >= 2 and trainer.state.lowerings == lowerings[-1]
    assert [rate for rate, _ in trainer.seen] == pytest.approx(
        [0.5 * 0.5 ** lowerings[step // 6] for step in range(len(trainer.seen))]
    )


def test_the_mean_of_the_weights_is_what_is_validated_and_kept():
    cfg = SETTINGS | {"averaging": 0.9, "patience": 99}
    trainer, plain = trained(cfg), trained(cfg | {"averaging": 0.0})
    for (_, with_mean), (_, without) in zip(trainer.seen, plain.seen, strict=True):
        assert all(torch.equal(with_mean[name], without[name]) for name in without)
    first = make_trainer(
        ["task0", "task1", "task2"], [0, 1, 2], trainer.train, trainer.validation, cfg, 5
    ).network.state_dict()
    mean = {name: tensor.double() for name, tensor in first.items()}
    for step, (_, weights) in enumerate(trainer.seen, 1):
        share = min(0.9, (1 + step) / (10 + step))
        mean = {name: share * mean[name] + (1 - share) * weights[name] for name in mean}
        if step == trainer.state.best_step:
            kept = trainer.snapshots.read(step)
            for name, tensor in mean.items():
                torch.testing.assert_close(kept[name].double(), tensor, rtol=1e-4, atol=1e-6)
    assert trainer.state.best_step > 0 and trainer.state.curve[-1][3] != plain.state.curve[-1][3]


@pytest.mark.parametrize("packing", ["sequential", "interleaved"])
def test_a_pack_ends_with_the_bits_of_a_group_alone(packing):
    train, validation, tasks = splits()
    cfg = SETTINGS | PLATEAU | {"averaging": 0.9, "warm_up": 5, "loss_scale": "per_task", "packing": packing}
    groups = {0: tasks[:3], 1: tasks[1:]}
    together = train_groups(groups, train, validation, tasks, 5, cfg)
    for group, of_one in groups.items():
        alone = train_groups({group: of_one}, train, validation, tasks, 5, cfg)
        assert same_weights(together[group].weights, alone[group].weights)


@pytest.mark.parametrize("scale", ["sum", "per_task"])
def test_groups_computed_as_one_go_the_same_way_but_for_rounding(scale):
    """The tolerance is some thirty times what rounding makes of it here; a scale left out would differ by far more."""
    train, validation, tasks = splits()
    cfg = PLAIN | PLATEAU | {"averaging": 0.9, "warm_up": 5, "loss_scale": scale, "learning_rate": 0.01}
    groups = {0: tasks[:3], 1: tasks[1:]}
    found = [
        train_groups(groups, train, validation, tasks, 5, cfg | {"packing": packing})
        for packing in ("sequential", "grouped")
    ]
    mean = train_groups(groups, train, validation, tasks, 5, cfg | {"loss_scale": "mean"})
    for group, alone in found[0].items():
        apart = 0.0
        for name, weight in alone.weights.items():
            torch.testing.assert_close(found[1][group].weights[name], weight, rtol=0, atol=1e-6)
            apart = max(apart, float((mean[group].weights[name] - weight).abs().max()))
        assert apart > 1e-4


def test_the_log_says_when_max_steps_cut_a_training_off():
    for more, said in (({}, True), (COSINE, False), ({"max_steps": 60, "learning_rate": 0.5}, False)):
        line = ending_line(trained(SETTINGS | {"patience": 2, **more}))
        assert ("raise training.max_steps" in line) == said, line


def test_a_resumed_training_goes_the_same_way():
    cfg = SETTINGS | PLATEAU | {"averaging": 0.9, "warm_up": 5, "learning_rate": 0.3, "patience": 6}
    through = trained(cfg)
    assert through.state.lowerings
    train, validation, tasks = splits()
    first = make_trainer(tasks[:3], [0, 1, 2], train, validation, cfg, 5)
    while first.state.step < 15:
        first.advance()
    second = make_trainer(tasks[:3], [0, 1, 2], train, validation, cfg, 5)
    second.load_state_dict(first.state_dict())
    while not second.finished:
        second.advance()
    assert same_weights(second.result().weights, through.result().weights)
    assert second.state.lowerings == through.state.lowerings


def one_step(cfg: dict, tasks: list[int], start: dict) -> tuple[dict, dict]:
    """The weights of a group's network before and after a step of plain descent."""
    train, validation, names = splits()
    of_group = {name: tensor[tasks] if name.startswith("head.") else tensor for name, tensor in start.items()}
    trainer = make_trainer([names[i] for i in tasks], tasks, train, validation, cfg, 5, start=of_group)
    trainer.step()
    return of_group, trainer.network.state_dict()


@pytest.mark.parametrize(("scale", "heads", "trunk"), [("mean", 1 / 4, 1), ("sum", 1, 4), ("per_task", 1, 1)])
def test_how_far_head_and_trunk_move_by_the_size_of_the_group(scale, heads, trunk):
    """A head moves as in a group of its own, times `heads`; the trunk by the mean of the single tasks' moves, times
    `trunk`."""
    train, validation, names = splits()
    start = make_trainer(names, [0, 1, 2, 3], train, validation, PLAIN, 5).network.state_dict()
    alone = [one_step(PLAIN, [task], start) for task in range(4)]
    before, after = one_step(PLAIN | {"loss_scale": scale}, [0, 1, 2, 3], start)
    for name, tensor in before.items():
        moved, single = after[name] - tensor, torch.stack([b[name] - a[name] for a, b in alone])
        wanted = heads * single.flatten(0, 1) if name.startswith("head.") else trunk * single.mean(0)
        torch.testing.assert_close(moved, wanted, rtol=1e-3, atol=1e-6)


def test_the_curve_shows_the_mean_over_tasks_whatever_the_scale():
    first = [
        trained(PLAIN | {"loss_scale": scale, "learning_rate": 1e-9}).state.curve for scale in ("mean", "sum")
    ]
    for mean, total in zip(*first, strict=True):
        assert mean[2:4] == pytest.approx(total[2:4], rel=1e-5)


@pytest.mark.parametrize(
    ("training", "says"),
    [
        ({"warm_up": 100, "max_steps": 100}, "training.warm_up: 100 steps are all of training.max_steps"),
        ({"schedule": "plateau", "plateau_patience": 5}, "raise training.patience"),
        ({"loss_scale": "sum", "balancing": "dwa"}, "set loss_scale to mean, or balancing to none"),
        ({"schedule": "linear"}, "training.schedule"),
        ({"averaging": 1.0}, "training.averaging"),
    ],
)
def test_what_makes_no_sense_is_refused(training, says):
    with pytest.raises(InputError, match=says):
        complete_config(MINIMAL | {"training": training}, "my.yaml")


def test_keys_of_other_schedules_are_in_no_settings():
    """So that their change reruns nothing."""
    check_schedule(settings(SETTINGS))
    for name, schedule in SCHEDULES.items():
        config = complete_config(MINIMAL | {"training": {"schedule": name}})
        told = training_settings(config, next(iter(config["strategies"])))
        keys = {key for one in SCHEDULES.values() for key in one.options}
        assert keys & set(told) == set(schedule.options)
