"""From a measure's entry and its input files to an affinity and its figures."""

import json
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from epigroup.affinity.hoa import PairInputs, read_validation
from epigroup.affinity.joint_network import LookInputs, NetworkInputs
from epigroup.affinity.matrix import Affinity, check_finite, same_group_auc, write_affinity
from epigroup.core.errors import InputError
from epigroup.core.files import whole
from epigroup.dataset.with_genome import open_with_genome
from epigroup.networks.model_files import read_info
from epigroup.training.checkpoints import Checkpoint, checkpoint_path
from epigroup.training.devices import check_precision, choose_device, prefer_deterministic
from epigroup.training.group_tables import read_rates
from epigroup.training.memory import keep_freed_memory
from epigroup.training.open_data import load_splits

log = logging.getLogger(__name__)


def measure_affinity(
    out: str | Path,
    measures_out: str | Path,
    cfg: Mapping[str, Any],
    *,
    name: str,
    strategy: str,
    seed: int,
    genome: str | None = None,
    dataset: str | None = None,
    shards: Sequence[str] = (),
    models: Sequence[str] = (),
    pairs: Sequence[str] = (),
    joint: str | None = None,
    rates: str | None = None,
    curves: Sequence[str] = (),
    checkpoint_dir: str | Path | None = None,
    running: Mapping[str, Any] | None = None,
    threads: int = 1,
    code: str = "",
) -> Affinity:
    """Measure an affinity on the network of a strategy and seed, and write it (`write_affinity`) and its
    figures (JSON).

    cfg: entry, needs, measure, options, training (the strategy's), tasks (list of dicts: task_id, modality,
    cell_group; the strategy's). genome, dataset, shards, models: for measures on a network; pairs
    (metrics.tsv of the strategies options["pairs_from"]), joint (that of `strategy`): for measures on pairs.
    rates: the table of the network's learning rate, where a search found it (group 0 is all tasks); curves:
    those of `models`, for what was collected along the training (cfg needs "looks"; genome and the rest then
    only where the whole trunk is compared). checkpoint_dir, running (resume, checkpoint_seconds,
    progress_seconds): for a training that is repeated.
    InputError: a network of another data set, scores that are not finite, and what the measure says.
    """
    started = time.perf_counter()
    tasks = pd.DataFrame(cfg["tasks"])
    task_ids = tasks["task_id"].tolist()
    module, function = cfg["entry"].split(":")
    measure = getattr(import_module(module), function)
    checkpoint: Checkpoint | None = None
    if cfg["needs"] == "looks" and genome is None:
        inputs: NetworkInputs | PairInputs | LookInputs = LookInputs(
            name, task_ids, models, curves, cfg["options"]
        )
        about = {"dataset_hash": read_info(models[0]).dataset_hash}
    elif cfg["needs"] in ("network", "looks"):
        keep_freed_memory()
        torch.set_num_threads(threads)
        if rates is not None:
            cfg = {**cfg, "training": cfg["training"] | {"learning_rate": read_rates(rates, [0])[0]}}
        inputs = network_inputs(cfg, name, task_ids, seed, genome, dataset, shards, models)
        about = {"dataset_hash": inputs.dataset_hash}
        if cfg["needs"] == "looks":
            inputs = LookInputs(name, task_ids, models, curves, cfg["options"], inputs)
        elif cfg["options"]["network"] == "training" and checkpoint_dir is not None:
            checkpoint = training_checkpoint(checkpoint_dir, inputs, code)
            inputs = replace(inputs, checkpoint=checkpoint, running=running or {"resume": False})
    else:
        strategies = dict(zip(cfg["options"]["pairs_from"], map(read_validation, pairs), strict=True))
        inputs = PairInputs(name, task_ids, strategies, read_validation(joint), cfg["options"])
        about = {}
    found = measure(inputs)
    # a pilot is measured on its own tasks alone
    here = [task_ids.index(task) for task in found.measures.get("pilot", task_ids)]
    if len(here) < len(task_ids):
        found = Affinity(
            found.kind,
            found.matrix[here][:, here],
            found.pieces[:, here][:, :, here],
            found.at,
            found.axis,
            found.measures,
        )
    kept = tasks.iloc[here]
    check_finite(found, name, kept["task_id"].tolist())
    figures = {
        "affinity": name,
        "measure": cfg["measure"],
        "strategy": strategy,
        "seed": seed,
        "kind": found.kind,
        "tasks": len(kept),
    }
    figures |= sheet_auc(found, kept) | found.measures | {"seconds": round(time.perf_counter() - started, 3)}
    log.info(
        "affinity %s on %s, seed %d: %d tasks, %.2f s; pairs of one modality score higher than others with"
        " chance %s, of one cell group %s",
        name,
        strategy,
        seed,
        len(kept),
        figures["seconds"],
        *(_shown(figures.get(f"auc_{column}")) for column in ("modality", "cell_group")),
    )
    about |= {"strategy": strategy, "seed": seed, "code": code, "settings": dict(cfg["options"])}
    write_affinity(out, found, kept["task_id"].tolist(), about | {"measure": cfg["measure"]})
    with whole(measures_out) as path:
        path.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    if checkpoint is not None:
        checkpoint.remove()
    return found


def training_checkpoint(directory: str | Path, inputs: NetworkInputs, code: str) -> Checkpoint:
    """Where a repeated training keeps its checkpoint, of nothing but this measurement."""
    device = inputs.train.labels.device
    identity = {
        "affinity": inputs.name, "options": dict(inputs.options), "tasks": inputs.task_ids,
        "seed": inputs.seed, "data set": inputs.dataset_hash, "genome": dict(inputs.genome), "code": code,
        "device": device.type,
        "precision": check_precision(inputs.training["precision"]),
        "settings": dict(inputs.training),
    }  # fmt: skip
    return Checkpoint(checkpoint_path(directory, inputs.training, identity=identity), identity)


def _shown(value: float | None) -> str:
    return "(not defined)" if value is None else f"{value:.3f}"


def sheet_auc(found: Affinity, tasks: pd.DataFrame) -> dict[str, float | None]:
    """{"auc_modality", "auc_cell_group"}: `same_group_auc` with these columns, where every task has a
    value."""
    return {
        f"auc_{column}": same_group_auc(found.matrix, found.kind, tasks[column].astype(str))
        for column in ("modality", "cell_group")
        if column in tasks and not (tasks[column].isna() | (tasks[column].astype(str) == "")).any()
    }


def network_inputs(
    cfg: Mapping[str, Any],
    name: str,
    task_ids: list[str],
    seed: int,
    genome_h5: str,
    dataset_json: str,
    shard_paths: Sequence[str],
    models: Sequence[str],
) -> NetworkInputs:
    """Batches and settings of a measure on a network. InputError: a genome of another data set, a task that
    the data set lacks, no training examples."""
    device = choose_device(cfg["training"]["device"])
    prefer_deterministic(device)
    dataset, genome = open_with_genome(genome_h5, dataset_json, shard_paths)
    lacking = [task for task in task_ids if task not in dataset.task_ids]
    if lacking:
        raise InputError(
            f"{dataset_json}: holds no task '{lacking[0]}'; make the data set of this sheet again"
        )
    train, validation = load_splits(dataset, genome, ("train", "validation"), device)
    if len(train) == 0:
        raise InputError(
            f"{dataset_json}: the training split holds no example; check the config's section splits"
        )
    return NetworkInputs(
        name,
        task_ids,
        [dataset.task_ids.index(task) for task in task_ids],
        train,
        validation,
        cfg["training"],
        cfg["options"],
        seed,
        dataset.dataset_hash,
        list(models),
        genome=genome.checks,
    )
