"""How the groups of a pack are trained in one process: which of them at once, and with what arithmetic.

`sequential`: one group after another. `interleaved`: several groups step by turns on the same batch, made
once. `grouped`: their networks are computed as one (epigroup.training.grouped_convolutions). The first two end
with the same bits; grouped rounds otherwise.
"""

from __future__ import annotations

import logging
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from epigroup.core.errors import InputError
from epigroup.core.settings import as_given
from epigroup.training.balancing import check_balancing
from epigroup.training.calibration import Choices
from epigroup.training.grouped_convolutions import step_grouped
from epigroup.training.memory import MEGABYTE, Footprint
from epigroup.training.settings import TrainingSettings
from epigroup.training.trainer import GroupTrainer, step_each

logger = logging.getLogger(__name__)

Step = Callable[[Sequence[GroupTrainer]], None]
STEPS: dict[str, Step] = {"sequential": step_each, "interleaved": step_each, "grouped": step_grouped}
# what packing: auto and fastest choose among; the earlier wins unless a later one is faster by MARGIN
CANDIDATES = {"auto": ("sequential", "interleaved"), "fastest": ("sequential", "interleaved", "grouped")}
MARGIN = 1.02
# each candidate is timed for about so many seconds or so large a share of the steps, whichever is less, but
# for so many rounds at the least
CALIBRATION_SECONDS, CALIBRATION_SHARE, CALIBRATION_ROUNDS = 1.5, 0.01, 3


@dataclass(frozen=True)
class Technique:
    """A way to train a pack: its name and how many groups are in flight at once."""

    name: str
    at_once: int

    @property
    def step(self) -> Step:
        return STEPS[self.name]

    @property
    def jointly(self) -> bool:
        return self.name == "grouped"


def groups_at_once(name: str, pack_memory_mb: float, batch_size: int, need: Footprint, n_groups: int) -> int:
    """How many groups `pack_memory_mb` let be in flight at once; at least 1."""
    if name == "sequential":
        return 1
    budget = int(pack_memory_mb * MEGABYTE)
    fit = need.fitting_networks(budget, batch_size, jointly=name == "grouped")
    return max(1, min(n_groups, fit))


def choose_technique(
    settings: TrainingSettings,
    pack_memory_mb: float,
    need: Footprint,
    n_groups: int,
    copies: Callable[[int], list[GroupTrainer]],
    choices: Choices | None = None,
) -> Technique:
    """The technique that `packing` of the settings names, or, for auto and fastest, the one that a short calibration
    finds fastest here, with the reason in the log.

    Parameters: `pack_memory_mb`, of memory for the groups in flight; `need`, the estimate for the pack's largest
    group; `copies`, which makes so many trainers that share a stream and are thrown away, so that no state of the
    training is touched; `choices`, what earlier jobs of the run found on this processor model. Raises InputError for
    grouped where the groups' batches differ or their tasks are balanced; fastest leaves grouped out there.
    """
    wanted = settings.packing
    check_balancing(settings)
    shared = settings.sampling == "none"
    if wanted == "grouped" and not shared:
        raise InputError(
            f"training.packing grouped needs one order of examples for all groups, and sampling "
            f"{settings.sampling} makes one for each; set training.packing: sequential"
        )
    if wanted not in CANDIDATES:
        return Technique(wanted, groups_at_once(wanted, pack_memory_mb, settings.batch_size, need, n_groups))
    alone = Technique("sequential", 1)
    if n_groups == 1:
        return alone
    if not shared:
        logger.info("packing %s: sequential, as sampling %s shares no batches", wanted, settings.sampling)
        return alone
    names = [name for name in CANDIDATES[wanted] if name != "grouped" or settings.balancing == "none"]
    found = [
        Technique(name, groups_at_once(name, pack_memory_mb, settings.batch_size, need, n_groups))
        for name in names
    ]
    candidates = [technique for technique in found if technique == alone or technique.at_once > 1]
    if len(candidates) == 1:
        logger.info(
            "packing %s: sequential, as running.pack_memory_mb %d has room for one network at a time "
            "(%.0f MB each)", wanted, pack_memory_mb, need.network / MEGABYTE,
        )  # fmt: skip
        return alone

    def measured() -> str:
        return fastest([t.name for t in candidates], copies(min(t.at_once for t in candidates[1:])), wanted)

    if choices is None:
        chosen = measured()
    else:
        given = as_given(settings)
        about = {key: given[key] for key in ("network", "precision", "batch_size", "balancing")}
        about |= {key: given[key] for key in ("adapter_rank",) if given.get(key)}
        at_once = {technique.name: technique.at_once for technique in candidates}
        chosen = choices.choose("packing", {**about, "at_once": at_once}, measured)
    return next(technique for technique in candidates if technique.name == chosen)


def fastest(names: Sequence[str], trainers: list[GroupTrainer], wanted: str) -> str:
    """The technique that `calibrate` finds fastest, the first where none is by MARGIN, with the reason in the log."""
    rates = calibrate(names, trainers)
    best = names[0]
    for name in names[1:]:
        if rates[name] > MARGIN * rates[best]:
            best = name
    logger.info(
        "packing %s: %s; measured on this machine: %s (examples/s over all groups; "
        "another than sequential must be %.0f %% faster)",
        wanted, best, ", ".join(f"{name} {rate:,.0f}" for name, rate in rates.items()), 100 * (MARGIN - 1),
    )  # fmt: skip
    return best


def calibrate(names: Sequence[str], trainers: Sequence[GroupTrainer]) -> dict[str, float]:
    """Examples per second, over all groups, of each technique: `trainers` share a stream; the techniques take
    turns, and the median round counts.

    A round is one step of each trainer; the sequential one lets the first make as many steps.
    """
    device, n = trainers[0].device, len(trainers)
    for trainer in trainers:
        trainer.learning_rate = 0.0  # as much work, and no copy can diverge

    def round_of(name: str) -> float:
        started = time.perf_counter()
        if name == "sequential":
            for _ in range(n):
                trainers[0].step()
        else:
            # its own batch: the sequential rounds have carried the first one ahead
            for trainer in trainers:
                trainer.state.step = trainers[0].state.step
            STEPS[name](trainers)
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        return time.perf_counter() - started

    for name in names:
        round_of(name)
    times: dict[str, list[float]] = {name: [] for name in names}
    most, spent, rounds = CALIBRATION_SHARE * trainers[0].settings.max_steps, 0.0, 0
    while rounds < CALIBRATION_ROUNDS or (rounds < most and spent < CALIBRATION_SECONDS * len(names)):
        rounds += 1
        for name in names:
            times[name].append(round_of(name))
            spent += times[name][-1]
    examples = n * trainers[0].order.batch_size
    return {name: examples / statistics.median(of_one) for name, of_one in times.items()}
