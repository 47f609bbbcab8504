"""One training loop for every grouping (Shiri & Sun 2022, section III.D).

A step is one mini-batch; the loss is averaged over the examples and over the group's tasks; the validation
loss is taken every `validate_every` steps over the whole validation split; training stops `patience`
validations after the last new minimum or at `max_steps`; the weights of the minimum are kept.
"""

from __future__ import annotations

import csv
import logging
import os
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.core.settings import as_given
from epigroup.dataset.dataset import Dataset
from epigroup.dataset.groups import read_groups
from epigroup.dataset.teachers import read_teacher
from epigroup.dataset.with_genome import open_with_genome
from epigroup.networks.model_files import ModelInfo, versions, write_models
from epigroup.training.calibration import Choices, choose_layout, processor_of
from epigroup.training.checkpoints import Checkpoint, catch_termination, checkpoint_path
from epigroup.training.devices import check_precision, choose_device, prefer_deterministic
from epigroup.training.group_state import TrainedGroup, trained_group
from epigroup.training.group_tables import check_groups, pack_groups, read_rates
from epigroup.training.job import TrainingJob
from epigroup.training.memory import keep_freed_memory, refuse_out_of_memory
from epigroup.training.open_data import load_splits
from epigroup.training.pack import Pack
from epigroup.training.settings import RunningSettings, TrainingSettings, read_job
from epigroup.training.warm_start import WarmStart, read_warm_start

logger = logging.getLogger(__name__)

CURVE_COLUMNS = ("group", "step", "examples", "train_loss", "validation_loss", "seconds")
LOOK_COLUMN = "look_ahead_seconds"  # of a training that is looked at, of its seconds


def train_groups(
    groups: Mapping[int, Sequence[str]],
    task_ids: Sequence[str],
    job: TrainingJob,
    running: RunningSettings,
    *,
    rates: Mapping[int, float] | None = None,
    checkpoint: Path | None = None,
    identity: Mapping[str, Any] | None = None,
    events: Path | None = None,
    warm: WarmStart | None = None,
    choices: Choices | None = None,
) -> dict[int, TrainedGroup]:
    """Train the groups of a pack.

    Parameters: `task_ids`, of the data set; `rates`, a learning rate for each group instead of that of the
    settings; `checkpoint`, where to keep the rolling checkpoint, and to go on from when it exists; `identity`,
    what else than the arguments decides the result (data set, code), for the checkpoint; `events`, a folder for
    TensorBoard's event files; `warm`, the network whose weights the groups start from; `choices`, what the jobs of
    the run have found to be fastest on this processor model.

    Raises InputError for splits without examples, groups without positives (of signals: that never change, or
    are negative under a loss that cannot take it), a loss that is not finite or
    explodes, the checkpoint of another job, and memory that runs out; SystemExit(143) after SIGTERM, the
    checkpoint written.
    """
    settings = job.settings
    if settings.look_ahead and len(groups) != 1:
        raise InputError(
            f"training: {len(groups)} groups, and affinities are collected while one network of all tasks "
            "trains; let heads_from of groupings with an affinity name a strategy of a single group"
        )
    if (settings.teacher is None) != (job.train.taught is None):
        raise InputError(
            f"training.teacher: {settings.teacher}, and {'no ' if settings.teacher else ''}scores of a teacher are "
            "there; what repeats the training of a strategy cannot be of one with a teacher"
        )
    check_groups(groups, {"training": job.train, "validation": job.validation}, task_ids, settings.loss)
    rates = {group: settings.rate(None if rates is None else rates[group]) for group in groups}
    fixed = {
        "settings": as_given(settings), "groups": {str(g): list(t) for g, t in groups.items()},
        "learning rates": {str(g): rate for g, rate in rates.items()}, "seed": job.seed,
        "tasks of the data set": list(task_ids), "window": job.window,
        "training examples": len(job.train), "validation examples": len(job.validation),
        "precision": check_precision(settings.precision), "device": job.device.type,
        **({} if warm is None else {"warm start": warm.digest}), **(identity or {}),
    }  # fmt: skip
    with catch_termination() as termination:
        pack = Pack(
            groups, {task: i for i, task in enumerate(task_ids)}, replace(job, termination=termination), running,
            rates, None if checkpoint is None else Checkpoint(checkpoint, fixed), events, warm, choices,
        )  # fmt: skip
        with refuse_out_of_memory(pack.out_of_memory):
            pack.run()
    return {group: trained_group(*pack.finished[group]) for group in groups}


def write_curves(path: str | os.PathLike, results: Mapping[int, TrainedGroup]) -> None:
    """One row a validation: group, step, examples seen, mean training loss since the last row, validation
    loss, seconds so far; and those spent on looks, where there were any.
    """
    looked = any(result.looks for result in results.values())
    with whole(path) as partial, open(partial, "w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, delimiter="\t", lineterminator="\n")
        writer.writerow((*CURVE_COLUMNS, *([LOOK_COLUMN] if looked else [])))
        for group, result in results.items():
            for step, examples, train_loss, validation_loss, seconds, *looks in result.curve:
                writer.writerow(
                    [
                        group,
                        int(step),
                        int(examples),
                        f"{train_loss:.8g}",
                        f"{validation_loss:.8g}",
                        f"{seconds:.1f}",
                        *(f"{value:.3f}" for value in looks),
                    ]
                )


@dataclass(frozen=True)
class PackFiles:
    """What the training of a pack reads and makes.

    genome (genome.h5), dataset (dataset.json), shards: of the data set; groups: a table with columns task_id, group;
    rates: one with columns group, learning_rate, instead of the one rate of the settings; warm: the model file of the
    network whose weights the groups start from; teacher: predictions of the training examples, where the settings name
    one. model, curves: made. checkpoints: a folder for the rolling checkpoint,
    which goes when the results are written; choices: one for what is fastest on a processor model
    (`calibration.Choices`); events: one for TensorBoard's event files, a run a group.
    """

    genome: str
    dataset: str
    shards: Sequence[str]
    groups: str
    model: str
    curves: str
    checkpoints: str
    rates: str | None = None
    warm: str | None = None
    teacher: str | None = None
    choices: str | None = None
    events: str | None = None


def train_pack(
    files: PackFiles,
    cfg: Mapping[str, Any],
    *,
    pack: int,
    n_packs: int,
    seed: int,
    threads: int,
    code: str,
    tasks: Sequence[str] | None = None,
    data: str = "memory",
) -> None:
    """Train the groups of one pack and write its model file and curves.

    Parameters: `cfg` the resolved settings of the training, and those of running; `threads`
    CPU threads; `code` the digest of this code; `tasks`, all that the table of groups must hold; `data`
    "memory", or "disk" for genome and labels as pages of files. Raises InputError for bad input;
    SystemExit(143) after SIGTERM.
    """
    keep_freed_memory()
    torch.set_num_threads(threads)
    settings, running = read_job(cfg)
    device = choose_device(settings.device)
    prefer_deterministic(device)
    check_precision(settings.precision)
    dataset, genome = open_with_genome(files.genome, files.dataset, files.shards)
    table = read_groups(files.groups, dataset.task_ids, needed=tasks or (), overlap=True, numbered=True)
    groups = pack_groups(all_groups := table.by_number(), pack, n_packs)
    found = None if files.rates is None else read_rates(files.rates, all_groups)
    rates = {group: settings.rate(None if found is None else found[group]) for group in groups}
    warm = None
    if files.warm is not None:
        warm = read_warm_start(
            files.warm, dataset_hash=dataset.dataset_hash, network=settings.network, window=dataset.window
        )
    identity = {"data set": dataset.dataset_hash, "genome": genome.checks, "code": code}
    scores = None
    if files.teacher is not None:
        learnt = list(dict.fromkeys(task for tasks_of in groups.values() for task in tasks_of))
        scores = read_teacher(files.teacher, dataset, learnt)
        identity["teacher"] = f"{zlib.crc32(scores.data):08x}"
    path = checkpoint_path(
        files.checkpoints,
        settings,
        groups={str(g): t for g, t in groups.items()},
        rates={str(g): rate for g, rate in rates.items()},
        seed=seed,
        device=device.type,
        **({} if warm is None else {"warm": warm.digest}),
        **identity,
    )
    results: dict[int, TrainedGroup] = {}
    if groups:
        train, validation = load_splits(dataset, genome, ("train", "validation"), device, data)
        if scores is not None:
            train.teach(torch.from_numpy(scores), dataset.task_indices(learnt), settings.teacher_share or 1.0)
        choices = Choices(None if files.choices is None else Path(files.choices), device)
        layout = choose_layout(settings, dataset.window, choices)
        logger.info(
            "pack %d of %d: %d group(s), %s training and %s validation examples, device %s, %s, layout %s, on %s",
            pack, n_packs, len(groups), f"{len(train):,}", f"{len(validation):,}", device, settings.precision,
            layout, processor_of(device),
        )  # fmt: skip
        results = train_groups(
            groups, dataset.task_ids, TrainingJob(train, validation, settings, seed, layout), running, rates=rates,
            checkpoint=path, identity=identity, events=None if files.events is None else Path(files.events),
            warm=warm, choices=choices,
        )  # fmt: skip
    else:
        logger.info("pack %d of %d holds no group; writing empty files", pack, n_packs)
    info = described(dataset, settings, groups, results, seed=seed, code=code, device=device, rates=rates)
    write_models(
        files.model,
        info,
        {group: result.weights for group, result in results.items()},
        {group: result.task_weights for group, result in results.items()},
        {name: look for result in results.values() for name, look in result.looks.get("found", {}).items()},
    )
    write_curves(files.curves, results)
    Checkpoint(path, identity).remove()


def described(
    dataset: Dataset,
    settings: TrainingSettings,
    groups: Mapping[int, Sequence[str]],
    results: Mapping[int, TrainedGroup],
    *,
    seed: int,
    code: str,
    device: torch.device,
    rates: dict[int, float],
) -> ModelInfo:
    """What the model file of a pack says of itself."""
    return ModelInfo(
        groups={group: list(tasks) for group, tasks in groups.items()},
        network=as_given(settings.network),
        window=dataset.window,
        bin_size=dataset.bin_size,
        dataset_hash=dataset.dataset_hash,
        genome_sha256=dataset.genome_sha256,
        seed=seed,
        code=code,
        settings=as_given(settings),
        precision=settings.precision,
        task_ids=list(dataset.task_ids),
        learning_rate=rates,
        best_step={group: result.best_step for group, result in results.items()},
        validation_loss={group: result.best_loss for group, result in results.items()},
        task_step={
            group: dict(zip(groups[group], result.task_steps, strict=True))
            for group, result in results.items()
            if result.task_steps
        },
        layout={group: result.layout for group, result in results.items()},
        jointly={group: result.jointly for group, result in results.items()},
        processor=processor_of(device),
        versions=versions(),
    )
