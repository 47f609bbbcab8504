"""One training loop for every grouping (Shiri & Sun 2022, section III.D).

A step is one mini-batch; the loss is binary cross-entropy, averaged over the examples and over the group's tasks; the validation
loss is taken every `validate_every` steps over the whole validation split; training stops `patience` validations
after the last new minimum or at `max_steps`; the weights of the minimum are kept.

Everything random is a function of (seed, step) and, for weights and dropout, of the group's tasks. So a group trained in
another pack, or resumed from a checkpoint, ends with the same bits on the same machine.
"""

from __future__ import annotations

import csv
import hashlib
import json
import logging
import math
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from epigroup.checkpoints import Termination, catch_termination, checkpoint_path, read_checkpoint, write_checkpoint
from epigroup.devices import choose_device, choose_precision
from epigroup.errors import InputError
from epigroup.files import whole
from epigroup.loader import Batches, Sequences, TrainingOrder
from epigroup.logs import duration
from epigroup.models import ModelInfo, versions, write_models
from epigroup.networks import Network, build_network

logger = logging.getLogger(__name__)

CURVE_COLUMNS = ("group", "step", "examples", "train_loss", "validation_loss", "seconds")
VALIDATION_BATCH = 512


@dataclass
class GroupState:
    """Where the training of one group stands; what a checkpoint keeps beside network and optimiser."""

    step: int = 0
    best_step: int = 0
    best_loss: float = math.inf
    validations_since_best: int = 0
    validated_step: int = 0
    loss_sum: float = 0.0
    loss_steps: int = 0
    seconds: float = 0.0
    curve: list[list[float]] = field(default_factory=list)  # rows of CURVE_COLUMNS without the group


@dataclass(frozen=True)
class TrainedGroup:
    """Best weights (float32, CPU), the step and validation loss they come from, and the curve (rows of CURVE_COLUMNS)."""

    weights: dict[str, torch.Tensor]
    best_step: int
    best_loss: float
    curve: list[list[float]]


def read_groups(path: str | os.PathLike, task_ids: Sequence[str]) -> dict[int, list[str]]:
    """Group number -> its tasks in the order of `task_ids`, from a table with columns task_id and group.

    Raises InputError for a missing column, a group that is no number, an unknown task, or a (task, group) named twice.
    """
    rank = {task: i for i, task in enumerate(task_ids)}
    members: dict[int, list[str]] = {}
    with open(path, newline="") as handle:
        reader = csv.DictReader(handle, delimiter="\t")
        missing = {"task_id", "group"} - set(reader.fieldnames or [])
        if missing:
            raise InputError(f"{path}: no column {', '.join(sorted(missing))}; a grouping has columns task_id and group")
        for row in reader:
            where = f"{path}:{reader.line_num}"
            if not (row["group"] or "").isdigit():
                raise InputError(f"{where}: group {row['group']!r} is not a number from 0")
            if row["task_id"] not in rank:
                raise InputError(f"{where}: task {row['task_id']!r} is not in the data set; does the table fit the sheet?")
            tasks = members.setdefault(int(row["group"]), [])
            if row["task_id"] in tasks:
                raise InputError(f"{where}: task {row['task_id']!r} stands twice in group {row['group']}")
            tasks.append(row["task_id"])
    return {group: sorted(members[group], key=rank.__getitem__) for group in sorted(members)}


def pack_groups(groups: Mapping[int, list[str]], pack: int, n_packs: int) -> dict[int, list[str]]:
    """The groups that pack number `pack` of `n_packs` trains: sorted(groups)[pack::n_packs]."""
    return {group: groups[group] for group in sorted(groups)[pack::n_packs]}


def group_key(seed: int, tasks: Sequence[str]) -> int:
    """A 63-bit number from the seed and a group's tasks, from which its weights and dropout are drawn."""
    digest = hashlib.sha256(json.dumps([seed, list(tasks)]).encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1


def initial_network(cfg: Mapping[str, Any], tasks: Sequence[str], window: int, seed: int) -> Network:
    """A network whose weights depend on the seed and the group's tasks, not on what was drawn before."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(group_key(seed, tasks))
        return build_network(cfg, len(tasks), window)


def build_optimiser(network: Network, cfg: Mapping[str, Any]) -> torch.optim.Optimizer:
    """The optimiser named by `cfg["optimiser"]` over all weights of the network."""
    rate, decay = cfg["learning_rate"], cfg["weight_decay"]
    if cfg["optimiser"] == "sgd":
        return torch.optim.SGD(network.parameters(), rate, momentum=cfg["momentum"], weight_decay=decay, fused=True)
    if cfg["optimiser"] == "adam":
        return torch.optim.Adam(network.parameters(), rate, weight_decay=decay, fused=True)
    if cfg["optimiser"] == "adamw":
        return torch.optim.AdamW(network.parameters(), rate, weight_decay=decay, fused=True)
    raise InputError(f"training.optimiser: unknown optimiser {cfg['optimiser']!r}; known: adam, adamw, sgd")


class GroupTrainer:
    """Trains one group's network: `run` to the end, `state_dict`/`load_state_dict` for the checkpoint."""

    def __init__(
        self,
        tasks: Sequence[str],
        task_numbers: Sequence[int],
        train: Batches,
        validation: Batches,
        cfg: Mapping[str, Any],
        seed: int,
        *,
        label: str,
        precision: str,
        termination: Termination,
    ) -> None:
        self.cfg, self.label, self.termination = cfg, label, termination
        self.train, self.validation = train, validation
        self.device = train.sequences.device
        self.tasks = torch.tensor(task_numbers, device=self.device)
        self.key = group_key(seed, tasks)
        self.network = initial_network(cfg["network"], tasks, train.sequences.window, seed).to(self.device)
        self.optimiser = build_optimiser(self.network, cfg)
        self.order = TrainingOrder(
            seed, len(train), cfg["batch_size"], reverse_complement=cfg["reverse_complement"], device=self.device
        )
        self.dtype = torch.bfloat16 if precision == "bf16" else torch.float32
        self.state = GroupState()
        self.best: dict[str, torch.Tensor] = self._snapshot()

    def _snapshot(self) -> dict[str, torch.Tensor]:
        return {name: tensor.detach().clone() for name, tensor in self.network.state_dict().items()}

    def state_dict(self) -> dict[str, Any]:
        """Everything that `load_state_dict` needs; no random state, as all that is random follows from the step."""
        return {
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "best": self.best,
            "state": vars(self.state).copy(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.best = dict(state["best"])
        self.state = GroupState(**state["state"])

    @property
    def finished(self) -> bool:
        validated = self.state.validated_step == self.state.step
        at_end = self.state.step >= self.cfg["max_steps"] or self.state.validations_since_best >= self.cfg["patience"]
        return self.state.step > 0 and validated and at_end

    def _validation_due(self) -> bool:
        step = self.state.step
        at_end = step >= self.cfg["max_steps"]
        return step > self.state.validated_step and (step % self.cfg["validate_every"] == 0 or at_end)

    def advance(self) -> bool:
        """Do what comes next, a step or a validation; False when SIGTERM cut a validation short (nothing has changed then)."""
        started = time.perf_counter()
        if self._validation_due():
            loss = self.validation_loss()
            if loss is None:
                return False
            self.state.seconds += time.perf_counter() - started
            self._record(loss)
        else:
            self._step()
            self.state.seconds += time.perf_counter() - started
        return True

    def _step(self) -> None:
        step = self.state.step
        indices, reverse = self.order.batch(step)
        if self.device.type == "cpu":
            self.network.draw_dropout_from(np.random.Generator(np.random.SFC64([self.key, step])))
        else:
            torch.cuda.manual_seed(np.random.SeedSequence([self.key, step]).generate_state(1, np.uint64).item() >> 1)
        self.network.train()
        x = self.train.one_hot(indices, self.dtype, reverse)
        y = self.train.targets(indices, self.tasks)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.dtype is torch.bfloat16):
            logits = self.network(x)
        loss = F.binary_cross_entropy_with_logits(logits, y)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        value = loss.item()
        if not math.isfinite(value):
            raise InputError(
                f"{self.label}: the training loss is {value} at step {step + 1} with learning rate "
                f"{self.cfg['learning_rate']}; lower training.learning_rate"
                + (f" (best validation loss so far {self.state.best_loss:.5f} at step {self.state.best_step})"
                   if self.state.best_step else "")
            )
        self.optimiser.step()
        self.state.step += 1
        self.state.loss_sum += value
        self.state.loss_steps += 1

    def validation_loss(self) -> float | None:
        """Mean loss over the validation split and the group's tasks; None when SIGTERM came meanwhile."""
        self.network.eval()
        total = torch.zeros((), dtype=torch.float64, device=self.device)
        with torch.no_grad():
            for indices in self.validation.in_order(VALIDATION_BATCH):
                if self.termination.requested:
                    return None
                x = self.validation.one_hot(indices, self.dtype)
                with torch.autocast(self.device.type, torch.bfloat16, enabled=self.dtype is torch.bfloat16):
                    logits = self.network(x)
                y = self.validation.targets(indices, self.tasks)
                total += F.binary_cross_entropy_with_logits(logits, y, reduction="sum").double()
        return float(total) / (len(self.validation) * len(self.tasks))

    def _record(self, loss: float) -> None:
        state = self.state
        state.validated_step = state.step
        if loss < state.best_loss:
            state.best_loss, state.best_step, state.validations_since_best = loss, state.step, 0
            self.best = self._snapshot()
        else:
            state.validations_since_best += 1
        train_loss = state.loss_sum / max(state.loss_steps, 1)
        examples = state.step * self.order.batch_size
        state.curve.append([state.step, examples, train_loss, loss, state.seconds])
        state.loss_sum, state.loss_steps = 0.0, 0

    def progress(self) -> str:
        """One line: step, rate, losses, and the time that is left if no early stop comes."""
        state = self.state
        rate = state.step / max(state.seconds, 1e-9)
        last = state.loss_sum / state.loss_steps if state.loss_steps else (state.curve[-1][2] if state.curve else math.nan)
        best = f"{state.best_loss:.5f} at {state.best_step:,}" if state.best_step else "none yet"
        left = duration((self.cfg["max_steps"] - state.step) / max(rate, 1e-9))
        return (
            f"{self.label}: step {state.step:,} of at most {self.cfg['max_steps']:,}, "
            f"{rate * self.order.batch_size:,.0f} examples/s, train loss {last:.5f}, best validation {best}, "
            f"at most {left} left"
        )

    def result(self) -> TrainedGroup:
        weights = {name: tensor.float().cpu() for name, tensor in self.best.items()}
        return TrainedGroup(weights, self.state.best_step, self.state.best_loss, self.state.curve)


def check_positives(groups: Mapping[int, Sequence[str]], counts: Mapping[str, int], n_train: int) -> None:
    """Refuse a group that has nothing to learn from (InputError); warn of a task without a positive training example."""
    for group, tasks in groups.items():
        empty = [task for task in tasks if counts[task] == 0]
        if len(empty) == len(tasks):
            raise InputError(
                f"group {group} ({', '.join(tasks[:5])}{', ...' if len(tasks) > 5 else ''}): none of its tasks has a positive "
                f"among the {n_train:,} training examples; check their peaks and splits.train, or take them out of the sheet"
            )
        for task in empty:
            logger.warning("group %d: task %s has no positive training example and will learn nothing", group, task)


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
    """Train groups one after another. `checkpoint`: where to keep the rolling checkpoint, and to go on from when it exists.

    Raises InputError for splits without examples, groups without positives and a loss that is not finite; SystemExit(143)
    after SIGTERM, the checkpoint written.
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
    saved = read_checkpoint(checkpoint, device) if checkpoint is not None and cfg["resume"] else None
    finished: dict[int, TrainedGroup] = {}
    if saved is not None:
        finished = {int(group): TrainedGroup(**fields) for group, fields in saved["finished"].items()}

    with catch_termination() as termination:
        for place, (group, tasks) in enumerate(groups.items(), 1):
            if group in finished:
                continue
            label = f"group {group} ({place} of {len(groups)} in this pack, {len(tasks)} task{'s' * (len(tasks) != 1)})"
            trainer = GroupTrainer(
                tasks, [number[task] for task in tasks], train, validation, cfg, seed,
                label=label, precision=precision, termination=termination,
            )  # fmt: skip
            if saved is not None and saved["group"] == group:
                trainer.load_state_dict(saved["current"])
                logger.info("%s: goes on from step %s of the checkpoint", label, f"{trainer.state.step:,}")
            _run(trainer, group, finished, checkpoint, cfg, termination)
            finished[group] = trainer.result()
            logger.info("%s", trainer.progress().replace(" left", " were left"))
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
    """One row a validation: group, step, examples seen, mean training loss since the last row, validation loss, seconds so far."""
    with whole(path) as partial, open(partial, "w", newline="") as handle:
        writer = csv.writer(handle, delimiter="\t", lineterminator="\n")
        writer.writerow(CURVE_COLUMNS)
        for group, result in results.items():
            for step, examples, train_loss, validation_loss, seconds in result.curve:
                writer.writerow(
                    [group, int(step), int(examples), f"{train_loss:.8g}", f"{validation_loss:.8g}", f"{seconds:.1f}"]
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

    Parameters: `groups_tsv` with columns task_id, group; `cfg` the resolved training settings; `checkpoint_dir` a folder for the
    rolling checkpoint, which goes when the results are written; `threads` CPU threads; `code` the digest of this code.
    Raises InputError for bad input; SystemExit(143) after SIGTERM.
    """
    from epigroup.genome import open_genome
    from epigroup.shards import open_dataset

    torch.set_num_threads(threads)
    device = choose_device(cfg["device"])
    dataset = open_dataset(dataset_json, shard_paths)
    groups = pack_groups(read_groups(groups_tsv, dataset.task_ids), pack, n_packs)
    checkpoint = checkpoint_path(
        checkpoint_dir, cfg, groups={str(g): t for g, t in groups.items()}, dataset=dataset.dataset_hash, seed=seed, code=code
    )
    results: dict[int, TrainedGroup] = {}
    if groups:
        genome = open_genome(genome_h5)
        if genome.fasta_sha256 != dataset.genome_sha256:
            raise InputError(f"{genome_h5}: not the genome that the data set {dataset_json} was made from; make both again")
        sequences = Sequences(genome, dataset.chromosomes, dataset.window, device)
        left = (dataset.window - dataset.bin_size) // 2
        train = Batches(sequences, dataset.split("train"), left)
        validation = Batches(sequences, dataset.split("validation"), left)
        logger.info(
            "pack %d of %d: %d group(s), %s training and %s validation examples, device %s",
            pack, n_packs, len(groups), f"{len(train):,}", f"{len(validation):,}", device,
        )  # fmt: skip
        results = train_groups(groups, train, validation, dataset.task_ids, seed, cfg, checkpoint=checkpoint)
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
        settings=dict(cfg),
        precision=choose_precision(cfg["precision"], device),
        task_ids=list(dataset.task_ids),
        best_step={group: result.best_step for group, result in results.items()},
        validation_loss={group: result.best_loss for group, result in results.items()},
        versions=versions(),
    )
    write_models(model_out, info, {group: result.weights for group, result in results.items()})
    write_curves(curves_out, results)
    checkpoint.unlink(missing_ok=True)
