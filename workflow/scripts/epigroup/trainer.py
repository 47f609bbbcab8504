"""Training of one group's network, a step or a validation at a time.

Everything random is a function of (seed, step) and, for weights and dropout, of the group's tasks. So a group
trained in another pack, or resumed from a checkpoint, ends with the same bits on the same machine.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from epigroup.checkpoints import Termination
from epigroup.errors import InputError
from epigroup.loader import Batches, TrainingOrder
from epigroup.logs import duration
from epigroup.networks import Network, build_network
from epigroup.sampling import example_weights

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
    """Best weights (float32, CPU), the step and validation loss they come from, and the curve (rows of
    CURVE_COLUMNS).
    """

    weights: dict[str, torch.Tensor]
    best_step: int
    best_loss: float
    curve: list[list[float]]


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
        return torch.optim.SGD(
            network.parameters(), rate, momentum=cfg["momentum"], weight_decay=decay, fused=True
        )
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
            seed,
            len(train),
            cfg["batch_size"],
            reverse_complement=cfg["reverse_complement"],
            device=self.device,
            jitter=cfg["jitter"],
            positive=self._balanced() if cfg["sampling"] == "balanced" else None,
            weights=self._weights() if cfg["sampling"] == "weighted" else None,
        )
        self.dtype = torch.bfloat16 if precision == "bf16" else torch.float32
        self.buffer = train.sequences.buffer(self.order.batch_size, self.dtype)
        self.state = GroupState()
        self.best: dict[str, torch.Tensor] = self._snapshot()

    def _balanced(self) -> np.ndarray:
        """Which training examples are positive in any task of the group; InputError unless some are not."""
        positive = self.train.any_positive(self.tasks)
        if positive.all() or not positive.any():
            raise InputError(
                f"{self.label}: training.sampling balanced needs training examples with and without a "
                f"positive of the group's tasks; {int(positive.sum()):,} of {len(positive):,} have one; use "
                "sampling none for this strategy, or other dataset.training_regions"
            )
        return positive

    def _weights(self) -> np.ndarray:
        """How often training shows each example, from the labels of the group's tasks: float32 (N,)."""
        share = self.train.positives(self.tasks) / len(self.train)
        parts = [
            example_weights(self.train.targets(rows, self.tasks).cpu().numpy(), share)
            for rows in self.train.in_order(1 << 14)
        ]
        return np.concatenate(parts)

    def _snapshot(self) -> dict[str, torch.Tensor]:
        return {name: tensor.detach().clone() for name, tensor in self.network.state_dict().items()}

    def state_dict(self) -> dict[str, Any]:
        """Everything that `load_state_dict` needs; no random state, as all that is random follows from the
        step.
        """
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
        at_end = (
            self.state.step >= self.cfg["max_steps"]
            or self.state.validations_since_best >= self.cfg["patience"]
        )
        return self.state.step > 0 and validated and at_end

    def _validation_due(self) -> bool:
        step = self.state.step
        at_end = step >= self.cfg["max_steps"]
        return step > self.state.validated_step and (step % self.cfg["validate_every"] == 0 or at_end)

    def advance(self) -> bool:
        """Do what comes next, a step or a validation; False when SIGTERM cut a validation short (nothing
        has changed then).
        """
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
        indices, reverse, shift = self.order.batch(step)
        if self.device.type == "cpu":
            self.network.draw_dropout_from(np.random.Generator(np.random.SFC64([self.key, step])))
        else:
            torch.cuda.manual_seed(
                np.random.SeedSequence([self.key, step]).generate_state(1, np.uint64).item() >> 1
            )
        self.network.train()
        x = self.train.one_hot(indices, self.dtype, reverse, shift, self.buffer)
        y = self.train.targets(indices, self.tasks)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.dtype is torch.bfloat16):
            logits = self.network(x)
        loss = F.binary_cross_entropy_with_logits(logits, y)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        value = loss.item()
        if not math.isfinite(value):
            raise self._diverged("training", value, step + 1)
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

    def _diverged(self, which: str, loss: float, step: int) -> InputError:
        state = self.state
        best = f"{state.best_loss:.5f} at step {state.best_step:,}" if state.best_step else "none"
        return InputError(
            f"{self.label}: the {which} loss is {loss} at step {step:,} with learning rate "
            f"{self.cfg['learning_rate']} (best validation loss before: {best}); lower training.learning_rate"
        )

    def _record(self, loss: float) -> None:
        state = self.state
        if not math.isfinite(loss):
            raise self._diverged("validation", loss, state.step)
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
        last = (
            state.loss_sum / state.loss_steps
            if state.loss_steps
            else (state.curve[-1][2] if state.curve else math.nan)
        )
        best = f"{state.best_loss:.5f} at {state.best_step:,}" if state.best_step else "none yet"
        left = duration((self.cfg["max_steps"] - state.step) / max(rate, 1e-9))
        return (
            f"{self.label}: step {state.step:,} of at most {self.cfg['max_steps']:,}, "
            f"{rate * self.order.batch_size:,.0f} examples/s, train loss {last:.5f}, best validation {best}, "
            f"at most {left} left"
        )

    def ending(self) -> str:
        """One line: where training ended and what is kept."""
        state = self.state
        why = "no new minimum" if state.validations_since_best >= self.cfg["patience"] else "max_steps"
        return (
            f"{self.label}: ended at step {state.step:,} ({why}) after {duration(state.seconds)}; "
            f"kept the weights of step {state.best_step:,}, validation loss {state.best_loss:.5f}"
        )

    def result(self) -> TrainedGroup:
        weights = {name: tensor.float().cpu() for name, tensor in self.best.items()}
        return TrainedGroup(weights, self.state.best_step, self.state.best_loss, self.state.curve)
