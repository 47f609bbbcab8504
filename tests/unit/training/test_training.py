"""Training is the plain loop, alone or in a pack; it learns what is planted, and stops where it cannot."""

import csv
import logging

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import load_file

from compared_trainings import same_weights, without_seconds
from epigroup.core.errors import InputError
from epigroup.networks.model_files import read_info
from epigroup.networks.settings import read_network
from epigroup.training.devices import check_precision
from epigroup.training.initial_state import initial_network
from epigroup.training.train_pack import pack_groups, read_rates
from epigroup.training.trainer import Diverged, GroupTrainer
from planted_examples import (
    SETTINGS,
    build_network,
    make_trainer,
    run_pack,
    splits,
    train_groups,
    write_files,
    write_groups,
)

GROUPS = {0: ["task0", "task1"], 1: ["task2"], 2: ["task3"]}


pytestmark = pytest.mark.usefixtures("one_thread")


def test_alone_or_in_a_pack_a_group_gets_the_same_bits():
    train, validation, tasks = splits()
    packed = train_groups(GROUPS, train, validation, tasks, 5, SETTINGS)
    for group in GROUPS:
        alone = train_groups({group: GROUPS[group]}, train, validation, tasks, 5, SETTINGS)[group]
        assert same_weights(alone.weights, packed[group].weights)
        assert without_seconds(alone.curve) == without_seconds(packed[group].curve)
    other = train_groups({0: GROUPS[0]}, train, validation, tasks, 6, SETTINGS)[0]
    assert not same_weights(other.weights, packed[0].weights)


def test_the_loop_is_the_plain_loop():
    """SGD without dropout against PyTorch written out, on the batches that the order names."""
    network = SETTINGS["network"] | {"dropout": [0.0, 0.0, 0.0]}
    cfg = SETTINGS | {
        "network": network,
        "optimiser": "sgd",
        "learning_rate": 0.1,
        "max_steps": 10,
        "validate_every": 10,
    }
    cfg |= {"momentum": 0.9, "weight_decay": 0.01, "reverse_complement": False}
    train, validation, tasks = splits()
    result = train_groups({0: tasks[1:3]}, train, validation, tasks, 2, cfg)[0]

    reference = initial_network(read_network(network), tasks[1:3], train.sequences.window, 2)
    velocity = {name: torch.zeros_like(p) for name, p in reference.named_parameters()}
    order = np.random.default_rng([2, 0, 0]).permutation(len(train))
    columns = torch.tensor([1, 2])
    losses = []
    for step in range(7):  # 120 examples are 7 whole batches of 16; the epoch after has an order of its own
        indices = torch.from_numpy(order[step * 16 : (step + 1) * 16])
        p = torch.sigmoid(reference(train.one_hot(indices)))
        y = train.targets(indices, columns)
        loss = -(y * p.log() + (1 - y) * (1 - p).log()).mean()
        losses.append(loss.item())
        gradients = torch.autograd.grad(loss, list(reference.parameters()))
        with torch.no_grad():
            for (name, weight), gradient in zip(reference.named_parameters(), gradients, strict=True):
                velocity[name] = 0.9 * velocity[name] + gradient + 0.01 * weight
                weight -= 0.1 * velocity[name]
    stopped = train_groups({0: tasks[1:3]}, train, validation, tasks, 2, cfg | {"max_steps": 7})[0]
    for name, weight in reference.state_dict().items():
        torch.testing.assert_close(stopped.weights[name], weight, rtol=1e-4, atol=1e-6)
    assert stopped.curve[0][2] == pytest.approx(np.mean(losses), rel=1e-5)
    every = torch.arange(len(validation))
    expected = F.binary_cross_entropy_with_logits(
        reference.eval()(validation.one_hot(every)), validation.targets(every, columns)
    )
    assert stopped.best_loss == pytest.approx(expected.item(), rel=1e-5)
    assert result.curve[0][:2] == [10, 160]


def test_best_weights_are_those_of_the_lowest_validation_loss():
    train, validation, tasks = splits()
    cfg = SETTINGS | {"learning_rate": 0.05, "max_steps": 60, "patience": 2}
    result = train_groups({0: tasks}, train, validation, tasks, 1, cfg)[0]
    curve = {int(row[0]): row[3] for row in result.curve}
    assert result.best_loss == min(curve.values()) == curve[result.best_step]
    # stopped by patience: exactly two validations after the minimum
    steps = list(curve)
    assert steps[-1] < 60 and len(steps) - 1 - steps.index(result.best_step) == 2
    network = build_network(cfg["network"], len(tasks), train.sequences.window).eval()
    network.load_state_dict(result.weights)
    every = torch.arange(len(validation))
    loss = F.binary_cross_entropy_with_logits(
        network(validation.one_hot(every)), validation.targets(every, torch.arange(len(tasks)))
    )
    assert loss.item() == pytest.approx(result.best_loss, rel=1e-5)


def test_overfits_64_examples():
    train, validation, tasks = splits(n=86)
    assert len(train) == 64
    cfg = SETTINGS | {
        "network": SETTINGS["network"] | {"dropout": [0.0, 0.0, 0.0]}, "reverse_complement": False,
        "batch_size": 64, "learning_rate": 0.01, "max_steps": 250, "validate_every": 50, "patience": 99,
    }  # fmt: skip
    curve = train_groups({0: tasks}, train, validation, tasks, 1, cfg)[0].curve
    assert curve[-1][2] < 0.01 < 0.3 < curve[0][2]


def test_learns_a_planted_motif():
    train, validation, tasks = splits(n=2000, n_tasks=1)
    network = SETTINGS["network"] | {"channels": [16, 16, 16]}
    cfg = SETTINGS | {
        "network": network,
        "batch_size": 64,
        "max_steps": 400,
        "validate_every": 50,
        "patience": 8,
    }
    result = train_groups({0: tasks}, train, validation, tasks, 1, cfg)[0]
    network = build_network(network, 1, train.sequences.window).eval()
    network.load_state_dict(result.weights)
    every = torch.arange(len(validation))
    with torch.inference_mode():
        score = network(validation.one_hot(every))[:, 0].numpy()
    label = validation.targets(every, torch.tensor([0]))[:, 0].numpy() > 0
    above = (score[label][:, None] > score[~label][None]).mean()
    assert above > 0.98


def test_a_group_without_positives_is_refused_and_a_task_without_is_named(caplog):
    train, validation, tasks = splits(n_tasks=3, rate=[0.4, 0.0, 0.0])
    with pytest.raises(InputError, match=r"group 7 \(task1, task2\).*none of its tasks has a positive"):
        train_groups({0: ["task0"], 7: ["task1", "task2"]}, train, validation, tasks, 1, SETTINGS)
    learnt, _, _ = splits(n_tasks=3)
    with pytest.raises(InputError, match=r"group 7 .*none of its tasks .* the 40 validation examples"):
        train_groups({7: ["task1", "task2"]}, learnt, validation, tasks, 1, SETTINGS)
    with caplog.at_level(logging.WARNING):
        cfg = SETTINGS | {"max_steps": 2}
        train_groups({0: ["task0", "task2"], 1: ["task1"]}, train, validation, tasks, 1, cfg)
    assert "task2 has no positive training example" in caplog.text
    assert "task1 has no positive training example" in caplog.text
    assert "task1 has no positive validation example and cannot be validated" in caplog.text


def test_balance_needs_both_kinds_and_trains_where_they_are():
    train, validation, tasks = splits(n_tasks=2, rate=[0.1, 1.0])
    cfg = SETTINGS | {"sampling": "balanced", "max_steps": 4, "validate_every": 4, "jitter": 50}
    assert train_groups({0: ["task0"]}, train, validation, tasks, 1, cfg)[0].curve
    with pytest.raises(InputError, match="sampling balanced needs .* 120 of 120 have one"):
        train_groups({0: tasks}, train, validation, tasks, 1, cfg)


def test_a_loss_that_is_no_number_names_step_and_rate():
    train, validation, tasks = splits()
    cfg = SETTINGS | {"optimiser": "sgd", "learning_rate": 1e30}
    with pytest.raises(InputError, match=r"loss is (nan|inf) at step \d+ with learning rate 1e\+30"):
        train_groups({0: tasks}, train, validation, tasks, 1, cfg)


class GivenLosses(GroupTrainer):
    """Its training loss is what is given."""

    def training_loss(self, logits, indices):
        return super().training_loss(logits, indices) * 0 + self.given[self.state.step]


def train_on(given: list[float], fetch_every: int = 1) -> GroupTrainer:
    train, validation, tasks = splits()
    cfg = SETTINGS | {"max_steps": 400, "validate_every": 400}
    trainer = make_trainer(tasks, range(4), train, validation, cfg, 1, kind=GivenLosses)
    trainer.given, trainer.fetch_every = given, fetch_every
    while trainer.state.step < len(given):
        trainer.advance()
    return trainer


def test_a_loss_that_stays_exploded_stops_training():
    """100 steps in a row beyond 1,000 times the first loss; one step less is forgiven."""
    forgiven = [2.0] + 99 * [2001.0] + [1999.0] + 99 * [2001.0]
    assert train_on(forgiven).state.loss_sum == sum(forgiven)
    with pytest.raises(Diverged, match=r"loss is 2001, for 100 steps more than .* at step 101 .* 0\.005"):
        train_on([2.0] + 150 * [2001.0])
    with pytest.raises(Diverged, match=r"first, 0.01 \(or than 1,000\), at step 101 "):
        train_on([0.01] + 150 * [1001.0])


def test_losses_fetched_in_bunches_count_the_same_and_the_bad_step_is_named():
    """As on a GPU, where each fetch waits for the device."""
    given = np.random.default_rng(0).random(45).tolist()
    each, bunches = train_on(given), train_on(given, fetch_every=16)
    assert each.state.loss_sum > bunches.state.loss_sum > 0  # 13 losses are not fetched yet
    assert bunches.train_loss() == each.train_loss() == pytest.approx(np.mean(given), rel=1e-6)
    assert bunches.state_dict()["state"]["loss_steps"] == 45
    with pytest.raises(Diverged, match="loss is nan at step 21 "):
        train_on(given[:20] + [float("nan")] + given[21:], fetch_every=16)


def test_packs_of_files(tmp_path):
    files = write_files(tmp_path)
    write_groups(tmp_path / "groups.tsv", GROUPS)
    models = [run_pack(tmp_path, files, pack=pack, n_packs=4, name=f"pack{pack}") for pack in range(4)]
    infos = [read_info(model) for model in models]
    assert [info.groups for info in infos] == [{0: ["task0", "task1"]}, {1: ["task2"]}, {2: ["task3"]}, {}]
    assert load_file(models[3]) == {}
    assert (
        tmp_path / "pack3.curves.tsv"
    ).read_text() == "group\tstep\texamples\ttrain_loss\tvalidation_loss\tseconds\n"
    assert load_file(models[0])["0/head.weight"].shape == (2, 16)
    with open(tmp_path / "pack1.curves.tsv") as handle:
        rows = list(csv.DictReader(handle, delimiter="\t"))
    assert [row["step"] for row in rows] == ["6", "12", "18", "24"]
    assert {row["group"] for row in rows} == {"1"}
    assert (
        float(rows[-1]["validation_loss"]) == pytest.approx(infos[1].validation_loss[1])
        or infos[1].best_step[1] < 24
    )
    assert not list((tmp_path / "checkpoints").glob("*"))
    again = run_pack(tmp_path, files, n_packs=4, name="again")
    assert again.read_bytes() == models[0].read_bytes()
    with safe_open(models[0], framework="pt") as handle:
        assert list(handle.metadata()) == ["epigroup"]


def test_groups_are_dealt_to_packs():
    groups = {0: ["d"], 2: ["c"], 10: ["a", "b"]}
    assert list(pack_groups(groups, 0, 2)) == [0, 10] and list(pack_groups(groups, 1, 2)) == [2]


def test_rates_of_groups(tmp_path):
    """A group of a pack trains at its own rate, says so in the model, and ends as if the settings said it."""
    files = write_files(tmp_path)
    write_groups(tmp_path / "groups.tsv", GROUPS)
    (tmp_path / "rates.tsv").write_text("group\tlearning_rate\n2\t0.03\n0\t1e-3\n1\t0.01\n")
    rates = {0: 1e-3, 1: 0.01, 2: 0.03}
    assert read_rates(tmp_path / "rates.tsv", rates) == rates
    model = run_pack(tmp_path, files, rates_tsv=str(tmp_path / "rates.tsv"), n_packs=2, name="rated")
    assert read_info(model).learning_rate == {0: 1e-3, 2: 0.03}
    plain = run_pack(tmp_path, files, cfg=SETTINGS | {"learning_rate": 0.03}, n_packs=2, name="plain")
    assert read_info(plain).learning_rate == {0: 0.03, 2: 0.03}
    rated, plain = load_file(model), load_file(plain)
    equal = {name: torch.equal(weight, plain[name]) for name, weight in rated.items()}
    assert all(same == name.startswith("2/") for name, same in equal.items())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("group\trate\n0\t0.1\n", "rates.tsv: no column learning_rate"),
        ("group\tlearning_rate\n0\t0.1\n5\t0.1\n", "rates.tsv:3: group '5' is not in the grouping"),
        ("group\tlearning_rate\n0\t0.1\n0\t0.1\n", "rates.tsv:3: group 0 stands twice"),
        ("group\tlearning_rate\n0\t0.1\n", "rates.tsv: no learning rate for group 1, 2; make"),
        *(
            (
                f"group\tlearning_rate\n1\t{bad}\n",
                f"rates.tsv:2: learning_rate '{bad}' is not a number",
            )
            for bad in ("", "x", "nan", "inf", "0", "-0.1")
        ),
    ],
)
def test_wrong_rates_are_named_by_line(tmp_path, text, says):
    (tmp_path / "rates.tsv").write_text(text)
    with pytest.raises(InputError, match=says):
        read_rates(tmp_path / "rates.tsv", [0, 1, 2])


def test_precision_can_be_pinned():
    assert check_precision("fp32") == "fp32" and check_precision("bf16") == "bf16"
    for none in ("fp8", "auto"):
        with pytest.raises(InputError, match=none):
            check_precision(none)
