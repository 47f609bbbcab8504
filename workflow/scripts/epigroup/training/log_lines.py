"""What a training says of itself in its log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from epigroup.core.logs import duration

if TYPE_CHECKING:
    from epigroup.training.trainer import GroupTrainer

# For the code digest: these lines go to logs, and to nothing that is read back.
CHANGES_NO_RESULT = ("*",)


def progress_line(trainers: Sequence[GroupTrainer]) -> str:
    """Step, rate, losses, and the time that is left if no early stop comes, of groups that stand at the same step."""
    first = trainers[0]
    states = [trainer.state for trainer in trainers]
    examples = first.state.step * first.order.batch_size
    rate = len(trainers) * examples / max(sum(state.seconds for state in states), 1e-9)
    left = len(trainers) * (first.settings.max_steps * first.order.batch_size - examples) / max(rate, 1e-9)
    losses = [trainer.train_loss() for trainer in trainers]
    best = [state.best_loss for state in states]
    alone = len(trainers) == 1
    shown = f"{best[0]:.5f} at {states[0].best_step:,}" if alone else f"{min(best):.5f} to {max(best):.5f}"
    return (
        f"{first.label if alone else f'{len(trainers)} groups at once'}: "
        f"step {first.state.step:,} of at most {first.settings.max_steps:,}, "
        f"{rate:,.0f} examples/s{'' if alone else ' in all'}, "
        f"train loss {losses[0]:.5f}{'' if alone else f' (least {min(losses):.5f}, most {max(losses):.5f})'}, "
        f"best validation {shown if states[0].best_step else 'none yet'}, at most {duration(left)} left"
        + (task_weights(first) if alone else "")
    )


def task_weights(trainer: GroupTrainer) -> str:
    """How much tasks counted in the last step, where they are balanced, to go on a line with."""
    if trainer.balancer is None:
        return ""
    weights = trainer.balancer.weights.tolist()
    least, most = (extreme(range(len(weights)), key=weights.__getitem__) for extreme in (min, max))
    return (
        f"; balancing {trainer.settings.balancing}: task weights from {weights[least]:.3g} "
        f"({trainer.task_ids[least]}) to {weights[most]:.3g} ({trainer.task_ids[most]})"
    )


def ending_line(trainer: GroupTrainer) -> str:
    """Where training ended and what is kept."""
    state = trainer.state
    by_itself = state.validations_since_best >= trainer.settings.patience
    planned = trainer.settings.schedule == "cosine"  # whose rate ends with the steps
    cut_off = "max_steps" + ("" if planned else "; it may have gone on improving: raise training.max_steps")
    why = "no new minimum" if by_itself else cut_off
    others = len(state.kept_steps) - 1
    looks = state.looks.get("seconds")
    return (
        f"{trainer.label}: ended at step {state.step:,} ({why}) after {duration(state.seconds)}; "
        f"kept the weights of step {state.best_step:,}, validation loss {state.best_loss:.5f}"
        + (f", and those of {others} other steps that serve single tasks better" if others else "")
        + ("" if looks is None else f"; looks on the way took {looks:.1f} s")
        + task_weights(trainer)
    )
