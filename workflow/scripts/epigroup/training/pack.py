"""The groups of one training job on their way: in flight, finished, and in the checkpoint."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from epigroup.core.errors import InputError
from epigroup.networks.adapted_layers import trained_weights
from epigroup.training.batch_stream import BatchStream
from epigroup.training.calibration import Choices
from epigroup.training.checkpoints import DAMAGED, Checkpoint, Snapshots
from epigroup.training.group_state import GroupState
from epigroup.training.job import TrainingJob
from epigroup.training.log_lines import ending_line, progress_line
from epigroup.training.memory import Footprint, advice, available_bytes, check_gradients, footprint
from epigroup.training.packing import Technique, choose_technique
from epigroup.training.settings import RunningSettings
from epigroup.training.tensorboard import EventFile
from epigroup.training.trainer import Diverged, GroupTrainer, advance
from epigroup.training.warm_start import WarmStart

logger = logging.getLogger(__name__)


@dataclass
class Pack:
    """The groups of one job on their way: those in flight are trained by one technique, wave after wave.

    columns: task -> its column in the labels; rates: of each group; events: a folder for TensorBoard's event files;
    warm: the network whose weights the groups start from; choices: what is fastest on this processor model.
    """

    groups: Mapping[int, Sequence[str]]
    columns: Mapping[str, int]
    job: TrainingJob
    running: RunningSettings
    rates: Mapping[int, float]
    checkpoint: Checkpoint | None = None
    events: Path | None = None
    warm: WarmStart | None = None
    choices: Choices | None = None
    finished: dict[int, tuple[GroupState, Snapshots]] = field(default_factory=dict)
    in_flight: dict[int, GroupTrainer] = field(default_factory=dict)
    technique: Technique = field(default_factory=lambda: Technique("sequential", 1))
    saved_step: int | None = None
    writers: dict[int, EventFile] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.available = available_bytes(self.job.device)

    def trainer(self, group: int, stream: BatchStream | None = None) -> GroupTrainer:
        tasks = self.groups[group]
        place = list(self.groups).index(group) + 1
        plural = "" if len(tasks) == 1 else "s"
        label = f"group {group} ({place} of {len(self.groups)} in this pack, {len(tasks)} task{plural})"
        return GroupTrainer(
            tasks,
            [self.columns[task] for task in tasks],
            self.job,
            label=label,
            learning_rate=self.rates[group],
            stream=stream,
            snapshots=self.snapshots(group),
            start=None if self.warm is None else self.warm.of(tasks),
        )

    def snapshots(self, group: int) -> Snapshots:
        return Snapshots(None if self.checkpoint is None else self.checkpoint.path, group)

    def wave(self, groups: Sequence[int]) -> dict[int, GroupTrainer]:
        """Trainers of groups that are in flight together; they share their batches where the order of
        examples is the same for all.
        """
        made: dict[int, GroupTrainer] = {}
        for group in groups:
            share = made and self.job.settings.sampling == "none"
            stream = next(iter(made.values())).stream if share else None
            made[group] = self.trainer(group, stream)
            made[group].state.jointly = self.technique.jointly
        return made

    def need(self) -> Footprint:
        """The estimate for the group of the most tasks."""
        return footprint(self.job.settings, self.most_tasks, self.job.window)

    @property
    def most_tasks(self) -> int:
        return max(len(tasks) for tasks in self.groups.values())

    def out_of_memory(self) -> str:
        """What to do about it."""
        n = len(self.in_flight) or min(self.technique.at_once, len(self.groups))
        jointly = self.technique.jointly and n > 1
        what = advice(self.need(), self.available, self.job.batch_size, n, jointly=jointly)
        return f"memory ran out in training; {what}"

    def run(self) -> None:
        """Train all groups, those of the checkpoint from where it left them. Raises InputError, before
        anything is trained, for a network, or a balancing whose gradients, that does not fit into memory.
        """
        settings, need, batch = self.job.settings, self.need(), self.job.batch_size
        check_gradients(settings, self.running, self.most_tasks, self.job.window, self.available)
        if need.total(batch) > self.available:
            raise InputError(f"memory is too small for training; {advice(need, self.available, batch)}")
        state = None
        if self.checkpoint is not None:
            self.checkpoint.remove_partial()
            state = self.checkpoint.read() if self.running.resume else None
            if state is not None and not self._restore(state, self.checkpoint):
                state = None
        if state is None:
            self.technique = choose_technique(
                settings, self.running.pack_memory_mb, need, len(self.groups),
                lambda n: list(self.wave(list(self.groups)[:n]).values()), self.choices,
            )  # fmt: skip
        while self.in_flight or len(self.finished) < len(self.groups):
            if not self.in_flight:
                waiting = [group for group in self.groups if group not in self.finished]
                self.in_flight = self.wave(waiting[: self.technique.at_once])
                self._announce()
            self._run_wave()

    def _announce(self) -> None:
        for group in self.in_flight:
            settings, rate, n = self.job.settings, self.rates[group], len(self.groups[group])
            heads = (
                f"; the loss is the mean over its {n} tasks, so a head's step scales with rate / group size "
                f"= {rate / n:.3g} (training.loss_scale: per_task makes it {rate:.3g})"
            )
            shrinks = n > 1 and settings.optimiser == "sgd" and settings.loss_scale == "mean"
            logger.info("group %d: learning rate %g%s", group, rate, heads if shrinks else "")
            if settings.adapter_rank:
                trained = trained_weights(settings.network, self.job.window, n, settings.adapter_rank)
                logger.info(
                    "group %d: adapters of rank %d: trains %s weights with those of the heads; the network has %s",
                    group, settings.adapter_rank, f"{trained:,}",
                    f"{trained_weights(settings.network, self.job.window, n):,}",
                )  # fmt: skip

    def _restore(self, state: Mapping[str, Any], checkpoint: Checkpoint) -> bool:
        """Take over a checkpoint; False when a snapshot that it names is missing or damaged."""
        try:
            for group, saved in state["finished"].items():
                found, snapshots = GroupState(**saved["state"]), self.snapshots(int(group))
                snapshots.load_state_dict(saved["snapshots"], found.kept_steps)
                self.finished[int(group)] = found, snapshots
            self.technique = Technique(**state["technique"])
            self.job = replace(self.job, layout=state["layout"])
            self.in_flight = self.wave([int(group) for group in state["in_flight"]])
            for group, trainer in self.in_flight.items():
                trainer.load_state_dict(state["in_flight"][str(group)])
                logger.info(
                    "%s: goes on from step %s of the checkpoint", trainer.label, f"{trainer.state.step:,}"
                )
        except DAMAGED as error:
            checkpoint.set_aside(str(error))
            self.finished, self.in_flight = {}, {}
            return False
        self.saved_step = max((t.state.step for t in self.in_flight.values()), default=0)
        return True

    def save(self, checkpoint: Checkpoint) -> None:
        in_flight = {str(group): trainer.state_dict() for group, trainer in self.in_flight.items()}
        finished = {
            str(group): {"state": vars(state), "snapshots": snapshots.state_dict()}
            for group, (state, snapshots) in self.finished.items()
        }
        checkpoint.write(
            {
                "finished": finished,
                "in_flight": in_flight,
                "technique": vars(self.technique),
                "layout": self.job.layout,
            }
        )
        self.saved_step = max((t.state.step for t in self.in_flight.values()), default=0)
        kept = [snapshots for _, snapshots in self.finished.values()]
        for snapshots in [*kept, *(trainer.snapshots for trainer in self.in_flight.values())]:
            snapshots.sweep()

    def _run_wave(self) -> None:
        """Train the groups in flight to their ends, with progress lines and checkpoints on the way."""
        last_progress = last_save = time.monotonic()
        while self._land():
            trainers = list(self.in_flight.values())
            try:
                stopped = self.job.termination.requested or not advance(trainers, self.technique.step)
                now = time.monotonic()
                show = stopped or now - last_progress >= self.running.progress_seconds
                due = stopped or now - last_save >= self.running.checkpoint_seconds
                progress = progress_line(trainers) if show else ""  # fetches the losses, as saving does
                if due and self.checkpoint is not None:
                    self.save(self.checkpoint)
                    last_save = time.monotonic()
            except Diverged as error:
                raise InputError(f"{error}; {self._last_good()}") from None
            if stopped:
                logger.warning("stopped by SIGTERM; %s; a new start goes on from here", progress)
                raise SystemExit(143)
            if show:
                last_progress = now
                logger.info("%s", progress)
            self._write_events(progress_too=show)

    def _land(self) -> bool:
        """Take out the groups that have finished; whether any is left in flight."""
        for group in [group for group, trainer in self.in_flight.items() if trainer.finished]:
            trainer = self.in_flight.pop(group)
            self.finished[group] = trainer.state, trainer.snapshots
            logger.info("%s", ending_line(trainer))
        return bool(self.in_flight)

    def _last_good(self) -> str:
        if self.checkpoint is None or self.saved_step is None:
            return "there is no checkpoint of before"
        return f"last good checkpoint: step {self.saved_step:,}, {self.checkpoint.path}"

    def _write_events(self, *, progress_too: bool) -> None:
        if self.events is None:
            return
        for group, trainer in self.in_flight.items():
            state = trainer.state
            validated = state.validated_step == state.step > 0
            if group not in self.writers:
                self.writers[group] = EventFile(self.events / f"group{group}", state.step)
            if validated:
                self.writers[group].scalar("loss/validation", state.curve[-1][3], state.step)
            if validated or progress_too:
                self.writers[group].scalar("loss/training", trainer.train_loss(), state.step)
                self.writers[group].scalar("examples_per_second", trainer.examples_per_second(), state.step)
