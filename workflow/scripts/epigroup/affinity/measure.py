"""From a measure's entry and its input files to an affinity and its figures."""

import json
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
from epigroup.core.settings import as_given, read_settings
from epigroup.dataset.with_genome import open_with_genome
from epigroup.networks.model_files import read_info
from epigroup.training.checkpoints import Checkpoint, checkpoint_path
from epigroup.training.devices import check_precision, choose_device, prefer_deterministic
from epigroup.training.group_tables import read_rates
from epigroup.training.memory import keep_freed_memory
from epigroup.training.open_data import load_splits
from epigroup.training.settings import RunningSettings, read_training, read_untrained

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class AffinityFiles:
    """What the measurement of an affinity reads and makes.

    affinity, measures: made, the matrix and the figures (JSON). genome, dataset, shards, models (of the strategy's
    packs): for measures on a network; pairs (metrics.tsv of the strategies options["pairs_from"]), joint (that of the
    strategy): for measures on pairs. rates: the table of the network's learning rate, where a search found it (group 0
    is all tasks); curves: those of `models`, for what was collected along the training (genome and the rest then only
    where the whole trunk is compared). checkpoints: a folder, for a training that is repeated.
    """

    affinity: str | Path
    measures: str | Path
    genome: str | None = None
    dataset: str | None = None
    shards: Sequence[str] = ()
    models: Sequence[str] = ()
    pairs: Sequence[str] = ()
    joint: str | None = None
    rates: str | None = None
    curves: Sequence[str] = ()
    checkpoints: str | Path | None = None


@dataclass(frozen=True)
class AffinitySettings:
    """What a measure is told. entry: "module:function"; needs: network, looks (of a training that looked on) or
    metrics; options: the measure's own; tasks: the strategy's (task_id, modality, cell_group); training: the
    strategy's, of which an untrained network needs a part.
    """

    measure: str
    entry: str
    needs: str
    options: Mapping[str, Any]
    tasks: Sequence[Mapping[str, Any]]
    training: Mapping[str, Any] | None = None

    @property
    def repeats_training(self) -> bool:
        return self.needs == "network" and self.options["network"] == "training"


def measure_affinity(
    files: AffinityFiles,
    cfg: Mapping[str, Any],
    *,
    name: str,
    strategy: str,
    seed: int,
    running: Mapping[str, Any] | None = None,
    threads: int = 1,
    code: str = "",
) -> Affinity:
    """Measure an affinity on the network of a strategy and seed, and write it (`write_affinity`) and its
    figures (JSON).

    cfg: the keys of `AffinitySettings`. running (resume, checkpoint_seconds, progress_seconds): for a training that is
    repeated. InputError: a network of another data set, scores that are not finite, and what the measure says.
    """
    started = time.perf_counter()
    settings = read_settings(AffinitySettings, cfg, f"affinity {name}")
    tasks = pd.DataFrame(list(settings.tasks))
    task_ids = tasks["task_id"].tolist()
    module, function = settings.entry.split(":")
    measure = getattr(import_module(module), function)
    torch.set_num_threads(threads)
    inputs, dataset_hash = read_inputs(settings, files, name, seed)
    checkpoint = None
    if settings.repeats_training and isinstance(inputs, NetworkInputs) and files.checkpoints is not None:
        checkpoint = training_checkpoint(files.checkpoints, inputs, code)
        told = inputs.running if running is None else read_settings(RunningSettings, running, "running")
        inputs = replace(inputs, checkpoint=checkpoint, running=told)
    found: Affinity = measure(inputs)
    # a pilot is measured on its own tasks alone
    here = [task_ids.index(task) for task in found.measures.get("pilot", task_ids)]
    if len(here) < len(task_ids):
        found = replace(found, matrix=found.matrix[here][:, here], pieces=found.pieces[:, here][:, :, here])
    kept = tasks.iloc[here]
    check_finite(found, name, kept["task_id"].tolist())
    figures = {
        "affinity": name, "measure": settings.measure, "strategy": strategy, "seed": seed, "kind": found.kind,
        "tasks": len(kept), **sheet_auc(found, kept), **found.measures,
        "seconds": round(time.perf_counter() - started, 3),
    }  # fmt: skip
    log.info(
        "affinity %s on %s, seed %d: %d tasks, %.2f s; pairs of one modality score higher than others with"
        " chance %s, of one cell group %s",
        name, strategy, seed, len(kept), figures["seconds"],
        *(_shown(figures.get(f"auc_{column}")) for column in ("modality", "cell_group")),
    )  # fmt: skip
    about: dict[str, Any] = {} if dataset_hash is None else {"dataset_hash": dataset_hash}
    about |= {"strategy": strategy, "seed": seed, "code": code, "settings": dict(settings.options)}
    write_affinity(files.affinity, found, kept["task_id"].tolist(), about | {"measure": settings.measure})
    with whole(files.measures) as path:
        path.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    if checkpoint is not None:
        checkpoint.remove()
    return found


def read_inputs(
    settings: AffinitySettings, files: AffinityFiles, name: str, seed: int
) -> tuple[NetworkInputs | PairInputs | LookInputs, str | None]:
    """What a measure looks at, and the hash of its data set where it is of one. InputError: see
    `network_inputs`."""
    task_ids = [task["task_id"] for task in settings.tasks]
    if settings.needs == "metrics":
        if files.joint is None:
            raise InputError(f"affinity {name}: the scores of the network of all tasks are missing")
        pairs = dict(zip(settings.options["pairs_from"], map(read_validation, files.pairs), strict=True))
        return PairInputs(name, task_ids, pairs, read_validation(files.joint), settings.options), None
    if settings.needs == "looks" and files.genome is None:
        looks = LookInputs(name, task_ids, files.models, files.curves, settings.options)
        return looks, read_info(files.models[0]).dataset_hash
    keep_freed_memory()
    network = network_inputs(settings, files, name, seed)
    if settings.needs == "looks":
        looks = LookInputs(name, task_ids, files.models, files.curves, settings.options, network)
        return looks, network.dataset_hash
    return network, network.dataset_hash


def training_checkpoint(directory: str | Path, inputs: NetworkInputs, code: str) -> Checkpoint:
    """Where a repeated training keeps its checkpoint, of nothing but this measurement."""
    device = inputs.train.labels.device
    identity = {
        "affinity": inputs.name, "options": dict(inputs.options), "tasks": inputs.task_ids,
        "seed": inputs.seed, "data set": inputs.dataset_hash, "genome": dict(inputs.genome), "code": code,
        "device": device.type,
        "precision": check_precision(inputs.training.precision),
        "settings": as_given(inputs.training),
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


def network_inputs(settings: AffinitySettings, files: AffinityFiles, name: str, seed: int) -> NetworkInputs:
    """Batches and settings of a measure on a network. InputError: a genome of another data set, a task that
    the data set lacks, no training examples, no settings of the training."""
    if settings.training is None or files.genome is None or files.dataset is None:
        raise InputError(
            f"affinity {name}: a measure on a network needs its training, a genome and a data set"
        )
    training = (
        read_training(settings.training) if settings.repeats_training else read_untrained(settings.training)
    )
    if files.rates is not None:
        training = replace(training, learning_rate=read_rates(files.rates, [0])[0])
    task_ids = [task["task_id"] for task in settings.tasks]
    device = choose_device(training.device)
    prefer_deterministic(device)
    dataset, genome = open_with_genome(files.genome, files.dataset, files.shards)
    lacking = [task for task in task_ids if task not in dataset.task_ids]
    if lacking:
        raise InputError(
            f"{files.dataset}: holds no task '{lacking[0]}'; make the data set of this sheet again"
        )
    train, validation = load_splits(dataset, genome, ("train", "validation"), device)
    if len(train) == 0:
        raise InputError(
            f"{files.dataset}: the training split holds no example; check the config's section splits"
        )
    return NetworkInputs(
        name,
        task_ids,
        [dataset.task_ids.index(task) for task in task_ids],
        train,
        validation,
        training,
        settings.options,
        seed,
        dataset.dataset_hash,
        list(files.models),
        genome=genome.checks,
    )
