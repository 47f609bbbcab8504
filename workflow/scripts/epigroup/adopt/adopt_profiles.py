"""Which group of a strategy each new profile belongs to, and a network of its own that starts from that group's."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from epigroup.adopt.heads import Drawn, Head, draw, fit_head, log_loss
from epigroup.adopt.starts import Start, features_at, starts_of, views
from epigroup.adopt.tables import write_rows
from epigroup.core.logs import Progress
from epigroup.core.settings import read_settings
from epigroup.core.text_files import read_json
from epigroup.dataset.dataset import Dataset
from epigroup.dataset.with_genome import open_with_genome
from epigroup.networks.model_files import ModelInfo, tensor_checks, versions, write_models
from epigroup.networks.networks import build_network
from epigroup.training.batches import Batches
from epigroup.training.calibration import processor_of
from epigroup.training.devices import choose_device, prefer_deterministic
from epigroup.training.job import TrainingJob
from epigroup.training.open_data import load_splits
from epigroup.training.settings import RunningSettings, TrainingSettings
from epigroup.training.train_pack import train_groups
from epigroup.training.warm_start import WarmStart

log = logging.getLogger(__name__)

START_COLUMNS = (
    "task_id", "strategy", "seed", "group", "n_tasks", "penalty", "validation_loss", "chosen", "trained",
    "trained_loss",
)  # fmt: skip


@dataclass(frozen=True)
class AdoptSettings:
    """tasks: the new profiles; train: "head" alone, or the whole "network" after it; n_negatives: of training and of
    validation examples without the new profile's peak, at most so many are looked at; batch_size, both_strands: as in
    the evaluation; seed: of what is drawn; training: how a whole network is trained, None where heads alone are."""

    tasks: tuple[str, ...]
    train: str
    n_negatives: int
    batch_size: int
    both_strands: bool
    seed: int
    training: TrainingSettings | None = None


@dataclass(frozen=True)
class AdoptFiles:
    """Read: genome (genome.h5), run_dataset (dataset.json of the run), dataset and shards of the new profiles, models
    (the packs of a strategy and seed). Made: model (a network for each new profile, under its place among them),
    groups (their table of task_id and group), starts (which start gave what)."""

    genome: str
    run_dataset: str
    dataset: str
    shards: Sequence[str]
    models: Sequence[str]
    model: str
    groups: str
    starts: str


@dataclass(frozen=True)
class NewTasks:
    """The new profiles (`names`) and their examples on the device. drawn: by split ("train", "validation"), those of
    each task."""

    names: tuple[str, ...]
    dataset: Dataset
    batches: Mapping[str, Batches]
    drawn: Mapping[str, list[Drawn]]

    def rows(self, split: str) -> np.ndarray:
        """int64, ascending: the rows of a split that some task looks at."""
        return np.unique(np.concatenate([one.rows for one in self.drawn[split]]))


def open_tasks(
    files: AdoptFiles, settings: AdoptSettings, device: torch.device, data: str = "memory"
) -> NewTasks:
    """The new profiles' data set and what is drawn of it. InputError: genome, data set and shards that do not belong
    together."""
    dataset, genome = open_with_genome(files.genome, files.dataset, files.shards)
    columns = dataset.task_indices(settings.tasks)
    names = ("train", "validation")
    batches = dict(zip(names, load_splits(dataset, genome, names, device, data), strict=True))
    drawn: dict[str, list[Drawn]] = {}
    for number, name in enumerate(names):
        labels = dataset.labels(dataset.split(name), columns)
        # the same negatives for all tasks, but for those that are a task's positives: features are worked out once
        drawn[name] = [
            draw(labels[:, task], settings.n_negatives, np.random.default_rng([settings.seed, number]))
            for task in range(labels.shape[1])
        ]
    return NewTasks(settings.tasks, dataset, batches, drawn)


def features_of(
    start: Start, batches: Batches, rows: np.ndarray, settings: AdoptSettings, reverse: bool = False
) -> np.ndarray:
    """float32 (n, d): the features of a start's network of the examples `rows`."""
    network = start.network().to(batches.sequences.device)
    positions = batches.positions[torch.from_numpy(rows).to(batches.sequences.device)]
    parts = features_at(
        network, batches.sequences, positions, settings.batch_size, start.info.precision, reverse
    )
    return np.concatenate(list(parts))


def heads_on(start: Start, tasks: NewTasks, settings: AdoptSettings) -> list[Head]:
    """The head of each new task on the features of one start."""
    rows = {split: tasks.rows(split) for split in tasks.batches}
    train = features_of(start, tasks.batches["train"], rows["train"], settings)
    held_out = [
        features_of(start, tasks.batches["validation"], rows["validation"], settings, reverse)
        for reverse in views(settings.both_strands)
    ]
    found = []
    for own, other in zip(tasks.drawn["train"], tasks.drawn["validation"], strict=True):
        here, there = (
            np.searchsorted(rows[split], one.rows) for split, one in (("train", own), ("validation", other))
        )
        found.append(fit_head(train[here], own, [one[there] for one in held_out], other))
    return found


def with_head(start: Start, head: Head) -> dict[str, torch.Tensor]:
    """The weights of a start's network with the new head in place of its own."""
    weights = start.network().state_dict()
    like = weights["head.weight"]
    weights["head.weight"] = torch.tensor(head.weight[None], dtype=like.dtype)
    weights["head.bias"] = torch.tensor([head.bias], dtype=like.dtype)
    return weights


@dataclass(frozen=True)
class Trained:
    """Weights of a new task's network, and their validation loss as `heads.log_loss` has it."""

    weights: dict[str, torch.Tensor]
    loss: float
    step: int


def train_whole(start: Start, head: Head, tasks: NewTasks, place: int, settings: AdoptSettings) -> Trained:
    """The whole network of one new task, trained from the start's with its new head; the best validation's weights."""
    assert settings.training is not None  # the settings say that networks are trained
    task = tasks.names[place]
    weights = with_head(start, head)
    told = replace(settings.training, network=start.network_settings(), precision=start.info.precision)
    digest = f"{sorted(tensor_checks(weights).items())}"
    trained = train_groups(
        {0: [task]},
        tasks.dataset.task_ids,
        TrainingJob(tasks.batches["train"], tasks.batches["validation"], told, start.info.seed),
        RunningSettings(resume=False, checkpoint_seconds=3600, progress_seconds=60),
        warm=WarmStart(start.path, [task], weights, digest),
    )[0]
    network = build_network(told.network, 1, start.info.window)
    network.load_state_dict(trained.weights)
    of_task = tasks.drawn["validation"][place]
    batches = tasks.batches["validation"]
    network.eval().to(batches.sequences.device)
    positions = batches.positions[torch.from_numpy(of_task.rows).to(batches.sequences.device)]
    weight = trained.weights["head.weight"][0].double().numpy()
    bias = float(trained.weights["head.bias"][0])
    logits = [
        np.concatenate([
            part @ weight + bias
            for part in features_at(
                network, batches.sequences, positions, settings.batch_size, told.precision, reverse
            )
        ])
        for reverse in views(settings.both_strands)
    ]  # fmt: skip
    return Trained(trained.weights, log_loss(logits, of_task), trained.best_step)


def adopt_profiles(
    files: AdoptFiles,
    cfg: Mapping[str, Any],
    *,
    strategy: str,
    device: str = "auto",
    threads: int = 1,
    code: str = "",
    data: str = "memory",
) -> None:
    """Give each new profile a place in a strategy of a finished run, of one seed, and write files.model, .groups and
    .starts. The networks of the run are read and not changed.

    Each group's network is tried as a start: its trunk stays as it is, and a head for the new profile, a logistic
    regression on its hidden features, is fitted to training examples. The profile belongs to the group whose head has
    the least log loss on validation examples. With `train: network` the whole network is trained from there, and kept
    where that loss falls. Test examples are not opened.

    cfg: `AdoptSettings`. Raises InputError as `open_tasks` and `starts_of`.
    """
    torch.set_num_threads(threads)
    settings = read_settings(AdoptSettings, cfg, "adopt")
    chosen_device = choose_device(device)
    prefer_deterministic(chosen_device)
    tasks = open_tasks(files, settings, chosen_device, data)
    starts = starts_of(files.models, read_json(files.run_dataset)["dataset_hash"], tasks.dataset.window)
    progress = Progress(log, f"starts of {strategy}", len(starts), "groups")
    heads = []
    for start in starts:
        heads.append(heads_on(start, tasks, settings))
        progress.advance()
    rows, weights, steps = [], {}, {}
    for place, task in enumerate(tasks.names):
        losses = [of_start[place].loss for of_start in heads]
        best = int(np.argmin(losses))
        start, head = starts[best], heads[best][place]
        weights[place], steps[place] = with_head(start, head), start.info.best_step[start.group]
        how, loss = "head", head.loss
        if settings.train == "network":
            trained = train_whole(start, head, tasks, place, settings)
            if trained.loss < head.loss:
                weights[place], steps[place], how, loss = (
                    trained.weights,
                    trained.step,
                    "network",
                    trained.loss,
                )
        log.info(
            "%s belongs to group %d of %s: validation loss %.5f (%s), of its other groups %s",
            task, start.group, strategy, loss, how,
            ", ".join(f"{one:.5f}" for i, one in enumerate(losses) if i != best) or "none",
        )  # fmt: skip
        for number, (one, own) in enumerate(zip(starts, heads, strict=True)):
            is_best = number == best
            rows.append((
                task, strategy, one.info.seed, one.group, len(one.tasks), f"{own[place].penalty:g}",
                f"{own[place].loss:.6f}", int(is_best), how if is_best else "head",
                f"{loss if is_best else own[place].loss:.6f}",
            ))  # fmt: skip
    write_models(files.model, described(tasks, starts[0].info, steps, code, chosen_device), weights)
    write_rows(files.groups, ("task_id", "group"), [(task, i) for i, task in enumerate(tasks.names)])
    write_rows(files.starts, START_COLUMNS, rows)


def described(
    tasks: NewTasks, info: ModelInfo, steps: Mapping[int, int], code: str, device: torch.device
) -> ModelInfo:
    """What the new model file says of itself: the networks of the run, each with one new task."""
    return replace(
        info,
        groups={place: [task] for place, task in enumerate(tasks.names)},
        dataset_hash=tasks.dataset.dataset_hash,
        code=code,
        task_ids=list(tasks.dataset.task_ids),
        learning_rate={},
        best_step=dict(steps),
        validation_loss={},
        task_step={},
        layout={},
        jointly={},
        processor=processor_of(device),
        versions=versions(),
    )
