"""Bytes that a training keeps beside its model while it runs, against what the plan says of checkpoints."""

import threading

import pytest
from safetensors.numpy import load_file

from epigroup.plan.disk import CHECKPOINT
from planted_examples import SETTINGS, pack_arguments, train_pack, write_files, write_groups

WIDE = {**SETTINGS["network"], "channels": [64, 64, 64]}  # of which what is no weight is a small part


def most_bytes(folder, work):
    """Bytes of the files in a folder, the most that were seen while `work` ran."""
    done, seen = threading.Event(), [0]

    def look():
        while not done.is_set():
            sizes = []
            for path in folder.glob("*"):
                try:
                    sizes.append(path.stat().st_size)
                except FileNotFoundError:
                    continue
            seen.append(sum(sizes))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        work()
    finally:
        done.set()
        watcher.join()
    return max(seen)


@pytest.mark.parametrize(
    "more", [{"optimiser": "adam"}, {"optimiser": "sgd"}, {"optimiser": "adamw", "averaging": 0.9}]
)
def test_checkpoints_take_what_the_plan_says_at_most(tmp_path, more):
    files = write_files(tmp_path)
    write_groups(tmp_path / "groups.tsv", {0: ["task0", "task1"], 1: ["task2", "task3"]})
    checkpoints = tmp_path / "checkpoints"
    checkpoints.mkdir()
    cfg = SETTINGS | {"network": WIDE, "checkpoint_seconds": 0} | more
    arguments = pack_arguments(tmp_path, files, name="model", cfg=cfg) | {"checkpoint_dir": checkpoints}
    most = most_bytes(checkpoints, lambda: train_pack(**arguments))
    weights = sum(tensor.size for tensor in load_file(tmp_path / "model.safetensors").values())
    assert weights > 40_000
    assert 4 * weights < most <= CHECKPOINT * 4 * weights
    assert not list(checkpoints.glob("*.pt"))
