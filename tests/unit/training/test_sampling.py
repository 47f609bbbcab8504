"""Weighted draws: weights against their definition, draws against the weights."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from epigroup.training.batches import TrainingOrder, order
from epigroup.training.example_weights import HEAVIEST, LIGHTEST, example_weights
from planted_examples import SETTINGS, make_trainer, splits


def test_weights_are_those_of_the_definition():
    rng = np.random.default_rng(2)
    labels = rng.random((4000, 4)) < [0.3, 0.05, 0.002, 0.0]
    assert labels.sum(0)[2] > 0 == labels.sum(0)[3]
    for tasks in ([0], [2], [1, 0], [0, 1, 2, 3], [3]):
        expected = []
        for row in labels:
            terms = [row[t] / labels[:, t].mean() for t in tasks if labels[:, t].any()]
            expected.append(min(max(np.mean(terms) if terms else 0, LIGHTEST), HEAVIEST))
        got = example_weights(labels[:, tasks].astype(np.float32), labels[:, tasks].mean(0))
        assert got.dtype == np.float32 and np.allclose(got, expected)
    one = example_weights(labels[:, [1]], labels[:, [1]].mean(0))
    assert 0.48 < one[labels[:, 1]].sum() / one.sum() < 0.55
    assert example_weights(labels[:, [2]], labels[:, [2]].mean(0)).max() == HEAVIEST


@settings(max_examples=80, deadline=None)
@given(st.integers(1, 300), st.integers(0, 9), st.integers(0, 9), st.integers(0, 2**32 - 1))
def test_an_example_comes_as_often_as_its_weight_asks(n, seed, epoch, of_weights):
    weights = np.random.default_rng(of_weights).uniform(1, 100, n).astype(np.float32)
    drawn = order(seed, epoch, n, weights=weights)
    assert drawn.shape == (n,) and drawn.dtype == np.int64
    asked = n * weights.astype(np.float64) / weights.sum(dtype=np.float64)
    times = np.bincount(drawn, minlength=n)
    assert (np.abs(times - asked) < 1 + 1e-9 * n).all()
    assert np.array_equal(drawn, order(seed, epoch, n, weights=weights))


def test_the_chance_of_a_place_is_the_weight():
    weights = np.array([1, 2, 3, 10], np.float32)
    drawn = np.stack([order(5, epoch, 4, weights=weights) for epoch in range(4000)])
    for place in range(4):
        share = np.bincount(drawn[:, place], minlength=4) / 4000
        assert np.allclose(share, weights / 16, atol=0.03)
    assert not np.array_equal(drawn[:1000], np.stack([order(6, e, 4, weights=weights) for e in range(1000)]))


def test_a_batch_is_the_same_wherever_training_starts():
    weights = np.random.default_rng(1).uniform(1, 9, 70).astype(np.float32)

    def plan():
        return TrainingOrder(3, 70, 16, reverse_complement=True, device="cpu", weights=weights)

    straight, late = plan(), plan()
    batches = [straight.batch(step)[0].tolist() for step in range(9)]
    assert late.batch(7)[0].tolist() == batches[7] and late.batch(2)[0].tolist() == batches[2]
    assert batches[0] != batches[4]


@pytest.mark.parametrize("group", [["task0"], ["task0", "task1"]])
def test_networks_train_on_draws_by_the_weights_of_their_tasks(group):
    train, validation, _ = splits(n_tasks=2, rate=[0.05, 0.3])
    columns = [int(task[-1]) for task in group]
    trainer = make_trainer(group, columns, train, validation, SETTINGS | {"sampling": "weighted"}, 1)
    labels = np.unpackbits(train.labels.numpy(), axis=1, bitorder="little")[:, : len(group)]
    expected = example_weights(labels, labels.mean(0))
    assert np.array_equal(trainer.order.weights, expected) and expected.max() > 5
    for _ in range(2):
        assert trainer.advance()
    drawn = order(1, 0, len(train), weights=expected)
    assert trainer.order.batch(1)[0].tolist() == drawn[16:32].tolist()
    # validation shows every example once, as ever
    rows = torch.cat(list(validation.in_order(7)))
    assert rows.tolist() == list(range(len(validation)))
