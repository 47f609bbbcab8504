"""A job that dies goes on from its checkpoint and ends as if nothing had happened."""

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from checkouts import LIBRARY, SHARED
from compared_trainings import same_weights
from epigroup.core.errors import InputError
from epigroup.training.checkpoints import checkpoint_path
from epigroup.training.trainer import GroupTrainer
from planted_examples import (
    DILATED,
    SETTINGS,
    pack_arguments,
    read_otherwise,
    run_pack,
    settings,
    splits,
    train_groups,
    write_files,
    write_groups,
)

# Starts training in child processes, one after another, and signals each after a while once it has written a
# checkpoint of its own; the last one is left alone. Children of one process, so that torch is loaded once.
STARTER = """
import json, os, random, signal, sys, time
from pathlib import Path
from planted_examples import train_pack

arguments, sent, times = json.loads(sys.argv[1])
checkpoints, pauses = Path(arguments["checkpoint_dir"]), random.Random(7)

def newest():
    whole = (path for path in checkpoints.glob("*.pt") if not path.name.startswith("."))
    return max((path.stat().st_mtime_ns for path in whole), default=0)

ends = []
while not ends or ends[-1] != 0:
    before, pid = newest(), os.fork()
    if pid == 0:
        train_pack(**arguments)
        os._exit(0)
    status = None
    if len(ends) < times:
        while newest() == before and status is None:
            time.sleep(0.002)
            done, code = os.waitpid(pid, os.WNOHANG)
            status = code if done else None
        time.sleep(pauses.uniform(0, 0.1))
        if status is None:
            os.kill(pid, sent)
    if status is None:
        status = os.waitpid(pid, 0)[1]
    ends.append(os.waitstatus_to_exitcode(status))
    assert ends[-1] == 0 or not Path(arguments["model_out"]).exists()
print(json.dumps(ends))
"""


pytestmark = pytest.mark.usefixtures("one_thread")
PLATEAU = {"plateau_factor": 0.5, "plateau_patience": 1}


def lines_without_seconds(path: Path) -> list[str]:
    return [line.rsplit("\t", 1)[0] for line in path.read_text().splitlines()]


@pytest.mark.parametrize(
    ("sent", "times", "change"),
    [
        (
            9,
            5,
            {"packing": "interleaved", "keep": "task", "averaging": 0.99, "schedule": "plateau", **PLATEAU},
        ),
        (15, 1, {"optimiser": "sgd", "momentum": 0.9, "learning_rate": 0.1}),
        (9, 2, {"network": DILATED}),
    ],
)
def test_killed_at_random_moments_it_ends_with_the_same_bits(tmp_path, sent, times, change):
    files = write_files(tmp_path)
    write_groups(tmp_path / "groups.tsv", {0: ["task0", "task1"], 1: ["task2"], 2: ["task3", "task1"]})
    cfg = SETTINGS | {"max_steps": 150, "validate_every": 10, "patience": 9, "checkpoint_seconds": 0.05}
    undisturbed = run_pack(tmp_path, files, cfg=cfg | change, name="undisturbed")
    arguments = pack_arguments(tmp_path, files, cfg=cfg | change, name="killed")
    environment = {
        **os.environ,
        "PYTHONPATH": f"{LIBRARY}:{SHARED}",
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, "-c", STARTER, json.dumps([arguments, sent, times])]
    done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == [-9 if sent == 9 else 143] * times + [0]
    assert (tmp_path / "killed.safetensors").read_bytes() == undisturbed.read_bytes()
    assert lines_without_seconds(tmp_path / "killed.curves.tsv") == lines_without_seconds(
        tmp_path / "undisturbed.curves.tsv"
    )
    assert not list((tmp_path / "checkpoints").iterdir())


def test_a_checkpoint_belongs_to_what_is_computed(tmp_path):
    told = settings(SETTINGS)
    one = checkpoint_path(tmp_path, told, seed=1, code="a")
    running = {"progress_seconds": 3, "resume": False, "pack_memory_mb": 7, "tensorboard": 1}
    assert checkpoint_path(tmp_path, settings(SETTINGS | running), seed=1, code="a") == one
    others = [
        checkpoint_path(tmp_path, settings(SETTINGS | {"learning_rate": 0.1}), seed=1, code="a"),
        checkpoint_path(tmp_path, told, seed=2, code="a"),
        checkpoint_path(tmp_path, told, seed=1, code="b"),
    ]
    assert len({one, *others}) == 4


@contextmanager
def stopping():
    """What trains here is ended by SIGTERM at its 20th step."""
    step = GroupTrainer.step

    def step_and_stop(self):
        step(self)
        self.termination.requested |= self.state.step == 20

    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(GroupTrainer, "step", step_and_stop)
        yield


@pytest.fixture
def stopped(tmp_path):
    """The checkpoint of a job that was ended so."""
    train, validation, tasks = splits()
    with stopping():
        train_groups({0: tasks}, train, validation, tasks, 1, SETTINGS, checkpoint=tmp_path / "job.pt")
    return tmp_path / "job.pt"


def test_a_stopped_job_begins_anew_where_the_genome_is_another(tmp_path):
    """Read from the same text by other code: nothing but the codes tells them apart."""
    files = write_files(tmp_path)
    write_groups(tmp_path / "groups.tsv", {0: [f"task{i}" for i in range(4)]})
    with stopping():
        run_pack(tmp_path, files, name="stopped")
    assert len(list((tmp_path / "checkpoints").glob("*.pt"))) == 1
    read_otherwise(tmp_path, files)
    again = run_pack(tmp_path, files, name="again")
    fresh = run_pack(tmp_path, files, name="fresh", checkpoint_dir=str(tmp_path / "none"))
    assert again.read_bytes() == fresh.read_bytes()


@pytest.mark.parametrize(
    ("cfg", "seed", "n_tasks", "identity", "says"),
    [
        ({"network": SETTINGS["network"] | {"hidden": 17}}, 1, 4, {}, "settings"),
        ({}, 2, 4, {}, r"seed \(1, here 2\)"),
        ({}, 1, 3, {}, "groups .*tasks of the data set"),
        ({}, 1, 4, {"data set": "abc"}, r'data set \(null, here "abc"\)'),
    ],
)
def test_the_checkpoint_of_another_job_is_refused(stopped, cfg, seed, n_tasks, identity, says):
    train, validation, tasks = splits(n_tasks=n_tasks)
    with pytest.raises(InputError, match=f"job.pt: the checkpoint of another job: it differs in .*{says}"):
        train_groups(
            {0: tasks}, train, validation, tasks, seed, SETTINGS | cfg, checkpoint=stopped, identity=identity
        )
    assert stopped.exists()


@pytest.mark.parametrize("damage", ["checkpoint", "snapshot", "no snapshot"])
def test_a_damaged_checkpoint_is_reported_and_training_starts_afresh(stopped, damage, caplog):
    train, validation, tasks = splits()
    snapshot = next(stopped.parent.glob("job.group0.step*.safetensors"))
    if damage == "checkpoint":
        stopped.write_bytes(stopped.read_bytes()[:1000])
    elif damage == "snapshot":
        snapshot.write_bytes(snapshot.read_bytes()[:1000])
    else:
        snapshot.unlink()
    fresh = train_groups({0: tasks}, train, validation, tasks, 1, SETTINGS)
    result = train_groups({0: tasks}, train, validation, tasks, 1, SETTINGS, checkpoint=stopped)
    assert "cannot be read" in caplog.text and stopped.with_suffix(".damaged").exists()
    assert same_weights(result[0].weights, fresh[0].weights)


def test_an_undamaged_one_is_gone_on_from(stopped, caplog):
    train, validation, tasks = splits()
    caplog.set_level("INFO")
    fresh = train_groups({0: tasks}, train, validation, tasks, 1, SETTINGS)
    result = train_groups({0: tasks}, train, validation, tasks, 1, SETTINGS, checkpoint=stopped)
    assert "goes on from step 20 of the checkpoint" in caplog.text
    assert same_weights(result[0].weights, fresh[0].weights)


def test_the_last_good_checkpoint_is_named_when_the_loss_is_lost(stopped):
    train, validation, tasks = splits()
    train.sequences._tables[torch.float32].fill_(float("nan"))
    with pytest.raises(InputError, match=r"loss is nan at step 21 .*last good checkpoint: step 20, .*job.pt"):
        train_groups({0: tasks}, train, validation, tasks, 1, SETTINGS, checkpoint=stopped)


def test_weights_that_are_lost_with_a_finite_loss_are_in_no_checkpoint(stopped, monkeypatch):
    train, validation, tasks = splits()
    before, complete = stopped.read_bytes(), GroupTrainer.complete_step

    def complete_step(self, loss):
        complete(self, loss)
        assert torch.isfinite(loss)
        with torch.no_grad():
            self.network.head.bias[2] = float("inf")

    monkeypatch.setattr(GroupTrainer, "complete_step", complete_step)
    cfg = SETTINGS | {"checkpoint_seconds": 0}
    says = r"weights head.bias are not finite after step 21 .*last good checkpoint: step 20, .*job.pt"
    with pytest.raises(InputError, match=says):
        train_groups({0: tasks}, train, validation, tasks, 1, cfg, checkpoint=stopped)
    assert stopped.read_bytes() == before
