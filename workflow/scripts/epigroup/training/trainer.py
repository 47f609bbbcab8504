"""Training of one group's network, a step or a validation at a time.

Everything random is a function of (seed, step) and, for weights and dropout, of the group's tasks. So a group
trained in another pack, or resumed from a checkpoint, ends with the same bits on the same machine.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import torch

from epigroup.core.errors import InputError
from epigroup.networks.adapters import whole_weights
from epigroup.networks.losses import build_loss, find_scale
from epigroup.networks.networks import Network
from epigroup.training.averaged_weights import AveragedWeights
from epigroup.training.balancing.balancer import Balancer, build_balancer
from epigroup.training.batch_stream import BatchStream, training_order
from epigroup.training.batches import TrainingOrder
from epigroup.training.checkpoints import Snapshots
from epigroup.training.group_state import GroupState, TrainedGroup, trained_group
from epigroup.training.initial_state import build_looks, build_optimiser, group_key, starting_network
from epigroup.training.job import TrainingJob
from epigroup.training.schedule import on_plateau, rate_factor

# Examples of a validation batch, by device. On a CPU the layers of larger batches leave the cache.
VALIDATION_BATCH = {"cpu": 128, "cuda": 1024}
# Steps after which the losses are fetched from a GPU, at the latest: each fetch waits for the device.
CHECK_EVERY = 256
# A training loss has exploded when so many steps in a row lie beyond so many times the first step's, or that
# number where the first step's is below 1. One step may: the first of Adam can, and recovers.
EXPLODED, EXPLODED_STEPS = 1000.0, 100


class Diverged(InputError):
    """A loss that is no number, or has exploded."""


class GroupTrainer:
    """Trains one group's network: `advance` until `finished`; `state_dict`/`load_state_dict` for the
    checkpoint.

    Parameters: `tasks`, of the group, and their `columns` in the labels; `label`, what messages call the group;
    `learning_rate` instead of that of the settings; `stream`, batches that groups share (their
    order must not depend on the group); `snapshots`, where the best weights are kept; `start`, a state of the
    network to begin with instead of random weights.
    """

    def __init__(
        self,
        tasks: Sequence[str],
        columns: Sequence[int],
        job: TrainingJob,
        *,
        label: str,
        learning_rate: float | None = None,
        stream: BatchStream | None = None,
        snapshots: Snapshots | None = None,
        start: Mapping[str, torch.Tensor] | None = None,
    ) -> None:
        settings, train = job.settings, job.train
        self.settings, self.label, self.termination = settings, label, job.termination
        self.train, self.validation, self.device = train, job.validation, job.device
        self.task_ids = tuple(tasks)
        self.tasks = torch.tensor(columns, device=self.device)
        self.key = group_key(job.seed, tasks)
        self.learning_rate = settings.rate(learning_rate)
        self.network = starting_network(settings, tasks, job.window, job.seed, start).to(self.device)
        self.state = GroupState(layout=job.layout)
        self.network.take_layout(self.state.layout)
        self.average = AveragedWeights(self.network, settings.averaging) if settings.averaging else None
        self.optimiser = build_optimiser(self.network, settings, self.learning_rate)
        self.balancer = build_balancer(settings, self.network, len(tasks), self.key)
        positives = torch.from_numpy(train.positives(self.tasks)).to(self.device)
        self.loss, self.scale = build_loss(settings, positives, len(train)), find_scale(settings.loss_scale)
        self.dtype = torch.bfloat16 if settings.precision == "bf16" else torch.float32
        self.stream = stream or BatchStream(
            train, training_order(train, self.tasks, settings, job.seed, label), self.dtype
        )
        self.looks = build_looks(settings, self.learning_rate, self.device)
        self.snapshots = snapshots or Snapshots()
        self.fetch_every = 1 if self.device.type == "cpu" else CHECK_EVERY
        self._losses = torch.empty(CHECK_EVERY, device=self.device)
        self._unread = 0

    @property
    def served(self) -> Network:
        """The network that is validated and kept: of the averaged weights, where there are any."""
        return self.network if self.average is None else self.average.network

    @property
    def order(self) -> TrainingOrder:
        return self.stream.order

    @property
    def buffer(self) -> torch.Tensor:
        return self.stream.buffer

    def state_dict(self) -> dict[str, Any]:
        """Everything that `load_state_dict` needs beside snapshots that are files; no random state, as all
        that is random follows from the step.
        """
        self.read_losses()
        self.check_weights()
        if self.looks is not None:
            self.state.looks = self.looks.state_dict()
        return {
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "state": vars(self.state).copy(),
            "snapshots": self.snapshots.state_dict(),
            **({} if self.balancer is None else {"balancer": self.balancer.state_dict()}),
            **({} if self.average is None else {"average": self.average.state_dict()}),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.state = GroupState(**state["state"])
        self.network.take_layout(self.state.layout)
        self.network.load_state_dict(state["network"])
        if self.average is not None:
            self.average.network.take_layout(self.state.layout)
            self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.snapshots.load_state_dict(state["snapshots"], self.state.kept_steps)
        if self.balancer is not None:
            self.balancer.load_state_dict(state["balancer"])
        if self.looks is not None:
            self.looks.load_state_dict(self.state.looks)
        self._unread = 0

    @property
    def finished(self) -> bool:
        validated = self.state.validated_step == self.state.step
        at_end = (
            self.state.step >= self.settings.max_steps
            or self.state.validations_since_best >= self.settings.patience
        )
        return self.state.step > 0 and validated and at_end

    @property
    def validation_due(self) -> bool:
        step = self.state.step
        at_end = step >= self.settings.max_steps
        return step > self.state.validated_step and (step % self.settings.validate_every == 0 or at_end)

    def advance(self) -> bool:
        """Do what comes next, a step or a validation; False when SIGTERM cut a validation short (nothing
        has changed then).
        """
        return advance([self])

    def autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.dtype is torch.bfloat16)

    def prepare_step(self) -> None:
        """Ready the network for the forward pass of the next step."""
        self.draw_dropout(self.state.step)
        self.network.train()
        self.optimiser.zero_grad(set_to_none=True)

    def draw_dropout(self, step: int) -> None:
        """Let the next forward pass draw the dropout masks of a step."""
        if self.device.type == "cpu":
            bits = np.random.Generator(np.random.SFC64([self.key, step]))
        else:
            word = np.random.SeedSequence([self.key, step]).generate_state(1, np.uint64).item() >> 1
            bits = torch.Generator(self.device).manual_seed(word)
        self.network.draw_dropout_from(bits)

    def training_loss(self, logits: torch.Tensor, indices: torch.Tensor) -> torch.Tensor:
        """What is descended for the examples `indices` (N,) and the group's tasks, from logits (N, T): a scalar."""
        return self.scale.total(self.loss(logits, self.train.targets(indices, self.tasks)))

    def task_losses(self, logits: torch.Tensor, indices: torch.Tensor) -> torch.Tensor:
        """Mean loss of each task over the examples `indices` (N,), from logits (N, T): (T,)."""
        return self.loss(logits, self.train.targets(indices, self.tasks)).mean(0)

    def complete_step(self, loss: torch.Tensor) -> None:
        """After the backward pass of the `training_loss`: move the weights and take note of the mean over the tasks."""
        if self.scale.heads is not None:
            self.scale.heads(self.network.head, len(self.tasks))
        factor = rate_factor(self.settings, self.state.step, self.state.lowerings)
        for weights in self.optimiser.param_groups:
            weights["lr"] = self.learning_rate * factor
        self.optimiser.step()
        self._losses[self._unread] = self.scale.mean(loss.detach(), len(self.tasks))
        self._unread += 1
        self.state.step += 1
        if self.average is not None:
            self.average.update(self.network, self.state.step)
        if self._unread >= self.fetch_every:
            self.read_losses()

    def read_losses(self) -> None:
        """Fetch the losses of the last steps from the device. Raises Diverged, naming the first bad step."""
        values = self._losses[: self._unread].tolist()
        first = self.state.step - self._unread + 1
        self._unread = 0
        state = self.state
        for step, value in enumerate(values, first):
            if not math.isfinite(value):
                raise self._diverged("training", value, step)
            if math.isnan(state.first_loss):
                state.first_loss = value
            beyond = value > EXPLODED * max(abs(state.first_loss), 1.0)
            state.exploded_steps = state.exploded_steps + 1 if beyond else 0
            if state.exploded_steps == EXPLODED_STEPS:
                raise self._diverged("training", value, step)
            state.loss_sum += value
            state.loss_steps += 1

    def step(self) -> None:
        """One step on the next batch."""
        indices, x = self.stream.batch(self.state.step)
        self.prepare_step()
        if self.balancer is not None and self.balancer.walks:
            targets = self.train.targets(indices, self.tasks)
            self.complete_step(self.balancer.walk(x, targets, self.loss, self.autocast, self.state.step))
            return
        with self._watching() as kept, self.autocast():
            logits = self.network(x)
        if self.balancer is not None:
            self._balanced_step(self.balancer, indices, x, logits, kept)
            return
        loss = self.training_loss(logits, indices)
        loss.backward()
        self._look(indices, logits, kept)
        self.complete_step(loss)

    def _watching(self) -> AbstractContextManager[dict[str, torch.Tensor] | None]:
        """Around a step's forward pass: what it keeps for a look, None where none is due."""
        due = self.looks is not None and self.looks.due(self.state.step)
        return self.looks.watching(self.network) if due else nullcontext()

    def _look(
        self, indices: torch.Tensor, logits: torch.Tensor, kept: dict[str, torch.Tensor] | None
    ) -> None:
        """Let what looks on see a step, before its weights move."""
        if kept is not None:
            with self.looks.stopwatch.running():
                labels = self.train.targets(indices, self.tasks)
            self.looks.observe(self.state.step, self.network, kept, logits, labels)

    def _balanced_step(
        self,
        balancer: Balancer,
        indices: torch.Tensor,
        x: torch.Tensor,
        logits: torch.Tensor,
        kept: dict[str, torch.Tensor] | None,
    ) -> None:
        """The rest of a step whose gradients the balancer puts together; the loss that is noted is the mean
        over the tasks all the same.
        """
        step = self.state.step
        losses = self.task_losses(logits, indices)
        balancer.backward(losses, logits, step)
        self._look(indices, logits, kept)
        self.complete_step(losses.mean())
        if balancer.looks_again:
            self.draw_dropout(step)
            with torch.no_grad(), self.autocast():
                logits = self.network(x)
            with torch.no_grad():
                balancer.look_again(self.task_losses(logits, indices))

    def validation_loss(self) -> float | None:
        """Mean loss over the validation split and the group's tasks; None when SIGTERM came meanwhile."""
        losses = validation_losses([self])
        return None if losses is None else float(losses[0].mean())

    def _diverged(self, which: str, loss: float, step: int) -> Diverged:
        state = self.state
        best = f"{state.best_loss:.5f} at step {state.best_step:,}" if state.best_step else "none"
        long = (
            f", for {EXPLODED_STEPS} steps more than {EXPLODED:,.0f} times that of the first, "
            f"{state.first_loss:.4g} (or than {EXPLODED:,.0f}),"
            if math.isfinite(loss)
            else ""
        )
        return Diverged(
            f"{self.label}: the {which} loss is {loss:.6g}{long} at step {step:,} with learning rate "
            f"{self.learning_rate} (best validation loss before: {best}); lower training.learning_rate"
        )

    def record(self, losses: np.ndarray) -> None:
        """Take note of a validation, the mean loss of each task float64 (T,), and keep the weights where
        they are the best.
        """
        self.read_losses()
        state, loss = self.state, float(losses.mean())
        if not math.isfinite(loss):
            raise self._diverged("validation", loss, state.step)
        state.validated_step = state.step
        if loss < state.best_loss:
            state.best_loss, state.best_step, state.validations_since_best = loss, state.step, 0
        else:
            state.validations_since_best += 1
            state.lowerings += on_plateau(self.settings, state.validations_since_best)
        if self.settings.keep == "task":
            if not state.task_steps:
                state.task_losses, state.task_steps = [math.inf] * len(losses), [0] * len(losses)
            for task in np.flatnonzero(losses < np.array(state.task_losses)).tolist():
                state.task_losses[task], state.task_steps[task] = float(losses[task]), state.step
        kept = state.kept_steps
        if state.step in kept:
            self.snapshots.add(state.step, whole_weights(self.served))
        self.snapshots.keep(kept)
        train_loss = state.loss_sum / max(state.loss_steps, 1)
        examples = state.step * self.order.batch_size
        row = [state.step, examples, train_loss, loss, state.seconds]
        if self.looks is not None:
            state.looks = self.looks.state_dict()
            row.append(state.looks["seconds"])
        state.curve.append(row)
        state.loss_sum, state.loss_steps = 0.0, 0
        if self.balancer is not None:
            self.balancer.end_period()

    def check_weights(self) -> None:
        """Raises Diverged where a weight is no number: a finite loss may leave such weights behind."""
        for name, tensor in self.network.named_parameters():
            if not bool(torch.isfinite(tensor.detach()).all()):
                state = self.state
                raise Diverged(
                    f"{self.label}: the weights {name} are not finite after step {state.step:,} with learning "
                    f"rate {self.learning_rate}; lower training.learning_rate"
                )

    def train_loss(self) -> float:
        """Mean training loss since the last validation, or up to it where no step has been made since."""
        self.read_losses()
        if self.state.loss_steps:
            return self.state.loss_sum / self.state.loss_steps
        return self.state.curve[-1][2] if self.state.curve else math.nan

    def examples_per_second(self) -> float:
        return self.state.step * self.order.batch_size / max(self.state.seconds, 1e-9)

    def result(self) -> TrainedGroup:
        return trained_group(self.state, self.snapshots)


def step_each(trainers: Sequence[GroupTrainer]) -> None:
    """One step of each group; groups with one stream share the batch."""
    for trainer in trainers:
        trainer.step()


def advance(
    trainers: Sequence[GroupTrainer], step: Callable[[Sequence[GroupTrainer]], None] = step_each
) -> bool:
    """Do what comes next for groups that stand at the same step: a `step` of all, or the validation of those
    that are due. False when SIGTERM cut a validation short (nothing has changed then).

    The time that it takes is credited to the groups in equal parts.
    """
    started = time.perf_counter()
    due = [trainer for trainer in trainers if trainer.validation_due]
    losses = validation_losses(due) if due else []
    if losses is None:
        return False
    if not due:
        step(trainers)
    share = (time.perf_counter() - started) / len(due or trainers)
    for trainer in due or trainers:
        trainer.state.seconds += share
    for trainer, of_tasks in zip(due, losses, strict=True):
        trainer.record(of_tasks)
    return True


def validation_losses(trainers: Sequence[GroupTrainer]) -> list[np.ndarray] | None:
    """Mean loss of each task over the validation split, float64 (T,) a group; each batch is made once for all
    groups. None when SIGTERM came meanwhile.
    """
    first = trainers[0]
    split, device = first.validation, first.device
    size = min(VALIDATION_BATCH[device.type], len(split))
    buffer = split.sequences.buffer(size, first.dtype)
    totals = [torch.zeros(len(t.tasks), dtype=torch.float64, device=device) for t in trainers]
    for trainer in trainers:
        trainer.served.eval()
    with torch.inference_mode():
        for indices in split.in_order(size):
            if first.termination.requested:
                return None
            x = split.one_hot(indices, first.dtype, out=buffer)
            for trainer, total in zip(trainers, totals, strict=True):
                with trainer.autocast():
                    logits = trainer.served(x)
                losses = trainer.loss(logits, split.targets(indices, trainer.tasks))
                total += losses.sum(0, dtype=torch.float64)
    return [(total / len(split)).cpu().numpy() for total in totals]
