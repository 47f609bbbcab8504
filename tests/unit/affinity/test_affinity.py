"""SCA and TAG on planted labels: what they measure, on which networks and examples, stopped and gone on with."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from epigroup.affinity import joint_network, sca, tag
from epigroup.affinity.last_layer import last_layer
from epigroup.affinity.matrix import Affinity, check_finite, same_group_auc, spearman
from epigroup.affinity.measure import training_checkpoint
from epigroup.affinity.sampling import sample_examples
from epigroup.core.errors import InputError
from epigroup.training.checkpoints import Checkpoint
from epigroup.training.initial_state import initial_network
from epigroup.training.settings import RunningSettings
from planted_examples import SETTINGS, WINDOW, pack, settings, splits, write_pack

# Planted: tasks of a group have nearly the same labels, all see the same inputs.
GROUPS = np.repeat([0, 1, 2], 6)


def planted_inputs(form, **options):
    rng = np.random.default_rng(0)
    of_group = rng.random((240, 3)) < 0.4
    labels = of_group[:, GROUPS] ^ (rng.random((240, 18)) < 0.05)
    train, validation, _ = splits(n=320, n_tasks=4)
    train.labels = torch.from_numpy(pack(labels))
    validation.labels = train.labels[: len(validation)]
    tasks = [f"t{i}" for i in range(18)]
    options = {
        "network": form, "samples": 150, "sampling": "balanced", "rate": None, "every": None,
        "trunk_checks": 0, "seed": 0, "batches": 8, "form": "first_order",
    } | options  # fmt: skip
    return joint_network.NetworkInputs(
        "a", tasks, list(range(18)), train, validation, settings(SETTINGS), options, 1, "hash"
    )


def test_independent_heads_know_no_labels_and_one_head_knows_nothing_else():
    """Thakur et al.'s initial state on tasks that share their inputs: each task's random head decides its
    distances.

    Mean over seeds of the chance that a pair of one group is nearer than another pair.
    """
    found = {}
    for form in ("initial", "tied"):
        scores = []
        for seed in range(8):
            inputs = planted_inputs(form)
            object.__setattr__(inputs, "seed", seed)
            scores.append(same_group_auc(sca.measure(inputs).matrix, "distance", GROUPS))
        found[form] = np.mean(scores)
    assert abs(found["initial"] - 0.5) < 0.1
    assert found["tied"] > 0.99


def test_with_one_head_the_distance_counts_labels_that_differ():
    """All tasks predict the same p there, so d_s - d_t is (y_t - y_s) w: zero but where labels differ."""
    inputs = planted_inputs("tied")
    _, network = joint_network.fixed_network(inputs)
    here = torch.arange(20)
    seen = last_layer(network, inputs.train.one_hot(here), inputs.labels(here))
    distances = torch.stack(list(sca.example_distances(seen, 1.0)))
    labels = inputs.labels(here)
    differ = (labels[:, :, None] != labels[:, None, :]).double()
    head = (network.head.weight[0].double() * (seen.hidden > 0)).norm(dim=1).detach()
    length = (head * (seen.inputs.double().square().sum(1) + 1).sqrt())[:, None, None]
    # a difference of equal numbers is the root of a rounding error, 1e-8 of the numbers
    torch.testing.assert_close(distances / length, differ, rtol=1e-6, atol=1e-6)


def test_measures_say_what_they_saw_and_repeat_themselves():
    found = sca.measure(planted_inputs("initial", trunk_checks=3))
    again = sca.measure(planted_inputs("initial", trunk_checks=3))
    assert np.array_equal(found.matrix, again.matrix)
    np.testing.assert_allclose(found.matrix, found.matrix.T, rtol=1e-12)
    assert found.at.tolist() == [50, 100, 150] and np.array_equal(found.pieces[-1], found.matrix)
    assert found.measures["samples"] == 150 and found.measures["positives"] >= 8
    assert found.measures["tasks_without_positives"] == [] and found.measures["rate"] == 0.005
    assert found.measures["trunk_spearman"] > 0.5
    ahead = tag.measure(planted_inputs("initial", trunk_checks=2))
    assert ahead.kind == "similarity" and ahead.measures["observations"] == 8
    assert ahead.measures["trunk_spearman"] > 0.5
    assert (np.diag(ahead.matrix) > 0).all()  # a step on a task lowers its own loss


def test_the_checkpoint_of_a_repeated_training_belongs_to_its_genome(tmp_path):
    one, other = (replace(planted_inputs("training"), genome={"chr1": crc}) for crc in (1, 2))
    paths = [training_checkpoint(tmp_path, inputs, "code").path for inputs in (one, other, one)]
    assert paths[0] == paths[2] != paths[1]


def test_looking_on_leaves_a_repeated_training_as_it_is():
    """It ends with the weights of one that nobody looked at."""
    inputs = planted_inputs("training", every=5)

    def heads(network):
        return network.head.weight.detach().numpy().copy()

    steps, states, _ = joint_network.look_along_training(inputs, 5, heads)
    ends, alone, _ = joint_network.look_along_training(inputs, 24, heads)
    assert steps.tolist() == [0, 5, 10, 15, 20, 24] and ends.tolist() == [0, 24]
    assert np.array_equal(states[0], alone[0]) and np.array_equal(states[-1], alone[-1])
    assert not np.array_equal(states[0], states[-1])
    found = sca.measure(inputs)
    assert found.at.tolist() == [0, 5, 10, 15, 20, 24] and found.axis == "step"
    assert found.measures["training_steps"] == 24


@pytest.mark.parametrize("at", [3, 10, 17])
def test_a_repeated_training_that_is_ended_goes_on_from_there(tmp_path, monkeypatch, at):
    wanted = sca.measure(planted_inputs("training", every=5))
    running = RunningSettings(resume=True, checkpoint_seconds=1e9, progress_seconds=1e9)

    def inputs():
        made = planted_inputs("training", every=5)
        return replace(made, checkpoint=Checkpoint(tmp_path / "a.pt", {"affinity": "a"}), running=running)

    steps, step = [], joint_network.GroupTrainer.step

    def step_and_stop(self):
        step(self)
        steps.append(self.state.step)
        self.termination.requested |= self.state.step == at

    monkeypatch.setattr(joint_network.GroupTrainer, "step", step_and_stop)
    with pytest.raises(SystemExit):
        sca.measure(inputs())
    monkeypatch.setattr(joint_network.GroupTrainer, "step", step)
    assert steps == list(range(1, at + 1))
    monkeypatch.setattr(
        joint_network.GroupTrainer, "step", lambda self: steps.append(self.state.step + 1) or step(self)
    )
    found = sca.measure(inputs())
    assert steps == list(range(1, 25))  # none of them twice
    assert np.array_equal(found.pieces, wanted.pieces) and np.array_equal(found.at, wanted.at)


def test_balanced_samples_hold_positives_of_rare_tasks():
    rng = np.random.default_rng(2)
    labels = rng.random((5000, 10)) < 0.3
    labels[:, 7] = False
    labels[[3, 99, 4000], 7] = True
    labels[:, 8] = False
    packed = pack(labels)
    found = sample_examples(packed, range(10), 200, "balanced", [1])
    assert len(set(found.tolist())) == 200
    assert {3, 99, 4000} <= set(found.tolist())
    assert (labels[found[:60]].sum(0)[[0, 1, 2, 7]] >= 3).all()
    assert np.array_equal(found[:50], sample_examples(packed, range(10), 50, "balanced", [1]))
    assert not np.array_equal(found, sample_examples(packed, range(10), 200, "balanced", [2]))
    rare = sample_examples(pack(labels[:, 7:9]), range(2), 50, "balanced", [1])
    assert len(set(rare.tolist())) == 50 and {3, 99, 4000} <= set(rare[:3].tolist())
    uniform = sample_examples(packed, range(10), 200, "random", [1])
    assert len(set(uniform.tolist())) == 200


def test_a_task_without_positives_is_flagged(caplog):
    inputs = planted_inputs("tied", samples=40)
    inputs.train.labels[:, 2] &= 0b01  # task 17 has none
    found = sca.measure(inputs)
    assert found.measures["tasks_without_positives"] == ["t17"] and found.measures["positives"] == 0
    assert "'t17'" in caplog.text


def test_scores_that_are_not_finite_name_their_task():
    matrix = np.zeros((3, 3))
    matrix[0, 2] = matrix[2, 2] = np.nan
    found = Affinity("similarity", matrix, matrix[None], np.array([1]), "step")
    with pytest.raises(
        InputError, match="affinity a: 2 of 9 scores are NaN or infinite, most of them with task 'z'"
    ):
        check_finite(found, "a", ["x", "y", "z"])


def test_auc_and_spearman_are_those_of_the_libraries():
    from scipy.stats import spearmanr
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(3)
    matrix, groups = rng.integers(0, 6, (12, 12)).astype(float), rng.integers(0, 3, 12)
    upper = np.triu_indices(12, 1)
    same, both = groups[upper[0]] == groups[upper[1]], (matrix + matrix.T)[upper]
    assert same_group_auc(matrix, "similarity", groups) == pytest.approx(roc_auc_score(same, both))
    assert same_group_auc(matrix, "distance", groups) == pytest.approx(roc_auc_score(same, -both))
    assert same_group_auc(matrix, "distance", range(12)) is None
    a, b = rng.integers(0, 9, 50), rng.random(50)
    assert spearman(a, b) == pytest.approx(spearmanr(a, b).statistic)
    assert np.isnan(spearman(np.ones(4), np.arange(4)))


def test_the_trained_network_must_be_of_this_data_set(tmp_path):
    path = tmp_path / "pack0.safetensors"
    weights = write_pack(path, {0: ["a", "b", "c"]}, dataset_hash="d")
    inputs = SimpleNamespace(
        models=[str(path)], dataset_hash="e", task_ids=["a", "b", "c"], options={"network": "trained"},
        train=SimpleNamespace(labels=torch.zeros(1)),
    )  # fmt: skip
    with pytest.raises(InputError, match="pack0.safetensors: trained on another data set"):
        joint_network.fixed_network(inputs)
    inputs.dataset_hash = "d"
    _, network = joint_network.fixed_network(inputs)
    assert torch.equal(network.head.weight, weights[0]["head.weight"])
    inputs.task_ids = ["a", "b"]
    with pytest.raises(InputError, match="a network of 3 tasks, the strategy has 2"):
        joint_network.fixed_network(inputs)


def test_the_initial_network_is_that_of_the_training():
    inputs = planted_inputs("initial")
    _, network = joint_network.fixed_network(inputs)
    start = initial_network(settings(SETTINGS).network, inputs.task_ids, WINDOW, 1)
    assert torch.equal(network.head.weight, start.head.weight)
    _, tied = joint_network.fixed_network(planted_inputs("tied"))
    assert (tied.head.weight == start.head.weight[0]).all() and (tied.head.bias == start.head.bias[0]).all()
