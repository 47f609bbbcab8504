"""Networks that learn a teacher's scores: what they learn, what stays with the labels, and what is refused."""

import numpy as np
import pytest
import torch

from epigroup.core.errors import InputError
from epigroup.core.hdf5 import new_hdf5
from epigroup.dataset import teachers
from epigroup.dataset.dataset import open_dataset
from epigroup.dataset.teachers import read_teacher
from epigroup.networks.model_files import read_info, read_weights
from epigroup.training.train_pack import train_groups as train
from planted_examples import (
    SETTINGS,
    build_network,
    pack_arguments,
    run_pack,
    running,
    splits,
    train_pack,
    training_job,
    write_files,
    write_groups,
)

GROUPS = {0: ["task0", "task1"], 1: ["task2", "task3"]}
CFG = SETTINGS | {"teacher": "ENSEMBLE", "teacher_share": 1.0}


def write_scores(path, files, change=lambda scores: None, **attrs):
    """Predictions of the training examples: labels softened to .1 and .9, then changed."""
    dataset = open_dataset(files["dataset_json"], files["shard_paths"])
    examples = dataset.split("train")
    labels = dataset.labels(examples, np.arange(4))
    scores = np.where(labels, 0.9, 0.1).astype(np.float16)
    scores = scores if change(scores) is None else change(scores)
    with new_hdf5(path) as store:
        for name, values in (
            ("probability", scores), ("labels", examples.labels), ("chrom", examples.chrom), ("start", examples.start),
        ):  # fmt: skip
            store.create_dataset(name, data=values)
        store.attrs.update({"split": "train", "dataset_hash": dataset.dataset_hash} | attrs)
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("taught")
    found = write_files(folder)
    write_groups(folder / "groups.tsv", GROUPS)
    return folder, found


def weights_of(folder, files, name, **options):
    path = run_pack(folder, files, name=name, **options)
    return {group: read_weights(path, group) for group in GROUPS}, read_info(path)


def run_with(folder, files, name, teacher):
    return weights_of(folder, files, name, cfg=CFG, teacher_h5=str(teacher))


def same(one, other):
    return all(torch.equal(one[group][name], other[group][name]) for group in one for name in one[group])


def test_a_teacher_that_says_the_labels_changes_nothing(files, one_thread):
    folder, found = files
    exact = write_scores(folder / "exact.h5", found, lambda scores: np.round(scores).astype(np.float16))
    plain, _ = weights_of(folder, found, "plain")
    taught, info = run_with(folder, found, "exact", exact)
    assert same(plain, taught)
    assert info.settings["teacher"] == "ENSEMBLE" and info.settings["teacher_share"] == 1


def test_what_is_learnt_is_labels_and_scores_by_their_share():
    batches, validation, _ = splits()
    rows, tasks = torch.arange(20), torch.tensor([3, 1])
    labels = batches.targets(rows, tasks)
    assert set(labels.unique().tolist()) == {0.0, 1.0} and torch.equal(labels, batches.marks(rows, tasks))
    scores = torch.rand(len(batches), 4, generator=torch.Generator().manual_seed(1)).half()
    # of the tasks that are learnt alone, in any order
    batches.teach(scores[:, [1, 0, 3]], [1, 0, 3], 0.25)
    expected = 0.75 * labels + 0.25 * scores[:20][:, [3, 1]].float()
    assert torch.allclose(batches.targets(rows, tasks), expected)
    assert torch.equal(batches.marks(rows, tasks), labels)
    assert np.array_equal(batches.any_positive(tasks)[:20], labels.any(1).numpy())
    assert validation.taught is None


def test_a_network_of_one_row_learns_the_mean_of_what_it_is_told(one_thread):
    """Logistic regression on features that say nothing ends where labels and scores have their mean."""
    batches, validation, ids = splits(n=64)
    batches.sequences.flat.zero_()
    scores = torch.full((len(batches), 4), 0.2).half()
    for share in (1.0, 0.5):
        batches.teach(scores, range(4), share)
        cfg = CFG | {"max_steps": 300, "validate_every": 300, "batch_size": 48, "learning_rate": 0.03}
        cfg |= {"network": SETTINGS["network"] | {"dropout": [0.0] * 3}, "teacher_share": share}
        job = training_job(batches, validation, cfg, 1)
        trained = train({0: ids}, ids, job, running(cfg))[0]
        network = build_network(cfg["network"], 4, 301)
        network.load_state_dict(trained.weights)
        network.eval()
        with torch.inference_mode():
            chance = torch.sigmoid(network(batches.one_hot(torch.arange(1))))[0]
        mean = batches.marks(torch.arange(len(batches)), torch.arange(4)).mean(0)
        expected = share * 0.2 + (1 - share) * mean
        assert torch.allclose(chance, expected, atol=0.02), share


def test_scores_move_the_weights_and_a_resumed_training_knows_its_teacher(files, one_thread):
    folder, found = files
    soft = write_scores(folder / "soft.h5", found)
    other = write_scores(folder / "other.h5", found, lambda scores: (1 - scores).astype(np.float16))
    first, _ = run_with(folder, found, "soft", soft)
    again, _ = run_with(folder, found, "soft2", soft)
    turned, _ = run_with(folder, found, "turned", other)
    plain, _ = weights_of(folder, found, "plain2")
    assert same(first, again) and not same(first, turned) and not same(first, plain)


@pytest.mark.parametrize(
    "change, attrs, message",
    [
        (lambda s: None, {"split": "validation"}, "not of the training examples"),
        (lambda s: None, {"dataset_hash": "other"}, "not of the training examples"),
        (lambda s: s.astype(np.float32), {}, "of other examples"),
        (lambda s: s[:-1], {}, "of other examples"),
        (lambda s: np.where(np.arange(4) == 2, np.nan, s).astype(np.float16), {}, "of the task 'task2'"),
        (lambda s: (s * 2).astype(np.float16), {}, "between 0 and 1"),
    ],
)
def test_scores_that_do_not_fit_are_refused(files, tmp_path, change, attrs, message):
    _, found = files
    path = write_scores(tmp_path / "t.h5", found, change, **attrs)
    dataset = open_dataset(found["dataset_json"], found["shard_paths"])
    with pytest.raises(InputError, match=message):
        read_teacher(path, dataset, ["task1", "task2"])


def test_scores_are_read_in_pieces_for_the_tasks_in_question(files, tmp_path, monkeypatch):
    _, found = files
    whole = []
    path = write_scores(tmp_path / "t.h5", found, lambda scores: whole.append(scores) or scores)
    dataset = open_dataset(found["dataset_json"], found["shard_paths"])
    monkeypatch.setattr(teachers, "ROWS", 7)
    assert np.array_equal(read_teacher(path, dataset, ["task2", "task0"]), whole[0][:, [2, 0]])
    assert read_teacher(path, dataset, []).shape == (len(whole[0]), 0)


def test_what_repeats_a_training_without_its_teacher_is_refused(files, tmp_path):
    folder, found = files
    write_groups(tmp_path / "groups.tsv", GROUPS)
    with pytest.raises(InputError, match="training.teacher: ENSEMBLE, and no scores of a teacher"):
        train_pack(**pack_arguments(tmp_path, found, name="x", cfg=CFG))
