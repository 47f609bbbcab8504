"""The windows and labels of a batch are those of the genome and the shards, in the order that the seed gives."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from epigroup.core.errors import InputError
from epigroup.training.batches import Batches, Sequences, TrainingOrder, order
from planted_examples import Examples, Genome, pack

COMPLEMENT = {0: 3, 1: 2, 2: 1, 3: 0, 4: 4}


def random_genome(seed: int = 0) -> Genome:
    rng = np.random.default_rng(seed)
    return Genome(
        {
            name: rng.integers(0, 5, size, dtype=np.uint8)
            for name, size in (("a", 300), ("b", 120), ("c", 500))
        }
    )


def window_by_hand(genome: Genome, chrom: str, start: int, width: int) -> list[int]:
    codes = genome.codes(chrom)
    return [int(codes[i]) if 0 <= i < len(codes) else 4 for i in range(start, start + width)]


def one_hot_by_hand(codes: list[int]) -> np.ndarray:
    out = np.zeros((4, len(codes)), dtype=np.float32)
    for i, code in enumerate(codes):
        if code < 4:
            out[code, i] = 1
    return out


@settings(max_examples=60, deadline=None)
@given(
    width=st.integers(1, 150),
    place=st.lists(
        st.tuples(st.sampled_from("abc"), st.floats(0, 1, exclude_max=True), st.booleans()),
        min_size=1,
        max_size=6,
    ),
)
def test_windows_are_the_genome_and_zero_beyond_its_ends(width, place):
    genome = random_genome()
    chromosomes = ["c", "a", "b"]
    sequences = Sequences(genome, chromosomes, width)
    chrom = np.array([chromosomes.index(name) for name, _, _ in place])
    # from the first to the last start whose window touches the chromosome
    start = np.array([int(-width + 1 + f * (genome.sizes[name] + width - 1)) for name, f, _ in place])
    reverse = torch.tensor([flag for _, _, flag in place])
    got = sequences.one_hot(sequences.positions(chrom, start), torch.float32, reverse)
    assert got.shape == (len(place), 4, 1, width)
    for row, (name, _, flag), s in zip(got, place, start, strict=True):
        codes = window_by_hand(genome, name, int(s), width)
        if flag:
            codes = [COMPLEMENT[code] for code in reversed(codes)]
        np.testing.assert_array_equal(row[:, 0].numpy(), one_hot_by_hand(codes))


def test_one_hot_is_channels_last_in_the_dtype_asked_for():
    sequences = Sequences(random_genome(), ["a"], 50)
    x = sequences.one_hot(torch.tensor([60, 70]), torch.bfloat16)
    assert x.dtype == torch.bfloat16
    assert x.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("start", [-50, 300])
def test_a_window_outside_the_chromosome_is_refused(start):
    sequences = Sequences(random_genome(), ["a"], 50)
    with pytest.raises(InputError, match=f"a:{start} lies outside"):
        sequences.positions(np.array([0]), np.array([start]))


@settings(max_examples=30, deadline=None)
@given(n_tasks=st.integers(1, 40), data=st.data())
def test_targets_and_positives_are_the_packed_labels(n_tasks, data):
    labels = np.random.default_rng(n_tasks).random((20, n_tasks)) < 0.4
    chosen = data.draw(st.lists(st.integers(0, n_tasks - 1), min_size=1, max_size=n_tasks, unique=True))
    indices = data.draw(st.lists(st.integers(0, 19), min_size=1, max_size=30))
    start = np.arange(20, dtype=np.int32)
    batches = Batches(
        Sequences(random_genome(), ["a"], 10), Examples(np.zeros(20, np.int16), start, pack(labels)), 3
    )
    tasks = torch.tensor(chosen)
    np.testing.assert_array_equal(batches.targets(torch.tensor(indices), tasks), labels[indices][:, chosen])
    np.testing.assert_array_equal(batches.positives(tasks), labels[:, chosen].sum(0))


def test_the_window_of_a_bin_starts_left_of_it():
    genome = random_genome()
    sequences = Sequences(genome, ["a"], 21)
    batches = Batches(
        sequences, Examples(np.zeros(1, np.int16), np.array([100], np.int32), np.zeros((1, 1), np.uint8)), 8
    )
    np.testing.assert_array_equal(sequences.codes(batches.positions)[0], genome.codes("a")[92:113])


def test_an_epoch_shows_every_example_once_and_follows_from_the_seed():
    plan = TrainingOrder(7, 64, 16, reverse_complement=False, device="cpu")
    epochs = [torch.cat([plan.batch(e * 4 + i)[0] for i in range(4)]) for e in range(2)]
    for epoch in epochs:
        assert sorted(epoch.tolist()) == list(range(64))
    assert not torch.equal(*epochs)
    # any step can be asked for first
    late = TrainingOrder(7, 64, 16, reverse_complement=False, device="cpu")
    assert torch.equal(late.batch(6)[0], epochs[1][32:48])
    assert order(7, 0, 64).tolist() != order(8, 0, 64).tolist()


def test_an_incomplete_batch_is_left_out_and_a_small_set_is_one_batch():
    plan = TrainingOrder(1, 70, 16, reverse_complement=True, device="cpu")
    assert plan.steps_per_epoch == 4
    assert all(len(plan.batch(step)[0]) == len(plan.batch(step)[1]) == 16 for step in range(9))
    small = TrainingOrder(1, 5, 16, reverse_complement=False, device="cpu")
    assert (small.batch_size, small.steps_per_epoch) == (5, 1)
    assert sorted(small.batch(3)[0].tolist()) == list(range(5))


def test_half_of_the_examples_are_reversed():
    reverse = TrainingOrder(1, 10_000, 10_000, reverse_complement=True, device="cpu").batch(0)[1]
    # six standard deviations of a fair coin
    assert abs(reverse.float().mean().item() - 0.5) < 0.03


@settings(max_examples=40, deadline=None)
@given(extra=st.integers(0, 40), data=st.data())
def test_jitter_moves_the_window_by_what_the_order_says(extra, data):
    bin_size, genome = 20, random_genome()
    window = bin_size + extra
    left = (window - bin_size) // 2
    jitter = data.draw(st.integers(0, left))
    starts = np.concatenate([np.arange(0, size - bin_size + 1, bin_size) for size in genome.sizes.values()])
    chrom = np.repeat([0, 1, 2], [size // bin_size for size in genome.sizes.values()])
    batches = Batches(
        Sequences(genome, list("abc"), window),
        Examples(chrom.astype(np.int16), starts.astype(np.int32), np.zeros((len(starts), 1), np.uint8)),
        left,
    )
    plan = TrainingOrder(3, len(starts), 7, reverse_complement=True, device="cpu", jitter=jitter)
    for step in (0, 9, 3):
        indices, reverse, shift = plan.batch(step)
        if jitter == 0:
            assert shift is None
            continue
        assert shift.abs().max() <= jitter
        got = batches.one_hot(indices, torch.float32, reverse, shift)
        for row, i, flag, by in zip(got, indices.tolist(), reverse, shift.tolist(), strict=True):
            codes = window_by_hand(genome, "abc"[chrom[i]], int(starts[i]) - left + by, window)
            if flag:
                codes = [COMPLEMENT[code] for code in reversed(codes)]
            np.testing.assert_array_equal(row[:, 0].numpy(), one_hot_by_hand(codes))


def test_every_shift_is_as_likely_as_any_other():
    shift = TrainingOrder(1, 50_000, 50_000, reverse_complement=False, device="cpu", jitter=2).batch(0)[2]
    counts = torch.bincount(shift + 2, minlength=5)
    # 10,000 expected; six standard deviations are 537
    assert len(counts) == 5 and (counts - 10_000).abs().max() < 537


@settings(max_examples=60, deadline=None)
@given(
    flags=st.lists(st.booleans(), min_size=2, max_size=60), batch=st.integers(1, 20), seed=st.integers(0, 99)
)
def test_balanced_batches_are_half_positive_and_waste_no_example(flags, batch, seed):
    positive = np.array(flags)
    if positive.all() or not positive.any():
        positive[0] = not positive[0]
    n = len(positive)
    plan = TrainingOrder(seed, n, batch, reverse_complement=False, device="cpu", positive=positive)
    late = TrainingOrder(seed, n, batch, reverse_complement=False, device="cpu", positive=positive)
    for step in (plan.steps_per_epoch, 0):
        indices = plan.batch(step)[0].numpy()
        assert abs(2 * positive[indices].sum() - len(indices)) <= 1
        assert np.array_equal(late.batch(step)[0].numpy(), indices)
    drawn = order(seed, 0, n, positive)
    for kind, turns in ((positive, (n + 1) // 2), (~positive, n // 2)):
        times = np.bincount(drawn[kind[drawn]], minlength=n)[kind]
        assert times.sum() == turns and times.max() - times.min() <= 1


@settings(max_examples=20, deadline=None)
@given(n_tasks=st.integers(1, 20), data=st.data())
def test_any_positive_is_over_the_tasks_asked_for(n_tasks, data):
    labels = np.random.default_rng(n_tasks).random((20, n_tasks)) < 0.2
    chosen = data.draw(st.lists(st.integers(0, n_tasks - 1), min_size=1, max_size=n_tasks, unique=True))
    start = np.arange(20, dtype=np.int32)
    batches = Batches(
        Sequences(random_genome(), ["a"], 10), Examples(np.zeros(20, np.int16), start, pack(labels)), 3
    )
    np.testing.assert_array_equal(batches.any_positive(torch.tensor(chosen)), labels[:, chosen].any(1))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_batches_that_share_a_buffer_are_those_that_do_not(dtype):
    sequences = Sequences(random_genome(), ["a", "c"], 51)
    buffer = sequences.buffer(5, dtype)
    for places in ([60, 70, 200, 90, 311], [400, 401], [51, 52, 53]):
        positions = torch.tensor(places)
        shared = sequences.one_hot(positions, dtype, out=buffer)
        assert shared.data_ptr() == buffer.data_ptr()
        assert torch.equal(shared, sequences.one_hot(positions, dtype))
        assert shared.is_contiguous(memory_format=torch.channels_last)


def test_every_four_codes_have_their_own_one_hot():
    fours = np.array(np.meshgrid(*[np.arange(5)] * 4)).reshape(4, -1).T
    codes = fours.astype(np.uint8).ravel()
    sequences = Sequences(Genome({"a": codes}), ["a"], len(codes))
    for reverse, bases in ((False, codes), (True, [COMPLEMENT[int(code)] for code in codes[::-1]])):
        x = sequences.one_hot(sequences.positions([0], [0]), torch.bfloat16, torch.tensor([reverse]))
        np.testing.assert_array_equal(x[0, :, 0].float().numpy(), one_hot_by_hand(list(bases)))


def test_no_window_is_no_row():
    x = Sequences(random_genome(), ["a"], 50).one_hot(torch.empty(0, dtype=torch.int64))
    assert x.shape == (0, 4, 1, 50)
