"""Trials are the training with fewer steps, alone, side by side, in parts, and after a kill."""

import csv
import json
import logging
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from checkouts import LIBRARY, SHARED
from epigroup.core.errors import InputError
from epigroup.networks.model_files import read_info
from epigroup.search import rates as search
from epigroup.search.run_trials import Trials, check_room
from epigroup.training.batch_stream import BatchStream
from epigroup.training.checkpoints import catch_termination
from epigroup.training.group_tables import check_groups
from epigroup.training.memory import Footprint
from epigroup.training.trainer import GroupTrainer
from planted_examples import (
    SETTINGS,
    read_otherwise,
    run_trials,
    running,
    splits,
    train_groups,
    train_pack,
    training_job,
    write_files,
    write_groups,
)

COMPLETED = {"first_rung": 1, "reduction": 3, "steps_share": 0.1}
TWO_PHASE = COMPLETED | {"method": "two_phase", "rates": [0.001, 0.005, 0.02], "refine": 0.004}
HALVING = COMPLETED | {
    "method": "halving",
    "rates": [0.0005, 0.002, 0.005, 0.01, 0.02, 0.05],
    "first_rung": 1,
    "reduction": 2,
}
TRIAL = SETTINGS | {"learning_rate": None, "max_steps": 12}
# arguments of run_trials that train_pack has none of
TRIAL_ONLY = ("coarse_tsvs", "phase", "part", "n_parts", "sample", "training", "search", "out")


pytestmark = pytest.mark.usefixtures("one_thread")


def runner(phase: str = "coarse", cfg: dict = TRIAL, checkpoint: Path | None = None, seed: int = 5):
    train, validation, tasks = splits()
    with catch_termination() as termination:
        return tasks, Trials(
            tasks, training_job(train, validation, cfg, seed, termination=termination), running(cfg), phase=phase,
            checkpoint=checkpoint,
        )  # fmt: skip


def test_a_trial_is_the_training_with_that_rate_and_fewer_steps():
    tasks, trials = runner()
    loss = trials.run({4: tasks[:2]}, 0.02)
    train, validation, _ = splits()
    alone = train_groups(
        {4: tasks[:2]}, train, validation, tasks, 5, SETTINGS | {"learning_rate": 0.02, "max_steps": 12}
    )
    found = trials.trials[0]
    assert found.validation_loss == loss == alone[4].best_loss
    assert (found.best_step, found.steps, found.ended) == (alone[4].best_step, 12, "max_steps")


def test_groups_side_by_side_find_what_they_find_alone():
    tasks, together = runner()
    mean = together.run({0: tasks[:1], 1: tasks[1:2]}, 0.01)
    _, alone = runner()
    losses = [alone.run({i: tasks[i : i + 1]}, 0.01) for i in (0, 1)]
    assert mean == sum(losses) / 2
    assert [t.validation_loss for t in together.trials] == losses


@pytest.mark.parametrize("sampling", ["none", "balanced"])
def test_groups_share_their_batches_where_the_order_is_one(sampling, monkeypatch):
    made = []
    original = BatchStream.__init__
    monkeypatch.setattr(
        BatchStream, "__init__", lambda self, *rest: made.append(self) or original(self, *rest)
    )
    tasks, trials = runner(cfg=TRIAL | {"sampling": sampling})
    trials.run({i: tasks[i : i + 1] for i in range(3)}, 0.01)
    assert len(made) == (1 if sampling == "none" else 3)


def test_a_sample_that_does_not_fit_into_memory_is_refused_with_the_number_that_would():
    need = Footprint(network=1000, working=50, example=5)
    check_room(need, need.total(16, 9), 16, 9)
    with pytest.raises(InputError, match="each of its 9 sampled tasks.* 4 would fit: sample fewer tasks"):
        check_room(need, int(need.total(16, 4) / 0.8) + 1, 16, 9)
    with pytest.raises(InputError, match="memory is too small for a trial; .* a training.batch_size of"):
        check_room(Footprint(1000, 50, 500), 2000, 16, 1)


def test_trials_on_signals_are_held_to_signals():
    """Not to the positives of labels that signals have no use for."""
    train, validation, tasks = splits()
    for split in (train, validation):
        split.labels = torch.zeros_like(split.labels)
        split.signal = torch.rand(len(split), len(tasks))
    both = {"training": train, "validation": validation}
    check_groups({0: tasks}, both, tasks, "mse")
    validation.signal[:, 1] -= 0.5
    check_groups({0: tasks}, both, tasks, "mse")
    with pytest.raises(InputError, match="signal of task 'task1' is as low as -0.*validation examples"):
        check_groups({0: tasks}, both, tasks, "poisson")
    train.signal = validation.signal = None
    with pytest.raises(InputError, match="none of its tasks has a positive among the 120 training"):
        check_groups({0: tasks}, both, tasks, "bce")


def test_a_diverged_trial_is_a_loss_of_inf_and_the_next_goes_on(caplog):
    cfg = TRIAL | {"optimiser": "sgd"}
    tasks, trials = runner(cfg=cfg)
    assert math.isinf(trials.run({0: tasks}, 1e30))
    assert math.isfinite(trials.run({0: tasks}, 0.01))
    first, second = trials.trials
    assert (first.ended, second.ended) == ("diverged", "max_steps")
    assert math.isinf(first.validation_loss)
    assert "1e+30" in caplog.text


def arguments(
    folder: Path, files: dict, name: str, phase: str = "coarse", spec: dict = TWO_PHASE, **more
) -> dict:
    return {key: [*map(str, v)] if isinstance(v, list) else str(v) for key, v in files.items()} | {
        "groups_tsv": str(folder / "groups.tsv"), "coarse_tsvs": [], "phase": phase, "part": 0, "n_parts": 1,
        "sample": None, "tasks": None, "seed": 5, "training": TRIAL, "search": spec,
        "out": str(folder / f"{name}.tsv"),
        "checkpoint_dir": str(folder / "checkpoints"), "threads": 1, "code": "x",
    } | more  # fmt: skip


def rows_of(path: Path) -> list[dict]:
    with open(path, newline="") as handle:
        return [
            {key: value for key, value in row.items() if key != "seconds"}
            for row in csv.DictReader(handle, delimiter="\t")
        ]


def finished_trials(folder: Path) -> int:
    for path in (folder / "checkpoints").glob("[!.]*.pt"):
        try:
            return len(torch.load(path, weights_only=True)["finished"])
        except (OSError, RuntimeError):
            return 0
    return 0


def test_two_phases_choose_a_rate_that_training_uses(tmp_path):
    files = write_files(tmp_path)
    groups = write_groups(tmp_path / "groups.tsv", {0: ["task0", "task1"], 1: ["task2", "task3"]})
    run_trials(**arguments(tmp_path, files, "coarse0"))
    coarse = search.read_trials([tmp_path / "coarse0.tsv"])
    assert [(t.group, t.learning_rate) for t in coarse] == [
        (g, r) for g in (0, 1) for r in TWO_PHASE["rates"]
    ]
    run_trials(**arguments(tmp_path, files, "fine0", "fine", coarse_tsvs=[str(tmp_path / "coarse0.tsv")]))
    fine = search.read_trials([tmp_path / "fine0.tsv"])
    for group in (0, 1):
        best = min((t for t in coarse if t.group == group), key=lambda t: t.validation_loss).learning_rate
        assert {t.learning_rate for t in fine if t.group == group} == set(
            search.fine_rates(best, TWO_PHASE["rates"], TWO_PHASE["refine"])
        )
    rates = search.choose_rates(
        [tmp_path / "coarse0.tsv", tmp_path / "fine0.tsv"], groups, strategy="X", sampled=False,
        rates_out=tmp_path / "rates.tsv", trials_out=tmp_path / "trials.tsv",
    )  # fmt: skip
    pack = {key: value for key, value in arguments(tmp_path, files, "").items() if key not in TRIAL_ONLY}
    train_pack(
        **pack, pack=0, n_packs=1, cfg=TRIAL, model_out=str(tmp_path / "m.safetensors"),
        curves_out=str(tmp_path / "c.tsv"), rates_tsv=str(tmp_path / "rates.tsv"),
    )  # fmt: skip
    info = read_info(tmp_path / "m.safetensors")
    assert info.learning_rate == rates
    for group in (0, 1):  # a trial of as many steps is the training itself
        won = min(t.validation_loss for t in coarse + fine if t.group == group)
        assert info.validation_loss[group] == pytest.approx(won, rel=1e-9)
    assert not list((tmp_path / "checkpoints").glob("*"))


def test_parts_share_a_sample_out_and_never_open_the_test_split(tmp_path, monkeypatch):
    files = write_files(tmp_path)
    write_groups(tmp_path / "groups.tsv", {i: [f"task{i}"] for i in range(4)})
    opened = []
    original = sys.modules["epigroup.dataset.dataset"].Dataset.split
    monkeypatch.setattr(
        "epigroup.dataset.dataset.Dataset.split",
        lambda self, name, **more: opened.append(name) or original(self, name, **more),
    )
    for part in (0, 1):
        run_trials(
            **arguments(
                tmp_path, files, f"coarse{part}", sample=["task1", "task2", "task3"], part=part, n_parts=2
            )
        )
    tried = [{t.group for t in search.read_trials([tmp_path / f"coarse{part}.tsv"])} for part in (0, 1)]
    assert tried == [{1, 3}, {2}]
    assert set(opened) == {"train", "validation"}


WORKER = """
import json, sys
from planted_examples import run_trials
run_trials(**json.loads(sys.argv[1]))
"""


def test_killed_and_started_again_a_search_ends_with_the_same_table(tmp_path, caplog):
    files = write_files(tmp_path)
    write_groups(tmp_path / "groups.tsv", {0: ["task0", "task1"], 1: ["task2"]})
    training = TRIAL | {"max_steps": 60, "validate_every": 10, "patience": 99, "checkpoint_seconds": 0.1}
    undisturbed = arguments(tmp_path, files, "undisturbed", "halving", HALVING, training=training)
    run_trials(**undisturbed)
    killed = undisturbed | {"out": str(tmp_path / "killed.tsv")}
    environment = {
        **os.environ,
        "PYTHONPATH": f"{LIBRARY}:{SHARED}",
        "OMP_NUM_THREADS": "1",
    }
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, json.dumps(killed)], env=environment, stderr=subprocess.DEVNULL
    )
    while worker.poll() is None and finished_trials(tmp_path) < 3:
        time.sleep(0.02)
    worker.kill()
    assert worker.wait(60) == -9
    assert not (tmp_path / "killed.tsv").exists()
    kept = finished_trials(tmp_path)
    assert kept >= 3
    with caplog.at_level(logging.INFO):
        caplog.clear()
        run_trials(**killed)
    assert rows_of(tmp_path / "killed.tsv") == rows_of(tmp_path / "undisturbed.tsv")
    # finished trials are taken from the checkpoint, not trained again
    assert caplog.text.count("lowest validation loss") == len(rows_of(tmp_path / "killed.tsv")) - kept


def test_sigterm_in_a_trial_keeps_it_and_a_new_start_goes_on_within_it(tmp_path, monkeypatch):
    files = write_files(tmp_path)
    write_groups(tmp_path / "groups.tsv", {0: ["task0", "task1"]})
    run_trials(**arguments(tmp_path, files, "undisturbed"))
    steps, step = [], GroupTrainer.advance

    def advance(self):
        steps.append(step(self))
        if len(steps) == 20:  # a trial is 12 steps and 2 validations: in the second one
            os.kill(os.getpid(), signal.SIGTERM)
        return steps[-1]

    monkeypatch.setattr(GroupTrainer, "advance", advance)
    with pytest.raises(SystemExit) as end:
        run_trials(**arguments(tmp_path, files, "stopped"))
    assert end.value.code == 143 and not (tmp_path / "stopped.tsv").exists()
    run_trials(**arguments(tmp_path, files, "stopped"))
    assert rows_of(tmp_path / "stopped.tsv") == rows_of(tmp_path / "undisturbed.tsv")
    assert len(steps) == 3 * 14


def test_a_stopped_search_begins_anew_where_the_genome_is_another(tmp_path, monkeypatch):
    """A trial that was finished on the old one does not count."""
    files = write_files(tmp_path)
    write_groups(tmp_path / "groups.tsv", {0: ["task0", "task1"]})
    steps, step = [], GroupTrainer.advance

    def advance(self):
        steps.append(step(self))
        if len(steps) == 20:  # in the second trial
            os.kill(os.getpid(), signal.SIGTERM)
        return steps[-1]

    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(GroupTrainer, "advance", advance)
        run_trials(**arguments(tmp_path, files, "stopped"))
    assert finished_trials(tmp_path) == 1
    read_otherwise(tmp_path, files)
    run_trials(**arguments(tmp_path, files, "again"))
    run_trials(**arguments(tmp_path, files, "fresh") | {"checkpoint_dir": str(tmp_path / "none")})
    assert rows_of(tmp_path / "again.tsv") == rows_of(tmp_path / "fresh.tsv")
