"""Rescue: a task leaves its first strategy where validation shows better, and chance alone moves few."""

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as reference

from epigroup.comparison.best_of import choose_strategies
from epigroup.comparison.rescue import rescue
from epigroup.core.errors import InputError
from epigroup.core.hdf5 import open_hdf5
from epigroup.evaluation.block_losses import read_losses
from epigroup.evaluation.predictions import choose_blocks
from scored_examples import TASKS, evaluate_splits, planted_split, with_noise

N = np.full(60, 100)


def losses(gains, noise=0.0, seed=1):
    """(S, 60, T) sums of losses: the first's, and those of candidates whose mean losses are less by so much."""
    rng = np.random.default_rng(seed)
    base = rng.uniform(30, 60, (60, len(gains[0])))
    further = [base - 100 * np.array(one) + rng.normal(0, noise, base.shape) for one in gains]
    return np.stack([base, *further])


def test_a_sure_gain_moves_a_task_and_a_loss_does_not():
    found = rescue(losses([[0.02, -0.02, 0.01], [0.01, -0.01, 0.03]], noise=1.0), N, 500, 1)
    assert found.chosen.tolist() == [1, 0, 2]
    assert found.gain == pytest.approx([0.02, -0.01, 0.03], abs=0.005)
    assert (found.low < found.gain).all() and (found.gain < found.high).all()


def test_each_half_is_judged_with_the_candidate_of_the_other():
    """The first candidate gains on even blocks alone, the second on odd ones: each half chooses what does not help the
    other, so that the best on all blocks, which gains, is not taken."""
    base = np.full((60, 1), 50.0)
    even, odd = base.copy(), base.copy()
    even[::2] -= 10
    odd[1::2] -= 10
    even[1::2] += 1
    odd[::2] += 1
    found = rescue(np.stack([base, even, odd]), N, 200, 1)
    assert found.chosen.tolist() == [0] and found.gain == pytest.approx([-0.01]) and found.high < 0


def test_chance_alone_moves_few_tasks():
    """Ten candidates that differ from the first by noise: by the best of all blocks nearly every task would leave."""
    loss = losses(np.zeros((10, 400)), noise=5.0)
    found = rescue(loss, N, 400, 1)
    assert (loss.sum(axis=1).argmin(axis=0) != 0).mean() > 0.85
    assert (found.chosen != 0).mean() < 0.12


@pytest.mark.parametrize("n_blocks", [0, 1, 49])
def test_with_few_blocks_all_stay_and_nothing_is_said(n_blocks):
    found = rescue(losses([[0.5, 0.5]])[:, :n_blocks], N[:n_blocks], 100, 1)
    assert found.chosen.tolist() == [0, 0] and np.isnan([found.gain, found.low, found.high]).all()


def test_a_candidate_that_does_not_learn_a_task_is_not_taken():
    loss = losses([[0.05, 0.05]])
    loss[1, :, 1] = np.inf
    found = rescue(loss, N, 100, 1)
    assert found.chosen.tolist() == [1, 0] and found.gain[1] == 0


@pytest.fixture(scope="module")
def candidates(tmp_path_factory):
    """Name: (metrics.tsv, blocks.h5): much noise, little, and little on two tasks alone."""
    found = {}
    for name, noise, tasks in (("NOISY", 0.4, TASKS), ("CLEAR", 0.02, TASKS), ("PART", 0.01, ["a", "c"])):
        folder = tmp_path_factory.mktemp(name)
        validation, test = (
            with_noise(planted_split(n, s), noise, tasks, [s, len(name)]) for n, s in ((6000, 1), (800, 2))
        )
        found[name] = (*evaluate_splits(folder, validation, test, tasks=tasks), validation)
    return found


def told(candidates, **changed):
    return {
        "combine": "rescue", "candidates": list(candidates), "targets": "labels", "shrink": 0.0, "bootstrap": 300,
        "bootstrap_seed": 1, "tasks": [{"task_id": task, "modality": "TFB"} for task in TASKS],
    } | changed  # fmt: skip


def test_losses_by_block_are_those_of_sklearn(candidates):
    _, blocks, split = candidates["NOISY"]
    found = read_losses(blocks)
    of = choose_blocks(split["chrom"].astype(np.int64), split["start"].astype(np.int64)).of
    assert found.n.tolist() == np.bincount(of).tolist() and found.task_ids == TASKS
    for block, task in ((0, 0), (3, 1), (7, 2)):
        here = of == block
        expected = reference.log_loss(
            split["labels"][here, task],
            np.clip(split["probability"][here, task].astype(float), 2**-25, 1 - 2**-12),
            labels=[False, True],
            normalize=False,
        )
        assert found.loss[block, task] == pytest.approx(expected)


def test_a_rescue_stands_in_tables_like_a_strategy(candidates, tmp_path):
    outputs = {name: tmp_path / name for name in ("choice", "metrics", "blocks")}
    metrics, blocks, _ = zip(*candidates.values(), strict=True)
    choose_strategies(list(metrics), list(blocks), outputs, told(candidates))
    choice = pd.read_csv(outputs["choice"], sep="\t").set_index("task_id")
    assert choice["chosen"]["b"] == "CLEAR" and choice["chosen"]["a"] in ("CLEAR", "PART")
    assert choice.loc["b", "gain_low"] > 0 and np.isnan(choice.loc["b", "PART:validation_log_loss"])
    own = pd.read_csv(metrics[0], sep="\t").set_index("task_id")
    assert choice["NOISY:validation_log_loss"].to_numpy() == pytest.approx(
        own["validation_log_loss"].to_numpy(), rel=1e-5
    )
    table = pd.read_csv(outputs["metrics"], sep="\t").set_index("task_id")
    clear = pd.read_csv(metrics[1], sep="\t").set_index("task_id")
    assert table.loc["b", "test_f1"] == clear.loc["b", "test_f1"]
    with open_hdf5(outputs["blocks"]) as file:
        assert file["task_id"].asstr()[:].tolist() == TASKS


def test_other_validation_blocks_are_refused(candidates, tmp_path):
    validation, test = planted_split(900, 9), planted_split(800, 2)
    metrics, blocks = evaluate_splits(tmp_path, validation, test)
    outputs = {name: tmp_path / f"out_{name}" for name in ("choice", "metrics", "blocks")}
    with pytest.raises(InputError, match="its validation blocks are not those of"):
        choose_strategies(
            [candidates["NOISY"][0], metrics],
            [candidates["NOISY"][1], blocks],
            outputs,
            told(["NOISY", "OTHER"]),
        )
