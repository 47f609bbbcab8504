"""The estimate of memory against what is measured, and what is said when memory runs out."""

import json
import os
import re
import subprocess
import sys

import pytest
import torch

from checkouts import LIBRARY, SHARED
from epigroup.networks.adapted_layers import trained_weights
from epigroup.networks.architecture import NETWORKS, network_cost
from epigroup.training.memory import MEGABYTE, advice, control_group_limits, footprint, is_out_of_memory
from planted_examples import SETTINGS, WINDOW, settings

# Makes a trainer of random windows, and prints by how many bytes the peak of two steps passes what was there.
MEASURE = """
import json, sys, numpy as np, torch
from pathlib import Path
from planted_examples import Examples, Genome, build_network, make_trainer
from epigroup.training.batches import Batches, Sequences

cfg, window = json.loads(sys.argv[1])
torch.set_num_threads(1)
n = cfg["batch_size"]
rng = np.random.default_rng(0)
sequences = Sequences(Genome({"c": rng.integers(0, 4, 200 * n + 2000, dtype=np.uint8)}), ["c"], window)
labels = rng.integers(0, 255, (n, 1), dtype=np.uint8)
batches = Batches(sequences, Examples(np.zeros(n, np.int64), 200 * np.arange(n), labels), 0)

def status(key):
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(key))

def train(cfg):
    start = lambda: build_network(cfg["network"], 2, window).state_dict() if "adapter_rank" in cfg else None
    trainer = make_trainer(["a", "b"], [0, 1], batches, batches, cfg, 1, start=start())
    for _ in range(2):
        trainer.advance()

tiny = {"channels": [2] * len(cfg["network"]["channels"]), "hidden": 2}
train(cfg | {"network": cfg["network"] | tiny, "batch_size": 2})  # what the first step loads of libraries
Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
before = status("VmRSS")
train(cfg)
print(status("VmHWM") - before)
"""

# Trains under a limit of memory and prints the error, and then with the batch size that it names.
LIMITED = """
import gc, json, os, re, resource, sys, torch
from planted_examples import SETTINGS, splits, train_groups
from epigroup.core.errors import InputError
from pathlib import Path

torch.set_num_threads(1)
train, validation, tasks = splits(n=4000)
cfg = SETTINGS | {"network": SETTINGS["network"] | {"channels": [64, 64, 64]}, "max_steps": 2}
train_groups({0: tasks}, train, validation, tasks, 1, cfg)
taken = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
resource.setrlimit(resource.RLIMIT_AS, (taken + 300 * 2**20, resource.RLIM_INFINITY))
checkpoint, said = Path(sys.argv[1]) / "job.pt", ""
try:
    train_groups({0: tasks}, train, validation, tasks, 1, cfg | {"batch_size": 3000}, checkpoint=checkpoint)
except InputError as error:
    said = str(error)
print(said)
assert not list(checkpoint.parent.iterdir())
gc.collect()  # the error held on to what was there when memory ran out
batch = int(re.search(r"batch_size of (\\d+) would fit", said)[1])
result = train_groups({0: tasks}, train, validation, tasks, 1, cfg | {"batch_size": batch})
print(json.dumps([batch, result[0].best_step]))
"""


def run(program: str, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": f"{LIBRARY}:{SHARED}", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("name", "batch_size", "optimiser", "precision", "more"),
    [
        ("small", 256, "adam", "bf16", {}),
        ("deepsea", 16, "sgd", "fp32", {}),
        ("deepsea_pool3", 8, "adam", "fp32", {"adapter_rank": 4}),
        ("dilated", 256, "adam", "bf16", {}),
        ("dilated", 256, "sgd", "fp32", {}),
    ],
)
def test_the_estimate_is_within_a_factor_of_two(name, batch_size, optimiser, precision, more):
    network = {"name": name, "head": "shared", **NETWORKS[name]}
    cfg = SETTINGS | {"network": network, "batch_size": batch_size, "optimiser": optimiser}
    cfg |= {"precision": precision} | more
    measured = int(run(MEASURE, json.dumps([cfg, 1001])))
    estimate = footprint(settings(cfg), 2, 1001).total(batch_size)
    print(f"{name} {precision}: estimate {estimate / MEGABYTE:.0f} MB, measured {measured / MEGABYTE:.0f} MB")
    assert estimate / 2 < measured < 2 * estimate


def test_out_of_memory_names_a_batch_that_fits(tmp_path):
    said, found = run(LIMITED, str(tmp_path)).splitlines()
    assert re.match(
        r"memory is too small for training; about [\d,]+ MB are needed for 1 network\(s\) with training.batch_size "
        r"3000, and [23]\d\d MB were free at the start; a training.batch_size of \d+ would fit",
        said,
    )
    batch, step = json.loads(found)
    assert 64 <= batch < 3000 and step == 2


def test_the_mean_of_the_weights_is_one_copy_of_them_more():
    plain, averaged = (footprint(settings(SETTINGS | {"averaging": d}), 4, WINDOW) for d in (0.0, 0.9))
    weights = network_cost(settings(SETTINGS).network, WINDOW, 4).weights
    assert averaged.network - plain.network == 4 * weights
    assert (averaged.working, averaged.example) == (plain.working, plain.example)


def test_adapters_need_no_gradients_and_no_moments_of_what_is_frozen():
    cfg = SETTINGS | {
        "optimiser": "adam",
        "network": {"name": "small", "head": "shared", **NETWORKS["small"]},
    }
    whole, adapters = (footprint(settings(cfg | {"adapter_rank": rank}), 4, 1001) for rank in (0, 8))
    weights = network_cost(settings(cfg).network, 1001, 4).weights
    trained = trained_weights(settings(cfg).network, 1001, 4, 8)
    assert whole.network == 16 * weights
    frozen = weights - 4 * (64 + 1)
    assert adapters.network == 4 * (frozen + trained) + 12 * trained < 0.6 * whole.network
    # in a step the sums of both, their gradients, and as much while these are worked out
    assert adapters.working - whole.working == 12 * frozen and adapters.example == whole.example


def test_advice_lies_below_what_was_tried():
    need = footprint(settings(SETTINGS), 2, 301)
    # a pack: fewer networks at once; where one is the most, a smaller batch; where nothing fits, that
    room = int(need.total(64, 5) / 0.8) + 1
    assert "; 5 network(s) at once would fit: set running.pack_memory_mb to " in advice(need, room, 64, 9)
    room = int(need.total(40) / 0.8) + 1
    assert "; a training.batch_size of 40 would fit, or give" in advice(need, room, 64)
    assert "of 40 would fit with training.packing: sequential" in advice(need, room, 64, 2)
    assert "not even a batch of 1 fits" in advice(need, need.network, 64)
    # an estimate that says all should have fitted still names something smaller
    assert "of 63 would fit" in advice(need, 10 * room, 64)


def test_the_limits_are_those_of_a_job_s_own_control_group_and_of_all_above():
    second = control_group_limits("0::/system.slice/slurmstepd.scope/job_7\n")
    assert [str(path) for path in second] == [
        "/sys/fs/cgroup/system.slice/slurmstepd.scope/job_7/memory.max",
        "/sys/fs/cgroup/system.slice/slurmstepd.scope/memory.max",
        "/sys/fs/cgroup/system.slice/memory.max",
        "/sys/fs/cgroup/memory.max",
    ]
    first = control_group_limits("9:cpu:/\n4:memory:/slurm/job_7\n1:name=systemd:/a:b\n")
    assert [str(path.parent) for path in first] == [
        f"/sys/fs/cgroup/memory{end}" for end in ("/slurm/job_7", "/slurm", "")
    ]
    assert {path.name for path in first} == {"memory.limit_in_bytes"}
    assert [str(path.parent) for path in control_group_limits("0::/\n")] == ["/sys/fs/cgroup"]


def test_errors_of_memory_are_told_from_others():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 60)
    assert is_out_of_memory(caught.value)
    with pytest.raises(RuntimeError) as caught:
        torch.zeros(2) @ torch.zeros(3)
    assert not is_out_of_memory(caught.value)
    assert is_out_of_memory(MemoryError()) and not is_out_of_memory(ValueError("out of memory"))
