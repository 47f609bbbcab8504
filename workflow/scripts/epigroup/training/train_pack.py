"""One training loop for every grouping (Shiri & Sun 2022, section III.D).

A step is one mini-batch; the loss is averaged over the examples and over the group's tasks; the validation
loss is taken every `validate_every` steps over the whole validation split; training stops `patience`
validations after the last new minimum or at `max_steps`; the weights of the minimum are kept.
"""

from __future__ import annotations

import csv
import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.dataset.with_genome import open_with_genome
from epigroup.networks.model_files import ModelInfo, versions, write_models
from epigroup.training.batches import Batches
from epigroup.training.calibration import Choices, choose_layout, processor_of
from epigroup.training.checkpoints import Checkpoint, catch_termination, checkpoint_path, identity_settings
from epigroup.training.devices import check_precision, choose_device, prefer_deterministic
from epigroup.training.group_state import TrainedGroup, trained_group
from epigroup.training.group_tables import check_groups, pack_groups, read_groups, read_rates
from epigroup.training.memory import keep_freed_memory, refuse_out_of_memory
from epigroup.training.open_data import load_splits
from epigroup.training.pack import Pack
from epigroup.training.warm_start import WarmStart, read_warm_start

logger = logging.getLogger(__name__)

CURVE_COLUMNS = ("group", "step", "examples", "train_loss", "validation_loss", "seconds")
LOOK_COLUMN = "look_ahead_seconds"  # of a training that is looked at, of its seconds


def train_groups(
    groups: Mapping[int, Sequence[str]],
    train: Batches,
    validation: Batches,
    task_ids: Sequence[str],
    seed: int,
    cfg: Mapping[str, Any],
    *,
    checkpoint: Path | None = None,
    rates: Mapping[int, float] | None = None,
    identity: Mapping[str, Any] | None = None,
    events: Path | None = None,
    warm: WarmStart | None = None,
    choices: Choices | None = None,
) -> dict[int, TrainedGroup]:
    """Train the groups of a pack.

    Parameters: `checkpoint`, where to keep the rolling checkpoint, and to go on from when it exists; `rates`,
    a learning rate for each group instead of that of the settings; `identity`, what else than the arguments
    decides the result (data set, code), for the checkpoint; `events`, a folder for TensorBoard's event files;
    `warm`, the network whose weights the groups start from; `choices`, what the jobs of the run have found to be
    fastest on this processor model.

    Raises InputError for splits without examples, groups without positives (of signals: that never change, or
    are negative under a loss that cannot take it), a loss that is not finite or
    explodes, the checkpoint of another job, and memory that runs out; SystemExit(143) after SIGTERM, the
    checkpoint written.
    """
    if cfg.get("look_ahead") and len(groups) != 1:
        raise InputError(
            f"training: {len(groups)} groups, and affinities are collected while one network of all tasks "
            "trains; let heads_from of groupings with an affinity name a strategy of a single group"
        )
    number = {task: i for i, task in enumerate(task_ids)}
    device = train.sequences.device
    check_groups(groups, {"training": train, "validation": validation}, task_ids, cfg["loss"])
    precision = check_precision(cfg["precision"])
    rates = {group: cfg["learning_rate"] if rates is None else rates[group] for group in groups}
    fixed = {
        "settings": identity_settings(cfg), "groups": {str(g): list(t) for g, t in groups.items()},
        "learning rates": {str(g): rate for g, rate in rates.items()}, "seed": seed,
        "tasks of the data set": list(task_ids), "window": train.sequences.window,
        "training examples": len(train), "validation examples": len(validation), "precision": precision,
        "device": device.type, **({} if warm is None else {"warm start": warm.digest}), **(identity or {}),
    }  # fmt: skip
    with catch_termination() as termination:
        pack = Pack(
            groups, number, train, validation, cfg, seed, rates, precision, termination,
            None if checkpoint is None else Checkpoint(checkpoint, fixed), events, warm, choices,
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
    tasks: Sequence[str] | None = None,
    rates_tsv: str | None = None,
    events_dir: str | None = None,
    data: str = "memory",
    warm_model: str | None = None,
    choices_dir: str | None = None,
) -> None:
    """Train the groups of one pack and write its model file and curves.

    Parameters: `groups_tsv` with columns task_id, group; `cfg` the resolved training settings;
    `checkpoint_dir` a folder for the rolling checkpoint, which goes when the results are written; `threads`
    CPU threads; `code` the digest of this code; `tasks`, all that `groups_tsv` must hold; `rates_tsv` with
    columns group, learning_rate, instead of the
    one rate of the settings; `events_dir` a folder for TensorBoard's event files, a run a group; `data`
    "memory", or "disk" for genome and labels as pages of files; `warm_model`, the model file of the network
    whose weights the groups start from; `choices_dir`, a folder for what is fastest on a processor model
    (`calibration.Choices`). Raises InputError for bad input;
    SystemExit(143) after SIGTERM.
    """
    keep_freed_memory()
    torch.set_num_threads(threads)
    device = choose_device(cfg["device"])
    prefer_deterministic(device)
    precision = check_precision(cfg["precision"])
    dataset, genome = open_with_genome(genome_h5, dataset_json, shard_paths)
    all_groups = read_groups(groups_tsv, dataset.task_ids, tasks)
    groups = pack_groups(all_groups, pack, n_packs)
    rates = dict.fromkeys(groups, cfg["learning_rate"])
    if rates_tsv is not None:
        found = read_rates(rates_tsv, all_groups)
        rates = {group: found[group] for group in groups}
    identity = {"data set": dataset.dataset_hash, "genome": genome.checks, "code": code}
    warm = None
    if warm_model is not None:
        warm = read_warm_start(
            warm_model, dataset_hash=dataset.dataset_hash, network=cfg["network"], window=dataset.window
        )
    path = checkpoint_path(
        checkpoint_dir,
        cfg,
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
        choices = Choices(None if choices_dir is None else Path(choices_dir), device)
        here = {**cfg, "layout_here": choose_layout(cfg, dataset.window, choices)}
        logger.info(
            "pack %d of %d: %d group(s), %s training and %s validation examples, device %s, %s, layout %s, on %s",
            pack, n_packs, len(groups), f"{len(train):,}", f"{len(validation):,}", device, precision,
            here["layout_here"], processor_of(device),
        )  # fmt: skip
        results = train_groups(
            groups, train, validation, dataset.task_ids, seed, here, checkpoint=path, rates=rates,
            identity=identity, events=None if events_dir is None else Path(events_dir), warm=warm, choices=choices,
        )  # fmt: skip
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
        settings=identity_settings(cfg),
        precision=precision,
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
    write_models(
        model_out,
        info,
        {group: result.weights for group, result in results.items()},
        {group: result.task_weights for group, result in results.items()},
        {name: found for result in results.values() for name, found in result.looks.get("found", {}).items()},
    )
    write_curves(curves_out, results)
    Checkpoint(path, identity).remove()
