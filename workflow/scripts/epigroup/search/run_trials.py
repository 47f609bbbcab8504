"""The trials of a search of learning rates: groups trained for a while at one rate after another.

A trial starts from the weights and sees the batches that the training of the group with the same seed would,
so that rates are compared on everything else alike. Only the training and validation splits are opened.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from epigroup.core.errors import InputError
from epigroup.core.settings import as_given
from epigroup.dataset.groups import read_groups
from epigroup.dataset.with_genome import open_with_genome
from epigroup.search.rates import Trial, best_rate, fine_rates, read_trials, write_trials
from epigroup.search.settings import SearchSettings, read_search
from epigroup.training.calibration import Choices, choose_layout
from epigroup.training.checkpoints import (
    catch_termination,
    checkpoint_path,
    read_checkpoint,
    write_checkpoint,
)
from epigroup.training.devices import check_precision, choose_device, prefer_deterministic
from epigroup.training.group_tables import check_groups, pack_groups
from epigroup.training.job import TrainingJob
from epigroup.training.log_lines import progress_line
from epigroup.training.memory import (
    MEGABYTE,
    SAFE_SHARE,
    Footprint,
    advice,
    available_bytes,
    check_gradients,
    footprint,
    keep_freed_memory,
    refuse_out_of_memory,
)
from epigroup.training.open_data import load_splits
from epigroup.training.settings import RunningSettings, TrainingSettings, read_job
from epigroup.training.trainer import Diverged, GroupTrainer
from epigroup.training.warm_start import WarmStart, read_warm_start

logger = logging.getLogger(__name__)

# Whether to stop a trial, from its lowest loss so far and the number of its validations.
Judge = Callable[[float, int], bool]


def never(_loss: float, _validations: int) -> bool:
    return False


class Trials:
    """Runs trials one after another, keeps what they found, and goes on from a checkpoint.

    `finished`: [trial, its validation losses] in the order they ran. After a restart the same calls of `run`
    give back what a checkpoint holds without training it again.
    """

    def __init__(
        self,
        task_ids: Sequence[str],
        job: TrainingJob,
        running: RunningSettings,
        *,
        phase: str,
        checkpoint: Path | None = None,
        warm: WarmStart | None = None,
    ) -> None:
        self.columns = {task: i for i, task in enumerate(task_ids)}
        self.job, self.running, self.phase = job, running, phase
        self.checkpoint, self.warm = checkpoint, warm
        saved = read_checkpoint(checkpoint) if checkpoint is not None and running.resume else None
        saved = saved or {"finished": [], "current": None}
        self.finished = [(Trial(**fields), losses) for fields, losses in saved["finished"]]
        self._current = saved["current"]
        self._place = 0
        if self.finished:
            logger.info("goes on from a checkpoint with %d finished trial(s)", len(self.finished))

    @property
    def trials(self) -> list[Trial]:
        return [trial for trial, _ in self.finished]

    def run(self, groups: Mapping[int, Sequence[str]], rate: float, judge: Judge = never) -> float:
        """Train the groups side by side at one rate and return the mean of their lowest validation losses.

        After each validation of all of them `judge` may stop the trial. Inf where one of them diverged; the
        others stop then. Raises SystemExit(143) after SIGTERM, the checkpoint written.
        """
        if self._place < len(self.finished):
            return self._replay(len(groups), judge)
        trainers: dict[int, GroupTrainer] = {}
        for group, tasks in groups.items():
            share = trainers and self.job.settings.sampling == "none"
            stream = next(iter(trainers.values())).stream if share else None
            trainers[group] = GroupTrainer(
                tasks,
                [self.columns[task] for task in tasks],
                self.job,
                label=f"group {group} at rate {rate:g}",
                learning_rate=rate,
                stream=stream,
                start=None if self.warm is None else self.warm.of(tasks),
            )
        for group, state in (self._current or {}).items():
            trainers[int(group)].load_state_dict(state)
            logger.info("%s", progress_line([trainers[int(group)]]))
        self._current = None
        self._last_save = self._last_progress = time.monotonic()
        diverged, stopped = None, False
        validations = 0
        while diverged is None and not stopped and not all(t.finished for t in trainers.values()):
            validations += 1
            diverged = self._validate_once_more(trainers, validations)
            if diverged is None:
                stopped = judge(
                    mean_of_lowest([curve(t) for t in trainers.values()], validations), validations
                )
        self._take_note(trainers, rate, diverged)
        return math.inf if diverged is not None else mean_of_lowest([curve(t) for t in trainers.values()])

    def _take_note(self, trainers: Mapping[int, GroupTrainer], rate: float, diverged: int | None) -> None:
        """Count the trials of some groups at a rate as finished; `diverged`: the group whose loss did."""
        for group, trainer in trainers.items():
            state = trainer.state
            at_end = "max_steps" if state.step >= trainer.settings.max_steps else "patience"
            ended = "diverged" if group == diverged else at_end if trainer.finished else "stopped"
            trial = Trial(
                group=group,
                phase=self.phase,
                learning_rate=rate,
                steps=state.step,
                best_step=state.best_step,
                validation_loss=math.inf if group == diverged else state.best_loss,
                seconds=round(state.seconds, 3),
                ended=ended,
            )
            self.finished.append((trial, curve(trainer)))
            logger.info(
                "group %d at rate %g: lowest validation loss %.6g at step %s of %s (%s)",
                group, rate, trial.validation_loss, f"{trial.best_step:,}", f"{trial.steps:,}", ended,
            )  # fmt: skip
        self._place = len(self.finished)
        self._save({})

    def _replay(self, n: int, judge: Judge) -> float:
        """Give `judge` and the caller what they were given when these trials ran."""
        mine = self.finished[self._place : self._place + n]
        self._place += n
        curves = [losses for _, losses in mine]
        diverged = [len(losses) for trial, losses in mine if trial.ended == "diverged"]
        # the validation that a diverged trial did not live to see was never judged
        for validations in range(1, min(diverged, default=max(map(len, curves))) + 1):
            judge(mean_of_lowest(curves, validations), validations)
        return math.inf if diverged else mean_of_lowest(curves)

    def _validate_once_more(self, trainers: Mapping[int, GroupTrainer], validations: int) -> int | None:
        """Train each group up to its validation number `validations`; the group that diverged, or None."""
        for group, trainer in trainers.items():
            try:
                while len(trainer.state.curve) < validations and not trainer.finished:
                    going = not self.job.termination.requested and trainer.advance()
                    now = time.monotonic()
                    show = not going or now - self._last_progress >= self.running.progress_seconds
                    progress = progress_line([trainer]) if show else ""
                    if not going or now - self._last_save >= self.running.checkpoint_seconds:
                        self._save({str(g): t.state_dict() for g, t in trainers.items()})
                        self._last_save = time.monotonic()
                    if not going:
                        logger.warning("stopped by SIGTERM; %s; a new start goes on from here", progress)
                        raise SystemExit(143)
                    if show:
                        self._last_progress = now
                        logger.info("%s", progress)
            except Diverged as error:
                logger.warning("%s; this rate counts as a loss of inf", error)
                return group
        return None

    def _save(self, current: Mapping[str, Any]) -> None:
        if self.checkpoint is not None:
            finished = [[asdict(trial), losses] for trial, losses in self.finished]
            write_checkpoint(self.checkpoint, {"finished": finished, "current": dict(current)})


def curve(trainer: GroupTrainer) -> list[float]:
    """The validation losses of a group so far."""
    return [row[3] for row in trainer.state.curve]


def mean_of_lowest(curves: Sequence[Sequence[float]], validations: int | None = None) -> float:
    """Mean over groups of the lowest of their first `validations` losses."""
    lowest = [min(losses[:validations], default=math.inf) for losses in curves]
    return sum(lowest) / len(lowest)


@dataclass(frozen=True)
class TrialFiles:
    """What the trials of a part read and make.

    genome (genome.h5), dataset (dataset.json), shards: of the data set; groups: a table with columns task_id, group;
    coarse: tables of the coarse trials, which fine ones read; warm: the model file of the network whose weights trials
    start from. trials: the table that is made; checkpoints, choices: folders as in `train_pack.PackFiles`.
    """

    genome: str
    dataset: str
    shards: Sequence[str]
    groups: str
    trials: str
    checkpoints: str
    coarse: Sequence[str] = ()
    warm: str | None = None
    choices: str | None = None


@dataclass(frozen=True)
class TrialPart:
    """Which trials are run: part number `part` of `n_parts` of a phase (coarse, fine or halving).

    sample: the tasks, each a group of its own, whose mean loss decides; None: each group decides for itself. tasks:
    all that the table of groups must hold.
    """

    phase: str
    part: int
    n_parts: int
    seed: int
    sample: Sequence[str] | None = None
    tasks: Sequence[str] | None = None


def run_trials(
    files: TrialFiles,
    which: TrialPart,
    *,
    training: Mapping[str, Any],
    search: Mapping[str, Any],
    threads: int,
    code: str,
    data: str = "memory",
) -> None:
    """Run the trials of one part of one phase and write them as a table.

    `training`: settings of the trials and of running; `search`: the search's; `data`: memory or disk, where genome and
    labels lie; `code`: the digest of this code. Raises InputError for bad input and when no coarse trial ended with a
    finite loss; SystemExit(143) after SIGTERM.
    """
    keep_freed_memory()
    torch.set_num_threads(threads)
    settings, running = read_job(training)
    device = choose_device(settings.device)
    prefer_deterministic(device)
    check_precision(settings.precision)
    dataset, genome = open_with_genome(files.genome, files.dataset, files.shards)
    table = read_groups(files.groups, dataset.task_ids, needed=which.tasks or (), overlap=True, numbered=True)
    searched = searched_groups(table.by_number(), which.sample, files.groups)
    groups = pack_groups(searched, which.part, which.n_parts)
    coarse = read_trials(files.coarse)
    search_settings = read_search(search)
    rates = {
        group: phase_rates(which.phase, search_settings, coarse, None if which.sample else group)
        for group in groups
    }
    warm = None
    if files.warm is not None:
        warm = read_warm_start(
            files.warm, dataset_hash=dataset.dataset_hash, network=settings.network, window=dataset.window
        )
    checkpoint = checkpoint_path(
        files.checkpoints,
        settings,
        search=as_given(search_settings),
        phase=which.phase,
        rates={str(group): values for group, values in rates.items()},
        groups={str(group): list(tasks) for group, tasks in groups.items()},
        dataset=dataset.dataset_hash,
        genome=genome.checks,
        seed=which.seed,
        code=code,
        device=device.type,
        **({} if warm is None else {"warm": warm.digest}),
    )
    train, validation = load_splits(dataset, genome, ("train", "validation"), device, data)
    check_groups(groups, {"training": train, "validation": validation}, dataset.task_ids, settings.loss)
    at_once = len(groups) if which.sample and which.phase == "halving" else 1
    out_of_memory = check_memory(settings, running, groups, at_once, dataset.window, available_bytes(device))
    choices = Choices(None if files.choices is None else Path(files.choices), device)
    layout = choose_layout(settings, dataset.window, choices)
    with catch_termination() as termination, refuse_out_of_memory(out_of_memory):
        job = TrainingJob(train, validation, settings, which.seed, layout, termination)
        trials = Trials(dataset.task_ids, job, running, phase=which.phase, checkpoint=checkpoint, warm=warm)
        try_rates(trials, groups, rates, which, search_settings)
    write_trials(files.trials, trials.trials)
    checkpoint.unlink(missing_ok=True)


def try_rates(
    trials: Trials,
    groups: Mapping[int, Sequence[str]],
    rates: Mapping[int, Sequence[float]],
    which: TrialPart,
    search: SearchSettings,
) -> None:
    """Run the trials of these groups: at their rates, one after another, or as halving goes."""
    if which.phase != "halving":
        for group, tasks in groups.items():
            for rate in rates[group]:
                trials.run({group: tasks}, rate)
        return
    from epigroup.search.halving import halve

    units = [groups] if which.sample else [{group: tasks} for group, tasks in groups.items()]
    for unit in filter(None, units):
        halve(search, which.seed, partial(trials.run, unit))


def check_memory(
    settings: TrainingSettings,
    running: RunningSettings,
    groups: Mapping[int, Sequence[str]],
    at_once: int,
    window: int,
    available: int,
) -> Callable[[], str]:
    """Refuse (InputError) trials that `available` bytes are too few for, of networks `at_once`; what to say when
    memory runs out all the same.
    """
    most = max((len(tasks) for tasks in groups.values()), default=1)
    need, batch_size = footprint(settings, most, window), settings.batch_size
    check_gradients(settings, running, most, window, available)
    check_room(need, available, batch_size, at_once)
    return lambda: f"memory ran out in a trial; {advice(need, available, batch_size, at_once)}"


def searched_groups(
    groups: Mapping[int, list[str]], sample: Sequence[str] | None, groups_tsv: str
) -> dict[int, list[str]]:
    """The groups that trials train: all, or those of the sampled tasks. InputError: a sampled task that is
    not a group of its own.
    """
    if sample is None:
        return dict(groups)
    alone = {tasks[0]: group for group, tasks in groups.items() if len(tasks) == 1}
    lacking = [task for task in sample if task not in alone]
    if lacking:
        raise InputError(f"{groups_tsv}: the sampled task {lacking[0]!r} is no group of its own")
    return {alone[task]: [task] for task in sample}


def check_room(need: Footprint, available: int, batch_size: int, at_once: int) -> None:
    """Refuse (InputError) trials that `available` bytes are too few for: of networks `at_once` in memory, as
    halving on a sample judges them together.
    """
    if need.total(batch_size, at_once) <= available:
        return
    fit = need.fitting_networks(int(SAFE_SHARE * available), batch_size)
    if at_once > 1 and fit > 0:
        raise InputError(
            f"halving holds a network for each of its {at_once} sampled tasks, about "
            f"{need.total(batch_size, at_once) / MEGABYTE:,.0f} MB, and {available / MEGABYTE:,.0f} MB are free; "
            f"{fit} would fit: sample fewer tasks (searches.NAME.tasks), or give the job more memory "
            "(running.pack_memory_mb)"
        )
    raise InputError(f"memory is too small for a trial; {advice(need, available, batch_size)}")


def phase_rates(
    phase: str, search: SearchSettings, coarse: Sequence[Trial], group: int | None
) -> list[float]:
    """The rates that a phase tries on a group (None: on a sample); those of halving follow as it goes."""
    if phase == "halving":
        return []
    if phase == "coarse":
        return list(search.grid[0])
    mine = [trial for trial in coarse if group is None or trial.group == group]
    what = "the sampled tasks" if group is None else f"group {group}"
    return fine_rates(best_rate(mine, what), *search.grid)
