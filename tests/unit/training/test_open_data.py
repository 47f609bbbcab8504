"""Data set, genome and models are held against each other wherever they are opened; settings come back as they were."""

import h5py
import numpy as np
import pytest
import torch

from epigroup.core.errors import InputError
from epigroup.core.settings import as_given
from epigroup.dataset.with_genome import open_with_genome
from epigroup.training.open_data import load_splits, window_positions
from epigroup.training.settings import read_job, read_training, read_untrained
from planted_examples import LEFT, SETTINGS, WINDOW, run_pack, settings, write_files, write_groups

RUNNING = ("resume", "checkpoint_seconds", "progress_seconds", "pack_memory_mb", "tensorboard")


def test_the_splits_of_a_data_set_share_the_sequences_of_its_genome(tmp_path):
    files = write_files(tmp_path)
    dataset, genome = open_with_genome(**files)
    train, validation = load_splits(dataset, genome, ("train", "validation"), torch.device("cpu"))
    assert train.sequences is validation.sequences and len(train) == 160 and len(validation) == 53
    examples = dataset.split("validation")
    assert torch.equal(window_positions(train.sequences, dataset, examples), validation.positions)
    # the second example, whose window lies within the chromosome
    first = int(examples.start[1]) - LEFT
    codes = genome.codes("chrVal")[first : first + WINDOW]
    assert np.array_equal(train.sequences.codes(validation.positions[1:2])[0].numpy(), codes)


def test_a_genome_of_another_fasta_is_refused_by_name(tmp_path):
    files = write_files(tmp_path)
    write_groups(tmp_path / "groups.tsv", {0: ["task0"]})
    with h5py.File(files["genome_h5"], "r+") as store:
        store.attrs["fasta_sha256"] = np.bytes_("0" * 64)
    says = "genome.h5: not the genome that the data set .*dataset.json was made from; make both again"
    with pytest.raises(InputError, match=says):
        open_with_genome(**files)
    with pytest.raises(InputError, match=says):
        run_pack(tmp_path, files, name="pack0")


def test_settings_are_given_back_as_they_were_read():
    """Numbers, texts and lists, a rate that is still to be found, and what only some settings have."""
    training = {key: value for key, value in SETTINGS.items() if key not in RUNNING}
    more = {
        "learning_rate": None, "positive_weights": 4, "balancing": "famo", "balancing_rate": 0.1,
        "warm_start": "SMTL", "look_ahead": {"entry": "a:b", "affinities": {"n": {"form": "exact", "rate": None}}},
    }  # fmt: skip
    for given in (training, training | more):
        assert as_given(read_training(given)) == given
    read, running = read_job(SETTINGS | more)
    assert as_given(read) == training | more and as_given(running) == {key: SETTINGS[key] for key in RUNNING}
    untrained = as_given(read_untrained(SETTINGS))
    assert untrained == {key: SETTINGS[key] for key in untrained} and "max_steps" not in untrained
    with pytest.raises(InputError, match="training.learning_rate is missing"):
        read.rate()
    assert read.rate(0.5) == 0.5 and settings(SETTINGS).rate() == 0.005


def test_an_unknown_setting_of_a_job_is_named():
    with pytest.raises(InputError, match="training: unknown key 'momentun'"):
        read_job(SETTINGS | {"momentun": 0.9})
