"""One training loop for every grouping (Shiri & Sun 2022, section III.D).

A step is one mini-batch; the loss is binary cross-entropy, averaged over the examples and over the group's
tasks; the validation loss is taken every `validate_every` steps over the whole validation split; training
stops `patience` validations after the last new minimum or at `max_steps`; the weights of the minimum are
kept.
"""

from __future__ import annotations

import csv
import logging
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from epigroup.checkpoints import (
    NOT_IDENTITY,
    Termination,
    catch_termination,
    checkpoint_path,
    read_checkpoint,
    write_checkpoint,
)
from epigroup.devices import choose_device, choose_precision, prefer_deterministic
from epigroup.errors import InputError
from epigroup.files import whole
from epigroup.genome import open_genome
from epigroup.loader import Batches, Sequences
from epigroup.models import ModelInfo, versions, write_models
from epigroup.shards import open_dataset
from epigroup.trainer import GroupTrainer, TrainedGroup

logger = logging.getLogger(__name__)

CURVE_COLUMNS = ("group", "step", "examples", "train_loss", "validation_loss", "seconds")


def read_groups(path: str | os.PathLike, task_ids: Sequence[str]) -> dict[int, list[str]]:
    """Group number -> its tasks in the order of `task_ids`, from a table with columns task_id and group.

    Raises InputError for a missing column, a group that is no number, an unknown task, or a (task, group)
    named twice.
    """
    rank = {task: i for i, task in enumerate(task_ids)}
    members: dict[int, list[str]] = {}
    with open(path, newline="") as handle:
        reader = csv.DictReader(handle, delimiter="\t")
        missing = {"task_id", "group"} - set(reader.fieldnames or [])
        if missing:
            raise InputError(
                f"{path}: no column {', '.join(sorted(missing))}; a grouping has columns task_id and group"
            )
        for row in reader:
            where = f"{path}:{reader.line_num}"
            if not (row["group"] or "").isdigit():
                raise InputError(f"{where}: group {row['group']!r} is not a number from 0")
            if row["task_id"] not in rank:
                raise InputError(
                    f"{where}: task {row['task_id']!r} is not in the data set; does the table fit the sheet?"
                )
            tasks = members.setdefault(int(row["group"]), [])
            if row["task_id"] in tasks:
                raise InputError(f"{where}: task {row['task_id']!r} stands twice in group {row['group']}")
            tasks.append(row["task_id"])
    return {group: sorted(members[group], key=rank.__getitem__) for group in sorted(members)}


def pack_groups(groups: Mapping[int, list[str]], pack: int, n_packs: int) -> dict[int, list[str]]:
    """The groups that pack number `pack` of `n_packs` trains: sorted(groups)[pack::n_packs]."""
    return {group: groups[group] for group in sorted(groups)[pack::n_packs]}


def check_positives(groups: Mapping[int, Sequence[str]], counts: Mapping[str, int], n_train: int) -> None:
    """Refuse a group that has nothing to learn from (InputError); warn of a task without a positive
    training example.
    """
    for group, tasks in groups.items():
        empty = [task for task in tasks if counts[task] == 0]
        if len(empty) == len(tasks) > 1:
            raise InputError(
                f"group {group} ({', '.join(tasks[:5])}{', ...' if len(tasks) > 5 else ''}): none of its "
                f"tasks has a positive among the {n_train:,} training examples; check their peaks and "
                "splits.train, or take them out of the sheet"
            )
        for task in empty:
            logger.warning(
                "group %d: task %s has no positive training example and will learn nothing", group, task
            )


def train_groups(
    groups: Mapping[int, Sequence[str]],
    train: Batches,
    validation: Batches,
    task_ids: Sequence[str],
    seed: int,
    cfg: Mapping[str, Any],
    *,
    checkpoint: Path | None = None,
) -> dict[int, TrainedGroup]:
    """Train groups one after another. `checkpoint`: where to keep the rolling checkpoint, and to go on from
    when it exists.

    Raises InputError for splits without examples, groups without positives and a loss that is not finite;
    SystemExit(143) after SIGTERM, the checkpoint written.
    """
    number = {task: i for i, task in enumerate(task_ids)}
    device = train.sequences.device
    for name, split in (("training", train), ("validation", validation)):
        if len(split) == 0:
            raise InputError(f"the {name} split holds no example; check the config's section splits")
    wanted = sorted({task for tasks in groups.values() for task in tasks}, key=number.__getitem__)
    counts = train.positives(torch.tensor([number[task] for task in wanted], device=device))
    check_positives(groups, dict(zip(wanted, counts.tolist(), strict=True)), len(train))

    precision = choose_precision(cfg["precision"], device)
    saved = read_checkpoint(checkpoint) if checkpoint is not None and cfg["resume"] else None
    finished: dict[int, TrainedGroup] = {}
    if saved is not None:
        finished = {int(group): TrainedGroup(**fields) for group, fields in saved["finished"].items()}

    with catch_termination() as termination:
        for place, (group, tasks) in enumerate(groups.items(), 1):
            if group in finished:
                continue
            plural = "" if len(tasks) == 1 else "s"
            label = f"group {group} ({place} of {len(groups)} in this pack, {len(tasks)} task{plural})"
            trainer = GroupTrainer(
                tasks, [number[task] for task in tasks], train, validation, cfg, seed,
                label=label, precision=precision, termination=termination,
            )  # fmt: skip
            if saved is not None and saved["group"] == group:
                trainer.load_state_dict(saved["current"])
                logger.info("%s: goes on from step %s of the checkpoint", label, f"{trainer.state.step:,}")
            _run(trainer, group, finished, checkpoint, cfg, termination)
            finished[group] = trainer.result()
            logger.info("%s", trainer.ending())
    return {group: finished[group] for group in groups}


def _run(
    trainer: GroupTrainer,
    group: int,
    finished: Mapping[int, TrainedGroup],
    checkpoint: Path | None,
    cfg: Mapping[str, Any],
    termination: Termination,
) -> None:
    """Train one group to its end, with progress lines and checkpoints on the way."""

    def save() -> None:
        done = {str(g): vars(result) for g, result in finished.items()}
        write_checkpoint(checkpoint, {"finished": done, "group": group, "current": trainer.state_dict()})

    last_progress = last_save = time.monotonic()
    while not trainer.finished:
        if termination.requested or not trainer.advance():
            if checkpoint is not None:
                save()
            logger.warning("stopped by SIGTERM; %s; a new start goes on from here", trainer.progress())
            raise SystemExit(143)
        now = time.monotonic()
        if now - last_progress >= cfg["progress_seconds"]:
            last_progress = now
            logger.info("%s", trainer.progress())
        if checkpoint is not None and now - last_save >= cfg["checkpoint_seconds"]:
            save()
            last_save = time.monotonic()


def write_curves(path: str | os.PathLike, results: Mapping[int, TrainedGroup]) -> None:
    """One row a validation: group, step, examples seen, mean training loss since the last row, validation
    loss, seconds so far.
    """
    with whole(path) as partial, open(partial, "w", newline="") as handle:
        writer = csv.writer(handle, delimiter="\t", lineterminator="\n")
        writer.writerow(CURVE_COLUMNS)
        for group, result in results.items():
            for step, examples, train_loss, validation_loss, seconds in result.curve:
                writer.writerow(
                    [
                        group,
                        int(step),
                        int(examples),
                        f"{train_loss:.8g}",
                        f"{validation_loss:.8g}",
                        f"{seconds:.1f}",
                    ]
                )


def train_pack(
    genome_h5: str,
    dataset_json: str,
    shard_paths: Sequence[str],
    groups_tsv: str,
    *,
    pack: int,
    n_packs: int,
    seed: int,
    cfg: Mapping[str, Any],
    model_out: str,
    curves_out: str,
    checkpoint_dir: str,
    threads: int,
    code: str,
) -> None:
    """Train the groups of one pack and write its model file and curves.

    Parameters: `groups_tsv` with columns task_id, group; `cfg` the resolved training settings;
    `checkpoint_dir` a folder for the rolling checkpoint, which goes when the results are written; `threads`
    CPU threads; `code` the digest of this code. Raises InputError for bad input; SystemExit(143) after
    SIGTERM.
    """
    torch.set_num_threads(threads)
    device = choose_device(cfg["device"])
    prefer_deterministic(device)
    precision = choose_precision(cfg["precision"], device)
    dataset = open_dataset(dataset_json, shard_paths)
    groups = pack_groups(read_groups(groups_tsv, dataset.task_ids), pack, n_packs)
    checkpoint = checkpoint_path(
        checkpoint_dir,
        cfg,
        groups={str(g): t for g, t in groups.items()},
        dataset=dataset.dataset_hash,
        seed=seed,
        code=code,
        # what `auto` means on this machine: a job that goes on elsewhere must not mix two kinds of numbers
        precision=precision,
        device=device.type,
    )
    results: dict[int, TrainedGroup] = {}
    if groups:
        genome = open_genome(genome_h5)
        if genome.fasta_sha256 != dataset.genome_sha256:
            raise InputError(
                f"{genome_h5}: not the genome that the data set {dataset_json} was made from; make both again"
            )
        sequences = Sequences(genome, dataset.chromosomes, dataset.window, device)
        left = (dataset.window - dataset.bin_size) // 2
        train = Batches(sequences, dataset.split("train"), left)
        validation = Batches(sequences, dataset.split("validation"), left)
        logger.info(
            "pack %d of %d: %d group(s), %s training and %s validation examples, device %s",
            pack, n_packs, len(groups), f"{len(train):,}", f"{len(validation):,}", device,
        )  # fmt: skip
        pinned = {**cfg, "precision": precision}
        results = train_groups(
            groups, train, validation, dataset.task_ids, seed, pinned, checkpoint=checkpoint
        )
    else:
        logger.info("pack %d of %d holds no group; writing empty files", pack, n_packs)

    info = ModelInfo(
        groups={group: list(tasks) for group, tasks in groups.items()},
        network=dict(cfg["network"]),
        window=dataset.window,
        bin_size=dataset.bin_size,
        dataset_hash=dataset.dataset_hash,
        genome_sha256=dataset.genome_sha256,
        seed=seed,
        code=code,
        settings={key: value for key, value in cfg.items() if key not in NOT_IDENTITY},
        precision=precision,
        task_ids=list(dataset.task_ids),
        best_step={group: result.best_step for group, result in results.items()},
        validation_loss={group: result.best_loss for group, result in results.items()},
        versions=versions(),
    )
    write_models(model_out, info, {group: result.weights for group, result in results.items()})
    write_curves(curves_out, results)
    checkpoint.unlink(missing_ok=True)
