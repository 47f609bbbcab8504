"""What is fastest is measured, stated, kept for the run, and no result hangs on the timing."""

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from compared_trainings import same_weights
from epigroup.core.errors import InputError
from epigroup.core.settings import read_settings
from epigroup.networks.architecture import complete_network
from epigroup.networks.settings import read_network
from epigroup.training import calibration
from epigroup.training.calibration import (
    LAYOUTS,
    Case,
    Choices,
    choose_layout,
    choose_precision,
    fastest_precision,
    least,
    measure,
    processor,
    training_step,
)
from epigroup.training.devices import check_precision
from epigroup.training.precision import (
    check_compared_precisions,
    check_devices,
    read_precision,
    with_precision,
    write_precision,
)
from planted_examples import SETTINGS, build_network, make_trainer, settings, splits, train_groups

CPU = torch.device("cpu")
NETWORK = complete_network({"name": "small", "channels": [8, 8, 8], "hidden": 8}, 301)
CASE = {"network": NETWORK, "window": 301, "batch_size": 16}


pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.parametrize(
    ("seconds", "chosen"),
    [
        ({"fp32": 1.0, "bf16": 0.5}, "bf16"),
        ({"fp32": 1.0, "bf16": 0.96}, "fp32"),
        ({"fp32": 1.0, "bf16": 0.94}, "bf16"),
        ({"fp32": 1.0, "bf16": 1.9}, "fp32"),
        ({"a": 1.0, "b": 0.8, "c": 0.7}, "c"),
    ],
)
def test_within_five_percent_the_first_is_taken(seconds, chosen):
    assert least(seconds) == chosen


def test_the_one_that_takes_less_processor_time_is_found():
    def busy(seconds):
        def work():
            end = time.process_time() + seconds
            while time.process_time() < end:
                pass

        return work

    found = measure({"slow": busy(0.012), "fast": busy(0.004)}, CPU)
    assert found["slow"] > 1.5 * found["fast"] and least(found) == "fast"


def test_one_that_is_hopeless_is_not_tried_twice():
    made = {"fp32": 0, "bf16": 0}

    def step(name, seconds):
        def work():
            made[name] += 1
            end = time.process_time() + seconds
            while time.process_time() < end:
                pass

        return work

    found = measure({"fp32": step("fp32", 0.02), "bf16": step("bf16", 1.2)}, CPU)
    assert made["bf16"] == 1 and made["fp32"] > 3 and least(found) == "fp32"


@pytest.mark.parametrize("times", [{"fp32": 1, "bf16": 3}, {"fp32": 3, "bf16": 1}])
def test_the_precision_follows_the_measurement_not_a_flag(monkeypatch, times, tmp_path, caplog):
    """The same processor, told to be slow in one or the other: the issue of two processors with the same flags."""
    seen = []

    def timed(steps, device):
        seen.append(list(steps))
        for step in steps.values():
            step()
        return {name: 0.01 * times[name] for name in steps}

    monkeypatch.setattr(calibration, "measure", timed)
    caplog.set_level("INFO")
    chosen = choose_precision([CASE, CASE | {"batch_size": 32}], "cpu", threads=1)
    write_precision(tmp_path / "cpu.json", "cpu", chosen)
    wanted = min(times, key=times.get)
    assert read_precision(tmp_path / "cpu.json") == wanted and seen == [["fp32", "bf16"]] * 2
    assert f"precision auto: {wanted} (measured on {processor()}" in caplog.text
    # the file says the choice alone, so that measuring again changes nothing in it
    assert json.loads((tmp_path / "cpu.json").read_text()) == {"device": "cpu", "precision": wanted}


def test_a_real_measurement_names_one_of_the_two():
    assert fastest_precision([read_settings(Case, CASE, "case")], CPU) in ("fp32", "bf16")


def test_the_settings_hold_what_was_measured_or_named(tmp_path):
    for measured in ("fp32", "bf16"):
        write_precision(tmp_path / "p.json", "cuda", measured)
        left_open = with_precision({"precision": "auto", "a": 1}, tmp_path / "p.json")
        assert left_open == {"precision": measured, "a": 1}
        assert with_precision({"precision": "fp32", "a": 1}, tmp_path / "p.json") == {
            "precision": "fp32",
            "a": 1,
        }


def test_a_choice_that_is_missing_or_damaged_is_not_guessed(tmp_path):
    path = tmp_path / "cpu.json"
    assert with_precision({"precision": "auto"}, path) == {"precision": "auto"}  # which no job computes in
    with pytest.raises(InputError, match="'auto' is none that a job computes in"):
        check_precision("auto")
    for text in ("", "{}", "[]", '{"precision": "fp8"}'):
        path.write_text(text)
        with pytest.raises(InputError, match=f"{re.escape(str(path))}.*delete it and run again"):
            with_precision({"precision": "auto"}, path)


def test_mixed_precisions_are_refused_unless_named():
    with pytest.raises(InputError, match="A on cpu, B on cuda"):
        check_devices({"A": ("cpu", "auto"), "B": ("cuda", "auto"), "C": ("cuda", "fp32")})
    check_devices({"A": ("cpu", "auto"), "B": ("cuda", "bf16"), "C": ("cpu", "auto")})
    found = {("A", 1): "fp32", ("A", 2): "fp32", ("B", 1): "bf16", ("OUTSIDE", 1): ""}
    with pytest.raises(InputError, match="bf16: B seed 1; fp32: A seed 1, A seed 2.*set training.precision"):
        check_compared_precisions(found, {"A": "auto", "B": "auto"})
    check_compared_precisions(found, {"A": "auto", "B": "bf16"})
    check_compared_precisions(found | {("B", 1): "fp32"}, {"A": "auto", "B": "auto"})


def test_a_choice_is_kept_for_the_processor_and_the_first_counts(tmp_path, monkeypatch):
    choices, asked = Choices(tmp_path / "kept", CPU), []

    def answer(value):
        def measured():
            asked.append(value)
            return value

        return measured

    assert choices.choose("layout", {"network": 1}, answer("x")) == "x"
    assert choices.choose("layout", {"network": 1}, answer("y")) == "x" and asked == ["x"]
    assert choices.choose("layout", {"network": 2}, answer("z")) == "z"
    monkeypatch.setattr(calibration, "processor_of", lambda _: "another processor")
    assert choices.choose("layout", {"network": 1}, answer("w")) == "w"
    kept = [json.loads(path.read_text()) for path in (tmp_path / "kept").iterdir()]
    assert sorted(one["choice"] for one in kept) == ["w", "x", "z"]  # and nothing half-written beside them
    for path in (tmp_path / "kept").iterdir():
        path.write_text("{")
    assert choices.choose("layout", {"network": 1}, answer("v")) == "v"
    assert Choices(None, CPU).choose("layout", {}, answer("u")) == "u"


def test_jobs_that_measure_at_the_same_time_agree(tmp_path):
    def one(i):
        def measured():
            time.sleep(0.05)
            return i

        return Choices(tmp_path, CPU).choose("layout", {}, measured)

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(one, range(8)))) == 1


def test_the_layout_is_named_measured_or_refused(tmp_path, monkeypatch):
    cfg = SETTINGS | {"network": NETWORK}
    choices = Choices(tmp_path, CPU)
    assert choose_layout(settings(cfg | {"layout": "contiguous"}), 301, choices) == "contiguous"
    with pytest.raises(InputError, match="unknown layout 'rows'"):
        choose_layout(settings(cfg | {"layout": "rows"}), 301, choices)
    assert choose_layout(settings(cfg | {"layout": "auto"}), 301, choices) in LAYOUTS
    (path,) = tmp_path.iterdir()
    about = json.loads(path.read_text())
    assert about["processor"] == processor() and about["threads"] == 1 and about["precision"] == "fp32"
    monkeypatch.setattr(calibration, "measure", lambda steps, _: {"channels_last": 2.0, "contiguous": 1.0})
    assert choose_layout(settings(cfg | {"layout": "auto", "batch_size": 8}), 301, choices) == "contiguous"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_step_of_the_measurement_moves_no_weight(layout, monkeypatch):
    made = []
    build = calibration.build_network
    monkeypatch.setattr(calibration, "build_network", lambda *args: made.append(build(*args)) or made[-1])
    step = training_step(read_network(NETWORK), 301, 4, "fp32", layout, CPU)
    (network,) = made
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    step()
    step()
    assert same_weights(network.state_dict(), before)
    assert all(parameter.grad is not None for parameter in network.parameters())


def test_the_layout_changes_rounding_alone():
    """The networks' functions, without dropout, agree; and both are the plain one's."""
    network = build_network(NETWORK, 3, 301).double().eval()
    x = torch.eye(4, dtype=torch.float64)[torch.randint(0, 4, (5, 301))].transpose(1, 2)
    outputs = {}
    for layout in (*LAYOUTS, LAYOUTS[0]):
        network.take_layout(layout)
        outputs[layout] = network(x)
    torch.testing.assert_close(*outputs.values(), rtol=1e-12, atol=1e-12)
    assert network.trunk.blocks[0].weight.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_same_stated_choice_gives_the_same_bits(layout):
    train, validation, tasks = splits()
    cfg = SETTINGS | {"max_steps": 20, "validate_every": 10, "layout_here": layout}
    first, again = (train_groups({0: tasks[:2]}, train, validation, tasks, 5, cfg)[0] for _ in range(2))
    assert first.layout == layout and not first.jointly
    for name, weight in first.weights.items():
        assert torch.equal(weight, again.weights[name])


def test_a_training_that_goes_on_keeps_the_layout_it_had(tmp_path):
    """As when a job is requeued to a node of another processor model, where another layout is faster."""
    train, validation, tasks = splits()
    cfg = SETTINGS | {"max_steps": 20, "validate_every": 10, "layout_here": "contiguous"}
    whole = train_groups({0: tasks[:2]}, train, validation, tasks, 5, cfg)[0]
    trainer = make_trainer(tasks[:2], [0, 1], train, validation, cfg, 5)
    while trainer.state.step < 7:
        trainer.advance()
    saved = trainer.state_dict()
    other = make_trainer(tasks[:2], [0, 1], train, validation, cfg | {"layout_here": "channels_last"}, 5)
    other.load_state_dict(saved)
    while not other.finished:
        other.advance()
    assert other.state.layout == "contiguous"
    for name, weight in other.result().weights.items():
        assert torch.equal(weight, whole.weights[name])


class _Never:
    requested = False
